"""A request is finished by a signature of its own bytes alone, in every format and for every form of its payload."""

from __future__ import annotations

import io

import pytest

from kmsjose import cose, cwt, jws, jwt, vc
from kmsjose.errors import InputError
from kmsjose.payload import Chunks

CREDENTIAL = {
    "@context": ["https://www.w3.org/ns/credentials/v2"],
    "type": ["VerifiableCredential"],
    "issuer": "https://issuer.example",
}


def _chunks(data: bytes) -> Chunks:
    return Chunks(len(data), [data])


#: The forms of a payload: the whole is kept, or its digest alone.
FORMS = {"bytes": bytes, "file": io.BytesIO, "chunks": _chunks}

#: Formats that take a payload of any form: (payload, public key, the countersigned message) -> request.
DETACHED = {
    "JWS": lambda payload, key, _: jws.prepare(payload, key, detached=True),
    "JWS, b64 false": lambda payload, key, _: jws.prepare(payload, key, detached=True, b64=False),
    "JWS JSON": lambda payload, key, _: jws.prepare_json(payload, [key], detached=True),
    "COSE_Sign1": lambda payload, key, _: cose.prepare1(payload, key, detached=True),
    "COSE_Sign": lambda payload, key, _: cose.prepare(payload, [key], detached=True),
    "hash envelope": lambda payload, key, _: cose.prepare_hash_envelope(payload, key),
    "countersignature": lambda payload, key, message: cose.prepare_countersign(message, key, payload=payload),
    "abbreviated": lambda payload, key, message: cose.prepare_countersign0(message, key, payload=payload),
}
#: Formats whose content is a document: (text, public key) -> request.
DOCUMENTS = {
    "JWT": lambda text, key: jwt.prepare({"sub": text}, key),
    "CWT": lambda text, key: cwt.prepare({"sub": text}, key),
    "credential": lambda text, key: vc.prepare({**CREDENTIAL, "credentialSubject": {"name": text}}, key),
    "presentation": lambda text, key: vc.prepare_presentation(
        {"@context": CREDENTIAL["@context"], "type": ["VerifiablePresentation"]}, key, nonce=text
    ),
}
#: One of each family: it is the family that decides how a digest is verified.
FAMILIES = ["ES256", "RS256", "PS256", "EdDSA", "ML-DSA-44"]


def _signed(request, signer):
    if hasattr(request, "signing_inputs"):
        return [signing_input.sign(signer) for signing_input in request.signing_inputs]
    return request.signing_input.sign(signer)


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("prepare", DETACHED.values(), ids=DETACHED)
def test_a_signature_of_another_payload_is_refused(signers, prepare, form, name, refused):
    signer, make = signers[name], FORMS[form]
    message = cose.sign1(b"countersigned", signer, detached=True)
    own, other = (prepare(make(data), signer.public_key, message) for data in (b"own", b"other"))
    with refused("signature-invalid", InputError):
        own.finish(_signed(other, signer))
    own.finish(_signed(own, signer))


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("prepare", DOCUMENTS.values(), ids=DOCUMENTS)
def test_a_signature_of_another_document_is_refused(signers, prepare, name, refused):
    signer = signers[name]
    own, other = (prepare(text, signer.public_key) for text in ("own", "other"))
    with refused("signature-invalid", InputError):
        own.finish(_signed(other, signer))
    own.finish(_signed(own, signer))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "prepare",
    [
        lambda payload, keys: jws.prepare_json(payload, keys, detached=True),
        lambda payload, keys: cose.prepare(payload, keys, detached=True),
    ],
    ids=["JWS JSON", "COSE_Sign"],
)
def test_one_bad_signature_among_several_is_refused(signers, prepare, form, refused):
    by = [signers["ES256"], signers["ES384"], signers["PS256"]]
    keys = [signer.public_key for signer in by]
    own, other = (prepare(FORMS[form](data), keys) for data in (b"own", b"other"))
    good, bad = (
        [signing_input.sign(signer) for signing_input, signer in zip(request.signing_inputs, by, strict=True)]
        for request in (own, other)
    )
    for position in range(len(by)):
        with refused("signature-invalid", InputError):
            own.finish([*good[:position], bad[position], *good[position + 1 :]])
    own.finish(good)


def test_the_repr_of_a_request_names_its_kind_and_no_content(signers):
    key = signers["ES256"].public_key
    for request in (jws.prepare(b"secret", key), jws.prepare_json(b"secret", [key]), cose.prepare(b"secret", [key])):
        shown = repr(request)
        assert shown.startswith(f"<{type(request).__name__} of ")
        assert "secret" not in shown


def test_one_who_signs_for_each_and_not_more_or_fewer(signers, refused):
    key = signers["ES256"].public_key
    for request in (jws.prepare_json(b"m", [key, key]), cose.prepare(b"m", [key, key])):
        for number in (0, 1, 3):
            with refused("usage", InputError):
                request.signed_by([signers["ES256"]] * number)
            with refused("usage", InputError):
                request.finish([bytes(64)] * number)


@pytest.mark.parametrize("form", FORMS)
def test_a_signature_by_another_key_is_refused(signers, private_keys, form, refused):
    for one, another in (("ES256", "ES256K"), ("RS256", "RS512"), ("PS256", "PS384"), ("RS256", "PS256")):
        request = jws.prepare(FORMS[form](b"m"), signers[one].public_key, detached=True)
        wrong = jws.prepare(FORMS[form](b"m"), signers[another].public_key, detached=True)
        with refused("signature-invalid", InputError):
            request.finish(_signed(wrong, signers[another]))
