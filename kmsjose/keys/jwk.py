"""JWK in and out (RFC 7517, RFC 7518 section 6, RFC 8037, RFC 8812, RFC 9964) and its thumbprint (RFC 7638)."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Collection, Iterable, Mapping
from hashlib import sha256
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from ..algorithms import BY_NAME, TABLE, Algorithm, Material, by_name
from ..encoding import JSONObject, b64_certificates, b64url_decode, b64url_encode, json_dumps, json_object
from ..errors import InputError, VerificationError
from .extensions import BAD_FORM
from .key_checks import check_rsa_size
from .kids import json_kid
from .pss import rows_of_certificate
from .public_key import PublicKey
from .unreadable import UNREADABLE

#: Members that only a private or symmetric JWK has (RFC 7518 sections 6.2.2, 6.3.2, 6.4.1; RFC 9964 section 3).
PRIVATE_MEMBERS: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"})
_STRING_MEMBERS: Final = ("kty", "crv", "x", "y", "n", "e", "pub", "alg", "use", "kid")


def read_jwk(jwk: Mapping[str, object] | str | bytes, what: str = "a JWK or JWK Set") -> Mapping[str, object]:
    """A JWK, or `what` else is JSON, as a mapping; from strict JSON where it is text.

    Raises:
        InputError: ``key-invalid``.
    """
    if isinstance(jwk, Mapping):
        return jwk
    try:
        return json_object(jwk.encode() if isinstance(jwk, str) else jwk)
    except VerificationError as error:
        raise InputError("key-invalid", f"not {what}: {error.message}") from error
    except (UnicodeError, AttributeError, TypeError):
        raise InputError("key-invalid", f"not {what}: neither a mapping nor JSON text") from None


def accepted_uses(uses: str | Collection[str]) -> frozenset[str]:
    """What the ``use`` of a JWK may be: ``sig``, and what a caller names besides (RFC 7517 section 4.2).

    Raises:
        InputError: ``usage``: not text, or ``enc``, which is for keys that verify nothing.
    """
    named = (uses,) if isinstance(uses, str) else uses
    if not isinstance(named, Collection) or not all(isinstance(use, str) and use != "enc" for use in named):
        raise InputError("usage", "uses are values of a JWK's use member, but not enc: uses=('jwt-svid',)")
    return frozenset(("sig", *named))


def one_from_jwk(
    jwk: Mapping[str, object] | str | bytes, alg: str | None, uses: str | Collection[str] = ()
) -> PublicKey:
    """The one public key of a JWK; see `PublicKey.from_jwk`."""
    accepted = accepted_uses(uses)
    members = read_jwk(jwk)
    keys = all_from_jwk(members, () if alg is None else (alg,), accepted)
    if not keys and alg is None:
        raise InputError("alg-required", "the RSA JWK names no alg")
    if alg is not None and (not keys or keys[0].algorithm is not by_name(alg)):
        raise InputError("alg-unsupported-by-key", f"the JWK is not a key of {by_name(alg).name}")
    return keys[0]


def all_from_jwk(
    jwk: Mapping[str, object], algorithms: Iterable[str], uses: Collection[str] = ("sig",)
) -> tuple[PublicKey, ...]:
    """The public keys of a JWK: one, or of an RSA JWK without ``alg`` one for each of `algorithms` that is RSA's.

    Args:
        jwk: The JWK.
        algorithms: JOSE names.
        uses: What its ``use`` may be, if it has one.

    Raises:
        InputError: ``key-private``, ``key-invalid``, ``alg-unknown`` for a name in `algorithms`.
    """
    if private := sorted(PRIVATE_MEMBERS & jwk.keys()):
        raise InputError("key-private", f"the JWK has the private member {private[0]!r}")
    for name in _STRING_MEMBERS:
        if name in jwk and not isinstance(jwk[name], str):
            raise InputError("key-invalid", f"the JWK's {name} is not a string")
    _check_use(jwk, uses)
    rows = _rows(jwk, algorithms)
    material = _material(jwk, rows[0]) if rows else None
    kid = str(jwk.get("kid", ""))
    x5c = _x5c(jwk, material)
    return tuple(PublicKey.of(material, row.name, kid, x5c) for row in _certified(rows, x5c))


def _check_use(jwk: Mapping[str, object], uses: Collection[str]) -> None:
    if jwk.get("use", "sig") not in uses:
        raise InputError("key-invalid", f"the JWK's use is {jwk['use']!r:.40}, not {' or '.join(sorted(uses))}")
    operations = jwk.get("key_ops", ["verify"])
    if not isinstance(operations, list) or "verify" not in operations:
        raise InputError("key-invalid", "the JWK's key_ops do not allow verify")


def _rows(jwk: Mapping[str, object], algorithms: Iterable[str]) -> tuple[Algorithm, ...]:
    kty, crv = jwk.get("kty"), jwk.get("crv")
    fitting = tuple(row for row in TABLE if row.kty == kty and (row.crv is None or row.crv == crv))
    if not fitting:
        raise InputError("key-invalid", "the JWK's kty or crv is not one that is known here")
    if "alg" in jwk:
        named = BY_NAME.get(str(jwk["alg"]))
        if named not in fitting:
            raise InputError("key-invalid", "the JWK's alg does not belong to its kty and crv, or is unknown")
        return (named,)
    if fitting[0].kty == "AKP":
        raise InputError("key-invalid", "an AKP JWK must have an alg (RFC 9964 section 3)")
    wanted = [by_name(name) for name in algorithms]
    return fitting if len(fitting) == 1 else tuple(row for row in fitting if row in wanted)


def _material(jwk: Mapping[str, object], row: Algorithm) -> object:
    try:
        if row.kty == "AKP":
            return row.public_key_type.from_public_bytes(_member(jwk, "pub", row))  # type: ignore[union-attr]  # AKP rows have it
        required = {name: _member(jwk, name, row) for name in _REQUIRED[row.kty]}
        if "n" in required:
            # Before joserfc is asked, which would warn whoever runs the program.
            check_rsa_size(int.from_bytes(required["n"]).bit_length())
        return _imported({name: jwk[name] for name in ("kty", "crv", *_REQUIRED[row.kty]) if name in jwk})
    except (*UNREADABLE, KeyError, AttributeError) as error:
        raise InputError("key-invalid", f"the JWK is not a public key of {row.name}") from error


def _imported(members: dict[str, object]) -> object:
    # Here, since those who read COSE_Keys have no use for JOSE.
    from joserfc.errors import JoseError
    from joserfc.jwk import import_key

    try:
        return import_key(members).raw_value  # type: ignore[arg-type]  # checked to be strings
    except JoseError as error:
        raise ValueError(str(error)) from error


_REQUIRED: Final = {"EC": ("x", "y"), "OKP": ("x",), "RSA": ("n", "e")}


def _member(jwk: Mapping[str, object], name: str, row: Algorithm) -> bytes:
    try:
        data = b64url_decode(str(jwk[name]).encode())
    except KeyError:
        raise InputError("key-invalid", f"the JWK has no {name}") from None
    except (VerificationError, UnicodeError) as error:
        raise InputError("key-invalid", f"the JWK's {name} is not base64url") from error
    if row.coordinate_size and len(data) != row.coordinate_size:
        raise InputError(
            "key-invalid", f"the JWK's {name} must have {row.coordinate_size} bytes (RFC 7518 section 6.2.1.2)"
        )
    return data


def _x5c(jwk: Mapping[str, object], material: object) -> tuple[bytes, ...]:
    chain = jwk.get("x5c")
    # A list of none certifies nothing, and so nothing else.
    if chain is None or chain == [] or material is None:
        return ()
    try:
        if not isinstance(chain, list):
            raise TypeError
        certificates = tuple(b64decode(str(item), validate=True) for item in chain)
        leaf, *_ = [x509.load_der_x509_certificate(certificate).public_key() for certificate in certificates]
    except BAD_FORM as error:
        raise InputError("key-invalid", "the JWK's x5c is not a list of base64 certificates") from error
    if _spki(leaf) != _spki(material):
        raise InputError("key-invalid", "the JWK's x5c certifies another key (RFC 7517 section 4.7)")
    return certificates


def _certified(rows: tuple[Algorithm, ...], x5c: tuple[bytes, ...]) -> tuple[Algorithm, ...]:
    """The rows that the certificate of a key leaves it, which may be one that is restricted to PSS."""
    allowed = rows_of_certificate(x509.load_der_x509_certificate(x5c[0])) if x5c else None
    if allowed is None:
        return rows
    if not (left := tuple(row for row in rows if row in allowed)):
        raise InputError("key-invalid", f"the JWK's x5c restricts its key to PSS, not {rows[0].name} (RFC 4055)")
    return left


def _spki(key: Any) -> bytes:
    der: bytes = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return der


def to_jwk(key: PublicKey, *, fully_specified: bool, bare: bool) -> JSONObject:
    """The JWK of a public key; see `PublicKey.to_jwk`."""
    row = key.algorithm
    if bare:
        return _required(key.material, row)
    alg = row.fully_specified if fully_specified and row.fully_specified else row.name
    jwk: JSONObject = {**_required(key.material, row), "kid": json_kid(key.kid), "use": "sig", "alg": alg}
    if key.x5c:
        jwk["x5c"] = b64_certificates(key.x5c)
    return jwk


def thumbprint(material: Material, row: Algorithm) -> str:
    """The SHA-256 thumbprint: of the required members alone, sorted, without spaces (RFC 7638 section 3)."""
    members = _required(material, row)
    ordered = json_dumps({name: members[name] for name in sorted(members)})
    return b64url_encode(sha256(ordered).digest()).decode()


def _required(material: Material, row: Algorithm) -> JSONObject:
    # Only these three kinds of material show their numbers; the rest have one raw form.
    if isinstance(material, ec.EllipticCurvePublicKey):
        point = material.public_numbers()
        return {
            "kty": row.kty,
            "crv": row.crv,
            "x": _uint(point.x, row.coordinate_size),
            "y": _uint(point.y, row.coordinate_size),
        }
    if isinstance(material, rsa.RSAPublicKey):
        numbers = material.public_numbers()
        return {"kty": row.kty, "n": _uint(numbers.n), "e": _uint(numbers.e)}
    raw = b64url_encode(material.public_bytes_raw()).decode()
    if row.crv is None:
        return {"kty": row.kty, "alg": row.name, "pub": raw}
    return {"kty": row.kty, "crv": row.crv, "x": raw}


def _uint(value: int, size: int | None = None) -> str:
    return b64url_encode(value.to_bytes(size or (value.bit_length() + 7) // 8)).decode()
