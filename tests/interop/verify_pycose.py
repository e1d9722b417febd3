"""Reads {sign1, sign} from stdin and writes what pycose makes of each message: its payload, or the error.

pycose knows no CWT, so a told `cwt` is left out of the answer.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

from pycose.headers import KID
from pycose.keys import CoseKey
from pycose.messages import Sign1Message, SignMessage

Case = dict[str, Any]


class VerificationFailedError(Exception):
    """pycose returned False."""


def sign1(case: Case) -> str:
    message = Sign1Message.decode(bytes.fromhex(case["message"]))
    check(message, [case], case)
    return payload_of(message, case).hex()


def sign(case: Case) -> str:
    message = SignMessage.decode(bytes.fromhex(case["message"]))
    if len(message.signers) != len(case["keys"]):
        raise VerificationFailedError(f"{len(message.signers)} signatures for {len(case['keys'])} keys")
    for signature in message.signers:
        check(signature, case["keys"], case)
    return payload_of(message, case).hex()


def check(signature: Any, keys: list[Case], case: Case) -> None:
    # pycose leaves it to its caller to find the key by the kid.
    by_kid = {key.kid: key for key in (CoseKey.decode(bytes.fromhex(told["cose_key"])) for told in keys)}
    signature.key = by_kid[signature.phdr[KID]]
    signature.external_aad = bytes.fromhex(case["external_aad"])
    detached = None if case["payload"] is None else bytes.fromhex(case["payload"])
    if not signature.verify_signature(detached_payload=detached):
        raise VerificationFailedError("the signature is wrong")


def payload_of(message: Any, case: Case) -> bytes:
    return bytes.fromhex(case["payload"]) if message.payload is None else message.payload


def verdict(verify: Callable[[Case], object], case: Case) -> object:
    try:
        return verify(case)
    except Exception as error:  # noqa: BLE001 - a peer's own errors share no class, and each is a verdict
        return {"error": f"{type(error).__name__}: {error}"}


KINDS = {"sign1": sign1, "sign": sign}
told = json.load(sys.stdin)
json.dump(
    {
        kind: {name: verdict(verify, case) for name, case in told.get(kind, {}).items()}
        for kind, verify in KINDS.items()
    },
    sys.stdout,
)
