"""did:web of an issuer's URL: one DID for each, and nothing that could leave the folder it is published in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmsjose.errors import InputError
from kmsjose.keys.did_web import did_web, did_web_path


@pytest.mark.parametrize(
    "issuer, did, path",
    [
        ("https://issuer.example", "did:web:issuer.example", ()),
        ("https://issuer.example/", "did:web:issuer.example", ()),
        ("https://Issuer.EXAMPLE", "did:web:issuer.example", ()),
        ("https://issuer.example:8443", "did:web:issuer.example%3A8443", ()),
        ("https://issuer.example/users/Alice", "did:web:issuer.example:users:Alice", ("users", "Alice")),
        ("https://issuer.example/users/", "did:web:issuer.example:users", ("users",)),
        ("https://issuer.example:1/a.b/c-d_e", "did:web:issuer.example%3A1:a.b:c-d_e", ("a.b", "c-d_e")),
        ("https://localhost:65535", "did:web:localhost%3A65535", ()),
        ("https://xn--bcher-kva.example", "did:web:xn--bcher-kva.example", ()),
        ("https://1.example", "did:web:1.example", ()),
        ("https://" + "a." * 123 + "example", "did:web:" + "a." * 123 + "example", ()),
    ],
)
def test_an_issuer_has_one(issuer, did, path):
    assert did_web(issuer) == did
    assert did_web_path(did) == path


@pytest.mark.parametrize(
    "issuer",
    [
        "", "issuer.example", "http://issuer.example", "HTTPS://issuer.example", "https://", "https:///a",
        "https://issuer.example?a", "https://issuer.example/?", "https://issuer.example#a", "https://issuer.example/a#",
        "https://alice@issuer.example", "https://alice:pw@issuer.example", "https://@issuer.example",
        "https://issuer.example:", "https://issuer.example:0", "https://issuer.example:65536",
        "https://issuer.example:08", "https://issuer.example:99999999", "https://issuer.example:a",
        "https://127.0.0.1", "https://127.1", "https://[::1]", "https://1", "https://issuer.1",
        "https://issuer..example", "https://.example", "https://issuer.example.", "https://-a.example",
        "https://a-.example", "https://a_b.example", "https://bücher.example", "https://" + "a" * 64 + ".example",
        "https://" + "a." * 123 + "examples",
        "https://issuer.example//a", "https://issuer.example/a//b", "https://issuer.example/a//",
        "https://issuer.example/.", "https://issuer.example/..", "https://issuer.example/a/../b",
        "https://issuer.example/.well-known", "https://issuer.example/%2e%2e/a", "https://issuer.example/a%2Fb",
        "https://issuer.example/a b", "https://issuer.example/a\\b", "https://issuer.example/a:b",
        "https://issuer.example/~a", "https://issuer.example/ä", "https://issuer.example\n",
        " https://issuer.example", "https://issuer.example/a\n", "https://issuer.example/a\0", "did:web:issuer.example",
    ],
)  # fmt: skip
def test_anything_else_is_refused(issuer):
    with pytest.raises(InputError) as caught:
        did_web(issuer)
    assert caught.value.code == "usage"


@given(st.text(max_size=20), st.text(alphabet="./\\%:@?#a\0\n", max_size=20))
def test_no_part_of_a_path_leads_elsewhere(host, path):
    for issuer in (f"https://{host}", f"https://issuer.example/{path}"):
        try:
            did = did_web(issuer)
        except InputError:
            continue
        assert did.isascii()
        assert did.isprintable()
        assert all(part and not part.startswith(".") for part in did_web_path(did))
