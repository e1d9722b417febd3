"""What fuzzing of tokens and messages begins with: the project's own vectors, and forms built here."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

import cbor2

from kmsjose import KeySet, LocalSigner
from kmsjose.keys import read_private_key

_VECTORS: Final = Path(__file__).parents[2] / "vectors"
#: The first byte of an input whose signature the target makes.
SIGNED: Final = b"\xff"
NOW: Final = datetime(2026, 1, 1, tzinfo=UTC)
KID: Final = "fuzz"
#: More of one kind teach a fuzzer nothing new, and are tried in every run of the tests.
_ENOUGH: Final = 60


@cache
def vectors(name: str) -> Any:
    """A file of the vectors."""
    return json.loads((_VECTORS / name).read_text())


@cache
def signer() -> LocalSigner:
    """Who signs what a fuzzer has written: Ed25519, which is fast and has one signature of a message."""
    return LocalSigner(private_key("EdDSA"), "EdDSA", KID)


@cache
def keys() -> KeySet:
    """The keys of the vectors, and that of `signer`."""
    return KeySet([*KeySet.from_jwks(vectors("jwks.json")), signer().public_key])


@cache
def cose_keys() -> KeySet:
    """The same, with the kids of COSE."""
    return KeySet([
        *KeySet.from_cose_keyset(bytes.fromhex(vectors("cose-keys.json")["key_set"])), signer().public_key,
    ])  # fmt: skip


def signed(header: bytes, payload: bytes) -> bytes:
    """An input whose header and payload the target signs, in JOSE: text without a NUL, which parts the two."""
    return SIGNED + header + b"\0" + payload


def signed_cbor(header: bytes, payload: bytes) -> bytes:
    """The same in COSE, whose headers are binary: their length stands before them."""
    return SIGNED + bytes([len(header)]) + header + payload


def jws() -> Iterator[bytes]:
    """Compact tokens."""
    yield from _some(case["token"] for case in _cases("jws.json") if isinstance(case["token"], str))
    yield from _some(case["token"] for case in _cases("negative.json") if isinstance(case["token"], str))
    for more in ({}, {"typ": "JWT"}, {"cty": "x", "crit": ["b64"], "b64": False}, {"x5c": []}, {"jwk": {"kty": "EC"}}):
        yield signed(_header(**more), b"payload")


def jws_json() -> Iterator[bytes]:
    """Tokens in JSON."""
    for name in ("jws.json", "negative.json"):
        yield from _some(json.dumps(case["token"]) for case in _cases(name) if isinstance(case["token"], dict))


def jwt() -> Iterator[bytes]:
    """JWTs."""
    yield from _some(case["token"] for case in _cases("jwt.json"))
    claims = {"iss": "i", "sub": "s", "aud": ["a"], "exp": 1767225900, "nbf": 1, "iat": 1.5, "jti": "x"}
    for more in ({}, {"typ": "at+jwt"}, {"iss": "i"}):
        yield signed(_header(**more), json.dumps(claims).encode())


def vc() -> Iterator[bytes]:
    """Credentials and presentations."""
    for case in _cases("vc.json"):
        yield case["token"].encode()
        if case["alg"] == "ES256":
            header, claims, _ = case["token"].split(".")
            told = json.loads(_decoded(header))
            yield signed(_header(**{name: told[name] for name in ("typ", "cty") if name in told}), _decoded(claims))


def cose() -> Iterator[bytes]:
    """COSE messages of every form."""
    for name in ("cose.json", "negative-cose.json"):
        yield from _some(bytes.fromhex(case["message"]) for case in _cases(name))
    for more in ({}, {3: "text/plain"}, {15: {1: "i"}}, {16: 18}, {33: [b"x"]}, {258: -16}, {2: [-100], -100: 1}):
        yield signed_cbor(cbor2.dumps({1: -8, 4: KID.encode(), **more}), b"payload")


def cwt() -> Iterator[bytes]:
    """CWTs."""
    yield from _some(bytes.fromhex(case["message"]) for case in _cases("cwt.json"))
    claims = {1: "i", 2: "s", 3: "a", 4: 1767225900, 5: 1, 6: 1.5, 7: b"x", -260: {1: cbor2.CBORTag(0, "2026")}}
    for more in ({}, {16: 61}, {15: {1: "i"}}):
        yield signed_cbor(cbor2.dumps({1: -8, 4: KID.encode(), **more}), cbor2.dumps(claims))


def _cases(name: str) -> Iterable[Any]:
    return vectors(name)


def _some(found: Iterable[str | bytes]) -> Iterator[bytes]:
    encoded = [entry.encode() if isinstance(entry, str) else entry for entry in found]
    step = max(len(encoded) // _ENOUGH, 1)
    yield from sorted(encoded, key=len)[::step]


def _header(**more: object) -> bytes:
    return json.dumps({"alg": "EdDSA", "kid": KID, **more}).encode()


def _decoded(part: str) -> bytes:
    from kmsjose.encoding import b64url_decode

    return b64url_decode(part.encode())


@cache
def private_key(alg: str) -> Any:
    """The private key of the vectors of an algorithm."""
    return read_private_key(json.dumps(vectors("keys.json")["keys"][alg]).encode()).material
