"""What is odd about a COSE message, by the library's own rules where it has them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from ..algorithms import BY_COSE, COSE_HASHES
from ..cbor import CBORMap
from ..cbor_heads import ARRAY, BYTES
from ..cose.cwt import CWT_TAG
from ..cose.cwt_claims import NAMES, check_claims, claims_of, repeated_claims
from ..cose.header import Header, check_bucket, check_buckets, check_crit, parse_header, read_protected
from ..cose.labels import PARAMETERS, Bucket, Label
from ..cose.message import (
    MAX_MESSAGE_SIZE,
    MAX_SIGNATURES,
    SIGN_TAG,
    read_message,
    read_sign1,
    signatures_of,
)
from ..errors import VerificationError
from . import oddities
from .cbor_item import Item, plain_map, sized
from .cose_shapes import HASHES
from .lenient_cbor import Budget

#: What the library processes in one call or another, and so may be critical.
_UNDERSTOOD: Final = frozenset(
    {Label.TYP, Label.CWT_CLAIMS, Label.PAYLOAD_HASH_ALG, Label.PREIMAGE_CONTENT_TYPE, Label.PAYLOAD_LOCATION}
)
#: For a payload that holds no claims, of which the size may be any.
_NO_MAP: Final = b"\x80"


def of_form(budget: Budget) -> list[str]:
    """What is odd about how the CBOR is written."""
    return [f"form: {note}" for note in budget.notes]


def of_message(data: bytes, root: Item, tags: Sequence[int], *, several: bool) -> list[str]:
    """What the strict reader says of a message.

    Args:
        data: The message.
        root: It, as it was read.
        tags: Those before it.
        several: Whether it is a COSE_Sign.
    """
    if not root.whole:
        # It may be without end, and what is amiss is told already.
        return []
    if tags[:1] == [CWT_TAG]:
        data = data[root.items[0].start :]
        if len(tags) == 1:
            return ["form: the CWT tag stands before a message that has no tag of its own (RFC 8392 section 6)"]
    return _refusal("message", lambda: _read_several(data) if several else read_sign1(data, MAX_MESSAGE_SIZE))


def _read_several(data: bytes) -> None:
    signatures_of(read_message(data, (SIGN_TAG,), MAX_MESSAGE_SIZE)[1])


def of_body(protected: Item, unprotected: Item) -> list[str]:
    """What is odd about the headers of a COSE_Sign's body."""
    outer = plain_map(unprotected)

    def check() -> None:
        inner = read_protected(bytes(protected.content))
        check_bucket(inner, Bucket.PROTECTED)
        check_crit(inner, _UNDERSTOOD)
        check_buckets(inner, outer)

    odd = _refusal("header", check)
    if Label.ALG in parameters(protected).keys() | outer.keys():
        odd.append("alg: it stands in the body, where it says nothing: each signature has its own")
    return odd + of_countersignatures(unprotected)


def of_signature(protected: Item, unprotected: Item, signature: Item, prefix: str = "") -> list[str]:
    """What is odd about a signature, its headers and their countersignatures."""
    inner, outer = parameters(protected), plain_map(unprotected)
    header = {**outer, **inner}
    odd = _refusal("header", lambda: _header(protected, outer))
    if Label.ALG in outer and Label.ALG not in inner and not any("alg is unprotected" in note for note in odd):
        odd.append("alg: it is unprotected, where anyone can change it")
    odd += oddities.of_brought(parameter.name for label, parameter in PARAMETERS.items() if label in header)
    if Label.KID not in header:
        odd.append(oddities.NO_KID)
    if signature.major == BYTES:
        alg = header.get(Label.ALG)
        odd += oddities.of_signature(BY_COSE.get(alg) if isinstance(alg, int) else None, bytes(signature.content))
    return [prefix + note for note in odd] + of_countersignatures(unprotected, prefix)


def of_countersignatures(unprotected: Item, prefix: str = "") -> list[str]:
    """What is odd about the full countersignatures in an unprotected header."""
    odd: list[str] = []
    for label, value in unprotected.pairs():
        if label.label == Label.COUNTERSIGNATURE and value.major == ARRAY:
            several = bool(value.items) and value.items[0].major == ARRAY
            odd += of_signatures(value.items if several else [value], f"{prefix}countersignature")
    return odd


def of_signatures(entries: Sequence[Item], name: str) -> list[str]:
    """What is odd about the signatures of a message, or its countersignatures."""
    odd: list[str] = []
    for number, entry in enumerate(entries[:MAX_SIGNATURES], 1):
        own = f"{name} {number}"
        if entry.major == ARRAY and len(entry.items) == 3:
            protected, unprotected, signature = entry.items
            odd += of_signature(protected, unprotected, signature, f"{own}: ")
        else:
            odd.append(f"{own}: it is not an array of three")
    return odd


def of_digest(payload: Item, hash_alg: object) -> list[str]:
    """What is odd about the payload of a hash envelope."""
    if not isinstance(hash_alg, int) or hash_alg not in HASHES:
        return ["payload hash alg: it is not one that is known here"]
    size = COSE_HASHES[hash_alg].digest_size
    if payload.major == BYTES and len(payload.content) != size:
        return [f"payload: it has {sized(len(payload.content))}, and a digest by {HASHES[hash_alg]} has {size}"]
    return []


def of_claims(claims: Item, now: float) -> list[str]:
    """What is odd about a claims set."""
    named: CBORMap = {NAMES.get(label, label): value for label, value in plain_map(claims).items()}
    return oddities.of_claims(named, now, check_claims)


def of_token(payload: Item, protected: Item, unprotected: Item, now: float) -> list[str]:
    """What the strict reader says of the claims in a payload, and of those in its header."""
    if payload.inner is not None and not payload.inner.whole:
        return []
    outer = plain_map(unprotected)
    own: CBORMap = {}

    def check() -> None:
        claims = claims_of(bytes(payload.content) if payload.inner is not None else _NO_MAP)
        try:
            header = _header(protected, outer)
        except VerificationError:
            # Which is told where headers are looked at.
            return
        own.update(repeated_claims(header, claims))
        for name in claims:
            own.pop(name, None)

    return _refusal("claims", check) + [f"CWT Claims: {note}" for note in oddities.of_times(own, now)]


def parameters(protected: Item) -> CBORMap:
    """The parameters of a protected bucket, as far as they can be read."""
    return {} if protected.inner is None else plain_map(protected.inner)


def _header(protected: Item, outer: CBORMap) -> Header:
    return parse_header(bytes(protected.content), outer, _UNDERSTOOD)


def _refusal(name: str, check: Callable[[], object]) -> list[str]:
    try:
        check()
    except VerificationError as error:
        return [f"{name}: {error.message}; {error.hint}"]
    return []
