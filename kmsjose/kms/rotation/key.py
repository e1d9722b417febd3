"""A key of a rotation, as its aliases and tags describe it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, TypeVar

from ...algorithms import BY_NAME, Algorithm
from ...errors import InputError, KMSError
from ..description import KeyInfo
from ..tags import ALG, KID
from .clock import Clock, read_time
from .times import check_spans

#: When the key was first seen in the published JWK Set, and there ever since.
SEEN: Final = "kmsjose:seen"
#: When the alias moved to the key.
PROMOTED: Final = "kmsjose:promoted"
#: When the alias had moved away from it.
REPLACED: Final = "kmsjose:replaced"
#: Until when it is published, and the longest life of a token that it signed, in seconds.
UNTIL: Final = "kmsjose:published-until"
LIFETIME: Final = "kmsjose:token-lifetime"
#: When it was disabled to be watched.
DISABLED: Final = "kmsjose:disabled"
#: When it was revoked: whatever its tokens, it is published no more.
REVOKED: Final = "kmsjose:revoked"
#: When it was seen to be enabled again while it was watched.
MISSED: Final = "kmsjose:missed"
#: What only a key has that no longer signs; a key that was revoked stays so, should the alias come back to it.
OUT_OF_USE: Final = (REPLACED, UNTIL, LIFETIME, DISABLED, MISSED)
_TIMES: Final = (SEEN, PROMOTED, REPLACED, UNTIL, DISABLED, MISSED, REVOKED)
_Value = TypeVar("_Value")


class Stage(StrEnum):
    """How far a key has come."""

    STAGED = "staged"
    ACTIVE = "active"
    REPLACED = "replaced"
    RETIRED = "retired"
    DISABLED = "disabled"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class RotationKey:
    """A key of a rotation.

    Attributes:
        info: What KMS tells of it, with its tags.
        stage: How far it has come.
        member: Whether its alias says that it belongs to the rotation; one that was put in by hand may not yet.
        seen: When it was first seen in the published JWK Set, and there ever since.
        promoted: When it became the key that signs.
        replaced: When another had taken its place.
        published_until: When it need not be published any more.
        token_lifetime: The longest life of a token that it signed.
        disabled: When it was disabled to be watched.
        missed: When it was seen to be enabled again while it was watched.
        revoked: When it was revoked.
        algorithm: What it signs by; None for an RSA key that does not say it.
    """

    info: KeyInfo
    stage: Stage
    member: bool
    seen: datetime | None
    promoted: datetime | None
    replaced: datetime | None
    published_until: datetime | None
    token_lifetime: timedelta | None
    disabled: datetime | None
    missed: datetime | None
    revoked: datetime | None
    algorithm: Algorithm | None

    @property
    def arn(self) -> str:
        """The key's ARN."""
        return self.info.arn

    @property
    def id(self) -> str:
        """The key's id."""
        return self.info.arn.rpartition("/")[2]

    @property
    def kid(self) -> str | None:
        """The kid that it signs with, once it is known."""
        return (self.info.tags or {}).get(KID)

    @property
    def was_used(self) -> bool:
        """Whether it has ever been the key that signs, as far as that was written down."""
        return self.promoted is not None or self.replaced is not None

    @property
    def is_going(self) -> bool:
        """Whether it waits for its deletion, and can't be changed any more."""
        return "Deletion" in self.info.state

    @property
    def enabled(self) -> bool:
        """Whether KMS lets it sign."""
        return self.info.state == "Enabled"


def key_of(info: KeyInfo, clock: Clock, *, active: bool, member: bool, revoked: datetime | None = None) -> RotationKey:
    """A key of a rotation, as KMS describes it.

    Args:
        info: With its tags.
        clock: The time of KMS.
        active: Whether it is the key that signs.
        member: Whether its alias says that it belongs to the rotation.
        revoked: When it was revoked, if an alias or a tag says so, whether or not the tag can be read.

    Raises:
        KMSError: ``rotation-damaged``.
    """
    tags = info.tags or {}
    times = {name: _read(name, info, "a time such as 2026-01-31T12:00:00Z", read_time, revoked) for name in _TIMES}
    lifetime = _read(LIFETIME, info, "a number of seconds", _span, revoked)
    times[REVOKED] = times[REVOKED] or revoked
    return RotationKey(
        info=info,
        stage=Stage.ACTIVE if active else _stage(info, times, clock),
        member=member,
        seen=times[SEEN],
        promoted=times[PROMOTED],
        replaced=times[REPLACED],
        published_until=times[UNTIL],
        token_lifetime=lifetime,
        disabled=times[DISABLED],
        missed=times[MISSED],
        revoked=times[REVOKED],
        algorithm=_algorithm(info, tags, revoked),
    )


def _read(
    name: str, info: KeyInfo, form: str, read: Callable[[str], _Value | None], revoked: datetime | None
) -> _Value | None:
    """What a tag says; None if there is none, or of a key that is revoked, whose tags are not to stop anything."""
    text = (info.tags or {}).get(name)
    try:
        return None if text is None else read(text)
    except (ValueError, OverflowError, InputError):
        if revoked is not None:
            return None
        raise _damaged(info, f"the tag {name} of {info.arn} is not {form}") from None


def _span(text: str) -> timedelta:
    span = timedelta(seconds=int(text))
    check_spans(span)
    return span


def _damaged(info: KeyInfo, what: str) -> KMSError:
    end = "; KMS changes no tag of a key that waits for its deletion: revoke it, or undelete it first"
    return KMSError("rotation-damaged", what + (end if "Deletion" in info.state else ""))


def _stage(info: KeyInfo, times: Mapping[str, datetime | None], clock: Clock) -> Stage:
    """How far a key has come that does not sign."""
    if "Deletion" in info.state:
        return Stage.DROPPED
    if times[REVOKED] is not None:
        # Whether it ever signed or not: it is not to be promoted.
        return Stage.DISABLED if info.state == "Disabled" else Stage.RETIRED
    if times[PROMOTED] is None and times[REPLACED] is None:
        return Stage.STAGED
    until = times[UNTIL]
    if until is None:
        return Stage.REPLACED
    return Stage.DISABLED if until < clock.start and info.state == "Disabled" else Stage.RETIRED


def _algorithm(info: KeyInfo, tags: Mapping[str, str], revoked: datetime | None) -> Algorithm | None:
    rows = info.algorithms
    named = BY_NAME.get(tags.get(ALG, ""))
    if named in rows:
        return named
    if ALG in tags and revoked is None:
        raise _damaged(info, f"the tag {ALG} of {info.arn} names no algorithm that a key of {info.spec} does")
    return rows[0] if len(rows) == 1 else None
