"""What several places need to say and do about files."""

from __future__ import annotations

import os
from pathlib import Path

from .errors import InputError


def reason_of(error: OSError | ValueError) -> str:
    """Why a file can't be opened, in the words of the system, where it has any.

    >>> reason_of(FileNotFoundError(2, "No such file or directory"))
    'No such file or directory'
    >>> reason_of(ValueError("embedded null byte"))
    'it is no path'
    """
    return str(error.strerror) if isinstance(error, OSError) else "it is no path"


def unreadable(name: str, error: OSError | ValueError) -> InputError:
    """The error of a file or folder that can't be read: ``file-unreadable``.

    Args:
        name: What people know it by.
        error: Of the system, or of a name that no file can have.
    """
    return InputError("file-unreadable", f"{name} can't be read: {reason_of(error)}")


def flush_folder(folder: Path) -> None:
    """Wait until the names in a folder are on the disk, so that none is lost or out of order without power.

    Raises:
        OSError: It can't be opened or flushed.
    """
    opened = os.open(folder, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
