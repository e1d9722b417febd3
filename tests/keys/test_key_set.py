"""The keys that a verifier trusts: how they are loaded, skipped, and looked up."""

from __future__ import annotations

import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from kmsjose import jws
from kmsjose.algorithms import TABLE, by_name
from kmsjose.cbor import dumps, loads
from kmsjose.errors import InputError, VerificationError
from kmsjose.keys import KeySet, PublicKey, Skipped
from kmsjose.publishing.page import page
from kmsjose.publishing.tree import tree

ES256, EDDSA, PS256, RS256 = (by_name(name) for name in ("ES256", "EdDSA", "PS256", "RS256"))


def p256(kid=""):
    return PublicKey.of(ec.generate_private_key(ec.SECP256R1()).public_key(), kid=kid)


class TestLookup:
    def test_a_kid_and_an_algorithm_name_one_key(self, trusted, signer):
        key = signer.public_key
        assert trusted.find(key.kid, key.algorithm) == key

    def test_one_kid_may_stand_for_each_algorithm_of_an_rsa_key(self, private_keys):
        material = private_keys["RS256"].public_key()
        keys = KeySet([PublicKey.of(material, "RS256", "k"), PublicKey.of(material, "PS256", "k")])
        assert keys.find("k", RS256).algorithm is RS256
        assert keys.find("k", PS256).algorithm is PS256

    def test_the_kid_of_a_key_of_another_algorithm_is_a_mismatch(self, signers, refused):
        keys = KeySet([signers["PS256"].public_key, signers["ES256"].public_key])
        for algorithm in (RS256, EDDSA):
            with refused("alg-mismatch"):
                keys.find(signers["PS256"].public_key.kid, algorithm)

    def test_an_unknown_kid_is_not_found_even_if_one_key_would_fit(self, signers, refused):
        with refused("key-not-found"):
            KeySet([signers["ES256"].public_key]).find("other", ES256)

    @pytest.mark.parametrize("kid", ["", " ", "\0"])
    def test_an_empty_kid_is_a_kid_and_not_the_lack_of_one(self, signers, kid, refused):
        with refused("key-not-found"):
            KeySet([signers["ES256"].public_key]).find(kid, ES256)

    def test_without_a_kid_the_one_key_of_the_algorithm_is_taken(self, trusted, signer):
        assert trusted.find(None, signer.public_key.algorithm) == signer.public_key

    def test_without_a_kid_two_keys_are_ambiguous(self, refused):
        with refused("key-ambiguous"):
            KeySet([p256(), p256()]).find(None, ES256)

    def test_without_a_kid_and_a_key_of_the_algorithm_it_is_a_mismatch(self, signers, refused):
        with refused("alg-mismatch"):
            KeySet([signers["ES256"].public_key]).find(None, EDDSA)

    def test_an_empty_set_finds_nothing(self, refused):
        for kid in (None, "k"):
            with refused("key-not-found"):
                KeySet([]).find(kid, ES256)

    def test_a_key_is_found_by_either_name_of_ed25519(self, signers):
        jwk = signers["EdDSA"].public_key.to_jwk()
        for name in ("EdDSA", "Ed25519"):
            keys = KeySet.from_jwks({"keys": [{**jwk, "alg": name}]})
            for asked in ("EdDSA", "Ed25519"):
                assert keys.find(jwk["kid"], by_name(asked)) == signers["EdDSA"].public_key

    @pytest.mark.parametrize("kid", [["a"], {"a": 1}, bytearray(b"a")], ids=lambda kid: type(kid).__name__)
    def test_what_can_be_no_kid_is_refused_as_such(self, trusted, kid, refused):
        with refused("usage", InputError) as caught:
            trusted.find(kid, ES256)
        assert isinstance(caught.value.__cause__, TypeError)

    def test_an_error_of_the_callers_own_class_stays_what_it_is(self, trusted):
        class Unhashable(str):
            __slots__ = ()
            __hash__ = None

        with pytest.raises(TypeError, match="unhashable"):
            trusted.find(Unhashable("a"), ES256)

    def test_a_key_of_another_algorithm_than_was_asked_for_is_not_taken(self, signers, refused):
        class Careless:
            def find(self, kid, algorithm):
                return signers["PS256"].public_key

        with refused("alg-mismatch"):
            jws.verify(jws.sign(b"payload", signers["RS256"]), Careless())

    def test_a_kid_is_not_told_at_any_length(self, refused):
        kid, told = "k" * 100, f"{'k' * 64!r}"
        with refused("key-conflict", InputError) as caught:
            KeySet([p256(kid), p256(kid)])
        assert told in caught.value.message
        with refused("key-not-found") as caught:
            KeySet.from_jwks({"keys": [{**p256(kid).to_jwk(), "use": "enc"}]}).find(kid, ES256)
        assert told in caught.value.message


class TestSkipped:
    """A token that asks for a key which an import left out is told so, and why."""

    @pytest.mark.parametrize(
        "change, reason",
        [
            ({"use": "enc"}, "use is 'enc', not sig"),
            ({"alg": "HS256"}, "alg does not belong"),
            ({"x": "AAAA"}, "must have 32 bytes"),
            ({"key_ops": ["sign"]}, "key_ops"),
            ({"kty": "EC2"}, "kty or crv"),
        ],
    )
    def test_its_reason_is_named(self, change, reason, refused):
        keys = KeySet.from_jwks({"keys": [{**p256("a").to_jwk(), **change}, p256("b").to_jwk()]})
        with refused("key-not-found") as caught:
            keys.find("a", ES256)
        assert "'a'" in caught.value.message
        assert "was skipped" in caught.value.message
        assert reason in caught.value.message

    def test_an_rsa_key_without_alg_says_what_is_missing(self, signers, refused):
        jwk = {name: value for name, value in signers["RS256"].public_key.to_jwk().items() if name != "alg"}
        with refused("key-not-found") as caught:
            KeySet.from_jwks({"keys": [jwk]}).find(jwk["kid"], RS256)
        assert "names no alg" in caught.value.message

    def test_of_a_cose_keyset_too(self, refused):
        keyset = dumps([{1: 2, 2: b"a", 3: -7, -1: 1, -2: b"short", -3: b"short"}])
        with refused("key-not-found") as caught:
            KeySet.from_cose_keyset(keyset).find("a", ES256)
        assert "was skipped" in caught.value.message

    @pytest.mark.parametrize("kid", ["c", None])
    def test_where_the_token_does_not_tell_which_the_number_is_named(self, kid):
        keys = KeySet.from_jwks({"keys": [{**p256("a").to_jwk(), "use": "enc"}]})
        with pytest.raises(VerificationError) as caught:
            keys.find(kid, ES256)
        assert "1 of the set were skipped" in caught.value.message

    def test_a_kid_can_steer_no_terminal(self, refused):
        keys = KeySet.from_jwks({"keys": [{**p256("\x1b[2J\n").to_jwk(), "use": "enc"}]})
        with refused("key-not-found") as caught:
            keys.find("\x1b[2J\n", ES256)
        assert str(caught.value).isprintable()

    def test_a_set_that_is_whole_says_nothing_of_it(self, refused):
        with refused("key-not-found") as caught:
            KeySet([p256("a")]).find("b", ES256)
        assert "skipped" not in caught.value.message


class TestPublishing:
    """A set that is published has each kid once, for its readers look keys up by their kid (RFC 7517 section 4.5)."""

    @pytest.mark.parametrize("publish", [KeySet.to_jwks, KeySet.to_cose_keyset, lambda keys: tree(keys, None), page])
    def test_one_kid_for_two_algorithms_is_refused(self, private_keys, publish, refused):
        material = private_keys["RS256"].public_key()
        keys = KeySet([PublicKey.of(material, "RS256", "k\n"), PublicKey.of(material, "PS256", "k\n")])
        with refused("key-conflict", InputError) as caught:
            publish(keys)
        assert r"'k\n' would be published twice, for RS256 and PS256" in caught.value.message

    def test_a_long_kid_is_not_told_whole(self, private_keys, refused):
        material = private_keys["RS256"].public_key()
        keys = KeySet([PublicKey.of(material, name, "k" * 100) for name in ("RS256", "PS256")])
        with refused("key-conflict", InputError) as caught:
            keys.to_jwks()
        assert f"{'k' * 64!r} would be" in caught.value.message

    def test_so_is_one_kid_of_keys_of_other_types(self, signers, refused):
        keys = KeySet([PublicKey.of(signers[alg].public_key.material, kid="k") for alg in ("ES256", "EdDSA")])
        with refused("key-conflict", InputError):
            keys.to_jwks()

    def test_and_the_thumbprint_of_one_key_under_two_algorithms(self, private_keys, refused):
        jwk = PublicKey.of(private_keys["RS256"].public_key(), "RS256").to_jwk(bare=True)
        with refused("key-conflict", InputError):
            KeySet.from_jwks({"keys": [jwk]}, ["RS256", "PS256"]).to_jwks()

    def test_with_a_kid_each_it_is_published(self, private_keys):
        material = private_keys["RS256"].public_key()
        keys = KeySet([PublicKey.of(material, "RS256", "k1"), PublicKey.of(material, "PS256", "k2")])
        assert KeySet.from_jwks(keys.to_jwks()) == keys


class TestConflicts:
    def test_one_kid_and_algorithm_with_two_materials_is_refused(self, refused):
        with refused("key-conflict", InputError):
            KeySet([p256("k"), p256("k")])

    def test_a_jwks_with_such_a_conflict_is_refused(self, refused):
        with refused("key-conflict", InputError):
            KeySet.from_jwks({"keys": [p256("k").to_jwk(), p256("k").to_jwk()]})

    def test_an_equal_key_may_repeat(self):
        key = p256("k")
        assert len(KeySet([key, key, PublicKey.of(key.material, kid="k")])) == 1

    def test_one_kid_for_keys_of_different_algorithms_is_fine(self, private_keys):
        keys = KeySet(PublicKey.of(private_keys[name].public_key(), name, "k") for name in ("ES256", "EdDSA"))
        assert len(keys) == 2


class TestJWKS:
    def test_every_key_comes_back(self, published):
        for text in (published.to_jwks(), json.dumps(published.to_jwks()), json.dumps(published.to_jwks()).encode()):
            read = KeySet.from_jwks(text)
            assert read == published
            assert read.skipped == ()
        assert len(read) == len(TABLE)
        assert list(read) == list(published)

    def test_ed25519_is_published_by_the_name_that_every_verifier_knows(self, published):
        names = {jwk["alg"] for jwk in published.to_jwks()["keys"]}
        assert "EdDSA" in names
        assert "Ed25519" not in names
        numbers = {key[3] for key in loads(published.to_cose_keyset())}
        assert numbers >= {-7, -8}
        assert numbers.isdisjoint({-9, -19})

    def test_ed25519_can_be_published_by_its_fully_specified_name(self, published):
        names = {jwk["alg"] for jwk in published.to_jwks(fully_specified=True)["keys"]}
        assert "Ed25519" in names
        assert "EdDSA" not in names
        assert KeySet.from_jwks(published.to_jwks(fully_specified=True)) == published

    def test_what_is_not_understood_is_skipped_with_its_place_kid_and_reason(self, signers):
        good = signers["ES256"].public_key.to_jwk()
        entries = [
            "text",
            {"kty": "EC", "crv": "P-192", "kid": "old"},
            {**good, "use": "enc", "kid": "enc"},
            good,
            {**good, "kid": 5},
            {"kty": "OKP", "crv": "X25519", "x": "AA", "kid": "x"},
            {**good, "alg": "ES999"},
            None,
        ]
        keys = KeySet.from_jwks({"keys": entries})
        assert list(keys) == [signers["ES256"].public_key]
        assert [(skip.index, skip.kid) for skip in keys.skipped] == [
            (0, None),
            (1, "old"),
            (2, "enc"),
            (4, None),
            (5, "x"),
            (6, good["kid"]),
            (7, None),
        ]
        reasons = [skip.reason for skip in keys.skipped]
        assert all(isinstance(skip, Skipped) and skip.reason for skip in keys.skipped)
        assert "use" in reasons[2]
        assert "alg" in reasons[5]

    def test_an_rsa_key_without_alg_becomes_one_key_for_each_algorithm_of_the_caller(self, signers):
        jwk = signers["RS256"].public_key.to_jwk()
        del jwk["alg"]
        keys = KeySet.from_jwks({"keys": [jwk]}, algorithms=["RS256", "PS256", "ES256"])
        assert {key.algorithm.name for key in keys} == {"RS256", "PS256"}
        assert len({key.spki for key in keys}) == 1

    def test_an_rsa_key_without_alg_and_without_algorithms_is_skipped(self, signers):
        jwk = signers["RS256"].public_key.to_jwk()
        del jwk["alg"]
        for algorithms in ((), ["ES256"]):
            keys = KeySet.from_jwks({"keys": [jwk]}, algorithms)
            assert len(keys) == 0
            assert "alg" in keys.skipped[0].reason

    def test_the_algorithms_of_the_caller_do_not_widen_a_key_that_names_its_own(self, signers):
        keys = KeySet.from_jwks({"keys": [signers["RS256"].public_key.to_jwk()]}, algorithms=["PS256"])
        assert [key.algorithm.name for key in keys] == ["RS256"]

    def test_algorithms_may_be_given_once_only(self, signers):
        jwks = {"keys": []}
        for name in ("RS256", "PS384"):
            jwk = signers[name].public_key.to_jwk()
            del jwk["alg"]
            jwks["keys"].append({**jwk, "kid": name})
        assert len(KeySet.from_jwks(jwks, algorithms=iter(["RS256"]))) == 2

    @pytest.mark.parametrize("entries", [[], ["ES256"]], ids=["an empty set", "a set that needs none"])
    def test_an_unknown_name_among_the_algorithms_is_refused_whatever_the_set_holds(self, signers, entries, refused):
        jwks = {"keys": [signers[name].public_key.to_jwk() for name in entries]}
        with refused("alg-unknown", InputError):
            KeySet.from_jwks(jwks, algorithms=["RSA256"])

    @pytest.mark.parametrize("jwks", [{}, {"keys": None}, {"keys": {}}, {"keys": "x"}, {"Keys": []}, "[]", "{}"])
    def test_what_is_not_a_jwk_set_is_refused(self, jwks, refused):
        with refused("key-invalid", InputError):
            KeySet.from_jwks(jwks)

    def test_a_member_that_stands_twice_is_refused(self, refused):
        with refused("key-invalid", InputError):
            KeySet.from_jwks('{"keys":[],"keys":[]}')

    def test_other_members_of_the_set_are_ignored(self, published):
        assert KeySet.from_jwks({**published.to_jwks(), "iss": "x"}) == published

    def test_an_empty_set_is_a_set(self):
        assert KeySet.from_jwks({"keys": []}).to_jwks() == {"keys": []}
