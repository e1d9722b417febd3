"""`jwt.sign` through KMSSigner against the bare `client.sign` call on the same client."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from typing import Any

from kmsjose import KMSSigner, jwt, kms
from tests.kms import endpoints

from .environments import kept
from .measure import medians, table
from .verify import CLAIMS

#: What must hold over HTTP; in-process the call itself takes a quarter of the time.
LIMIT = "1.05x"


def main(rounds: int, batch: int) -> None:
    """Print the table: over HTTP to a server on this machine, and in-process."""
    with endpoints.ministack(endpoints.environment(kept("ministack"))) as url:
        client = kms.connect(region="eu-west-1", endpoint_url=url, credentials=kms.Credentials("test", "test"))
        rows = _rows("ministack over loopback HTTP", client, rounds, batch, LIMIT)
    rows += _rows("embedded, in-process", kms.connect(local=":memory:"), rounds, batch, "")
    table("jwt.sign through KMSSigner against the bare client.sign", rows)


def _rows(endpoint: str, client: Any, rounds: int, batch: int, limit: str) -> list[dict[str, str]]:
    rows = []
    for alg in ("ES256", "RS256"):
        signer = KMSSigner.open(client, kms.create_key(client, alg, bits=2048 if alg == "RS256" else None), alg)
        result = medians(_peers(client, signer), rounds, batch)
        rows.append(
            {
                "alg": alg,
                "endpoint": endpoint,
                "client.sign us": f"{result['client.sign']:.0f}",
                "jwt.sign us": f"{result['jwt.sign']:.0f}",
                "ratio": f"{result['jwt.sign'] / result['client.sign']:.3f}x",
                "limit": limit,
            }
        )
    return rows


def _peers(client: Any, signer: KMSSigner) -> dict[str, Callable[[], object]]:
    request = jwt.prepare(CLAIMS, signer.public_key, lifetime=timedelta(minutes=5))
    digest = sha256(request.signing_input.message or b"").digest()
    how = signer.public_key.algorithm.kms_algorithm

    def bare() -> object:
        return client.sign(KeyId=signer.key_arn, Message=digest, MessageType="DIGEST", SigningAlgorithm=how)

    def ours() -> object:
        return jwt.sign(CLAIMS, signer, lifetime=timedelta(minutes=5))

    return {"client.sign": bare, "jwt.sign": ours}
