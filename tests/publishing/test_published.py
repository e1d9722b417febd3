"""What a folder publishes, read back: all of it, or an error that says what is wrong with it."""

from __future__ import annotations

import json

import pytest

from kmsjose.errors import InputError
from kmsjose.keys import KeySet
from kmsjose.publishing.folder import write_tree
from kmsjose.publishing.published import published_issuer, published_keys
from kmsjose.publishing.tree import JWKS, VC_ISSUER, tree


@pytest.fixture(scope="module")
def keys(signers):
    return KeySet([signers["ES256"].public_key, signers["PS256"].public_key])


@pytest.mark.parametrize(
    "issuer", [None, "https://issuer.example", "https://issuer.example:8443/", "https://a.example/b/c"]
)
def test_what_was_written_is_read(tmp_path, keys, issuer):
    write_tree(tmp_path, tree(keys, issuer))
    assert published_keys(tmp_path) == keys
    assert published_issuer(tmp_path) == issuer


def test_a_folder_without_keys_has_none(tmp_path):
    for folder in (tmp_path, tmp_path / "none"):
        assert len(published_keys(folder)) == 0
        assert published_issuer(folder) is None


def test_a_key_that_is_not_understood_is_an_error(tmp_path, keys, refused):
    (tmp_path / ".well-known").mkdir()
    for odd in ({"kty": "XX"}, 7, {"kty": "RSA", "n": "AQAB", "e": "AQAB"}):
        (tmp_path / JWKS).write_text(json.dumps({"keys": [*keys.to_jwks()["keys"], odd]}))
        with refused("key-invalid", InputError) as caught:
            published_keys(tmp_path)
        assert f"{tmp_path / JWKS}: key 3 is not understood" in caught.value.message


@pytest.mark.parametrize(
    "content, code",
    [
        (b"", "key-invalid"), (b"{", "key-invalid"), (b"[]", "key-invalid"), (b"\xff", "key-invalid"),
        (b'{"keys": 7}', "key-invalid"), (b'{"keys": [], "keys": []}', "key-invalid"),
        (b'{"keys": [{"kty": "EC", "d": "AAAA"}]}', "key-private"),
    ],
)  # fmt: skip
def test_damaged_keys_are_an_error(tmp_path, content, code, refused):
    (tmp_path / ".well-known").mkdir()
    (tmp_path / JWKS).write_bytes(content)
    with refused(code, InputError) as caught:
        published_keys(tmp_path)
    assert str(tmp_path / JWKS) in caught.value.message
    assert "AAAA" not in caught.value.message


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"{}", b'{"issuer": 7}', b'{"issuer": "http://a.example"}', b'{"issuer": "https://a.example/b"}'],
)
def test_damaged_metadata_is_an_error(tmp_path, content, refused):
    (tmp_path / ".well-known").mkdir()
    (tmp_path / VC_ISSUER).write_bytes(content)
    with refused("json-invalid", InputError) as caught:
        published_issuer(tmp_path)
    assert str(tmp_path / VC_ISSUER) in caught.value.message


def test_several_issuers_are_an_error(tmp_path, keys, refused):
    for path in ("a", "b/c"):
        write_tree(tmp_path, tree(keys, f"https://issuer.example/{path}"))
    with refused("usage", InputError):
        published_issuer(tmp_path)


def test_another_issuer_does_not_take_the_place_of_one_without_a_path(tmp_path, keys, refused):
    write_tree(tmp_path, tree(keys, "https://issuer.example"))
    with refused("file-unwritable", InputError):
        write_tree(tmp_path, tree(keys, "https://issuer.example/a"))
    assert published_issuer(tmp_path) == "https://issuer.example"


def test_a_link_is_not_followed(tmp_path, keys, refused):
    write_tree(tmp_path / "other", tree(keys, "https://issuer.example"))
    site = tmp_path / "site"
    site.mkdir()
    (site / ".well-known").symlink_to(tmp_path / "other" / ".well-known")
    for read in (published_keys, published_issuer):
        with refused("file-unreadable", InputError):
            read(site)
