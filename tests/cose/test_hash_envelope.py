"""Hash envelopes (RFC 9995): the digest is signed, the content compared."""

from __future__ import annotations

import hashlib
import io

import pytest

from kmsjose import cose, cwt
from kmsjose.cbor import dumps, untagged
from kmsjose.errors import InputError
from kmsjose.payload import Chunks

CONTENT = bytes(range(256)) * 100


@pytest.fixture
def es256(signers):
    return signers["ES256"]


def test_every_algorithm_signs_a_content_of_any_size(signer, trusted):
    message = cose.sign_hash_envelope(
        CONTENT, signer, content_type="application/spdx+json", location="https://x.example"
    )
    verified = cose.verify_hash_envelope(message, trusted, CONTENT)
    assert verified.payload == hashlib.sha256(CONTENT).digest()
    assert {label: verified.protected[label] for label in (258, 259, 260)} == {
        258: -16,
        259: "application/spdx+json",
        260: "https://x.example",
    }
    assert verified.key == signer.public_key


@pytest.mark.parametrize("prepared", [False, True])
@pytest.mark.parametrize("options, tags, number", [
    ({}, (18,), -7), ({"tag": False}, (), -7), ({"fully_specified": True}, (18,), -9),
])  # fmt: skip
def test_it_is_tagged_and_signed_by_the_usual_number_unless_asked(es256, trusted, options, tags, number, prepared):
    if prepared:
        message = cose.prepare_hash_envelope(CONTENT, es256.public_key, **options).signed_by(es256)
    else:
        message = cose.sign_hash_envelope(CONTENT, es256, **options)
    assert untagged(message)[0] == tags
    verified = cose.verify_hash_envelope(message, trusted, CONTENT)
    assert verified.protected == {1: number, 4: es256.public_key.kid.encode(), 258: -16}
    assert verified.unprotected == {}


def test_it_has_further_headers(es256, trusted):
    message = cose.sign_hash_envelope(CONTENT, es256, protected={"x": [[1]]}, unprotected={"hint": 1})
    verified = cose.verify_hash_envelope(message, trusted, CONTENT)
    assert (verified.protected["x"], verified.unprotected) == ([[1]], {"hint": 1})
    verified.protected["x"].append(2)
    assert cose.verify_hash_envelope(message, trusted, CONTENT).protected["x"] == [[1]]


def test_its_digest_is_not_taken_for_the_content(es256, trusted, forge1, header_of, refused):
    message = cose.sign_hash_envelope(CONTENT, es256)
    with refused("hash-envelope"):
        cose.verify1(message, trusted)
    with refused("hash-envelope"):
        cwt.verify(forge1(es256, {**header_of(es256), 258: -16}, payload=dumps({})), trusted, require=())
    with refused("hash-envelope"):
        cwt.verify(message, trusted, require=(), understood=[258])
    with refused("hash-envelope"):
        cose.verify(cose.sign(b"digest", [es256], protected={258: -16}), trusted)


def test_whoever_says_so_gets_the_digest_without_the_content(es256, trusted, refused):
    message = cose.sign_hash_envelope(CONTENT, es256)
    digest = hashlib.sha256(CONTENT).digest()
    assert cose.verify_hash_envelope(message, trusted, None).payload == digest
    assert cose.verify1(message, trusted, understood=[cose.Label.PAYLOAD_HASH_ALG]).payload == digest
    with refused("payload-missing"):
        cose.verify_hash_envelope(cose.sign_hash_envelope(CONTENT, es256, detached=True), trusted, None)


@pytest.mark.parametrize("number, name", [(-16, "sha256"), (-43, "sha384"), (-44, "sha512")])
def test_each_hash(es256, trusted, number, name):
    message = cose.sign_hash_envelope(io.BytesIO(CONTENT), es256, hash_alg=number)
    verified = cose.verify_hash_envelope(message, trusted, Chunks(len(CONTENT), [CONTENT[:7], CONTENT[7:]]))
    assert verified.payload == hashlib.new(name, CONTENT).digest()


def test_the_digest_may_be_left_out_too(es256, trusted, refused):
    message = cose.sign_hash_envelope(CONTENT, es256, detached=True, external_aad=b"x", tag=False)
    verified = cose.verify_hash_envelope(message, trusted, CONTENT, external_aad=b"x")
    assert verified.payload == hashlib.sha256(CONTENT).digest()
    with refused("signature-invalid"):
        cose.verify_hash_envelope(message, trusted, CONTENT[:-1], external_aad=b"x")


def test_another_content_is_refused(es256, trusted, refused):
    message = cose.sign_hash_envelope(CONTENT, es256)
    with refused("digest-mismatch"):
        cose.verify_hash_envelope(message, trusted, CONTENT[:-1])


def test_a_bad_signature_is_refused_before_the_content_is_read(es256, trusted, refused):
    class Unread(io.BytesIO):
        def read(self, *_):
            raise AssertionError("it was read")

    message = bytearray(cose.sign_hash_envelope(CONTENT, es256))
    message[-1] ^= 1
    with refused("signature-invalid"):
        cose.verify_hash_envelope(bytes(message), trusted, Unread(CONTENT))


def test_its_parameters_may_be_critical_to_whoever_compares_the_content(es256, trusted, refused):
    message = cose.sign_hash_envelope(CONTENT, es256, protected={2: [258], 16: "application/x"})
    cose.verify_hash_envelope(message, trusted, CONTENT, typ="application/x")
    with refused("crit-unknown"):
        cose.verify1(message, trusted, typ="application/x")


def test_a_typ_may_be_critical_where_it_is_asked_for(es256, trusted, refused):
    message = cose.sign_hash_envelope(CONTENT, es256, protected={2: [16], 16: "application/x"})
    cose.verify_hash_envelope(message, trusted, CONTENT, typ="application/x")
    with refused("crit-unknown"):
        cose.verify_hash_envelope(message, trusted, CONTENT)


def test_another_typ_than_is_asked_for(es256, trusted, refused):
    for protected in ({16: "application/x"}, {}):
        with refused("typ-mismatch"):
            message = cose.sign_hash_envelope(CONTENT, es256, protected=protected)
            cose.verify_hash_envelope(message, trusted, CONTENT, typ="application/y")


def test_another_parameter_is_critical_to_whoever_processes_it(es256, trusted, refused):
    message = cose.sign_hash_envelope(CONTENT, es256, protected={2: ["tenant"], "tenant": 1})
    cose.verify_hash_envelope(message, trusted, CONTENT, understood=["tenant"])
    with refused("crit-unknown"):
        cose.verify_hash_envelope(message, trusted, CONTENT)


def test_an_algorithm_that_is_not_allowed(es256, trusted, refused):
    message = cose.sign_hash_envelope(CONTENT, es256)
    cose.verify_hash_envelope(message, trusted, CONTENT, algorithms=["ES256"])
    with refused("alg-not-allowed"):
        cose.verify_hash_envelope(message, trusted, CONTENT, algorithms=["EdDSA"])
    with refused("alg-unknown", InputError):
        cose.verify_hash_envelope(message, trusted, CONTENT, algorithms=["sha256"])


def test_a_message_over_the_limit(es256, trusted, refused):
    message = cose.sign_hash_envelope(CONTENT, es256)
    cose.verify_hash_envelope(message, trusted, CONTENT, max_size=len(message))
    with refused("too-large"):
        cose.verify_hash_envelope(message, trusted, CONTENT, max_size=len(message) - 1)


def test_a_message_that_is_no_envelope(es256, trusted, refused):
    with refused("bad-header"):
        cose.verify_hash_envelope(cose.sign1(CONTENT, es256), trusted, CONTENT)


@pytest.mark.parametrize("number", [-14, -15, 5, -16.0, "sha256", [-16]], ids=repr)
def test_a_hash_that_is_not_known(es256, trusted, forge1, header_of, refused, number):
    with refused("alg-unknown", InputError):
        cose.sign_hash_envelope(CONTENT, es256, hash_alg=number)
    with refused("alg-unknown"):
        cose.verify_hash_envelope(forge1(es256, {**header_of(es256), 258: number}), trusted, CONTENT)


@pytest.mark.parametrize("buckets", [
    ({258: -16, 3: 0}, None), ({258: -16}, {3: 0}), ({}, {258: -16}), ({258: -16}, {259: 0}), ({258: -16}, {260: "x"}),
    ({258: -16, 259: "x"}, None), ({258: -16, 260: 7}, None), ({258: True}, None), ({258: "sha256"}, None),
])  # fmt: skip
def test_what_the_rfc_forbids(es256, trusted, forge1, header_of, refused, buckets):
    header, unprotected = buckets
    with refused("bad-header"):
        cose.verify1(forge1(es256, {**header_of(es256), **header}, unprotected), trusted)


@pytest.mark.parametrize("protected", [{258: -16}, {259: 0}, {260: "x"}, {3: 0}])
def test_what_the_call_sets_is_not_given_besides(es256, refused, protected):
    with refused("header-invalid", InputError):
        cose.sign_hash_envelope(CONTENT, es256, protected=protected)


def test_prepare_and_finish(es256, trusted):
    request = cose.prepare_hash_envelope(io.BytesIO(CONTENT), es256.public_key)
    message = request.finish(request.signing_input.sign(es256))
    assert cose.verify_hash_envelope(message, trusted, CONTENT)
