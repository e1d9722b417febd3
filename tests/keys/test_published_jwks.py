"""JWKs as issuers publish them: what is unambiguous is read, what is strict is written."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from kmsjose import KeySet, LocalSigner, PublicKey, RemoteKeys, jwt
from kmsjose.cbor import cbor_map
from kmsjose.encoding import b64url_decode, b64url_encode, json_dumps
from kmsjose.errors import InputError
from kmsjose.keys.did import DidJwkKeys, key_of_did_jwk
from kmsjose.keys.private_jwk import private_from_jwk
from tests.https import response

RSA_ALGS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"]


def padded(value: str, zeros: int) -> str:
    """The same number in base64url, behind zero bytes."""
    return b64url_encode(bytes(zeros) + b64url_decode(value.encode())).decode()


class TestLeadingZeros:
    """RFC 7518 section 6.3.1 has the shortest form; a number behind zeros is the same number."""

    @pytest.mark.parametrize("zeros", [(1, 0), (0, 1), (1, 1), (3, 0), (0, 3), (7, 7), (1000, 0), (0, 1000)])
    def test_an_rsa_jwk_is_the_same_key_and_written_shortest(self, signers, zeros):
        jwk = signers["RS256"].public_key.to_jwk()
        read = PublicKey.from_jwk({**jwk, "n": padded(jwk["n"], zeros[0]), "e": padded(jwk["e"], zeros[1])})
        assert read == signers["RS256"].public_key
        assert read.to_jwk() == jwk

    @pytest.mark.parametrize("alg", RSA_ALGS)
    @pytest.mark.parametrize("name", ["n", "e"])
    def test_the_thumbprint_is_over_the_shortest_form(self, signers, alg, name):
        key = signers[alg].public_key
        jwk = {member: value for member, value in key.to_jwk().items() if member != "kid"}
        read = PublicKey.from_jwk({**jwk, name: padded(jwk[name], 1)})
        assert read.kid == read.thumbprint() == key.thumbprint()
        assert read.cose_thumbprint() == key.cose_thumbprint()

    def test_the_exponent_as_a_java_integer_of_four_bytes(self, signers):
        jwk = signers["PS256"].public_key.to_jwk()
        assert PublicKey.from_jwk({**jwk, "e": "AAEAAQ"}).to_jwk()["e"] == "AQAB"

    @pytest.mark.parametrize("alg", RSA_ALGS)
    def test_a_token_verifies_by_a_published_set(self, signers, alg):
        jwk = signers[alg].public_key.to_jwk()
        keys = KeySet.from_jwks({"keys": [{**jwk, "n": padded(jwk["n"], 1)}]})
        assert not keys.skipped
        assert jwt.verify(jwt.sign({"sub": "a"}, signers[alg]), keys, require=()).claims["sub"] == "a"

    @pytest.mark.parametrize("zeros", [(1, 0), (0, 1), (5, 5)])
    def test_an_rsa_cose_key_likewise(self, signers, zeros):
        """RFC 8230 section 4."""
        key = signers["PS256"].public_key
        members = cbor_map(key.to_cose_key())
        read = PublicKey.from_cose_key(
            {**members, -1: bytes(zeros[0]) + members[-1], -2: bytes(zeros[1]) + members[-2]}
        )
        assert (read, read.to_cose_key()) == (key, key.to_cose_key())

    def test_two_forms_of_one_key_do_not_conflict(self, signers):
        jwk = signers["RS256"].public_key.to_jwk()
        assert len(KeySet.from_jwks({"keys": [jwk, {**jwk, "n": padded(jwk["n"], 1)}, {**jwk, "e": "AAEAAQ"}]})) == 1

    def test_a_did_jwk_of_either_form_is_the_trusted_key(self, signers):
        key = signers["RS256"].public_key
        jwk = {"kty": "RSA", "n": padded(key.to_jwk()["n"], 1), "e": "AAEAAQ"}
        kid = "did:jwk:" + b64url_encode(json_dumps(jwk)).decode() + "#0"
        assert key_of_did_jwk(kid, "RS256").spki == key.spki
        assert DidJwkKeys(KeySet([key])).find(kid, key.algorithm).kid == kid

    def test_a_private_jwk_likewise(self, private_keys):
        numbers = private_keys["RS256"].private_numbers()
        values = {"n": numbers.public_numbers.n, "e": numbers.public_numbers.e, "d": numbers.d, "p": numbers.p,
                  "q": numbers.q, "dp": numbers.dmp1, "dq": numbers.dmq1, "qi": numbers.iqmp}  # fmt: skip
        jwk = {
            name: b64url_encode(value.to_bytes(value.bit_length() // 8 + 2)).decode() for name, value in values.items()
        }
        assert private_from_jwk({"kty": "RSA", **jwk}).material.private_numbers() == numbers
        assert (
            LocalSigner.from_jwk({"kty": "RSA", **jwk}, "RS256").public_key.material
            == numbers.public_numbers.public_key()
        )

    @pytest.mark.parametrize("changes", [
        {"n": ""}, {"n": "AA"}, {"n": "AAAA"}, {"e": ""}, {"e": "AA"}, {"e": "AAAAAA"}, {"e": "AAE"}, {"e": "AAI"},
        {"e": "AAEAAQ=="}, {"e": "AAEAAR"}, {"n": "AQAB"}, {"n": "AP__"},
    ])  # fmt: skip
    def test_zeros_alone_or_in_another_base64_are_no_number(self, signers, refused, changes):
        with refused("key-invalid", InputError):
            PublicKey.from_jwk({**signers["RS256"].public_key.to_jwk(), **changes})

    @pytest.mark.parametrize("alg, names", [("ES256", "xy"), ("ES512", "xy"), ("ES256K", "xy"), ("EdDSA", "x")])
    def test_a_coordinate_has_its_fixed_width(self, signers, refused, alg, names):
        """RFC 7518 section 6.2.1.2: there a zero more or less is another thumbprint, and so another kid."""
        jwk = signers[alg].public_key.to_jwk()
        for name in names:
            with refused("key-invalid", InputError):
                PublicKey.from_jwk({**jwk, name: padded(jwk[name], 1)})


class TestEmptyX5c:
    def test_it_is_passed_over(self, signer):
        jwk = signer.public_key.to_jwk()
        read = PublicKey.from_jwk({**jwk, "x5c": []})
        assert (read, read.x5c, read.to_jwk()) == (signer.public_key, (), jwk)

    def test_in_a_set_and_in_a_did_document(self, signers):
        jwk = {**signers["ES256"].public_key.to_jwk(), "x5c": []}
        assert not KeySet.from_jwks({"keys": [jwk, {**signers["EdDSA"].public_key.to_jwk(), "x5c": []}]}).skipped
        method = {"id": "#k", "type": "JsonWebKey", "controller": "did:web:a.example", "publicKeyJwk": jwk}
        document = {"id": "did:web:a.example", "verificationMethod": [method], "assertionMethod": ["#k"]}
        assert len(KeySet.from_did_document(document)) == 1

    def test_beside_other_members_of_certificates(self, signers):
        """As issuers of health cards and others publish them."""
        jwk = signers["ES256"].public_key.to_jwk()
        for others in (
            {"x5t": ""},
            {"x5t#S256": "x"},
            {"x5u": "https://a.example/c.pem"},
            {"x5u": None},
            {"crlVersion": 1},
        ):
            assert PublicKey.from_jwk({**jwk, "x5c": [], **others}) == signers["ES256"].public_key

    def test_of_a_private_jwk(self, signers, private_keys):
        d = private_keys["ES256"].private_numbers().private_value.to_bytes(32)
        jwk = {**signers["ES256"].public_key.to_jwk(), "d": b64url_encode(d).decode(), "x5c": []}
        assert LocalSigner.from_jwk(jwk).public_key == signers["ES256"].public_key

    def test_of_an_rsa_key_for_each_of_its_algorithms(self, signers):
        jwk = {name: value for name, value in signers["RS256"].public_key.to_jwk().items() if name != "alg"}
        assert len(KeySet.from_jwks({"keys": [{**jwk, "x5c": []}]}, RSA_ALGS)) == 6

    @pytest.mark.parametrize("chain", ["", 0, False, {}, (), [[]], [None], [""], ["", ""], [0], [{}], "[]", [["AAAA"]]])
    def test_what_is_not_an_empty_list_is_refused_as_before(self, signers, refused, chain):
        with refused("key-invalid", InputError):
            PublicKey.from_jwk({**signers["ES256"].public_key.to_jwk(), "x5c": chain})

    def test_a_certificate_that_is_there_still_has_to_be_the_keys(self, signers, certify, refused):
        other = base64.b64encode(certify(signers["ES384"].public_key.material).public_bytes(Encoding.DER)).decode()
        with refused("key-invalid", InputError):
            PublicKey.from_jwk({**signers["ES256"].public_key.to_jwk(), "x5c": [other]})


class TestUse:
    @pytest.fixture
    def svid(self, signers):
        """As a SPIFFE bundle has it."""
        return {**signers["ES256"].public_key.to_jwk(), "use": "jwt-svid"}

    @pytest.mark.parametrize(
        "uses", ["jwt-svid", ("jwt-svid",), ["jwt-svid", "x509-svid"], {"jwt-svid"}, frozenset(["jwt-svid"])]
    )
    def test_one_that_the_caller_names_is_read(self, signers, svid, uses):
        expected = signers["ES256"].public_key
        assert PublicKey.from_jwk(svid, uses=uses) == expected
        keys = KeySet.from_jwks({"keys": [svid], "spiffe_sequence": 1, "spiffe_refresh_hint": 600}, uses=uses)
        assert (keys.keys, keys.skipped) == ((expected,), ())
        assert keys.to_jwks()["keys"][0]["use"] == "sig"

    def test_a_bundle_has_keys_of_other_uses_too(self, signers, svid):
        x509 = {**signers["ES384"].public_key.to_jwk(), "use": "x509-svid"}
        plain = signers["EdDSA"].public_key.to_jwk()
        keys = KeySet.from_jwks({"keys": [x509, svid, plain]}, uses=("jwt-svid",))
        assert [key.algorithm.name for key in keys] == ["ES256", "EdDSA"]
        ((index, reason),) = ((one.index, one.reason) for one in keys.skipped)
        assert index == 0
        assert reason == "the JWK's use is 'x509-svid', not jwt-svid or sig"

    def test_without_it_the_reason_names_the_use(self, svid):
        for use, told in (("jwt-svid", "'jwt-svid'"), ("x" * 1000, "'" + "x" * 39), ("\x1b", r"'\x1b'")):
            (skipped,) = KeySet.from_jwks({"keys": [{**svid, "use": use}]}).skipped
            assert skipped.reason == f"the JWK's use is {told}, not sig"

    @pytest.mark.parametrize(
        "use", ["", "SIG", "Sig", "sig ", "enc", "jwt_svid", "JWT-SVID", "jwt-svid ", "verify", "tls"]
    )
    def test_another_is_not(self, signers, refused, use):
        with refused("key-invalid", InputError):
            PublicKey.from_jwk({**signers["ES256"].public_key.to_jwk(), "use": use}, uses=("jwt-svid",))

    @pytest.mark.parametrize("use", [None, 5, ["sig"], ["jwt-svid"], {}, True])
    def test_one_that_is_no_text_is_not(self, signers, refused, use):
        with refused("key-invalid", InputError):
            PublicKey.from_jwk({**signers["ES256"].public_key.to_jwk(), "use": use}, uses=("jwt-svid",))

    @pytest.mark.parametrize(
        "uses", ["enc", ["enc"], ("sig", "enc"), None, 5, [None], [5], [b"sig"], b"sig", [["sig"]], object()]
    )
    def test_what_can_not_be_a_use_to_verify_by(self, svid, refused, uses):
        with refused("usage", InputError):
            PublicKey.from_jwk(svid, uses=uses)
        with refused("usage", InputError):
            KeySet.from_jwks({"keys": []}, uses=uses)
        with refused("usage", InputError):
            RemoteKeys("https://issuer.example/bundle.json", uses=uses)

    def test_key_ops_bind_all_the_same(self, svid, refused):
        with refused("key-invalid", InputError):
            PublicKey.from_jwk({**svid, "key_ops": ["sign"]}, uses=("jwt-svid",))

    def test_in_what_is_fetched(self, host, signers, svid):
        host.gives(response(json_dumps({"keys": [svid]})))
        token = jwt.sign({"sub": "spiffe://a"}, signers["ES256"])
        assert jwt.verify(token, RemoteKeys(host.url, uses=("jwt-svid",)), require=()).claims["sub"] == "spiffe://a"
