"""What importing the verifying half costs, each import in an interpreter of its own."""

from __future__ import annotations

import statistics
import subprocess
import sys

from .measure import table

#: What a verifier imports.
STATEMENTS = {
    "cryptography (what all need)": "from cryptography.hazmat.primitives.asymmetric import ec, rsa, ed25519, padding",
    "kmsjose": "from kmsjose import KeySet, jwt",
    "PyJWT": "import jwt; from jwt import PyJWKSet",
    "joserfc": "from joserfc import jwt, jwk",
    "jwcrypto": "from jwcrypto import jwt, jwk",
    "boto3 (never loaded to verify)": "import boto3; boto3.session.Session",
}
_PROGRAM = """
import sys, time
start = time.perf_counter()
{statement}
print(time.perf_counter() - start, "boto3" in sys.modules or "botocore" in sys.modules)
"""


def main(rounds: int) -> None:
    """Print the table."""
    samples: dict[str, list[float]] = {name: [] for name in STATEMENTS}
    loads: dict[str, str] = {}
    for _ in range(rounds):
        for name, statement in STATEMENTS.items():
            program = _PROGRAM.format(statement=statement)
            answer = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
            seconds, loads[name] = answer.stdout.split()
            samples[name].append(float(seconds))
    table(
        "import, in an interpreter of its own",
        [
            {"import": name, "ms": f"{statistics.median(values) * 1000:.0f}", "loads boto3": loads[name]}
            for name, values in samples.items()
        ],
    )
