"""Binary data on its way out: to a file that is there whole or not at all, or to stdout if that is no terminal."""

from __future__ import annotations

import os
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from ..errors import InputError
from . import streams


def check(out: str | None) -> None:
    """Refuse to write binary data to a terminal, before anything is signed.

    Args:
        out: The file to write, or None or ``-`` for stdout.

    Raises:
        InputError: ``usage``.
    """
    if out in (None, streams.STDIN) and sys.stdout.isatty():
        raise InputError("usage", "the result is binary, and stdout is a terminal: give --out FILE, or redirect it")


def write(data: bytes, out: str | None) -> None:
    """Write binary data to a file, or to stdout.

    Args:
        data: What to write.
        out: The file, which is replaced if it is there; None or ``-`` is stdout.

    Raises:
        InputError: ``file-unwritable``.
    """
    if out is None or out == streams.STDIN:
        streams.write(data)
        return
    try:
        _replace(Path(out), data)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no path"
        raise InputError("file-unwritable", f"{out} can't be written: {reason}") from error


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
