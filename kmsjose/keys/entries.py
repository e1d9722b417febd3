"""The entries of a JWK Set, COSE_KeySet or DID document: each becomes keys, or is skipped with its reason."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..algorithms import by_name
from ..errors import InputError
from .public_key import PublicKey


@dataclass(frozen=True, slots=True)
class Skipped:
    """A key of a JWK Set, COSE_KeySet or DID document that was not understood.

    Attributes:
        index: Its place in the set, from 0; that of a reference which leads nowhere is behind the methods.
        kid: Its kid, if it has one.
        reason: Why it was skipped.
    """

    index: int
    kid: str | None
    reason: str


#: Makes the keys of one entry, for the algorithms that an RSA key without its own may verify.
Read = Callable[[Mapping[Any, Any], Iterable[str]], tuple[PublicKey, ...]]
#: Says the kid of one entry.
KidOf = Callable[[Mapping[Any, Any]], str | None]


def read_each(
    entries: Iterable[object], algorithms: Iterable[str], read: Read, kid_of: KidOf
) -> tuple[list[PublicKey], list[Skipped]]:
    """The keys of a set's entries, and those that were not understood."""
    names = tuple(by_name(name).name for name in algorithms)
    keys: list[PublicKey] = []
    skipped: list[Skipped] = []
    for index, entry in enumerate(entries):
        found, reason = _read_one(entry, names, read)
        keys += found
        if reason is not None:
            skipped.append(Skipped(index, kid_of(entry) if isinstance(entry, Mapping) else None, reason))
    return keys, skipped


def _read_one(entry: object, algorithms: tuple[str, ...], read: Read) -> tuple[tuple[PublicKey, ...], str | None]:
    if not isinstance(entry, Mapping):
        return (), "it is not a JSON object or CBOR map"
    try:
        keys = read(entry, algorithms)
    except InputError as error:
        if error.code == "key-private":
            raise
        return (), error.message
    return keys, None if keys else "the RSA key names no alg, and none was given"


def kid_of_jwk(entry: Mapping[Any, Any]) -> str | None:
    """The kid of a JWK, or None if it has none that is text."""
    kid = entry.get("kid")
    return kid if isinstance(kid, str) else None
