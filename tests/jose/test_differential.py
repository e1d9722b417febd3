"""Our verdicts beside joserfc's, over valid tokens of every algorithm and systematically spoilt ones.

Each difference must fall into a class of `EXPLAINED`. `pytest tests/jose/test_differential.py -rP` shows the counts.
ML-DSA has no second opinion: joserfc verifies it by our own primitive, through the bridge.
"""

from __future__ import annotations

import hmac
import json
import random
import sys
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from joserfc import jws as joserfc_jws
from joserfc import jwt as joserfc_jwt
from joserfc.jwk import KeySet as JoserfcKeySet

from kmsjose.algorithms import BY_NAME, Family
from kmsjose.ecdsa import raw_to_der
from kmsjose.encoding import b64url_decode, b64url_encode
from kmsjose.errors import KmsJoseError, VerificationError
from kmsjose.jose import jws, jwt
from kmsjose.jose.bridge import registry, verifying_key
from kmsjose.keys import KeySet
from kmsjose.signers import LocalSigner

T = 1_800_000_000
NOW = datetime.fromtimestamp(T, UTC)
GOOD = {"iss": "https://issuer.example", "sub": "alice", "exp": T + 60, "nbf": T, "iat": T}
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


@dataclass(frozen=True)
class Case:
    """One token, and what its verifier asks for."""

    name: str
    token: str | bytes
    arguments: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Difference:
    """A class of differences, and why it is right.

    Attributes:
        code: Ours, if we refuse; None if we accept what joserfc refuses.
        cases: The beginnings of the names of the cases that may fall into it.
        reason: Why.
    """

    code: str | None
    cases: tuple[str, ...]
    reason: str

    def covers(self, case: Case, ours: str | None) -> bool:
        return ours == self.code and case.name.startswith(self.cases)


#: By name. All but the last two: we refuse what joserfc accepts.
EXPLAINED = {
    "duplicate member": Difference(
        "duplicate-member", ("header twice", "claims twice"),
        "joserfc takes the last of two members; RFC 7515 section 4 lets a verifier refuse, and two readers may differ",
    ),
    "not JSON in UTF-8": Difference(
        "bad-json", ("header json: ", "claims json: "),
        "json.loads takes UTF-16, BOMs, NaN, Infinity, 1e999, lone surrogates and any depth; RFC 8259 does not",
    ),
    "crit that is no crit": Difference(
        "crit-invalid", ("crit empty", "crit doubled", "crit of RFC 7515"),
        "joserfc takes an empty or doubled crit and one that names alg; RFC 7515 section 4.1.11 forbids all three",
    ),
    "b64 that is not critical": Difference(
        "b64-invalid", ("b64 true", ),
        "joserfc asks for crit only where b64 is false; RFC 7797 section 6 wherever it stands",
    ),
    "unencoded JWT": Difference(
        "b64-invalid", ("b64 false",),
        "joserfc takes a JWT whose payload is not encoded; RFC 7797 section 7 forbids it",
    ),
    "unencoded payload in a compact JWS": Difference(
        "malformed", ("b64 false",),
        "joserfc takes any bytes but a period; RFC 7797 section 5.2 allows printable ASCII",
    ),
    "jwk or x5c that is none": Difference(
        "bad-header", ("jwk private", "x5c spoilt"),
        "joserfc does not look into them; a private key is a leak, and x5c is base64 (RFC 7515 section 4.1.6)",
    ),
    "typ": Difference(
        "typ-mismatch", ("typ",),
        "joserfc does not look at typ; a token of another type must be asked for (RFC 8725 section 3.11)",
    ),
    "audience that nobody gave": Difference(
        "audience-required", ("aud unasked",),
        "joserfc ignores aud unless it is asked for; RFC 7519 section 4.1.3 says that the token must be rejected",
    ),
    "dates beyond 64 bits": Difference(
        "claim-invalid", ("date beyond",),
        "joserfc compares numbers of any size; no clock counts so far, and reckoning with them raises OverflowError",
    ),
    "size": Difference(
        "too-large", ("size",),
        "a JWT has 1 MiB here unless the caller says more; joserfc's limit is that of a JWS",
    ),
    "empty issuer that is asked for": Difference(
        None, ("iss empty, asked for",),
        "joserfc never takes an empty iss; here the caller gets what was asked for",
    ),
    "URI of another scheme": Difference(
        None, ("uri",),
        "joserfc takes http:// and https:// alone; RFC 7515 sections 4.1.2 and 4.1.5 say URI, which is never followed",
    ),
}  # fmt: skip


class Forge:
    """Tokens of one algorithm's name, truly signed by its key."""

    def __init__(self, name: str, signer: LocalSigner) -> None:
        self.name, self.signer, self.key = name, signer, signer.public_key
        self.header = {"alg": name, "kid": self.key.kid}

    def sign(self, header: bytes | dict, payload: bytes | dict = GOOD, *, raw: bool = False) -> str:
        head, body = (part if isinstance(part, bytes) else json.dumps(part).encode() for part in (header, payload))
        signing_input = b64url_encode(head) + b"." + (body if raw else b64url_encode(body))
        return (signing_input + b"." + b64url_encode(self.signer.sign(signing_input))).decode("latin-1")

    def with_header(self, **members: object) -> str:
        return self.sign({**self.header, **members})

    def without(self, *names: str) -> dict:
        return {name: value for name, value in self.header.items() if name not in names}


def valid(forge: Forge) -> Iterator[Case]:
    yield Case("valid", forge.sign(forge.header))
    yield Case("valid, as bytes", forge.sign(forge.header).encode())
    yield Case("valid, without kid", forge.sign(forge.without("kid")))
    yield Case("valid, spaced", forge.sign(json.dumps(forge.header, indent=2).encode() + b"\r\n\t ", b" {\n}  "))
    yield Case(
        "valid, spaced", forge.sign(json.dumps(forge.header, indent=2).encode(), json.dumps(GOOD, indent=1).encode())
    )
    yield Case("valid, detached of nothing", forge.sign(forge.header, b""))
    escaped = "".join(f"\\u{ord(letter):04x}" for letter in "alg")
    yield Case("valid, escaped", forge.sign(f'{{"{escaped}":"{forge.name}","kid":"{forge.key.kid}"}}'.encode()))
    for size in (1, 100, 3_000, 40_000):
        yield Case("valid, larger", forge.with_header(pad="x" * size))
        yield Case("valid, larger", forge.sign(forge.header, {**GOOD, "pad": "x" * size}))
    for member in ("x", "zip", "enc", "iss", "exp", "", "ALG", "épreuve", "\N{SNOWMAN}"):
        for value in ("x", 1, 1.5, None, True, [], {"a": [1]}):
            yield Case("valid, further member", forge.with_header(**{member: value}))


def headers(forge: Forge) -> Iterator[Case]:  # noqa: C901 - a list
    for alg in (*BY_NAME, "none", "None", "HS256", "HS512", "Ed448", "ES256 ", "es256", "", "RSA", "RS1"):
        yield Case("alg swapped", forge.with_header(alg=alg))
    for alg in (None, 1, True, [], [forge.name], {}):
        yield Case("alg of another type", forge.with_header(alg=alg))
    yield Case("alg absent", forge.sign(forge.without("alg")))
    for kid in ("", "x", forge.key.kid + "x", forge.key.kid.swapcase(), None, 1, [], [forge.key.kid], {}):
        yield Case("kid of another", forge.with_header(kid=kid))

    for name in ("kid", "typ", "cty", "x5t", "x5t#S256", "jku", "x5u", "x5c", "jwk"):
        for value in (None, 1, True, [], ["a", 1], {}, "", "x", "http://a.example", ["x"], "ftp://a", "javascript:x"):
            sort = {"typ": "typ", "x5c": "x5c spoilt", "jku": "uri", "x5u": "uri"}.get(name, "member of another type")
            yield Case(sort, forge.with_header(**{name: value}))
    good_jwk = forge.key.to_jwk()
    yield Case("jwk embedded", forge.with_header(jwk=good_jwk))
    yield Case("jwk private", forge.with_header(jwk={**good_jwk, "d": "AA"}))
    yield Case("jwk private", forge.with_header(jwk={"kty": "oct", "k": "AA"}))
    for chain in (["!"], ["AA=A"], ["é"], ["AA"], ["AAAA\n"], [""], ["AA-_"]):
        yield Case("x5c spoilt", forge.with_header(x5c=chain))
    yield Case("x5c of any bytes", forge.with_header(x5c=["AAAA", "AAA="]))

    yield Case("crit empty", forge.with_header(crit=[]))
    for name in ("alg", "kid", "crit", "typ", "x5c"):
        yield Case("crit of RFC 7515", forge.with_header(crit=[name], typ="JWT"))
    yield Case("crit doubled", forge.with_header(crit=["b64", "b64"], b64=True))
    for crit in (["x"], ["exp"], ["b64"], ["b64", "x"], ["alg", "x"], [""], [1], [None], [["b64"]], [{}], [True]):
        yield Case("crit absent or unknown", forge.with_header(crit=crit))
        yield Case("crit absent or unknown", forge.with_header(crit=[*crit, "exp"], exp=1, x=1))
    for crit in (None, 1, True, "b64", "", {}, {"b64": 1}, 1.5):
        yield Case("crit of another type", forge.with_header(crit=crit, b64=True))
    yield Case("crit b64 true", forge.with_header(crit=["b64"], b64=True))
    yield Case("b64 true, not critical", forge.with_header(b64=True))
    for b64 in (False, None, 0, 1, "false", "true", [], {}):
        yield Case("b64 not critical", forge.with_header(b64=b64))
        if b64 is not False:
            yield Case("b64 of another type", forge.with_header(b64=b64, crit=["b64"]))
    unencoded = {**forge.header, "b64": False, "crit": ["b64"]}
    for payload in (b'{"exp":4000000000}', b"", b"payload", b"a b~", b"\x01", b"\xff", b"a\n", "é".encode(), b"a\x00b"):
        yield Case("b64 false", forge.sign(unencoded, payload, raw=True).encode("latin-1"))
    yield Case("unencoded payload with periods", forge.sign(unencoded, b"a.b", raw=True))
    yield Case("encoded payload under b64 false", forge.sign(unencoded, b"payload"))


def header_texts(forge: Forge) -> Iterator[Case]:
    alg, kid = f'"alg":"{forge.name}"', f'"kid":"{forge.key.kid}"'
    text = f"{{{alg},{kid}}}"
    for again in (
        alg,
        '"alg":"none"',
        '"alg":"HS256"',
        kid,
        '"kid":"x"',
        '"\\u0061lg":"ES256"',
        '"x":1,"x":2',
        '"x":{"y":1,"y":1}',
    ):
        yield Case("header twice", forge.sign(f"{{{again},{alg},{kid}}}".encode()))
        yield Case("header twice", forge.sign(f"{{{alg},{kid},{again}}}".encode()))
    for value in spoilt_json():
        yield Case(f"header json: {value[:12]!r}", forge.sign(f"{{{alg},{kid},".encode() + b'"x":' + value + b"}"))
    for encoded in (
        b"\xef\xbb\xbf" + text.encode(), text.encode("utf-16"), text.encode("utf-16-le"), text.encode("utf-32"),
        text.encode() + b"\0", text.encode() + b"x", text.encode() + text.encode(), b"\x0b" + text.encode(),
        text.encode()[:-1], text.replace('"', "'").encode(), text[:-1].encode() + b",}", b"/**/" + text.encode(),
        b"[" + text.encode() + b"]", b'["alg"]', b'"alg"', b"1", b"null", b"true", b"[]", b"{}", b" ", b"[" * 100_000,
    ):  # fmt: skip
        yield Case(f"header json: {encoded[:12]!r}", forge.sign(encoded))


def spoilt_json() -> Iterator[bytes]:
    """What some parsers take for a JSON value."""
    yield from (
        b"NaN", b"Infinity", b"-Infinity", b"nan", b"1e999", b"-1e999", b"01", b"+1", b".5", b"1.", b"0x1", b"1_0",
        b'"\\ud800"', b'"\\udc00\\ud800"', b'{"\\ud800":1}', b'"\xed\xa0\x80"', b'"\xff"', b'"\xc0\xaf"', b'"\x01"',
        b'"a\nb"', b'"\\x41"', b'"\\u12"', b"True", b"'a'", b"[1,]", b"{,}", b"[1 2]", b'{"a"}', b"{a:1}", b"undefined",
        b"", b"//\n1", b"9" * 5_000, b"[" * 300 + b"]" * 300, b'{"a":' * 300 + b"1" + b"}" * 300,
        b"[" * 100_000 + b"]" * 100_000,
    )  # fmt: skip
    # and these are JSON
    yield from (
        b"1e308", b"-0", b"1E+2", b'"\\ud83d\\ude00"', '"\N{GRINNING FACE}"'.encode(), b'"\\u0000"', b'"\x7f"',
        b"9" * 400,
    )  # fmt: skip


def forms(forge: Forge) -> Iterator[Case]:
    token = forge.sign(forge.header)
    parts = token.split(".")
    for index in range(3):
        part = parts[index]
        bits = ALPHABET[ALPHABET.index(part[-1]) ^ 1]
        for changed in (
            "", part + "=", part + "==", part + "=" * (-len(part) % 4), part + "A", part + "AA", part + "AAAA",
            part[:-1], part[:-2], part[:-3], part[1:], part[:-1] + bits, part + "\n", part + " ", " " + part,
            "\t" + part, part + "\0", part[:5] + "\n" + part[5:], part[:5] + "=" + part[5:], part[:5] + "+" + part[6:],
            part[:5] + "/" + part[6:], part[:5] + "é" + part[6:], part[:5] + "%41" + part[6:],
            part[:5] + "\u212a" + part[6:], part.swapcase(), part + part, b64url_encode(part.encode()).decode(), "A",
            "AB", "AAB", "\ufeff" + part, part + "\r\n", part[::-1],
        ):  # fmt: skip
            yield Case(f"form of part {index}", ".".join([*parts[:index], changed, *parts[index + 1 :]]))
    for changed in (
        "", ".", "..", "...", parts[0], ".".join(parts[:2]), token + ".", "." + token, token + "." + parts[2],
        token + ".x", ".".join(reversed(parts)), ".".join((parts[0], parts[2], parts[1])), token + token,
        '"' + token + '"', "Bearer " + token, token.replace(".", ".."), token.replace(".", " . "),
        token.replace(".", "\uff0e"), " ".join(parts), token + " ", "\n" + token, "\ufeff" + token, token + "\0",
        token.upper(), token.encode("utf-16"), token.encode("utf-8-sig"),
        json.dumps({"protected": parts[0], "payload": parts[1], "signature": parts[2]}), "\ud800",
        token[:-1] + "\ud800",
    ):  # fmt: skip
        yield Case("form", changed)


def signatures(forge: Forge) -> Iterator[Case]:
    row, key = forge.key.algorithm, forge.key
    head, body, encoded = forge.sign(forge.header).split(".")
    signature = b64url_decode(encoded.encode())
    size = len(signature)
    spoilt = [
        signature + b"\0", b"\0" + signature, signature[:-1], signature[1:], bytes(size), b"\xff" * size,
        signature[::-1], signature + signature, signature[: size // 2], b"\0", forge.signer.sign(b"another"),
        forge.signer.sign(body.encode()), forge.signer.sign(f"{head}.{body}.".encode()),
        forge.signer.sign(b64url_decode(body.encode())),
    ]  # fmt: skip
    if row.family is Family.ECDSA:
        half = size // 2
        r, s = signature[:half], signature[half:]
        order = ORDERS[key.material.curve.name]
        for number in (0, 1, order, order + 1, 256**half - 1):
            other = number.to_bytes(half)
            spoilt += [r + other, other + s, other + other]
        der = raw_to_der(signature, row)
        spoilt += [
            s + r,
            der,
            der.rjust(size, b"\0")[:size],
            b"\0" + r + b"\0" + s,
            r.lstrip(b"\0") + b"\0" + s,
            der + b"\0",
        ]
        mirrored = r + (order - int.from_bytes(s)).to_bytes(half)
        yield Case("valid, of the other half", f"{head}.{body}.{b64url_encode(mirrored).decode()}")
    for changed in spoilt:
        yield Case("signature spoilt", f"{head}.{body}.{b64url_encode(changed).decode()}")
    for secret in (key.to_pem().encode(), key.spki, key.kid.encode(), b"", json.dumps(key.to_jwk()).encode()):
        for alg in ("HS256", "HS512", forge.name):
            signing_input = b64url_encode(json.dumps({**forge.header, "alg": alg}).encode()) + b"." + body.encode()
            mac = hmac.digest(secret, signing_input, "sha512" if alg == "HS512" else "sha256")
            yield Case("mac keyed by the public key", (signing_input + b"." + b64url_encode(mac)).decode())


#: The orders of the curves' groups (FIPS 186-5, SEC 2).
ORDERS = {
    "secp256r1": 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    "secp384r1": 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973,
    "secp521r1": int("1" + "F" * 65 + "A51868783BF2F966B7FCC0148F709A5D03BB5C9B8899C47AEBB6FB71E91386409", 16),
    "secp256k1": 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141,
}


def chances(forge: Forge, dice: random.Random) -> Iterator[Case]:
    token = forge.sign(forge.header)
    for _ in range(60):
        at, letter = dice.randrange(len(token)), dice.choice(ALPHABET)
        if token[at] != letter:
            yield Case("chance: a character changed", token[:at] + letter + token[at + 1 :])
        yield Case("chance: a character left out", token[:at] + token[at + 1 :])
        yield Case("chance: a character put in", token[:at] + letter + token[at:])
        yield Case("chance: cut", token[:at])
        data = bytearray(token.encode())
        data[at] ^= 1 << dice.randrange(8)
        yield Case("chance: a bit flipped", bytes(data))


def claims(forge: Forge) -> Iterator[Case]:  # noqa: PLR0912, C901 - a list
    def case(name: str, changed: dict | bytes, **arguments: object) -> Case:
        payload = changed if isinstance(changed, bytes) else {**GOOD, **changed}
        return Case(name, forge.sign(forge.header, payload), arguments)

    wrong = (None, True, False, "", "x", str(T), [], [T], ["a"], {}, {"a": 1})
    for name in ("exp", "nbf", "iat"):
        for offset in (-1e9, -61, -60, -30.5, -30, -29, -2, -1, -0.5, 0, 0.5, 1, 2, 29, 30, 30.5, 31, 60, 1e9):
            for leeway in (0, 1, 30):
                yield case("date", {name: T + offset}, leeway=leeway)
        for value in (*wrong, 0, -1, -0.0, 1e15, 2**53, 2**63 - 1, 2**63):
            yield case("date", {name: value})
        for value in (2**64, -(2**64), 10**400, -(10**400), 1e19, 1e308, -1e308):
            yield case("date beyond", {name: value})
    for name in ("iss", "sub", "jti"):
        for value in (*wrong, 1, 1.5):
            yield case("string claim", {name: value})
    without = {name: value for name, value in GOOD.items() if name != "exp"}
    yield case("exp absent", json.dumps(without).encode())
    yield case("exp absent", json.dumps(without).encode(), require=())

    for accepted in (
        "https://issuer.example",
        ["https://issuer.example"],
        ["x", "https://issuer.example"],
        "x",
        ["x"],
        "https",
        "",
    ):
        yield case("iss", {}, issuer=accepted)
        for value in (None, 1, "", "https://issuer.example/", "HTTPS://issuer.example", ["https://issuer.example"], {}):
            asked = value == accepted == ""
            yield case("iss empty, asked for" if asked else "iss", {"iss": value}, issuer=accepted)
    yield case("iss absent", b'{"exp":4000000000}', issuer="https://issuer.example")
    for aud in ("me", ["me"], ["other", "me"], "other", ["other"], [], "", [""], ["me", "me"], "ME", ["m", "e"]):
        yield case("aud unasked", {"aud": aud})
        for accepted in ("me", ["me"], ["x", "me"]):
            yield case("aud", {"aud": aud}, audience=accepted)
    for aud in (None, 1, True, {}, {"me": 1}, [1], ["me", 1], ["me", None], [["me"]], [{}]):
        yield case("aud of another type", {"aud": aud}, audience="me")
        yield case("aud of another type", {"aud": aud})
    yield case("aud absent", {}, audience="me")

    for again in (
        b'"exp":1',
        b'"exp":4000000000',
        b'"iss":"x"',
        b'"x":1,"x":1',
        b'"x":{"y":1,"y":2}',
        b'"\\u0065xp":1',
    ):
        yield case("claims twice", b'{"iss":"i","exp":4000000000,' + again + b"}")
        yield case("claims twice", b"{" + again + b',"iss":"i","exp":4000000000}')
    for value in spoilt_json():
        yield case(f"claims json: {value[:12]!r}", b'{"exp":4000000000,"x":' + value + b"}")
    text = '{"exp":4000000000}'
    for payload in (
        b"", b"[]", b"1", b"null", b'"a"', b"[" + text.encode() + b"]", text.encode()[:-1], text.encode() + b"x",
        text.encode() * 2, b"\xef\xbb\xbf" + text.encode(), text.encode("utf-16"), text.encode("utf-32-be"),
        b" " + text.encode(), b'{"exp":NaN}', b'{"exp":Infinity}', b'{"exp":1e999}', b"\xff",
        forge.sign(forge.header).encode(),
    ):  # fmt: skip
        yield case(f"claims json: {payload[:12]!r}", payload)
    for typ in ("JWT", "jwt", "application/jwt", "at+jwt", "vc+jwt", "JOSE", "", "jwt "):
        for asked in (None, "at+jwt"):
            yield Case("typ", forge.sign({**forge.header, "typ": typ}), {"typ": asked})
    yield Case("typ", forge.sign(forge.header), {"typ": "at+jwt"})


def sizes(forge: Forge) -> Iterator[Case]:
    yield Case("size over a JWT's", forge.sign(forge.header, {**GOOD, "pad": "x" * (1 << 20)}))
    yield Case("header over the limit", forge.with_header(pad="x" * 65_536))
    yield Case("signature over the limit", forge.sign(forge.header) + "A" * 20_000)


def ours(case: Case, key, *, as_jwt: bool) -> str | None:
    arguments = dict(case.arguments)
    arguments["leeway"] = timedelta(seconds=arguments.get("leeway", 0))
    try:
        if as_jwt:
            jwt.verify(case.token, KeySet([key]), now=NOW, **arguments)
        else:
            jws.verify(case.token, KeySet([key]))
    except KmsJoseError as error:
        assert isinstance(error, VerificationError)
        return error.code
    return None


def theirs(case: Case, key, *, as_jwt: bool) -> str | None:
    """The name of joserfc's error, or None; what escapes from under it counts as refusing too."""
    keys = JoserfcKeySet([verifying_key(key)])
    asked = case.arguments
    options: dict = {name: {"essential": True} for name in asked.get("require", ("exp",))}
    for name, argument in (("iss", "issuer"), ("aud", "audience")):
        if (accepted := asked.get(argument)) is not None:
            options[name] = {"essential": True, "values": [accepted] if isinstance(accepted, str) else accepted}
    try:
        if as_jwt:
            token = joserfc_jwt.decode(case.token, keys, registry=registry())
            joserfc_jwt.JWTClaimsRegistry(now=T, leeway=asked.get("leeway", 0), **options).validate(token.claims)
        else:
            joserfc_jws.deserialize_compact(case.token, keys, registry=registry())
    except Exception as error:  # noqa: BLE001 - TypeError, KeyError, AttributeError, RecursionError and others escape
        return type(error).__name__
    return None


@dataclass(frozen=True)
class Verdict:
    """Both verdicts on one case: None accepts."""

    alg: str
    form: str
    case: Case
    ours: str | None
    theirs: str | None

    @property
    def differ(self) -> bool:
        return (self.ours is None) != (self.theirs is None)

    @property
    def explanation(self) -> str | None:
        for name, difference in EXPLAINED.items():
            if difference.covers(self.case, self.ours):
                return name
        return None


def judge(forge: Forge, case: Case, *, as_jwt: bool) -> Verdict:
    both = (ours(case, forge.key, as_jwt=as_jwt), theirs(case, forge.key, as_jwt=as_jwt))
    return Verdict(forge.name, "JWT" if as_jwt else "JWS", case, *both)


@pytest.fixture(scope="module")
def verdicts(signers) -> list[Verdict]:
    result = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # joserfc on EdDSA
        for name, row in BY_NAME.items():
            forge = Forge(name, signers[row.name])
            dice = random.Random(name)
            makers = [valid, headers, header_texts, forms, signatures, partial(chances, dice=dice), sizes]
            for case in (case for make in makers for case in make(forge)):
                result += [judge(forge, case, as_jwt=False), judge(forge, case, as_jwt=True)]
            result += [judge(forge, case, as_jwt=True) for case in claims(forge)]
    return result


def told(verdicts: list[Verdict]) -> str:
    return "\n".join(
        f"{v.alg} as {v.form}: {v.case.name}: ours {v.ours}, joserfc's {v.theirs}: {v.case.token[:90]!r}"
        for v in verdicts
    )


def test_every_difference_is_explained(verdicts):
    unexplained = [verdict for verdict in verdicts if verdict.differ and verdict.explanation is None]
    assert not unexplained, told(unexplained[:20])


def test_whatever_joserfc_refuses_we_refuse_but_for_what_is_explained(verdicts):
    accepted = [verdict for verdict in verdicts if verdict.ours is None and verdict.theirs is not None]
    assert not [v for v in accepted if v.explanation is None or EXPLAINED[v.explanation].code is not None], told(
        accepted
    )


def test_every_explanation_is_needed(verdicts):
    assert {verdict.explanation for verdict in verdicts if verdict.differ} == EXPLAINED.keys()


def test_valid_tokens_are_accepted_by_both(verdicts):
    good = [v for v in verdicts if v.case.name.startswith("valid") and v.form == "JWS"]
    assert not [v for v in good if (v.ours, v.theirs) != (None, None)], told(good)
    assert {v.alg for v in good} == BY_NAME.keys()


def test_the_counts(verdicts):
    """No assertion about the numbers but that they are many: this is the table to paste."""
    agree = [verdict for verdict in verdicts if not verdict.differ]
    accepted = sum(verdict.ours is None for verdict in agree)
    classes = Counter(verdict.explanation for verdict in verdicts if verdict.differ)
    lines = [
        f"tokens {len({(v.alg, v.case.token) for v in verdicts})}, verdicts compared {len(verdicts)}",
        f"agree {len(agree)}: both accept {accepted}, both refuse {len(agree) - accepted}",
        f"differ {sum(classes.values())}, all explained:",
        *(f"{count:6}  {name}: {EXPLAINED[name].reason}" for name, count in classes.most_common() if name),
    ]
    sys.stdout.write("\n".join(lines) + "\n")
    assert len(verdicts) > 5_000
