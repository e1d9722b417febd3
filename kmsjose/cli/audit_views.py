"""How the audit log and CloudTrail, compared, are shown: to people, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Final

from ..words import counted

if TYPE_CHECKING:
    from ..kms import SignatureRecord
    from ..kms.audit_join import Joined
    from ..kms.trail import SignEvent

#: The columns of `rows`.
COLUMNS: Final = ("SIDE", "TIME", "KEY", "ALGORITHM", "KID", "REQUEST", "CALLER", "LABEL")
#: Those of them that are for copying.
WHOLE: Final = ("TIME", "REQUEST")
#: Those that are too wide to stand beside them.
MORE: Final = ("KEY", "ALGORITHM", "KID", "CALLER", "LABEL")
_NONE: Final = "–"


def rows(joined: Joined) -> Iterator[tuple[str, ...]]:
    """What is on one side only, and the two sides of what they tell differently."""
    for record in joined.log_only:
        yield _record_row("log only", record)
    for event in joined.trail_only:
        yield _event_row("CloudTrail only", event)
    for record, event in joined.other_key:
        yield _record_row("other key: log", record)
        yield _event_row("other key: CloudTrail", event)
    for record, event in joined.other_alg:
        yield _record_row("other alg: log", record)
        yield _event_row("other alg: CloudTrail", event)


def summary(joined: Joined) -> str:
    """All of it in one line."""
    counts = (
        (len(joined.log_only), "in the log only"),
        (len(joined.trail_only), "in CloudTrail only"),
        (len(joined.other_key), "of another key"),
        (len(joined.other_alg), "by another algorithm"),
    )
    differences = [f"{count} {what}" for count, what in counts if count]
    if joined.bad_lines:
        differences.append(counted(len(joined.bad_lines), "line is bad", "lines are bad"))
    return ", ".join([f"{counted(joined.both, 'signature')} on both sides", *differences])


def as_dict(joined: Joined) -> dict[str, object]:
    """All of it as JSON."""
    return {
        "agrees": joined.agrees,
        "both": joined.both,
        "log_only": [_record(record) for record in joined.log_only],
        "cloudtrail_only": [_event(event) for event in joined.trail_only],
        "other_key": list(map(_pair, joined.other_key)),
        "other_alg": list(map(_pair, joined.other_alg)),
        "bad_lines": [{"line": bad.line, "reason": bad.reason} for bad in joined.bad_lines],
        "left_out": joined.left_out,
    }


def _record_row(side: str, record: SignatureRecord) -> tuple[str, ...]:
    return (side, _time(record.time), record.key_arn, record.alg, record.kid, record.request_id or _NONE, _NONE,
            record.label or _NONE)  # fmt: skip


def _event_row(side: str, event: SignEvent) -> tuple[str, ...]:
    return (side, _time(event.time), event.key or _NONE, event.kms_algorithm or _NONE, _NONE,
            event.request_id or _NONE, event.caller or _NONE, _NONE)  # fmt: skip


def _pair(sides: tuple[SignatureRecord, SignEvent]) -> dict[str, object]:
    record, event = sides
    return {"log": _record(record), "cloudtrail": _event(event)}


def _record(record: SignatureRecord) -> object:
    return json.loads(record.to_json())


def _event(event: SignEvent) -> dict[str, object]:
    return {
        "time": _time(event.time),
        "request_id": event.request_id,
        "key": event.key or None,
        "kms_algorithm": event.kms_algorithm or None,
        "caller": event.caller or None,
    }


def _time(time: datetime) -> str:
    return time.isoformat(timespec="seconds").replace("+00:00", "Z")
