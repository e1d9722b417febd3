"""How a rotation is shown: to people on a timeline, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from ..errors import KmsJoseError
from .durations import distance
from .key_views import date_of

if TYPE_CHECKING:
    from ..errors import KMSError
    from ..kms.rotation import NextStep, Revoked, Rotation, RotationKey

    #: A rotation in a list: its name; how it stands, or why that can't be told; and what comes next.
    Listed = tuple[str, Rotation | KMSError, Sequence[NextStep]]

#: The columns of `listed_row`.
COLUMNS: Final = ("NAME", "SIGNS", "KEYS", "NEXT")
_WIDTH: Final = 48
_LEGEND: Final = ". staged   # signs   = published, signs no more   - neither   | now"
_NONE: Final = "–"


def as_dict(rotation: Rotation, steps: Sequence[NextStep]) -> dict[str, object]:
    """A rotation as JSON."""
    return {
        "name": rotation.name,
        "time": date_of(rotation.clock.start),
        "active": rotation.active.arn if rotation.active else None,
        "keys": [_key_dict(key) for key in rotation.keys],
        "locked": bool(rotation.aliases.locks),
        "next": [
            {"step": step.step, "key": step.key.arn if step.key else None, "due": date_of(step.due), "why": step.why}
            for step in steps
        ],
    }


def listed_as_dict(listed: Listed) -> dict[str, object]:
    """A rotation in a list as JSON: as it is by itself, or the code of the error that hides it."""
    name, rotation, steps = listed
    if isinstance(rotation, KmsJoseError):
        return {"name": name, "error": rotation.code}
    return as_dict(rotation, steps)


def listed_row(listed: Listed) -> tuple[str, ...]:
    """A rotation in a list: its name, the key that signs, how many keys it has, and what comes next."""
    name, rotation, steps = listed
    if isinstance(rotation, KmsJoseError):
        return name, _NONE, _NONE, f"error: {rotation.code}"
    signs = _short(rotation.active) if rotation.active else _NONE
    told = "; ".join(_step(step, rotation.clock.start) for step in steps)
    return name, signs, str(len(rotation.keys)), f"{told}; locked" if rotation.aliases.locks else told


def _step(step: NextStep, now: datetime) -> str:
    """A step in a few words, such as ``promote 1234abcd in 50 min``."""
    key = "" if step.key is None else f" {_short(step.key)}"
    when = "now" if step.due is None else distance((step.due - now).total_seconds())
    return f"{step.step}{key} {when}"


def revoked_lines(name: str, key: Revoked) -> Iterator[str]:
    """What `rotate revoke` did, and what to do next."""
    if key.arn is None:
        yield f"Revoked: {key.kid}. KMS has no such key."
    elif key.disabled:
        yield f"Revoked: {key.kid or key.arn}. It is disabled."
    else:
        yield f"Revoked: {key.kid or key.arn}. In KMS it is {key.state} already."
    if key.kid is None:
        yield "Its kid can't be known any more: `kmsjose publish` names what it can't account for; take that out."
    yield "Publish now: it is in what is published until you do."
    for alias in key.aliases:
        yield f"note: it was {alias} too, by which nothing signs any more"
    for region in key.regions:
        key_id = (key.arn or "").rpartition("/")[2]
        # Revoked there, it is also kept out of what is published from there.
        again = f"kmsjose --region {region} rotate revoke {name} --key {key_id}"
        yield f"note: its copy in {region} signs on until it is revoked there too: {again}"
    if key.signed and key.staged is not None:
        yield f"Nothing signs for {name} now. Once {key.staged} is published: kmsjose rotate promote {name} --force"
    elif key.signed:
        yield (
            f"Nothing signs for {name} now: kmsjose rotate stage {name}, publish, kmsjose rotate promote {name} --force"
        )


def _key_dict(key: RotationKey) -> dict[str, object]:
    return {
        "arn": key.arn,
        "kid": key.kid,
        "alg": key.algorithm.name if key.algorithm else None,
        "stage": key.stage.value,
        "state": key.info.state,
        "created": date_of(key.info.created),
        "seen": date_of(key.seen),
        "promoted": date_of(key.promoted),
        "replaced": date_of(key.replaced),
        "published_until": date_of(key.published_until),
        "disabled": date_of(key.disabled),
        "revoked": date_of(key.revoked),
        "deletion": date_of(key.info.deletion),
    }


def lines(rotation: Rotation, steps: Sequence[NextStep]) -> Iterator[str]:
    """A rotation for people: its keys, when each did what, and what comes next."""
    now = rotation.clock.start
    if not rotation.keys:
        yield f"{rotation.name} has no key yet."
    else:
        yield from _timeline(rotation, now)
    if rotation.aliases.locks:
        yield ""
        yield "locked: a rotator is at work, or was killed; a lock ends by itself after 5 minutes"
    yield ""
    yield "next:"
    for step in steps:
        key = "" if step.key is None else f" {_short(step.key)}"
        when = "now" if step.due is None else f"{distance((step.due - now).total_seconds())}, at {date_of(step.due)}"
        yield f"  {step.step}{key}  {when}: {step.why}"


def _timeline(rotation: Rotation, now: datetime) -> Iterator[str]:
    begin, end = _span(rotation, now)
    heads = ["KEY", "STAGE", "ALG"]
    cells = [(_short(key), key.stage.value, key.algorithm.name if key.algorithm else _NONE) for key in rotation.keys]
    widths = [max(map(len, column)) for column in zip(heads, *cells, strict=True)]
    left = "  ".join(head.ljust(width) for head, width in zip(heads, widths, strict=True))
    begins, ends = (f"{date.astimezone(UTC):%Y-%m-%d %H:%M}" for date in (begin, end))
    yield f"{left}  {begins}{ends.rjust(_WIDTH - len(begins))}"
    for key, row in zip(rotation.keys, cells, strict=True):
        left = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield f"{left}  {_bar(key, begin, end, now)}"
    yield ""
    yield _LEGEND
    for key in rotation.keys:
        yield ""
        yield from _facts(key)


def _facts(key: RotationKey) -> Iterator[str]:
    yield f"{key.kid or _NONE}"
    yield f"  {key.arn}"
    told = (
        ("made", key.info.created),
        ("seen in the published JWKS", key.seen),
        ("signs since", key.promoted),
        ("replaced", key.replaced),
        ("published until", key.published_until),
        ("disabled", key.disabled),
        ("revoked", key.revoked),
        ("to be deleted", key.info.deletion),
    )
    for what, date in told:
        if date is not None:
            yield f"  {what} {date_of(date)}"
    if not key.enabled:
        yield f"  in KMS it is {key.info.state}"


def _short(key: RotationKey) -> str:
    """A name to tell it by: the beginning of its kid."""
    return key.kid[:8] if key.kid else key.id[:8]


def _span(rotation: Rotation, now: datetime) -> tuple[datetime, datetime]:
    """What the timeline covers: from the first key to the last date, and some time around now at least."""
    dates = [now, *(date for key in rotation.keys for date in (key.info.created, key.published_until) if date)]
    begin, end = min(dates), max(dates)
    return begin, max(end, now + (now - begin) / 4, begin + timedelta(minutes=1))


def _bar(key: RotationKey, begin: datetime, end: datetime, now: datetime) -> str:
    marks = (_mark(key, begin + (end - begin) * (column + 0.5) / _WIDTH, now) for column in range(_WIDTH))
    bar = "".join(marks)
    place = min(int((now - begin) / (end - begin) * _WIDTH), _WIDTH - 1)
    return f"{bar[:place]}|{bar[place + 1 :]}".rstrip()


def _mark(key: RotationKey, moment: datetime, now: datetime) -> str:
    """What the key did at a time; of the time to come, only how long it is published is known."""
    until = key.revoked or key.published_until
    if _before(moment, key.info.created) or _since(moment, key.info.deletion):
        return " "
    if until is not None and moment > until:
        return "-"
    if moment > now and (until is None or key.replaced is None):
        return " "
    if _since(moment, key.replaced):
        return "="
    return "#" if _since(moment, key.promoted) else "."


def _before(moment: datetime, event: datetime | None) -> bool:
    return event is not None and moment < event


def _since(moment: datetime, event: datetime | None) -> bool:
    return event is not None and moment >= event
