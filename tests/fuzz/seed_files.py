"""What fuzzing of files begins with: keys of the vectors; documents, certificates and trails that are built here."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from typing import Final

from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from kmsjose import Chain, LocalSigner, PublicKey, x509
from kmsjose.keys.did import did_jwk
from kmsjose.keys.did_document import did_document
from kmsjose.kms.local.keys import KeyRecord
from kmsjose.kms.local.material import to_pem
from kmsjose.kms.local.specs import Secret

from .seeds import NOW, SIGNED, cose, cwt, jws, jws_json, jwt, keys, private_key, vc, vectors

#: What an embedded KMS keeps of a key.
RECORD: Final = KeyRecord(
    id="00000000-0000-4000-8000-000000000000",
    arn="arn:aws:kms:eu-west-1:111122223333:key/00000000-0000-4000-8000-000000000000",
    spec="ECC_NIST_P256",
    usage="SIGN_VERIFY",
    origin="AWS_KMS",
    multi_region=False,
    description="",
    policy="{}",
    tags={"a": "b"},
    created=1.5,
).to_json()


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
        public = private_key(alg).public_key()
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
    yield x509.csr(LocalSigner(private_key("ES256"), "ES256"), "CN=leaf", ["dns:leaf.example"]).encode()


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
        key = private_key(alg)
        for form in (Encoding.PEM, Encoding.DER):
            yield key.private_bytes(form, PrivateFormat.PKCS8, NoEncryption())
    for alg in ("ES256", "RS256"):
        yield private_key(alg).private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    yield private_key("ES256").private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"pw"))
    yield from (json.dumps(key).encode() for key in vectors("keys.json")["keys"].values())


def headers() -> Iterator[bytes]:
    """What an HTTP answer says of its age, a line each."""
    date = b"date: Tue, 24 Nov 2026 14:00:00 GMT\n"
    yield date + b"cache-control: public, max-age=600\nage: 60"
    yield date + b'cache-control: no-cache="set-cookie", s-maxage=5\nexpires: Tue, 24 Nov 2026 15:00:00 GMT'
    yield b"expires: 0"
    yield b"expires: Tuesday, 24-Nov-26 14:00:00 GMT\ndate: Tue Nov 24 14:00:00 2026"
    yield b"date: Tue, 24 Nov 9999 14:00:00 +9959"


def folder() -> Iterator[bytes]:
    """The files of an embedded KMS."""
    yield RECORD
    yield b'{"alias/a": {"target": "00000000-0000-4000-8000-000000000000", "created": 1.5, "updated": 2}}'
    yield b'[{"id": "00", "created": 1.5, "given": {"Operations": ["Sign"]}}]'
    yield b'{"operation": "Sign", "time": 1.5, "event": "e", "request": "r"}'
    yield b'{"key": "00", "algorithm": "RSAES_OAEP_SHA_1", "valid_to": 5}'
    yield to_pem(private_key("ES256"))
    yield to_pem(private_key("RS256"))
    yield to_pem(Secret(bytes(32)))


def anything() -> Iterator[bytes]:
    """Some of each of the others, for what takes anything."""
    for seeds in (jws, jws_json, jwt, vc, cose, cwt, jwk, cose_key, pem, did, certificates, private):
        yield from list(seeds())[:12]


@cache
def _certificates() -> tuple[Chain, Chain]:
    """A chain of one leaf, and that of its root."""
    root, days = LocalSigner(private_key("ES384"), "ES384"), timedelta(days=30)
    above = x509.self_signed(root, "CN=root", lifetime=days, role=x509.CA(), now=NOW)
    request = x509.Request.of(PublicKey.from_jwk(vectors("jwks.json")["keys"][0]), "CN=leaf", ["dns:leaf.example"])
    chain = x509.issue(root, above, request, lifetime=days, now=NOW)
    return chain, above
