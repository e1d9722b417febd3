"""python-cwt, measured."""

from __future__ import annotations

from collections.abc import Callable

import cwt

from .peer import Case, main


def verifier(case: Case) -> Callable[[], object]:
    """Its verification of a message."""
    message, key = bytes.fromhex(case["message"]), cwt.COSEKey.from_bytes(bytes.fromhex(case["cose_key"]))
    coder = cwt.COSE.new(verify_kid=True)
    return lambda: coder.decode(message, key)


def signer(case: Case) -> Callable[[], object]:
    """Its signing of a payload."""
    key = cwt.COSEKey.from_pem(case["private"], alg=case["number"], kid=case["kid"])
    payload, coder = bytes.fromhex(case["payload"]), cwt.COSE.new(alg_auto_inclusion=True, kid_auto_inclusion=True)
    return lambda: coder.encode_and_sign(payload, key)


main(verifier, signer, {"ML-DSA-44", "ML-DSA-65", "ML-DSA-87"})
