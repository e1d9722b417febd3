"""The aliases of a rotation: what they are called, and which of them there are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ...arguments import checked
from ...errors import InputError
from ..calls import KMSClient, pages
from ..description import date_of
from ..identifiers import alias_name
from .records import Records, is_mark, is_record, records_of

_PREFIX: Final = "alias/"
_MEMBER: Final = re.compile(r"alias/(.+)/key/([A-Za-z0-9-]+)")
_LOCK: Final = re.compile(r"lock/(\d{1,9})", re.ASCII)
#: Of more digits, a lock would be none.
LAST_GENERATION: Final = 999_999_999
#: What is put behind a name must fit into an alias too.
_LONGEST_NAME: Final = 200


def check_name(name: str) -> str:
    """The name of a rotation, without ``alias/``.

    Raises:
        InputError: ``usage``: it can't be an alias, is too long, or would be taken for an alias of another rotation.

    >>> check_name("alias/issuer")
    'issuer'
    """
    bare = alias_name(name).removeprefix(_PREFIX)
    if not _may_be(bare):
        raise InputError(
            "usage", f"{bare[:80]!r} is no name of a rotation: at most {_LONGEST_NAME} characters, no part key or lock"
        )
    return bare


def active_alias(name: str) -> str:
    """The alias of the key that signs."""
    return f"{_PREFIX}{name}"


def member_alias(name: str, key_id: str) -> str:
    """The alias that says that a key belongs to the rotation."""
    return f"{_PREFIX}{name}/key/{key_id}"


def lock_alias(name: str, generation: int) -> str:
    """The alias that keeps other rotators away."""
    return f"{_PREFIX}{name}/lock/{generation}"


@dataclass(frozen=True, slots=True)
class LockAlias:
    """A lock that is there.

    Attributes:
        generation: Each that takes over from an expired one has the next number.
        key_id: The key that it points to, whose tag has its owner and expiry.
        created: When it was made.
    """

    generation: int
    key_id: str
    created: datetime | None


@dataclass(frozen=True, slots=True)
class Aliases:
    """The aliases of one rotation.

    Attributes:
        active: The id of the key that signs, or None.
        members: The ids of the keys that belong to it.
        locks: By generation.
        records: What they remember of kids.
        targets: The ids of the keys of all aliases of the region, but for the locks and records of this rotation.
    """

    active: str | None
    members: frozenset[str]
    locks: tuple[LockAlias, ...]
    records: Records
    targets: Mapping[str, str]

    def is_marked(self, key_id: str) -> bool:
        """Whether an alias says that a key is revoked, of this rotation or of another."""
        elsewhere = (target for alias, target in self.targets.items() if is_mark(alias))
        return self.records.mark_of(key_id) is not None or key_id in elsewhere

    def others(self, name: str, key_id: str) -> list[str]:
        """The aliases of a key that are none of the rotation's own."""
        own = member_alias(name, key_id)
        return sorted(alias for alias, target in self.targets.items() if target == key_id and alias != own)


def aliases_of(client: KMSClient, name: str) -> Aliases:
    """Look for the aliases of a rotation.

    Raises:
        KMSError: as AWS answers.
    """
    targets: dict[str, str] = {}
    locks, records = [], []
    prefix = active_alias(name) + "/"
    for entry in pages(client, "ListAliases", "Aliases"):
        alias, target = str(entry["AliasName"]), str(entry.get("TargetKeyId") or "")
        made = date_of(entry.get("CreationDate"))
        rest = alias.removeprefix(prefix)  # An alias of something else stays whole, and is neither lock nor record.
        if found := _LOCK.fullmatch(rest):
            locks.append(LockAlias(int(found[1]), target, made))
        elif is_record(rest):
            records.append((rest, target, made))
        else:
            targets[alias] = target
    return Aliases(
        active=targets.get(active_alias(name)) or None,
        members=frozenset(target for alias, target in targets.items() if alias == member_alias(name, target)),
        locks=tuple(sorted(locks, key=lambda lock: lock.generation)),
        records=records_of(records),
        targets=targets,
    )


@checked
def names(client: KMSClient) -> tuple[str, ...]:
    """The names of all rotations of the account and region, sorted.

    Raises:
        KMSError: as AWS answers.
    """
    return names_in(pages(client, "ListAliases", "Aliases"))


def names_in(entries: Iterable[Mapping[str, object]]) -> tuple[str, ...]:
    """The names of the rotations that aliases say their keys to belong to, sorted.

    Args:
        entries: As ListAliases answers them.
    """
    found = map(_name_of, entries)
    return tuple(sorted({name for name in found if name is not None}))


def _name_of(entry: Mapping[str, object]) -> str | None:
    match = _MEMBER.fullmatch(str(entry["AliasName"]))
    if match is None or match[2] != entry.get("TargetKeyId") or not _may_be(match[1]):
        return None
    return match[1]


def _may_be(name: str) -> bool:
    return len(name) <= _LONGEST_NAME and not {"key", "lock"} & set(name.split("/"))
