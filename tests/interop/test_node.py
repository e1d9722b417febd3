"""Credentials and tokens that KMS signed, verified from the published JWK Set by npm `jose` in Node."""

from __future__ import annotations

import fcntl
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from kmsjose.algorithms import TABLE, Family

from .conftest import CLAIMS, CREDENTIAL

pytestmark = pytest.mark.interop
VERSION = "6.2.18"
#: WebCrypto has no secp256k1, and only recent releases of Node have ML-DSA.
KNOWN = [row.name for row in TABLE if row.name != "ES256K" and row.family is not Family.ML_DSA]


@pytest.fixture(scope="module")
def jose(request) -> Path:
    """A folder with npm `jose` in it, made once."""
    if not shutil.which("node") or not shutil.which("npm"):
        pytest.skip("there is no Node on this machine")
    folder = Path(request.config.cache.mkdir("npm"))
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "node_modules" / "jose").exists():
            command = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", folder, f"jose@{VERSION}"]
            subprocess.run(command, check=True, timeout=300, stdin=subprocess.DEVNULL)
    shutil.copy(Path(__file__).with_name("verify.mjs"), folder)
    return folder


def test_npm_jose_verifies(issued, jose):
    told = {
        "jwks": json.loads(issued.jwks),
        "credentials": {alg: issued.credentials[alg] for alg in KNOWN},
        "tokens": {alg: issued.tokens[alg] for alg in KNOWN},
        "issuer": CLAIMS["iss"],
        "audience": CLAIMS["aud"],
    }
    answer = subprocess.run(
        ["node", "verify.mjs"],
        cwd=jose,
        input=json.dumps(told),
        text=True,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    verdicts = json.loads(answer.stdout)
    assert verdicts["credentials"] == {alg: {"typ": "vc+jwt", "document": CREDENTIAL} for alg in KNOWN}
    assert verdicts["tokens"] == dict.fromkeys(KNOWN, "alice")
