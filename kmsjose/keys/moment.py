"""Points in time between which the time that passed is known, whatever was done to the clock or the machine."""

from __future__ import annotations

import time
from typing import NamedTuple


class Moment(NamedTuple):
    """A point in time on two clocks.

    One never steps, but may stand still while the machine sleeps; the other goes on, but may be set.

    Attributes:
        monotonic: Seconds of the first.
        wall: Seconds of the second, since 1970.
    """

    monotonic: float
    wall: float

    def until(self, later: Moment) -> float:
        """Seconds from this moment to a later one: as many as the clock says by which more have passed.

        >>> Moment(10, 1000).until(Moment(15, 400))
        5
        """
        return max(later.monotonic - self.monotonic, later.wall - self.wall)


def now() -> Moment:
    """This moment."""
    return Moment(time.monotonic(), time.time())
