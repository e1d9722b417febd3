"""Malformed documents that a good key truly signed: only our errors may escape."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmsjose.credentials import vc
from kmsjose.credentials.securing import kind_of
from kmsjose.encoding import b64url_encode
from kmsjose.errors import InputError, VerificationError

from .conftest import NOW, V1, V2

ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
DATES = st.sampled_from([
    "2026-01-01T00:00:00Z", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2026-01-01T23:59:60Z",
    "2026-01-01T24:00:00Z", "2026-01-01T00:00:00.0000000000000000001Z", "0000-00-00T00:00:00Z",
    "2026-01-01T00:00:00+99:99",
])  # fmt: skip
PARTY = st.sampled_from(["https://a.example", "did:web:a.example", "did:", "a:", ":", "did:jwk:e30"])
ID = st.sampled_from(["urn:a:b", "did:example:alice"])
#: Each member mostly sound, so that the next check is reached, and sometimes anything.
DOCUMENTS = st.fixed_dictionaries(
    {
        "@context": st.sampled_from([V1, V2, [V1], [V2], [V2, {}]]) | ANY,
        "type": st.sampled_from(["VerifiableCredential", ["VerifiableCredential", "VerifiablePresentation"]]) | ANY,
        "credentialSubject": st.fixed_dictionaries({"a": ANY}, optional={"id": ID | ANY}) | ANY,
        "issuer": PARTY | st.fixed_dictionaries({"id": PARTY | ANY}) | ANY,
    },
    optional={
        "id": ID | ANY,
        "holder": PARTY | ANY,
        "issuanceDate": DATES | ANY,
        "expirationDate": DATES | ANY,
        "validFrom": DATES | ANY,
        "validUntil": DATES | ANY,
        "verifiableCredential": ANY | st.lists(st.fixed_dictionaries({"type": ANY, "id": ANY}), max_size=2),
    },
)
NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from([2**63, 10**400, 1e308])
CLAIMS = {
    "iss": PARTY | ANY,
    "sub": ID | ANY,
    "jti": ID | ANY,
    "aud": st.just("me") | ANY,
    "nonce": st.just("n") | ANY,
    "exp": NUMBERS | ANY,
    "nbf": NUMBERS | ANY,
    "iat": NUMBERS | ANY,
}
TYPS = st.sampled_from([None, "JWT", "vc+jwt", "vp+jwt"])


CALLS = [
    (vc.verify, {}),
    (vc.verify, {"issuer": ["https://a.example"]}),
    (vc.verify_presentation, {}),
    (vc.verify_presentation, {"audience": ["me"], "nonce": "n"}),
]


def judge(token, keys) -> None:
    """Each verifier returns something sound, or raises our error in one short line."""
    for verify, arguments in CALLS:
        try:
            result = verify(token, keys, now=NOW, leeway=timedelta(seconds=1), **arguments)
            assert isinstance(result.document, dict)
            vc.credentials_of(result)
        except VerificationError as error:
            assert len(error.message) < 200
            assert "\n" not in error.message


class TestOnlyOurErrors:
    @given(document=DOCUMENTS, more=st.fixed_dictionaries({}, optional=CLAIMS), typ=TYPS)
    def test_a_document_as_the_payload(self, forge, keys, document, more, typ):
        judge(forge(document | more, typ), keys)

    @given(
        document=DOCUMENTS | ANY,
        claims=st.fixed_dictionaries({}, optional=CLAIMS),
        name=st.sampled_from(["vc", "vp"]),
        typ=TYPS,
    )
    def test_a_document_as_a_claim(self, forge, keys, document, claims, name, typ):
        judge(forge(claims | {name: document}, typ), keys)

    @given(document=DOCUMENTS, audience=st.none() | st.just("me"), nonce=st.none() | st.just("n"))
    def test_a_document_to_issue(self, es256, keys, document, audience, nonce):
        for make in (vc.issue, lambda d, s: vc.present(d, s, audience=audience, nonce=nonce)):
            try:
                token = make(document, es256)
            except InputError as error:
                assert error.code == "credential-invalid"
            else:
                judge(token, keys)

    @given(document=DOCUMENTS)
    def test_what_is_issued_comes_back(self, es256, keys, document):
        for make, verify in ((vc.issue, vc.verify), (vc.present, vc.verify_presentation)):
            try:
                result = verify(make(document, es256), keys, now=NOW)
            except (InputError, VerificationError):
                continue
            assert result.document == document

    @given(
        document=DOCUMENTS,
        kid=st.text(max_size=9).map("did:jwk:{}#0".format)
        | ANY.map(lambda value: f"did:jwk:{b64url_encode(json.dumps(value).encode()).decode()}#0")
        | st.dictionaries(st.sampled_from(["kty", "crv", "x", "y", "n", "e", "alg", "use", "key_ops", "x5c", "pub",
        "d"]),
            ANY | st.sampled_from(["EC", "RSA", "OKP", "AKP", "P-256", "ES256", "AQAB", "AA"]))
            .map(lambda value: f"did:jwk:{b64url_encode(json.dumps(value).encode()).decode()}#0"),
    )  # fmt: skip
    def test_a_did_jwk_as_kid(self, forge, keys, document, kid):
        judge(forge(document, "vc+jwt", kid=kid), keys)

    @given(typ=ANY, claims=st.dictionaries(st.sampled_from(["vc", "vp"]), ANY))
    def test_what_a_token_seems_to_be(self, typ, claims):
        assert kind_of(typ, claims) in {"credential", "presentation"}

    @pytest.mark.parametrize("depth", [200, 252, 255, 50_000])
    def test_any_depth(self, credential, forge, keys, depth):
        nest = b"[" * depth + b"]" * depth
        for name in ("credentialSubject", "issuer", "type", "@context", "iss", "aud"):
            members = json.dumps(credential)[:-1].encode() + b',"x":1}'
            payload = members.replace(f'"{name}":'.encode(), f'"was-{name}":'.encode())[:-1]
            judge(forge(payload + f',"{name}":'.encode() + nest + b"}", "vc+jwt"), keys)


class TestWhatATokenSeemsToBe:
    @pytest.mark.parametrize(
        "typ, claims, kind",
        [
            ("vc+jwt", {}, "credential"),
            ("vc+jwt", {"vp": {}}, "credential"),
            ("application/vc+jwt", {"vp": {}}, "credential"),
            ("vp+jwt", {}, "presentation"),
            ("application/vp+jwt", {}, "presentation"),
            ("VP+JWT", {"vc": {}}, "presentation"),
            ("JWT", {"vc": {}}, "credential"),
            ("JWT", {"vp": {}}, "presentation"),
            (None, {"vp": {}}, "presentation"),
            (None, {}, "credential"),
        ],
    )
    def test_by_its_typ_and_its_claims(self, typ, claims, kind):
        assert kind_of(typ, claims) == kind
