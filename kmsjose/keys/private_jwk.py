"""Private JWKs (RFC 7518 sections 6.2.2 and 6.3.2, RFC 8037, RFC 9964): each number is checked against the others.

No error here has another one as its cause, for those of a parser may hold what they could not parse.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa, rsa

from ..algorithms import TABLE
from ..encoding import b64url_decode, json_object
from ..errors import InputError, VerificationError
from .jwk import PRIVATE_MEMBERS, all_from_jwk
from .private import PrivateKey, PrivateMaterial
from .public_key import PublicKey
from .unreadable import UNREADABLE

_SEED_SIZE: Final = 32
_CRT: Final = ("p", "q", "dp", "dq", "qi")


def private_from_jwk(jwk: Mapping[str, object] | str | bytes) -> PrivateKey:
    """The private key of a JWK, with its alg and kid.

    Args:
        jwk: A mapping, or JSON in which each member stands once.

    Raises:
        InputError: ``key-invalid``: not a private JWK of a type that is known here, or its members do not agree.

    >>> private_from_jwk({"kty": "OKP", "crv": "Ed25519", "kid": "a",
    ...     "d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})
    PrivateKey(alg=None, kid='a')
    """
    members = jwk if isinstance(jwk, Mapping) else _parsed(jwk)
    _check_kind(members)
    public = _public_half(members)
    material = _made(members, public)
    if material is None or material.public_key() != public.material:
        raise InputError("key-invalid", "the JWK's private and public members are not of one key")
    alg, kid = members.get("alg"), members.get("kid")
    return PrivateKey(material, None if alg is None else str(alg), str(kid) if kid else None)


def _parsed(jwk: str | bytes) -> Mapping[str, object]:
    try:
        return json_object(jwk.encode() if isinstance(jwk, str) else jwk)
    except VerificationError as error:
        told = error.message
    except (UnicodeError, AttributeError, TypeError):
        told = "neither a mapping nor JSON text"
    raise InputError("key-invalid", f"not a JWK: {told}")


def _check_kind(jwk: Mapping[str, object]) -> None:
    if "keys" in jwk:
        raise InputError("key-invalid", "it is a JWK Set: give one JWK")
    if jwk.get("kty") == "oct" or "k" in jwk:
        raise InputError("key-invalid", "the JWK is a symmetric key: only a key pair signs what others verify")
    private = PRIVATE_MEMBERS & jwk.keys()
    if not private:
        raise InputError("key-invalid", "the JWK is a public key: it has no private member")
    if foreign := sorted(private - set(_MEMBERS.get(str(jwk.get("kty")), PRIVATE_MEMBERS))):
        raise InputError(
            "key-invalid", f"the JWK's {foreign[0]} is of another type of key, or of an RSA key of more primes"
        )
    operations = jwk.get("key_ops", ["sign"])
    if not isinstance(operations, list) or "sign" not in operations:
        raise InputError("key-invalid", "the JWK's key_ops do not allow sign")


def _public_half(jwk: Mapping[str, object]) -> PublicKey:
    public = {name: value for name, value in jwk.items() if name not in PRIVATE_MEMBERS | {"key_ops"}}
    # An RSA JWK that names no algorithm has one key for each.
    return all_from_jwk(public, [row.name for row in TABLE])[0]


def _made(jwk: Mapping[str, object], public: PublicKey) -> PrivateMaterial | None:
    """The private key, or None if its numbers can't be one."""
    try:
        return _MAKERS[public.algorithm.kty](jwk, public)
    except UNREADABLE:
        return None


def _ec(jwk: Mapping[str, object], public: PublicKey) -> PrivateMaterial:
    row = public.algorithm
    d = int.from_bytes(_octets(jwk, "d", row.coordinate_size))
    return ec.derive_private_key(d, row.curve)  # type: ignore[arg-type]  # an EC row has a curve


def _okp(jwk: Mapping[str, object], public: PublicKey) -> PrivateMaterial:
    return ed25519.Ed25519PrivateKey.from_private_bytes(_octets(jwk, "d", public.algorithm.coordinate_size))


_SEEDED: Final[dict[Any, Callable[[bytes], PrivateMaterial]]] = {
    mldsa.MLDSA44PublicKey: mldsa.MLDSA44PrivateKey.from_seed_bytes,
    mldsa.MLDSA65PublicKey: mldsa.MLDSA65PrivateKey.from_seed_bytes,
    mldsa.MLDSA87PublicKey: mldsa.MLDSA87PrivateKey.from_seed_bytes,
}


def _akp(jwk: Mapping[str, object], public: PublicKey) -> PrivateMaterial:
    return _SEEDED[public.algorithm.public_key_type](_octets(jwk, "priv", _SEED_SIZE))


def _rsa(jwk: Mapping[str, object], public: PublicKey) -> PrivateMaterial:
    numbers: Any = public.material.public_numbers()  # type: ignore[union-attr]  # an RSA row has RSA keys
    d = _uint(jwk, "d", numbers.n)
    # RFC 7518 section 6.3.2: whoever gives one of them gives all.
    if any(name in jwk for name in _CRT):
        p, q, dp, dq, qi = (_uint(jwk, name, numbers.n) for name in _CRT)
    else:
        p, q = rsa.rsa_recover_prime_factors(numbers.n, numbers.e, d)
        dp, dq, qi = rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q)
    return rsa.RSAPrivateNumbers(p, q, d, dp, dq, qi, numbers).private_key()


_MEMBERS: Final[dict[str, tuple[str, ...]]] = {"EC": ("d",), "OKP": ("d",), "RSA": ("d", *_CRT), "AKP": ("priv",)}
_MAKERS: Final[dict[str, Callable[[Mapping[str, object], PublicKey], PrivateMaterial]]] = {
    "EC": _ec,
    "OKP": _okp,
    "RSA": _rsa,
    "AKP": _akp,
}


def _uint(jwk: Mapping[str, object], name: str, modulus: int) -> int:
    value = int.from_bytes(_octets(jwk, name))
    if not 0 < value < modulus:
        raise InputError("key-invalid", f"the JWK's {name} is zero, or too large (RFC 7518 section 6.3.2)")
    return value


def _octets(jwk: Mapping[str, object], name: str, size: int = 0) -> bytes:
    value = jwk.get(name)
    octets = None
    if isinstance(value, str) and value.isascii():
        try:
            octets = b64url_decode(value.encode())
        except VerificationError:
            octets = None
    if octets is None:
        raise InputError("key-invalid", f"the JWK has no {name} in base64url")
    if size and len(octets) != size:
        raise InputError("key-invalid", f"the JWK's {name} must have {size} bytes")
    return octets
