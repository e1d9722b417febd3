"""DID documents as they are found: repeated methods, references that lead nowhere, and answers of a resolver."""

from __future__ import annotations

import json

import pytest

from kmsjose import KeySet
from kmsjose.errors import InputError
from kmsjose.keys.did_document import did_document

DID = "did:web:issuer.example"


@pytest.fixture
def key(signers):
    return signers["ES256"].public_key


@pytest.fixture
def method(key):
    return did_document([key], DID)["verificationMethod"][0]


@pytest.fixture
def other(signers):
    return did_document([signers["ES384"].public_key], DID)["verificationMethod"][0]


def relative(method):
    """The same method with its id as a fragment alone."""
    return {**method, "id": "#" + method["id"].partition("#")[2]}


def document(*methods, listed, **members):
    return {"id": DID, "verificationMethod": list(methods), "assertionMethod": listed, **members}


#: Ways to say one method several times, each by what stands under verificationMethod and under assertionMethod.
REPEATED = {
    "embedded again": lambda m: ([m], [m]),
    "embedded again, and referred to": lambda m: ([m], [m["id"], m]),
    "referred to first": lambda m: ([m], [m["id"], m["id"]]),
    "referred to relatively too": lambda m: ([m], [m["id"], relative(m)["id"]]),
    "embedded twice": lambda m: ([], [m, m]),
    "embedded twice, once relatively": lambda m: ([], [m, relative(m)]),
    "twice under verificationMethod": lambda m: ([m, m], [m["id"]]),
    "twice, once relatively": lambda m: ([m, relative(m)], [m["id"]]),
    "relatively, embedded in full": lambda m: ([relative(m)], [m]),
    "five times in all": lambda m: ([m, relative(m), m], [m, relative(m), m["id"]]),
    "its members in another order": lambda m: ([m], [dict(reversed(m.items()))]),
    "its JWK in another order": lambda m: ([m], [{**m, "publicKeyJwk": dict(reversed(m["publicKeyJwk"].items()))}]),
}
#: What may not differ between two methods of one id.
CHANGES = [
    {"type": "JsonWebKey2020"}, {"controller": "did:web:other.example"}, {"expires": "2030-01-01T00:00:00Z"},
    {"revoked": "2020-01-01T00:00:00Z"}, {"publicKeyJwk": None}, {"publicKeyJwk": {}}, {"extra": 1}, {"id_": 1},
    {"publicKeyMultibase": "z6Mk"}, {"controller": [DID]},
]  # fmt: skip


@pytest.mark.parametrize("repeated", REPEATED.values(), ids=REPEATED)
class TestRepeated:
    def test_equal_methods_are_one_key(self, key, method, repeated):
        methods, listed = repeated(method)
        keys = KeySet.from_did_document(document(*methods, listed=listed))
        assert ([found.spki for found in keys], keys.skipped) == ([key.spki], ())
        assert keys.keys[0].kid == method["id"]

    def test_so_they_are_beside_others(self, method, other, repeated):
        methods, listed = repeated(method)
        keys = KeySet.from_did_document(document(other, *methods, listed=[*listed, other["id"]]))
        assert {found.kid for found in keys} == {method["id"], other["id"]}

    def test_for_either_purpose(self, method, repeated):
        methods, listed = repeated(method)
        whole = {"id": DID, "verificationMethod": methods, "authentication": listed}
        assert len(KeySet.from_did_document(json.dumps(whole), purpose="authentication")) == 1
        assert len(KeySet.from_did_document(whole)) == 0


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: next(iter(change)))
def test_two_that_differ_in_anything_conflict(method, refused, change):
    changed = {**method, **change}
    for methods, listed in (([method, changed], [method["id"]]), ([method], [changed]), ([], [changed, method])):
        with refused("key-conflict", InputError):
            KeySet.from_did_document(document(*methods, listed=listed))


def test_two_keys_of_one_id_conflict(method, other, refused):
    with refused("key-conflict", InputError):
        KeySet.from_did_document(document(method, listed=[{**method, "publicKeyJwk": other["publicKeyJwk"]}]))


class TestAstray:
    NOWHERE = "the document has no verification method of this id"
    FOREIGN = "the reference is not to a method of the document's DID"

    @pytest.mark.parametrize("reference, reason", [
        (f"{DID}#gone", NOWHERE), ("#gone", NOWHERE), ("#", FOREIGN), ("", FOREIGN), ("gone", FOREIGN), (DID, FOREIGN),
        (f"{DID}#", FOREIGN), (f"{DID}?versionId=1#gone", FOREIGN), (f"{DID}/path#gone", FOREIGN), ("#é", FOREIGN),
        ("did:web:other.example#key-1", FOREIGN), (f"{DID}:sub#key-1", FOREIGN), ("#a#b", FOREIGN), ("#a b", FOREIGN),
        ("https://issuer.example#key-1", FOREIGN),
    ])  # fmt: skip
    def test_a_reference_that_leads_nowhere_is_told(self, method, reference, reason):
        keys = KeySet.from_did_document(document(method, listed=[reference, method["id"], reference]))
        assert [found.kid for found in keys] == [method["id"]]
        assert [(one.index, one.kid, one.reason) for one in keys.skipped] == [(1, reference, reason)]

    def test_where_no_method_is_left(self):
        keys = KeySet.from_did_document({"id": DID, "assertionMethod": ["#a", "#b"]})
        assert (len(keys), [one.kid for one in keys.skipped]) == (0, ["#a", "#b"])

    def test_behind_what_else_was_skipped(self, method):
        unknown = {**method, "id": "#z", "publicKeyJwk": {"kty": "?"}}
        keys = KeySet.from_did_document(document(method, unknown, listed=["#gone", method["id"], "#z", 7]))
        assert [(one.index, one.kid) for one in keys.skipped] == [(1, f"{DID}#z"), (2, None), (3, "#gone")]

    def test_a_reference_of_the_other_purpose_is_not_asked_for(self, method):
        keys = KeySet.from_did_document(document(method, listed=[method["id"]], authentication=["#gone"]))
        assert keys.skipped == ()


class TestWhatItIs:
    @pytest.mark.parametrize(
        "more", [{}, {"didResolutionMetadata": {}}, {"didDocumentMetadata": {"deactivated": True}}]
    )
    @pytest.mark.parametrize("inner", [None, {}, {"id": DID}, "whole"])
    def test_the_answer_of_a_resolver_is_told_as_such(self, method, refused, inner, more):
        whole = {"didDocument": document(method, listed=["#a"]) if inner == "whole" else inner, **more}
        for given in (whole, json.dumps(whole), json.dumps(whole).encode()):
            with refused("key-invalid", InputError) as caught:
                KeySet.from_did_document(given)
            assert "the answer of a DID resolver" in caught.value.message
            with refused("key-invalid", InputError) as caught:
                KeySet.from_jwks(given)
            assert "from_did_document" in caught.value.message

    def test_what_is_nothing_of_the_kind_is_told_no_more(self, refused):
        with refused("key-invalid", InputError) as caught:
            KeySet.from_did_document({"name": "Alice"})
        assert caught.value.message == "a DID document has a DID as its id"

    def test_a_set_of_the_other_kind_is_told_as_such(self, key, method, refused):
        with refused("key-invalid", InputError) as caught:
            KeySet.from_did_document(KeySet([key]).to_jwks())
        assert "KeySet.from_jwks reads" in caught.value.message
        with refused("key-invalid", InputError) as caught:
            KeySet.from_jwks(document(method, listed=[]))
        assert "KeySet.from_did_document reads" in caught.value.message
