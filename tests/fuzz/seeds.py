"""What fuzzing begins with: the project's own vectors, and forms built here, one list for each kind of reader."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final

import cbor2
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from kmsjose import Chain, KeySet, LocalSigner, PublicKey, x509
from kmsjose.keys import read_private_key
from kmsjose.keys.did import did_jwk
from kmsjose.keys.did_document import did_document

_VECTORS: Final = Path(__file__).parents[2] / "vectors"
#: The first byte of an input whose signature the target makes.
SIGNED: Final = b"\xff"
NOW: Final = datetime(2026, 1, 1, tzinfo=UTC)
KID: Final = "fuzz"
#: More of one kind teach a fuzzer nothing new, and are tried in every run of the tests.
_ENOUGH: Final = 60


@cache
def vectors(name: str) -> Any:
    """A file of the vectors."""
    return json.loads((_VECTORS / name).read_text())


@cache
def signer() -> LocalSigner:
    """Who signs what a fuzzer has written: Ed25519, which is fast and has one signature of a message."""
    return LocalSigner(_private("EdDSA"), "EdDSA", KID)


@cache
def keys() -> KeySet:
    """The keys of the vectors, and that of `signer`."""
    return KeySet([*KeySet.from_jwks(vectors("jwks.json")), signer().public_key])


@cache
def cose_keys() -> KeySet:
    """The same, with the kids of COSE."""
    return KeySet([
        *KeySet.from_cose_keyset(bytes.fromhex(vectors("cose-keys.json")["key_set"])), signer().public_key,
    ])  # fmt: skip


def signed(header: bytes, payload: bytes) -> bytes:
    """An input whose header and payload the target signs, in JOSE: text without a NUL, which parts the two."""
    return SIGNED + header + b"\0" + payload


def signed_cbor(header: bytes, payload: bytes) -> bytes:
    """The same in COSE, whose headers are binary: their length stands before them."""
    return SIGNED + bytes([len(header)]) + header + payload


def jws() -> Iterator[bytes]:
    """Compact tokens."""
    yield from _some(case["token"] for case in _cases("jws.json") if isinstance(case["token"], str))
    yield from _some(case["token"] for case in _cases("negative.json") if isinstance(case["token"], str))
    for more in ({}, {"typ": "JWT"}, {"cty": "x", "crit": ["b64"], "b64": False}, {"x5c": []}, {"jwk": {"kty": "EC"}}):
        yield signed(_header(**more), b"payload")


def jws_json() -> Iterator[bytes]:
    """Tokens in JSON."""
    for name in ("jws.json", "negative.json"):
        yield from _some(json.dumps(case["token"]) for case in _cases(name) if isinstance(case["token"], dict))


def jwt() -> Iterator[bytes]:
    """JWTs."""
    yield from _some(case["token"] for case in _cases("jwt.json"))
    claims = {"iss": "i", "sub": "s", "aud": ["a"], "exp": 1767225900, "nbf": 1, "iat": 1.5, "jti": "x"}
    for more in ({}, {"typ": "at+jwt"}, {"iss": "i"}):
        yield signed(_header(**more), json.dumps(claims).encode())


def vc() -> Iterator[bytes]:
    """Credentials and presentations."""
    for case in _cases("vc.json"):
        yield case["token"].encode()
        if case["alg"] == "ES256":
            header, claims, _ = case["token"].split(".")
            told = json.loads(_decoded(header))
            yield signed(_header(**{name: told[name] for name in ("typ", "cty") if name in told}), _decoded(claims))


def cose() -> Iterator[bytes]:
    """COSE messages of every form."""
    for name in ("cose.json", "negative-cose.json"):
        yield from _some(bytes.fromhex(case["message"]) for case in _cases(name))
    for more in ({}, {3: "text/plain"}, {15: {1: "i"}}, {16: 18}, {33: [b"x"]}, {258: -16}, {2: [-100], -100: 1}):
        yield signed_cbor(cbor2.dumps({1: -8, 4: KID.encode(), **more}), b"payload")


def cwt() -> Iterator[bytes]:
    """CWTs."""
    yield from _some(bytes.fromhex(case["message"]) for case in _cases("cwt.json"))
    claims = {1: "i", 2: "s", 3: "a", 4: 1767225900, 5: 1, 6: 1.5, 7: b"x", -260: {1: cbor2.CBORTag(0, "2026")}}
    for more in ({}, {16: 61}, {15: {1: "i"}}):
        yield signed_cbor(cbor2.dumps({1: -8, 4: KID.encode(), **more}), cbor2.dumps(claims))


def jwk() -> Iterator[bytes]:
    """JWKs and JWK Sets."""
    jwks = vectors("jwks.json")
    yield from (json.dumps(key).encode() for key in jwks["keys"])
    yield json.dumps(jwks).encode()
    yield json.dumps({"keys": [{**jwks["keys"][0], "x5c": [], "use": "sig", "key_ops": ["verify"]}]}).encode()
    yield from (json.dumps(key).encode() for key in vectors("keys.json")["keys"].values())


def cose_key() -> Iterator[bytes]:
    """COSE_Keys and COSE_KeySets."""
    file = vectors("cose-keys.json")
    yield from (bytes.fromhex(entry["key"]) for entry in file["keys"])
    yield bytes.fromhex(file["key_set"])


def pem() -> Iterator[bytes]:
    """Public keys, as PEM and DER, alone and within a certificate."""
    for alg in ("ES256", "RS256", "EdDSA", "ML-DSA-44"):
        public = _private(alg).public_key()
        yield from (
            public.public_bytes(form, PublicFormat.SubjectPublicKeyInfo) for form in (Encoding.PEM, Encoding.DER)
        )
    yield _certificates()[0].to_pem().encode()


def did() -> Iterator[bytes]:
    """DID documents, and DIDs."""
    some = [key for key in keys() if key.algorithm.name in ("ES256", "EdDSA", "RS256")]
    for method_type in ("JsonWebKey", "JsonWebKey2020"):
        yield json.dumps(did_document(some[:2], "did:web:issuer.example", method_type=method_type)).encode()
    yield from (f"{did_jwk(key)}#0".encode() for key in some)
    yield from (b"did:web:issuer.example%3A8443:a:b#k", b"did:key:z6Mk#x", b"did:web:a?versionId=1#k")


def certificates() -> Iterator[bytes]:
    """Chains and requests, in PEM and in DER."""
    leaf, root = _certificates()
    yield (leaf.to_pem() + root.to_pem()).encode()
    yield from (certificate.der for chain in (leaf, root) for certificate in chain)
    yield x509.csr(LocalSigner(_private("ES256"), "ES256"), "CN=leaf", ["dns:leaf.example"]).encode()


def trail() -> Iterator[bytes]:
    """Trails of CloudTrail as they are delivered, packed and plain, and lines of events."""
    event = {
        "eventVersion": "1.11", "eventID": "1", "eventTime": "2026-01-01T00:00:00Z", "requestID": "r",
        "eventSource": "kms.amazonaws.com", "eventName": "Sign", "awsRegion": "eu-west-1",
        "userIdentity": {"arn": "arn:aws:iam::111122223333:role/signer"},
        "requestParameters": {"keyId": "alias/issuer", "signingAlgorithm": "ECDSA_SHA_256"},
        "resources": [{"ARN": "arn:aws:kms:eu-west-1:111122223333:key/00000000-0000-4000-8000-000000000000"}],
    }  # fmt: skip
    yield json.dumps({"Records": [event, event]}).encode()
    yield gzip.compress(json.dumps({"Records": [event]}).encode(), mtime=0)
    yield json.dumps({"Events": [{"CloudTrailEvent": json.dumps(event)}]}).encode()
    yield b"\n".join([json.dumps(event).encode()] * 2)
    yield SIGNED + json.dumps({"Records": [event]}).encode()


def private() -> Iterator[bytes]:
    """Private keys as files hold them."""
    for alg in ("ES256", "RS256", "EdDSA", "ML-DSA-44"):
        key = _private(alg)
        for form in (Encoding.PEM, Encoding.DER):
            yield key.private_bytes(form, PrivateFormat.PKCS8, NoEncryption())
    for alg in ("ES256", "RS256"):
        yield _private(alg).private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    yield _private("ES256").private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"pw"))
    yield from (json.dumps(key).encode() for key in vectors("keys.json")["keys"].values())


def anything() -> Iterator[bytes]:
    """Some of each of the others, for what takes anything."""
    for seeds in (jws, jws_json, jwt, vc, cose, cwt, jwk, cose_key, pem, did, certificates, private):
        yield from list(seeds())[:12]


def _cases(name: str) -> Iterable[Any]:
    return vectors(name)


def _some(found: Iterable[str | bytes]) -> Iterator[bytes]:
    encoded = [entry.encode() if isinstance(entry, str) else entry for entry in found]
    step = max(len(encoded) // _ENOUGH, 1)
    yield from sorted(encoded, key=len)[::step]


def _header(**more: object) -> bytes:
    return json.dumps({"alg": "EdDSA", "kid": KID, **more}).encode()


def _decoded(part: str) -> bytes:
    from kmsjose.encoding import b64url_decode

    return b64url_decode(part.encode())


@cache
def _private(alg: str) -> Any:
    return read_private_key(json.dumps(vectors("keys.json")["keys"][alg]).encode()).material


@cache
def _certificates() -> tuple[Chain, Chain]:
    """A chain of one leaf, and that of its root."""
    root, days = LocalSigner(_private("ES384"), "ES384"), timedelta(days=30)
    above = x509.self_signed(root, "CN=root", lifetime=days, role=x509.CA(), now=NOW)
    request = x509.Request.of(PublicKey.from_jwk(vectors("jwks.json")["keys"][0]), "CN=leaf", ["dns:leaf.example"])
    chain = x509.issue(root, above, request, lifetime=days, now=NOW)
    return chain, above
