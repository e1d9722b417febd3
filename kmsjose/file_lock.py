"""An advisory lock of a file or folder, which is waited for within bounds, and with a word about who has it (POSIX)."""

from __future__ import annotations

import fcntl
import math
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from .errors import InputError

#: Seconds between the first two attempts, and the most between any.
_SHORTEST, _LONGEST = 0.001, 0.1
#: Seconds of silence, since most locks are free before anybody wonders.
_SILENCE: Final = 1.0
#: Where Linux lists the locks of all processes.
_LOCKS: Final = Path("/proc/locks")


def lock(descriptor: int, where: str, patience: float, waiting: Callable[[str], object] | None = None) -> None:
    """Lock an open file or folder for this descriptor alone; the lock ends with the process, too.

    Args:
        descriptor: Of the file or folder; give it to `unlock` before it is closed.
        where: Its path, for people.
        patience: Seconds to wait at most.
        waiting: Given one line that says who is waited for, once that has taken a second.

    Raises:
        InputError: ``folder-busy``: somebody else has the lock all the time; ``usage``: the patience is not finite.
        OSError: the file system has no locks.
    """
    if not patience < math.inf:
        raise InputError("usage", "patience is a finite number of seconds")
    begin = time.monotonic()
    pause = _SHORTEST
    while not _try(descriptor):
        waited = time.monotonic() - begin
        if waited >= patience:
            raise InputError(
                "folder-busy", f"{where} is locked by {_holder(descriptor)}, for more than {patience:g} seconds"
            )
        if waiting is not None and waited >= _SILENCE:
            waiting(f"waiting for {_holder(descriptor)}, which has locked {where}")
            waiting = None
        time.sleep(pause)
        pause = min(2 * pause, _LONGEST)


def unlock(descriptor: int) -> None:
    """Free a lock, if there is one: to close the descriptor is not enough, for a process that was forked has a copy."""
    fcntl.flock(descriptor, fcntl.LOCK_UN)


def _try(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder(descriptor: int) -> str:
    """Who has the lock, as far as the system tells it."""
    status = os.fstat(descriptor)
    place = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"
    try:
        entries = [line.split() for line in _LOCKS.read_text("ascii").splitlines()]
        # NUMBER: FLOCK ADVISORY WRITE PID MAJOR:MINOR:INODE START END; an arrow before FLOCK is one who waits.
        holder = next(int(entry[4]) for entry in entries if entry[1] == "FLOCK" and entry[5] == place)
        if holder == os.getpid():
            return "another thread of this process"
        name = Path(f"/proc/{holder}/comm").read_text("utf-8", "replace").strip()
    except (OSError, ValueError, LookupError, StopIteration):
        return "another process"
    return f"process {holder} ({name})"
