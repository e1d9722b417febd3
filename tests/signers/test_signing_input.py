"""What is to be signed, and what KMS is to be given for it."""

from __future__ import annotations

import base64
import hashlib
import io
import json

import pytest

from kmsjose.algorithms import TABLE, Family
from kmsjose.errors import InputError
from kmsjose.keys import PublicKey
from kmsjose.payload import Chunks
from kmsjose.signers import SignerSource, SigningInput, current, signer_of
from kmsjose.signers.signing_input import message_to_kms, prehashed_to_kms

HASHED = [row.name for row in TABLE if row.hash is not None]
ML_DSA = [row.name for row in TABLE if row.family is Family.ML_DSA]
HASHED_FIRST = HASHED + ML_DSA


def forms(whole):
    return [whole, io.BytesIO(whole), Chunks(len(whole), [whole[:5], whole[5:]])]


@pytest.mark.parametrize("name", HASHED_FIRST)
@pytest.mark.parametrize("size", [6, 5000])
def test_a_file_and_chunks_are_hashed_to_what_bytes_are(signers, name, size):
    key = signers[name].public_key
    whole, file, chunks = (SigningInput.of(key, form) for form in forms(b"m" * size))
    assert (whole.message, whole.prehashed) == (b"m" * size, None)
    assert file == chunks
    assert (file.message, file.prehashed) == (None, key.prehash(b"m" * size))


def test_each_form_is_signed_and_verified(signer, refused):
    for form in forms(b"message"):
        signing_input = SigningInput.of(signer.public_key, form)
        signature = signing_input.sign(signer)
        signing_input.verify(signature)
        signer.public_key.verify(b"message", signature)
        with refused("signature-invalid"):
            SigningInput.of(signer.public_key, b"other").verify(signature)


def test_ed25519_reads_a_small_file_whole_and_refuses_a_large_one_before_reading_it(signers, refused):
    key = signers["EdDSA"].public_key
    for form in forms(bytes(4096)):
        assert SigningInput.of(key, form).message == bytes(4096)

    def explode():
        raise AssertionError("read")
        yield b""

    for form in (io.BytesIO(bytes(4097)), Chunks(4097, explode())):
        with refused("message-too-large", InputError):
            SigningInput.of(key, form)


def test_chunks_that_do_not_add_up_are_refused(signer, refused):
    with refused("payload-invalid", InputError):
        SigningInput.of(signer.public_key, Chunks(3, [b"1"]))


class TestWhatKMSIsGiven:
    @pytest.mark.parametrize("name", HASHED)
    @pytest.mark.parametrize("size", [1, 4096, 4097])
    def test_what_is_hashed_is_always_a_digest(self, signers, name, size):
        key = signers[name].public_key
        digest = hashlib.new(key.algorithm.hash.name, bytes(size)).digest()
        for form in forms(bytes(size)):
            assert SigningInput.of(key, form).kms_message() == {
                "Message": digest,
                "MessageType": "DIGEST",
                "SigningAlgorithm": key.algorithm.kms_algorithm,
            }

    @pytest.mark.parametrize("name", ML_DSA)
    def test_ml_dsa_is_raw_up_to_4096_bytes_and_a_mu_above(self, signers, name):
        key = signers[name].public_key
        assert message_to_kms(key, bytes(4096)) == {
            "Message": bytes(4096),
            "MessageType": "RAW",
            "SigningAlgorithm": "ML_DSA_SHAKE_256",
        }
        above = message_to_kms(key, bytes(4097))
        assert above["MessageType"] == "EXTERNAL_MU"
        # FIPS 204 section 6.2: SHAKE256(SHAKE256(pk, 64) || 0x00 || 0x00 || M, 64), over the raw public key.
        tr = hashlib.shake_256(key.material.public_bytes_raw()).digest(64)
        assert above["Message"] == hashlib.shake_256(tr + b"\0\0" + bytes(4097)).digest(64)

    @pytest.mark.parametrize("name", ["EdDSA", *ML_DSA])
    def test_one_byte_is_raw(self, signers, name):
        key = signers[name].public_key
        assert message_to_kms(key, b"m") == {
            "Message": b"m",
            "MessageType": "RAW",
            "SigningAlgorithm": key.algorithm.kms_algorithm,
        }

    def test_ed25519_is_raw_and_never_more_than_4096_bytes(self, signers, refused):
        key = signers["EdDSA"].public_key
        assert message_to_kms(key, bytes(4096))["MessageType"] == "RAW"
        assert message_to_kms(key, bytes(4096))["SigningAlgorithm"] == "ED25519_SHA_512"
        with refused("message-too-large", InputError):
            message_to_kms(key, bytes(4097))
        with refused("prehash-unsupported", InputError):
            prehashed_to_kms(key.algorithm, bytes(64))

    @pytest.mark.parametrize("name", HASHED)
    def test_of_nothing_it_is_the_digest_of_nothing(self, signers, name):
        key = signers[name].public_key
        for form in (b"", io.BytesIO(), Chunks(0, [])):
            message = SigningInput.of(key, form).kms_message()
            assert message["MessageType"] == "DIGEST"
            assert message["Message"] == hashlib.new(key.algorithm.hash.name).digest()

    @pytest.mark.parametrize("name", ML_DSA)
    def test_of_nothing_it_is_for_ml_dsa_the_mu_of_nothing(self, signers, name):
        key = signers[name].public_key
        assert message_to_kms(key, b"") == {
            "Message": key.prehash(b""),
            "MessageType": "EXTERNAL_MU",
            "SigningAlgorithm": "ML_DSA_SHAKE_256",
        }

    def test_ed25519_can_not_be_given_nothing(self, signers, refused):
        with refused("payload-invalid", InputError):
            message_to_kms(signers["EdDSA"].public_key, b"")

    @pytest.mark.parametrize(
        "given", [bytearray(32), memoryview(bytes(32)), "t" * 32, None, 5], ids=lambda value: type(value).__name__
    )
    def test_what_is_not_bytes_is_refused(self, signers, given, refused):
        key = signers["ES256"].public_key
        with refused("payload-invalid", InputError):
            SigningInput(key, given, None).kms_message()
        with refused("payload-invalid", InputError):
            SigningInput(key, None, given).kms_message()
        with refused("payload-invalid", InputError):
            prehashed_to_kms(key.algorithm, given)

    def test_it_is_within_the_limit_of_kms(self, signer):
        assert 1 <= len(SigningInput.of(signer.public_key, b"m" * 4096).kms_message()["Message"]) <= 4096


class TestToDict:
    def test_it_is_json_of_what_kms_is_given(self, signer):
        for form in forms(b"message"):
            signing_input = SigningInput.of(signer.public_key, form)
            kms = signing_input.kms_message()
            read = json.loads(json.dumps(signing_input.to_dict()))
            assert base64.b64decode(read.pop("Message"), validate=True) == kms["Message"]
            assert read == {
                "alg": signer.public_key.algorithm.name,
                "kid": signer.public_key.kid,
                "MessageType": kms["MessageType"],
                "SigningAlgorithm": kms["SigningAlgorithm"],
            }

    def test_its_repr_shows_no_content(self, signer):
        assert "secret" not in repr(SigningInput.of(signer.public_key, b"secret"))


class TestCurrent:
    def test_a_source_is_asked_once_and_a_signer_is_itself(self, signers):
        class Source:
            asked = 0

            def current(self):
                self.asked += 1
                return signers["ES256"]

        source = Source()
        assert isinstance(source, SignerSource)
        assert current(source) is signers["ES256"]
        assert source.asked == 1
        assert current(signers["EdDSA"]) is signers["EdDSA"]
        assert signer_of(source) is signers["ES256"]
        assert signer_of(signers["EdDSA"]) is signers["EdDSA"]

    def test_a_public_key_is_no_signer(self, signers, refused):
        with refused("usage", InputError):
            signer_of(signers["ES256"].public_key)


class TestToldToSomeoneElse:
    @pytest.mark.parametrize("size", [10, 5000])
    def test_what_was_told_is_what_is_signed(self, signer, size):
        message = bytes(min(size, signer.public_key.algorithm.raw_up_to or size))
        asked = SigningInput(signer.public_key, message, None)
        told = json.loads(json.dumps(asked.to_dict()))
        asked.check(SigningInput.from_dict(told, signer.public_key).sign(signer))

    @pytest.mark.parametrize(
        "change, code",
        [
            ({"alg": "ES384"}, "usage"),
            ({"kid": "another"}, "usage"),
            ({"Message": "?"}, "payload-invalid"),
            ({"Message": None}, "payload-invalid"),
            ({"Message": "AAAA"}, "payload-invalid"),
            ({"MessageType": "RAW"}, "payload-invalid"),
            ({"MessageType": None}, "payload-invalid"),
            ({"SigningAlgorithm": "ECDSA_SHA_384"}, "payload-invalid"),
            ({"more": "x"}, "payload-invalid"),
        ],
    )
    def test_what_is_not_of_the_key_is_refused(self, signers, refused, change, code):
        key = signers["ES256"].public_key
        told = {**SigningInput(key, b"message", None).to_dict(), **change}
        with refused(code, InputError):
            SigningInput.from_dict({name: value for name, value in told.items() if value is not None}, key)

    def test_der_of_another_curve_is_refused(self, signers, refused):
        with refused("signature-invalid", InputError):
            SigningInput(signers["ES256"].public_key, b"message", None).raw_of(bytes(64))

    @pytest.mark.parametrize("name", ["EdDSA", *ML_DSA])
    def test_a_signature_of_another_size_is_refused_and_told_as_such(self, signers, name, refused):
        signing_input = SigningInput(signers[name].public_key, b"message", None)
        signature = signers[name].sign(b"message")
        assert signing_input.raw_of(signature) == signature
        for wrong in (signature[:-1], signature + b"\0", b""):
            with refused("signature-invalid", InputError) as caught:
                signing_input.raw_of(wrong)
            assert "another size" in caught.value.message

    def test_an_equal_key_signs_and_another_does_not(self, signer, signers, refused):
        key = signer.public_key
        signing_input = SigningInput(PublicKey.from_der(key.spki, key.algorithm.name, "other"), b"message", None)
        signing_input.verify(signing_input.sign(signer))
        other = signers["ES384" if key.algorithm.name == "ES256" else "ES256"]
        with refused("usage", InputError):
            signing_input.sign(other)

    @pytest.mark.parametrize("given", ["text", None, 5, [1]], ids=lambda value: type(value).__name__)
    def test_what_is_not_bytes_is_no_signature(self, signers, given, refused):
        with refused("signature-invalid", InputError):
            SigningInput(signers["ES256"].public_key, b"message", None).check(given)

    def test_der_is_told_from_what_has_another_size(self, signers, refused):
        for name, wrong, told in (
            ("ES256", b"0" * 70, True),
            ("ES256", b"1" * 70, False),
            ("ES256", b"0" * 64, False),
            ("EdDSA", b"0" * 70, False),
        ):
            with refused("signature-invalid", InputError) as caught:
                SigningInput(signers[name].public_key, b"message", None).check(wrong)
            assert ("raw_of" in caught.value.message) is told

    def test_without_a_message_and_a_digest_nothing_is_signed(self, signer, refused):
        empty = SigningInput(signer.public_key, None, None)
        for call in (lambda: empty.sign(signer), lambda: empty.verify(b""), empty.kms_message):
            with refused("payload-invalid", InputError):
                call()
