"""Files in a folder, safe between processes and against one that is killed in the middle of a write (POSIX)."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Final

from ...errors import InputError
from ...file_lock import lock, unlock
from ...files import flush_folder

_UNFINISHED: Final = ".unfinished-"
_LOCK: Final = ".lock"
_OWNER_ONLY_FOLDER: Final = 0o700
_OWNER_ONLY_FILE: Final = 0o600
#: Seconds for which a call waits for another, which takes milliseconds.
PATIENCE: Final = 10.0
_UNWRITABLE: Final = frozenset(
    {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT, errno.ENAMETOOLONG, errno.ENOSPC, errno.EDQUOT}
)
# Two writes within one tick of the file system's clock can leave the same time, size and inode: a file as young as
# this is read anew each time. Ticks are at most 10 ms.
_YOUNG: Final = 50_000_000


class FolderFiles:
    """The files of one folder.

    A write goes to a file of its own that only the owner can read, and takes its place when it is whole and on disk.

    Args:
        where: The folder; if it is missing it is empty, and the first key makes it, for its owner alone.

    Raises:
        InputError: ``file-unreadable``: it is no folder, or not for this user.
    """

    def __init__(self, where: str | os.PathLike[str]) -> None:
        self._where = Path(where).absolute()
        self._reads = count()
        try:
            self.folders()
        except OSError as error:
            raise InputError("file-unreadable", f"{self._where} can't hold keys: {error.strerror}") from error

    def stamp(self, name: str) -> Hashable | None:
        """See `Files`."""
        try:
            status = (self._where / name).stat()
        except FileNotFoundError:
            return None
        identity = (status.st_ino, status.st_mtime_ns, status.st_size)
        young = abs(time.time_ns() - status.st_mtime_ns) < _YOUNG
        return (*identity, next(self._reads)) if young else identity

    def read(self, name: str) -> bytes | None:
        """See `Files`."""
        try:
            return (self._where / name).read_bytes()
        except FileNotFoundError:
            return None

    def write(self, name: str, content: bytes) -> None:
        """See `Files`."""
        target = self._where / name
        # The lock is held, so one name for all writes of this file is enough.
        unfinished = target.with_name(_UNFINISHED + target.name)
        with self._writable():
            target.parent.mkdir(mode=_OWNER_ONLY_FOLDER, exist_ok=True)
            unfinished.unlink(missing_ok=True)
            descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _OWNER_ONLY_FILE)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(target)
        flush_folder(target.parent)

    def remove(self, name: str) -> None:
        """See `Files`."""
        target = self._where / name
        try:
            with self._writable():
                target.unlink()
        except FileNotFoundError:
            return
        flush_folder(target.parent)

    def names(self, folder: str) -> list[str]:
        """See `Files`."""
        try:
            return [file.name for file in (self._where / folder).iterdir() if not file.name.startswith(".")]
        except FileNotFoundError:
            return []

    def folders(self) -> list[str]:
        """See `Files`."""
        try:
            return sorted(folder.name for folder in self._where.iterdir() if folder.is_dir())
        except FileNotFoundError:
            return []

    @contextmanager
    def exclusive(self, *, making: bool = False) -> Iterator[None]:
        """See `Files`: an advisory lock of the whole folder, which the system frees when its process ends."""
        if not making and not self._where.exists():
            yield  # There is no key that anything could be done to.
            return
        path = self._where / _LOCK
        with self._writable():
            self._where.mkdir(mode=_OWNER_ONLY_FOLDER, parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _OWNER_ONLY_FILE)
        try:
            # Each call opens the file for itself, so that threads of one process exclude each other too.
            lock(descriptor, str(path), PATIENCE)
            yield
        finally:
            unlock(descriptor)
            os.close(descriptor)

    def sweep(self, folder: str) -> None:
        """See `Files`."""
        for left in (self._where / folder).glob(_UNFINISHED + "*"):
            left.unlink(missing_ok=True)

    def describe(self, name: str) -> str:
        """See `Files`."""
        return str(self._where / name)

    @contextmanager
    def _writable(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if error.errno not in _UNWRITABLE:
                raise
            raise InputError("file-unwritable", f"{self._where} can't be changed: {error.strerror}") from error
