"""What is published: the same bytes for the same keys, each file by its own standard, and nothing a kid could break."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmsjose.errors import InputError
from kmsjose.keys import KeySet, PublicKey
from kmsjose.publishing.tree import tree

ISSUER = "https://issuer.example"


@pytest.fixture(scope="module")
def keys(signers):
    """A key of every algorithm, each with a kid of its own."""
    return KeySet(PublicKey.of(signer.public_key.material, alg, f"2026-{alg}") for alg, signer in signers.items())


@pytest.fixture(scope="module")
def material(private_keys):
    return private_keys["ES256"].public_key()


def test_without_an_issuer_there_are_the_keys_and_the_page(keys):
    assert set(tree(keys)) == {".well-known/jwks.json", ".well-known/cose-keys.cbor", ".well-known/index.html"}


@pytest.mark.parametrize(
    "issuer, did, paths",
    [
        (ISSUER, "did:web:issuer.example", {".well-known/did.json", ".well-known/jwt-vc-issuer"}),
        (ISSUER + "/", "did:web:issuer.example", {".well-known/did.json", ".well-known/jwt-vc-issuer"}),
        (ISSUER + ":8443", "did:web:issuer.example%3A8443", {".well-known/did.json", ".well-known/jwt-vc-issuer"}),
        (ISSUER + "/a/b", "did:web:issuer.example:a:b", {"a/b/did.json", ".well-known/jwt-vc-issuer/a/b"}),
        (ISSUER + "/a/", "did:web:issuer.example:a", {"a/did.json", ".well-known/jwt-vc-issuer/a"}),
    ],
)
def test_an_issuers_files_stand_where_its_verifiers_look(keys, issuer, did, paths):
    files = tree(keys, issuer)
    assert set(files) - set(tree(keys)) == paths
    document, metadata = (json.loads(files[path]) for path in sorted(paths, key=lambda path: "did.json" not in path))
    assert document["id"] == did
    # A verifier compares it with the iss of the credential, character by character.
    assert metadata == {"issuer": issuer, "jwks": keys.to_jwks()}


def test_each_file_gives_the_keys_back(keys):
    files = tree(keys, ISSUER)
    assert KeySet.from_jwks(files[".well-known/jwks.json"]) == keys
    assert KeySet.from_cose_keyset(files[".well-known/cose-keys.cbor"]) == keys
    found = KeySet.from_did_document(files[".well-known/did.json"])
    assert [(key.spki, key.algorithm) for key in found] == [(key.spki, key.algorithm) for key in keys]


def test_the_did_document_may_be_for_older_verifiers(keys):
    document = json.loads(tree(keys, ISSUER, method_type="JsonWebKey2020")[".well-known/did.json"])
    assert {method["type"] for method in document["verificationMethod"]} == {"JsonWebKey2020"}


def test_json_ends_with_a_line_and_is_readable(keys):
    for path, content in tree(keys, ISSUER).items():
        if path.endswith((".json", "jwt-vc-issuer")):
            assert content.endswith(b"\n}\n")
            assert b'\n  "' in content


def test_the_same_keys_make_the_same_bytes(keys):
    again = KeySet.from_jwks(json.dumps(keys.to_jwks()))
    assert tree(again, ISSUER) == tree(keys, ISSUER)
    assert list(tree(again, ISSUER)) == list(tree(keys, ISSUER))


def test_the_order_of_the_keys_is_kept(keys):
    turned = KeySet(reversed(keys.keys))
    assert [key.kid for key in KeySet.from_jwks(tree(turned)[".well-known/jwks.json"])] == [key.kid for key in turned]


def test_an_empty_set_is_refused(refused):
    with refused("usage", InputError):
        tree(KeySet(()))


def test_a_bad_issuer_is_refused(keys, refused):
    for issuer in ("", "http://issuer.example", ISSUER + "?a", ISSUER + "/../a", ISSUER + "/.well-known"):
        with refused("usage", InputError):
            tree(keys, issuer)


@given(kid=st.text(min_size=1, max_size=40))
def test_any_kid_is_published_whole_or_refused(material, kid):
    keys = KeySet([PublicKey.of(material, kid=kid)])
    try:
        files = tree(keys, ISSUER)
    except InputError as error:
        assert error.code == "key-invalid"
        return
    assert files == tree(keys, ISSUER)
    assert KeySet.from_jwks(files[".well-known/jwks.json"]) == keys
    assert KeySet.from_cose_keyset(files[".well-known/cose-keys.cbor"]) == keys
