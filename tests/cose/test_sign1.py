"""COSE_Sign1: round trips of every form, and every refusal with its code."""

from __future__ import annotations

import io
import tracemalloc
from base64 import b64encode, urlsafe_b64encode
from enum import IntEnum

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from kmsjose import KeySet, LocalSigner, PublicKey, cose
from kmsjose.algorithms import TABLE, Family
from kmsjose.cbor import Tag, dumps, loads, tagged, untagged
from kmsjose.cose.message import MAX_PAYLOAD_SIZE
from kmsjose.cose.structures import sig_structure1
from kmsjose.ecdsa import raw_to_der
from kmsjose.errors import InputError, KmsJoseError, VerificationError
from kmsjose.payload import Chunks

NAMES = [row.name for row in TABLE]
SMALL = ["ES256", "EdDSA", "PS256", "ML-DSA-44"]


def parts_of(message):
    return loads(untagged(message)[1])


@pytest.fixture
def es256(signers):
    return signers["ES256"]


@pytest.fixture
def kid(es256):
    return es256.public_key.kid.encode()


class TestRoundTrip:
    def test_every_algorithm(self, signer, trusted):
        message = cose.sign1(b"payload", signer)
        verified = cose.verify1(message, trusted)
        assert verified.payload == b"payload"
        assert verified.key == signer.public_key
        row = signer.public_key.algorithm
        assert verified.protected == {1: row.cose, 4: signer.public_key.kid.encode()}
        assert verified.unprotected == {}

    def test_the_form_is_that_of_rfc_9052(self, es256, kid):
        message = cose.sign1(b"payload", es256)
        tags, body = untagged(message)
        assert tags == (18,)
        protected, unprotected, payload, signature = loads(body)
        assert protected == dumps({1: -7, 4: kid})
        assert (unprotected, payload, len(signature)) == ({}, b"payload", 64)
        structure = dumps(["Signature1", protected, b"", b"payload"])
        es256.public_key.verify(structure, signature)

    @pytest.mark.parametrize("alg", NAMES)
    def test_both_numbers_of_an_algorithm_are_verified_by_one_key(self, alg, signers, trusted):
        row = signers[alg].public_key.algorithm
        message = cose.sign1(b"payload", signers[alg], fully_specified=True)
        assert cose.verify1(message, trusted).protected[1] == (row.cose_fully_specified or row.cose)

    @pytest.mark.parametrize("tag", [True, False])
    def test_with_its_tag_and_without(self, es256, trusted, tag):
        message = cose.sign1(b"payload", es256, tag=tag)
        assert untagged(message)[0] == ((18,) if tag else ())
        assert cose.verify1(message, trusted).payload == b"payload"

    @pytest.mark.parametrize("alg", SMALL)
    def test_external_aad_is_signed_and_not_sent(self, alg, signers, trusted, refused):
        message = cose.sign1(b"payload", signers[alg], external_aad=b"a context")
        assert b"a context" not in message
        assert cose.verify1(message, trusted, external_aad=b"a context").payload == b"payload"
        for other in (b"", b"another context"):
            with refused("signature-invalid"):
                cose.verify1(message, trusted, external_aad=other)

    @pytest.mark.parametrize("alg", NAMES)
    def test_a_detached_payload_is_bytes_a_file_or_chunks(self, alg, signers, trusted):
        payload = bytes(range(256)) * 8
        forms = [lambda: payload, lambda: io.BytesIO(payload), lambda: Chunks(2048, [payload[:1], b"", payload[1:]])]
        for signed in forms:
            message = cose.sign1(signed(), signers[alg], detached=True)
            assert untagged(message)[0] == (18,)
            assert parts_of(message)[2] is None
            for given_form in forms:
                verified = cose.verify1(message, trusted, payload=given_form())
                assert verified.payload == (payload if given_form is forms[0] else None)

    def test_a_file_may_be_attached(self, es256, trusted):
        assert cose.verify1(cose.sign1(io.BytesIO(b"payload"), es256), trusted).payload == b"payload"

    def test_an_empty_payload_is_not_a_detached_one(self, es256, trusted, refused):
        message = cose.sign1(b"", es256)
        assert cose.verify1(message, trusted).payload == b""
        with refused("payload-unexpected"):
            cose.verify1(message, trusted, payload=b"")

    def test_headers_of_every_registered_kind(self, es256, trusted):
        protected = {
            cose.Label.CONTENT_TYPE: "application/json",
            cose.Label.TYP: 61,
            cose.Label.CWT_CLAIMS: {1: "https://issuer.example", 2: "alice"},
            cose.Label.X5T: [-16, bytes(32)],
            cose.Label.X5CHAIN: [b"leaf", b"root"],
            "private": [1, {2: b"x"}],
            -70000: None,
        }
        unprotected = {cose.Label.X5BAG: b"other", "hint": 1}
        verified = cose.verify1(cose.sign1(b"p", es256, protected=protected, unprotected=unprotected), trusted)
        assert {label: verified.protected[label] for label in protected if label != -70000} == {
            label: value for label, value in protected.items() if label != -70000
        }
        assert -70000 not in verified.protected
        assert verified.unprotected == unprotected

    @pytest.mark.parametrize("label", [cose.Label.IV, cose.Label.PARTIAL_IV])
    def test_one_kind_of_iv_may_be_there(self, es256, trusted, label):
        for bucket in ("protected", "unprotected"):
            message = cose.sign1(b"p", es256, **{bucket: {label: b"iv"}})
            assert getattr(cose.verify1(message, trusted), bucket)[label] == b"iv"

    def test_the_header_of_a_message_is_its_own_copy(self, es256, trusted):
        message = cose.sign1(b"p", es256, protected={"list": [1]})
        cose.verify1(message, trusted).protected["list"].append(2)
        cose.verify1(message, trusted).protected[1] = 0
        assert cose.verify1(message, trusted).protected["list"] == [1]

    @pytest.mark.parametrize("value", [[[1]], {"a": [1]}, [{"a": [1]}], [Tag(28, [1])], Tag(28, [[1]])], ids=repr)
    def test_what_is_within_it_is_a_copy_too(self, es256, trusted, value):
        def innermost(value):
            while value != [1]:
                value = value.value if isinstance(value, Tag) else value["a"] if isinstance(value, dict) else value[0]
            return value

        message = cose.sign1(b"p", es256, protected={"x": value})
        innermost(cose.verify1(message, trusted).protected["x"]).append(2)
        assert cose.verify1(message, trusted).protected["x"] == value

    def test_a_chain_of_a_key_is_carried(self, es256, private_keys, certify, trusted):
        der = certify(private_keys["ES256"].public_key()).public_bytes(_der())
        one = PublicKey.of(private_keys["ES256"].public_key(), x5c=(der,))
        assert cose.certificate_header(one)[33] == der
        header = cose.certificate_header(PublicKey.of(private_keys["ES256"].public_key(), x5c=(der, der)))
        verified = cose.verify1(cose.sign1(b"p", es256, protected=header), trusted)
        assert verified.protected[33] == [der, der]
        assert verified.protected[34][0] == -16
        with pytest.raises(InputError):
            cose.certificate_header(es256.public_key)

    @given(payload=st.binary(max_size=300), aad=st.binary(max_size=30), detached=st.booleans())
    def test_any_content(self, signers, trusted, payload, aad, detached):
        message = cose.sign1(payload, signers["ES256"], external_aad=aad, detached=detached)
        given_payload = payload if detached else None
        assert cose.verify1(message, trusted, payload=given_payload, external_aad=aad).payload == payload

    def test_a_kid_of_any_bytes_finds_its_key(self, es256, private_keys, forge1, refused):
        key = PublicKey.from_cose_key({**loads(es256.public_key.to_cose_key()), 2: b"\xff\x00"})
        message = cose.sign1(b"p", LocalSigner(private_keys["ES256"], kid=key.kid))
        assert cose.verify1(message, KeySet([key])).protected[4] == b"\xff\x00"
        with refused("key-not-found"):
            cose.verify1(forge1(es256, {1: -7, 4: b"\xff\x01"}), KeySet([key]))

    def test_a_source_is_asked_once(self, es256, trusted):
        class Source:
            asked = 0

            def current(self):
                self.asked += 1
                return es256

        source = Source()
        cose.verify1(cose.sign1(b"p", source), trusted)
        assert source.asked == 1


def _der():
    from cryptography.hazmat.primitives.serialization import Encoding

    return Encoding.DER


class TestPrepareAndFinish:
    @pytest.mark.parametrize("detached", [False, True])
    def test_a_signature_from_elsewhere_makes_the_message(self, signer, trusted, detached):
        request = cose.prepare1(b"payload", signer.public_key, detached=detached, external_aad=b"x")
        message = request.finish(request.signing_input.sign(signer))
        verified = cose.verify1(message, trusted, payload=b"payload" if detached else None, external_aad=b"x")
        assert verified.payload == b"payload"

    @pytest.mark.parametrize("options", [
        {}, {"detached": True}, {"tag": False}, {"detached": True, "tag": False}, {"fully_specified": True},
        {"protected": {3: 0}, "unprotected": {"hint": 1}, "external_aad": b"x"},
    ])  # fmt: skip
    def test_it_is_the_message_that_is_signed_at_once(self, signers, options):
        signer = signers["EdDSA"]
        message = cose.sign1(b"payload", signer, **options)
        assert cose.prepare1(b"payload", signer.public_key, **options).signed_by(signer) == message

    def test_it_tells_what_kms_is_to_be_sent(self, es256):
        request = cose.prepare1(io.BytesIO(b"payload"), es256.public_key, detached=True)
        told = request.signing_input.to_dict()
        assert (told["alg"], told["MessageType"], told["SigningAlgorithm"]) == ("ES256", "DIGEST", "ECDSA_SHA_256")

    def test_a_signature_of_something_else_is_refused(self, es256, signers, refused):
        request = cose.prepare1(b"payload", es256.public_key)
        for signature in (es256.sign(b"other"), bytes(64), b"", signers["ES384"].sign(request.signing_input.message)):
            with refused("signature-invalid", InputError):
                request.finish(signature)

    def test_the_der_that_kms_answers_is_told_apart(self, es256, refused):
        request = cose.prepare1(b"payload", es256.public_key)
        der = raw_to_der(es256.sign(request.signing_input.message), es256.public_key.algorithm)
        with refused("signature-invalid", InputError) as caught:
            request.finish(der)
        assert "raw_of" in str(caught.value)
        assert request.finish(request.signing_input.raw_of(der))

    @pytest.mark.parametrize("signature", ["a" * 64, None, 64, [0] * 64, bytearray(64)])
    def test_what_is_no_signature_is_refused(self, es256, refused, signature):
        with refused("signature-invalid", InputError):
            cose.prepare1(b"payload", es256.public_key).finish(signature)

    def test_a_signer_of_another_key_does_not_sign_it(self, es256, private_keys, refused):
        request = cose.prepare1(b"payload", es256.public_key)
        with refused("usage", InputError):
            request.signed_by(LocalSigner(ec.generate_private_key(ec.SECP256R1())))
        # What else a key is told with is the concern of whoever prepared: the kid in the header is theirs.
        assert request.signed_by(LocalSigner(private_keys["ES256"], kid="another"))

    def test_a_signature_may_be_bytes_of_another_kind(self, es256, trusted):
        request = cose.prepare1(b"payload", es256.public_key)
        assert cose.verify1(request.finish(bytearray(request.signing_input.sign(es256))), trusted)

    def test_it_shows_no_content(self, es256):
        request = cose.prepare1(b"secret", es256.public_key)
        assert "secret" not in repr(request)
        assert "secret" not in repr(cose.verify1(cose.sign1(b"secret", es256), es256.public_key))


class TestWhatIsNotSigned:
    @pytest.mark.parametrize("protected, unprotected, code", [
        ({1: -7}, None, "header-invalid"),  # alg and kid are the call's own
        ({4: b"x"}, None, "header-invalid"),
        (None, {4: b"x"}, "header-invalid"),
        (None, {1: -7}, "header-invalid"),
        ({100: [0] * 66_000}, None, "header-invalid"),  # more items than are read
        (None, {100: [0] * 66_000}, "header-invalid"),
        ({2: []}, None, "header-invalid"),
        ({2: [99]}, None, "header-invalid"),  # absent
        ({2: [99, 99], 99: 1}, None, "header-invalid"),
        (None, {2: [3], 3: 0}, "header-invalid"),
        (None, {16: 61}, "header-invalid"),  # typ is protected
        ({11: [b"", {}, b""]}, None, "header-invalid"),  # a countersignature is not
        ({12: b""}, None, "header-invalid"),
        ({3: "json"}, None, "header-invalid"),
        ({3: " text/plain"}, None, "header-invalid"),
        ({3: -1}, None, "header-invalid"),
        ({3: True}, None, "header-invalid"),
        ({33: []}, None, "header-invalid"),
        ({34: [-16]}, None, "header-invalid"),
        ({34: [None, b""]}, None, "header-invalid"),
        ({35: "https://x"}, None, "header-invalid"),
        ({15: [1]}, None, "header-invalid"),
        ({258: -16, 3: 0}, None, "header-invalid"),
        ({5: b"", 6: b""}, None, "header-invalid"),
        ({"a": 1}, {"a": 1}, "header-invalid"),  # in both buckets
        ({"x": "y" * 70_000}, None, "header-invalid"),
        ({"x": object()}, None, "cbor-invalid"),
        ({True: 1}, None, "cbor-invalid"),
        ({1.5: 1}, None, "cbor-invalid"),
        ([1], None, "header-invalid"),
        ({"x": 2**64}, None, "cbor-invalid"),
        (None, {b"x": 1}, "cbor-invalid"),
    ])  # fmt: skip
    def test_a_header_that_a_verifier_would_refuse(self, es256, refused, protected, unprotected, code):
        with refused(code, InputError):
            cose.sign1(b"p", es256, protected=protected, unprotected=unprotected)

    def test_a_header_is_not_taken_for_one_that_equals_it(self, es256, refused):
        cose.sign1(b"p", es256, protected={16: 1})
        for value in (True, 1.0):
            with refused("header-invalid", InputError):
                cose.sign1(b"p", es256, protected={16: value})
        cose.sign1(b"p", es256, protected={99: "a"})
        with refused("cbor-invalid", InputError):
            cose.sign1(b"p", es256, protected={99.0: "a"})

    def test_a_value_is_not_taken_for_one_that_equals_it(self, es256, trusted):
        for value in (True, 1.0, 1, True):
            verified = cose.verify1(cose.sign1(b"p", es256, protected={99: value}), trusted)
            assert repr(verified.protected[99]) == repr(value)

    def test_a_label_may_be_of_the_callers_own_enumeration(self, es256, trusted, refused):
        class Own(IntEnum):
            TENANT = 98

        message = cose.sign1(b"p", es256, protected={Own.TENANT: "a"})
        assert cose.verify1(message, trusted).protected[98] == "a"
        with refused("cbor-invalid", InputError):
            cose.sign1(b"p", es256, protected={98.0: "a"})

    def test_a_label_that_hides_which_one_it_is(self, es256, refused):
        class Hidden(int):
            __hash__ = object.__hash__
            __eq__ = object.__eq__

        with refused("header-invalid", InputError):
            cose.sign1(b"p", es256, protected={Hidden(1): -37})

    def test_what_is_signed_by_default_is_read_by_default(self, es256, trusted, refused):
        message = cose.sign1(bytes(MAX_PAYLOAD_SIZE), es256, protected={33: [bytes(30_000), bytes(30_000)]})
        assert len(cose.verify1(message, trusted).payload) == MAX_PAYLOAD_SIZE
        with refused("payload-too-large", InputError):
            cose.sign1(bytes(MAX_PAYLOAD_SIZE + 1), es256)

    def test_the_longest_protected_header(self, es256, trusted, forge1, refused):
        pad = 65_536 - len(dumps({1: -7, 4: es256.public_key.kid.encode(), 99: bytes(60_000)})) + 60_000
        message = cose.sign1(b"p", es256, protected={99: bytes(pad)})
        assert len(parts_of(message)[0]) == 65_536
        assert cose.verify1(message, trusted)
        with refused("header-invalid", InputError):
            cose.sign1(b"p", es256, protected={99: bytes(pad + 1)})
        with refused("too-large"):
            cose.verify1(forge1(es256, {1: -7, 4: es256.public_key.kid.encode(), 99: bytes(pad + 1)}), trusted)

    @pytest.mark.parametrize("prepared", [False, True])
    @pytest.mark.parametrize("detached", [False, True])
    def test_an_unprotected_header_with_which_the_message_could_not_be_read(self, es256, refused, prepared, detached):
        deep = []
        for _ in range(30):
            deep = [deep]
        for value in (bytes(753_000), deep):
            with refused("header-invalid", InputError):
                if prepared:
                    cose.prepare1(b"p", es256.public_key, unprotected={"x": value}, detached=detached)
                else:
                    cose.sign1(b"p", es256, unprotected={"x": value}, detached=detached)

    def test_an_unprotected_header_may_be_as_long_as_leaves_room_for_any_signatures(self, es256, trusted):
        message = cose.sign1(b"p", es256, unprotected={"x": bytes(752_000)})
        assert len(cose.verify1(message, trusted).unprotected["x"]) == 752_000

    def test_an_attached_payload_over_the_limit(self, es256, refused):
        cose.sign1(bytes(10), es256, max_size=10)
        with refused("payload-too-large", InputError):
            cose.sign1(bytes(11), es256, max_size=10)

    @pytest.mark.parametrize(
        "payload",
        ["text", 7, Chunks(3, [b"ab"]), Chunks(1, [b"ab"]), io.StringIO("ab")],
        ids=["text", "a number", "chunks too short", "chunks too long", "a file of text"],
    )
    def test_what_is_no_payload(self, es256, refused, payload):
        for detached in (True, False):
            with refused("payload-invalid", InputError):
                cose.sign1(payload, es256, detached=detached)

    def test_external_aad_that_is_no_bytes(self, es256, refused):
        with refused("payload-invalid", InputError):
            cose.sign1(b"p", es256, external_aad="text")

    def test_a_kid_that_is_no_text(self, private_keys, refused):
        for kid in ("\ud800", "\udcc3\udca9"):  # the second would be read as another kid
            with refused("key-invalid", InputError):
                cose.sign1(b"p", LocalSigner(private_keys["ES256"], kid=kid))


class TestRefusals:
    @pytest.mark.parametrize("protected, unprotected, code", [
        (b"", {}, "alg-missing"),
        (b"\xa0", {}, "alg-missing"),
        ({4: b"kid"}, {}, "alg-missing"),
        ({4: b"kid"}, {1: -7}, "alg-missing"),  # unprotected alone
        ({1: -35, 4: b"kid"}, {}, "alg-mismatch"),
        ({1: -8, 4: b"kid"}, {}, "alg-mismatch"),
        ({1: 5, 4: b"kid"}, {}, "alg-unknown"),  # HMAC
        ({1: -999, 4: b"kid"}, {}, "alg-unknown"),
        ({1: "ES256", 4: b"kid"}, {}, "alg-unknown"),
        ({1: None, 4: b"kid"}, {}, "bad-header"),
        ({1: -7.0, 4: b"kid"}, {}, "bad-header"),
        ({1: -7, 4: b"other"}, {}, "key-not-found"),
        ({1: -7}, {4: b"other"}, "key-not-found"),
        ({1: -7, 4: b"other"}, {"hint": 1}, "key-not-found"),
        ({1: -7, 4: b"kid"}, {4: b"kid"}, "header-overlap"),
        ({1: -7, 4: b"kid"}, {1: -7}, "header-overlap"),
        ({1: -7, 4: b"kid", "x": 1}, {"x": 1}, "header-overlap"),
        ({1: -7, 4: "kid"}, {}, "bad-header"),
        ({1: -7}, {4: "kid"}, "bad-header"),
        ({1: -7, 4: b"kid", 2: []}, {}, "crit-invalid"),
        ({1: -7, 4: b"kid", 2: [99], 99: 1}, {}, "crit-unknown"),
        ({1: -7, 4: b"kid", 2: ["tenant"], "tenant": 1}, {}, "crit-unknown"),
        ({1: -7, 4: b"kid", 2: [16], 16: 61}, {}, "crit-unknown"),  # a typ that nobody looks at
        ({1: -7, 4: b"kid", 2: [3]}, {}, "crit-invalid"),  # absent
        ({1: -7, 4: b"kid", 2: [3]}, {3: 0}, "crit-invalid"),  # unprotected
        ({1: -7, 4: b"kid", 2: [2]}, {}, "crit-invalid"),
        ({1: -7, 4: b"kid", 2: [3, 3], 3: 0}, {}, "crit-invalid"),
        ({1: -7, 4: b"kid", 2: [None]}, {}, "crit-invalid"),
        ({1: -7, 4: b"kid", 2: 3}, {}, "crit-invalid"),
        ({1: -7, 4: b"kid"}, {2: [1]}, "crit-invalid"),  # an unprotected crit
        ({1: -7, 4: b"kid", 3: "json"}, {}, "bad-header"),
        ({1: -7, 4: b"kid", 7: 1, 16: b"after one that is not registered"}, {}, "bad-header"),
        ({1: -7, 4: b"kid", 5: b"iv", 6: b"iv"}, {}, "bad-header"),
        ({1: -7, 4: b"kid", 5: b"iv"}, {6: b"iv"}, "bad-header"),
        ({1: -7, 4: b"kid"}, {16: 61}, "bad-header"),
        ({1: -7, 4: b"kid"}, {258: -16}, "bad-header"),
        ({1: -7, 4: b"kid", 12: b""}, {}, "bad-header"),
        ({1: -7, 4: b"kid"}, {11: []}, "bad-header"),
        ({1: -7, 4: b"kid"}, {11: [b"", {}]}, "bad-header"),
        (b"\xa2\x01\x26\x01\x26", {}, "duplicate-label"),
        (b"\xa2\x01\x26\xf5\x26", {}, "bad-cbor"),
        (b"\xbf\x01\x26\xff", {}, "bad-cbor"),
        (b"\xa1\x01\x26\x00", {}, "bad-cbor"),
        (b"\xa1\x01\x38\x06", {}, "bad-cbor"),
        (b"\xb8\x00", {}, "bad-cbor"),
        (b"\x80", {}, "bad-cbor"),
        (b"\xa1\x01\xc2\x41\x07", {}, "tag-unexpected"),
        ({1: -7, 4: b"kid", "x": bytes(70_000)}, {}, "too-large"),
        ({1: -7, 4: b"kid"}, b"\xa2\x61a\x01\x61a\x01", "duplicate-label"),
        ({1: -7, 4: b"kid"}, b"\xbf\xff", "bad-cbor"),
        ({1: -7, 4: b"kid"}, b"\xa1\xf5\x01", "bad-cbor"),
    ])  # fmt: skip
    def test_a_header_that_breaks_a_rule_though_it_is_truly_signed(
        self, private_keys, forge1, refused, protected, unprotected, code
    ):
        signer = LocalSigner(private_keys["ES256"], kid="kid")
        with refused(code):
            cose.verify1(forge1(signer, protected, unprotected), KeySet([signer.public_key]))

    @pytest.mark.parametrize("change, code", [
        (lambda p, u, c, s: [p, u, c], "malformed"),
        (lambda p, u, c, s: [p, u, c, s, s], "malformed"),
        (lambda p, u, c, s: {1: p}, "malformed"),
        (lambda p, u, c, s: s, "malformed"),
        (lambda p, u, c, s: [p, p, c, s], "malformed"),
        (lambda p, u, c, s: [loads(p), u, c, s], "malformed"),
        (lambda p, u, c, s: [p, [], c, s], "malformed"),
        (lambda p, u, c, s: [p, u, "payload", s], "malformed"),
        (lambda p, u, c, s: [p, u, False, s], "malformed"),
        (lambda p, u, c, s: [p, u, c, None], "malformed"),
        (lambda p, u, c, s: [p, u, c, [[p, u, s]]], "malformed"),  # a COSE_Sign
        (lambda p, u, c, s: [p, u, None, s], "payload-missing"),
        (lambda p, u, c, s: [p, u, b"other", s], "signature-invalid"),
        (lambda p, u, c, s: [dumps({**loads(p), 3: 0}), u, c, s], "signature-invalid"),
        (lambda p, u, c, s: [p, u, c, bytes([s[0] ^ 1]) + s[1:]], "signature-invalid"),
        (lambda p, u, c, s: [p, u, c, bytes(64)], "signature-invalid"),
        (lambda p, u, c, s: [p, u, c, s[:-1]], "signature-size"),
        (lambda p, u, c, s: [p, u, c, s + b"\x00"], "signature-size"),
        (lambda p, u, c, s: [p, u, c, b""], "signature-size"),
    ])  # fmt: skip
    def test_a_message_that_was_changed(self, es256, trusted, refused, change, code):
        parts = parts_of(cose.sign1(b"payload", es256))
        for tag in (True, False):
            data = dumps(change(*parts))
            with refused(code):
                cose.verify1(tagged(18, data) if tag else data, trusted)

    def test_a_der_signature(self, es256, trusted, refused):
        protected, unprotected, payload, signature = parts_of(cose.sign1(b"payload", es256))
        der = raw_to_der(signature, es256.public_key.algorithm)
        with refused("signature-size"):
            cose.verify1(dumps([protected, unprotected, payload, der]), trusted)

    @pytest.mark.parametrize("tags", [(98,), (17,), (61,), (61, 18), (18, 18), (0,), (998,)])
    def test_another_tag(self, es256, trusted, refused, tags):
        message = cose.sign1(b"payload", es256, tag=False)
        for number in reversed(tags):
            message = tagged(number, message)
        with refused("tag-unexpected"):
            cose.verify1(message, trusted)

    @pytest.mark.parametrize("message", ["text", None, 7, []])
    def test_what_is_not_bytes(self, trusted, refused, message):
        with refused("usage", InputError) as caught:
            cose.verify1(message, trusted)
        assert isinstance(caught.value.__cause__, TypeError)

    @pytest.mark.parametrize(
        "written, told",
        [
            (bytes.hex, "in hex"),
            (lambda message: message.hex().upper() + "\n", "in hex"),
            (lambda message: b64encode(message).decode(), "in base64"),
            (lambda message: f"  {urlsafe_b64encode(message).decode().rstrip('=')}\n", "in base64"),
            (lambda _: "eyJhbGciOiJFUzI1NiJ9.e30.AAAA", "`jwt.verify`"),
            (lambda _: '{"payload": "e30", "signatures": []}', "JSON"),
            (lambda _: "-----BEGIN CERTIFICATE-----\n", "PEM"),
        ],
    )
    @pytest.mark.parametrize("tag", [True, False])
    def test_text_in_the_place_of_a_message_is_named(self, es256, trusted, refused, written, told, tag):
        text = written(cose.sign1(b"x", es256, tag=tag)).encode()
        with refused("bad-cbor") as caught:
            cose.verify1(text, trusted)
        assert told in caught.value.message

    @pytest.mark.parametrize("uri", ["HTTPS://a.example", "urn:example:cert", "file:///etc/cert.pem", "coap://a/c"])
    def test_an_x5u_is_any_uri(self, es256, trusted, uri):
        message = cose.sign1(b"payload", es256, protected={cose.Label.X5U: Tag(32, uri)})
        assert cose.verify1(message, trusted).protected[cose.Label.X5U] == Tag(32, uri)

    @pytest.mark.parametrize("uri", ["/cert", "cert.pem", "", "//host/cert", "https://a b", 5, b"https://a"], ids=repr)
    def test_an_x5u_that_is_relative_is_refused_with_the_reason(self, es256, refused, uri):
        with refused("header-invalid", InputError) as caught:
            cose.sign1(b"payload", es256, protected={cose.Label.X5U: Tag(32, uri)})
        assert "a URI with its scheme" in caught.value.message

    def test_bytes_of_every_kind_are_bytes(self, es256, trusted):
        message = cose.sign1(b"payload", es256)
        for form in (bytearray, memoryview):
            assert cose.verify1(form(message), trusted).payload == b"payload"

    def test_a_message_over_the_limit(self, es256, trusted, refused):
        message = cose.sign1(b"payload", es256)
        cose.verify1(message, trusted, max_size=len(message))
        with refused("too-large"):
            cose.verify1(message, trusted, max_size=len(message) - 1)

    @pytest.mark.parametrize("keys", [[], {}, "text", b"text", None])
    def test_what_is_no_keys(self, es256, refused, keys):
        with refused("usage", InputError):
            cose.verify1(cose.sign1(b"payload", es256), keys)

    def test_one_algorithm_may_be_named_by_itself(self, es256, trusted, refused):
        message = cose.sign1(b"payload", es256)
        assert cose.verify1(message, trusted, algorithms="ES256")
        with refused("alg-not-allowed"):
            cose.verify1(message, trusted, algorithms="EdDSA")

    def test_an_algorithm_that_is_not_allowed(self, es256, trusted, refused):
        message = cose.sign1(b"payload", es256)
        assert cose.verify1(message, trusted, algorithms=["ES256"])
        with refused("alg-not-allowed"):
            cose.verify1(message, trusted, algorithms=["EdDSA"])
        with refused("alg-unknown", InputError):
            cose.verify1(message, trusted, algorithms=["ESP256"])

    def test_a_critical_parameter_is_accepted_from_whoever_processes_it(self, es256, trusted, refused):
        message = cose.sign1(b"p", es256, protected={2: ["tenant", 99, 3], "tenant": 1, 99: 2, 3: 0})
        assert cose.verify1(message, trusted, understood=["tenant", 99]).payload == b"p"
        with refused("crit-unknown"):
            cose.verify1(message, trusted, understood=["tenant"])

    def test_a_critical_parameter_may_stand_in_a_long_header(self, es256, trusted):
        message = cose.sign1(b"p", es256, protected={2: [99], 99: bytes(60_000)})
        assert cose.verify1(message, trusted, understood=[99]).payload == b"p"

    @pytest.mark.parametrize("form", [bytes, bytearray, memoryview])
    def test_bytes_are_no_list_of_labels_or_typs(self, form, es256, trusted, refused):
        message = cose.sign1(b"p", es256, protected={2: [99], 99: 2, 16: 61})
        with refused("usage", InputError):
            cose.verify1(message, trusted, understood=form(b"c"))
        with refused("usage", InputError):
            cose.verify1(message, trusted, understood=[99], typ=form(b"="))

    def test_a_typ_that_is_asked_for_may_be_critical(self, es256, trusted):
        message = cose.sign1(b"p", es256, protected={2: [16], 16: "application/example+cose"})
        assert cose.verify1(message, trusted, typ="application/example+cose")

    @pytest.mark.parametrize("typ, asked, good", [
        ("application/example+cose", "Application/Example+COSE", True),
        (61, 61, True),
        ("application/example+cose", "application/other", False),
        (61, "application/cwt", False),
        (None, 61, False),
    ])  # fmt: skip
    def test_a_typ_that_is_asked_for(self, es256, trusted, refused, typ, asked, good):
        message = cose.sign1(b"p", es256, protected={16: typ})
        if good:
            cose.verify1(message, trusted, typ=asked)
        else:
            with refused("typ-mismatch"):
                cose.verify1(message, trusted, typ=asked)

    @pytest.mark.parametrize("typ", [[], (), set(), [None], [True], True, 1.5, [61, 1.5], [[61]]], ids=repr)
    def test_what_is_no_typ_to_ask_for(self, es256, trusted, refused, typ):
        message = cose.sign1(b"p", es256, protected={16: 61})
        with refused("usage", InputError):
            cose.verify1(message, trusted, typ=typ)

    def test_one_of_several_typs_is_enough(self, es256, trusted, refused):
        message = cose.sign1(b"p", es256, protected={16: "application/a"})
        assert cose.verify1(message, trusted, typ=[61, "Application/A"])
        with refused("typ-mismatch"):
            cose.verify1(message, trusted, typ=[61, "application/b"])

    def test_an_alg_that_nobody_signed_is_told_from_none(self, es256, trusted, forge1, refused):
        for unprotected, told in (({1: -7}, "alg is unprotected"), ({"hint": 1}, "has no alg"), ({}, "has no alg")):
            with refused("alg-missing") as caught:
                cose.verify1(forge1(es256, {}, unprotected), trusted)
            assert told in caught.value.message

    def test_a_message_without_kid_needs_one_key_of_its_algorithm(self, signers, es256, forge1, refused):
        message = forge1(es256, {1: -7})
        assert cose.verify1(message, es256.public_key).payload == b"payload"
        assert cose.verify1(message, KeySet([es256.public_key, signers["EdDSA"].public_key]))
        other = PublicKey.of(signers["ES256"].public_key.material, kid="second")
        with refused("key-ambiguous"):
            cose.verify1(message, KeySet([es256.public_key, other]))

    def test_a_key_of_another_algorithm_is_not_used_whoever_finds_it(self, signers, es256, forge1, refused):
        class Careless:
            def find(self, kid, algorithm):
                return signers["EdDSA"].public_key

        with refused("alg-mismatch"):
            cose.verify1(forge1(signers["EdDSA"], {1: -7}), Careless(), algorithms=["ES256"])

    def test_a_key_in_the_message_is_not_trusted(self, signers, es256, forge1, refused):
        attacker = signers["ES384"]
        message = forge1(
            attacker, {1: -35, 4: b"attacker", 33: b"certificate", "key": attacker.public_key.to_cose_key()}
        )
        with refused("key-not-found"):
            cose.verify1(message, KeySet([es256.public_key, PublicKey.of(attacker.public_key.material, kid="real")]))

    def test_es256_is_not_es256k(self, signers, refused, forge1):
        """They share KMS's algorithm, a hash and a width."""
        signer = signers["ES256K"]
        message = forge1(signer, {1: -7, 4: signer.public_key.kid.encode()})
        with refused("alg-mismatch"):
            cose.verify1(message, KeySet([signer.public_key]))

    @pytest.mark.parametrize("name", ["Signature", "CounterSignature", "MAC0"])
    def test_a_signature_of_another_context(self, es256, kid, trusted, refused, name):
        protected = dumps({1: -7, 4: kid})
        signature = es256.sign(dumps([name, protected, b"", b"payload"]))
        with refused("signature-invalid"):
            cose.verify1(dumps([protected, {}, b"payload", signature]), trusted)

    def test_it_verifies_over_the_protected_bytes_as_received(self, es256, kid, trusted):
        """Labels in another order than we write are not put into order."""
        protected = b"\xa2\x04" + dumps(kid) + b"\x01\x26"
        signature = es256.sign(sig_structure1(protected, b"", b"payload"))
        assert cose.verify1(dumps([protected, {}, b"payload", signature]), trusted).payload == b"payload"

    def test_an_empty_protected_header_enters_the_structure_as_no_bytes(self):
        for protected in (b"", b"\xa0"):
            assert sig_structure1(protected, b"", b"x") == dumps(["Signature1", b"", b"", b"x"])

    @given(st.binary(max_size=80), st.sampled_from([b"", b"\xd2", b"\xd2\x84", b"\xd2\x84\x43\xa1\x01\x26\xa0\x40"]))
    def test_any_bytes_raise_our_error_alone(self, trusted, data, start):
        with pytest.raises(VerificationError):
            cose.verify1(start + data, trusted)

    def test_long_headers_that_anyone_may_send_are_not_kept(self, es256, trusted):
        def send(number):
            protected = dumps({1: -7, 4: b"anyone", 98: number, 99: bytes(60_000)})
            with pytest.raises(VerificationError):
                cose.verify1(dumps([protected, {}, b"payload", bytes(64)]), trusted)

        send(0)
        tracemalloc.start()
        try:
            before, _ = tracemalloc.get_traced_memory()
            for number in range(100):
                send(number)
            kept = tracemalloc.get_traced_memory()[0] - before
        finally:
            tracemalloc.stop()
        assert kept < 1_000_000

    @pytest.mark.parametrize("alg", ["ES256", "EdDSA", "PS256"])
    def test_any_byte_flipped_is_refused(self, alg, signers, trusted):
        message = cose.sign1(b"payload", signers[alg])
        for position in range(len(message)):
            changed = bytearray(message)
            changed[position] ^= 1 << position % 8
            with pytest.raises(KmsJoseError):
                cose.verify1(bytes(changed), trusted)


class TestLargePayloads:
    @pytest.mark.parametrize("alg", [row.name for row in TABLE if row.message_type != "RAW"])
    def test_a_file_is_read_in_pieces(self, alg, signers, trusted):
        class Watched(io.BytesIO):
            largest = 0

            def read(self, size=-1):
                data = super().read(size)
                self.largest = max(self.largest, len(data))
                return data

        file = Watched(bytes(3 << 20))
        message = cose.sign1(file, signers[alg], detached=True)
        cose.verify1(message, trusted, payload=file)
        assert file.largest <= 1 << 20
        with pytest.raises(VerificationError):
            cose.verify1(message, trusted, payload=io.BytesIO(bytes(3 << 20)[:-1]))

    def test_ed25519_in_chunks_says_what_to_do_instead(self, signers, refused):
        with refused("message-too-large", InputError) as caught:
            cose.sign1(io.BytesIO(bytes(5000)), signers["EdDSA"], detached=True)
        assert "hash envelope" in str(caught.value)

    @pytest.mark.parametrize("family", [Family.ECDSA, Family.ML_DSA])
    def test_chunks_that_do_not_add_up_are_refused(self, signers, trusted, refused, family):
        alg = next(row.name for row in TABLE if row.family is family)
        message = cose.sign1(bytes(10), signers[alg], detached=True)
        for chunks in (Chunks(10, [bytes(9)]), Chunks(10, [bytes(11)]), Chunks(10, ["text"])):
            with refused("payload-invalid", InputError):
                cose.verify1(message, trusted, payload=chunks)
