"""COSE_Key in and out, and its thumbprint (RFC 9679).

RFC 9052 section 7, RFC 9053 section 7, RFC 8230 section 4, RFC 8812 section 3.1, RFC 9964.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from ..algorithms import BY_COSE, TABLE, Algorithm, Material, by_name
from ..cbor import CBOR, CBORMap, cbor_map, dumps, loads
from ..errors import InputError, VerificationError
from .kids import kid_of_text, text_of_kid
from .public_key import PublicKey
from .unreadable import UNREADABLE

KTY, KID, ALG, KEY_OPS, BASE_IV = 1, 2, 3, 4, 5
#: The key types that are told apart.
OKP, EC2, RSA, SYMMETRIC, AKP = 1, 2, 3, 4, 7
_VERIFY: Final = 2
_VERIFYING: Final = (_VERIFY, "verify")
_Key = Mapping[Any, CBOR]
_CRV, _X, _Y = -1, -2, -3
_N, _E = -1, -2
_PUB = -1
#: Labels that only a private key has, by key type.
PRIVATE_LABELS: Final[dict[int, frozenset[int]]] = {
    OKP: frozenset({-4}),
    EC2: frozenset({-4}),
    RSA: frozenset(range(-12, -2)),
    SYMMETRIC: frozenset({-1}),
    AKP: frozenset({-2}),
}


def read_cose_key(key: Mapping[Any, object] | bytes) -> CBORMap:
    """A COSE_Key as a map, held to the rules of strict CBOR.

    Raises:
        InputError: ``key-invalid``, ``cbor-invalid``.
    """
    try:
        return cbor_map(dumps(key) if isinstance(key, Mapping) else bytes(memoryview(key)))
    except VerificationError as error:
        raise InputError("key-invalid", f"not a COSE_Key: {error.message}") from error
    except TypeError:
        raise InputError("key-invalid", "not a COSE_Key: neither a mapping nor bytes") from None


def entries_of_keyset(keyset: bytes) -> list[object]:
    """The keys of a COSE_KeySet, unread (RFC 9052 section 7).

    Raises:
        InputError: ``key-invalid``.
    """
    try:
        entries = loads(bytes(memoryview(keyset)))
    except VerificationError as error:
        raise InputError("key-invalid", f"not a COSE_KeySet: {error.message}") from error
    except TypeError as error:
        raise InputError("key-invalid", "not a COSE_KeySet: no bytes") from error
    if not isinstance(entries, list) or not entries:
        raise InputError("key-invalid", "a COSE_KeySet is an array of at least one key")
    return list(entries)


def kid_of_cose_key(key: Mapping[Any, Any]) -> str | None:
    """The kid of a COSE_Key as text, or None."""
    kid = key.get(KID)
    return text_of_kid(kid) if isinstance(kid, bytes) else None


def one_from_cose_key(key: Mapping[Any, object] | bytes, alg: str | None) -> PublicKey:
    """The one public key of a COSE_Key; see `PublicKey.from_cose_key`."""
    keys = all_from_cose_key(read_cose_key(key), () if alg is None else (alg,))
    if not keys and alg is None:
        raise InputError("alg-required", "the RSA COSE_Key names no alg")
    if alg is not None and (not keys or keys[0].algorithm is not by_name(alg)):
        raise InputError("alg-unsupported-by-key", f"the COSE_Key is not a key of {by_name(alg).name}")
    return keys[0]


def all_from_cose_key(key: _Key, algorithms: Iterable[str]) -> tuple[PublicKey, ...]:
    """The public keys of a COSE_Key: one, or of an RSA key without alg one for each of `algorithms` that is RSA's.

    Raises:
        InputError: ``key-private``, ``key-invalid``, ``alg-unknown`` for a name in `algorithms`.
    """
    kty = key.get(KTY)
    of_its_type = PRIVATE_LABELS.get(kty, frozenset()) if isinstance(kty, int) else frozenset()
    if private := of_its_type & key.keys():
        raise InputError("key-private", f"the COSE_Key has the private parameter {max(private)}")
    _check_operations(key.get(KEY_OPS, [_VERIFY]))
    kid = key.get(KID, b"")
    if not isinstance(kid, bytes) or not isinstance(key.get(BASE_IV, b""), bytes):
        raise InputError("key-invalid", "the COSE_Key's kid or Base IV is not a byte string")
    rows = _rows(key, algorithms)
    material = _material(key, rows[0]) if rows else None
    return tuple(PublicKey.of(material, row.name, text_of_kid(kid)) for row in rows)


def _check_operations(operations: CBOR) -> None:
    if not isinstance(operations, list) or not all(type(one) in (int, str) for one in operations):
        raise InputError("key-invalid", "the COSE_Key's key_ops are not an array of numbers and texts")
    if not any(one in _VERIFYING for one in operations):
        raise InputError("key-invalid", "the COSE_Key's key_ops do not allow verify")


def _rows(key: _Key, algorithms: Iterable[str]) -> tuple[Algorithm, ...]:
    kty, crv, alg = key.get(KTY), key.get(_CRV), key.get(ALG)
    fitting = tuple(row for row in TABLE if row.cose_kty == kty and (row.cose_crv is None or row.cose_crv == crv))
    if not fitting or isinstance(kty, (bool, float)) or isinstance(crv, (bool, float)):
        raise InputError("key-invalid", "the COSE_Key's kty or crv is not one that is known here")
    if alg is not None:
        named = BY_COSE.get(alg) if isinstance(alg, int) else None
        if named not in fitting:
            raise InputError("key-invalid", "the COSE_Key's alg does not belong to its kty and crv, or is unknown")
        return (named,)
    if fitting[0].cose_kty == AKP:
        raise InputError("key-invalid", "a COSE_Key of type AKP must have an alg (RFC 9964 section 3)")
    wanted = [by_name(name) for name in algorithms]
    return fitting if len(fitting) == 1 else tuple(row for row in fitting if row in wanted)


def _material(key: _Key, row: Algorithm) -> object:
    try:
        return _BUILD[row.cose_kty](key, row)
    except UNREADABLE as error:
        raise InputError("key-invalid", f"the COSE_Key is not a public key of {row.name}") from error


def _bytes(key: _Key, label: int, size: int = 0) -> bytes:
    value = key.get(label)
    if not isinstance(value, bytes):
        raise InputError("key-invalid", f"the COSE_Key's parameter {label} is not a byte string")
    if size and len(value) != size:
        raise InputError("key-invalid", f"the COSE_Key's parameter {label} must have {size} bytes (RFC 9053 section 7)")
    return value


def _ec2(key: _Key, row: Algorithm) -> object:
    assert row.curve is not None  # noqa: S101 - EC2 rows have one
    x, y = _bytes(key, _X, row.coordinate_size), key.get(_Y)
    if isinstance(y, bool):
        # The sign of a compressed point (RFC 9053 section 7.1.1).
        return ec.EllipticCurvePublicKey.from_encoded_point(row.curve, (b"\x03" if y else b"\x02") + x)
    return ec.EllipticCurvePublicKey.from_encoded_point(row.curve, b"\x04" + x + _bytes(key, _Y, row.coordinate_size))


def _okp(key: _Key, row: Algorithm) -> object:
    return ed25519.Ed25519PublicKey.from_public_bytes(_bytes(key, _X, row.coordinate_size))


def _rsa(key: _Key, _row: Algorithm) -> object:
    # Leading zeros are read, and never written (RFC 8230 section 4).
    n, e = _bytes(key, _N), _bytes(key, _E)
    return rsa.RSAPublicNumbers(int.from_bytes(e), int.from_bytes(n)).public_key()


def _akp(key: _Key, row: Algorithm) -> object:
    return row.public_key_type.from_public_bytes(_bytes(key, _PUB))  # type: ignore[union-attr]  # AKP rows have it


_BUILD: Final[dict[int, Callable[[_Key, Algorithm], object]]] = {EC2: _ec2, OKP: _okp, RSA: _rsa, AKP: _akp}


def to_cose_key(key: PublicKey, *, fully_specified: bool, bare: bool) -> CBORMap:
    """The COSE_Key of a public key; see `PublicKey.to_cose_key`."""
    row = key.algorithm
    if bare:
        return _required(key.material, row)
    alg = row.cose_fully_specified if fully_specified and row.cose_fully_specified else row.cose
    return {**_required(key.material, row), KID: kid_of_text(key.kid), ALG: alg, KEY_OPS: [_VERIFY]}


def cose_thumbprint(key: PublicKey) -> bytes:
    """The SHA-256 COSE Key Thumbprint; see `PublicKey.cose_thumbprint`."""
    return sha256(dumps(_required(key.material, key.algorithm))).digest()


def _required(material: Material, row: Algorithm) -> CBORMap:
    """The parameters that make the key, which are also those of its thumbprint (RFC 9679 section 4)."""
    # Only these two kinds of material show their numbers; the rest have one raw form.
    if isinstance(material, ec.EllipticCurvePublicKey):
        point, size = material.public_numbers(), row.coordinate_size
        return {KTY: row.cose_kty, _CRV: row.cose_crv, _X: point.x.to_bytes(size), _Y: point.y.to_bytes(size)}
    if isinstance(material, rsa.RSAPublicKey):
        numbers = material.public_numbers()
        return {KTY: row.cose_kty, _N: _uint(numbers.n), _E: _uint(numbers.e)}
    raw = material.public_bytes_raw()
    if row.cose_crv is None:
        return {KTY: row.cose_kty, ALG: row.cose, _PUB: raw}
    return {KTY: row.cose_kty, _CRV: row.cose_crv, _X: raw}


def _uint(value: int) -> bytes:
    return value.to_bytes((value.bit_length() + 7) // 8)
