"""Any Signer as a `cryptography` private key: what other libraries make of it, and what it refuses."""

from __future__ import annotations

import copy
import datetime
import pickle

import jwt as pyjwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.x509.oid import NameOID
from joserfc import jws
from joserfc.jwk import ECKey, OKPKey, RSAKey, import_key
from jwt.algorithms import OKPAlgorithm

from kmsjose.algorithms import BY_NAME, TABLE, Family
from kmsjose.errors import InputError
from kmsjose.keys.primitives import padding_of
from kmsjose.signers import Failover, as_private_key

ECDSA = [row.name for row in TABLE if row.family is Family.ECDSA]
RSA = [row.name for row in TABLE if row.kty == "RSA"]
PSS = [row.name for row in TABLE if row.family is Family.RSA_PSS]
ML_DSA = [row.name for row in TABLE if row.family is Family.ML_DSA]
NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "signer")])
KEY_TYPES = {
    "EC": ec.EllipticCurvePrivateKey,
    "RSA": rsa.RSAPrivateKey,
    "OKP": ed25519.Ed25519PrivateKey,
}
ML_DSA_TYPES = {
    "ML-DSA-44": mldsa.MLDSA44PrivateKey,
    "ML-DSA-65": mldsa.MLDSA65PrivateKey,
    "ML-DSA-87": mldsa.MLDSA87PrivateKey,
}


def test_it_is_a_private_key_of_its_type(signer):
    row = signer.public_key.algorithm
    assert isinstance(as_private_key(signer), KEY_TYPES.get(row.kty) or ML_DSA_TYPES[row.name])


class TestPyJWT:
    def test_of_its_algorithms_only_macs_and_none_and_a_misspelling_are_not_ours(self):
        assert pyjwt.algorithms.get_default_algorithms().keys() - BY_NAME.keys() == {
            "none",
            "HS256",
            "HS384",
            "HS512",
            "ES521",
        }

    @pytest.mark.parametrize("name", [name for name in pyjwt.algorithms.get_default_algorithms() if name in BY_NAME])
    def test_it_signs_with_each_algorithm_that_it_knows(self, signers, name):
        signer = signers[name]
        token = pyjwt.encode({"sub": "alice"}, as_private_key(signer), algorithm=name)
        assert pyjwt.decode(token, signer.public_key.material, algorithms=[name]) == {"sub": "alice"}

    def test_it_signs_by_the_fully_specified_name_of_ed25519(self, signers):
        own = pyjwt.PyJWS()
        own.register_algorithm("Ed25519", OKPAlgorithm())
        token = own.encode(b"payload", as_private_key(signers["EdDSA"]), algorithm="Ed25519")
        assert own.decode(token, signers["EdDSA"].public_key.material, algorithms=["Ed25519"]) == b"payload"


class TestJoserfc:
    @pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
    @pytest.mark.parametrize("name", [row.name for row in TABLE if row.kty != "AKP"])
    def test_it_signs_with_each_algorithm_that_it_knows(self, signers, name):
        signer = signers[name]
        wrap = {"EC": ECKey, "RSA": RSAKey, "OKP": OKPKey}[signer.public_key.algorithm.kty]
        public = wrap.import_key(signer.public_key.material).as_dict()
        key = wrap(as_private_key(signer), public, {"kid": signer.public_key.kid})
        token = jws.serialize_compact({"alg": name}, b"payload", key, algorithms=[name])
        verified = jws.deserialize_compact(token, import_key(signer.public_key.to_jwk()), algorithms=[name])
        assert verified.payload == b"payload"


class TestX509:
    @staticmethod
    def options(row):
        """What a builder is told of a row: the hash, and for PSS the padding."""
        how = {"rsa_padding": padding_of(row)} if row.family is Family.RSA_PSS else {}
        return row.hash, how

    def test_it_signs_a_certificate_request(self, signer):
        digest, how = self.options(signer.public_key.algorithm)
        request = x509.CertificateSigningRequestBuilder().subject_name(NAME).sign(as_private_key(signer), digest, **how)
        assert request.is_signature_valid
        assert request.public_key() == signer.public_key.material

    def test_it_signs_its_own_certificate(self, signer):
        digest, how = self.options(signer.public_key.algorithm)
        start = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(NAME)
            .issuer_name(NAME)
            .serial_number(1)
            .public_key(signer.public_key.material)
            .not_valid_before(start)
            .not_valid_after(start + datetime.timedelta(days=1))
            .sign(as_private_key(signer), digest, **how)
        )
        certificate.verify_directly_issued_by(certificate)

    @pytest.mark.parametrize("name", PSS)
    def test_pss_with_the_salt_of_the_digest_is_signed_by_that_name_too(self, signers, name):
        digest = signers[name].public_key.algorithm.hash
        pss = padding.PSS(padding.MGF1(digest), padding.PSS.DIGEST_LENGTH)
        builder = x509.CertificateSigningRequestBuilder().subject_name(NAME)
        assert builder.sign(as_private_key(signers[name]), digest, rsa_padding=pss).is_signature_valid


class TestPrehashed:
    @pytest.mark.parametrize("name", ECDSA)
    def test_ecdsa_signs_a_digest(self, signers, name):
        signer, digest = signers[name], signers[name].public_key.algorithm.hash
        hashed = signer.public_key.prehash(b"message")
        der = as_private_key(signer).sign(hashed, ec.ECDSA(Prehashed(digest)))
        signer.public_key.material.verify(der, b"message", ec.ECDSA(digest))

    @pytest.mark.parametrize("name", RSA)
    def test_rsa_signs_a_digest(self, signers, name):
        signer, row = signers[name], signers[name].public_key.algorithm
        hashed = signer.public_key.prehash(b"message")
        signature = as_private_key(signer).sign(hashed, padding_of(row), Prehashed(row.hash))
        signer.public_key.verify(b"message", signature)

    @pytest.mark.parametrize("name", ML_DSA)
    def test_ml_dsa_signs_a_mu(self, signers, name):
        signer = signers[name]
        signer.public_key.verify(b"message", as_private_key(signer).sign_mu(signer.public_key.prehash(b"message")))

    def test_a_digest_of_another_size_is_refused(self, signers, refused):
        for wrong in (b"", bytes(31), bytes(33), bytes(64)):
            with refused("payload-invalid", InputError):
                as_private_key(signers["ES256"]).sign(wrong, ec.ECDSA(Prehashed(hashes.SHA256())))
            with refused("payload-invalid", InputError):
                as_private_key(signers["RS256"]).sign(wrong, padding.PKCS1v15(), Prehashed(hashes.SHA256()))

    def test_of_another_size_it_does_not_reach_the_signer(self, signers, refused):
        class Blind:
            public_key = signers["ES256"].public_key
            asked = 0

            def sign(self, message):
                raise AssertionError("a digest is no message")

            def sign_prehashed(self, prehashed):
                self.asked += 1
                return bytes(64)

        blind = Blind()
        with refused("payload-invalid", InputError):
            as_private_key(blind).sign(bytes(33), ec.ECDSA(Prehashed(hashes.SHA256())))
        assert blind.asked == 0


class TestRefusals:
    @pytest.mark.parametrize(
        "digest", [hashes.SHA384(), hashes.SHA1(), hashes.SHA3_256(), hashes.SHA512_256()], ids=lambda d: d.name
    )
    def test_another_hash(self, signers, digest, refused):
        for how in (digest, Prehashed(digest)):
            with refused("hash-refused", InputError):
                as_private_key(signers["ES256"]).sign(b"m", ec.ECDSA(how))
            with refused("hash-refused", InputError):
                as_private_key(signers["RS256"]).sign(b"m", padding.PKCS1v15(), how)

    @pytest.mark.parametrize("how", [None, "sha256", 5])
    def test_no_hash(self, signers, how, refused):
        with refused("hash-refused", InputError):
            as_private_key(signers["RS256"]).sign(b"m", padding.PKCS1v15(), how)
        with refused("hash-refused", InputError):
            as_private_key(signers["ES256"]).sign(b"m", how)

    @pytest.mark.parametrize("name", ECDSA)
    def test_a_deterministic_nonce(self, signers, name, refused):
        key, digest = as_private_key(signers[name]), signers[name].public_key.algorithm.hash
        hashed = signers[name].public_key.prehash(b"m")
        for data, how in ((b"m", digest), (hashed, Prehashed(digest))):
            with refused("operation-refused", InputError):
                key.sign(data, ec.ECDSA(how, deterministic_signing=True))

    def test_a_deterministic_nonce_for_a_certificate(self, signers, refused):
        request = x509.CertificateSigningRequestBuilder().subject_name(NAME)
        with refused("operation-refused", InputError):
            request.sign(as_private_key(signers["ES256"]), hashes.SHA256(), ecdsa_deterministic=True)

    @pytest.mark.parametrize("name", PSS)
    @pytest.mark.parametrize(
        "salt", [0, 20, 222, padding.PSS.MAX_LENGTH, padding.PSS.AUTO], ids=["0", "20", "222", "MAX", "AUTO"]
    )
    def test_another_salt(self, signers, name, salt, refused):
        digest = signers[name].public_key.algorithm.hash
        with refused("padding-refused", InputError):
            as_private_key(signers[name]).sign(b"m", padding.PSS(padding.MGF1(digest), salt), digest)

    @pytest.mark.parametrize("name", PSS)
    def test_another_hash_in_mgf1(self, signers, name, refused):
        digest = signers[name].public_key.algorithm.hash
        pss = padding.PSS(padding.MGF1(hashes.SHA1()), digest.digest_size)
        with refused("padding-refused", InputError):
            as_private_key(signers[name]).sign(b"m", pss, digest)

    def test_another_mask_than_mgf1(self, signers, refused):
        with refused("padding-refused", InputError):
            as_private_key(signers["PS256"]).sign(b"m", padding.PSS("MGF1", 32), hashes.SHA256())

    def test_another_padding(self, signers, refused):
        pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
        for name, given in (("RS256", pss), ("PS256", padding.PKCS1v15()), ("RS256", None), ("PS256", None)):
            with refused("padding-refused", InputError):
                as_private_key(signers[name]).sign(b"m", given, hashes.SHA256())

    def test_a_context_of_ml_dsa(self, signers, refused):
        key = as_private_key(signers["ML-DSA-44"])
        for empty in (None, b""):
            signers["ML-DSA-44"].public_key.verify(b"m", key.sign(b"m", empty))
        with refused("operation-refused", InputError):
            key.sign(b"m", b"context")

    def test_its_private_bytes(self, signer, refused):
        key = as_private_key(signer)
        arguments = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        for ask in (lambda: key.private_bytes(*arguments), key.private_bytes_raw, key.private_numbers):
            with refused("key-not-exportable", InputError):
                ask()

    def test_its_pickle(self, signer, refused):
        with refused("key-not-exportable", InputError):
            pickle.dumps(as_private_key(signer))

    def test_decryption_and_key_agreement(self, signers, refused):
        with refused("operation-refused", InputError):
            as_private_key(signers["RS256"]).decrypt(bytes(256), padding.PKCS1v15())
        with refused("operation-refused", InputError):
            as_private_key(signers["ES256"]).exchange(ec.ECDH(), signers["ES256"].public_key.material)

    @pytest.mark.parametrize("data", [5, "text", None, [1, 2]], ids=repr)
    def test_data_that_is_no_buffer(self, signers, data):
        for name, arguments in (
            ("ES256", (ec.ECDSA(hashes.SHA256()),)),
            ("RS256", (padding.PKCS1v15(), hashes.SHA256())),
            ("EdDSA", ()),
            ("ML-DSA-44", ()),
        ):
            with pytest.raises(TypeError):
                as_private_key(signers[name]).sign(data, *arguments)


class TestCopies:
    """What another library hands on is often a copy: it counts by its value."""

    @pytest.mark.parametrize("name", PSS)
    @pytest.mark.parametrize("salt", [padding.PSS.DIGEST_LENGTH, "size"], ids=["DIGEST_LENGTH", "size"])
    @pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))])
    def test_a_copy_of_pss_is_signed(self, signers, name, salt, copied):
        digest = signers[name].public_key.algorithm.hash
        pss = copied(padding.PSS(padding.MGF1(digest), digest.digest_size if salt == "size" else salt))
        signature = as_private_key(signers[name]).sign(b"m", pss, copied(digest))
        signers[name].public_key.verify(b"m", signature)

    @pytest.mark.parametrize("salt", [padding.PSS.MAX_LENGTH, padding.PSS.AUTO], ids=["MAX", "AUTO"])
    def test_a_copy_of_another_salt_is_refused(self, signers, salt, refused):
        pss = copy.deepcopy(padding.PSS(padding.MGF1(hashes.SHA256()), salt))
        with refused("padding-refused", InputError):
            as_private_key(signers["PS256"]).sign(b"m", pss, hashes.SHA256())

    def test_a_copy_of_pkcs1_and_of_ecdsa_is_signed(self, signers):
        pkcs1, ecdsa = copy.deepcopy(padding.PKCS1v15()), copy.deepcopy(ec.ECDSA(hashes.SHA256()))
        signature = as_private_key(signers["RS256"]).sign(b"m", pkcs1, hashes.SHA256())
        signers["RS256"].public_key.verify(b"m", signature)
        der = as_private_key(signers["ES256"]).sign(b"m", ecdsa)
        signers["ES256"].public_key.material.verify(der, b"m", ecdsa)


class TestOfWhat:
    def test_a_source_is_refused_with_the_way_to_its_key(self, signers, refused):
        source = Failover([signers["ES256"]])
        with refused("usage", InputError) as caught:
            as_private_key(source)
        assert "current()" in caught.value.message
        der = as_private_key(source.current()).sign(b"m", ec.ECDSA(hashes.SHA256()))
        signers["ES256"].public_key.material.verify(der, b"m", ec.ECDSA(hashes.SHA256()))

    @pytest.mark.parametrize(
        "what", [None, 5, "alias/issuer", b"", [], {}, object()], ids=lambda value: type(value).__name__
    )
    def test_what_is_no_signer_is_refused(self, what, refused):
        with refused("usage", InputError):
            as_private_key(what)

    def test_a_public_key_is_refused(self, signers, refused):
        with refused("usage", InputError):
            as_private_key(signers["ES256"].public_key)


class TestManners:
    def test_a_copy_is_the_key_itself(self, signer):
        key = as_private_key(signer)
        assert copy.copy(key) is key
        assert copy.deepcopy(key) is key

    def test_its_sizes_are_those_of_its_public_key(self, signers):
        assert as_private_key(signers["ES512"]).curve.name == "secp521r1"
        assert as_private_key(signers["ES512"]).key_size == 521
        assert as_private_key(signers["RS256"]).key_size == 2048

    def test_any_buffer_is_signed_as_its_bytes(self, signers):
        for kind in (bytearray, memoryview):
            signature = as_private_key(signers["EdDSA"]).sign(kind(b"message"))
            signers["EdDSA"].public_key.verify(b"message", signature)

    def test_its_repr_says_who_holds_it(self, signer):
        assert signer.public_key.algorithm.name in repr(as_private_key(signer))
