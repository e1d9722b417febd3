"""The protected headers that we write (RFC 7515 section 4), held to the rules that a verifier applies."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256

from ..arguments import checked
from ..encoding import JSONObject, b64_certificates, b64url_encode, json_dumps, json_object
from ..errors import InputError, VerificationError
from ..keys.kids import json_kid
from ..keys.public_key import PublicKey
from .header import MAX_HEADER_SIZE, check_header, extension_names


def make_header(
    public_key: PublicKey, extra: Mapping[str, object], *, b64: bool = True, fully_specified: bool = False
) -> JSONObject:
    """A protected header for a key: alg, kid, the chain that `with_chain` gave it, then what the caller adds.

    It is checked as a verifier would. What the caller adds as x5c stands for the key's own, and None leaves it out.

    Raises:
        InputError: ``header-invalid``: it sets what the call does, or breaks a rule; ``json-invalid``; ``key-invalid``:
            the key's kid is no text.
    """
    row = public_key.algorithm
    if taken := {"alg", "kid", "b64"} & extra.keys():
        raise InputError("header-invalid", f"the call itself sets {', '.join(sorted(taken))}")
    alg = (row.fully_specified if fully_specified else None) or row.name
    header: JSONObject = {"alg": alg, "kid": json_kid(public_key.kid)}
    added = {**(_x5c(public_key) if public_key.chained else {}), **extra}
    header.update({name: value for name, value in added.items() if value is not None})  # type: ignore[misc]  # checked as JSON below
    try:
        header = json_object(json_dumps(header))
        if not b64:
            header["b64"] = False
            crit = header.setdefault("crit", [])
            if isinstance(crit, list):
                crit.append("b64")
        # What the caller makes critical it also implements: only the form of crit is checked.
        check_header(header, {}, frozenset(extension_names(header.get("crit"))))
    except VerificationError as error:
        raise InputError("header-invalid", error.message) from error
    return header


def encode_header(header: JSONObject) -> bytes:
    """A header in base64url.

    Raises:
        InputError: ``header-invalid``: larger than verifiers take.
    """
    encoded = b64url_encode(json_dumps(header))
    if len(encoded) > MAX_HEADER_SIZE:
        raise InputError("header-invalid", f"the header is over {MAX_HEADER_SIZE} bytes")
    return encoded


def protected_header(public_key: PublicKey, extra: Mapping[str, object], *, b64: bool, fully_specified: bool) -> bytes:
    """What `make_header` makes, in base64url, kept for the next token where it is made of strings alone.

    Raises:
        InputError: ``header-invalid``, ``json-invalid``.
    """
    if all(type(value) is str for value in extra.values()):
        return _kept(public_key, tuple(extra.items()), b64, fully_specified)
    return encode_header(make_header(public_key, extra, b64=b64, fully_specified=fully_specified))


@lru_cache(maxsize=256)
def _kept(public_key: PublicKey, extra: tuple[tuple[str, object], ...], b64: bool, fully_specified: bool) -> bytes:
    return encode_header(make_header(public_key, dict(extra), b64=b64, fully_specified=fully_specified))


@checked
def certificate_header(public_key: PublicKey) -> dict[str, object]:
    """The x5c and x5t#S256 parameters of a key that has a certificate chain (RFC 7515 sections 4.1.6 and 4.1.8).

    `with_chain` puts the x5c into every header; add these where a verifier asks for the thumbprint too.

    Raises:
        InputError: ``header-invalid``: the key has no chain.
    """
    if not public_key.x5c:
        raise InputError("header-invalid", "the key has no certificate chain")
    return {**_x5c(public_key), "x5t#S256": b64url_encode(sha256(public_key.x5c[0]).digest()).decode()}


def _x5c(public_key: PublicKey) -> dict[str, object]:
    return {"x5c": b64_certificates(public_key.x5c)}
