"""What the COSE peers are told, by kind and by name ("ES256 detached"), and the good answer to each.

What a kind is, the programs that call the peers say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from kmsjose import KeySet, KMSSigner, PublicKey, cose, cwt
from kmsjose.cose import Label

PAYLOAD = b'{"sensor": 4711, "temperature": 21.5}'
AAD = b"the application's own context"
CLAIMS = {"iss": "https://issuer.example", "sub": "alice", "aud": "https://api.example"}
HEADERS = {
    Label.CONTENT_TYPE: "application/json",
    Label.TYP: "application/example+cose",
    Label.CWT_CLAIMS: {1: CLAIMS["iss"], 2: CLAIMS["sub"]},
}
#: By kind and form, the options of what KMS signs; a detached message is told with its payload.
FORMS: dict[str, dict[str, dict[str, Any]]] = {
    "sign1": {
        "attached": {},
        "untagged": {"tag": False},
        "detached": {"detached": True},
        "external_aad": {"external_aad": AAD},
        "headers": {"protected": HEADERS},
    },
    "sign": {
        "attached": {},
        "detached": {"detached": True},
        "external_aad": {"external_aad": AAD},
        "headers": {"protected": HEADERS},
    },
    "cwt": {"plain": {}, "tag 61": {"tag": True}, "typ": {"typ": "application/cwt"}},
}
#: By kind and form, what a peer is told that signs.
MADE_FORMS: dict[str, dict[str, dict[str, Any]]] = {
    "make_sign1": {"attached": {"external_aad": ""}, "external_aad": {"external_aad": AAD.hex()}},
    "make_sign": {"attached": {"external_aad": ""}, "external_aad": {"external_aad": AAD.hex()}},
    "make_cwt": {"plain": {"tag": False}, "tag 61": {"tag": True}},
}
#: The first word of a form in which one bit is another.
CHANGED = "changed"

Told = dict[str, Any]


@dataclass
class Cases:
    """Cases, and the good answer to each, by kind and name; None where there is none."""

    told: dict[str, dict[str, Told]] = field(default_factory=dict)
    answers: dict[str, dict[str, object]] = field(default_factory=dict)

    def add(self, kind: str, name: str, told: Told, answer: object) -> None:
        self.told.setdefault(kind, {})[name] = told
        self.answers.setdefault(kind, {})[name] = answer


def signed(signers: Mapping[str, KMSSigner]) -> Cases:
    """What the signers sign, in every form, and their keys."""
    cases = Cases()
    for alg, signer in signers.items():
        key = _key(signer.public_key)
        cases.add("cose_key", f"{alg} public", key, signer.public_key.kid.encode().hex())
        _sign1(cases, alg, signer, key)
        _sign(cases, alg, (signer, signers[_second(alg)]))
        _cwt(cases, alg, signer, key)
    return cases


def to_sign(private_keys: Mapping[str, Any], trusted: KeySet) -> Cases:
    """What peers are to sign, and what `read` then gives.

    Args:
        private_keys: By JOSE name.
        trusted: Their public keys.
    """
    cases = Cases()
    keys = {key.algorithm.name: _private(private_keys[key.algorithm.name], key) for key in trusted}
    for kind, forms in MADE_FORMS.items():
        content, answer = ({"claims": CLAIMS}, CLAIMS) if kind == "make_cwt" else ({"payload": PAYLOAD.hex()}, PAYLOAD)
        for form, options in forms.items():
            for alg, key in keys.items():
                whose = {"keys": [key, keys[_second(alg)]]} if kind == "make_sign" else key
                cases.add(kind, f"{alg} {form}", {**whose, **content, **options}, answer)
    return cases


def read(kind: str, told: Told, message: bytes, trusted: KeySet) -> object:
    """What we read in a message or token that a peer has signed."""
    if kind == "make_cwt":
        claims = cwt.verify(message, trusted, issuer=CLAIMS["iss"], audience=CLAIMS["aud"]).claims
        # A peer adds its times.
        return {name: claims.get(name) for name in CLAIMS}
    verify = cose.verify if kind == "make_sign" else cose.verify1
    return verify(message, trusted, external_aad=bytes.fromhex(told["external_aad"])).payload


def _sign1(cases: Cases, alg: str, signer: KMSSigner, key: Told) -> None:
    for form, options in FORMS["sign1"].items():
        told = _message(cose.sign1(PAYLOAD, signer, **options), options)
        cases.add("sign1", f"{alg} {form}", {**key, **told}, PAYLOAD.hex())
    envelope = _message(cose.sign_hash_envelope(PAYLOAD, signer, content_type="application/json"))
    cases.add("sign1", f"{alg} hash envelope", {**key, **envelope}, sha256(PAYLOAD).hexdigest())
    if signer.public_key.algorithm.cose_fully_specified:
        told = _message(cose.sign1(PAYLOAD, signer, fully_specified=True))
        full = _key(signer.public_key, fully_specified=True)
        cases.add("sign1", f"{alg} fully specified", {**full, **told}, PAYLOAD.hex())
    message = cose.sign1(PAYLOAD, signer)
    for what, position in (("payload", message.index(PAYLOAD)), ("signature", -1)):
        cases.add("sign1", f"{alg} {CHANGED} {what}", {**key, **_message(_changed(message, position))}, None)


def _sign(cases: Cases, alg: str, signers: tuple[KMSSigner, ...]) -> None:
    keys = {"keys": [_key(signer.public_key) for signer in signers]}
    for form, options in FORMS["sign"].items():
        told = _message(cose.sign(PAYLOAD, signers, **options), options)
        cases.add("sign", f"{alg} {form}", {**keys, **told}, PAYLOAD.hex())
    message = cose.sign(PAYLOAD, signers)
    told = _message(_changed(message, message.index(PAYLOAD)))
    cases.add("sign", f"{alg} {CHANGED} payload", {**keys, **told}, None)


def _cwt(cases: Cases, alg: str, signer: KMSSigner, key: Told) -> None:
    for form, options in FORMS["cwt"].items():
        token = cwt.sign(CLAIMS, signer, lifetime=timedelta(days=3650), **options)
        claims = cwt.verify(token, signer.public_key, audience=CLAIMS["aud"]).claims
        cases.add("cwt", f"{alg} {form}", {**key, "message": token.hex()}, claims)
        changed = _changed(token, -1)
        cases.add("cwt", f"{alg} {CHANGED} {form}", {**key, "message": changed.hex()}, None)


def _second(alg: str) -> str:
    """Who else signs a COSE_Sign: an algorithm that every peer knows."""
    return "ES256" if alg != "ES256" else "ES384"


def _changed(message: bytes, position: int) -> bytes:
    other = bytearray(message)
    other[position] ^= 1
    return bytes(other)


def _key(key: PublicKey, *, fully_specified: bool = False) -> Told:
    return {"cose_key": key.to_cose_key(fully_specified=fully_specified).hex(), "jwk": key.to_jwk()}


def _private(private_key: Any, key: PublicKey) -> Told:
    pem = private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return {"private": pem, "alg": key.algorithm.name, "number": key.algorithm.cose, "kid": key.kid}


def _message(message: bytes, options: Mapping[str, Any] | None = None) -> Told:
    given = options or {}
    return {
        "message": message.hex(),
        "payload": PAYLOAD.hex() if given.get("detached") else None,
        "external_aad": given.get("external_aad", b"").hex(),
    }
