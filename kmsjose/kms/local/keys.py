"""What the embedded KMS knows of a key beside its material, and the form in which it is kept."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, fields, replace
from typing import Final, Self

from .specs import SPECS, Spec

_KINDS: Final[Mapping[str, tuple[type, ...]]] = {
    "str": (str,),
    "bool": (bool,),
    "int": (int,),
    "float": (int, float),
    "str | None": (str, type(None)),
    "int | None": (int, type(None)),
    "float | None": (int, float, type(None)),
    "dict[str, str]": (dict,),
    "dict[str, object]": (dict,),
}


class _Record:
    """A frozen dataclass that is kept as one JSON object."""

    __slots__ = ()

    def to_json(self) -> bytes:
        """The bytes that `from_json` reads."""
        return json.dumps(asdict(self), indent=1).encode()  # type: ignore[call-overload]  # subclasses are dataclasses

    @classmethod
    def from_json(cls, content: bytes) -> Self:
        """Read what `to_json` gave.

        Raises:
            ValueError: It is something else.
        """
        return cls.from_object(json.loads(content))

    @classmethod
    def from_object(cls, members: object) -> Self:
        """Make one of the members of a JSON object.

        Raises:
            ValueError: They are not those of this record.
        """
        known = {field.name: field for field in fields(cls)}  # type: ignore[arg-type]  # as above
        # A folder may be older than a member, which then has its default.
        needed = {name for name, field in known.items() if field.default is MISSING}
        if not isinstance(members, dict) or not needed <= members.keys() <= known.keys():
            raise ValueError("it has other members than a record of this kind")
        for name, value in members.items():
            if not isinstance(value, _KINDS[str(known[name].type)]):
                raise ValueError(f"its {name} is of another type")  # noqa: TRY004 - the file is wrong, not a call
        return cls(**members)


@dataclass(frozen=True, slots=True)
class KeyRecord(_Record):
    """A key of the embedded KMS, without its material.

    Attributes:
        id: The key id.
        arn: The key ARN.
        spec: The KeySpec.
        usage: The KeyUsage.
        origin: ``AWS_KMS`` or ``EXTERNAL``.
        multi_region: Whether it is a multi-Region key.
        description: For people.
        policy: The key policy as JSON.
        tags: Names to values.
        created: Seconds since 1970, as every time here.
        enabled: Whether it may be used, if nothing else is against it.
        deletion: When it will be gone, or None.
        material: The SHA-256 of the public key that was imported; "" before, and for keys made here.
        expires: When the imported material will be gone, or None; 0 once it was deleted.
        rotation: Days between rotations of a symmetric key, None for never.
        promoted: Of related multi-Region keys the one with the highest is the primary; a replica is made with -1.
        window: Days that a primary to be deleted waits once its last replica is gone, or None.
    """

    id: str
    arn: str
    spec: str
    usage: str
    origin: str
    multi_region: bool
    description: str
    policy: str
    tags: dict[str, str]
    created: float
    enabled: bool = True
    deletion: float | None = None
    material: str = ""
    expires: float | None = None
    rotation: int | None = None
    promoted: int = 0
    window: int | None = None

    def __post_init__(self) -> None:
        if self.spec not in SPECS or self.usage not in SPECS[self.spec].usages:
            raise ValueError("its spec and usage do not go together")

    @property
    def facts(self) -> Spec:
        """What is true of every key of its KeySpec."""
        return SPECS[self.spec]

    @property
    def algorithms(self) -> tuple[str, ...]:
        """What it can do, as AWS names it."""
        return self.facts.usages[self.usage]

    def state(self, now: float) -> str:
        """Its KeyState."""
        if self.deletion is not None:
            return "PendingDeletion"
        if self.window is not None:
            return "PendingReplicaDeletion"
        if not self.has_material(now):
            return "PendingImport"
        return "Enabled" if self.enabled else "Disabled"

    def has_material(self, now: float) -> bool:
        """Whether its material is there: made here, or imported and neither deleted nor past its time."""
        if self.origin != "EXTERNAL":
            return True
        return bool(self.material) and (self.expires is None or self.expires > now)

    def gone(self, now: float) -> bool:
        """Whether its deletion date has passed."""
        return self.deletion is not None and self.deletion <= now

    def to_be_deleted(self, date: float) -> KeyRecord:
        """The same key, waiting for its deletion."""
        return replace(self, deletion=date)

    def to_be_deleted_last(self, days: int) -> KeyRecord:
        """The same primary key, waiting for its replicas to be gone, and from then on for its deletion."""
        return replace(self, window=days)

    def kept(self) -> KeyRecord:
        """The same key after its deletion was cancelled: disabled, as AWS leaves it."""
        return replace(self, deletion=None, window=None, enabled=False)


@dataclass(frozen=True, slots=True)
class Alias(_Record):
    """What an alias stands for.

    Attributes:
        target: A key id.
        created: When it was made.
        updated: When it last moved.
    """

    target: str
    created: float
    updated: float


@dataclass(frozen=True, slots=True)
class Usage(_Record):
    """The last use of a key.

    Attributes:
        operation: As AWS names it, ``Sign``.
        time: When it was.
        event: The id of its CloudTrail event; "" if the record is of an older release.
        request: The id of its request, likewise.
    """

    operation: str
    time: float
    event: str = ""
    request: str = ""


@dataclass(frozen=True, slots=True)
class ImportTicket(_Record):
    """What an import token stands for.

    Attributes:
        key: The id of the key that it imports for.
        algorithm: The wrapping algorithm.
        valid_to: When it ends.
    """

    key: str
    algorithm: str
    valid_to: float


@dataclass(frozen=True, slots=True)
class Grant(_Record):
    """A grant on a key, of which nothing is ever applied.

    Attributes:
        id: The grant id.
        created: When it was made.
        given: What it was made with, as CreateGrant takes it and ListGrants tells it.
    """

    id: str
    created: float
    given: dict[str, object]
