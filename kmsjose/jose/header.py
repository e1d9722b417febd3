"""The rules of a JOSE header, for what we write and for what we are given.

RFC 7515 section 4, RFC 7797 sections 3 and 6; joserfc's header registry gives the types of the registered parameters.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from joserfc.registry import JWS_HEADER_REGISTRY

from ..algorithms import BY_NAME, Algorithm
from ..encoding import JSONObject, b64url_decode, json_object
from ..errors import InputError, VerificationError
from ..keys.jwk import PRIVATE_MEMBERS
from ..keys.uri import is_uri

#: Bytes of a protected header, encoded; ML-DSA chains in x5c are the largest known need.
MAX_HEADER_SIZE: Final = 65536
# The extensions that this package understands, and so may be critical.
_UNDERSTOOD: Final = frozenset({"b64"})
# They are never followed, so any scheme will do, in capitals too.
_URIS: Final = {"jku": "RFC 7515 section 4.1.2", "x5u": "RFC 7515 section 4.1.5"}


@dataclass(frozen=True, slots=True)
class Header:
    """A checked protected header.

    Attributes:
        parameters: All members, as received.
        algorithm: The row that alg names.
        kid: The kid, or None.
        b64: Whether the payload enters the signing input in base64url (RFC 7797).
    """

    parameters: JSONObject
    algorithm: Algorithm
    kid: str | None
    b64: bool
    _flat: bool = field(init=False, repr=False)

    def __post_init__(self) -> None:
        flat = not any(isinstance(value, (list, dict)) for value in self.parameters.values())
        object.__setattr__(self, "_flat", flat)

    def copy(self) -> JSONObject:
        """The parameters, for a caller to keep: the header itself is shared by the tokens that have its bytes."""
        copied = self.parameters.copy()
        # Not by deepcopy, which calls itself for each level: a hostile header would then fail deep in a caller's stack.
        pending: list[Any] = [] if self._flat else [copied]
        while pending:
            holder = pending.pop()
            for place, value in holder.items() if isinstance(holder, dict) else enumerate(holder):
                if isinstance(value, (dict, list)):
                    holder[place] = value.copy()
                    pending.append(holder[place])
        return copied

    def __repr__(self) -> str:
        return f"<Header {self.algorithm.name}>"


def parse_header(encoded: bytes, understood: frozenset[str] = frozenset()) -> Header:
    """The checked header of a base64url protected header.

    Args:
        encoded: The first part of a compact JWS.
        understood: Extensions that the caller itself implements, and so may be critical.

    Raises:
        VerificationError: any code of a header, of base64url or of JSON.
    """
    return _cached(encoded, understood) if len(encoded) <= _CACHED_SIZE else _parse(encoded, understood)


# An issuer's tokens share their header, so its checks are done once; long ones are not kept, to bound the memory.
_CACHED_SIZE: Final = 2048


def _parse(encoded: bytes, understood: frozenset[str]) -> Header:
    return check_header(decode_header(encoded), {}, understood)


def decode_header(encoded: bytes) -> JSONObject:
    """The members of a base64url header, unchecked.

    Raises:
        VerificationError: ``too-large``, ``bad-base64url``, ``bad-json``, ``duplicate-member``.
    """
    if len(encoded) > MAX_HEADER_SIZE:
        raise VerificationError("too-large", f"the header is over {MAX_HEADER_SIZE} bytes")
    return json_object(b64url_decode(encoded))


_cached = lru_cache(maxsize=1024)(_parse)


def check_header(protected: JSONObject, unprotected: JSONObject, understood: frozenset[str] = frozenset()) -> Header:
    """Check a header of both buckets by the rules of RFC 7515 section 4.

    Raises:
        VerificationError: any code of a header.
    """
    if not protected.keys().isdisjoint(unprotected):
        raise VerificationError("header-overlap", "a header parameter is both protected and unprotected")
    for name in ("crit", "b64"):
        if name in unprotected:
            code = "crit-invalid" if name == "crit" else "b64-invalid"
            raise VerificationError(code, f"{name} is not in the protected header")
    _check_crit(protected, understood | _UNDERSTOOD)
    b64 = protected.get("b64", True)
    if not isinstance(b64, bool) or ("b64" in protected and "b64" not in extension_names(protected.get("crit"))):
        raise VerificationError("b64-invalid", "b64 is not a boolean that crit names")
    if "alg" not in protected:
        raise VerificationError("alg-missing", "the protected header has no alg")
    parameters = {**protected, **unprotected}
    _check_types(parameters)
    kid = parameters.get("kid")
    return Header(parameters, algorithm_of(str(protected["alg"])), kid if isinstance(kid, str) else None, b64)


def algorithm_of(name: str) -> Algorithm:
    """The row of a header's alg.

    Raises:
        VerificationError: ``alg-none``, ``alg-unknown``.
    """
    row = BY_NAME.get(name)
    if row is None:
        # "None" and "nOnE" have passed other filters, so all spellings are named for what they are.
        if name.lower() == "none":
            raise VerificationError("alg-none", "the token is unsecured")
        raise VerificationError("alg-unknown", "the token's alg is not one that is known here")
    return row


def extension_names(crit: object) -> list[str]:
    """The names in a crit, and of one that is no list none."""
    return [name for name in crit if isinstance(name, str)] if isinstance(crit, list) else []


def _check_crit(protected: JSONObject, understood: frozenset[str]) -> None:
    if "crit" not in protected:
        return
    crit = protected["crit"]
    names = extension_names(crit)
    if not names or not isinstance(crit, list) or len(names) != len(crit) or len(set(names)) != len(names):
        raise VerificationError("crit-invalid", "crit is not a non-empty list of distinct names")
    for name in names:
        if name in JWS_HEADER_REGISTRY and name not in _UNDERSTOOD:
            raise VerificationError("crit-invalid", "crit names a parameter of RFC 7515 itself")
        if name not in understood:
            raise VerificationError("crit-unknown", f"crit names the extension {name[:40]!r}")
        if name not in protected:
            raise VerificationError("crit-invalid", f"crit names {name[:40]!r}, which is absent")


def _check_types(parameters: Mapping[str, object]) -> None:
    for name, value in parameters.items():
        parameter = JWS_HEADER_REGISTRY.get(name)
        if parameter is None:
            continue
        if name in _URIS:
            if not is_uri(value):
                raise VerificationError("bad-header", f"{name} is no URI with its scheme ({_URIS[name]})")
            continue
        try:
            parameter.validate(value)
        except (ValueError, TypeError, AttributeError):
            raise VerificationError("bad-header", f"{name} has a value of the wrong type") from None
    jwk = parameters.get("jwk")
    if isinstance(jwk, dict) and not PRIVATE_MEMBERS.isdisjoint(jwk):
        raise VerificationError("bad-header", "jwk holds a private key")
    if "x5c" in parameters:
        _check_chain(parameters["x5c"])


def _check_chain(chain: object) -> None:
    try:
        if not isinstance(chain, list) or not chain:
            raise ValueError
        for certificate in chain:
            b64decode(certificate, validate=True)
    except (ValueError, TypeError):
        raise VerificationError("bad-header", "x5c is not a list of base64 certificates") from None


def media_type(value: str) -> str:
    """A typ or cty in full: "application/" may be left out, and case means nothing (RFC 7515 section 4.1.9).

    >>> media_type("JWT")
    'application/jwt'
    """
    lowered = value.lower()
    return lowered if "/" in lowered else "application/" + lowered


def check_typ(header: Header, expected: str | Collection[str]) -> None:
    """Refuse a header of another typ than expected, or than each of those expected (RFC 8725 section 3.11).

    Raises:
        VerificationError: ``typ-mismatch``.
        InputError: ``usage``: what is expected is no text.
    """
    typ = header.parameters.get("typ")
    if typ == expected:
        return
    names = (expected,) if isinstance(expected, str) else expected
    if not isinstance(names, Collection) or not names or not all(isinstance(name, str) for name in names):
        raise InputError("usage", "typ is a media type as text, or several of them in a list")
    if not isinstance(typ, str) or media_type(typ) not in map(media_type, names):
        raise VerificationError("typ-mismatch", f"the token's typ is not {' or '.join(map(repr, names))}")
