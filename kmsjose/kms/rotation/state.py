"""What KMS tells of a rotation: its keys, and how far each has come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from ...algorithms import BY_NAME, Algorithm
from ...errors import InputError, KMSError
from ..calls import KMSClient, call
from ..description import KeyInfo, info_of
from ..tags import ALG, KID, read_tags
from .clock import Clock, kms_clock, read_time
from .names import Aliases, active_alias, aliases_of, check_name
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


@dataclass(frozen=True, slots=True)
class Rotation:
    """A rotation as it stands.

    Attributes:
        name: Without ``alias/``.
        keys: The oldest first.
        aliases: Where they were found.
        clock: The time of KMS.
        signing: The ARN of the key that signs, or None.
    """

    name: str
    keys: tuple[RotationKey, ...]
    aliases: Aliases
    clock: Clock
    signing: str | None

    @property
    def is_settled(self) -> bool:
        """Whether both looks at the alias told the same. After a move, KMS may tell of the key before for some time."""
        return self.aliases.active == (_id(self.signing) if self.signing else None)

    @property
    def active(self) -> RotationKey | None:
        """The key that signs."""
        return next((key for key in self.keys if key.arn == self.signing), None)

    @property
    def staged(self) -> RotationKey | None:
        """The key that is to sign next; the oldest, if there are several."""
        return next((key for key in self.keys if key.stage is Stage.STAGED), None)

    @property
    def out_of_use(self) -> tuple[RotationKey, ...]:
        """The keys that another has replaced."""
        return tuple(key for key in self.keys if key.stage not in (Stage.ACTIVE, Stage.STAGED))


def read(client: KMSClient, name: str) -> Rotation:
    """Look at a rotation, and change nothing; a name that nothing is known of has no keys.

    Args:
        client: A boto3 KMS client.
        name: With or without ``alias/``.

    Raises:
        InputError: ``usage``.
        KMSError: as AWS answers; ``rotation-damaged``: a tag was changed to what can't be read.
    """
    name = check_name(name)
    clock = kms_clock(client)
    aliases = aliases_of(client, name)
    signing = signing_key(client, name)
    # Just after a move, one of the two looks may still tell of the key before: then neither is taken for out of use.
    active = {key_id for key_id in (aliases.active, signing and _id(signing)) if key_id}
    found = (_key(client, key_id, active, aliases, clock) for key_id in sorted(aliases.members | active))
    keys = sorted((key for key in found if key), key=lambda key: (key.info.created or clock.start, key.arn))
    return Rotation(name, tuple(keys), aliases, clock, signing)


def signing_key(client: KMSClient, name: str) -> str | None:
    """The ARN of the key that the alias stands for now, or None.

    Raises:
        KMSError: as AWS answers.
    """
    try:
        return info_of(call(client, "DescribeKey", KeyId=active_alias(name))).arn
    except KMSError as error:
        if error.code == "not-found":
            return None
        raise


def _id(arn: str) -> str:
    return arn.rpartition("/")[2]


def _key(client: KMSClient, key_id: str, active: set[str], aliases: Aliases, clock: Clock) -> RotationKey | None:
    try:
        described = call(client, "DescribeKey", KeyId=key_id)
        info = info_of(described, (), read_tags(client, key_id))
    except KMSError as error:
        if error.code == "not-found":
            return None  # It was deleted in the meantime.
        raise
    return key_of(info, clock, active=key_id in active, member=key_id in aliases.members)


def key_of(info: KeyInfo, clock: Clock, *, active: bool, member: bool) -> RotationKey:
    """A key of a rotation, as KMS describes it.

    Raises:
        KMSError: ``rotation-damaged``.
    """
    tags = info.tags or {}
    try:
        times = {name: read_time(tags.get(name)) for name in _TIMES}
        lifetime = timedelta(seconds=int(tags[LIFETIME])) if LIFETIME in tags else None
        check_spans(lifetime or timedelta(0))
    except (ValueError, OverflowError, InputError):
        raise KMSError("rotation-damaged", f"a tag of {info.arn} has no time such as 2026-01-31T12:00:00Z") from None
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
        algorithm=_algorithm(info, tags),
    )


def _stage(info: KeyInfo, times: Mapping[str, datetime | None], clock: Clock) -> Stage:
    """How far a key has come that does not sign."""
    if "Deletion" in info.state:
        return Stage.DROPPED
    if times[PROMOTED] is None and times[REPLACED] is None:
        return Stage.STAGED
    until = times[UNTIL]
    if until is None and times[REVOKED] is None:
        return Stage.REPLACED
    over = times[REVOKED] is not None or (until is not None and until < clock.start)
    return Stage.DISABLED if over and info.state == "Disabled" else Stage.RETIRED


def _algorithm(info: KeyInfo, tags: Mapping[str, str]) -> Algorithm | None:
    rows = info.algorithms
    if ALG not in tags:
        return rows[0] if len(rows) == 1 else None
    named = BY_NAME.get(tags[ALG])
    if named not in rows:
        raise KMSError(
            "rotation-damaged", f"the tag {ALG} of {info.arn} names no algorithm that a key of {info.spec} does"
        )
    return named
