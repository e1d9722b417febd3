"""How long each thing takes that a rotation waits for, unless it is told otherwise."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from ...errors import InputError

#: How long verifiers keep the JWK Set: a key is in it for this long before it signs.
CACHE_TIME: Final = timedelta(hours=1)
#: The longest life of a token.
TOKEN_LIFETIME: Final = timedelta(days=1)
#: How long after a promotion a signer may still use the old key: more than what `kms.follow` allows.
HANDOVER: Final = timedelta(hours=1)
#: How long a key stays disabled before its deletion is scheduled.
WATCH: Final = timedelta(days=7)


#: Longer waits are mistakes.
_LONGEST: Final = timedelta(days=3660)


def check_spans(*spans: timedelta) -> None:
    """Refuse a time to wait that is negative, or more than ten years.

    Raises:
        InputError: ``usage``.
    """
    if min(spans) < timedelta(0) or max(spans) > _LONGEST:
        raise InputError("usage", "a rotation waits for nothing that is negative or longer than ten years")
