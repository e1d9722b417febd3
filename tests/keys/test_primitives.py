"""What a public key verifies, whole, hashed first and in pieces."""

from __future__ import annotations

import io
import tracemalloc

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding

from kmsjose.algorithms import TABLE, Family
from kmsjose.errors import InputError
from kmsjose.keys import PublicKey
from kmsjose.keys.primitives import hash_of
from kmsjose.payload import Chunks

ECDSA = [row.name for row in TABLE if row.family is Family.ECDSA]
HASHED_FIRST = [row.name for row in TABLE if row.family is not Family.ED25519]


def test_a_signature_of_another_length_is_refused_for_its_size(signer, refused):
    signature = signer.sign(b"message")
    for wrong in (b"", signature[:-1], signature + b"\0", b"\0" + signature, signature * 2):
        with refused("signature-size") as caught:
            signer.public_key.verify(b"message", wrong)
        assert f"has {len(wrong)} bytes where its algorithm has {len(signature)}" in caught.value.message


def test_a_signature_of_zeros_or_ones_is_refused(signer, refused):
    size = len(signer.sign(b"message"))
    for byte in (0, 1, 0xFF):
        with refused("signature-invalid"):
            signer.public_key.verify(b"message", bytes([byte]) * size)


@pytest.mark.parametrize("name", ECDSA)
def test_a_der_signature_is_refused_for_its_size(private_keys, signers, name, refused):
    key = signers[name].public_key
    der = private_keys[name].sign(b"message", ec.ECDSA(key.algorithm.hash))
    with refused("signature-size"):
        key.verify(b"message", der)


def test_es256k_takes_a_high_s_when_it_verifies(signers):
    signer = signers["ES256K"]
    signature = signer.sign(b"message")
    order = signer.public_key.algorithm.curve.group_order
    high = signature[:32] + (order - int.from_bytes(signature[32:])).to_bytes(32)
    signer.public_key.verify(b"message", high)


def test_another_rsa_algorithm_of_the_same_key_does_not_verify(signers, refused):
    names = ("PS256", "PS384", "PS512", "RS256", "RS384", "RS512")
    for signing in names:
        signature = signers[signing].sign(b"message")
        for verifying in names:
            if verifying != signing:
                with refused("signature-invalid"):
                    signers[verifying].public_key.verify(b"message", signature)


@pytest.mark.parametrize("salt", [0, 20, 222])
def test_pss_with_another_salt_is_refused(private_keys, signers, salt, refused):
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), salt)
    with refused("signature-invalid"):
        signers["PS256"].public_key.verify(b"m", private_keys["PS256"].sign(b"m", pss, hashes.SHA256()))


def test_ed25519_has_no_digest(signers, refused):
    key = signers["EdDSA"].public_key
    for ask in (key.hasher, lambda: key.prehash(b"m"), lambda: key.verify_prehashed(bytes(64), bytes(64))):
        with refused("prehash-unsupported", InputError):
            ask()


def test_an_algorithm_that_signs_the_message_itself_has_no_hash(row, refused):
    if row.name in ECDSA or row.kty == "RSA":
        assert hash_of(row) is row.hash
    else:
        with refused("prehash-unsupported", InputError):
            hash_of(row)


@pytest.mark.parametrize("name", HASHED_FIRST)
def test_chunks_and_bytes_have_one_digest(signers, name):
    signer = signers[name]
    whole, key = bytes(range(256)) * 9, signer.public_key
    pieces = Chunks(len(whole), [whole[:1], b"", whole[1:1000], whole[1000:]])
    assert key.prehash(whole) == key.prehash(pieces) == key.prehash(io.BytesIO(whole))
    assert key.prehash(whole) != key.prehash(whole + b"\0")
    key.verify_prehashed(key.prehash(pieces), signer.sign(whole))


@pytest.mark.parametrize("name", HASHED_FIRST)
def test_a_digest_of_another_size_is_refused(signers, name, refused):
    key, signature = signers[name].public_key, signers[name].sign(b"message")
    for wrong in (b"", bytes(20), bytes(65)):
        with refused("payload-invalid", InputError):
            key.verify_prehashed(wrong, signature)


@pytest.mark.parametrize("name", HASHED_FIRST)
def test_a_digest_of_another_message_is_refused(signers, name, refused):
    key, signature = signers[name].public_key, signers[name].sign(b"message")
    with refused("signature-invalid"):
        key.verify_prehashed(key.prehash(b"other"), signature)
    with refused("signature-size"):
        key.verify_prehashed(key.prehash(b"message"), signature[:-1])


@pytest.mark.parametrize("kind", [bytes, bytearray, io.BytesIO, lambda data: Chunks(len(data), [data])])
def test_a_payload_of_any_kind_verifies_also_for_ed25519(signer, kind, refused):
    whole = bytes(5000)
    signature = signer.sign(whole)
    signer.public_key.verify_payload(kind(whole), signature)
    with refused("signature-invalid"):
        signer.public_key.verify_payload(kind(whole + b"\0"), signature)


@pytest.mark.parametrize("name", ["ES256", "PS256", "ML-DSA-44"])
def test_a_payload_that_is_hashed_first_is_not_held_in_memory(signers, name, refused):
    key, signature = signers[name].public_key, signers[name].sign(b"")
    piece = bytes(1 << 20)
    tracemalloc.start()
    try:
        with refused("signature-invalid"):
            key.verify_payload(Chunks(16 << 20, (piece for _ in range(16))), signature)
        assert tracemalloc.get_traced_memory()[1] < 4 << 20
    finally:
        tracemalloc.stop()


def test_a_key_of_another_type_is_not_of_the_algorithm(row, private_keys, signers, refused):
    other = "EdDSA" if row.name != "EdDSA" else "ES256"
    with refused("key-invalid", InputError):
        PublicKey(private_keys[other].public_key(), row)
