"""What aliases remember of the kids of a rotation, out of reach of whoever may write tags alone.

A kid may have characters that an alias can't have, and be longer than one. So an alias names it by its digest.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final

from ...errors import KMSError

#: Below ``alias/NAME/``: the kid of a key when it joined; a key that is revoked; a kid whose key could not be marked.
_RECORD: Final = re.compile(r"key/(kid|revoked|gone)/([A-Za-z0-9_-]{32})", re.ASCII)
_MARK: Final = re.compile(r"alias/.+/key/revoked/[A-Za-z0-9_-]{32}", re.ASCII)
_DIGEST_BYTES: Final = 24


def digest(kid: str) -> str:
    """A kid as an alias names it: 192 bits of its SHA-256.

    >>> len(digest("2026"))
    32
    """
    return urlsafe_b64encode(sha256(kid.encode(errors="surrogatepass")).digest()[:_DIGEST_BYTES]).decode()


def kid_alias(name: str, of: str) -> str:
    """The alias that records the kid of a key, whose alias it is.

    Args:
        name: Of the rotation.
        of: The kid's digest.
    """
    return f"alias/{name}/key/kid/{of}"


def revoked_alias(name: str, of: str) -> str:
    """The alias that says that a key is revoked, whose alias it is.

    Args:
        name: Of the rotation.
        of: The kid's digest.
    """
    return f"alias/{name}/key/revoked/{of}"


def gone_alias(name: str, of: str) -> str:
    """The alias that says that a kid is revoked whose key can have no new alias; it is that of any key.

    Args:
        name: Of the rotation.
        of: The kid's digest.
    """
    return f"alias/{name}/key/gone/{of}"


@dataclass(frozen=True, slots=True)
class Mark:
    """An alias that says that a kid is revoked.

    Attributes:
        key_id: The key that had it; None where the alias is that of another key.
        made: When it was revoked.
    """

    key_id: str | None
    made: datetime | None


@dataclass(frozen=True, slots=True)
class Records:
    """What the aliases of a rotation remember.

    Attributes:
        kids: The ids of keys, by the digest of the kid that each had when it joined.
        revoked: The marks of kids that are revoked, by their digest.
    """

    kids: Mapping[str, str]
    revoked: Mapping[str, Mark]

    def of_key(self, key_id: str) -> str | None:
        """The digest of the kid that a key had when it joined, where it is recorded."""
        return next((of for of, key in self.kids.items() if key == key_id), None)

    def kid_digest(self, key_id: str, kid: str | None) -> str | None:
        """The digest of the kid that a key had when it joined, else of the one that its tag tells."""
        return self.of_key(key_id) or (digest(kid) if kid is not None else None)

    def check_kid(self, key_id: str, kid: str) -> None:
        """Refuse a kid that is not the one that a key had when it joined, or that another key had.

        Raises:
            KMSError: ``rotation-damaged``.
        """
        of = digest(kid)
        recorded, owner = self.of_key(key_id), self.kids.get(of, key_id)
        if recorded not in (None, of):
            raise KMSError("rotation-damaged", f"the kid of {key_id} was changed, to {kid[:64]!r}")
        if owner != key_id:
            raise KMSError("rotation-damaged", f"the key {key_id} has the kid {kid[:64]!r}, which is that of {owner}")

    def mark_of(self, key_id: str) -> Mark | None:
        """The mark of a key that is revoked."""
        return next((mark for mark in self.revoked.values() if mark.key_id == key_id), None)


def is_mark(alias: str) -> bool:
    """Whether an alias says that its key is revoked, of whichever rotation it is.

    >>> is_mark(revoked_alias("issuer", digest("2026"))), is_mark(kid_alias("issuer", digest("2026")))
    (True, False)
    """
    return _MARK.fullmatch(alias) is not None


def is_record(rest: str) -> bool:
    """Whether what stands behind ``alias/NAME/`` is a record."""
    return _RECORD.fullmatch(rest) is not None


def records_of(entries: Iterable[tuple[str, str, datetime | None]]) -> Records:
    """The records among aliases.

    Args:
        entries: What stands behind ``alias/NAME/``, the id of the key, and when the alias was made.
    """
    kids: dict[str, str] = {}
    revoked: dict[str, Mark] = {}
    for rest, key_id, made in entries:
        if found := _RECORD.fullmatch(rest):
            kind, of = found.groups()
            if kind == "kid":
                kids[of] = key_id
            elif kind == "revoked" or of not in revoked:
                revoked[of] = Mark(key_id if kind == "revoked" else None, made)
    return Records(kids, revoked)
