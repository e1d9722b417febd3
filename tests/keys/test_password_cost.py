"""A private key whose password would take hours to try is refused before it is tried."""

from __future__ import annotations

from base64 import encodebytes

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from kmsjose.errors import InputError
from kmsjose.keys import read_private_key
from kmsjose.keys.password_cost import MAX_ROUNDS, check_cost

PBES2, PBKDF2 = bytes.fromhex("06092a864886f70d01050d"), bytes.fromhex("06092a864886f70d01050c")
SCRYPT, PKCS12 = bytes.fromhex("06092b06010401da47040b"), bytes.fromhex("060a2a864886f70d010c0103")
SHA256, AES = bytes.fromhex("300c06082a864886f70d02090500"), bytes.fromhex("060960864801650304012a")


def der(tag: int, *contents: bytes) -> bytes:
    content = b"".join(contents)
    size = len(content)
    return bytes([tag]) + (bytes([size]) if size < 128 else b"\x83" + size.to_bytes(3)) + content


def integer(number: int) -> bytes:
    return der(2, number.to_bytes(number.bit_length() // 8 + 1))


def encrypted(parameters: bytes) -> bytes:
    return der(0x30, parameters, der(4, bytes(144)))


def pbes2(derivation: bytes) -> bytes:
    return encrypted(der(0x30, PBES2, der(0x30, derivation, der(0x30, AES, der(4, bytes(16))))))


def pbkdf2(rounds: int, *more: bytes) -> bytes:
    return pbes2(der(0x30, PBKDF2, der(0x30, der(4, bytes(16)), integer(rounds), *more, SHA256)))


def scrypt(n: int, r: int, p: int) -> bytes:
    return pbes2(der(0x30, SCRYPT, der(0x30, der(4, bytes(16)), integer(n), integer(r), integer(p), integer(32))))


def pkcs12(rounds: int) -> bytes:
    return encrypted(der(0x30, PKCS12, der(0x30, der(4, bytes(8)), integer(rounds))))


def pem(key: bytes) -> bytes:
    return b"-----BEGIN ENCRYPTED PRIVATE KEY-----\n" + encodebytes(key) + b"-----END ENCRYPTED PRIVATE KEY-----\n"


COSTLY = {
    "PBKDF2": pbkdf2(MAX_ROUNDS + 1),
    "PBKDF2 with a length": pbkdf2(2**31 - 1, integer(32)),
    "PBKDF2 beyond 64 bits": pbkdf2(2**80),
    "scrypt": scrypt(1 << 21, 8, 1),
    "scrypt in parallel": scrypt(1 << 14, 8, 1000),
    "scrypt in wide blocks": scrypt(2, 1 << 30, 1),
    "PKCS #12": pkcs12(2**31 - 1),
}


@pytest.mark.parametrize("name", COSTLY)
@pytest.mark.parametrize("form", [bytes, pem])
def test_more_than_is_done_is_refused(name, form):
    with pytest.raises(InputError) as caught:
        read_private_key(form(COSTLY[name]), b"pw")
    assert caught.value.code == "key-invalid"
    assert "rounds" in caught.value.message


@pytest.mark.parametrize("key", [pbkdf2(MAX_ROUNDS), pbkdf2(600_000, integer(32)), scrypt(1 << 20, 8, 1), pkcs12(2048)])
def test_what_is_done_is_not(key):
    check_cost(key)
    check_cost(pem(key))


def _nested(depth: int) -> bytes:
    content = b""
    for _ in range(depth):
        content = der(0x30, content)
    return content


@pytest.mark.parametrize(
    "data",
    [
        encrypted(_nested(1300)),
        encrypted(_nested(13_000)),
        encrypted(der(0x30, b"\x05\x00" * 30_000)),
        encrypted(der(0x30, PBES2, der(4, bytes(5000)))),
        b"-----BEGIN ENCRYPTED PRIVATE KEY-----" * 20_000,
        pem(bytes(100_000)),
        b"\x30\xff" + b"\xff" * 200,
        b"\x30\x80\x30\x80",
        b"",
    ],
    ids=lambda data: f"{len(data)} bytes",
)
def test_hostile_forms_are_refused_as_any_other(data):
    with pytest.raises(InputError):
        read_private_key(data, b"pw")


def test_what_tools_write_is_read():
    key = ec.generate_private_key(ec.SECP256R1())
    for encoding in (Encoding.PEM, Encoding.DER):
        content = key.private_bytes(encoding, PrivateFormat.PKCS8, BestAvailableEncryption(b"pw"))
        assert read_private_key(content, b"pw").material.private_numbers() == key.private_numbers()


@given(st.binary(max_size=200))
def test_whatever_else_it_is_it_is_passed_over_or_refused(data):
    for content in (data, pem(data), pbkdf2(5)[: len(data)] + data):
        try:
            check_cost(content)
        except InputError as error:
            assert error.code == "key-invalid"
