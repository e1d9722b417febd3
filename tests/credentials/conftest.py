"""Documents, and tokens that a good key truly signed whatever they say."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from kmsjose.credentials import vc
from kmsjose.encoding import b64url_decode, b64url_encode
from kmsjose.keys import KeySet
from kmsjose.keys.did import did_jwk
from kmsjose.signers import LocalSigner

V1, V2 = "https://www.w3.org/2018/credentials/v1", "https://www.w3.org/ns/credentials/v2"
ISSUER, HOLDER = "https://university.example", "https://holder.example"
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture
def credential() -> dict:
    """A credential of data model 2.0."""
    return {
        "@context": [V2, "https://www.w3.org/ns/credentials/examples/v2"],
        "id": "urn:uuid:3978344f-8596-4c3a-a978-8fcaba3903c5",
        "type": ["VerifiableCredential", "ExampleDegreeCredential"],
        "issuer": ISSUER,
        "validFrom": "2026-01-01T00:00:00Z",
        "validUntil": "2027-01-01T00:00:00Z",
        "credentialSubject": {"id": "did:example:alice", "degree": {"type": "ExampleBachelorDegree", "name": "Bücher"}},
    }


@pytest.fixture
def credential_1_1() -> dict:
    """A credential of data model 1.1."""
    return {
        "@context": [V1, "https://www.w3.org/2018/credentials/examples/v1"],
        "id": "http://example.edu/credentials/3732",
        "type": ["VerifiableCredential", "UniversityDegreeCredential"],
        "issuer": ISSUER,
        "issuanceDate": "2026-01-01T00:00:00Z",
        "expirationDate": "2027-01-01T00:00:00Z",
        "credentialSubject": {"id": "did:example:alice", "degree": {"type": "BachelorDegree"}},
    }


@pytest.fixture
def presentation() -> dict:
    """A presentation of data model 2.0."""
    return {"@context": [V2], "type": "VerifiablePresentation", "holder": HOLDER}


@pytest.fixture
def presentation_1_1() -> dict:
    """A presentation of data model 1.1."""
    return {"@context": [V1], "id": "urn:uuid:1", "type": ["VerifiablePresentation"], "holder": HOLDER}


@pytest.fixture(scope="session")
def es256(signers):
    """The issuer's, with a thumbprint as its kid."""
    return signers["ES256"]


@pytest.fixture(scope="session")
def keys(es256) -> KeySet:
    """What a verifier trusts."""
    return KeySet([es256.public_key])


@pytest.fixture(scope="session")
def named(private_keys):
    """A Signer of the session's key of an algorithm, under a kid of its own."""

    def make(kid: str, alg: str = "ES256") -> LocalSigner:
        return LocalSigner(private_keys[alg], alg, kid)

    return make


@pytest.fixture(scope="session")
def did(es256) -> str:
    """The did:jwk of the issuer's key."""
    return did_jwk(es256.public_key)


@pytest.fixture(scope="session")
def forge(es256):
    """A compact token of any claims (a mapping, or bytes) and header, truly signed."""

    def make(claims, typ=None, signer=es256, **header) -> str:
        parameters = {"alg": signer.public_key.algorithm.name, "typ": typ, **header}
        body = claims if isinstance(claims, bytes) else json.dumps(claims).encode()
        head = json.dumps({name: value for name, value in parameters.items() if value is not None}).encode()
        signing_input = b64url_encode(head) + b"." + b64url_encode(body)
        return (signing_input + b"." + b64url_encode(signer.sign(signing_input))).decode()

    return make


@pytest.fixture(scope="session")
def parts():
    """The header and the payload of a token, unverified."""

    def read(token: str) -> tuple[dict, dict]:
        header, payload, _ = token.split(".")
        return json.loads(b64url_decode(header.encode())), json.loads(b64url_decode(payload.encode()))

    return read


@pytest.fixture(scope="session")
def check(keys):
    """`vc.verify` at a time when the documents above are valid."""

    def verify(token, keys=keys, **arguments) -> vc.Verified:
        return vc.verify(token, keys, **{"now": NOW, **arguments})

    return verify


@pytest.fixture(scope="session")
def check_presentation(keys):
    """`vc.verify_presentation` at the same time."""

    def verify(token, keys=keys, **arguments) -> vc.Verified:
        return vc.verify_presentation(token, keys, **{"now": NOW, **arguments})

    return verify
