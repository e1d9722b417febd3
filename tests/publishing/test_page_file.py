"""The page as a file: nothing in it comes from elsewhere, and no kid becomes markup."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kmsjose.errors import InputError
from kmsjose.keys import KeySet, PublicKey
from kmsjose.publishing.page import page


class Parsed(HTMLParser):
    """The start tags of a page with their attributes, and what stands in each script and style."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.raw: list[str] = []
        self.feed(content.decode())
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag in {"script", "style"}:
            self.raw.append("")

    def handle_data(self, data):
        if self.cdata_elem:
            self.raw[-1] += data

    @property
    def published(self):
        (index,) = [i for i, (_, attributes) in enumerate(self._raw_tags) if attributes.get("id") == "published"]
        return json.loads(self.raw[index])

    @property
    def _raw_tags(self):
        return [(tag, attributes) for tag, attributes in self.tags if tag in {"script", "style"}]

    def policy(self) -> dict[str, list[str]]:
        (content,) = [
            attributes["content"]
            for tag, attributes in self.tags
            if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
        ]
        return {name: values for name, *values in (part.split() for part in content.split(";"))}

    def code(self) -> dict[str, list[str]]:
        """The scripts that run, and the styles."""
        found: dict[str, list[str]] = {"script": [], "style": []}
        for (tag, attributes), text in zip(self._raw_tags, self.raw, strict=True):
            if attributes.get("type") != "application/json":
                found[tag].append(text)
        return found


@pytest.fixture(scope="module")
def plain(published):
    return Parsed(page(published, "https://issuer.example", files={"jwks.json": "jwks.json"}))


def test_the_policy_lets_nothing_in_and_nothing_out(plain):
    policy = plain.policy()
    for directive in ("default-src", "connect-src", "form-action", "base-uri"):
        assert policy[directive] == ["'none'"]
    # It must stand before what it rules.
    names = [tag for tag, _ in plain.tags]
    assert names.index("meta", names.index("meta") + 1) < names.index("style") < names.index("script")


def test_the_policy_names_the_code_of_the_page_by_its_hash(plain):
    for kind, texts in plain.code().items():
        hashes = [f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'" for text in texts]
        assert plain.policy()[f"{kind}-src"] == hashes
        assert hashes


def test_nothing_is_loaded(plain):
    for tag, attributes in plain.tags:
        assert tag not in {"link", "img", "iframe", "object", "embed", "form", "base", "audio", "video"}
        assert not {"src", "srcset", "action", "style"} & attributes.keys()
        assert not any(name.startswith("on") for name in attributes)
    assert "url(" not in "".join(plain.code()["style"])
    assert not re.search(
        r"\b(fetch|XMLHttpRequest|WebSocket|EventSource|sendBeacon|import\(|eval|innerHTML|outerHTML|document\.write)\b",
        "".join(plain.code()["script"]),
    )


def test_the_keys_in_it_are_those_that_are_published(plain, published):
    assert [key["jwk"] for key in plain.published["keys"]] == [key.to_jwk() for key in published]
    assert [key["thumbprint"] for key in plain.published["keys"]] == [key.thumbprint() for key in published]


@given(kid=st.text(min_size=1, max_size=40))
@example("</script><script>alert(1)</script>")
@example("<!--<script>")
@example("]]>&lt;/script&gt;\u2028\u2029\0\r\n$policy ${style}")
def test_a_kid_adds_no_markup(signers, kid):
    material = signers["ES256"].public_key.material
    try:
        hostile = Parsed(page(KeySet([PublicKey.of(material, kid=kid)])))
    except InputError as error:
        assert error.code == "key-invalid"
        return
    harmless = Parsed(page(KeySet([PublicKey.of(material, kid="k")])))
    assert hostile.tags == harmless.tags
    assert hostile.code() == harmless.code()
    assert hostile.published["keys"][0]["jwk"]["kid"] == kid
