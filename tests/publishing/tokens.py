"""Tokens of every form, for two verifiers to judge: their headers and payloads, to be signed by a good key."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import product
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from kmsjose import vc

#: A header and a payload: bytes as they stand, anything else as JSON.
Case = tuple[object, object]

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
KEY = ec.derive_private_key(7, ec.SECP256R1())
DID = "did:web:a.example"
#: The names of one key; the first is that of a token which names none of the others.
KIDS = (
    "k", f"{DID}#k", f"{DID}?versionId=1#k", f"{DID}/path#k", f"{DID}#", DID, "did:web:b.example#k",
    "did:web:b.example",
    "did:#k", "https://a.example/keys#1", "",
)  # fmt: skip
V1, V2 = "https://www.w3.org/2018/credentials/v1", "https://www.w3.org/ns/credentials/v2"
ISSUER = "https://a.example"
CREDENTIAL = {
    "@context": [V2], "type": ["VerifiableCredential"], "issuer": ISSUER, "credentialSubject": {"name": "Alice"},
    "validFrom": "2026-01-01T00:00:00Z", "validUntil": "2027-01-01T00:00:00Z",
}  # fmt: skip
CREDENTIAL_1_1 = {
    "@context": [V1], "type": ["VerifiableCredential"], "issuer": ISSUER, "credentialSubject": {"name": "Alice"},
    "issuanceDate": "2026-01-01T00:00:00Z", "expirationDate": "2027-01-01T00:00:00Z",
}  # fmt: skip
PRESENTATION = {"@context": [V2], "type": ["VerifiablePresentation"], "holder": ISSUER}
PRESENTATION_1_1 = {"@context": [V1], "type": ["VerifiablePresentation"], "holder": ISSUER}
ENVELOPE = vc.enveloped("a.b.c")
OBJECT = {"id": "a:b", "type": "T"}
#: What may stand anywhere.
VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1.5, 1e30, 1e300, 2**63 + 4096, -(2**64), 10**400, "", "x", "a:b", ISSUER, "a b:c",
    "a:b c",
    "a:\x1fb", "a:\x85b", "a:\ufeffb", "a:\u3000b", [], [None], [5], ["x"], ["a:b"], ["x", 5], [[]], [{}], {}, {"a": 1},
    {"id": 5}, {"id": "x"}, {"id": "a:b"}, OBJECT, [OBJECT], [OBJECT, {}], [OBJECT, 5], OBJECT | {"type": []},
    OBJECT | {"type": [5]}, OBJECT | {"id": None}, {"type": "T"}, {"type": "@id"}, {"type": "@i1"}, {"@value": "x"},
    {"@value": "x", "@language": "en", "@direction": "ltr"}, {"@value": "x", "@language": None},
    {"@value": "x", "@direction": None}, {"@value": "x", "@direction": "up"}, {"@value": 5}, {"@value": "x", "a": 1},
    [{"@value": "x"}, "y"], [{"@value": "x"}, 5],
)  # fmt: skip
DATES = (
    "2026-01-01T00:00:00Z", "2026-01-01T00:00:00", "2026-06-01T12:00:00Z", "2026-06-01T12:00:00.0000001Z",
    "2026-06-01T12:00:00.000001Z", "2026-06-01T11:59:59.999999Z", "2026-06-01T14:00:00+02:00", "2026-05-31T24:00:00Z",
    "2026-05-31T24:00:00.00+14:00", "2026-05-31T24:00:00.01Z", "2026-06-01T24:00:00", "2026-06-01T24:00:01Z",
    "2026-02-29T00:00:00Z", "2024-02-29T00:00:00Z", "2026-04-31T00:00:00Z", "2026-00-01T00:00:00Z",
    "2026-01-00T00:00:00Z",
    "2026-13-01T00:00:00Z", "0000-01-01T00:00:00Z", "0001-01-01T00:00:00+23:59", "0099-12-31T00:00:00Z",
    "9999-12-31T23:59:59-23:59", "9999-12-31T24:00:00Z", "10000-01-01T00:00:00Z", "2026-06-01T12:00:60Z",
    "2026-06-01T12:60:00Z", "2026-06-01T25:00:00Z", "2026-06-01T12:00:00+24:00", "2026-06-01T12:00:00+10:60",
    "2026-06-01T12:00:00+23:59", "2026-06-01T12:00:00-23:59", "2026-06-01", "2026-06-01T12:00Z", "2026-06-01 12:00:00Z",
    "2026-06-01t12:00:00z", "2026-06-01T12:00:00Z\n", " 2026-06-01T12:00:00Z", "2026-06-01T12:00:00,5Z",
    "２026-06-01T12:00:00Z", "2020-01-01T00:00:00Z", "2030-01-01T00:00:00Z",
)  # fmt: skip
#: JSON whose form is the question; each stands for a whole object, and within one.
TEXTS = (
    b'"\\ud800"', b'"\\udc00"', b'"\\ud800x"', b'"\\udc00\\ud800"', b'"\\ud83d\\ude00"', b'"\\uD83D\\uDE00"',
    b'"\\\\ud800"',
    b'"\\"\\ud800\\""', b'{"\\ud800":1}', b'[[["\\udfff"]]]', b'"\\u0000"', b'{"a":1,"a":1}', b'{"a":1,"\\u0061":2}',
    b'[{"a":1,"b":{"c":1,"c":2}}]', b'{"a":{"a":1}}', b"[1,1]", b'{"":1,"":2}', b'{"__proto__":1,"__proto__":2}',
    b'{"__proto__":{"a":1},"constructor":1}', b"1e308", b"1e309", b"-1e309", b"1e-400", b"[1E400]", b'{"a":[1.5e999]}',
    b"1" * 309, b"1" * 4300, b"1" * 4301, b"-" + b"1" * 4300, b"-" + b"1" * 4301, b"-0", b"-0.0", b"NaN", b"Infinity",
    b"-Infinity", b"nan", b"01", b"1.", b".5", b"+1", b"0x1", b"1_0", b"[1,]", b'{"a":1,}', b'"\t"', b'"\x00"',
    b'"\x7f"',
    b"'a'", b'"\\x41"', b'"\\u12"', b'"\xff"', b'"\xed\xa0\x80"', b'"\xc0\xaf"', b'"\xf4\x90\x80\x80"',
    b'"\xef\xbb\xbf"',
    b"\xef\xbb\xbf1", b"\x0c1", b"\xc2\xa01", b"/**/1", b"true", b"True", b"null", b"1 2", b'"a" "b"',
    b"[" * 252 + b"]" * 252, b"[" * 253 + b"]" * 253, b"[" * 254 + b"]" * 254, b"[" * 5000 + b"]" * 5000,
    b'{"a":' * 253 + b"1" + b"}" * 253, b'{"a":' * 254 + b"1" + b"}" * 254,
)  # fmt: skip
#: Members of documents, and claims that stand beside them.
MEMBERS = (
    "@context", "type", "id", "issuer", "credentialSubject", "validFrom", "validUntil", "issuanceDate",
    "expirationDate", "name", "description", "credentialStatus", "credentialSchema", "refreshService", "termsOfUse",
    "evidence", "proof", "relatedResource", "holder", "verifiableCredential", "vc", "vp", "iss", "sub", "aud", "exp",
    "nonce",
)  # fmt: skip
ENDS = ("validFrom", "validUntil", "expirationDate")
ENVELOPE_VALUES = (
    "EnvelopedVerifiableCredential", ["EnvelopedVerifiableCredential"] * 2, "data:x", V2, [V2, 5],
)  # fmt: skip


def encoded(value: object) -> bytes:
    return value if isinstance(value, bytes) else json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


def header(typ: str | None = None, **members: object) -> dict:
    return {"alg": "ES256", "kid": "k", **({} if typ is None else {"typ": typ}), **members}


#: Header parameters, registered and not.
PARAMETERS = (
    "alg", "kid", "typ", "cty", "jku", "jwk", "x5u", "x5c", "x5t", "x5t#S256", "crit", "b64", "zip", "iss", "x",
)  # fmt: skip
URIS = (
    "https://a.example/keys", "HTTPS://a.example", "urn:a:b", "file:///a", "a+b:c", "1a:b", "a_b:c", "//a.example/b",
    "/b", "b", "a:", ":", "a:%zz", "a:b c", "a:é", "http:", "https://[::1", "data:,x", "a:b\n", " a:b", "a:\x7f",
    "a:\0b", "a:\x1cb", "a:\x85b", "a:\xa0b", "a:\u1680b", "a:\u200ab", "a:\u200bb", "a:\u2028b", "a:\u2060b",
    "a:\u202fb", "a:\u205fb", "a:\u3000b",
)  # fmt: skip
CERTIFICATES = (
    "MAA=", "MAA", "MAA==", "MA==", "MB==", "M===", "====", "=", "MAA=MAA=", "MAA=\n", " MAA=", "MAAA", "M-_=", "MAé=",
    "MAA=====", "AAAAA", "MAAAM",
)  # fmt: skip
JWKS = ({"kty": "EC"}, {"d": "x"}, {"k": "x"}, {"p": None}, {"priv": ""}, {"__proto__": {"d": 1}})
ALGORITHMS = ("none", "None", "HS256", "es256", "ES384", "EdDSA", "Ed25519", "ESP256", "__proto__", "toString")
TYPS = (
    "JWT", "jwt", "application/jwt", "APPLICATION/JWT", "at+jwt", "application/at+jwt", "text/plain", "+jwt", "a/b+jwt",
)  # fmt: skip
PAYLOADS = ({}, b"", b"x", b"[]", b'"x"', b"null", b'{"a":', b"\xff", b"\xef\xbb\xbf{}", {"exp": "5"})


def headers() -> Iterator[Case]:
    """Every header parameter, and whatever may stand there."""
    for name, value in product(PARAMETERS, VALUES):
        yield header(**{name: value}), {"sub": "alice"}
    for name, uri in product(("jku", "x5u"), URIS):
        yield header(**{name: uri}), {}
    for certificate in CERTIFICATES:
        yield header(x5c=[certificate]), {}
        yield header(x5c=["MAA=", certificate]), {}
    yield from ((header(jwk=jwk), {}) for jwk in JWKS)
    yield from ((header(alg=name), {}) for name in ALGORITHMS)
    yield from ((header(typ), payload) for typ, payload in product(TYPS, PAYLOADS))
    for text in TEXTS:
        yield b'{"alg":"ES256","kid":"k","x":' + text + b"}", {}
        yield text, {}
    for text in (
        b'{"alg":"ES256","kid":"k"} ',
        b' \t\r\n{"alg" : "ES256","kid":"k"}',
        b'{"alg":"ES256","\\u006bid":"k"}',
    ):
        yield text, {}


def claims() -> Iterator[Case]:
    """Every registered claim, and whatever may stand there."""
    for name in ("iss", "sub", "jti", "aud", "exp", "nbf", "iat", "x", "@context", "vc", "vp"):
        for value in VALUES:
            yield header(), {name: value}
            yield header("JWT"), {name: value, "sub": "alice"}
    now = int(NOW.timestamp())
    for seconds in (
        now - 1,
        now,
        now + 1,
        now - 0.001,
        now + 0.001,
        1e17,
        -1e17,
        2**62,
        -(2**62),
        1e18,
        9.3e18,
        0,
        -0.0,
    ):
        for name in ("exp", "nbf", "iat"):
            yield header(), {name: seconds}
    for text in TEXTS:
        for typ in (None, "JWT"):
            yield header(typ), b'{"x":' + text + b"}"
            yield header(typ), b'{"exp":' + text + b"}"
            yield header(typ), text
    for date in DATES:
        yield header(), {"@context": V2, "validUntil": date}
        yield header(), {"@context": "x", "validFrom": date}
        yield header(), {"validUntil": date}
        yield header("at+jwt"), {"vc": {"expirationDate": date}}


def credentials() -> Iterator[Case]:
    """Every member of a credential and a presentation of both models, and whatever may stand there."""
    for head, document, payload in (
        (header("vc+jwt"), CREDENTIAL, lambda document: document),
        (header("vp+jwt"), PRESENTATION, lambda document: document),
        (header("JWT"), CREDENTIAL_1_1, lambda document: {"iss": ISSUER, "vc": document}),
        (header(), PRESENTATION_1_1, lambda document: {"vp": document}),
    ):
        for issuer in (ISSUER, "https://b.example"):
            yield head | {"iss": issuer}, payload(document)
        for changed in changes(document):
            yield head, payload(changed)
        for kid, party in product(KIDS, (DID, ISSUER, "did:web:b.example", "did:")):
            named = document | {"holder" if "holder" in document else "issuer": party}
            yield head | {"kid": kid}, payload(named) | ({"iss": party} if "iss" in payload(named) else {})


def changes(document: dict) -> Iterator[dict]:
    """A document, with one member changed in every way."""
    yield document
    for name in document:
        yield {member: value for member, value in document.items() if member != name}
    for name, value in product(MEMBERS, VALUES):
        yield document | {name: value}
    for name, date in product(("validFrom", "validUntil", "issuanceDate", "expirationDate"), DATES):
        yield document | {name: date}
        yield {member: value for member, value in document.items() if member not in ENDS} | {name: date}
    for context in ([V2, V1], [V1, V2], [V2, "x"], [V2, {}], [V1, {}, 5], V1, V2, [[V2]], {"0": V2}):
        yield document | {"@context": context}
    for types in (["VerifiableCredential", "x"], ["VerifiablePresentation", 5], ["", "VerifiableCredential"]):
        yield document | {"type": types}
    for entry in (*VALUES, CREDENTIAL, CREDENTIAL | {"type": []}, CREDENTIAL | {"name": 5}, CREDENTIAL_1_1, ENVELOPE):
        yield document | {"verifiableCredential": [entry, ENVELOPE]}
    for name, value in product(("@context", "id", "type"), (*VALUES, *ENVELOPE_VALUES)):
        yield document | {"verifiableCredential": ENVELOPE | {name: value}}


def folded() -> Iterator[Case]:
    """Claims that repeat what a 1.1 document says, say it alone, or say otherwise; and every typ."""
    now = int(NOW.timestamp())
    for change in (
        {"iss": "https://b.example"}, {"iss": ""}, {"sub": "a:b"}, {"sub": "x"}, {"jti": "a:b"}, {"jti": "x"},
        {"nbf": 0},
        {"nbf": 1767225600}, {"nbf": 1767225600.75}, {"nbf": 1767225601}, {"exp": 1798761600}, {"exp": 1798761600.5},
        {"exp": 1798761599}, {"exp": now}, {"exp": 1e17}, {"nbf": -1e17}, {"aud": "x"}, {"nonce": 5}, {"vp": {}},
        {"iat": now + 1},
    ):  # fmt: skip
        yield header("JWT"), {"iss": ISSUER, "vc": CREDENTIAL_1_1} | change
        yield header("JWT"), {"vp": PRESENTATION_1_1} | change
        bare = {"@context": [V1], "type": "VerifiableCredential", "credentialSubject": {"a": 1}}
        yield header("JWT"), {"iss": ISSUER, "vc": bare} | change
        yield header("JWT"), {"iss": ISSUER, "nbf": 0, "vc": bare} | change
        yield header("JWT"), {"iss": ISSUER, "nbf": 0, "vc": bare | {"issuer": {"name": "x"}, "id": "a:b"}} | change
        yield header("JWT"), {"iss": ISSUER, "nbf": 0, "vc": bare | {"credentialSubject": [{"id": "a:b"}]}} | change
    for seconds in (
        -62135596801,
        -62135596800,
        -62135596800.5,
        -30610224001,
        253402300799,
        253402300799.5,
        253402300800,
    ):
        for claim in ("nbf", "exp"):
            yield header("JWT"), {"iss": ISSUER, "nbf": 0, "vc": bare, claim: seconds}
    for typ in ("vc+jwt", "VC+JWT", "application/vc+jwt", "vp+jwt", "JWT", None, "at+jwt", "vc+sd-jwt"):
        for payload in (CREDENTIAL, PRESENTATION, {"iss": ISSUER, "vc": CREDENTIAL_1_1}, {"vp": PRESENTATION_1_1}):
            yield header(typ), payload


def known() -> Iterator[Case]:
    """What the page once took for valid, or said of it that it never expires."""
    now = int(NOW.timestamp())
    over, later = "2020-01-01T00:00:00Z", "2030-01-01T00:00:00Z"
    yield header("vc+jwt"), CREDENTIAL | {"validUntil": over, "validFrom": over}
    yield header("vc+jwt"), CREDENTIAL | {"validFrom": later, "validUntil": later}
    yield header("JWT"), {"iss": ISSUER, "vc": CREDENTIAL_1_1 | {"issuanceDate": over, "expirationDate": over}}
    yield header("JWT"), {"iss": ISSUER, "vc": CREDENTIAL_1_1 | {"issuanceDate": later, "expirationDate": later}}
    yield header(), {"@context": [V2], "validUntil": over}
    yield header(), {"exp": now}
    yield header(), {"exp": now + 0.5, "nbf": now + 0.25}
    for payload in (
        b'{"sub":"\\ud800"}', b'{"\\udfff":1}', b'{"exp":1e30}', b'{"exp":1e300}', b'{"exp":1e999}', b'{"iss":5}',
        b'{"sub":null}', b'{"jti":[]}', b'{"aud":5}', b'{"aud":["a",5]}', b'{"aud":[]}', b'{"exp":"5"}',
        b'{"a":1,"a":2}',
        b"{", b"[]", b"", b'{"a":[' + b"1," * 131_070 + b"1]}", b'{"a":[' + b"1," * 131_071 + b"1]}",
        b'{"a":"' + b"[," * 131_072 + b'"}',
    ):  # fmt: skip
        yield header(), payload
        yield header("JWT"), payload
        yield header("at+jwt"), payload
    for chain in ("MAA=", [], ["*"], [5], ["MAA"], [None]):
        yield header(x5c=chain), {}
    for member in (
        {"crit": ["x"], "x": 1},
        {"crit": []},
        {"crit": "x"},
        {"b64": True},
        {"jwk": {"d": "x"}},
        {"cty": 5},
    ):
        yield header(**member), {}
    yield b'{"alg":"ES256","kid":"k","x":"\\udc00"}', {}
    yield b'{"alg":"ES256","kid":"k","x":1e999}', {}
