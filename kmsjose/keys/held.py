"""Keys that were fetched, and for how long they may be used."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from ..errors import FetchError
from .key_set import KeySet
from .moment import Moment

#: The statuses that say that there are no keys (RFC 9110 sections 15.5.5 and 15.5.11).
_GONE: Final = frozenset({404, 410})


@dataclass(frozen=True, slots=True)
class Held:
    """Keys that were fetched.

    Attributes:
        keys: At least one.
        etag: The entity tag of the JWK Set.
        since: When they were asked for.
        age: Seconds for which they are fresh.
        stale: Seconds for which they may be used after that, for want of others (RFC 5861 section 4).
    """

    keys: KeySet
    etag: str | None
    since: Moment
    age: float
    stale: float

    def is_of(self, other: Held | None) -> bool:
        """Whether both came of one fetch."""
        return other is not None and self.since == other.since

    def is_fresh(self, moment: Moment) -> bool:
        """Whether no others need be fetched."""
        return self.since.until(moment) < self.age

    def is_usable(self, moment: Moment) -> bool:
        """Whether they may be used if no others can be had."""
        return self.since.until(moment) < self.age + self.stale

    def after(self, error: FetchError) -> tuple[Held | None, str]:
        """What is left of them after a fetch that failed, and that in words: the answer may say something of them."""
        if error.code == "key-private":
            return None, "dropped"
        if error.code == "no-keys" or error.status in _GONE:
            return replace(self, stale=0), "used for as long as they are fresh"
        return self, "kept"
