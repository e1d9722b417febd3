"""JWK in and out, strictly, and its thumbprint."""

from __future__ import annotations

import base64
import json
import re

import jwcrypto.jwk
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st
from joserfc.errors import InvalidKeyTypeError
from joserfc.jwk import import_key

from kmsjose.algorithms import TABLE, Family, by_name
from kmsjose.cbor import loads
from kmsjose.encoding import b64url_decode, b64url_encode
from kmsjose.errors import InputError
from kmsjose.keys import KeySet, PublicKey
from kmsjose.keys.jwk import PRIVATE_MEMBERS

RSA_NAMES = [row.name for row in TABLE if row.kty == "RSA"]
ECDSA = [row for row in TABLE if row.family is Family.ECDSA]
NOT_RSA = [row.name for row in TABLE if row.kty != "RSA"]

#: RFC 7638 section 3.1.
RFC_7638_KEY = {
    "kty": "RSA",
    "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1"
    "L6tSoc_BJECPebWKRXjBZCiFV4n3ok"
    "njhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQv"
    "RL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKg"
    "w",
    "e": "AQAB",
    "alg": "RS256",
    "kid": "2011-04-29",
}


class TestRoundTrip:
    def test_every_algorithms_key_comes_back_equal(self, signer):
        key = signer.public_key
        assert PublicKey.from_jwk(key.to_jwk()) == key
        assert PublicKey.from_jwk(json.dumps(key.to_jwk())) == key
        assert PublicKey.from_jwk(json.dumps(key.to_jwk()).encode()) == key

    def test_it_names_its_kid_use_and_alg(self, signer):
        jwk = signer.public_key.to_jwk()
        assert jwk["kid"] == signer.public_key.kid
        assert jwk["use"] == "sig"
        assert jwk["alg"] == signer.public_key.algorithm.name
        assert jwk["kty"] == signer.public_key.algorithm.kty
        assert PRIVATE_MEMBERS.isdisjoint(jwk)

    def test_ed25519_has_its_fully_specified_name_when_asked(self, signers):
        key = signers["EdDSA"].public_key
        assert key.to_jwk()["alg"] == "EdDSA"
        jwk = key.to_jwk(fully_specified=True)
        assert jwk["alg"] == "Ed25519"
        assert PublicKey.from_jwk(jwk) == key

    def test_no_other_algorithm_has_another_name(self, signer):
        key = signer.public_key
        assert key.algorithm.name == "EdDSA" or key.to_jwk(fully_specified=True) == key.to_jwk()

    def test_a_kid_of_ones_own_is_kept(self, private_keys):
        key = PublicKey.of(private_keys["ES256"].public_key(), kid="2026-01")
        assert PublicKey.from_jwk(key.to_jwk()).kid == "2026-01"

    @pytest.mark.parametrize("name", ["ES256", "ES384", "ES512", "ES256K", "EdDSA", "PS256", "RS512"])
    def test_joserfc_and_jwcrypto_read_it_as_the_same_key(self, signers, name):
        key = signers[name].public_key
        assert import_key(key.to_jwk()).thumbprint() == key.thumbprint()
        assert jwcrypto.jwk.JWK(**key.to_jwk()).thumbprint() == key.thumbprint()

    @pytest.mark.parametrize("name", ["ML-DSA-44", "ML-DSA-65", "ML-DSA-87"])
    def test_jwcrypto_reads_ml_dsa_as_the_same_key(self, signers, name):
        key = signers[name].public_key
        assert jwcrypto.jwk.JWK(**key.to_jwk()).thumbprint() == key.thumbprint()


class TestFixedWidth:
    @staticmethod
    def with_leading_zero(row, coordinate):
        for secret in range(1, 10_000):
            material = ec.derive_private_key(secret, row.curve).public_key()
            value = getattr(material.public_numbers(), coordinate)
            # P-521's first byte has one bit, so there two bytes are looked at.
            if value.bit_length() <= (row.curve.key_size + 7) // 8 * 8 - (8 if row.crv != "P-521" else 16):
                return material
        raise AssertionError("no such key")

    @pytest.mark.parametrize("row", ECDSA, ids=lambda row: row.name)
    @pytest.mark.parametrize("coordinate", ["x", "y"])
    def test_a_leading_zero_stays(self, row, coordinate, refused):
        key = PublicKey.of(self.with_leading_zero(row, coordinate))
        jwk = key.to_jwk()
        data = b64url_decode(jwk[coordinate].encode())
        assert len(data) == row.coordinate_size
        assert data[0] == 0
        assert PublicKey.from_jwk(jwk) == key
        assert import_key(jwk).thumbprint() == key.kid
        for other in (data.lstrip(b"\0"), b"\0" + data):
            with refused("key-invalid", InputError):
                PublicKey.from_jwk({**jwk, coordinate: b64url_encode(other).decode()})

    @pytest.mark.parametrize("length", [0, 31, 33, 57])
    def test_an_ed25519_key_has_32_bytes(self, signers, length, refused):
        with refused("key-invalid", InputError):
            PublicKey.from_jwk({**signers["EdDSA"].public_key.to_jwk(), "x": b64url_encode(b"\1" * length).decode()})

    @pytest.mark.parametrize("name", ["ML-DSA-44", "ML-DSA-65", "ML-DSA-87"])
    @pytest.mark.parametrize("change", ["shorter", "longer", "of another set", "empty"])
    def test_an_ml_dsa_key_has_the_length_of_its_set(self, signers, name, change, refused):
        jwk = signers[name].public_key.to_jwk()
        pub = b64url_decode(jwk["pub"].encode())
        other = signers["ML-DSA-44" if name != "ML-DSA-44" else "ML-DSA-87"].public_key.to_jwk()["pub"].encode()
        wrong = {"shorter": pub[:-1], "longer": pub + b"\0", "of another set": b64url_decode(other), "empty": b""}
        with refused("key-invalid", InputError):
            PublicKey.from_jwk({**jwk, "pub": b64url_encode(wrong[change]).decode()})


class TestThumbprint:
    def test_it_is_rfc_7638s_own_example(self):
        key = PublicKey.from_jwk(RFC_7638_KEY)
        assert key.kid == "2011-04-29"
        assert key.thumbprint() == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"

    def test_the_uri_is_rfc_9278s(self):
        assert PublicKey.from_jwk(RFC_7638_KEY).thumbprint_uri() == (
            "urn:ietf:params:oauth:jwk-thumbprint:sha-256:NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
        )

    def test_it_is_rfc_8037s_own_example(self):
        jwk = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
        assert PublicKey.from_jwk(jwk).kid == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"

    def test_the_kid_is_the_thumbprint_unless_one_is_given(self, signer, private_keys):
        key = signer.public_key
        assert key.kid == key.thumbprint()
        assert re.fullmatch(r"[\w-]{43}", key.kid)
        named = PublicKey.of(private_keys[key.algorithm.name].public_key(), key.algorithm.name, "mine")
        assert (named.kid, named.thumbprint()) == ("mine", key.kid)

    def test_neither_kid_nor_use_nor_the_name_of_ed25519_changes_it(self, signers):
        jwk = signers["EdDSA"].public_key.to_jwk()
        bare = {name: jwk[name] for name in ("kty", "crv", "x")}
        assert PublicKey.from_jwk(bare).kid == signers["EdDSA"].public_key.thumbprint()
        assert PublicKey.from_jwk({**jwk, "alg": "Ed25519", "kid": "a"}).thumbprint() == PublicKey.from_jwk(bare).kid

    def test_the_six_rsa_algorithms_of_a_key_have_one_thumbprint(self, signers):
        assert len({signers[name].public_key.thumbprint() for name in RSA_NAMES}) == 1


class TestBare:
    """The members that make the key, and no other, as a header or a claim carries it."""

    def test_it_is_what_the_thumbprint_is_of(self, signer):
        key = signer.public_key
        bare = key.to_jwk(bare=True)
        required = {"EC": ["crv", "x", "y"], "OKP": ["crv", "x"], "RSA": ["n", "e"], "AKP": ["alg", "pub"]}
        assert bare.keys() == {"kty", *required[bare["kty"]]}
        assert key.to_jwk().items() >= bare.items()
        read = PublicKey.from_jwk(bare, key.algorithm.name)
        assert read.spki == key.spki
        assert read.kid == key.thumbprint()

    def test_a_kid_that_is_no_text_does_not_matter(self, signers):
        key = PublicKey.of(signers["ES256"].public_key.material, kid="\udcff")
        assert key.to_jwk(bare=True).keys() == {"kty", "crv", "x", "y"}

    def test_the_cose_key_likewise(self, signer):
        key = signer.public_key
        bare = loads(key.to_cose_key(bare=True))
        assert set(bare) <= {1, -1, -2, -3} | ({3} if bare[1] == 7 else set())
        assert PublicKey.from_cose_key(bare, key.algorithm.name).cose_thumbprint() == key.cose_thumbprint()


class TestPrivateMembers:
    @pytest.mark.parametrize("member", sorted(PRIVATE_MEMBERS))
    def test_each_is_refused(self, signers, member, refused):
        for value in ("AQAB", "", None, []):
            with refused("key-private", InputError) as caught:
                PublicKey.from_jwk({**signers["ES256"].public_key.to_jwk(), member: value})
        assert repr(member) in caught.value.message
        assert "AQAB" not in str(caught.value)

    def test_the_whole_set_is_refused_so_that_somebody_notices(self, signers, refused):
        good = signers["ES256"].public_key.to_jwk()
        with refused("key-private", InputError):
            KeySet.from_jwks({"keys": [good, {**good, "d": "AQAB"}]})

    def test_a_symmetric_key_is_private(self, refused):
        with refused("key-private", InputError):
            PublicKey.from_jwk({"kty": "oct", "k": "AQAB", "alg": "HS256"})

    def test_every_private_member_that_jwcrypto_writes_is_known(self, private_keys):
        for name in ("ES256", "RS256", "EdDSA"):
            private = jwcrypto.jwk.JWK.from_pyca(private_keys[name])
            members = private.export(private_key=True, as_dict=True).keys()
            public = private.export(private_key=False, as_dict=True).keys()
            assert members - public <= PRIVATE_MEMBERS
            assert members - public


class TestBinding:
    @pytest.mark.parametrize("name", ["ES256", "RS256", "EdDSA", "ML-DSA-44"])
    def test_a_key_for_encryption_is_refused(self, signers, name, refused):
        with refused("key-invalid", InputError):
            PublicKey.from_jwk({**signers[name].public_key.to_jwk(), "use": "enc"})

    @pytest.mark.parametrize("key_ops", [[], ["sign"], ["encrypt"], "verify", None, {"verify": 1}, [["verify"]]])
    def test_key_ops_must_allow_verify(self, signers, key_ops, refused):
        with refused("key-invalid", InputError):
            PublicKey.from_jwk({**signers["ES256"].public_key.to_jwk(), "key_ops": key_ops})

    def test_key_ops_that_allow_verify_pass(self, signers):
        jwk = signers["ES256"].public_key.to_jwk()
        del jwk["use"]
        assert PublicKey.from_jwk({**jwk, "key_ops": ["verify"]}) == signers["ES256"].public_key

    @pytest.mark.parametrize("alg", ["ES384", "ES256K", "EdDSA", "RS256", "HS256", "none", "ES256 ", "", "ECDH-ES"])
    def test_an_alg_of_another_type_or_curve_is_refused(self, signers, alg, refused):
        with refused("key-invalid", InputError):
            PublicKey.from_jwk({**signers["ES256"].public_key.to_jwk(), "alg": alg})

    @pytest.mark.parametrize("name", NOT_RSA)
    def test_the_alg_of_the_caller_must_be_the_keys(self, signers, name, refused):
        jwk = signers[name].public_key.to_jwk()
        assert PublicKey.from_jwk(jwk, alg=name) == signers[name].public_key
        with refused("alg-unsupported-by-key", InputError):
            PublicKey.from_jwk(jwk, alg="PS256")
        with refused("alg-unknown", InputError):
            PublicKey.from_jwk(jwk, alg="HS256")

    def test_the_jwks_own_alg_binds_an_rsa_key_too(self, signers, refused):
        with refused("alg-unsupported-by-key", InputError):
            PublicKey.from_jwk(signers["PS256"].public_key.to_jwk(), alg="RS256")

    @pytest.mark.parametrize("name", ["ES256", "ES384", "ES512", "ES256K", "EdDSA"])
    def test_a_curve_has_one_algorithm_so_alg_may_be_absent(self, signers, name):
        jwk = signers[name].public_key.to_jwk()
        del jwk["alg"]
        assert PublicKey.from_jwk(jwk).algorithm is by_name(name)

    def test_an_rsa_key_without_alg_needs_one_of_the_caller(self, signers, refused):
        jwk = signers["PS256"].public_key.to_jwk()
        del jwk["alg"]
        with refused("alg-required", InputError):
            PublicKey.from_jwk(jwk)
        with refused("alg-unsupported-by-key", InputError):
            PublicKey.from_jwk(jwk, alg="ES256")
        for name in RSA_NAMES:
            assert PublicKey.from_jwk(jwk, alg=name) == signers[name].public_key

    @pytest.mark.parametrize("name", ["ML-DSA-44", "ML-DSA-65", "ML-DSA-87"])
    def test_an_akp_key_without_alg_is_refused(self, signers, name, refused):
        jwk = signers[name].public_key.to_jwk()
        del jwk["alg"]
        with refused("key-invalid", InputError):
            PublicKey.from_jwk(jwk, alg=name)


class TestMalformed:
    def test_what_joserfc_refuses_is_refused_by_our_own_error(self, signers, refused, monkeypatch):
        jwk = signers["ES256"].public_key.to_jwk()

        def refuse(_members):
            raise InvalidKeyTypeError("not by its next version")

        monkeypatch.setattr("joserfc.jwk.import_key", refuse)
        with refused("key-invalid", InputError) as caught:
            PublicKey.from_jwk(jwk)
        assert "not by its next version" in str(caught.value.__cause__)

    @pytest.mark.parametrize("name", ["kty", "crv", "x", "y", "alg", "use", "kid"])
    @pytest.mark.parametrize("value", [None, 5, [], {}, True])
    def test_a_member_of_another_type_is_refused(self, signers, name, value, refused):
        with refused("key-invalid", InputError):
            PublicKey.from_jwk({**signers["ES256"].public_key.to_jwk(), name: value})

    @pytest.mark.parametrize("name", ["ES256", "RS256", "EdDSA", "ML-DSA-44"])
    def test_a_required_member_that_is_absent_is_refused(self, signers, name, refused):
        jwk = signers[name].public_key.to_jwk()
        for member in {"kty", "crv", "x", "y", "n", "e", "pub"} & jwk.keys():
            with refused("key-invalid", InputError):
                PublicKey.from_jwk({key: value for key, value in jwk.items() if key != member})

    @pytest.mark.parametrize("name, member", [("ES256", "x"), ("RS256", "n"), ("EdDSA", "x"), ("ML-DSA-44", "pub")])
    @pytest.mark.parametrize(
        "spoil",
        [
            lambda t: t + "=",
            lambda t: t + "\n",
            lambda t: " " + t,
            lambda t: "!" + t[1:],
            lambda t: "+" + t[1:],
            lambda t: t[1:] + "é",
            lambda t: "\ud800" + t[1:],
        ],
    )
    def test_a_number_that_is_not_strict_base64url_is_refused(self, signers, name, member, spoil, refused):
        jwk = signers[name].public_key.to_jwk()
        with refused("key-invalid", InputError):
            PublicKey.from_jwk({**jwk, member: spoil(jwk[member])})

    @pytest.mark.parametrize("row", ECDSA, ids=lambda row: row.name)
    def test_a_point_off_its_curve_is_refused(self, signers, row, refused):
        jwk = signers[row.name].public_key.to_jwk()
        zero = b64url_encode(bytes(row.coordinate_size)).decode()
        one = b64url_encode(bytes(row.coordinate_size - 1) + b"\1").decode()
        for point in ({"x": zero, "y": zero}, {"x": one, "y": one}, {"x": jwk["y"], "y": jwk["x"]}):
            with refused("key-invalid", InputError) as caught:
                PublicKey.from_jwk({**jwk, **point})
            assert f"not a public key of {row.name}" in caught.value.message

    def test_a_coordinate_beyond_the_field_is_refused(self, signers, refused):
        jwk = signers["ES256"].public_key.to_jwk()
        with refused("key-invalid", InputError):
            PublicKey.from_jwk({**jwk, "x": b64url_encode(b"\xff" * 32).decode()})

    @pytest.mark.parametrize("exponent", [b"\1", b"\2", b"\4", b"\0"])
    def test_an_rsa_exponent_that_is_even_or_one_is_refused(self, signers, exponent, refused):
        with refused("key-invalid", InputError):
            PublicKey.from_jwk({**signers["RS256"].public_key.to_jwk(), "e": b64url_encode(exponent).decode()})

    @pytest.mark.filterwarnings("error")
    def test_an_rsa_key_of_1024_bits_is_refused_without_a_warning(self, refused):
        numbers = rsa.generate_private_key(65537, 1024).public_key().public_numbers()
        jwk = {"kty": "RSA", "alg": "RS256", "n": b64url_encode(numbers.n.to_bytes(128)).decode(), "e": "AQAB"}
        with refused("key-invalid", InputError) as caught:
            PublicKey.from_jwk(jwk)
        assert "1024" in caught.value.message

    def test_an_rsa_key_beyond_16384_bits_is_refused(self, refused):
        jwk = {"kty": "RSA", "alg": "RS256", "n": b64url_encode(b"\xff" * 2049).decode(), "e": "AQAB"}
        with refused("key-invalid", InputError):
            PublicKey.from_jwk(jwk)

    @pytest.mark.parametrize(
        "kty, crv",
        [
            ("OKP", "X25519"),
            ("OKP", "Ed448"),
            ("EC", "P-192"),
            ("EC", "Ed25519"),
            ("OKP", "P-256"),
            ("EC", None),
            ("ec", "P-256"),
            ("XYZ", None),
        ],
    )
    def test_an_unknown_type_or_curve_is_refused(self, signers, kty, crv, refused):
        jwk = {**signers["ES256"].public_key.to_jwk(), "kty": kty, "crv": crv}
        with refused("key-invalid", InputError):
            PublicKey.from_jwk({name: value for name, value in jwk.items() if value is not None and name != "alg"})

    @pytest.mark.parametrize("text", ["", "[]", "null", "5", "{", '{"kty":"EC","kty":"EC"}', "\ud800", b"\xff", b"\0"])
    def test_what_is_not_a_json_object_is_refused(self, text, refused):
        for read in (PublicKey.from_jwk, KeySet.from_jwks):
            with refused("key-invalid", InputError):
                read(text)

    @pytest.mark.parametrize("value", [None, 5, [], object()])
    def test_what_is_neither_mapping_nor_text_is_refused(self, value, refused):
        for read in (PublicKey.from_jwk, KeySet.from_jwks):
            with refused("key-invalid", InputError):
                read(value)

    @given(
        st.dictionaries(
            st.sampled_from(["kty", "crv", "x", "y", "n", "e", "pub", "alg", "use", "key_ops", "x5c", "kid", "d"]),
            st.sampled_from(
                ["EC", "RSA", "OKP", "AKP", "P-256", "Ed25519", "ES256", "RS256", "ML-DSA-44", "AQAB", "sig"]
            )
            | st.text(max_size=3)
            | st.lists(st.text(max_size=3), max_size=2)
            | st.none()
            | st.integers(),
        )
    )
    def test_any_members_are_a_key_or_raise_our_error(self, jwk):
        try:
            PublicKey.from_jwk(jwk)
        except InputError as error:
            assert error.code in ("key-invalid", "key-private", "alg-required")


class TestX5c:
    @staticmethod
    def of(*certificates):
        return [base64.b64encode(certificate.public_bytes(Encoding.DER)).decode() for certificate in certificates]

    def test_a_chain_for_the_key_is_kept_and_published(self, signer, certify):
        key = signer.public_key
        chain = self.of(certify(key.material), certify(key.material))
        read = PublicKey.from_jwk({**key.to_jwk(), "x5c": chain})
        assert len(read.x5c) == 2
        assert read.to_jwk()["x5c"] == chain

    def test_an_rsa_key_with_a_chain_needs_an_algorithm_as_ever(self, signers, certify, refused):
        key = signers["PS256"].public_key
        jwk = {**key.to_jwk(bare=True), "x5c": self.of(certify(key.material))}
        with refused("alg-required", InputError):
            PublicKey.from_jwk(jwk)
        assert len(PublicKey.from_jwk(jwk, "PS256").x5c) == 1

    def test_a_chain_for_another_key_is_refused(self, signers, certify, refused):
        chain = self.of(certify(signers["ES384"].public_key.material), certify(signers["ES256"].public_key.material))
        with refused("key-invalid", InputError):
            PublicKey.from_jwk({**signers["ES256"].public_key.to_jwk(), "x5c": chain})

    @pytest.mark.parametrize(
        "chain", ["", "AAAA", {}, 5, 0, False, [5], [None], ["AAAA"], ["!"], ["é"], [""], [[]]], ids=repr
    )
    def test_what_is_not_a_chain_is_refused(self, signers, chain, refused):
        with refused("key-invalid", InputError):
            PublicKey.from_jwk({**signers["ES256"].public_key.to_jwk(), "x5c": chain})

    def test_the_keys_own_chain_in_another_form_than_a_list_is_refused(self, signers, certify, refused):
        key = signers["ES256"].public_key
        (text,) = self.of(certify(key.material))
        for chain in ({text: None}, {"0": text}, (text,), text, f'["{text}"]'):
            with refused("key-invalid", InputError):
                PublicKey.from_jwk({**key.to_jwk(), "x5c": chain})

    def test_garbage_after_the_keys_own_certificate_is_refused(self, signers, certify, refused):
        key = signers["ES256"].public_key
        with refused("key-invalid", InputError):
            PublicKey.from_jwk({**key.to_jwk(), "x5c": [*self.of(certify(key.material)), "AAAA"]})

    def test_base64url_or_wrapped_base64_is_refused(self, signers, certify, refused):
        key = signers["ES256"].public_key
        (text,) = self.of(certify(key.material))
        for wrong in (text[:64] + "\n" + text[64:], text + "\n", "-" + text[1:]):
            with refused("key-invalid", InputError):
                PublicKey.from_jwk({**key.to_jwk(), "x5c": [wrong]})

    def test_a_certificate_of_an_unknown_kind_of_key_is_refused(self, signers, certify, refused):
        key = signers["ES256"].public_key
        (text,) = self.of(certify(key.material))
        # id-ecPublicKey, 1.2.840.10045.2.1, becomes an identifier that nobody knows.
        der = base64.b64decode(text).replace(bytes.fromhex("06072a8648ce3d0201"), bytes.fromhex("06072a8648ce3d0277"))
        with refused("key-invalid", InputError):
            PublicKey.from_jwk({**key.to_jwk(), "x5c": [base64.b64encode(der).decode()]})


class TestOddCertificates:
    """cryptography raises InvalidVersion, which is no ValueError, for a certificate of version 8."""

    @pytest.fixture
    def odd(self, signers, certify):
        der = certify(signers["ES256"].public_key.material).public_bytes(Encoding.DER)
        version = der.index(bytes.fromhex("a003020102")) + 4
        return der[:version] + b"\x07" + der[version + 1 :]

    def test_a_jwk_with_one_is_skipped_and_no_more(self, signers, odd):
        jwks = [
            {**signers["ES256"].public_key.to_jwk(), "x5c": [base64.b64encode(odd).decode()]},
            signers["ES384"].public_key.to_jwk(),
        ]
        keys = KeySet.from_jwks({"keys": jwks})
        assert list(keys) == [signers["ES384"].public_key]
        assert [skipped.index for skipped in keys.skipped] == [0]

    def test_a_pem_of_one_is_no_key(self, odd, refused):
        body = base64.b64encode(odd).decode()
        lines = "\n".join(body[i : i + 64] for i in range(0, len(body), 64))
        with refused("key-invalid", InputError):
            PublicKey.from_pem(f"-----BEGIN CERTIFICATE-----\n{lines}\n-----END CERTIFICATE-----\n")

    @pytest.mark.parametrize("names", [("ES256", "ES384"), ("ES256", "ES256"), ("ES256", "PS256", "EdDSA")])
    def test_a_pem_of_several_keys_is_told_as_such(self, signers, refused, names):
        pem = "".join(signers[name].public_key.to_pem() for name in names)
        with refused("key-invalid", InputError) as caught:
            PublicKey.from_pem(pem)
        assert caught.value.message == "the PEM holds several public keys: give each alone, or a JWK Set"
