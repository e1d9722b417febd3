"""What KMS tells of a rotation: its keys, and how far each has come."""

from __future__ import annotations

from dataclasses import dataclass

from ...errors import KMSError
from ..calls import KMSClient, call
from ..description import info_of
from ..tags import read_tags
from .clock import Clock, kms_clock
from .key import RotationKey, Stage, key_of
from .names import Aliases, active_alias, aliases_of, check_name


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
