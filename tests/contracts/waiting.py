"""Waiting for what a rotation waits for, where nobody can set the clock: the server's, in whole seconds."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from kmsjose.errors import RotationError

_Result = TypeVar("_Result")
_TRIES, _PAUSE = 60, 0.1


def once_due(step: Callable[[], _Result]) -> _Result:
    """Do a step of a rotation whose times are zero, as soon as it is due."""
    done: list[_Result] = []

    def is_done() -> bool:
        try:
            done.append(step())
        except RotationError as error:
            assert error.code == "not-due"
        return bool(done)

    wait_until(is_done)
    return done[0]


def wait_until(holds: Callable[[], bool]) -> None:
    """Wait until something holds that the next seconds bring."""
    for _ in range(_TRIES):
        if holds():
            return
        time.sleep(_PAUSE)
    raise AssertionError(f"it did not come true in {_TRIES * _PAUSE:.0f} seconds")
