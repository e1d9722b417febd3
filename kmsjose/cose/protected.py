"""The headers that we write, held to the rules that a verifier applies (RFC 9052 section 3)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from typing import Final

from ..algorithms import COSE_SHA256
from ..arguments import checked
from ..cbor import CBOR, CBORMap, cbor_map, dumps
from ..errors import InputError, VerificationError
from ..keys.kids import kid_of_text
from ..keys.public_key import PublicKey
from .header import MAX_HEADER_SIZE, check_bucket, check_buckets, check_crit, labels_of
from .labels import Bucket, Label

#: Header parameters as a caller gives them.
Parameters = Mapping[Label, object] | Mapping[int, object] | Mapping[str, object] | Mapping[int | str, object]

_LABELS: Final = (int, str, Label)
_VALUES: Final = (int, str, bytes)


def with_ours(parameters: Parameters | None, ours: Mapping[Label, object]) -> dict[int | str, object]:
    """A caller's parameters, and those that a call of its own sets.

    Raises:
        InputError: ``header-invalid``: the caller sets one of those, or gives no mapping.
    """
    if parameters is not None and not isinstance(parameters, Mapping):
        raise InputError("header-invalid", "header parameters are a mapping")
    result: dict[int | str, object] = dict((parameters or {}).items())
    if any(label in result for label in ours):
        raise InputError("header-invalid", "a parameter is given that an argument of the call sets")
    result.update(ours.items())
    return result


def headers(
    public_key: PublicKey, protected: Parameters | None, unprotected: Parameters | None, *, fully_specified: bool
) -> tuple[bytes, bytes]:
    """The protected and unprotected header of a key's signature, encoded: alg, kid, what the caller adds.

    The chain that `with_chain` gave the key is added as x5chain. One that the caller adds, protected or not, stands for
    it; a protected None leaves it out.

    Raises:
        InputError: ``header-invalid``, ``cbor-invalid``.
    """
    if unprotected:
        return _headers(public_key, protected, unprotected, fully_specified)
    added = tuple(protected.items()) if isinstance(protected, dict) else ()
    # Of these types alone, since what is kept is found again by what equals it: 1.0 is 1 then, and so is True.
    if (not protected or added) and all(type(a) in _LABELS and type(b) in _VALUES for a, b in added):
        return _kept(public_key, added, fully_specified), EMPTY
    return _headers(public_key, protected, None, fully_specified)


#: A map without entries.
EMPTY = dumps({})


@lru_cache(maxsize=256)
def _kept(public_key: PublicKey, added: tuple[tuple[int | str, object], ...], fully_specified: bool) -> bytes:
    return _headers(public_key, dict(added), None, fully_specified)[0]


def _headers(
    public_key: PublicKey, protected: Parameters | None, unprotected: Parameters | None, fully_specified: bool
) -> tuple[bytes, bytes]:
    row = public_key.algorithm
    number = row.cose_fully_specified if fully_specified else None
    ours: CBORMap = {Label.ALG: row.cose if number is None else number, Label.KID: kid_of_text(public_key.kid)}
    inner, outer = _given(protected, ours), _given(unprotected, ours)
    placed = Label.X5CHAIN in outer or (protected is not None and Label.X5CHAIN in protected)
    if public_key.chained and not placed:
        ours[Label.X5CHAIN] = _x5chain(public_key.x5c)
    return _encoded({**ours, **inner}, outer)


def body_headers(protected: Parameters | None, unprotected: Parameters | None) -> tuple[bytes, bytes]:
    """The headers of the body of a message with several signatures, which have no alg; the protected one may be empty.

    Raises:
        InputError: ``header-invalid``, ``cbor-invalid``.
    """
    ours: CBORMap = {Label.ALG: None, Label.KID: None}
    encoded, outer = _encoded(_given(protected, ours), _given(unprotected, ours))
    return (b"" if encoded == EMPTY else encoded), outer


def _given(parameters: Parameters | None, ours: CBORMap) -> CBORMap:
    """What the caller adds, as a verifier will read it."""
    if not parameters:
        return {}
    if not isinstance(parameters, Mapping):
        raise InputError("header-invalid", "header parameters are a mapping")
    try:
        read = cbor_map(dumps({label: value for label, value in parameters.items() if value is not None}))
    except VerificationError as error:
        raise InputError("header-invalid", error.message) from error
    if not ours.keys().isdisjoint(read):
        raise InputError("header-invalid", "the call itself sets alg and kid")
    for label in (Label.X5BAG, Label.X5CHAIN):
        value = read.get(label)
        # An array has at least two (RFC 9360 section 2).
        if isinstance(value, list) and len(value) == 1 and isinstance(value[0], bytes):
            read[label] = value[0]
    return read


def _encoded(protected: CBORMap, unprotected: CBORMap) -> tuple[bytes, bytes]:
    try:
        check_bucket(protected, Bucket.PROTECTED)
        # What the caller makes critical it also processes: only that it is there is checked.
        check_crit(protected, labels_of(protected.get(Label.CRIT)))
        check_buckets(protected, unprotected)
    except VerificationError as error:
        raise InputError("header-invalid", error.message) from error
    encoded = dumps(protected)
    if len(encoded) > MAX_HEADER_SIZE:
        raise InputError("header-invalid", f"the protected header is over {MAX_HEADER_SIZE} bytes")
    return encoded, dumps(unprotected)


@checked
def certificate_header(public_key: PublicKey) -> dict[int, CBOR]:
    """The x5chain and x5t parameters of a key that has a certificate chain (RFC 9360 section 2).

    `with_chain` puts the x5chain into every protected header. Add these for an x5t too, or to have them unprotected.

    Raises:
        InputError: ``header-invalid``: the key has no chain.
    """
    if not public_key.x5c:
        raise InputError("header-invalid", "the key has no certificate chain")
    return {
        Label.X5CHAIN: _x5chain(public_key.x5c),
        Label.X5T: [COSE_SHA256, sha256(public_key.x5c[0]).digest()],
    }


def _x5chain(chain: tuple[bytes, ...]) -> CBOR:
    # One certificate is a byte string; an array has at least two.
    return chain[0] if len(chain) == 1 else list(chain)
