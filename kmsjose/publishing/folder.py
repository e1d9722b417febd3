"""A folder that a web server publishes: read, and changed file by file, each as a whole (POSIX).

Below the folder no symbolic link is followed: one that stands in the place of a file or folder is refused and left as
it is, and so is anything else that is no file.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import Final

from ..arguments import checked
from ..errors import InputError
from ..file_lock import lock, unlock
from .tree import JWKS

__all__ = ["PATIENCE", "Directory", "exclusive", "read_file", "write_tree"]

Directory = str | os.PathLike[str]
#: Seconds for which one publisher waits for another, who may be waiting for KMS.
PATIENCE: Final = 60.0

_UNFINISHED: Final = ".kmsjose-unfinished-"
_ROOT: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_FOLDER: Final = _ROOT | os.O_NOFOLLOW
# Not blocking, for a FIFO would wait for whoever writes into it.
_FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
#: The umask takes from it what the machine's owner wants.
_NEW_FILE: Final = 0o666
_CAN_NOT: Final = {"file-unwritable": "can't be written", "file-unreadable": "can't be read"}
#: Where the system's own words would mislead.
_REASONS: Final = {
    errno.ELOOP: "it is a symbolic link, which is not followed",
    errno.ENOTDIR: "it should stand in a folder, where a file or a symbolic link is",
}


@contextmanager
@checked
def exclusive(
    directory: Directory, patience: float | None = None, waiting: Callable[[str], object] | None = None
) -> Iterator[None]:
    """Be the only one on this machine who publishes in a folder, from reading what is there to writing what shall be.

    Another waits here for its turn. The system frees the lock when its process ends, however it ends. It does not nest.
    Whoever may read the folder can lock it, so the wait has an end.

    Args:
        directory: The folder; it is made if it is missing.
        patience: Seconds to wait at most; None is a minute.
        waiting: Given one line that says who is waited for, once that has taken a second.

    Raises:
        InputError: ``file-unwritable``; ``folder-busy``: another has it all the time; ``usage``:
            the patience is not finite.
    """
    with ExitStack() as opened:
        with file_errors("file-unwritable", directory):
            # The folder itself is locked: a file for it would be published too.
            root = _make_root(directory, opened)
            lock(root, os.fspath(directory), PATIENCE if patience is None else patience, waiting)
            opened.callback(unlock, root)
        yield


@checked
def write_tree(directory: Directory, files: Mapping[str, bytes]) -> tuple[str, ...]:
    """Write files into a folder, and touch none that has its bytes already. Call it within `exclusive`.

    Each file takes its place as a whole, and the JWK Set comes last: who sees a new key there finds it everywhere. A
    write that was killed leaves each file old or new, and the next one completes it.

    Args:
        directory: The folder; it is made if it is missing.
        files: Contents by path, as `tree` gives them. A new file has the permissions that the umask leaves; one that
            replaces another keeps the other's.

    Returns:
        The paths that changed, in the order in which they were written.

    Raises:
        InputError: ``file-unwritable``: what was written before it remains; ``usage``: a path that leads elsewhere.
    """
    # Text is no content of a file: it is refused here, before anything changes.
    contents = {path: memoryview(content) for path, content in files.items()}
    changed = []
    with ExitStack() as opened:
        with file_errors("file-unwritable", directory):
            root = _make_root(directory, opened)
        targets = []
        # All folders before any file: what can be refused is refused before anything changes.
        for path in sorted(contents, key=lambda name: name == JWKS):
            *folders, name = _parts(path)
            with file_errors("file-unwritable", directory, path):
                targets.append((path, _make_folders(root, folders, opened), name))
        for path, folder, name in targets:
            with file_errors("file-unwritable", directory, path):
                if _replace(folder, name, contents[path]):
                    changed.append(path)
    return tuple(changed)


@checked
def read_file(directory: Directory, path: str) -> bytes | None:
    """The content of a file of the folder; None if it is not there.

    Raises:
        InputError: ``file-unreadable``; ``usage``: a path that leads elsewhere.
    """
    *folders, name = _parts(path)
    with ExitStack() as opened, file_errors("file-unreadable", directory, path):
        try:
            folder = _keep(os.open(directory, _ROOT), opened)
            for part in folders:
                folder = _keep(os.open(part, _FOLDER, dir_fd=folder), opened)
        except FileNotFoundError:
            return None
        there = _read(folder, name)
    return None if there is None else there[0]


def _make_root(directory: Directory, opened: ExitStack) -> int:
    Path(directory).mkdir(parents=True, exist_ok=True)
    return _keep(os.open(directory, _ROOT), opened)


def _make_folders(root: int, names: list[str], opened: ExitStack) -> int:
    """The folder of these names below the root, without what a killed write has left there."""
    folder = root
    for name in names:
        with suppress(FileExistsError):
            os.mkdir(name, dir_fd=folder)
            os.fsync(folder)
        folder = _keep(os.open(name, _FOLDER, dir_fd=folder), opened)
    for left in os.listdir(folder):  # noqa: PTH208 - a Path has no name for an open folder
        if left.startswith(_UNFINISHED):
            os.unlink(left, dir_fd=folder)
    return folder


def _keep(descriptor: int, opened: ExitStack) -> int:
    opened.callback(os.close, descriptor)
    return descriptor


def _replace(folder: int, name: str, content: memoryview) -> bool:
    """Whether a file had to be changed for it to have this content."""
    there = _read(folder, name)
    changes = there is None or there[0] != content
    if changes:
        # A name of its own for each, so that those who call this without a lock can't mix their bytes.
        unfinished = _UNFINISHED + os.urandom(8).hex()
        try:
            with os.fdopen(os.open(unfinished, _NEW, _NEW_FILE, dir_fd=folder), "wb") as file:
                if there is not None:
                    os.fchmod(file.fileno(), there[1])
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(unfinished, name, src_dir_fd=folder, dst_dir_fd=folder)
        finally:
            with suppress(OSError):
                os.unlink(unfinished, dir_fd=folder)
    # Also if it is as it should be: who wrote it may have been killed before this, and the JWK Set must not precede it.
    os.fsync(folder)
    return changes


def _read(folder: int, name: str) -> tuple[bytes, int] | None:
    """The content and the permissions of a file; None if it is not there."""
    try:
        file = os.fdopen(_opened_file(folder, name), "rb")
    except FileNotFoundError:
        return None
    with file:
        return file.read(), stat.S_IMODE(os.fstat(file.fileno()).st_mode)


def _opened_file(folder: int, name: str) -> int:
    descriptor = os.open(name, _FILE, dir_fd=folder)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is not a regular file")
    return descriptor


def _parts(path: str) -> tuple[str, ...]:
    pure = PurePosixPath(path)
    if pure.is_absolute() or ".." in pure.parts or not pure.parts or str(pure) != path or not path.isprintable():
        raise InputError("usage", f"{path[:64]!r} is not a path below a folder")
    return pure.parts


@contextmanager
def file_errors(code: str, directory: Directory, path: str = "") -> Iterator[None]:
    """An error of the system becomes ours, and names the file."""
    try:
        yield
    except OSError as error:
        reason = _REASONS.get(error.errno or 0, error.strerror)
        raise InputError(code, f"{Path(directory, path)} {_CAN_NOT[code]}: {reason}") from error
    except ValueError as error:
        raise InputError(code, f"{str(directory)[:64]!r} {_CAN_NOT[code]}: no file has such a name") from error
