"""The time of a rotation is that of KMS, whatever the clocks of the machines say that take part in it.

KMS tells it in whole seconds. So that no wait is too short, `Clock.now` is never later than the truth, and what
`Clock.mark` gives for a tag is never earlier.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from ...keys.freshness import http_date
from ..calls import KMSClient, call
from ..description import is_sane

_FORM: Final = "%Y-%m-%dT%H:%M:%SZ"
#: How finely KMS tells the time.
_TOLD_IN: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Clock:
    """The time of KMS, taken once and carried on by a clock that does not jump.

    Attributes:
        start: What KMS told.
    """

    start: datetime
    _since: float = field(default_factory=time.monotonic)

    def now(self) -> datetime:
        """The time of KMS, or up to a second before."""
        return self.start + timedelta(seconds=time.monotonic() - self._since)

    def mark(self) -> datetime:
        """The time of KMS to be remembered, or up to two seconds after."""
        return _whole(self.now() + _TOLD_IN)

    def is_ahead(self, mark: datetime) -> bool:
        """Whether a mark is of a time that has not come, so that a clock must have jumped."""
        return mark > self.now() + _TOLD_IN + timedelta(seconds=1)


def kms_clock(client: KMSClient) -> Clock:
    """Ask KMS for the time.

    Raises:
        KMSError: as AWS answers.
    """
    return Clock(time_of(call(client, "ListAliases", Limit=1)) or datetime.now(UTC))


def time_of(answer: Mapping[str, object]) -> datetime | None:
    """When KMS answered, by the ``Date`` of its HTTP header; None if there is none that can be read.

    >>> time_of({"ResponseMetadata": {"HTTPHeaders": {"date": "Tue, 24 Nov 2026 14:00:00 GMT"}}}).isoformat()
    '2026-11-24T14:00:00+00:00'
    """
    metadata = answer.get("ResponseMetadata")
    headers = metadata.get("HTTPHeaders") if isinstance(metadata, Mapping) else None
    date = headers.get("date") if isinstance(headers, Mapping) else None
    seconds = http_date(date) if isinstance(date, str) else None
    try:
        told = None if seconds is None else datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return told if told is not None and is_sane(told) else None


def written(moment: datetime) -> str:
    """A time as a tag has it: UTC, in whole seconds, the next one if it is between two."""
    return _whole(moment.astimezone(UTC)).strftime(_FORM)


def _whole(moment: datetime) -> datetime:
    return (moment + timedelta(microseconds=999_999)).replace(microsecond=0)


def read_time(text: str | None) -> datetime | None:
    """The time that a tag has, or None if there is no such tag.

    Raises:
        ValueError: it is no time, or none that makes sense.

    >>> read_time("2026-01-31T12:00:00Z").isoformat()
    '2026-01-31T12:00:00+00:00'
    """
    if text is None:
        return None
    told = datetime.strptime(text, _FORM).replace(tzinfo=UTC)
    if not is_sane(told):
        raise ValueError("no time of a rotation is so far away")
    return told
