"""What a JWK or a JWK Set holds; what is private in it is never shown."""

from __future__ import annotations

from collections import Counter
from typing import Final

from ..algorithms import TABLE, select
from ..encoding import JSON, JSONObject
from ..errors import InputError
from ..keys import PublicKey
from ..keys.jwk import PRIVATE_MEMBERS, all_from_jwk
from ..words import counted
from .lenient import Reading
from .private_members import without_private

HOLDS_PRIVATE: Final = "a private key is in it: whoever sees the file can sign with it"

#: Keys of one set that are looked at: no issuer publishes so many.
_MAX_KEYS: Final = 256


def of_jwk(jwk: JSONObject) -> Reading:
    """What a JWK holds."""
    reading = Reading("JWK", {"key": without_private(jwk, as_key=True)})
    _add_jwk(reading, jwk, "")
    return reading


def of_jwks(jwks: JSONObject) -> Reading:
    """What a JWK Set holds."""
    entries = jwks.get("keys")
    keys = entries if isinstance(entries, list) else []
    reading = Reading(f"JWK Set, {counted(len(keys), 'key')}")
    if not isinstance(entries, list):
        reading.odd.append("keys: it is not a list")
    elif not keys:
        reading.odd.append("keys: there are none")
    for number, entry in enumerate(keys, 1):
        reading.parts[f"key {number}"] = without_private(entry, as_key=True)
        if not isinstance(entry, dict):
            reading.odd.append(f"key {number}: it is not a JSON object")
        elif number <= _MAX_KEYS:
            _add_jwk(reading, entry, f"key {number}")
    if len(keys) > _MAX_KEYS:
        reading.odd.append(
            f"keys: the first {_MAX_KEYS} of {len(keys)} are looked at, and the others shown as they are"
        )
    named = Counter(
        (str(entry["kid"]), str(entry.get("alg"))) for entry in keys if isinstance(entry, dict) and "kid" in entry
    )
    reading.odd += [
        f"kid {kid[:64]!r} stands more than once"
        for kid in sorted({kid for (kid, _), times in named.items() if times > 1})
    ]
    return reading


def of_did_document(document: JSONObject) -> Reading:
    """What a DID document holds: its verification methods (DID Core section 5.2), and what they are for."""
    methods = document.get("verificationMethod")
    entries = methods if isinstance(methods, list) else []
    reading = Reading(f"DID document, {counted(len(entries), 'key')}")
    if not isinstance(methods, list):
        reading.odd.append("verificationMethod: it is not a list")
    rest = {name: value for name, value in document.items() if name != "verificationMethod"}
    reading.parts["document"] = without_private(rest)
    for number, entry in enumerate(entries, 1):
        name = f"key {number}"
        reading.parts[name] = without_private(entry)
        jwk = entry.get("publicKeyJwk") if isinstance(entry, dict) else None
        if not isinstance(jwk, dict):
            reading.odd.append(f"{name}: it has no publicKeyJwk")
        elif number <= _MAX_KEYS:
            # A method is known by its id, so its JWK needs no kid.
            _add_jwk(reading, jwk, name, needs_kid=False)
    return reading


def described(material: object) -> JSONObject:
    """A public key of `cryptography` as its JWK, with its thumbprint and what it can sign by.

    Raises:
        InputError: ``key-invalid``: no algorithm here uses such a key.
    """
    rows = select(lambda row: row.fits(material))
    if not rows:
        raise InputError("key-invalid", "no algorithm here uses a key of this type or curve")
    key = PublicKey.of(material, rows[0].name)
    jwk = {name: value for name, value in key.to_jwk().items() if name not in {"alg", "kid", "use"}}
    return {**jwk, "thumbprint": key.thumbprint(), "algorithms": [row.name for row in rows]}


def _add_jwk(reading: Reading, jwk: JSONObject, name: str, *, needs_kid: bool = True) -> None:
    prefix = f"{name}: " if name else ""
    public: dict[str, JSON] = {member: value for member, value in jwk.items() if member not in PRIVATE_MEMBERS}
    if len(public) != len(jwk):
        reading.odd.append(prefix + HOLDS_PRIVATE)
    if jwk.get("kty") == "oct":
        reading.odd.append(f"{prefix}it is a symmetric key, which is of no use here")
        return
    try:
        keys = all_from_jwk(public, [row.name for row in TABLE])
    except InputError as error:
        reading.odd.append(prefix + error.message)
        return
    thumbprint = keys[0].thumbprint()
    reading.parts[f"thumbprint of {name}" if name else "thumbprint"] = thumbprint
    if len(keys) > 1:
        reading.odd.append(f"{prefix}it names no alg, so a verifier must be told which of the RSA algorithms it is for")
    if not needs_kid:
        return
    if "kid" not in jwk:
        reading.odd.append(f"{prefix}it has no kid")
    elif jwk["kid"] != thumbprint:
        reading.odd.append(f"{prefix}its kid is not its RFC 7638 thumbprint, which is no fault")
