"""The verdict on one signature of several, which an error in it ends without touching the others."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from ..algorithms import Algorithm
from ..cbor import CBORMap
from ..errors import VerificationError
from ..keys import KeyFinder, PublicKey
from ..keys.key_set import trusted_key
from ..payload import Payload
from .header import check_content, copied, parse_header
from .message import Entry


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one signature or countersignature of a message.

    Attributes:
        kid: The kid that its header names, as text.
        protected: Its protected parameters, or None if its header was refused.
        unprotected: Its unprotected parameters, or None if its header was refused.
        key: The key that verified it, or None.
        error: The code of what is wrong with it, or None if it is good.
    """

    kid: str | None
    protected: CBORMap | None
    unprotected: CBORMap | None
    key: PublicKey | None
    error: str | None

    def __repr__(self) -> str:
        return f"<Verdict {self.error or 'good'} on {self.kid!r}>"


def judge(
    entry: Entry,
    keys: KeyFinder | PublicKey,
    signed: Callable[[bytes], Payload],
    allowed: Collection[Algorithm] | None,
    understood: frozenset[int | str],
) -> Verdict:
    """Verify one signature.

    Args:
        entry: The signature as received.
        keys: What is trusted.
        signed: What was signed, by the content of the signature's protected byte string.
        allowed: Accept these alone.
        understood: Labels of critical parameters that the caller processes.

    Raises:
        InputError: ``payload-invalid``.
    """
    try:
        header = parse_header(entry.protected, entry.unprotected, understood)
        check_content(header.protected, understood)
    except VerificationError as error:
        return Verdict(None, None, None, None, error.code)
    protected = copied(header.protected)
    try:
        key = trusted_key(keys, header.kid, header.algorithm, allowed)
        key.verify_payload(signed(entry.protected), entry.signature)
    except VerificationError as error:
        return Verdict(header.kid, protected, header.unprotected, None, error.code)
    return Verdict(header.kid, protected, header.unprotected, key, None)
