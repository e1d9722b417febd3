"""How a COSE library is measured in an environment of its own: beside the bare calls there, in one process.

Of this package it takes what needs no more than `cryptography`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Collection
from typing import Any

from cryptography.hazmat.primitives.serialization import load_der_public_key, load_pem_private_key

from .bare import sign_call, verify_call
from .measure import medians

Case = dict[str, Any]
Make = Callable[[Case], Callable[[], object]]


def main(verifier: Make, signer: Make, unknown: Collection[str]) -> None:
    """Read cases by JOSE name from stdin, and write the microseconds of each call; None for what the peer can't do.

    Args:
        verifier: Of a case: the peer's call that verifies its message.
        signer: Of a case: the peer's call that signs its payload.
        unknown: The JOSE names of the algorithms that the peer does not know.
    """
    told = json.load(sys.stdin)
    answers: dict[str, dict[str, dict[str, float] | None]] = {"verify": {}, "sign": {}}
    for alg, case in told["cases"].items():
        for kind, make, bare in (("verify", verifier, _bare_verify), ("sign", signer, _bare_sign)):
            if alg in unknown:
                answers[kind][alg] = None
            else:
                calls = {"bare": bare(case), "peer": make(case)}
                answers[kind][alg] = medians(calls, told["rounds"], told["batch"])
    json.dump(answers, sys.stdout)


def _bare_verify(case: Case) -> Callable[[], object]:
    key = load_der_public_key(bytes.fromhex(case["spki"]))
    signed, signature = bytes.fromhex(case["signed"]), bytes.fromhex(case["signature"])
    return verify_call(key, case["family"], case["digest"], signed, signature)


def _bare_sign(case: Case) -> Callable[[], object]:
    key = load_pem_private_key(case["private"].encode(), None)
    return sign_call(key, case["family"], case["digest"], bytes.fromhex(case["signed"]))
