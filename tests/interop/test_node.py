"""Credentials and tokens that KMS signed, verified from the published JWK Set by npm `jose` in Node."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kmsjose.algorithms import TABLE, Family

from .conftest import CLAIMS, CREDENTIAL
from .peers import node_command, npm_peer, run

pytestmark = pytest.mark.interop
VERSION = "6.2.18"
#: WebCrypto has no secp256k1, and only recent releases of Node have ML-DSA.
KNOWN = [row.name for row in TABLE if row.name != "ES256K" and row.family is not Family.ML_DSA]


@pytest.fixture(scope="module")
def jose(request, node) -> Path:
    """A folder with npm `jose` in it."""
    return npm_peer(Path(request.config.cache.mkdir("npm")), (f"jose@{VERSION}",))


def test_npm_jose_verifies(issued, jose):
    told = {
        "jwks": json.loads(issued.jwks),
        "credentials": {alg: issued.credentials[alg] for alg in KNOWN},
        "tokens": {alg: issued.tokens[alg] for alg in KNOWN},
        "issuer": CLAIMS["iss"],
        "audience": CLAIMS["aud"],
    }
    verdicts = run(node_command("verify.mjs"), jose, told)
    assert verdicts["credentials"] == {alg: {"typ": "vc+jwt", "document": CREDENTIAL} for alg in KNOWN}
    assert verdicts["tokens"] == dict.fromkeys(KNOWN, "alice")
