"""What a folder remembers of revoked keys: for as long as the folder lives, whatever becomes of the key in KMS."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ..encoding import JSONObject, json_object
from ..errors import InputError, VerificationError
from ..keys import KeySet, PublicKey
from .folder import Directory, read_file
from .tree import REVOKED


@dataclass(frozen=True, slots=True, order=True)
class RevokedKey:
    """A key that is never published again.

    Attributes:
        kid: Its kid.
        thumbprint: Of its public key (RFC 7638), so that it does not come back under another kid.
    """

    kid: str
    thumbprint: str

    def is_of(self, key: PublicKey) -> bool:
        """Whether a key has its kid, or is the same key."""
        return self.kid == key.kid or self.thumbprint == key.thumbprint()


def revoked_keys(directory: Directory) -> frozenset[RevokedKey]:
    """The keys that a folder remembers as revoked.

    Raises:
        InputError: ``file-unreadable``; ``json-invalid``: the file is damaged.
    """
    data = read_file(directory, REVOKED)
    if data is None:
        return frozenset()
    try:
        entries = json_object(data).get("revoked")
    except VerificationError as error:
        raise InputError("json-invalid", f"{Path(directory, REVOKED)}: {error.message}") from error
    if not isinstance(entries, list):
        raise InputError("json-invalid", f"{Path(directory, REVOKED)} has no list of revoked keys")
    return frozenset(_read(entry, directory) for entry in entries)


def revoked_file(revoked: Iterable[RevokedKey]) -> dict[str, bytes]:
    """The file by which a folder remembers revoked keys, by its path; none if there are no such keys.

    >>> revoked_file([])
    {}
    """
    entries = [{"kid": key.kid, "thumbprint": key.thumbprint} for key in sorted(revoked)]
    if not entries:
        return {}
    return {REVOKED: f"{json.dumps({'revoked': entries}, indent=2, ensure_ascii=False)}\n".encode()}


def revoked_among(keys: KeySet, revoked: Iterable[RevokedKey]) -> frozenset[RevokedKey]:
    """Those keys that are revoked, each with its own kid and thumbprint.

    Args:
        keys: What is published.
        revoked: What is known.
    """
    known = tuple(revoked)
    return frozenset(of_key(key) for key in keys if any(one.is_of(key) for one in known))


def of_key(key: PublicKey) -> RevokedKey:
    """A key, as a folder remembers it."""
    return RevokedKey(key.kid, key.thumbprint())


def _read(entry: object, directory: Directory) -> RevokedKey:
    members: JSONObject = entry if isinstance(entry, dict) else {}
    kid, thumbprint = members.get("kid"), members.get("thumbprint")
    if not isinstance(kid, str) or not isinstance(thumbprint, str):
        raise InputError("json-invalid", f"{Path(directory, REVOKED)} has an entry without kid and thumbprint")
    return RevokedKey(kid, thumbprint)
