"""Attempts at a fetch: by one thread at a time, and not too soon after another."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import Final

from ..errors import FetchError
from ..forks import renewed_in_child
from .moment import Moment

#: Seconds to wait after the first failure; after each further one twice as many, up to the cooldown.
_FIRST_PAUSE: Final = 1.0
#: The number of failures from which on the pause is no longer doubled.
_MOST_DOUBLED: Final = 16
#: Seconds that an attempt may take beyond its limit until it is taken for lost.
_LOST_AFTER: Final = 10.0


class Attempts:
    """What paces a fetch, and lets one thread at a time do it.

    Args:
        work: The fetch.
        longest: Seconds that it takes at most.
        cooldown: Seconds: the pause before an early attempt, and the longest pause after failures.
        clock: Gives this moment.

    Attributes:
        failure: Of the last attempt, or None if it succeeded or there was none.
    """

    def __init__(self, work: Callable[[], None], longest: float, cooldown: float, clock: Callable[[], Moment]) -> None:
        self.failure: FetchError | None = None
        self._work, self._longest, self._cooldown, self._clock = work, longest, cooldown, clock
        self._failures = 0
        self._ended: Moment | None = None
        self._running: _Attempt | None = None
        # Guards nothing but whose attempt is the next: the work is not done under it.
        self._turn = Lock()
        renewed_in_child(self, Attempts._begin_anew)

    def attempt(self, patience: float) -> None:
        """Do the work that is due, but for the pause after a failure; if another thread is at it, wait for that one.

        Args:
            patience: Seconds to wait for another thread.
        """
        self._attempt(patience, self._pause() if self._failures else 0)

    def attempt_early(self, patience: float) -> None:
        """Do the work before it is due, if the last time is long enough ago; else as `attempt`."""
        self._attempt(patience, self._pause() if self._failures else self._cooldown)

    def attempt_at_once(self, patience: float) -> None:
        """Do the work without a pause; else as `attempt`."""
        self._attempt(patience, 0)

    def _begin_anew(self) -> None:
        """Forget, in a child of this process, the attempt of a thread that is not there."""
        self._turn = Lock()
        self._running = None

    def _pause(self) -> float:
        return min(self._cooldown, _FIRST_PAUSE * (1 << min(self._failures - 1, _MOST_DOUBLED)))

    def _attempt(self, patience: float, pause: float) -> None:
        mine = _Attempt(self._clock())
        with self._turn:
            other = self._running
            if other is not None and other.began.until(mine.began) > self._longest + _LOST_AFTER:
                other = None
            if other is None:
                if self._ended is not None and self._ended.until(mine.began) < pause:
                    return
                self._running = mine
        if other is None:
            self._run(mine)
        else:
            other.ended.wait(patience)

    def _run(self, mine: _Attempt) -> None:
        try:
            self._work()
        except FetchError as error:
            # A copy: the error itself holds on to the frames that it went through.
            self.failure = copy(error)
            self._failures += 1
        except BaseException as error:
            told = f"the last fetch was broken off by {type(error).__name__}"
            self.failure = FetchError("unreachable", told, retryable=True)
            self._failures += 1
            raise
        else:
            self.failure = None
            self._failures = 0
        finally:
            self._ended = self._clock()
            if self._running is mine:
                self._running = None
            mine.ended.set()


@dataclass(frozen=True, slots=True)
class _Attempt:
    began: Moment
    ended: Event = field(default_factory=Event)
