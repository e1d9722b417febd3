"""Reads cases by kind from stdin and writes what pycose makes of each, or its error.

It gives the payload of a COSE_Sign1 and a COSE_Sign and the kid of a COSE_Key that it reads, and the bytes of a message
that it signs. It knows no CWT.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

from pycose.headers import KID, Algorithm
from pycose.keys import CoseKey
from pycose.messages import Sign1Message, SignMessage
from pycose.messages.signer import CoseSignature

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


def cose_key(case: Case) -> str:
    return CoseKey.decode(bytes.fromhex(case["cose_key"])).kid.hex()


def make_sign1(case: Case) -> str:
    message = Sign1Message(
        header_of(case),
        payload=bytes.fromhex(case["payload"]),
        external_aad=bytes.fromhex(case["external_aad"]),
        key=private_key(case),
    )
    return message.encode().hex()


def make_sign(case: Case) -> str:
    aad = bytes.fromhex(case["external_aad"])
    signers = [CoseSignature(header_of(told), external_aad=aad, key=private_key(told)) for told in case["keys"]]
    return SignMessage(payload=bytes.fromhex(case["payload"]), signers=signers).encode().hex()


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


def header_of(case: Case) -> dict[Any, Any]:
    return {Algorithm: case["number"], KID: case["kid"].encode()}


def private_key(case: Case) -> CoseKey:
    return CoseKey.from_pem_private_key(case["private"])


def verdict(call: Callable[[Case], object], case: Case) -> object:
    try:
        return call(case)
    except Exception as error:  # noqa: BLE001 - a peer's own errors share no class, and each is a verdict
        return {"error": f"{type(error).__name__}: {error}"}


KINDS = {"sign1": sign1, "sign": sign, "cose_key": cose_key, "make_sign1": make_sign1, "make_sign": make_sign}
told = json.load(sys.stdin)
json.dump(
    {
        kind: {name: verdict(call, case) for name, case in told[kind].items()}
        for kind, call in KINDS.items()
        if kind in told
    },
    sys.stdout,
)
