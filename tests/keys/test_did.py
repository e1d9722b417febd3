"""DIDs that name a key: did:jwk made and read, DID URLs as kid, and trust that they never bring."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives import serialization
from hypothesis import given
from hypothesis import strategies as st

from kmsjose.algorithms import by_name
from kmsjose.encoding import b64url_decode, b64url_encode
from kmsjose.errors import VerificationError
from kmsjose.keys import KeySet, PublicKey
from kmsjose.keys.did import DidJwkKeys, did_jwk, did_of, key_of_did_jwk

ES256 = by_name("ES256")
#: The did:jwk method's own example of a P-256 key.
EXAMPLE = {
    "crv": "P-256",
    "kty": "EC",
    "x": "acbIQiuMs3i8_uszEjJ2tpTtRM4EU3yz91PH6CdH2V0",
    "y": "_KcyLj9vWMptnmKtm46GqDz8wf74I5LKgrl2GzH3nSE",
}


def did_jwk_of(jwk: object) -> str:
    return "did:jwk:" + b64url_encode(jwk if isinstance(jwk, bytes) else json.dumps(jwk).encode()).decode()


class TestDidJwk:
    def test_it_holds_the_key(self, signer):
        key, kid = signer.public_key, did_jwk(signer.public_key) + "#0"
        assert did_of(kid) == did_jwk(key)
        found = key_of_did_jwk(kid)
        assert (found.spki, found.algorithm, found.kid) == (key.spki, key.algorithm, kid)

    def test_it_is_the_jwk_without_kid_and_certificates(self, signers, certify):
        material = signers["ES384"].public_key.material
        chain = (certify(material).public_bytes(serialization.Encoding.DER),)
        jwk = json.loads(
            b64url_decode(did_jwk(PublicKey.of(material, kid="k", x5c=chain)).removeprefix("did:jwk:").encode())
        )
        assert jwk.keys() == {"kty", "crv", "x", "y", "use", "alg"}

    def test_the_kid_does_not_enter(self, signers):
        material = signers["ES256"].public_key.material
        assert did_jwk(PublicKey.of(material, kid="a")) == did_jwk(PublicKey.of(material, kid="b"))

    def test_the_methods_own_example(self):
        key = key_of_did_jwk(did_jwk_of(EXAMPLE) + "#0")
        assert key.thumbprint() == PublicKey.from_jwk(EXAMPLE).thumbprint()

    def test_an_rsa_key_without_alg_takes_the_tokens(self, signers):
        jwk = {name: value for name, value in signers["PS256"].public_key.to_jwk().items() if name in {"kty", "n", "e"}}
        kid = did_jwk_of(jwk) + "#0"
        assert key_of_did_jwk(kid, "RS512").algorithm.name == "RS512"
        with pytest.raises(VerificationError) as caught:
            key_of_did_jwk(kid)
        assert caught.value.code == "bad-header"

    @pytest.mark.parametrize(
        "kid",
        [
            "", "#0", "did:jwk:", "did:jwk:#0", "did:jwk:#", "did:jwk:e30#0", "did:jwk:W10#0", "did:jwk:AA#0",
            "did:jwk:é#0",
            "did:jwk:e30=#0", "did:jwk:!#0", "did:key:z6Mk#0", "did:jwk:bnVsbA#0",
            did_jwk_of(EXAMPLE), did_jwk_of(EXAMPLE) + "#", did_jwk_of(EXAMPLE) + "#1", did_jwk_of(EXAMPLE) + "#00",
            did_jwk_of(EXAMPLE) + "#0#0", did_jwk_of(EXAMPLE) + "=#0", did_jwk_of(EXAMPLE) + "?a#0",
            did_jwk_of(EXAMPLE).replace("did:jwk", "DID:jwk") + "#0", did_jwk_of(EXAMPLE | {"d": "AA"}) + "#0",
            did_jwk_of(EXAMPLE | {"use": "enc"}) + "#0", did_jwk_of(EXAMPLE | {"alg": "ES384"}) + "#0",
            did_jwk_of(EXAMPLE | {"alg": "HS256"}) + "#0", did_jwk_of(EXAMPLE | {"x": EXAMPLE["y"]}) + "#0",
            did_jwk_of(EXAMPLE | {"crv": ["P-256"]}) + "#0", did_jwk_of({"kty": "oct", "k": "AA"}) + "#0",
            did_jwk_of(b'{"kty":"EC","kty":"EC"}') + "#0", did_jwk_of(b"[" * 9000) + "#0", did_jwk_of(b"\xff") + "#0",
        ],
        ids=lambda kid: kid[:24] + kid[-8:],
    )  # fmt: skip
    def test_what_holds_no_key_is_refused(self, kid, refused):
        with refused("bad-header"):
            key_of_did_jwk(kid, "ES256")

    @given(kid=st.text(max_size=40) | st.binary(max_size=60).map(lambda data: did_jwk_of(data) + "#0"))
    def test_any_text_raises_only_our_error(self, kid):
        with pytest.raises(VerificationError):
            key_of_did_jwk(kid)


class TestDidOf:
    @pytest.mark.parametrize(
        "kid, did",
        [
            ("did:web:a.example#k", "did:web:a.example"),
            ("did:web:a.example%3A8443:path#k", "did:web:a.example%3A8443:path"),
            ("did:key:zX#zX", "did:key:zX"),
            ("did:web:a.example#k#l", "did:web:a.example"),
            ("did:web:a.example", None),
            ("did:web:a.example#", None),
            ("#k", None),
            ("", None),
            ("k", None),
            ("DID:web:a.example#k", None),
            (" did:web:a.example#k", None),
            ("https://a.example#did:web:a.example", None),
        ],
    )
    def test_a_did_url_with_a_fragment_has_one(self, kid, did):
        assert did_of(kid) == did

    @pytest.mark.parametrize("filler", ["a", "/", "?", "a/"])
    def test_the_cost_is_linear_in_what_is_none(self, filler):
        # By the square of its length this would not end.
        assert did_of("did:" + filler * 1_000_000) is None


class TestTrust:
    def test_a_trusted_kid_is_found_as_ever(self, signers):
        key = PublicKey.of(signers["ES256"].public_key.material, kid="did:web:a.example#k")
        assert DidJwkKeys(KeySet([key])).find("did:web:a.example#k", ES256) is key

    def test_a_trusted_key_is_found_by_its_did_jwk(self, signer):
        key, kid = signer.public_key, did_jwk(signer.public_key) + "#0"
        found = DidJwkKeys(KeySet([key])).find(kid, key.algorithm)
        assert (found.kid, found.spki, found.algorithm) == (kid, key.spki, key.algorithm)

    def test_one_key_alone_is_found_by_its_did_jwk(self, signers):
        key = signers["ES256"].public_key
        kid = did_jwk(key) + "#0"
        assert DidJwkKeys(key).find(kid, ES256) == replace(key, kid=kid)

    def test_a_finder_that_does_not_say_which_keys_it_has_finds_by_kid_alone(self, signers, refused):
        class Finder:
            def find(self, kid, algorithm):
                return KeySet([signers["ES256"].public_key]).find(kid, algorithm)

        key = signers["ES256"].public_key
        assert DidJwkKeys(Finder()).find(key.kid, ES256) is key
        with refused("key-not-found"):
            DidJwkKeys(Finder()).find(did_jwk(key) + "#0", ES256)

    def test_members_that_say_no_more_of_the_key_do_not_matter(self, signers):
        key = signers["ES256"].public_key
        kid = did_jwk_of({**key.to_jwk(), "kid": "x", "x-extension": [1], "x5c": ["not", "certificates"]}) + "#0"
        assert DidJwkKeys(KeySet([key])).find(kid, ES256).spki == key.spki

    def test_a_certificate_in_it_is_not_even_parsed(self, signers, certify):
        """cryptography raises InvalidVersion, which is no ValueError, for a certificate of version 8."""
        key = signers["ES384"].public_key
        der = certify(key.material).public_bytes(serialization.Encoding.DER)
        version = der.index(bytes.fromhex("a003020102")) + 4
        odd = der[:version] + b"\x07" + der[version + 1 :]
        kid = did_jwk_of({**key.to_jwk(), "x5c": [b64encode(odd).decode()]}) + "#0"
        assert DidJwkKeys(KeySet([key])).find(kid, key.algorithm).spki == key.spki

    def test_what_is_not_trusted_is_not_found(self, signers, refused):
        kid = did_jwk(signers["ES256"].public_key) + "#0"
        for others in ([], [signers["ES384"].public_key], [PublicKey.from_jwk(EXAMPLE)]):
            with refused("key-not-found"):
                DidJwkKeys(KeySet(others)).find(kid, ES256)

    def test_a_key_that_is_trusted_for_another_algorithm_is_not_found(self, signers, refused):
        jwk = {name: value for name, value in signers["PS256"].public_key.to_jwk().items() if name in {"kty", "n", "e"}}
        with refused("key-not-found"):
            DidJwkKeys(KeySet([signers["PS256"].public_key])).find(did_jwk_of(jwk) + "#0", by_name("RS256"))

    @pytest.mark.parametrize("kid", [None, "x", "did:web:a.example#k", "did:key:z6Mk#z6Mk"])
    def test_any_other_kid_is_looked_up_as_ever(self, signers, kid, refused):
        keys = DidJwkKeys(KeySet([signers["ES256"].public_key, PublicKey.from_jwk(EXAMPLE)]))
        with refused("key-ambiguous" if kid is None else "key-not-found"):
            keys.find(kid, ES256)

    def test_without_a_kid_none_is_found_in_a_set_of_none(self, refused):
        with refused("key-not-found"):
            DidJwkKeys(KeySet([])).find(None, ES256)

    def test_a_trusted_did_jwk_of_another_algorithm_is_told_as_such(self, signers, refused):
        key = signers["ES384"].public_key
        kid = did_jwk(key) + "#0"
        with refused("alg-mismatch"):
            DidJwkKeys(KeySet([replace(key, kid=kid)])).find(kid, ES256)

    def test_what_holds_no_key_is_refused(self, signers, refused):
        with refused("bad-header"):
            DidJwkKeys(KeySet([signers["ES256"].public_key])).find("did:jwk:e30#0", ES256)


#: Each as what stands behind did:jwk: in a kid.
LONG = {
    "an RSA modulus": lambda size: encoded({"kty": "RSA", "n": "w" * size, "e": "AQAB"}),
    "an RSA exponent": lambda size: encoded({"kty": "RSA", "n": "wQ", "e": "w" * size}),
    "a certificate chain": lambda size: encoded({**EXAMPLE, "x5c": ["A" * size]}),
    "an empty chain": lambda size: encoded({**EXAMPLE, "x5c": [""] * (size // 3)}),
    "a member": lambda size: encoded({**EXAMPLE, "a": "b" * size}),
    "members": lambda size: encoded({**EXAMPLE, **{f"a{number}": 0 for number in range(size // 8)}}),
    "a kid": lambda size: encoded({**EXAMPLE, "kid": "k" * size}),
    "lists": lambda size: encoded({**EXAMPLE, "a": [[]] * (size // 3)}),
    "spaces": lambda size: encoded(EXAMPLE, " " * size),
    "no JSON": lambda size: "A" * size,
    "no base64url": lambda size: "=" * size,
    "an ML-DSA key": lambda size: encoded({"kty": "AKP", "alg": "ML-DSA-44", "pub": "A" * size}),
}


class TestHostileKid:
    """What a token's kid holds is decoded before anything is verified, so its size is looked at before that."""

    @pytest.mark.parametrize("make", LONG.values(), ids=LONG)
    @pytest.mark.parametrize("size", [8193, 65536, 1 << 20])
    def test_a_long_one_is_refused_before_it_is_decoded(self, signers, refused, monkeypatch, make, size):
        def fail(*_arguments):
            raise AssertionError("it was decoded")

        kid = f"did:jwk:{make(size)}#0"
        for name in ("b64url_decode", "json_object"):
            monkeypatch.setattr(f"kmsjose.keys.did.{name}", fail)
        with refused("bad-header") as caught:
            key_of_did_jwk(kid)
        assert len(str(caught.value)) < 300
        for trusted in (KeySet([signers["ES256"].public_key]), KeySet([])):
            with refused("bad-header"):
                DidJwkKeys(trusted).find(kid, by_name("ES256"))
            with refused("bad-header"):
                DidJwkKeys(trusted).find(kid.encode(), by_name("ES256"))

    @pytest.mark.parametrize("make", LONG.values(), ids=LONG)
    def test_a_shorter_one_is_a_key_or_refused(self, make):
        kid = f"did:jwk:{make(3000)}#0"
        assert len(kid) < 8192
        try:
            assert key_of_did_jwk(kid).kid == kid
        except VerificationError as error:
            assert error.code == "bad-header"

    def test_one_of_8192_characters_is_read(self):
        kid = f"did:jwk:{encoded(EXAMPLE, ' ' * (6136 - len(json.dumps(EXAMPLE))))}#0"
        assert len(kid) == 8192
        assert key_of_did_jwk(kid).thumbprint() == PublicKey.from_jwk(EXAMPLE).thumbprint()

    def test_every_key_of_an_algorithm_here_fits(self, signer):
        kid = did_jwk(signer.public_key) + "#0"
        assert len(kid) < 8192
        assert DidJwkKeys(KeySet([signer.public_key])).find(kid, signer.public_key.algorithm).kid == kid

    def test_the_largest_rsa_key_fits(self):
        members = {"kty": "RSA", "n": b64url_encode(b"\xff" * 2048).decode(), "e": "AQAB", "alg": "RS256", "use": "sig"}
        assert len(encoded(members)) < 8192


def encoded(members, behind=""):
    """A JWK as a did:jwk holds it."""
    return b64url_encode(json.dumps(members).encode() + behind.encode()).decode()
