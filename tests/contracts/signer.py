"""What every Signer does, wherever its key lives."""

from __future__ import annotations

import io
from collections.abc import Callable
from itertools import pairwise

import pytest

from kmsjose.algorithms import Family
from kmsjose.ecdsa import der_to_raw, raw_to_der
from kmsjose.errors import InputError, VerificationError
from kmsjose.payload import Chunks, Payload
from kmsjose.signers import Signer, SignerSource, SigningInput, as_private_key, current


class SignerContract:
    """Subclass it, and give it a fixture ``signer``."""

    def test_it_is_a_signer_and_no_source(self, signer):
        assert isinstance(signer, Signer)
        assert not isinstance(signer, SignerSource)
        assert current(signer) is signer

    def test_its_public_key_never_changes(self, signer):
        assert signer.public_key is signer.public_key
        signer.sign(b"message")
        assert signer.public_key == signer.public_key

    @pytest.mark.parametrize("message", [b"m", b"eyJhbGciOiJFUzI1NiJ9.e30", bytes(range(256)) * 16], ids=len)
    def test_its_public_key_verifies_its_signature(self, signer, message):
        signer.public_key.verify(message, signer.sign(message))

    def test_its_signature_is_raw_and_of_its_algorithms_size(self, signer):
        row = signer.public_key.algorithm
        expected = row.signature_size or signer.public_key.material.key_size // 8
        assert {len(signer.sign(b"message %d" % i)) for i in range(4)} == {expected}

    def test_its_signature_is_of_this_message_alone(self, signer):
        with pytest.raises(VerificationError) as caught:
            signer.public_key.verify(b"another message", signer.sign(b"message"))
        assert caught.value.code == "signature-invalid"

    def test_it_takes_a_message_of_4096_bytes(self, signer):
        message = bytes(4096)
        signer.public_key.verify(message, signer.sign(message))

    def test_a_larger_message_is_signed_or_refused_before_any_call(self, signer):
        message = bytes(4097)
        try:
            signature = signer.sign(message)
        except InputError as error:
            assert error.code == "message-too-large"
            assert signer.public_key.algorithm.message_type == "RAW"
        else:
            signer.public_key.verify(message, signature)

    def test_a_signature_of_the_digest_is_one_of_the_message(self, signer):
        row = signer.public_key.algorithm
        if row.family is Family.ED25519:
            with pytest.raises(InputError) as caught:
                signer.sign_prehashed(bytes(64))
            assert caught.value.code == "prehash-unsupported"
            return
        hasher = signer.public_key.hasher()
        hasher.update(b"mess")
        hasher.update(b"age")
        signature = signer.sign_prehashed(hasher.digest())
        signer.public_key.verify(b"message", signature)

    def test_a_digest_of_another_size_is_refused(self, signer):
        ed25519 = signer.public_key.algorithm.family is Family.ED25519
        code = "prehash-unsupported" if ed25519 else "payload-invalid"
        with pytest.raises(InputError) as caught:
            signer.sign_prehashed(bytes(63))
        assert caught.value.code == code

    def test_es256k_signs_in_the_lower_half_alone(self, signer):
        row = signer.public_key.algorithm
        signatures = [signer.sign(b"message %d" % i) for i in range(12)]
        if row.low_s:
            half = row.curve.group_order // 2
            assert all(int.from_bytes(signature[row.coordinate_size :]) <= half for signature in signatures)
        elif row.family is Family.ECDSA:
            # The others keep the s that they are given, so DER and back is the same signature.
            assert all(der_to_raw(raw_to_der(signature, row), row) == signature for signature in signatures)

    def test_chunks_are_signed_as_bytes_are(self, signer):
        whole = bytes(range(256)) * 8
        cuts = [0, 1, 700, 700, 2000, len(whole)]
        chunks = Chunks(len(whole), [whole[a:b] for a, b in pairwise(cuts)])
        signature = SigningInput.of(signer.public_key, chunks).sign(signer)
        signer.public_key.verify(whole, signature)

    def test_it_signs_as_a_cryptography_private_key(self, signer):
        key = as_private_key(signer)
        assert key.public_key() == signer.public_key.material

    def test_its_repr_shows_no_secret_and_names_its_algorithm(self, signer):
        assert signer.public_key.algorithm.name in repr(signer)
        assert "BEGIN" not in repr(signer)

    def test_an_empty_message_is_signed_in_every_way(self, signer):
        """KMS takes no empty Message, so Ed25519, which is given the message itself, may refuse it."""
        public_key = signer.public_key
        ways = [signer.sign, *(_through(signer, form) for form in (bytes, io.BytesIO, _one_chunk))]
        for sign in ways:
            try:
                signature = sign(b"")
            except InputError as error:
                assert (error.code, public_key.algorithm.family) == ("payload-invalid", Family.ED25519)
            else:
                public_key.verify(b"", signature)
        if public_key.algorithm.family is not Family.ED25519:
            public_key.verify(b"", signer.sign_prehashed(public_key.prehash(b"")))

    @pytest.mark.parametrize(
        "given",
        ["t" * 32, bytearray(32), memoryview(bytes(32)), None, 32, [0] * 32],
        ids=lambda value: type(value).__name__,
    )
    def test_what_is_not_bytes_is_refused(self, signer, given):
        ed25519 = signer.public_key.algorithm.family is Family.ED25519
        for sign, code in (
            (signer.sign, "payload-invalid"),
            (signer.sign_prehashed, "prehash-unsupported" if ed25519 else "payload-invalid"),
        ):
            with pytest.raises(InputError) as caught:
                sign(given)
            assert caught.value.code == code


def _through(signer: Signer, form: Callable[[bytes], Payload]) -> Callable[[bytes], bytes]:
    return lambda message: SigningInput.of(signer.public_key, form(message)).sign(signer)


def _one_chunk(data: bytes) -> Chunks:
    return Chunks(len(data), [data])
