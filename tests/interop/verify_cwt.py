"""Reads {sign1, sign, cwt} from stdin and writes what python-cwt makes of each message: its payload, or the error."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

import cwt

Case = dict[str, Any]
CLAIMS = ("iss", "sub", "aud", "exp", "nbf", "iat")


def sign1(case: Case) -> str:
    return decoded(case, key_of(case))


def sign(case: Case) -> str:
    # It is content with one signature that it can verify, so each key is asked alone.
    (payload,) = {decoded(case, key_of(signer)) for signer in case["keys"]}
    return payload


def cwt_claims(case: Case) -> Case:
    claims = cwt.Claims.new(cwt.decode(bytes.fromhex(case["message"]), key_of(case)))
    found = {name: getattr(claims, name) for name in CLAIMS}
    return {name: value for name, value in found.items() if value is not None}


def decoded(case: Case, key: cwt.COSEKeyInterface) -> str:
    detached = None if case["payload"] is None else bytes.fromhex(case["payload"])
    return (
        cwt.COSE.new(verify_kid=True)
        .decode(
            bytes.fromhex(case["message"]),
            key,
            external_aad=bytes.fromhex(case["external_aad"]),
            detached_payload=detached,
        )
        .hex()
    )


def key_of(case: Case) -> cwt.COSEKeyInterface:
    return cwt.COSEKey.from_bytes(bytes.fromhex(case["cose_key"]))


def verdict(verify: Callable[[Case], object], case: Case) -> object:
    try:
        return verify(case)
    except Exception as error:  # noqa: BLE001 - a peer's own errors share no class, and each is a verdict
        return {"error": f"{type(error).__name__}: {error}"}


KINDS = {"sign1": sign1, "sign": sign, "cwt": cwt_claims}
told = json.load(sys.stdin)
json.dump(
    {
        kind: {name: verdict(verify, case) for name, case in told.get(kind, {}).items()}
        for kind, verify in KINDS.items()
    },
    sys.stdout,
)
