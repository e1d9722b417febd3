"""`jwt.sign` through KMSSigner against the bare `client.sign` call on the same client."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256

from kmsjose import KMSSigner, jwt, kms

from .measure import medians, table
from .verify import CLAIMS


def main(rounds: int, batch: int) -> None:
    """Print the table, on the embedded KMS: over a network the ratio is closer to one still."""
    client = kms.connect(local=":memory:")
    rows = []
    for alg in ("ES256", "RS256"):
        signer = KMSSigner.open(client, kms.create_key(client, alg, bits=2048 if alg == "RS256" else None), alg)
        request = jwt.prepare(CLAIMS, signer.public_key, lifetime=timedelta(minutes=5))
        message = request.signing_input.message or b""

        def bare(
            arn: str = signer.key_arn, message: bytes = message, how: str = signer.public_key.algorithm.kms_algorithm
        ) -> object:
            return client.sign(KeyId=arn, Message=sha256(message).digest(), MessageType="DIGEST", SigningAlgorithm=how)

        def ours(signer: KMSSigner = signer) -> object:
            return jwt.sign(CLAIMS, signer, lifetime=timedelta(minutes=5))

        result = medians({"client.sign": bare, "jwt.sign": ours}, rounds, batch)
        ratio = result["jwt.sign"] / result["client.sign"]
        rows.append(
            {
                "alg": alg,
                "client.sign us": f"{result['client.sign']:.0f}",
                "jwt.sign us": f"{result['jwt.sign']:.0f}",
                "ratio": f"{ratio:.3f}x",
                "limit": "1.05x",
            }
        )
    table("jwt.sign through KMSSigner against the bare client.sign", rows)
