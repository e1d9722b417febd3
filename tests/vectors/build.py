"""The files of vectors, as texts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from kmsjose import PublicKey

from . import cose_negative, cose_negative_several, cose_positive, cwt_negative, negative, positive
from .keys import VectorSigner, encode, kept_name, make_all, read


def files() -> dict[str, str]:
    """Every file by its name; signatures that can't be made again are taken from the files as they are."""
    keys = make_all(read("keys.json").get("keys", {}))
    kept = dict(_kept(keys))
    signers = {name: VectorSigner(jwk, kept) for name, jwk in keys.items()}
    # Not `KeySet.to_jwks`: one RSA key stands for six algorithms here, and a set that is published has each kid once.
    jwks = {"keys": [signer.public_key.to_jwk() for signer in signers.values()]}
    return {
        "keys.json": _text({"comment": "Private keys of these vectors; worthless for anything else.", "keys": keys}),
        "jwks.json": _text(jwks),
        "jws.json": _text(list(positive.jws_cases(signers))),
        "jwt.json": _text(list(positive.jwt_cases(signers))),
        "vc.json": _text(list(positive.vc_cases(signers))),
        "negative.json": _text(list(negative.cases(signers))),
        "cose-keys.json": _text(cose_positive.cose_keys(signers)),
        "cose.json": _text(list(cose_positive.cose_cases(signers))),
        "cwt.json": _text(list(cose_positive.cwt_cases(signers))),
        "negative-cose.json": _text(
            [
                *cose_negative.cases(signers),
                *cose_negative_several.cases(signers),
                *cwt_negative.cases(signers["ES256"]),
            ]
        ),
    }


def _text(value: object) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"


def _kept(keys: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Signatures of the files as they are, each under its key and message."""
    public = {
        name: PublicKey.from_jwk({k: v for k, v in jwk.items() if k not in _PRIVATE}) for name, jwk in keys.items()
    }
    for case in [*(read("jws.json") or []), *(read("jwt.json") or []), *(read("vc.json") or [])]:
        if case["signing_input"] is not None:
            yield kept_name(public[case["alg"]], case["signing_input"].encode()), case["signature"]
    for case in cose_positive.signatures_of([*(read("cose.json") or []), *(read("cwt.json") or [])]):
        message, signature = (bytes.fromhex(case[member]) for member in ("signing_input", "signature"))
        yield kept_name(public[case["alg"]], message), encode(signature)


_PRIVATE = ("d", "p", "q", "dp", "dq", "qi", "priv")
