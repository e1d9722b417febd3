"""Times as people write them: spans such as ``30s``, ``5m``, ``1h`` and ``1d``, and moments in ISO 8601."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Final

import rich_click as click

_WRITTEN: Final = re.compile(r"(\d{1,9})([smhd]?)", re.ASCII)
_SECONDS: Final = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
#: Up to this many seconds a span is told in the unit, of so many seconds.
_TOLD_IN: Final = ((90, 1, "s"), (90 * 60, 60, "min"), (36 * 3600, 3600, "h"), (700 * 86400, 86400, "days"))
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
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


class Moment(click.ParamType[datetime]):
    """A command line value that is a time with its zone, in ISO 8601; a date alone begins in UTC."""

    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Read what was written."""
        if isinstance(value, datetime):
            return value
        written = str(value)
        try:
            time = datetime.fromisoformat(f"{written}T00:00Z" if _DATE.fullmatch(written) else written)
        except ValueError:
            time = None
        if time is None or time.tzinfo is None:
            self.fail(f"{written[:40]!r} is no time with its zone such as 2026-01-02T03:04Z", param, ctx)
        return time


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
