"""The time of a rotation is that of KMS: whatever the clocks of the machines say that take part in it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

from ...errors import KMSError
from ..calls import KMSClient, call

_FORM: Final = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True, slots=True)
class Clock:
    """The time of KMS, taken once and carried on by a clock that does not jump.

    Attributes:
        start: What KMS told.
    """

    start: datetime
    _since: float = field(default_factory=time.monotonic)

    def now(self) -> datetime:
        """The time of KMS."""
        return self.start + timedelta(seconds=time.monotonic() - self._since)


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
    try:
        told = parsedate_to_datetime(str(date))
    except ValueError:
        return None
    return told if told.tzinfo is not None else told.replace(tzinfo=UTC)


def written(moment: datetime) -> str:
    """A time as a tag has it: UTC, in whole seconds, the next one if it is between two."""
    return (moment.astimezone(UTC) + timedelta(microseconds=999_999)).strftime(_FORM)


def read_time(tags: Mapping[str, str], name: str) -> datetime | None:
    """The time in a tag, or None if it is not there.

    Raises:
        KMSError: ``rotation-damaged``.
    """
    text = tags.get(name)
    if text is None:
        return None
    try:
        return datetime.strptime(text, _FORM).replace(tzinfo=UTC)
    except ValueError:
        raise KMSError("rotation-damaged", f"the tag {name} is no time such as 2026-01-31T12:00:00Z") from None
