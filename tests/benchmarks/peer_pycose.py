"""pycose, measured."""

from __future__ import annotations

from collections.abc import Callable

from pycose.headers import KID, Algorithm
from pycose.keys import CoseKey
from pycose.messages import Sign1Message

from .peer import Case, main


def verifier(case: Case) -> Callable[[], object]:
    """Its verification of a message."""
    encoded, key = bytes.fromhex(case["message"]), CoseKey.decode(bytes.fromhex(case["cose_key"]))

    def verify() -> None:
        message = Sign1Message.decode(encoded)
        message.key = key
        if not message.verify_signature():
            raise ValueError("the signature is wrong")

    return verify


def signer(case: Case) -> Callable[[], object]:
    """Its signing of a payload."""
    key, payload = CoseKey.from_pem_private_key(case["private"]), bytes.fromhex(case["payload"])
    header = {Algorithm: case["number"], KID: case["kid"].encode()}
    return lambda: Sign1Message(header, payload=payload, key=key).encode()


main(verifier, signer, {"ES256K", "ML-DSA-44", "ML-DSA-65", "ML-DSA-87"})
