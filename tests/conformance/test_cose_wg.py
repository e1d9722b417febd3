"""The COSE working group's examples: each file is verified, or refused with a code, or out of scope for a reason."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESCCM

from kmsjose import KeySet, PublicKey, cose, cwt
from kmsjose.cbor import dumps, loads, tagged, untagged
from kmsjose.cose.structures import sig_structure, sig_structure1
from kmsjose.errors import InputError, KmsJoseError, VerificationError

VERIFIED = (
    "CWT/A_3.json",
    "ecdsa-examples/ecdsa-01.json",
    "ecdsa-examples/ecdsa-02.json",
    "ecdsa-examples/ecdsa-03.json",
    "ecdsa-examples/ecdsa-sig-01.json",
    "ecdsa-examples/ecdsa-sig-02.json",
    "ecdsa-examples/ecdsa-sig-03.json",
    "eddsa-examples/eddsa-01.json",
    "eddsa-examples/eddsa-sig-01.json",
    "rsa-pss-examples/rsa-pss-01.json",
    "rsa-pss-examples/rsa-pss-02.json",
    "rsa-pss-examples/rsa-pss-03.json",
    "sign-tests/ecdsa-01.json",
    "sign-tests/sign-pass-01.json",  # its body's protected header is h'a0', and is signed as h''
    "sign-tests/sign-pass-02.json",  # external_aad
    "sign-tests/sign-pass-03.json",  # no tag
    "sign1-tests/sign-pass-02.json",  # external_aad
    "sign1-tests/sign-pass-03.json",  # no tag
)
#: A signed message within another.
WRAPPED = ("CWT/A_6.json",)
#: Files that say "fail", and the code of our refusal.
FAILING = {
    "sign-tests/sign-fail-01.json": "tag-unexpected",
    "sign-tests/sign-fail-02.json": "signature-invalid",
    "sign-tests/sign-fail-03.json": "alg-unknown",
    "sign-tests/sign-fail-04.json": "alg-unknown",
    "sign-tests/sign-fail-06.json": "signature-invalid",
    "sign-tests/sign-fail-07.json": "signature-invalid",
    "sign1-tests/sign-fail-01.json": "tag-unexpected",
    "sign1-tests/sign-fail-02.json": "signature-invalid",
    "sign1-tests/sign-fail-03.json": "alg-unknown",
    "sign1-tests/sign-fail-04.json": "alg-unknown",
    "sign1-tests/sign-fail-06.json": "signature-invalid",
    "sign1-tests/sign-fail-07.json": "signature-invalid",
}
#: Files whose signature is good, and the rule of ours that refuses them.
BY_OUR_RULES = {
    "sign1-tests/sign-pass-01.json": "alg-missing",  # alg is unprotected
    "ecdsa-examples/ecdsa-04.json": "alg-mismatch",  # ES512 by a key of P-256: here the curve decides the hash
    "ecdsa-examples/ecdsa-sig-04.json": "alg-mismatch",
}
#: Files whose key is refused, as there is no such algorithm here.
BY_ITS_KEY = {
    "eddsa-examples/eddsa-02.json": "Ed448",
    "eddsa-examples/eddsa-sig-02.json": "Ed448",
}
MAC, ENCRYPTED = "a MAC, and only signatures are verified here", "encrypted, and nothing signed is inside"
#: Files that hold nothing signed, each with the code of the refusal by whoever takes it for a signed message.
OUT_OF_SCOPE = {
    "CWT/A_4.json": (MAC, "tag-unexpected"),
    "CWT/A_5.json": (ENCRYPTED, "tag-unexpected"),
    "CWT/A_7.json": (MAC, "tag-unexpected"),
    **{f"hmac-examples/HMac-0{number}.json": (MAC, "tag-unexpected") for number in range(1, 6)},
    **{f"hmac-examples/HMac-enc-0{number}.json": (MAC, "tag-unexpected") for number in range(1, 6)},
    "mac0-tests/HMac-01.json": (MAC, "tag-unexpected"),
    **{f"mac0-tests/mac-fail-0{number}.json": (MAC, "tag-unexpected") for number in (1, 2, 3, 4, 6, 7)},
    "mac0-tests/mac-pass-01.json": (MAC, "tag-unexpected"),
    "mac0-tests/mac-pass-02.json": (MAC, "tag-unexpected"),
    "mac0-tests/mac-pass-03.json": (MAC, "alg-missing"),  # no tag, and alg is unprotected
}
TABLES = (VERIFIED, WRAPPED, FAILING, BY_OUR_RULES, BY_ITS_KEY, OUT_OF_SCOPE)
WITH_AAD = ("sign-tests/sign-pass-02.json", "sign1-tests/sign-pass-02.json")

#: The algorithm of an RSA key by the name that the files have for it: the other keys have one of their own.
RSA = {f"RSA-PSS-{size}": f"PS{size}" for size in (256, 384, 512)}
PUBLIC_MEMBERS = ("kty", "crv", "kid", "use", "x", "y", "n", "e")
#: RFC 8392 appendix A.1.
CLAIMS = {
    "iss": "coap://as.example.com",
    "sub": "erikw",
    "aud": "coap://light.example.com",
    "exp": 1444064944,
    "nbf": 1443944944,
    "iat": 1443944944,
    "cti": b"\x0b\x71",
}
NOW = datetime.fromtimestamp(1444000000, UTC)


def jwk_of(key: dict[str, str]) -> dict[str, str]:
    """The public JWK of a key in a file, which has some of its members in hex."""
    members = {}
    for name, value in key.items():
        plain = name.removesuffix("_hex")
        if plain in PUBLIC_MEMBERS:
            members[plain] = value if name == plain else urlsafe_b64encode(bytes.fromhex(value)).rstrip(b"=").decode()
    return members


class Example:
    """A file of a COSE_Sign1 (sign0, as it was once called) or a COSE_Sign."""

    def __init__(self, vectors, name: str) -> None:
        self.content: dict[str, Any] = json.loads((vectors / "cose-wg" / name).read_text())
        given, between = self.content["input"], self.content["intermediates"]
        self.single = "sign0" in given
        self.signers = [given["sign0"]] if self.single else given["sign"]["signers"]
        self.to_be_signed = [
            bytes.fromhex(of_signer["ToBeSign_hex"]) for of_signer in ([between] if self.single else between["signers"])
        ]
        (self.external_aad,) = {bytes.fromhex(signer.get("external", "")) for signer in self.signers}
        self.payload = given["plaintext"].encode() if "plaintext" in given else bytes.fromhex(given["plaintext_hex"])
        self.message = bytes.fromhex(self.content["output"]["cbor"])

    @property
    def keys(self) -> KeySet:
        return KeySet(
            PublicKey.from_jwk(
                jwk_of(signer["key"]), RSA.get(signer["alg"] if "alg" in signer else signer["protected"]["alg"])
            )
            for signer in self.signers
        )

    def verify(self, **changes: Any) -> bytes | None:
        arguments = {"external_aad": self.external_aad, **changes}
        return (cose.verify1 if self.single else cose.verify)(self.message, self.keys, **arguments).payload


def parts_of(message: bytes) -> Any:
    return loads(untagged(message)[1])


def test_every_file_is_accounted_for_once(vectors):
    folder = vectors / "cose-wg"
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert Counter(name for table in TABLES for name in table) == Counter(there - {"LICENSE"})


def test_the_tables_agree_with_what_the_files_say(vectors):
    for table in TABLES:
        for name in table:
            content = json.loads((vectors / "cose-wg" / name).read_text())
            if table is OUT_OF_SCOPE:
                assert content["input"].keys() & {"mac", "mac0", "encrypted"}
            else:
                assert content.get("fail", False) is (table is FAILING)


@pytest.mark.parametrize("name", VERIFIED)
def test_what_is_to_pass_is_verified(vectors, name):
    example = Example(vectors, name)
    assert example.verify() == example.payload


@pytest.mark.parametrize("name", VERIFIED)
def test_what_is_signed_is_what_the_file_says(vectors, name):
    example = Example(vectors, name)
    protected, _, payload, last = parts_of(example.message)
    if example.single:
        built = [sig_structure1(protected, example.external_aad, payload)]
    else:
        built = [sig_structure(protected, own, example.external_aad, payload) for own, _, _ in last]
    assert built == example.to_be_signed


@pytest.mark.parametrize("name", WITH_AAD)
@pytest.mark.parametrize("aad", [b"", b"\0", bytes.fromhex("11aa22bb33cc44dd55006698")])
def test_another_external_aad_is_refused(vectors, name, aad, refused):
    example = Example(vectors, name)
    assert example.external_aad == bytes.fromhex("11aa22bb33cc44dd55006699")
    with refused("signature-invalid"):
        example.verify(external_aad=aad)


@pytest.mark.parametrize("name", sorted(set(VERIFIED) - set(WITH_AAD)))
def test_an_external_aad_where_there_was_none_is_refused(vectors, name, refused):
    with refused("signature-invalid"):
        Example(vectors, name).verify(external_aad=b"context")


@pytest.mark.parametrize("name, code", [*FAILING.items(), *BY_OUR_RULES.items()])
def test_what_is_to_fail_is_refused_with_its_code(vectors, name, code, refused):
    with refused(code):
        Example(vectors, name).verify()


@pytest.mark.parametrize("name", BY_ITS_KEY)
def test_a_key_of_no_algorithm_here_is_refused(vectors, name, refused):
    example = Example(vectors, name)
    assert example.signers[0]["key"]["crv"] == BY_ITS_KEY[name]
    with refused("key-invalid", InputError):
        example.verify()


@pytest.mark.parametrize("name, code", [(name, code) for name, (_, code) in OUT_OF_SCOPE.items()])
def test_what_is_out_of_scope_is_refused_all_the_same(vectors, name, code, refused):
    message = bytes.fromhex(json.loads((vectors / "cose-wg" / name).read_text())["output"]["cbor"])
    keys = Example(vectors, "sign1-tests/sign-pass-02.json").keys
    for verify in (cose.verify1, cwt.verify):
        with refused(code):
            verify(message, keys)
    with refused("malformed" if untagged(message)[0] == () else code):
        cose.verify(message, keys)


class TestClaims:
    """RFC 8392 appendix A."""

    @pytest.fixture
    def example(self, vectors):
        return Example(vectors, "CWT/A_3.json")

    @pytest.fixture
    def verified(self, example):
        """The claims of a token, by the key of the file."""

        def of(token, now=NOW):
            return cwt.verify(token, example.keys, issuer=CLAIMS["iss"], audience=CLAIMS["aud"], now=now).claims

        return of

    def test_a_signed_cwt_is_verified(self, example, verified):
        assert verified(example.message) == CLAIMS

    def test_with_the_cwt_tag_and_without_a_tag_it_is_the_same(self, example, verified):
        assert verified(tagged(61, example.message)) == CLAIMS
        assert verified(untagged(example.message)[1]) == CLAIMS

    def test_the_cwt_tag_stands_before_a_tag_alone(self, example, verified, refused):
        with refused("tag-unexpected"):
            verified(tagged(61, untagged(example.message)[1]))

    @pytest.mark.parametrize("now, code", [(1444064944, "expired"), (1443944943, "not-yet-valid")])
    def test_it_is_refused_outside_its_time(self, example, verified, now, code, refused):
        with refused(code):
            verified(example.message, datetime.fromtimestamp(now, UTC))

    def test_it_is_refused_by_whom_it_is_not_for(self, example, refused):
        with refused("audience-required"):
            cwt.verify(example.message, example.keys, now=NOW)
        with refused("audience-mismatch"):
            cwt.verify(example.message, example.keys, audience="coap://other.example.com", now=NOW)

    def test_a_signed_cwt_within_an_encrypted_one_is_verified_once_decrypted(self, vectors, verified, refused):
        content = json.loads((vectors / "cose-wg" / "CWT" / "A_6.json").read_text())
        outer = bytes.fromhex(content["output"]["cbor"])
        with refused("tag-unexpected"):
            verified(outer)
        _, unprotected, ciphertext = parts_of(outer)
        (recipient,) = content["input"]["encrypted"]["recipients"]
        cipher = AESCCM(bytes.fromhex(recipient["key"]["k_hex"]), tag_length=8)
        aad = bytes.fromhex(content["intermediates"]["AAD_hex"])
        inner = cipher.decrypt(unprotected[5], ciphertext, aad)
        assert inner.hex() == content["input"]["plaintext_hex"]
        assert verified(inner) == CLAIMS


@pytest.fixture(scope="module")
def es256(vectors):
    """A COSE_Sign1 with a kid in its unprotected header."""
    return Example(vectors, "ecdsa-examples/ecdsa-sig-01.json")


def with_byte(message: bytes, position: int, value: int) -> bytes:
    return message[:position] + bytes([value]) + message[position + 1 :]


@pytest.fixture(scope="module")
def outcomes(es256):
    """What becomes of a message changed in one byte, by position and new value: the error, or None if it is good."""
    keys, found = es256.keys, {}
    for position, before in enumerate(es256.message):
        for value in set(range(256)) - {before}:
            try:
                cose.verify1(with_byte(es256.message, position, value), keys)
            except KmsJoseError as error:
                found[position, value] = error
            else:
                found[position, value] = None
    return found


class TestOneByteChanged:
    """To each of its other values, at each place of a message."""

    @pytest.fixture
    def kid(self, es256):
        """Where the unprotected kid stands: its label, the head of its byte string, and two bytes."""
        return es256.message.index(dumps(4) + dumps(b"11"))

    def test_all_but_the_label_of_the_unprotected_kid_is_refused(self, outcomes, kid):
        assert {position for (position, _), error in outcomes.items() if error is None} == {kid}
        assert {type(error) for error in outcomes.values() if error is not None} == {VerificationError}

    def test_with_another_label_the_message_has_no_kid_and_all_else_is_as_it_was(self, es256, outcomes):
        protected, unprotected, *rest = parts_of(es256.message)
        assert unprotected == {4: b"11"}
        for place in (place for place, error in outcomes.items() if error is None):
            changed = parts_of(with_byte(es256.message, *place))
            assert [changed[0], *changed[2:]] == [protected, *rest]
            assert 4 not in changed[1]

    def test_another_kid_is_one_that_nobody_has(self, outcomes, kid):
        in_kid = [error for (position, _), error in outcomes.items() if position in (kid + 2, kid + 3)]
        assert {error.code for error in in_kid} == {"key-not-found"}

    def test_another_payload_or_signature_is_invalid(self, es256, outcomes):
        start, end = es256.message.index(es256.payload), len(es256.message)
        signed = [*range(start, start + len(es256.payload)), *range(end - 64, end)]
        assert {error.code for (position, _), error in outcomes.items() if position in signed} == {"signature-invalid"}
