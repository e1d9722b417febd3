"""DID documents: written of keys, read as keys, and what a document may not say of keys that are not its own."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmsjose import vc
from kmsjose.errors import InputError
from kmsjose.keys import KeySet, PublicKey
from kmsjose.keys.did_document import did_document
from kmsjose.signers import LocalSigner

DID = "did:web:issuer.example"
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def key(signers):
    return signers["ES256"].public_key


@pytest.fixture
def document(key):
    """A document of one key, to be changed by a test."""
    return did_document([key], DID)


def read(document, **options):
    """The keys of a document, and why the others were skipped."""
    keys = KeySet.from_did_document(document, **options)
    return [found.kid for found in keys], [skipped.reason for skipped in keys.skipped]


class TestWritten:
    def test_a_key_stands_under_its_kid_for_both_purposes(self, key):
        written = did_document([key], DID)
        name = f"{DID}#{key.kid}"
        assert written["@context"] == ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/jwk/v1"]
        assert written["id"] == DID
        assert written["verificationMethod"] == [
            {"id": name, "type": "JsonWebKey", "controller": DID, "publicKeyJwk": key.to_jwk()}
        ]
        assert written["assertionMethod"] == written["authentication"] == [name]

    def test_a_type_for_older_verifiers(self, key):
        written = did_document([key], DID, method_type="JsonWebKey2020")
        assert [method["type"] for method in written["verificationMethod"]] == ["JsonWebKey2020"]
        assert written["@context"][1:] == ["https://w3id.org/security/suites/jws-2020/v1"]
        assert read(written) == read(did_document([key], DID))

    def test_a_kid_that_is_a_did_url_of_this_did_is_the_id(self, key):
        own = PublicKey.of(key.material, kid=f"{DID}#key-1")
        assert did_document([own], DID)["assertionMethod"] == [f"{DID}#key-1"]

    @pytest.mark.parametrize(
        "kid, fragment",
        [
            ("a b", "a%20b"), ("100%", "100%25"), ("%41", "%2541"), ("a#b", "a%23b"), ("é", "%C3%A9"),
            ('"<>\\^`{|}', "%22%3C%3E%5C%5E%60%7B%7C%7D"), ("a/b?c", "a/b?c"), ("urn:x:y", "urn:x:y"), ("\n", "%0A"),
        ],
    )  # fmt: skip
    def test_what_a_fragment_can_not_have_is_percent_encoded(self, key, kid, fragment):
        written = did_document([PublicKey.of(key.material, kid=kid)], DID)
        assert written["assertionMethod"] == [f"{DID}#{fragment}"]
        assert read(written) == ([f"{DID}#{fragment}"], [])

    @pytest.mark.parametrize(
        "kid, reason",
        [
            ("did:web:other.example#key-1", "of another DID"),
            ("did:web:issuer.example:path#key-1", "of another DID"),
            (f"{DID}/path#key-1", "a path or query"),
            (f"{DID}?versionId=1#key-1", "a path or query"),
            (f"{DID}#a b", "characters that a DID URL can't have"),
            (f"{DID}#a#b", "characters that a DID URL can't have"),
            (f"{DID}#%4", "characters that a DID URL can't have"),
            ("\udc80", "no text"),
        ],
    )
    def test_a_kid_that_can_not_stand_there_is_refused_with_the_reason(self, key, kid, reason, refused):
        with refused("key-invalid", InputError) as caught:
            did_document([PublicKey.of(key.material, kid=kid)], DID)
        assert reason in caught.value.message

    @pytest.mark.parametrize("begin", ["did:web:other.example", f"{DID}/#", f"{DID}# "])
    def test_of_a_long_kid_no_more_than_the_beginning_is_told(self, key, begin, refused):
        kid = begin + "x" * 100 + "#1"
        with refused("key-invalid", InputError) as caught:
            did_document([PublicKey.of(key.material, kid=kid)], DID)
        assert f"{kid[:64]!r} " in caught.value.message

    def test_nor_is_more_told_of_a_long_did_or_id(self, key, document, refused):
        did = DID + ".x" * 100
        with refused("key-invalid", InputError) as caught:
            did_document([PublicKey.of(key.material, kid="did:web:other.example#1")], did)
        assert caught.value.message.endswith(f" {did[:64]}")
        long = f"{DID}#" + "x" * 200
        named = PublicKey.of(key.material, kid=long)
        with refused("key-conflict", InputError) as caught:
            did_document([named, named], DID)
        assert f" {long[:128]} " in caught.value.message
        (method,) = document["verificationMethod"]
        document["verificationMethod"] = [method | {"id": long}, method | {"id": long, "type": "other"}]
        with refused("key-conflict", InputError) as caught:
            KeySet.from_did_document(document)
        assert f" {long[:128]} " in caught.value.message

    def test_two_keys_of_one_id_are_refused(self, signers, key, refused):
        rsa = signers["PS256"].public_key.material
        both = [PublicKey.of(rsa, "PS256", "rsa"), PublicKey.of(rsa, "RS256", "rsa")]
        spelled = [PublicKey.of(key.material, kid="a"), PublicKey.of(key.material, kid=f"{DID}#a")]
        for keys in (both, spelled):
            with refused("key-conflict", InputError):
                did_document(keys, DID)

    @pytest.mark.parametrize(
        "did", ["", "did:web:", "did:web:a#b", "did:web:a/b", "did:web:a:", "DID:web:a", "x", "did:web:a\n"]
    )
    def test_what_is_no_did_is_refused(self, key, did, refused):
        with refused("usage", InputError):
            did_document([key], did)

    def test_another_type_is_refused(self, key, refused):
        with refused("usage", InputError) as caught:
            did_document([key], DID, method_type="Multikey")
        assert "JsonWebKey or JsonWebKey2020" in caught.value.message

    @given(kids=st.lists(st.text(min_size=1, max_size=20), unique=True, min_size=1, max_size=5))
    def test_any_kids_make_ids_that_are_told_apart_or_are_refused(self, key, kids):
        keys = [PublicKey.of(key.material, kid=kid) for kid in kids]
        try:
            written = json.dumps(did_document(keys, DID))
        except InputError as error:
            assert error.code in {"key-invalid", "key-conflict"}
            return
        found = KeySet.from_did_document(written)
        assert len(found) == len(keys)
        assert not found.skipped
        assert all(one.kid.isascii() and one.kid.startswith(DID + "#") for one in found)


class TestRead:
    def test_every_key_comes_back_under_its_id(self, trusted):
        named = [PublicKey.of(key.material, key.algorithm.name, f"{DID}#{key.algorithm.name}") for key in trusted]
        for document in (did_document(named, DID), json.dumps(did_document(named, DID))):
            assert list(KeySet.from_did_document(document)) == named

    def test_a_credential_is_verified_by_the_document_of_its_issuer(self, private_keys):
        signer = LocalSigner(private_keys["ES256"], kid=f"{DID}#key-1")
        credential = {
            "@context": ["https://www.w3.org/ns/credentials/v2"],
            "type": ["VerifiableCredential"],
            "issuer": DID,
            "credentialSubject": {"name": "Alice"},
        }
        keys = KeySet.from_did_document(did_document([signer.public_key], DID))
        assert vc.verify(vc.issue(credential, signer), keys, issuer=DID).document == credential

    def test_relative_ids_and_embedded_methods_are_understood(self, document, key):
        (method,) = document["verificationMethod"]
        relative = document | {"verificationMethod": [method | {"id": "#a"}], "assertionMethod": ["#a"]}
        embedded = {"id": DID, "assertionMethod": [method | {"id": f"{DID}#a"}]}
        for other in (relative, embedded):
            (found,) = KeySet.from_did_document(other)
            assert (found.kid, found.spki) == (f"{DID}#a", key.spki)

    def test_the_jwks_own_kid_is_not_looked_at(self, document):
        document["verificationMethod"][0]["publicKeyJwk"]["kid"] = "did:web:other.example#key-1"
        assert read(document)[0] == document["assertionMethod"]

    def test_a_key_that_is_for_something_else_is_skipped(self, document):
        document["assertionMethod"] = []
        assert read(document) == ([], ["it is not listed under assertionMethod"])
        assert read(document, purpose="authentication") == (document["authentication"], [])
        del document["authentication"], document["assertionMethod"]
        assert read(document, purpose="authentication")[0] == []

    @pytest.mark.parametrize(
        "name",
        [
            "did:web:other.example#k", "did:web:issuer.example:path#k", "did:web:ISSUER.example#k", "k", "", "#",
            f"{DID}#", DID, f"{DID}?a#k", f"{DID}/a#k", f"{DID}#a#b", f"{DID}#a b", f" {DID}#k", None, 7, ["#k"],
        ],
    )  # fmt: skip
    def test_a_key_under_the_name_of_another_did_is_skipped(self, document, name):
        document["verificationMethod"][0]["id"] = name
        document["assertionMethod"] = [name] if isinstance(name, str) else []
        assert read(document) == ([], ["its id is not a DID URL of the document's DID"])

    @pytest.mark.parametrize("controller", ["did:web:other.example", "", None, [DID]])
    def test_a_key_that_another_controls_is_skipped(self, document, controller):
        document["verificationMethod"][0]["controller"] = controller
        assert read(document) == ([], ["its controller is not the document's DID"])

    @pytest.mark.parametrize("end", ["expires", "revoked"])
    def test_a_key_is_skipped_from_its_end_on(self, document, end):
        for when, good in [
            ("2026-01-01T00:00:01Z", True), ("2026-01-01T00:00:00Z", False), ("2025-12-31T23:59:59.9+00:00", False),
            ("2026-01-01T00:30:00+01:00", False), ("2026-02-01T00:00:00", False), ("soon", False), (7, False),
            (None, False),
        ]:  # fmt: skip
            document["verificationMethod"][0][end] = when
            assert len(read(document, now=NOW)[0]) == good, when

    @pytest.mark.parametrize(
        "method, reason",
        [
            (7, "not a JSON object"), (None, "not a JSON object"), ("#k", "not a JSON object"),
            ({"publicKeyJwk": None}, "no publicKeyJwk"), ({"publicKeyJwk": "x"}, "no publicKeyJwk"),
            ({"publicKeyJwk": {"kty": "XX"}}, "kty"), ({"publicKeyJwk": {}}, "kty"),
        ],
    )  # fmt: skip
    def test_what_is_not_understood_is_skipped_with_its_reason(self, document, method, reason):
        (good,) = document["verificationMethod"]
        odd = {**good, "id": "#odd", **method} if isinstance(method, dict) else method
        document["verificationMethod"].insert(0, odd)
        document["assertionMethod"].append("#odd")
        keys = KeySet.from_did_document(document)
        assert [found.kid for found in keys] == [good["id"]]
        skipped = keys.skipped[0]
        assert skipped.index == 0
        assert reason in skipped.reason

    def test_an_rsa_key_without_alg_takes_the_algorithms_that_are_given(self, signers):
        document = did_document([signers["PS256"].public_key], DID)
        del document["verificationMethod"][0]["publicKeyJwk"]["alg"]
        assert read(document) == ([], ["the RSA key names no alg, and none was given"])
        found = KeySet.from_did_document(document, ["PS256", "RS512", "ES256"])
        assert [key.algorithm.name for key in found] == ["PS256", "RS512"]

    def test_a_private_key_is_refused(self, document, refused):
        document["verificationMethod"][0]["publicKeyJwk"]["d"] = "AAAA"
        with refused("key-private", InputError):
            KeySet.from_did_document(document)

    def test_an_id_that_stands_twice_is_refused(self, document, signers, refused):
        other = did_document([signers["ES384"].public_key], DID)["verificationMethod"][0]
        (method,) = document["verificationMethod"]
        twice = document | {"verificationMethod": [method, other | {"id": "#" + method["id"].partition("#")[2]}]}
        embedded = document | {"assertionMethod": [*document["assertionMethod"], method | {"publicKeyJwk": {}}]}
        for bad in (twice, embedded):
            with refused("key-conflict", InputError):
                KeySet.from_did_document(bad)

    @pytest.mark.parametrize(
        "bad",
        [
            {}, {"id": 7}, {"id": "x"}, {"id": ""}, {"id": "did:web:"}, {"id": DID + "#k"},
            {"id": DID, "verificationMethod": {}}, {"id": DID, "assertionMethod": "#k"},
            "", "[]", "null", '{"id": "did:web:a", "id": "did:web:a"}', b"\xff", "\ud800", "[" * 9000,
        ],
        ids=repr,
    )  # fmt: skip
    def test_what_is_no_did_document_is_refused(self, bad, refused):
        with refused("key-invalid", InputError) as caught:
            KeySet.from_did_document(bad)
        assert "DID document" in caught.value.message

    @pytest.mark.parametrize("purpose", ["keyAgreement", "verificationMethod", ""])
    def test_another_purpose_is_refused(self, document, purpose, refused):
        with refused("usage", InputError) as caught:
            KeySet.from_did_document(document, purpose=purpose)
        assert "assertionMethod or authentication" in caught.value.message

    def test_a_time_without_zone_is_refused(self, document, refused):
        with refused("usage", InputError):
            KeySet.from_did_document(document, now=datetime(2026, 1, 1))  # noqa: DTZ001 - that is what is refused

    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.sampled_from([DID, "#k", f"{DID}#k", "P-256", "EC"]),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(
                        ["id", "verificationMethod", "assertionMethod", "controller", "publicKeyJwk", "kty"]
                    ),
                    inner,
                    max_size=6,
                )
            ),
            max_leaves=20,
        )
    )
    def test_any_value_is_read_or_refused_by_our_error(self, value):
        try:
            keys = KeySet.from_did_document(json.dumps(value))
        except InputError:
            return
        assert not keys
