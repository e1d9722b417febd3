"""A private key whose password would take hours to try is refused before it is tried."""

from __future__ import annotations

from base64 import encodebytes
from collections.abc import Callable

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
    octets = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes([tag]) + (bytes([size]) if size < 128 else bytes([0x80 | len(octets)]) + octets) + content


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
    "scrypt": scrypt(1 << 21, 8, 1),
    "scrypt in parallel": scrypt(1 << 14, 8, 1000),
    "scrypt in wide blocks": scrypt(2, 1 << 30, 1),
    "PKCS #12": pkcs12(2**31 - 1),
}


def with_headers(*lines: bytes) -> Callable[[bytes], bytes]:
    """PEM with headers before the base64, which an empty line ends (RFC 1421 section 4.4)."""
    return lambda key: pem(key).replace(b"-----\n", b"-----\n" + b"\n".join(lines) + b"\n\n", 1)


def behind_a_decoy(key: bytes) -> bytes:
    """PEM behind another block, in whose headers the label stands, before what looks like a key that costs little."""
    decoy = b"X: " + pem(pbkdf2(1)).replace(b"-----\n", b"-----\n\n", 1).partition(b"-----END")[0]
    return b"-----BEGIN X-----\n" + decoy + b"-----END X-----\n" + pem(key)


FORMS = {
    "DER": bytes,
    "PEM": pem,
    "PEM with CRLF": lambda key: pem(key).replace(b"\n", b"\r\n"),
    "PEM with CR": lambda key: pem(key).replace(b"\n", b"\r"),
    "PEM with spaces": lambda key: pem(key).replace(b"\n", b" \n "),
    "PEM with a header": with_headers(b"Comment: a key"),
    "PEM with headers": with_headers(b"Comment: a key", b"X-Y: z"),
    "PEM with dashes in a header": with_headers(b"Comment: a-----b"),
    "PEM with a header behind an empty line": lambda key: with_headers(b"Comment: a key")(key).replace(
        b"-----\n", b"-----\n\n", 1
    ),
    "PEM with headers and CRLF": lambda key: with_headers(b"Comment: a key")(key).replace(b"\n", b"\r\n"),
    "PEM with headers and an empty line at its end": lambda key: with_headers(b"Comment: a key")(key).replace(
        b"-----END", b"\n-----END"
    ),
    "PEM before text": lambda key: pem(key) + b"which ends by -----END ENCRYPTED PRIVATE KEY-----\n",
    "PEM behind text": lambda key: b"Bag Attributes\n  friendlyName: a\n" + pem(key),
}


@pytest.mark.parametrize("name", COSTLY)
@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_more_than_is_done_is_refused(name, form):
    with pytest.raises(InputError) as caught:
        read_private_key(form(COSTLY[name]), b"pw")
    assert caught.value.code == "key-invalid"
    assert "rounds" in caught.value.message


def test_more_than_64_bits_can_count_is_refused(refused):
    with refused("key-invalid", InputError) as caught:
        read_private_key(pbkdf2(2**80), b"pw")
    assert "rounds" in caught.value.message
    for name in FORMS.keys() - {"DER"}:
        with refused("key-invalid", InputError):
            read_private_key(FORMS[name](pbkdf2(2**80)), b"pw")


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_key_that_costs_little_is_read_in_each_form(form):
    key = ec.derive_private_key(7, ec.SECP256R1())
    content = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, BestAvailableEncryption(b"pw"))
    assert read_private_key(form(content), b"pw").material.private_numbers() == key.private_numbers()


def test_a_label_within_another_block_does_not_hide_what_a_key_costs():
    with pytest.raises(InputError, match="no private key that can be read"):
        read_private_key(behind_a_decoy(COSTLY["PBKDF2 with a length"]), b"pw")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text.partition(b"-----END")[0],
        lambda text: text.replace(b"END ENCRYPTED", b"END"),
        lambda text: text.replace(b"-----\n", b"-----\nno header\n\n", 1),
        lambda text: text.replace(b"\n", b"\n!", 1),
        lambda text: text.replace(b"\n", b"\n-", 2),
        lambda text: text.replace(b"\n", b"\n\n"),
        lambda text: text.replace(b"-----\n", b"-----\nComment: a\n b\n\n", 1),
        lambda text: text.replace(b"-----\n", b"-----\nProc-Type: 4,MIC-CLEAR\n\n", 1),
        lambda text: b"-----BEGIN X-----\n" + text,
    ],
    ids=[
        "no end",
        "another end",
        "no header",
        "no base64",
        "dashes",
        "empty lines",
        "folded",
        "Proc-Type",
        "another begin",
    ],
)
def test_what_is_not_quite_pem_is_refused(spoil, refused):
    key = ec.derive_private_key(7, ec.SECP256R1())
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"pw"))
    assert read_private_key(text, b"pw")
    with refused("key-invalid", InputError):
        read_private_key(spoil(text), b"pw")


def test_what_it_costs_does_not_matter_without_a_password():
    for form in FORMS.values():
        with pytest.raises(InputError, match="the private key is encrypted") as caught:
            read_private_key(form(COSTLY["PBKDF2"]))
        assert caught.value.code == "password"


@pytest.mark.parametrize("key", [pbkdf2(MAX_ROUNDS), pbkdf2(600_000, integer(32)), scrypt(1 << 20, 8, 1), pkcs12(2048)])
def test_what_is_done_is_not(key):
    check_cost(key)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"0",
        der(0x30),
        der(0x30, der(0x30)),
        der(0x30, integer(2**80)),
        COSTLY["PBKDF2"][:-1],
        b"\x31" + COSTLY["PBKDF2"][1:],
        der(0x30, der(0x30, PBES2, der(0x31, PBKDF2, der(0x30, der(4, bytes(16)), integer(2**80))))),
    ],
    ids=["nothing", "a tag", "nothing in it", "no name", "a number", "cut short", "a set", "a set in it"],
)
def test_what_is_no_encrypted_key_is_passed_over(data):
    check_cost(data)


def test_over_4096_bytes_that_say_how_it_is_encrypted_are_not_read(refused):
    def padded(size):
        algorithm = der(0x30, PBES2, der(4, bytes(size - len(PBES2) - 8)))
        assert len(algorithm) == size
        return der(0x30, algorithm, der(4, bytes(144)))

    check_cost(padded(4096))
    with refused("key-invalid", InputError):
        check_cost(padded(4097))


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
        pem(COSTLY["PBKDF2"]).partition(b"-----END")[0],
        pem(COSTLY["PBKDF2"]).replace(b"END ENCRYPTED", b"END"),
        with_headers(b"no header")(COSTLY["PBKDF2"]),
        pem(COSTLY["PBKDF2"]).replace(b"\n", b"\n!", 1),
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
    for content in (data, pbkdf2(5)[: len(data)] + data):
        try:
            check_cost(content)
        except InputError as error:
            assert error.code == "key-invalid"
    with pytest.raises(InputError) as caught:
        read_private_key(pem(data), b"pw")
    assert caught.value.code in {"key-invalid", "password"}
