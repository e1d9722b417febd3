"""Binary data on its way out: to a file that is there whole or not at all, or to stdout if that is no terminal."""

from __future__ import annotations

import os
import tempfile
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BytesIO
from pathlib import Path
from typing import Final

from ..errors import InputError
from ..files import reason_of
from . import streams

#: Control characters, halves of characters, and ends of lines that few terminals know.
_UNSEEN: Final = ("Cc", "Cs", "Zl", "Zp")
#: What joins letters and emojis, and a mark that may stand before text.
_JOINERS: Final = "\u200c\u200d\ufeff"


def check(out: str | None, *inputs: str | None) -> None:
    """Refuse to write binary data to a terminal, or over what is read, before anything is signed.

    Args:
        out: The file to write, or None or ``-`` for stdout.
        inputs: The files that are read.

    Raises:
        InputError: ``usage``.
    """
    if _is_stdout(out) and streams.is_terminal():
        raise InputError("usage", "the result is binary, and stdout is a terminal: give --out FILE, or redirect it")
    check_apart(out, *inputs)


def check_apart(out: str | None, *inputs: str | None) -> None:
    """Refuse to write over what is read, or where no file can be, before anything is signed.

    Args:
        out: The file to write, or None or ``-`` for stdout.
        inputs: The files that are read.

    Raises:
        InputError: ``usage``, ``file-unwritable``.
    """
    if _is_stdout(out):
        return
    if not out:
        raise InputError("usage", "--out names no file")
    try:
        is_folder, has_folder = Path(out).is_dir(), Path(out).parent.is_dir()
    except OSError as error:
        raise _unwritable(out, error) from error
    if is_folder or not has_folder:
        why = "it is a folder" if is_folder else "its folder is missing"
        raise InputError("file-unwritable", f"{out} can't be written: {why}")
    for path in inputs:
        if not _is_stdout(path) and _is_same(str(out), str(path)):
            raise InputError("usage", f"--out would replace {path}, which is read: name another file")


def write(data: bytes, out: str | None) -> None:
    """Write data to a file, or to stdout, but nothing to a terminal that it could steer.

    Args:
        data: What to write.
        out: The file, which is replaced if it is there; None or ``-`` is stdout.

    Raises:
        InputError: ``file-unwritable``; ``usage`` for a terminal.
    """
    if _is_stdout(out):
        if streams.is_terminal() and not _is_harmless(data):
            raise InputError(
                "usage", "the data is binary, or could steer this terminal: give --out FILE, or redirect it"
            )
        streams.write(data)
        return
    try:
        _replace(Path(str(out)), data)
    except (OSError, ValueError) as error:
        raise _unwritable(out, error) from error


@contextmanager
def to_file(out: str | None, *inputs: str | None) -> Iterator[None]:
    """Let what a command writes to stdout become a file, which is there whole or not at all.

    A command that fails leaves the file as it is, unless its verdict is what it wrote.

    Args:
        out: The file, which is replaced if it is there; None or ``-`` is stdout.
        inputs: The files that are read.

    Raises:
        InputError: ``usage``: it is one of those that are read; ``file-unwritable``.
    """
    if _is_stdout(out):
        yield
        return
    check_apart(out, *inputs)
    written = BytesIO()
    failed = True
    try:
        with streams.diverted(written):
            yield
        failed = False
    finally:
        if written.tell() or not failed:
            write(written.getvalue(), out)


def _unwritable(out: str | None, error: OSError | ValueError) -> InputError:
    return InputError("file-unwritable", f"{out} can't be written: {reason_of(error)}")


def _is_stdout(path: str | None) -> bool:
    return path is None or path == streams.STDIN


def _is_same(one: str, other: str) -> bool:
    try:
        return Path(one).samefile(other)
    except (OSError, ValueError):
        # One of them is not there, or is no path, which is told where it is opened.
        return False


def _is_harmless(data: bytes) -> bool:
    """Whether it is text without control, direction and other unseen characters but ends of lines and tabs."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return all(c in "\n\t" or _is_seen(c) for c in text.replace("\r\n", "\n"))


def _is_seen(character: str) -> bool:
    category = unicodedata.category(character)
    return category not in _UNSEEN and not (category == "Cf" and character not in _JOINERS)


def _replace(path: Path, data: bytes) -> None:
    if path.is_symlink() or (path.exists() and not path.is_file()):
        # A link, a pipe or a device is written as it is, for nothing should take its place.
        path.write_bytes(data)
        return
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        Path(name).chmod(_mode(path))
        Path(name).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise


def _mode(path: Path) -> int:
    """The permissions of the file that is replaced, or those that any new file has."""
    with suppress(FileNotFoundError):
        return path.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
