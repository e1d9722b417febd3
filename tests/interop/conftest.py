"""What the interop suites share: a credential of the KMS for every algorithm, and the published JWK Set."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from datetime import timedelta

import pytest

from kmsjose import KeySet, KMSSigner, jwt, kms, vc
from kmsjose.algorithms import TABLE

CREDENTIAL = {
    "@context": ["https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/examples/v2"],
    "id": "http://university.example/credentials/58473",
    "type": ["VerifiableCredential", "ExampleAlumniCredential"],
    "issuer": "https://university.example/issuers/565049",
    "validFrom": "2025-01-01T00:00:00Z",
    "credentialSubject": {
        "id": "did:example:ebfeb1f712ebc6f1c276e12ec21",
        "alumniOf": {"id": "did:example:c276e12ec21ebfeb1f712ebc6f1", "name": "Exempel Université — Öst"},
    },
}
CLAIMS = {"iss": "https://issuer.example", "aud": "https://api.example", "sub": "alice"}


@dataclass(frozen=True)
class Issued:
    """What an issuer hands out: tokens by algorithm, and its JWK Set as a verifier would fetch it."""

    jwks: str
    credentials: dict[str, str]
    tokens: dict[str, str]


@pytest.fixture(scope="session")
def node() -> None:
    """Skips what asks for it where there is no Node."""
    if not shutil.which("node") or not shutil.which("npm"):
        pytest.skip("there is no Node on this machine")


@pytest.fixture(scope="session")
def kms_signers() -> dict[str, KMSSigner]:
    """A KMSSigner by JOSE name; the embedded KMS has one key for each KeySpec."""
    client = kms.connect(local=":memory:")
    arns: dict[str, str] = {}
    signers: dict[str, KMSSigner] = {}
    for row in TABLE:
        spec = row.key_specs[0]
        if spec not in arns:
            arns[spec] = kms.create_key(client, row.name, bits=2048 if row.kty == "RSA" else None)
        # The six algorithms of one RSA key share a thumbprint, so for peers that go by kid alone each has a kid.
        signers[row.name] = KMSSigner.open(client, arns[spec], row.name, kid=f"2026-{row.name}")
    return signers


@pytest.fixture(scope="session")
def issued(kms_signers: dict[str, KMSSigner]) -> Issued:
    return Issued(
        json.dumps(KeySet(signer.public_key for signer in kms_signers.values()).to_jwks()),
        {alg: vc.issue(CREDENTIAL, signer) for alg, signer in kms_signers.items()},
        {alg: jwt.sign(CLAIMS, signer, lifetime=timedelta(hours=1)) for alg, signer in kms_signers.items()},
    )
