"""A Signer of a private key in this process: how it is made."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa, x25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from kmsjose.algorithms import TABLE
from kmsjose.errors import InputError
from kmsjose.signers import LocalSigner


def pem_of(key, password=None):
    how = BestAvailableEncryption(password) if password else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, how)


def test_every_private_key_comes_from_pem(row, private_keys, signers):
    pem = pem_of(private_keys[row.name])
    for text in (pem, pem.decode()):
        assert LocalSigner.from_pem(text, row.name).public_key == signers[row.name].public_key


def test_an_encrypted_key_needs_its_password(private_keys, refused):
    pem = pem_of(private_keys["ES256"], b"secret")
    assert LocalSigner.from_pem(pem, password=b"secret").public_key.algorithm.name == "ES256"
    assert LocalSigner.from_pem(pem.decode(), password="secret").public_key.algorithm.name == "ES256"
    for password in (None, b"wrong", "wrong", b"", b"secret\n"):
        with refused("password", InputError) as caught:
            LocalSigner.from_pem(pem, password=password)
        assert caught.value.__cause__ is None
    with refused("password", InputError):
        LocalSigner.from_pem(pem_of(private_keys["ES256"]), password=b"secret")


def test_a_key_in_der_is_no_pem(private_keys, refused):
    der = private_keys["ES256"].private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    for data in (der, memoryview(der), None, 5):
        with refused("key-invalid", InputError):
            LocalSigner.from_pem(data)


@pytest.mark.parametrize(
    "pem", ["", "text", b"\xff", "\ud800", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"]
)
def test_what_is_no_private_key_is_refused_without_its_content(pem, refused):
    with refused("key-invalid", InputError) as caught:
        LocalSigner.from_pem(pem)
    assert caught.value.__cause__ is None
    assert "AAAA" not in str(caught.value)


def test_a_public_key_is_refused(signers, refused):
    with refused("key-invalid", InputError):
        LocalSigner.from_pem(signers["ES256"].public_key.to_pem())


def test_an_rsa_key_needs_an_algorithm(private_keys, refused):
    with refused("alg-required", InputError):
        LocalSigner(private_keys["RS256"])
    for row in TABLE:
        if row.kty != "RSA":
            with refused("alg-unsupported-by-key", InputError):
                LocalSigner(private_keys["RS256"], row.name)


def test_a_key_that_cannot_sign_here_is_refused(refused):
    with refused("key-invalid", InputError):
        LocalSigner(x25519.X25519PrivateKey.generate())
    with refused("key-invalid", InputError):
        LocalSigner(rsa.generate_private_key(65537, 1024), "RS256")


def test_a_kid_of_ones_own_is_kept(private_keys):
    assert LocalSigner(private_keys["ES256"], kid="mine").public_key.kid == "mine"
