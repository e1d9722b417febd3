"""A kid as text or as bytes, wherever one is given, and what COSE and JOSE make of it."""

from __future__ import annotations

from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from kmsjose import KeySet, KMSSigner, LocalSigner, PublicKey, cose, jws, jwt, kms
from kmsjose.algorithms import by_name
from kmsjose.cbor import cbor_map, dumps, loads, untagged
from kmsjose.cose.structures import sig_structure1
from kmsjose.errors import InputError, PolicyError
from kmsjose.keys.chain import Chain
from kmsjose.keys.did import DidJwkKeys
from kmsjose.keys.kids import json_kid, kid_as_text, kid_of_text, text_of_kid
from kmsjose.keys.private import read_private_key

PRIVATE = ec.derive_private_key(7, ec.SECP256R1())
PUBLIC = PRIVATE.public_key()
ES256 = by_name("ES256")
#: As health certificates have them, and what else senders put into a byte string.
KIDS = [
    bytes.fromhex("d919375fc1e7b6b2"), bytes.fromhex("53fa8c3bbe2f1dcb"), bytes(8), b"\xff" * 8, b"\0", b"\xff",
    b"\x80", b"2026-a", b"kid\n", b"\x1b[31m", "schlüssel".encode(), "schlüssel".encode("latin-1"), "鍵".encode(),
    b"\xed\xa0\x80", b"\xc0\x80", b"\xf5\x80\x80\x80", b"\xe9\x8d", "\U0001f511".encode(), sha256(b"c").digest(),
    sha256(b"c").digest()[:4], bytes(range(256)), b"a" * 1000,
]  # fmt: skip
#: Those that are UTF-8, and so have a kid in JOSE too.
TEXTS = [kid for kid in KIDS if kid.decode("utf-8", "ignore").encode() == kid]


def signed(protected, unprotected):
    """A COSE_Sign1 of these headers."""
    signature = LocalSigner(PRIVATE).sign(sig_structure1(dumps(protected), b"", b"payload"))
    return dumps([dumps(protected), unprotected, b"payload", signature])


@pytest.mark.parametrize("kid", KIDS, ids=lambda kid: kid[:12].hex())
class TestBytes:
    def test_every_way_to_a_public_key_takes_it(self, kid, certify):
        certificate = certify(PUBLIC)
        pem = certificate.public_bytes(Encoding.PEM)
        chain = Chain.from_der([certificate.public_bytes(Encoding.DER)])
        spki = PUBLIC.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        keys = [
            PublicKey.of(PUBLIC, kid=kid), PublicKey(PUBLIC, ES256, kid), PublicKey.from_der(spki, kid=kid),
            PublicKey.from_pem(PublicKey.of(PUBLIC).to_pem(), kid=kid), PublicKey.from_pem(pem, kid=kid),
            chain.public_key(kid=kid), LocalSigner(PRIVATE, kid=kid).public_key,
        ]  # fmt: skip
        for key in keys:
            assert kid_of_text(key.kid) == kid
            assert cbor_map(key.to_cose_key())[2] == kid
            assert PublicKey.from_cose_key(key.to_cose_key()).kid == key.kid

    def test_every_way_to_a_signer_takes_it(self, kid):
        client = kms.connect(local=":memory:")
        arn = kms.create_key(client, "ES256")
        pem = PRIVATE.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        signers = [
            KMSSigner.open(client, arn, kid=kid), kms.open_tagged(client, arn, kid=kid),
            LocalSigner.from_pem(pem, kid=kid), LocalSigner(read_private_key(pem).named(None, kid).material, kid=kid),
        ]  # fmt: skip
        for signer in signers:
            message = cose.sign1(b"payload", signer)
            assert cbor_map(loads(untagged(message)[1])[0])[4] == kid
            assert cose.verify1(message, KeySet([signer.public_key])).key == signer.public_key

    def test_a_message_finds_its_key_by_it(self, kid):
        signer = LocalSigner(PRIVATE, kid=kid)
        other = LocalSigner(ec.generate_private_key(ec.SECP256R1()), kid=b"other")
        keys = KeySet([other.public_key, signer.public_key])
        for protected, unprotected in (({1: -7, 4: kid}, {}), ({1: -7}, {4: kid})):
            message = signed(protected, unprotected)
            for trusted in (keys, signer.public_key, DidJwkKeys(keys)):
                assert cose.verify1(message, trusted).key == signer.public_key

    def test_it_is_looked_up_as_bytes_and_as_text(self, kid, refused):
        key = PublicKey.of(PUBLIC, kid=kid)
        for finder in (KeySet([key]), key, DidJwkKeys(KeySet([key]))):
            assert finder.find(kid, ES256) == finder.find(text_of_kid(kid), ES256) == key
            with refused("key-not-found"):
                finder.find(kid + b"\xff", ES256)
            with refused("alg-mismatch"):
                finder.find(kid, by_name("ES384"))

    def test_a_policy_names_it(self, kid, refused):
        signer = LocalSigner(PRIVATE, kid=kid)
        keys = KeySet([signer.public_key])
        message = cose.sign(b"payload", [signer])
        assert cose.verify(message, keys, policy=[kid]).verdicts[0].kid == text_of_kid(kid)
        assert cose.verify(message, keys, policy=[text_of_kid(kid)])
        with refused("policy-unmet", PolicyError):
            cose.verify(message, keys, policy=[kid, b"\xff" * 3])

    def test_in_jose_it_is_text_or_refused(self, kid, refused):
        signer = LocalSigner(PRIVATE, kid=kid)
        if kid in TEXTS:
            assert signer.public_key.to_jwk()["kid"] == kid.decode()
            assert jwt.verify(jwt.sign({"a": 1}, signer), signer.public_key, require=()).header["kid"] == kid.decode()
            return
        calls = (signer.public_key.to_jwk, lambda: jwt.sign({"a": 1}, signer), lambda: jws.sign_json(b"", [signer]),
                 lambda: KeySet([signer.public_key]).to_jwks())  # fmt: skip
        for call in calls:
            with refused("key-invalid", InputError):
                call()


def test_the_key_of_a_certificate_as_health_certificates_name_it(certify):
    """The first 8 bytes of the certificate's SHA-256."""
    certificate = certify(PUBLIC)
    kid = sha256(certificate.public_bytes(Encoding.DER)).digest()[:8]
    key = PublicKey.from_pem(certificate.public_bytes(Encoding.PEM), kid=kid)
    assert cose.verify1(signed({1: -7, 4: kid}, {}), KeySet([key])).key is key


def test_two_keys_of_one_kid_conflict_however_it_is_given(refused):
    other = ec.generate_private_key(ec.SECP256R1()).public_key()
    with refused("key-conflict", InputError):
        KeySet([PublicKey.of(PUBLIC, kid=b"2026"), PublicKey.of(other, kid="2026")])


def test_no_bytes_take_the_thumbprint_as_no_text_does():
    assert PublicKey.of(PUBLIC, kid=b"").kid == PublicKey.of(PUBLIC).kid


@pytest.mark.parametrize("kid", [7, None, 1.5, ["a"], {"a"}, bytearray(b"a"), object(), True])
def test_what_is_neither_text_nor_bytes_is_no_kid(refused, kid):
    for call in (kid_as_text, lambda k: PublicKey.of(PUBLIC, kid=k), lambda k: LocalSigner(PRIVATE, kid=k)):
        with refused("usage", InputError) as caught:
            call(kid)
        assert type(kid).__name__.removesuffix("Type") in caught.value.message


def test_an_import_remembers_text_alone(refused, quick_wrapping):
    client = kms.connect(local=":memory:")
    assert kms.import_key(client, PRIVATE, kid=b"2026-a").public_key.kid == "2026-a"
    with refused("usage", InputError):
        kms.import_key(client, PRIVATE, kid=b"\xff")


@given(st.binary(min_size=1, max_size=40))
def test_any_bytes_come_back_and_have_one_text(kid):
    assert kid_of_text(text_of_kid(kid)) == kid
    assert kid_as_text(kid) == text_of_kid(kid)


def test_half_of_a_character_is_no_text(refused):
    for half in ("\ud800", "\udbff", "\udc00", "\udfff", "a\ud800", "\udcc3\udca9"):
        for call in (json_kid, kid_of_text):
            with refused("key-invalid", InputError):
                call(half)


@given(st.text(max_size=10))
def test_any_text_goes_into_json(kid):
    assert json_kid(kid) == kid
