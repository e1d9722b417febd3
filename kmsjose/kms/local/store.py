"""The keys, aliases and import tokens of one region, as records over files.

Every read looks at the file's stamp, so a change by another process is seen at once; what is unchanged is not parsed
again. Every change is made within `changing`, in an order that a kill can't hurt: material before its record, a record
before an alias of it, and the other way round when a key goes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Final, TypeVar

from cryptography.hazmat.primitives.asymmetric import rsa

from .files import Files
from .keys import Alias, Grant, ImportTicket, KeyRecord, Usage
from .material import from_pem, to_pem, wrapping_from_pem
from .refusals import Refusal, damaged
from .specs import Material

_T = TypeVar("_T")
_RECORD: Final = ".json"
_MATERIAL: Final = ".pem"
_USAGE: Final = ".used"
_GRANTS: Final = ".grants"
_ALIASES: Final = "aliases.json"
_TICKET: Final = ".import.json"
_WRAPPING: Final = ".import.pem"


class Store:
    """What is kept of one region.

    Args:
        files: Where it is kept.
        region: The region's name, which is that of its folder.
    """

    def __init__(self, files: Files, region: str) -> None:
        self._files = files
        self._region = region
        self._parsed: dict[str, tuple[Hashable, object]] = {}

    def beside(self) -> Mapping[str, Store]:
        """The stores of all regions of which anything is kept, this one included, by their names."""
        return {name: self.of(name) for name in self._files.folders()}

    def of(self, region: str) -> Store:
        """The store of another region in the same place; whoever is `changing` one of them is changing all."""
        other = Store(self._files, region)
        other._parsed = self._parsed  # its entries are named by the region too
        return other

    def changing(self, *, making: bool = False) -> AbstractContextManager[None]:
        """Be the only one who changes anything, a new key included if `making`. It does not nest."""
        return self._files.exclusive(making=making)

    def key_ids(self) -> list[str]:
        """The ids of all keys, in order."""
        names = self._files.names(self._region)
        return sorted(
            name.removesuffix(_RECORD)
            for name in names
            if name.endswith(_RECORD) and not name.endswith(_TICKET) and name != _ALIASES
        )

    def record(self, key_id: str) -> KeyRecord | None:
        """The record of a key, or None if there is no such key."""
        return self._get(key_id + _RECORD, KeyRecord.from_json)

    def material(self, record: KeyRecord) -> Material | None:
        """What a key is made of, or None if it has nothing yet."""
        return self._get(record.id + _MATERIAL, lambda content: from_pem(content, record.spec))

    def aliases(self) -> Mapping[str, Alias]:
        """Every alias by its name; their order is that of their making."""
        return self._get(_ALIASES, _aliases_from_json) or {}

    def save_record(self, record: KeyRecord) -> None:
        """Keep a record in the place of the one before."""
        self._put(record.id + _RECORD, record.to_json())

    def save_material(self, key_id: str, key: Material) -> None:
        """Keep what a key is made of; its record is to be saved after it."""
        self._put(key_id + _MATERIAL, to_pem(key))

    def drop_material(self, key_id: str) -> None:
        """Take away what a key is made of; its record is to be saved before it."""
        self._drop(key_id + _MATERIAL)

    def save_aliases(self, aliases: Mapping[str, Alias]) -> None:
        """Keep all aliases in the place of those before."""
        content = ",\n".join(f"{json.dumps(name)}: {alias.to_json().decode()}" for name, alias in aliases.items())
        self._put(_ALIASES, f"{{{content}}}".encode())

    def grants(self, key_id: str) -> list[Grant]:
        """The grants on a key, in the order of their making."""
        return self._get(key_id + _GRANTS, _grants_from_json) or []

    def save_grants(self, key_id: str, grants: Sequence[Grant]) -> None:
        """Keep all grants on a key in the place of those before."""
        self._put(key_id + _GRANTS, b"[" + b",\n".join(grant.to_json() for grant in grants) + b"]")

    def usage(self, key_id: str) -> Usage | None:
        """The last use of a key, or None if it was never used."""
        return self._get(key_id + _USAGE, Usage.from_json)

    def save_usage(self, key_id: str, usage: Usage) -> None:
        """Keep the last use of a key in the place of the one before."""
        self._put(key_id + _USAGE, usage.to_json())

    def ticket(self, token: str) -> tuple[ImportTicket, rsa.RSAPrivateKey] | None:
        """What an import token stands for, and its wrapping key; None if there is no such token."""
        ticket = self._get(token + _TICKET, ImportTicket.from_json)
        wrapping = self._get(token + _WRAPPING, wrapping_from_pem)
        return None if ticket is None or wrapping is None else (ticket, wrapping)

    def save_ticket(self, token: str, ticket: ImportTicket, wrapping: rsa.RSAPrivateKey) -> None:
        """Keep an import token with its wrapping key."""
        self._put(token + _WRAPPING, to_pem(wrapping))
        self._put(token + _TICKET, ticket.to_json())

    def sweep(self, now: float, gone_for_good: Callable[[str], bool]) -> None:
        """Remove what is past its time, and what killed processes have left.

        Args:
            now: Seconds since 1970.
            gone_for_good: Whether nobody needs the record of a key any more, by its id.
        """
        if self._region not in self._files.folders():
            return
        with self.changing():
            self._files.sweep(self._region)
            gone = {key_id for key_id in self.key_ids() if gone_for_good(key_id)}
            if gone:
                aliases = self.aliases()
                left = {name: alias for name, alias in aliases.items() if alias.target not in gone}
                if len(left) < len(aliases):
                    self.save_aliases(left)
            for key_id in gone:
                self._drop(key_id + _RECORD)
            self._drop_old_tickets(now)
            self._drop_ownerless()

    def _drop_old_tickets(self, now: float) -> None:
        for name in self._files.names(self._region):
            if name.endswith(_TICKET):
                try:
                    ticket = self._get(name, ImportTicket.from_json)
                except Refusal:
                    continue
                if ticket is not None and ticket.valid_to <= now:
                    self._drop(name)

    def _drop_ownerless(self) -> None:
        names = set(self._files.names(self._region))
        for name in names:
            for ending in (_MATERIAL, _USAGE, _GRANTS):
                if name.endswith(ending) and name.removesuffix(ending) + _RECORD not in names:
                    self._drop(name)

    def _get(self, name: str, parse: Callable[[bytes], _T]) -> _T | None:
        path = f"{self._region}/{name}"
        # The stamp is taken first: if the file changes before it is read, the next look finds another stamp.
        stamp = self._files.stamp(path)
        known = self._parsed.get(path)
        if known is not None and known[0] == stamp:
            return known[1]  # type: ignore[return-value]  # one name is parsed by one function
        content = None if stamp is None else self._files.read(path)
        if content is None:
            self._parsed.pop(path, None)
            return None
        try:
            value = parse(content)
        except (ValueError, RecursionError) as error:
            why = f"{error}; restore it, or move it away" if not isinstance(error, UnicodeError) else "it is not UTF-8"
            raise damaged(self._files.describe(path), why) from None
        self._parsed[path] = (stamp, value)
        return value

    def _put(self, name: str, content: bytes) -> None:
        self._files.write(f"{self._region}/{name}", content)

    def _drop(self, name: str) -> None:
        self._files.remove(f"{self._region}/{name}")
        self._parsed.pop(f"{self._region}/{name}", None)


def _aliases_from_json(content: bytes) -> Mapping[str, Alias]:
    entries = json.loads(content)
    if not isinstance(entries, dict):
        raise ValueError("it is no JSON object")  # noqa: TRY004 - the file is wrong, not a call
    return {name: Alias.from_object(entry) for name, entry in entries.items()}


def _grants_from_json(content: bytes) -> list[Grant]:
    entries = json.loads(content)
    if not isinstance(entries, list):
        raise ValueError("it is no JSON array")  # noqa: TRY004 - the file is wrong, not a call
    return [Grant.from_object(entry) for entry in entries]
