"""A public key: one algorithm, a kid, and its import from `cryptography`, DER and PEM."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, rsa, x25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import assume, given
from hypothesis import strategies as st

from kmsjose.algorithms import TABLE
from kmsjose.errors import InputError
from kmsjose.keys import PublicKey

RSA_NAMES = [row.name for row in TABLE if row.kty == "RSA"]
NOT_RSA = [row.name for row in TABLE if row.kty != "RSA"]


class TestOf:
    @pytest.mark.parametrize("name", NOT_RSA)
    def test_a_key_with_one_algorithm_needs_no_name(self, private_keys, name):
        assert PublicKey.of(private_keys[name].public_key()).algorithm.name == name

    def test_an_rsa_key_needs_one(self, private_keys, refused):
        material = private_keys["RS256"].public_key()
        with refused("alg-required", InputError) as caught:
            PublicKey.of(material)
        assert all(name in caught.value.message for name in RSA_NAMES)
        for name in RSA_NAMES:
            assert PublicKey.of(material, name).algorithm.name == name

    @pytest.mark.parametrize("alg", ["ES384", "ES256K", "RS256", "EdDSA", "ML-DSA-44"])
    def test_an_algorithm_of_another_key_is_refused(self, private_keys, alg, refused):
        with refused("alg-unsupported-by-key", InputError):
            PublicKey.of(private_keys["ES256"].public_key(), alg)

    @pytest.mark.parametrize("alg", ["HS256", "none", ""])
    def test_an_unknown_algorithm_is_refused(self, private_keys, alg, refused):
        with refused("alg-unknown", InputError):
            PublicKey.of(private_keys["ES256"].public_key(), alg)

    @pytest.mark.parametrize(
        "make",
        [
            x25519.X25519PrivateKey.generate,
            ed448.Ed448PrivateKey.generate,
            lambda: dsa.generate_private_key(2048),
            lambda: ec.generate_private_key(ec.SECP224R1()),
            lambda: ec.generate_private_key(ec.BrainpoolP256R1()),
        ],
        ids=["X25519", "Ed448", "DSA", "P-224", "brainpool"],
    )
    def test_a_key_of_another_kind_is_refused(self, make, refused):
        with refused("key-invalid", InputError):
            PublicKey.of(make().public_key())

    def test_a_private_key_is_no_public_key(self, private_keys, row, refused):
        with refused("key-invalid", InputError):
            PublicKey.of(private_keys[row.name], row.name)

    @pytest.mark.parametrize("value", [None, b"", "key", 5])
    def test_what_is_no_key_is_refused(self, value, refused):
        with refused("key-invalid", InputError):
            PublicKey.of(value)

    def test_an_rsa_key_of_1024_bits_is_refused(self, refused):
        with refused("key-invalid", InputError):
            PublicKey.of(rsa.generate_private_key(65537, 1024).public_key(), "PS256")


class TestVerify:
    @pytest.mark.parametrize("message, signature", [("text", bytes(64)), (b"m", None), (None, bytes(64)), (b"m", 64)])
    def test_what_is_not_bytes_is_refused_and_never_good(self, signer, message, signature, refused):
        signer.public_key.verify(b"m", signer.sign(b"m"))
        if signature is not None and not isinstance(signature, int):
            signature = signer.sign(b"m")
        with refused("usage", InputError) as caught:
            signer.public_key.verify(message, signature)
        assert isinstance(caught.value.__cause__, TypeError)

    def test_an_error_of_the_callers_own_class_is_no_good_verdict(self, signer):
        class Torn(bytes):
            def __len__(self):
                raise LookupError("torn")

        with pytest.raises(LookupError, match="torn"):
            signer.public_key.verify(b"m", Torn(signer.sign(b"m")))


class TestEquality:
    def test_keys_of_equal_material_algorithm_and_kid_are_equal(self, signer):
        key = signer.public_key
        again = PublicKey.from_der(key.spki, key.algorithm.name)
        assert again == key
        assert hash(again) == hash(key)

    def test_another_kid_or_algorithm_is_another_key(self, private_keys):
        material = private_keys["RS256"].public_key()
        keys = {PublicKey.of(material, alg, kid) for alg in ("RS256", "PS256") for kid in ("a", "b")}
        assert len(keys) == 4

    def test_it_cannot_be_changed(self, signer):
        with pytest.raises(AttributeError):
            signer.public_key.kid = "other"

    def test_its_repr_is_short(self, signer):
        assert len(repr(signer.public_key)) < 160


class TestDER:
    def test_every_key_comes_back(self, signer):
        key = signer.public_key
        assert PublicKey.from_der(key.spki, key.algorithm.name, "k") == PublicKey.of(
            key.material, key.algorithm.name, "k"
        )

    @pytest.mark.parametrize("spoil", [lambda d: d + b"\0", lambda d: d[:-1], lambda d: b"", lambda d: b"\x31" + d[1:]])
    def test_what_is_not_exactly_a_key_is_refused(self, signer, spoil, refused):
        with refused("key-invalid", InputError):
            PublicKey.from_der(spoil(signer.public_key.spki), signer.public_key.algorithm.name)

    def test_a_private_key_in_der_is_refused(self, private_keys, refused):
        der = private_keys["ES256"].private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        with refused("key-invalid", InputError):
            PublicKey.from_der(der)

    @given(st.binary(max_size=64))
    def test_any_bytes_raise_only_our_error(self, data):
        with pytest.raises(InputError):
            PublicKey.from_der(data)

    @given(st.data())
    def test_a_changed_key_is_refused_or_another_key(self, signers, data):
        spki = bytearray(signers["ES256"].public_key.spki)
        spki[data.draw(st.integers(0, len(spki) - 1))] ^= data.draw(st.integers(1, 255))
        # The point's form, 4, may also be 6 or 7 (X9.62's hybrid form, which OpenSSL reads): that is the same key.
        assume(spki[-65] not in (6, 7))
        try:
            key = PublicKey.from_der(bytes(spki))
        except InputError:
            return
        assert key != signers["ES256"].public_key


class TestPEM:
    def test_every_key_comes_back(self, signer):
        key = signer.public_key
        pem = key.to_pem()
        assert pem.startswith("-----BEGIN PUBLIC KEY-----\n")
        assert PublicKey.from_pem(pem, key.algorithm.name) == key
        assert PublicKey.from_pem(pem.encode(), key.algorithm.name) == key

    def test_a_certificate_gives_its_key_and_its_chain(self, signer, certify):
        key = signer.public_key
        certificates = [certify(key.material), certify(key.material)]
        pem = b"".join(certificate.public_bytes(Encoding.PEM) for certificate in certificates)
        read = PublicKey.from_pem(pem, key.algorithm.name)
        assert read.spki == key.spki
        assert read.x5c == tuple(certificate.public_bytes(Encoding.DER) for certificate in certificates)

    def test_certificates_without_end_are_not_read(self, signers, certify, refused):
        key = signers["ES256"].public_key
        pem = certify(key.material).public_bytes(Encoding.PEM)
        assert len(PublicKey.from_pem(pem * 10).x5c) == 10
        with refused("key-invalid", InputError):
            PublicKey.from_pem(pem * 11)

    def test_an_rsa_pem_needs_an_algorithm(self, signers, certify, refused):
        key = signers["RS256"].public_key
        for pem in (key.to_pem(), certify(key.material).public_bytes(Encoding.PEM)):
            with refused("alg-required", InputError):
                PublicKey.from_pem(pem)

    @pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
    @pytest.mark.parametrize("password", [None, b"password"])
    def test_a_private_key_is_refused_for_what_it_is(self, private_keys, form, password, refused):
        how = NoEncryption() if password is None else serialization.BestAvailableEncryption(password)
        pem = private_keys["ES256"].private_bytes(Encoding.PEM, form, how)
        for whole in (pem, pem.decode(), b"text\n" + pem):
            with refused("key-private", InputError):
                PublicKey.from_pem(whole)

    def test_a_private_key_beside_a_public_one_is_refused(self, private_keys, signers, refused):
        pem = private_keys["ES256"].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        with refused("key-private", InputError):
            PublicKey.from_pem(signers["ES256"].public_key.to_pem().encode() + pem)

    def test_pkcs1_of_rsa_is_read_too(self, private_keys, signers):
        pem = private_keys["RS256"].public_key().public_bytes(Encoding.PEM, PublicFormat.PKCS1)
        assert PublicKey.from_pem(pem, "RS256") == signers["RS256"].public_key

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda pem: pem.replace("END PUBLIC", "END RSA PUBLIC"),
            lambda pem: pem.replace("-----END PUBLIC KEY-----", "-----END"),
            lambda pem: pem.replace("\n", "\n!", 1),
            lambda pem: pem.replace("PUBLIC", "EC PUBLIC"),
            lambda pem: pem.replace("-----BEGIN PUBLIC KEY-----", "-----BEGIN  PUBLIC KEY-----"),
        ],
        ids=["another end", "no end", "no base64", "another label", "two spaces"],
    )
    def test_a_key_in_what_is_not_quite_pem_is_refused(self, signers, spoil, refused):
        with refused("key-invalid", InputError):
            PublicKey.from_pem(spoil(signers["ES256"].public_key.to_pem()))

    @pytest.mark.parametrize(
        "pem",
        [
            "",
            "text",
            "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n",
            "-----BEGIN CERTIFICATE-----\nAAAA\n",
            "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
            b"\xff\xfe",
            "é",
            "\ud800",
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        ],
    )
    def test_what_is_no_key_is_refused(self, pem, refused):
        with refused("key-invalid", InputError):
            PublicKey.from_pem(pem)
