"""`kmsjose inspect`: it shows, hides what is private, and never says that anything is valid."""

from __future__ import annotations

import json
import re
import time

import pytest
from cryptography.hazmat.primitives import serialization
from hypothesis import given
from hypothesis import strategies as st

from kmsjose import KeySet, jws, jwt
from kmsjose.cli.inspect import _read
from kmsjose.encoding import b64url_encode

UNVERIFIED = "Nothing was verified: anyone can have written this."


@pytest.fixture
def inspect(run):
    """What a person is shown."""

    def show(data, *arguments):
        shown = run("inspect", *arguments, stdin=data).ok()
        assert shown.stderr == ""
        assert not re.search(r"\bvalid\b", shown.text)
        assert "verified" not in shown.text.replace("not verified", "").replace(UNVERIFIED, "").replace(
            '"verified": false', ""
        )
        return shown

    return show


def part(value):
    return b64url_encode(value if isinstance(value, bytes) else json.dumps(value).encode()).decode()


def token_of(header, claims, signature=bytes(64)):
    return f"{part(header)}.{part(claims)}.{part(signature)}"


def odd(shown):
    return shown.text.partition("\nodd\n")[2].partition(f"\n{UNVERIFIED}")[0]


def test_a_token_is_shown_for_a_person(inspect, signers):
    now = int(time.time())
    claims = {"iss": "https://issuer.example", "nested": {"a": [1]}, "exp": now + 3600}
    shown = inspect(jwt.sign(claims, signers["ES256"]))
    lines = shown.text.splitlines()
    assert lines[0] == "JWT, compact – not verified"
    assert lines[-1] == UNVERIFIED
    assert re.search(r'^  alg  "ES256"$', shown.text, re.MULTILINE)
    assert re.search(r'^  iss     "https://issuer.example"$', shown.text, re.MULTILINE)
    assert re.search(r"^  iat     \d+  \(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ, \d+ s ago\)$", shown.text, re.MULTILINE)
    assert re.search(r"^  exp     \d+  \(.*, in (60 min|1 h)\)$", shown.text, re.MULTILINE)
    assert odd(shown) == ""


def test_a_token_is_shown_for_a_machine(inspect, signers):
    shown = inspect(jwt.sign({"sub": "alice", "exp": 1}, signers["EdDSA"]), "--json").json
    assert shown["kind"] == "JWT, compact"
    assert shown["verified"] is False
    assert shown["claims"]["sub"] == "alice"
    assert shown["times"]["exp"].startswith("1970-01-01T00:00:01Z, ")
    assert shown["signature"] == "64 bytes"
    assert any("expired" in note for note in shown["odd"])


@pytest.mark.parametrize("header, told", [
    ({"alg": "none"}, "the token is unsecured"),
    ({"alg": "XS256"}, "alg is not one that is known here"),
    ({"alg": "HS256"}, "HMAC is never accepted"),
    ({}, "has no alg"),
    ({"alg": "ES256", "crit": ["x"], "x": 1}, "crit names the extension 'x'"),
    ({"alg": "ES256", "jku": "https://mallory.example"}, "jku: it says where to fetch its key"),
    ({"alg": "ES256", "jwk": {"kty": "EC"}}, "jwk: it brings its own key"),
    ({"alg": "ES256"}, "it names no kid"),
    ({"alg": "ES256", "kid": 7}, "kid has a value of the wrong type"),
    ({"alg": "ES384", "kid": "a"}, "it has 64 bytes, and one by ES384 has 96"),
    ({"alg": "RS256", "kid": "a"}, "64 bytes are too few for an RSA key"),
    (b'{"alg":"ES256","alg":"ES384"}', "the member 'alg' stands more than once"),
])  # fmt: skip
def test_what_is_odd_about_a_header(inspect, header, told):
    assert told in odd(inspect(token_of(header, {"exp": 4102444800})))


@pytest.mark.parametrize("claims, told", [
    ({}, "exp: there is none"),
    ({"exp": 1}, "exp: it expired"),
    ({"exp": 4102444800, "nbf": 4102444700}, "nbf: it is good only in"),
    ({"exp": 4102444800, "iat": 4102444700}, "iat: it was issued in the future"),
    ({"exp": 10, "iat": 20}, "exp: it lies before iat"),
    ({"exp": "soon"}, "exp is not a NumericDate"),
    ({"exp": 1e300}, "exp: "),
    (b'{"exp": 1, "exp": 2}', "the member 'exp' stands more than once"),
    (b'{"exp": NaN}', "NaN is not JSON"),
    (b'{"exp": 1e999}', "1e999 is not JSON"),
])  # fmt: skip
def test_what_is_odd_about_claims(run, claims, told):
    token = token_of({"alg": "ES256", "kid": "a"}, claims)
    if told == "exp: ":
        run("inspect", stdin=token).ok()
    else:
        assert told in odd(run("inspect", stdin=token).ok())


def test_a_der_signature_is_named_for_what_it_is(inspect, private_keys):
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    der = private_keys["ES256"].sign(b"", ec.ECDSA(hashes.SHA256()))
    assert "signature: it is DER" in odd(inspect(token_of({"alg": "ES256", "kid": "a"}, {"exp": 4102444800}, der)))


@pytest.mark.parametrize("change, told", [
    (lambda token: f"Bearer {token}", "'Bearer'"),
    (lambda token: f"  {token}", "whitespace around"),
    (lambda token: token.replace(".", ". ", 1), "payload: there is whitespace in it"),
    (lambda token: token + "==", "signature: it is padded"),
    (lambda token: token.rpartition(".")[0], "it has 2 parts"),
    (lambda token: token.split(".")[0], "it has 1 part "),
    (lambda token: token[:-1] + "B", "unused bits"),
    (lambda token: token[:-1] + "!", "signature: it is not base64url"),
    (lambda token: token[: -len("A" * 86)], "signature: it is empty"),
    (lambda token: "%" + token, "header: it is not base64url"),
    (lambda token: token + ".AAAA", "it has 4 parts"),
    (lambda token: token + ".AAAA.AAAA", "encrypted JWE"),
])  # fmt: skip
def test_what_is_malformed_is_shown_as_far_as_it_can_be_read(run, change, told):
    token = token_of({"alg": "ES256", "kid": "a"}, {"sub": "alice", "exp": 4102444800})
    shown = run("inspect", stdin=change(token)).ok()
    assert told in odd(shown)
    assert "ES256" in shown.text or "alice" in shown.text


@pytest.mark.parametrize("data", ["nonsense", "a.b.c", "....", "{}", "[]", "{", "\x00\x01", "-----BEGIN NONSENSE-----"])
def test_what_cannot_be_read_at_all(run, data):
    run("inspect", stdin=data).refused(1, "malformed")


def test_an_empty_input(run):
    run("inspect").refused(2, "empty-input")


def test_content_that_is_no_json(inspect, signers):
    assert "  hello" in inspect(jws.sign(b"hello", signers["ES256"])).text.splitlines()
    assert "(3 bytes, not text)" in inspect(jws.sign(b"\xff\xfe\xfd", signers["ES256"])).text
    assert "(empty, or detached)" in inspect(jws.sign(b"hello", signers["ES256"], detached=True)).text


def test_the_json_forms(inspect, signers):
    both = [signers["ES256"], signers["EdDSA"]]
    shown = inspect(json.dumps(jws.sign_json(b"hello", both)))
    assert shown.text.startswith("JWS, general, 2 signatures – not verified")
    assert '"alg": "EdDSA"' in shown.text
    flattened = jws.sign_json(b"hello", both[:1], form="flattened", detached=True)
    assert "(detached)" in inspect(json.dumps(flattened)).text
    broken = {**flattened, "protected": part({"alg": "none"}), "header": {"kid": "b"}, "signature": 7}
    assert "the token is unsecured" in odd(inspect(json.dumps(broken)))
    for message in (
        {"signatures": 7},
        {"signatures": [7, {}], "payload": 7},
        {"protected": 7},
        {"header": 7, "signature": ""},
    ):
        inspect(json.dumps(message))


def test_keys_are_described(inspect, signers):
    key = signers["ES256"].public_key
    shown = inspect(json.dumps(key.to_jwk()))
    assert shown.text.startswith("JWK – not verified")
    assert key.kid in shown.text
    renamed = {**key.to_jwk(), "kid": "mine"}
    assert "not its RFC 7638 thumbprint" in odd(inspect(json.dumps(renamed)))
    pem = inspect(key.to_pem())
    assert pem.text.startswith("PEM public key – not verified")
    assert key.thumbprint() in pem.text
    assert "PS512" in inspect(signers["PS256"].public_key.to_pem()).text


def test_a_set_of_keys_is_described(inspect, published, signers):
    assert inspect(json.dumps(published.to_jwks())).text.startswith(f"JWK Set, {len(published)} keys – not verified")
    own = signers["ES256"].public_key.to_jwk()
    same = KeySet([signers["ES256"].public_key]).to_jwks()["keys"]
    told = odd(inspect(json.dumps({"keys": [own, *same, 7, {"kty": "XX"}, {"kty": "oct", "k": "c2VjcmV0"}]})))
    assert "stands more than once" in told
    assert "key 3: it is not a JSON object" in told
    assert "key 4: the JWK's kty or crv" in told
    assert "key 5: it is a symmetric key" in told
    assert "c2VjcmV0" not in told
    assert "keys: it is not a list" in odd(inspect('{"keys": 7}'))


def test_a_certificate_is_described(inspect, private_keys):
    from datetime import UTC, datetime

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.x509.oid import NameOID

    key = private_keys["ES256"]
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "the issuer\x1b")])
    begins, ends = datetime(2024, 1, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC)
    certificate = x509.CertificateBuilder(name, name, key.public_key(), 7, begins, ends).sign(key, hashes.SHA256())
    shown = inspect(certificate.public_bytes(serialization.Encoding.PEM))
    assert "PEM certificate" in shown.text
    assert "CN=the issuer" in shown.text
    assert "\x1b" not in shown.text
    assert "2025-01-01T00:00:00+00:00" in shown.text


def test_what_is_private_is_never_shown(inspect, private_keys, signers):
    numbers = private_keys["ES256"].private_numbers()
    secret = b64url_encode(numbers.private_value.to_bytes(32)).decode()
    jwk = {**signers["ES256"].public_key.to_jwk(), "d": secret}
    pem = private_keys["ES256"].private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    for data in (
        json.dumps(jwk),
        json.dumps({"keys": [jwk]}),
        pem,
        token_of({"alg": "ES256", "kid": "a", "jwk": jwk}, {"exp": 4102444800, "cnf": {"jwk": jwk}}),
        json.dumps({"payload": "", "protected": part({"jwk": jwk}), "header": {"jwk": jwk}, "signature": "AAAA"}),
    ):
        for arguments in ([], ["--json"]):
            shown = inspect(data, *arguments).text
            assert secret not in shown
            assert "private" in shown
    assert pem.decode().splitlines()[1] not in inspect(pem).text


def test_nothing_shown_can_steer_the_terminal(inspect):
    evil = "\x1b]0;owned\x07\x9b31m\u202e[bold]"
    token = token_of({"alg": "ES256", "kid": evil, evil: evil}, {evil: {evil: evil}, "exp": 4102444800})
    shown = inspect(token).text
    assert all(c.isprintable() or c == "\n" for c in shown)
    assert "[bold]" in shown
    assert inspect(token, "--json").json["header"]["kid"] == evil
    inspect(jws_of(evil.encode()))


def jws_of(content):
    return f"{part({'alg': 'ES256', 'kid': 'a'})}.{part(content)}.{part(bytes(64))}"


def test_depth_is_no_trouble(run):
    for depth in (200, 600, 5000, 200_000):
        deep = b'{"a":' * depth + b"1" + b"}" * depth
        run("inspect", stdin=jws_of(deep)).ok()
        assert run("inspect", stdin=deep).status == 1


@given(st.one_of(st.binary(), st.text(alphabet='eyJ.-_{}":,[]= \n019a').map(str.encode)))
def test_any_bytes_are_read_without_a_fault(data):
    _read(data, 0.0)


NAMES = [
    "alg", "kid", "crit", "jwk", "x5c", "b64", "exp", "iat", "keys", "kty", "d", "x",
    "signatures", "payload", "protected", "header", "signature",
]  # fmt: skip
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()


def containers(inner):
    return st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4)


@given(st.dictionaries(st.sampled_from(NAMES), st.recursive(LEAVES, containers, max_leaves=5)))
def test_any_json_is_read_without_a_fault(value):
    _read(json.dumps(value).encode(), 0.0)
    _read(token_of(value, value).encode(), 0.0)


def test_a_did_document_is_shown_with_its_keys(inspect, signers):
    key = signers["ES256"].public_key
    method = {"id": "did:web:issuer.example#1", "type": "JsonWebKey", "publicKeyJwk": {**key.to_jwk(), "d": "c2VjcmV0"}}
    document = {"id": "did:web:issuer.example", "verificationMethod": [method, {"id": "#2"}], "authentication": ["#1"]}
    shown = inspect(json.dumps(document))
    assert shown.text.startswith("DID document, 2 keys – not verified")
    assert key.thumbprint() in shown.text
    assert "did:web:issuer.example" in shown.text
    assert "c2VjcmV0" not in shown.text
    assert "key 2: it has no publicKeyJwk" in odd(shown)
    assert "verificationMethod: it is not a list" in odd(inspect('{"verificationMethod": 7}'))


@pytest.mark.parametrize("data, told", [
    ('{"a": 1}', "it is JSON, but none of JWS, JWK, JWK Set and DID document"),
    ('[{"kty": "EC"}]', "it is JSON, but none of"),
    ('{"kty": "EC"', "JSON: it is not JSON"),
    ("nothing", "a token, message, key or PEM"),
])  # fmt: skip
def test_of_what_cannot_be_read_it_is_told_what_it_is(run, data, told):
    assert told in run("inspect", stdin=data).refused(1, "malformed").stderr
