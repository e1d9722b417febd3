"""The page for people: it lists the keys, and verifies a pasted token in the browser, where the token stays."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from importlib.resources import files as resources_of
from string import Template
from typing import Final, cast

from cryptography.hazmat.primitives.asymmetric import rsa

from ..algorithms import TABLE, Algorithm, Family
from ..arguments import checked
from ..encoding import JSON, JSONObject
from ..errors import InputError
from ..keys import KeySet, PublicKey
from ..keys.jwk import PRIVATE_MEMBERS

__all__ = ["page"]

_STYLE: Final = "page.css"
_SCRIPTS: Final = ("reading.js", "header.js", "credential.js", "verify.js", "page.js")


@checked
def page(
    keys: KeySet,
    issuer: str | None = None,
    *,
    files: Mapping[str, str] | None = None,
    methods: Sequence[str] = (),
) -> bytes:
    """The page: one HTML file that loads nothing, and whose Content-Security-Policy lets it send nothing.

    Args:
        keys: What it lists and verifies with.
        issuer: Whose keys they are, to be shown.
        files: What else to link to: a name that is shown, and the relative URL.
        methods: The DID URLs of the keys in the issuer's DID document, in their order, by which a token may name them.

    Raises:
        InputError: ``key-invalid``: a kid is no text; ``key-conflict``: a kid stands twice; ``usage``: there are not as
            many `methods` as keys.
    """
    style, scripts = _text(_STYLE), [_text(name) for name in _SCRIPTS]
    policy = "; ".join((
        "default-src 'none'",
        "script-src " + " ".join(map(_source, scripts)),
        f"style-src {_source(style)}",
        "connect-src 'none'",
        "form-action 'none'",
        "base-uri 'none'",
        # Where a browser knows it, no text of ours or of a token can become markup.
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    ))  # fmt: skip
    filled = Template(_text("page.html")).substitute(
        policy=policy,
        style=style,
        published=_embedded(_published(keys, issuer, files or {}, methods)),
        scripts="\n".join(f"<script>{script}</script>" for script in scripts),
    )
    return filled.encode()


def _published(keys: KeySet, issuer: str | None, files: Mapping[str, str], methods: Sequence[str]) -> JSONObject:
    if methods and len(methods) != len(keys):
        raise InputError("usage", f"there are {len(methods)} DID URLs for {len(keys)} keys")
    named: Sequence[str | None] = methods or [None] * len(keys)
    # Those of the set, which refuses what no reader could look up by its kid.
    jwks = cast(list[JSON], keys.to_jwks()["keys"])
    return {
        "issuer": issuer,
        "files": dict(files),
        "keys": [_of_key(*each) for each in zip(keys, jwks, named, strict=True)],
        "privateMembers": [*sorted(PRIVATE_MEMBERS)],
        # How WebCrypto is asked, by every name that a header may have; it leaves alone what it has no use for.
        "algorithms": {name: {"row": row.name, **_WEBCRYPTO[row.family](row)} for row in TABLE for name in row.names},
    }


def _of_key(key: PublicKey, jwk: JSON, method: str | None) -> JSONObject:
    bits = key.material.key_size if isinstance(key.material, rsa.RSAPublicKey) else 0
    return {
        "jwk": jwk,
        "method": method,
        "thumbprint": key.thumbprint(),
        "type": f"{key.algorithm.kty} {f'{bits} bits' if bits else key.algorithm.crv or ''}".rstrip(),
        "signatureSize": key.algorithm.signature_size or (bits + 7) // 8,
    }


def _hash(row: Algorithm) -> str:
    assert row.hash is not None  # noqa: S101 - the rows of these families have one
    return f"SHA-{row.hash.digest_size * 8}"


_WEBCRYPTO: Final[dict[Family, Callable[[Algorithm], JSONObject]]] = {
    Family.ECDSA: lambda row: {"name": "ECDSA", "namedCurve": row.crv, "hash": _hash(row)},
    Family.RSA_PKCS1: lambda row: {"name": "RSASSA-PKCS1-v1_5", "hash": _hash(row)},
    Family.RSA_PSS: lambda row: {"name": "RSA-PSS", "hash": _hash(row), "saltLength": row.prehashed_size},
    Family.ED25519: lambda _row: {"name": "Ed25519"},
    Family.ML_DSA: lambda row: {"name": row.name},
}


def _embedded(value: JSONObject) -> str:
    # In ASCII, and with nothing by which HTML could take a kid for the end of its element.
    text = json.dumps(value)
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _text(name: str) -> str:
    return resources_of(__package__).joinpath(name).read_text("utf-8")


def _source(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
