"""What verifies of COSE and CWT: every algorithm in every form, and the keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from hashlib import sha256
from typing import Any

from kmsjose import cose, cwt
from kmsjose.algorithms import TABLE, Algorithm
from kmsjose.cbor import Tag, array
from kmsjose.cose import Label
from kmsjose.ecdsa import der_to_raw
from kmsjose.signers import SigningInput

from .keys import VectorSigner
from .positive import CLAIMS, NOW, PAYLOAD

AAD = b"context"
#: A content that is hashed, and never sent.
CONTENT = b"firmware image"
TYP = "application/example+cose"
#: With the ways of a parameter to be other than an integer or text: a map within a map, and a media type.
HEADER = {
    Label.CONTENT_TYPE: "application/json",
    Label.TYP: TYP,
    Label.CWT_CLAIMS: {1: CLAIMS["iss"], 2: CLAIMS["sub"]},
}
CTI = bytes.fromhex("0b71")
#: Who countersigns.
NOTARY = "EdDSA"

Case = dict[str, Any]


def signed(signing_input: SigningInput, signer: VectorSigner) -> Case:
    """The members of a case that say what is signed, by which key, and what comes of it."""
    message = signing_input.message or b""
    raw = signer.sign(message)
    return {
        "alg": signer.public_key.algorithm.name,
        "kid": signer.public_key.kid,
        "signing_input": message.hex(),
        "kms": signing_input.to_dict(),
        "kms_signature": signer.answered.hex(),
        "signature": raw.hex(),
    }


def signatures_of(cases: list[Case]) -> Iterator[Case]:
    """What `signed` made of each signature in some cases, of which a message may have several."""
    for case in cases:
        yield from case.get("signers", [case])


def cose_cases(signers: Mapping[str, VectorSigner]) -> Iterator[Case]:
    """COSE_Sign1 in every form, hash envelopes, COSE_Sign, and countersignatures on both."""
    for row in TABLE:
        yield from _of_algorithm(row, signers[row.name])
    es256 = signers["ES256"]
    yield _sign1("ES256 sign1 of an empty payload", es256, b"")
    yield _sign1("ES256 sign1 with an unprotected parameter", es256, unprotected={Label.CONTENT_TYPE: 50})
    yield _sign1(
        "ES256 sign1 with tagged values under labels that are not registered",
        es256,
        protected={"example.signingTime": Tag(1, int(NOW.timestamp())), -70001: Tag(28, [Tag(29, 0)])},
        unprotected={-70002: {"number": [Tag(2, bytes([1, *bytes(8)]))]}},
    )
    yield _short_r(es256)
    yield _high_s(signers["ES256K"])
    yield from _of_several(signers)
    yield from _countersigned(signers)


def _of_algorithm(row: Algorithm, signer: VectorSigner) -> Iterator[Case]:
    forms: dict[str, dict[str, Any]] = {
        "sign1": {},
        "sign1 detached": {"detached": True},
        "sign1 with external_aad": {"external_aad": AAD},
        "sign1 untagged": {"tag": False},
        "sign1 with content type, typ and CWT claims": {"protected": HEADER},
    }
    if row.cose_fully_specified is not None:
        forms["sign1 by its fully specified number"] = {"fully_specified": True}
    for form, options in forms.items():
        yield _sign1(f"{row.name} {form}", signer, **options)
    yield _sign(f"{row.name} sign", [signer])
    yield _hash_envelope(f"{row.name} hash envelope", signer)


def _case(name: str, call: str, payload: bytes = PAYLOAD, **options: Any) -> Case:
    """How a message is verified, and the payload that is given back: the options are those it was signed with."""
    return {
        "name": name,
        "call": call,
        "payload": payload.hex(),
        "detached": bool(options.get("detached")),
        "external_aad": options.get("external_aad", b"").hex(),
    }


def _sign1(name: str, signer: VectorSigner, payload: bytes = PAYLOAD, **options: Any) -> Case:
    request = cose.prepare1(payload, signer.public_key, **options)
    return _finished(_case(name, "sign1", payload, **options), request, signer)


def _finished(members: Case, request: Any, signer: VectorSigner) -> Case:
    """A case of one signature: the request is one that `finish` makes a message of."""
    case = signed(request.signing_input, signer)
    return {**members, **case, "message": request.finish(bytes.fromhex(case["signature"])).hex()}


def _hash_envelope(name: str, signer: VectorSigner) -> Case:
    request = cose.prepare_hash_envelope(
        CONTENT,
        signer.public_key,
        content_type="application/octet-stream",
        location="https://example.com/firmware",
    )
    members = {**_case(name, "hash-envelope", sha256(CONTENT).digest()), "content": CONTENT.hex()}
    return _finished(members, request, signer)


def _short_r(signer: VectorSigner) -> Case:
    """An ES256 signature whose r has a leading zero byte: DER drops it, the raw form must not."""
    for number in range(4096):
        case = _sign1("ES256 sign1 with a short r", signer, b"%d" % number)
        if case["signature"].startswith("00"):
            return case
    raise AssertionError("no short r among 4096 signatures")


def _high_s(signer: VectorSigner) -> Case:
    """An ES256K signature that KMS answers with s in the upper half: the message has it in the lower."""
    row = signer.public_key.algorithm
    for number in range(64):
        case = _sign1("ES256K sign1 with a high s in the DER", signer, b"%d" % number)
        # Both have the same r, and the s that DER has is the other one.
        if bytes.fromhex(case["signature"])[row.coordinate_size :] not in signer.answered:
            assert der_to_raw(signer.answered, row).hex() == case["signature"]
            return case
    raise AssertionError("no high s among 64 signatures")


def _sign(name: str, signers: list[VectorSigner], **options: Any) -> Case:
    request = cose.prepare(PAYLOAD, [signer.public_key for signer in signers], **options)
    parts = [signed(part, signer) for part, signer in zip(request.signing_inputs, signers, strict=True)]
    message = request.finish([bytes.fromhex(part["signature"]) for part in parts]).hex()
    of_signers = parts[0] if len(parts) == 1 else {"signers": parts}
    return {**_case(name, "sign", **options), **of_signers, "message": message}


def _of_several(signers: Mapping[str, VectorSigner]) -> Iterator[Case]:
    yield _sign("sign with three signers", [signers[alg] for alg in ("ES256", "PS256", "ML-DSA-44")], protected=HEADER)
    two = [signers[alg] for alg in ("ES256", "EdDSA")]
    yield _sign("sign detached with external_aad", two, detached=True, external_aad=AAD)
    yield _sign("sign untagged", two, tag=False)


def _countersigned(signers: Mapping[str, VectorSigner]) -> Iterator[Case]:
    """Of each case the signature that is told of is the countersignature, and `target` the message without it."""
    notary, second = signers[NOTARY], signers["ES384"]
    targets = {
        "sign1": _sign1("", signers["ES256"]),
        "sign1 detached": _sign1("", signers["ES256"], detached=True),
        "sign": _sign("", [signers["ES256"], signers["RS256"]]),
    }
    for name, target in targets.items():
        yield _countersign(f"countersignature on {name}", target, notary)
        yield _countersign(f"abbreviated countersignature on {name}", target, notary, abbreviated=True)
    once = _countersign("countersignature with external_aad", targets["sign1"], notary, external_aad=AAD)
    yield once
    yield _countersign("second countersignature", once, second, external_aad=AAD)


def _countersign(
    name: str, target: Case, notary: VectorSigner, *, abbreviated: bool = False, external_aad: bytes = b""
) -> Case:
    prepare = cose.prepare_countersign0 if abbreviated else cose.prepare_countersign
    message, detached = bytes.fromhex(target["message"]), target["detached"]
    payload = PAYLOAD if detached else None
    request = prepare(message, notary.public_key, payload=payload, external_aad=external_aad)
    call = "countersign0" if abbreviated else "countersign"
    members = {**_case(name, call, detached=detached, external_aad=external_aad), "target": target["message"]}
    return _finished(members, request, notary)


def cwt_cases(signers: Mapping[str, VectorSigner]) -> Iterator[Case]:
    """A CWT of every algorithm, signed and verified at one moment; and with the CWT tag, a typ and a cti."""
    for row in TABLE:
        yield _cwt(f"{row.name} CWT", signers[row.name], CLAIMS)
    es256 = signers["ES256"]
    yield _cwt("ES256 CWT with the CWT tag", es256, CLAIMS, tag=True)
    yield _cwt("ES256 CWT with a typ", es256, CLAIMS, typ="application/cwt")
    yield _cwt("ES256 CWT with a typ of its own", es256, CLAIMS, typ=TYP)
    yield _cwt("ES256 CWT with a cti", es256, {**CLAIMS, "cti": CTI})
    yield _cwt("ES256 CWT with claims in its header", es256, CLAIMS, protected={Label.CWT_CLAIMS: {1: CLAIMS["iss"]}})
    yield _cwt("ES256 CWT with a claim of its own", es256, {**CLAIMS, -65537: "private", "scope": "read"})


def _cwt(name: str, signer: VectorSigner, claims: Mapping[int | str, Any], **options: Any) -> Case:
    request = cwt.prepare(claims, signer.public_key, lifetime=timedelta(minutes=5), now=NOW, **options)
    now = int(NOW.timestamp())
    full = {**claims, "iat": now, "exp": now + 300}
    members = {
        "name": name,
        "now": now,
        "issuer": CLAIMS["iss"],
        "audience": CLAIMS["aud"],
        "typ": options.get("typ"),
        "claims": {str(label): value.hex() if isinstance(value, bytes) else value for label, value in full.items()},
    }
    return _finished(members, request, signer)


def cose_keys(signers: Mapping[str, VectorSigner]) -> Case:
    """The public keys as COSE_Keys with their thumbprints, and all of them as a COSE_KeySet."""
    keys = [signer.public_key for signer in signers.values()]
    entries = []
    for key in keys:
        row = key.algorithm
        entry = {"alg": row.name, "kid": key.kid, "key": key.to_cose_key().hex()}
        if row.cose_fully_specified is not None:
            entry["fully_specified"] = key.to_cose_key(fully_specified=True).hex()
        entries.append({**entry, "thumbprint": key.cose_thumbprint().hex()})
    return {"keys": entries, "key_set": array(key.to_cose_key() for key in keys).hex()}
