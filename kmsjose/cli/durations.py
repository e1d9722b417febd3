"""Spans of time as people write them: ``30s``, ``5m``, ``1h``, ``1d``."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

import rich_click as click

_WRITTEN: Final = re.compile(r"(\d{1,9})([smhd]?)", re.ASCII)
_SECONDS: Final = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
#: Up to this many seconds a span is told in the unit, of so many seconds.
_TOLD_IN: Final = ((90, 1, "s"), (90 * 60, 60, "min"), (36 * 3600, 3600, "h"), (700 * 86400, 86400, "days"))
_YEAR: Final = 365.25 * 86400


class Duration(click.ParamType[timedelta]):
    """A command line value that is a span of time; without a unit it is in seconds."""

    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """Read what was written."""
        if isinstance(value, timedelta):
            return value
        match = _WRITTEN.fullmatch(str(value))
        if match is None:
            self.fail(f"{str(value)[:40]!r} is no span of time such as 30s, 5m, 1h or 1d", param, ctx)
        return timedelta(seconds=int(match[1]) * _SECONDS[match[2]])


def distance(seconds: float) -> str:
    """How far away a time is, in one unit.

    Args:
        seconds: From now; negative is the past.

    >>> distance(300), distance(-10800)
    ('in 5 min', '3 h ago')
    """
    size = abs(seconds)
    told = next((f"{size / unit:.0f} {name}" for limit, unit, name in _TOLD_IN if size < limit), None)
    if told is None:
        told = f"{size / _YEAR:.1f} years"
    return f"in {told}" if seconds > 0 else f"{told} ago"
