"""What verifies: every algorithm in every form."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from kmsjose import jws, jwt, vc
from kmsjose.algorithms import TABLE
from kmsjose.jose.compact import JWSRequest

from .keys import VectorSigner, encode

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PAYLOAD = b'{"message":"kmsjose"}'
CLAIMS = {"iss": "https://issuer.example", "aud": "https://api.example", "sub": "alice"}
ISSUER = "https://university.example"
CREDENTIAL = {
    "@context": ["https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/examples/v2"],
    "id": "http://university.example/credentials/3732",
    "type": ["VerifiableCredential", "ExampleDegreeCredential"],
    "issuer": ISSUER,
    "validFrom": "2025-06-01T00:00:00Z",
    "credentialSubject": {"id": "did:example:alice", "degree": {"type": "ExampleBachelorDegree", "name": "BSc"}},
}
CREDENTIAL_1 = {
    "@context": ["https://www.w3.org/2018/credentials/v1"],
    "id": "http://university.example/credentials/3732",
    "type": ["VerifiableCredential"],
    "issuer": ISSUER,
    "issuanceDate": "2025-06-01T00:00:00Z",
    "credentialSubject": {"id": "did:example:alice", "degree": "BSc"},
}
PRESENTATION = {
    "@context": ["https://www.w3.org/ns/credentials/v2"],
    "type": ["VerifiablePresentation"],
    "holder": ISSUER,
}

Case = dict[str, Any]


def jws_cases(signers: Mapping[str, VectorSigner]) -> Iterator[Case]:
    """Compact JWS, attached and detached, encoded and not, and the JSON forms."""
    for row in TABLE:
        signer = signers[row.name]
        for form, options in {
            "compact": {},
            "compact detached": {"detached": True},
            "compact unencoded": {"b64": False, "payload": b"$1,234"},
            "compact unencoded and detached": {"b64": False, "detached": True, "payload": b"$.02"},
            "compact with typ and cty": {"header": {"typ": "example+jws", "cty": "application/json"}},
        }.items():
            arguments: dict[str, Any] = dict(options)
            payload = arguments.pop("payload", PAYLOAD)
            yield _compact(f"{row.name} {form}", payload, signer, **arguments)
        for form in ("flattened", "general"):
            message = jws.sign_json(PAYLOAD, [signer], form=form)  # type: ignore[arg-type]  # one of the two
            yield _json(f"{row.name} {form}", message, signer)
    ed25519 = signers["EdDSA"]
    yield _compact("Ed25519 by its fully specified name", PAYLOAD, ed25519, fully_specified=True)
    yield _compact("ES256 of an empty payload", b"", signers["ES256"])
    yield _short_r(signers["ES256"])
    yield _high_s(signers["ES256K"])
    several = [signers[alg] for alg in ("ES256", "EdDSA", "RS256")]
    message = jws.sign_json(PAYLOAD, several)
    yield {**_json("general with three signers", message, several[0]), "signing_input": None, "kms_signature": None,
           "signature": None, "kid": [signer.public_key.kid for signer in several]}  # fmt: skip


def _compact(name: str, payload: bytes, signer: VectorSigner, **arguments: Any) -> Case:
    request = jws.prepare(payload, signer.public_key, **arguments)
    case = _signed(name, request, signer)
    return {**case, "payload": encode(payload), "detached": bool(arguments.get("detached"))}


def _signed(name: str, request: JWSRequest, signer: VectorSigner) -> Case:
    message = request.signing_input.message or b""
    raw = signer.sign(message)
    return {
        "name": name,
        "alg": signer.public_key.algorithm.name,
        "kid": signer.public_key.kid,
        "signing_input": message.decode(),
        "kms": request.signing_input.to_dict(),
        "kms_signature": encode(signer.answered),
        "signature": encode(raw),
        "token": request.finish(raw),
    }


def _json(name: str, message: Mapping[str, Any], signer: VectorSigner) -> Case:
    entry = message.get("signatures", [message])[-1]
    return {
        "name": name,
        "alg": signer.public_key.algorithm.name,
        "kid": signer.public_key.kid,
        "signing_input": f"{entry['protected']}.{message['payload']}",
        "kms_signature": encode(signer.answered),
        "signature": entry["signature"],
        "token": message,
        "payload": encode(PAYLOAD),
        "detached": False,
    }


def _short_r(signer: VectorSigner) -> Case:
    """An ES256 signature whose r has a leading zero byte: DER drops it, the raw form must not."""
    for number in range(4096):
        case = _compact("ES256 with a short r", b"%d" % number, signer)
        if case["signature"].startswith("AA") or len(signer.answered) < 70:
            return case
    raise AssertionError("no short r among 4096 signatures")


def _high_s(signer: VectorSigner) -> Case:
    """An ES256K signature that KMS answers with s in the upper half: the token has it in the lower."""
    half = signer.public_key.algorithm.curve.group_order // 2  # type: ignore[union-attr]  # an ECDSA row has a curve
    for number in range(64):
        case = _compact("ES256K with a high s in the DER", b"%d" % number, signer)
        s_size = signer.answered[signer.answered[3] + 5]
        if int.from_bytes(signer.answered[-s_size:]) > half:
            return case
    raise AssertionError("no high s among 64 signatures")


def jwt_cases(signers: Mapping[str, VectorSigner]) -> Iterator[Case]:
    """A JWT of every algorithm, signed and verified at one moment."""
    for row in TABLE:
        signer = signers[row.name]
        request = jwt.prepare(CLAIMS, signer.public_key, lifetime=timedelta(minutes=5), now=NOW)
        yield {
            **_signed(f"{row.name} JWT", request, signer),
            "now": int(NOW.timestamp()),
            "issuer": CLAIMS["iss"],
            "audience": CLAIMS["aud"],
            "claims": {**CLAIMS, "iat": int(NOW.timestamp()), "exp": int(NOW.timestamp()) + 300},
        }


def vc_cases(signers: Mapping[str, VectorSigner]) -> Iterator[Case]:
    """A credential of both data models and a presentation, of every algorithm."""
    for row in TABLE:
        signer = signers[row.name]
        for name, kind, document in (
            ("vc+jwt", "credential", CREDENTIAL),
            ("VCDM 1.1 JWT", "credential", CREDENTIAL_1),
            ("vp+jwt", "presentation", PRESENTATION),
        ):
            prepare = vc.prepare if kind == "credential" else vc.prepare_presentation
            case = _signed(f"{row.name} {name}", prepare(document, signer.public_key), signer)
            yield {**case, "kind": kind, "now": int(NOW.timestamp()), "document": json.loads(json.dumps(document))}
