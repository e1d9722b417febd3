"""`inspect` of credentials: every date that the verifier knows is told as the verifier judges it."""

from __future__ import annotations

import json

import pytest

from kmsjose import KeySet, VerificationError, vc
from kmsjose.encoding import b64url_encode

V2 = {
    "@context": ["https://www.w3.org/ns/credentials/v2"],
    "type": ["VerifiableCredential"],
    "issuer": "https://issuer.example",
    "credentialSubject": {"name": "Alice"},
}
V1 = {**V2, "@context": ["https://www.w3.org/2018/credentials/v1"], "issuanceDate": "2024-01-01T00:00:00Z"}
PAST, COMING = "2020-01-01T00:00:00Z", "2999-01-01T00:00:00Z"


@pytest.fixture
def odd(run):
    def show(token):
        shown = run("inspect", "--json", stdin=token).ok().json
        assert shown["verified"] is False
        return shown["odd"]

    return show


def verdict(token, signer):
    try:
        vc.verify(token, KeySet([signer.public_key]))
    except VerificationError as error:
        return error.code
    return None


@pytest.mark.parametrize("document, code, told", [
    ({**V2, "validUntil": PAST}, "credential-expired", "validUntil: it expired "),
    ({**V2, "validFrom": COMING}, "not-yet-valid", "validFrom: it is good only in "),
    ({**V1, "expirationDate": "2024-01-02T00:00:00Z"}, "expired", "expirationDate: it expired "),
    ({**V1, "issuanceDate": COMING}, "not-yet-valid", "issuanceDate: it is good only in "),
    ({**V2, "validFrom": "2019-01-01T00:00:00Z", "validUntil": PAST}, "credential-expired", "validUntil: it expired "),
])  # fmt: skip
def test_what_is_over_or_not_yet_is_told_as_the_verifier_does(odd, signers, document, code, told):
    token = vc.issue(document, signers["ES256"])
    assert verdict(token, signers["ES256"]) == code
    assert any(note.startswith(told) for note in odd(token))


@pytest.mark.parametrize("document", [V2, V1, {**V2, "validFrom": PAST, "validUntil": COMING}])
def test_of_a_credential_that_is_good_no_date_is_odd(odd, signers, document):
    token = vc.issue(document, signers["ES256"])
    assert verdict(token, signers["ES256"]) is None
    assert not any("expired" in note or "good only" in note or "credential" in note for note in odd(token))


def test_one_that_ends_is_not_called_endless(odd, signers):
    assert any("never ends" in note for note in odd(vc.issue(V2, signers["ES256"])))
    assert not any("never ends" in note for note in odd(vc.issue({**V2, "validUntil": COMING}, signers["ES256"])))


def test_the_dates_are_spelled_out(run, signers):
    shown = run("inspect", stdin=vc.issue({**V2, "validUntil": COMING}, signers["ES256"])).ok().text
    assert '"2999-01-01T00:00:00Z"  (2999-01-01T00:00:00Z, in ' in shown
    shown = run("inspect", stdin=vc.issue({**V1, "expirationDate": COMING}, signers["ES256"])).ok().text
    assert "\ntimes\n" in shown
    assert "expirationDate" in shown.partition("\ntimes\n")[2]


def token_of(header, claims):
    part = [b64url_encode(json.dumps(value).encode()).decode() for value in (header, claims)]
    return f"{part[0]}.{part[1]}.{b64url_encode(bytes(64)).decode()}"


@pytest.mark.parametrize("header, claims, told", [
    ({"typ": "vc+jwt"}, {**V2, "validUntil": "tomorrow"}, "validUntil: it is no date and time"),
    ({"typ": "vc+jwt"}, {**V2, "validUntil": "tomorrow"}, "credential: validUntil is not a date"),
    ({"typ": "vc+jwt"}, {**V2, "validFrom": COMING, "validUntil": PAST}, "validUntil: it lies before validFrom"),
    ({"typ": "vc+jwt"}, {**V2, "issuer": 5}, "credential: issuer"),
    ({"typ": "vc+jwt"}, {"sub": "alice"}, "credential: "),
    ({"typ": "vc+jwt"}, V1, "credential: "),
    ({"typ": "vp+jwt"}, V2, "presentation: "),
    ({"typ": "JWT"}, {"vc": {k: v for k, v in V1.items() if k != "issuanceDate"}}, "credential: "),
    ({"typ": "JWT"}, {"vc": 5}, "credential: "),
    ({"typ": "JWT"}, {"vp": {}}, "presentation: "),
])  # fmt: skip
def test_what_the_verifier_refuses_of_its_form_is_told(odd, header, claims, told):
    assert any(note.startswith(told) for note in odd(token_of({"alg": "ES256", **header}, claims)))


def test_what_is_no_credential_is_not_held_to_its_rules(odd):
    notes = odd(token_of({"alg": "ES256"}, {"sub": "alice", "validUntil": "tomorrow", "exp": 4102444800}))
    assert not any("credential" in note or "validUntil" in note for note in notes)
