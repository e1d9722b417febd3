"""What KMS tells of a rotation: its keys, and how far each has come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from ...algorithms import BY_NAME, Algorithm
from ...errors import KMSError
from ..calls import KMSClient, call
from ..description import KeyInfo, info_of
from ..tags import ALG, KID, read_tags
from .clock import Clock, kms_clock, read_time
from .names import Aliases, aliases_of, check_name

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
#: What only a key has that no longer signs.
OUT_OF_USE: Final = (REPLACED, UNTIL, LIFETIME, DISABLED)


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
    """

    name: str
    keys: tuple[RotationKey, ...]
    aliases: Aliases
    clock: Clock

    @property
    def active(self) -> RotationKey | None:
        """The key that signs."""
        return next((key for key in self.keys if key.stage is Stage.ACTIVE), None)

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
    ids = aliases.members | ({aliases.active} if aliases.active else set())
    keys = [key for key_id in sorted(ids) if (key := _key(client, key_id, aliases, clock)) is not None]
    keys.sort(key=lambda key: (key.info.created or clock.start, key.arn))
    return Rotation(name, tuple(keys), aliases, clock)


def _key(client: KMSClient, key_id: str, aliases: Aliases, clock: Clock) -> RotationKey | None:
    try:
        described = call(client, "DescribeKey", KeyId=key_id)
        info = info_of(described, (), read_tags(client, key_id))
    except KMSError as error:
        if error.code == "not-found":
            return None  # It was deleted in the meantime.
        raise
    return key_of(info, clock, active=key_id == aliases.active, member=key_id in aliases.members)


def key_of(info: KeyInfo, clock: Clock, *, active: bool, member: bool) -> RotationKey:
    """A key of a rotation, as KMS describes it.

    Raises:
        KMSError: ``rotation-damaged``.
    """
    tags = info.tags or {}
    promoted, replaced = read_time(tags, PROMOTED), read_time(tags, REPLACED)
    until = read_time(tags, UNTIL)
    if active:
        stage = Stage.ACTIVE
    elif info.state in ("PendingDeletion", "PendingReplicaDeletion"):
        stage = Stage.DROPPED
    elif promoted is None and replaced is None:
        stage = Stage.STAGED
    elif until is None:
        stage = Stage.REPLACED
    else:
        over = until < clock.start
        stage = Stage.DISABLED if over and info.state == "Disabled" else Stage.RETIRED
    return RotationKey(
        info=info,
        stage=stage,
        member=member,
        seen=read_time(tags, SEEN),
        promoted=promoted,
        replaced=replaced,
        published_until=until,
        token_lifetime=_seconds(tags),
        disabled=read_time(tags, DISABLED),
        algorithm=_algorithm(info, tags),
    )


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


def _seconds(tags: Mapping[str, str]) -> timedelta | None:
    text = tags.get(LIFETIME)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 11):
        raise KMSError("rotation-damaged", f"the tag {LIFETIME} is no number of seconds")
    return timedelta(seconds=int(text))
