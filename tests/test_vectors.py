"""Every vector: it is made again byte for byte, and verifies or is refused with its code; DER becomes the raw form."""

from __future__ import annotations

from base64 import b64decode
from datetime import UTC, datetime
from hashlib import sha256

import pytest

from kmsjose import KeySet, KmsJoseError, jws, jwt, vc
from kmsjose.algorithms import TABLE, Family, by_name
from kmsjose.ecdsa import der_to_raw, raw_to_der
from kmsjose.jose.compact import prepare
from tests.vectors import build
from tests.vectors.keys import FOLDER, decode, read

KEYS = KeySet.from_jwks(read("jwks.json"))
JWS, JWT, VC, NEGATIVE = (read(f"{name}.json") for name in ("jws", "jwt", "vc", "negative"))
SIGNED = [case for case in [*JWS, *JWT, *VC] if case["signature"] is not None]


def name_of(case):
    return case["name"]


def moment(case):
    return datetime.fromtimestamp(case["now"], UTC)


def test_the_files_are_what_the_command_writes():
    for name, text in build.files().items():
        assert (FOLDER / name).read_text("utf-8") == text, (
            f"{name}: run python -m tests.vectors, and look at the change"
        )


def test_every_algorithm_and_form_is_there():
    assert {case["alg"] for case in JWT} == {case["alg"] for case in VC} == {row.name for row in TABLE}
    forms = {
        case["name"].removeprefix(case["alg"]).strip() for case in JWS if case["name"].startswith(case["alg"] + " ")
    }
    assert {"compact", "compact detached", "compact unencoded", "compact unencoded and detached", "flattened",
            "general"} <= forms  # fmt: skip


@pytest.mark.parametrize("case", SIGNED, ids=name_of)
def test_what_kms_answers_becomes_the_raw_signature(case):
    row = by_name(case["alg"])
    answered, raw = decode(case["kms_signature"]), decode(case["signature"])
    if row.family is Family.ECDSA:
        assert der_to_raw(answered, row) == raw
        if not row.low_s:
            assert raw_to_der(raw, row) == answered
    else:
        assert answered == raw
    KEYS.find(case["kid"], row).verify(case["signing_input"].encode(), raw)


@pytest.mark.parametrize("case", [case for case in SIGNED if "kms" in case], ids=name_of)
def test_what_kms_is_sent_is_of_the_signing_input(case):
    row, message = by_name(case["alg"]), case["signing_input"].encode()
    sent = b64decode(case["kms"]["Message"])
    if row.hash is not None:
        import hashlib

        assert sent == hashlib.new(row.hash.name, message).digest()
        assert case["kms"]["MessageType"] == "DIGEST"
    else:
        assert sent == message
        assert case["kms"]["MessageType"] == "RAW"


@pytest.mark.parametrize("case", JWS, ids=name_of)
def test_a_jws_verifies(case):
    payload = decode(case["payload"])
    given = payload if case["detached"] else None
    if isinstance(case["token"], str):
        assert jws.verify(case["token"], KEYS, payload=given).payload == payload
    else:
        message = jws.verify_json(case["token"], KEYS)
        assert message.payload == payload
        assert all(verdict.error is None for verdict in message.verdicts)


@pytest.mark.parametrize("case", JWT, ids=name_of)
def test_a_jwt_verifies(case):
    verified = jwt.verify(case["token"], KEYS, issuer=case["issuer"], audience=case["audience"], now=moment(case))
    assert verified.claims == case["claims"]


@pytest.mark.parametrize("case", VC, ids=name_of)
def test_a_credential_verifies(case):
    verify = vc.verify if case["kind"] == "credential" else vc.verify_presentation
    assert verify(case["token"], KEYS, now=moment(case)).document == case["document"]


CALLS = {"jws": jws.verify, "jws-json": jws.verify_json, "jwt": jwt.verify, "vc": vc.verify}


@pytest.mark.parametrize("case", NEGATIVE, ids=name_of)
def test_what_must_be_refused_is_refused_with_its_code(case):
    arguments = dict(case["arguments"])
    if "now" in arguments:
        arguments["now"] = datetime.fromtimestamp(arguments["now"], UTC)
    with pytest.raises(KmsJoseError) as caught:
        CALLS[case["call"]](case["token"], KEYS, **arguments)
    assert caught.value.code == case["error"]


def test_the_keys_sign_what_the_vectors_say():
    private = read("keys.json")["keys"]
    from tests.vectors.keys import VectorSigner

    for alg in ("ES256", "ES384", "ES512", "ES256K", "EdDSA", "RS256"):
        case = next(case for case in JWS if case["name"] == f"{alg} compact")
        signer = VectorSigner(private[alg], {})
        request = prepare(decode(case["payload"]), signer.public_key)
        assert sha256(request.signing_input.message).digest() == sha256(case["signing_input"].encode()).digest()
        assert request.finish(signer.sign(request.signing_input.message)) == case["token"]
