"""What KMS knows of a rotation: its keys, and how far each has come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ...arguments import checked
from ...errors import KMSError
from ..calls import KMSClient, call
from ..description import KeyInfo, info_of
from ..tags import KID, read_tags
from .clock import Clock, kms_clock
from .key import REVOKED, RotationKey, Stage, key_of
from .names import Aliases, active_alias, aliases_of, check_name


@dataclass(frozen=True, slots=True)
class Found:
    """The keys of a rotation as KMS describes them, whatever their tags say.

    Attributes:
        name: Without ``alias/``.
        keys: With their tags, in no order.
        aliases: Where they were found.
        clock: The time of KMS.
        signing: The ARN of the key that signs, or None.
    """

    name: str
    keys: tuple[KeyInfo, ...]
    aliases: Aliases
    clock: Clock
    signing: str | None

    def kid_digest(self, key: KeyInfo) -> str | None:
        """The digest of a key's kid: as it was recorded when the key joined, else by its tag."""
        return self.aliases.records.kid_digest(id_of(key.arn), (key.tags or {}).get(KID))

    def is_revoked(self, key: KeyInfo) -> bool:
        """Whether anything says that a key is revoked: its tag, or an alias."""
        return (
            REVOKED in (key.tags or {})
            or self.aliases.is_marked(id_of(key.arn))
            or self.kid_digest(key) in self.aliases.records.revoked
        )

    @property
    def revoked(self) -> frozenset[str]:
        """The digests of all kids that are revoked."""
        of_keys = (self.kid_digest(key) for key in self.keys if self.is_revoked(key))
        return frozenset(of for of in (*self.aliases.records.revoked, *of_keys) if of is not None)


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
        return self.aliases.active == (id_of(self.signing) if self.signing else None)

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
        """The keys that another has replaced, and those that were revoked before they signed."""
        return tuple(key for key in self.keys if key.stage not in (Stage.ACTIVE, Stage.STAGED))


@checked
def read(client: KMSClient, name: str) -> Rotation:
    """Look at a rotation, and change nothing; a name that nothing is known of has no keys.

    Args:
        client: A boto3 KMS client.
        name: With or without ``alias/``.

    Raises:
        InputError: ``usage``.
        KMSError: as AWS answers; ``rotation-damaged``: a tag was changed to what can't be read.
    """
    return rotation_of(look(client, name))


def look(client: KMSClient, name: str) -> Found:
    """The keys of a rotation, as KMS describes them.

    Args:
        client: A boto3 KMS client.
        name: With or without ``alias/``.

    Raises:
        InputError: ``usage``.
        KMSError: as AWS answers.
    """
    name = check_name(name)
    clock = kms_clock(client)
    aliases = aliases_of(client, name)
    signing = signing_key(client, name)
    keys = (_described(client, key_id) for key_id in sorted(aliases.members | _active(aliases, signing)))
    return Found(name, tuple(key for key in keys if key is not None), aliases, clock, signing)


def rotation_of(found: Found) -> Rotation:
    """A rotation, as the tags of its keys tell it.

    Raises:
        KMSError: ``rotation-damaged``.
    """
    clock, active = found.clock, _active(found.aliases, found.signing)
    keys = [
        key_of(
            info,
            clock,
            active=id_of(info.arn) in active,
            member=id_of(info.arn) in found.aliases.members,
            revoked=_revoked_at(found, info),
        )
        for info in found.keys
    ]
    keys.sort(key=lambda key: (key.info.created or clock.start, key.arn))
    return Rotation(found.name, tuple(keys), found.aliases, clock, found.signing)


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


def id_of(arn: str) -> str:
    """The id of a key, by its ARN."""
    return arn.rpartition("/")[2]


def _active(aliases: Aliases, signing: str | None) -> frozenset[str]:
    # Just after a move, one of the two looks may still tell of the key before: then neither is taken for out of use.
    return frozenset(key_id for key_id in (aliases.active, signing and id_of(signing)) if key_id)


def _described(client: KMSClient, key_id: str) -> KeyInfo | None:
    try:
        return info_of(call(client, "DescribeKey", KeyId=key_id), (), read_tags(client, key_id))
    except KMSError as error:
        if error.code == "not-found":
            return None  # It was deleted in the meantime.
        raise


def _revoked_at(found: Found, key: KeyInfo) -> datetime | None:
    """When a key was revoked, by its aliases; its tag tells it too, where it has one."""
    if not found.is_revoked(key):
        return None
    records = found.aliases.records
    mark = records.mark_of(id_of(key.arn)) or records.revoked.get(found.kid_digest(key) or "")
    return (mark and mark.made) or found.clock.start
