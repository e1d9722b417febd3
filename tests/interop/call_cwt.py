"""Reads cases by kind from stdin and writes what python-cwt makes of each, or its error.

It gives the payload of a COSE_Sign1 and a COSE_Sign, the claims of a CWT and the kid of a COSE_Key that it reads, and
the bytes of a message or token that it signs.
"""

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


def cose_key(case: Case) -> str:
    return key_of(case).kid.hex()


def make_sign1(case: Case) -> str:
    coder = cwt.COSE.new(alg_auto_inclusion=True, kid_auto_inclusion=True)
    aad = bytes.fromhex(case["external_aad"])
    return coder.encode_and_sign(bytes.fromhex(case["payload"]), private_key(case), external_aad=aad).hex()


def make_sign(case: Case) -> str:
    signers = [
        cwt.Signer.new(private_key(told), protected={1: told["number"]}, unprotected={4: told["kid"].encode()})
        for told in case["keys"]
    ]
    aad = bytes.fromhex(case["external_aad"])
    return cwt.COSE.new().encode_and_sign(bytes.fromhex(case["payload"]), signers=signers, external_aad=aad).hex()


def make_cwt(case: Case) -> str:
    return cwt.encode(case["claims"], private_key(case), tagged=case["tag"]).hex()


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


def private_key(case: Case) -> cwt.COSEKeyInterface:
    return cwt.COSEKey.from_pem(case["private"], alg=case["number"], kid=case["kid"])


def verdict(call: Callable[[Case], object], case: Case) -> object:
    try:
        return call(case)
    except Exception as error:  # noqa: BLE001 - a peer's own errors share no class, and each is a verdict
        return {"error": f"{type(error).__name__}: {error}"}


KINDS = {
    "sign1": sign1,
    "sign": sign,
    "cwt": cwt_claims,
    "cose_key": cose_key,
    "make_sign1": make_sign1,
    "make_sign": make_sign,
    "make_cwt": make_cwt,
}
told = json.load(sys.stdin)
json.dump(
    {
        kind: {name: verdict(call, case) for name, case in told[kind].items()}
        for kind, call in KINDS.items()
        if kind in told
    },
    sys.stdout,
)
