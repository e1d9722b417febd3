"""What a JWK, a JWK Set or a PEM file holds, a certificate request for one; what is private in it is never shown."""

from __future__ import annotations

from cryptography.hazmat.primitives import serialization

from ..algorithms import TABLE
from ..encoding import JSON, JSONObject
from ..errors import InputError
from ..keys import PublicKey
from ..keys.jwk import PRIVATE_MEMBERS, all_from_jwk
from .lenient import Reading, without_private

HOLDS_PRIVATE = "a private key is in it: whoever sees the file can sign with it"


def of_jwk(jwk: JSONObject) -> Reading:
    """What a JWK holds."""
    reading = Reading("JWK", {"key": without_private(jwk)})
    _add_jwk(reading, jwk, "")
    return reading


def of_jwks(jwks: JSONObject) -> Reading:
    """What a JWK Set holds."""
    entries = jwks.get("keys")
    keys = entries if isinstance(entries, list) else []
    reading = Reading(f"JWK Set, {len(keys)} keys")
    if not isinstance(entries, list):
        reading.odd.append("keys: it is not a list")
    elif not keys:
        reading.odd.append("keys: there are none")
    for number, entry in enumerate(keys, 1):
        reading.parts[f"key {number}"] = without_private(entry)
        if isinstance(entry, dict):
            _add_jwk(reading, entry, f"key {number}")
        else:
            reading.odd.append(f"key {number}: it is not a JSON object")
    named = [(entry.get("kid"), entry.get("alg")) for entry in keys if isinstance(entry, dict) and "kid" in entry]
    for kid in sorted({str(name[0]) for name in named if named.count(name) > 1}):
        reading.odd.append(f"kid {kid[:64]!r} stands more than once")
    return reading


def of_pem(data: bytes) -> Reading | None:
    """What a PEM file holds, or None if that can't be read."""
    if b"PRIVATE KEY-----" in data:
        return _of_private_pem(data)
    if b"-----BEGIN CERTIFICATE REQUEST-----" in data:
        return _of_request(data)
    found = _public(data)
    if not found:
        return None
    reading = Reading("PEM certificate" if found[0].x5c else "PEM public key", {"key": _described(found)})
    if found[0].x5c:
        reading.parts["certificate"] = _certificate(found[0].x5c[0])
        if len(found[0].x5c) > 1:
            reading.odd.append(f"chain: {len(found[0].x5c)} certificates; the first one is shown, none is checked")
    return reading


def _of_private_pem(data: bytes) -> Reading:
    from ..signers import LocalSigner

    reading = Reading("PEM private key", odd=[HOLDS_PRIVATE])
    found = []
    for row in TABLE:
        try:
            found.append(LocalSigner.from_pem(data, row.name).public_key)
        except InputError:
            continue
    if found:
        reading.parts["key"] = _described(found)
    else:
        reading.odd.append("key: it is encrypted, of a kind that is not known here, or damaged")
    return reading


def _of_request(data: bytes) -> Reading:
    from .. import x509

    reading = Reading("PEM certificate request")
    try:
        request = x509.read_request(data)
    except InputError as error:
        reading.odd.append(error.message)
        return reading
    key = request.material.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    reading.parts["key"] = _described(_public(key))
    reading.parts["request"] = {"subject": request.subject.rfc4514_string(), "other names": [*request.sans]}
    return reading


def _public(data: bytes) -> list[PublicKey]:
    found = []
    for row in TABLE:
        try:
            found.append(PublicKey.from_pem(data, row.name))
        except InputError:
            continue
    return found


def _described(keys: list[PublicKey]) -> JSONObject:
    jwk = {name: value for name, value in keys[0].to_jwk().items() if name not in {"alg", "x5c", "kid", "use"}}
    return {**jwk, "thumbprint": keys[0].thumbprint(), "algorithms": [key.algorithm.name for key in keys]}


def _certificate(der: bytes) -> JSONObject:
    from cryptography import x509

    certificate = x509.load_der_x509_certificate(der)
    return {
        "subject": certificate.subject.rfc4514_string(),
        "issuer": certificate.issuer.rfc4514_string(),
        "serial": f"{certificate.serial_number:x}",
        "not before": certificate.not_valid_before_utc.isoformat(),
        "not after": certificate.not_valid_after_utc.isoformat(),
    }


def _add_jwk(reading: Reading, jwk: JSONObject, name: str) -> None:
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
    if "kid" not in jwk:
        reading.odd.append(f"{prefix}it has no kid")
    elif jwk["kid"] != thumbprint:
        reading.odd.append(f"{prefix}its kid is not its RFC 7638 thumbprint, which is no fault")
