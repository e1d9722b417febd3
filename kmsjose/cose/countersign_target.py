"""What a countersignature covers, and where it stands (RFC 9338 section 3)."""

from __future__ import annotations

from typing import Final

from ..cbor import CBOR, CBORMap
from ..errors import VerificationError
from ..payload import Payload
from .header import check_bucket, check_buckets, read_protected
from .labels import Bucket, Label
from .message import SIGN1_TAG, SIGN_TAG, Message, read_message
from .structures import countersign_structure

#: What stands behind the payload, by the message's tag: a signature, or an array of them.
_LAST: Final[dict[int | None, tuple[type, ...]]] = {SIGN1_TAG: (bytes,), SIGN_TAG: (list,), None: (bytes, list)}


def read_target(message: bytes, max_size: int) -> tuple[int | None, Message]:
    """The tag and the parts of a COSE_Sign1 or COSE_Sign, tagged or not.

    Raises:
        VerificationError: as `read_message`, ``header-overlap``, ``crit-invalid``, ``bad-header``.
    """
    tag, parts = read_message(message, (SIGN1_TAG, SIGN_TAG), max_size)
    if not isinstance(parts.last, _LAST[tag]):
        raise VerificationError("malformed", "the message does not end with its signature or signatures")
    protected = read_protected(parts.protected)
    check_bucket(protected, Bucket.PROTECTED)
    check_buckets(protected, parts.unprotected)
    return tag, parts


def full_ones(unprotected: CBORMap) -> list[CBOR]:
    """The full countersignatures, whose types were checked: one stands by itself, several in an array."""
    value = unprotected.get(Label.COUNTERSIGNATURE)
    if not isinstance(value, list):
        return []
    return [value] if isinstance(value[0], bytes) else value


def covered(parts: Message, own: bytes | None, external_aad: bytes, content: Payload) -> Payload:
    """What is signed: by a full countersignature with its protected header, by an abbreviated one without.

    Raises:
        InputError: ``payload-invalid``.
    """
    others = (parts.last,) if isinstance(parts.last, bytes) else ()
    return countersign_structure(parts.protected, own, external_aad, content, others)
