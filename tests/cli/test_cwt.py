"""`kmsjose cwt`."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from kmsjose import KeySet, cwt

CLAIMS = {"iss": "coap://as.example", "sub": "erikw", "aud": "coap://light.example"}


@pytest.fixture
def keys(made):
    return KeySet.from_jwks(made.jwks.read_text())


@pytest.fixture
def sign(local):
    def sign(claims, *arguments):
        return local("cwt", "sign", "--key", "alias/issuer", *arguments, stdin=json.dumps(claims)).ok()

    return sign


@pytest.fixture
def verify(run, made):
    def verify(token, *arguments):
        return run("cwt", "verify", "--keys", made.jwks, *arguments, stdin=token)

    return verify


def test_the_claims_come_back(sign, verify):
    token = sign(CLAIMS, "--lifetime", "5m")
    assert token.stderr == ""
    verified = verify(token.stdout, "--issuer", CLAIMS["iss"], "--audience", CLAIMS["aud"]).ok()
    assert {**CLAIMS, "iat": verified.json["iat"], "exp": verified.json["iat"] + 300} == verified.json
    assert verified.stderr.startswith("good: ES256 by ")


def test_labels_and_bytes_have_their_form_in_json(sign, verify, keys):
    claims = {"cti": "C3E", "-65537": True, "100": {"a": [1, None, 1.5], "1": {"-1": "x"}}, "name": "x"}
    token = sign(claims).stdout
    read = cwt.verify(token, keys, require=()).claims
    assert read["cti"] == b"\x0bq"
    assert read[-65537] is True
    assert read[100] == {"a": [1, None, 1.5], 1: {-1: "x"}}
    shown = verify(token, "--no-exp").ok().json
    assert {name: shown[name] for name in claims} == claims


def test_bytes_and_labels_within_a_claim_are_shown(verify, signers, tmp_path, run):
    token = cwt.sign({8: {1: b"\xff", "k": [b"\x00"]}}, signers["ES256"], lifetime=timedelta(minutes=1))
    path = tmp_path / "key"
    path.write_bytes(signers["ES256"].public_key.to_cose_key())
    assert run("cwt", "verify", "--keys", path, stdin=token).ok().json["8"] == {"1": "_w", "k": ["AA"]}


@pytest.mark.parametrize("claims", [{100: 1, "100": 2}, {100: float("inf")}, {100: {1: 1, "1": 1}}])
def test_claims_that_json_can_not_show_are_not_shown_wrong(signers, tmp_path, run, claims):
    token = cwt.sign(claims, signers["ES256"], lifetime=timedelta(minutes=1))
    path = tmp_path / "key"
    path.write_bytes(signers["ES256"].public_key.to_cose_key())
    run("cwt", "verify", "--keys", path, stdin=token).refused(1, "claim-invalid")


def test_the_cwt_tag_is_written_on_request_and_read_either_way(sign, verify):
    for arguments, start in (([], b"\xd2"), (["--cwt-tag"], b"\xd8\x3d\xd2")):
        token = sign({"sub": "erikw"}, "--lifetime", "1h", *arguments).stdout
        assert token.startswith(start)
        assert verify(token).ok().json["sub"] == "erikw"


def test_a_cti_is_made_on_request(sign, verify):
    tokens = [sign({}, "--lifetime", "1h", "--cti").stdout for _ in range(2)]
    assert len({verify(token).ok().json["cti"] for token in tokens}) == 2


@pytest.mark.parametrize("typ, expected", [("application/example+cwt", 0), ("61", 0), ("application/cwt", 0)])
def test_a_typ_must_be_asked_for_unless_it_is_that_of_a_cwt(sign, verify, typ, expected):
    token = sign({}, "--lifetime", "1h", "--typ", typ).stdout
    assert verify(token, "--typ", typ).ok().status == expected
    if "example" in typ:
        verify(token).refused(1, "typ-mismatch")
    else:
        verify(token).ok()


def test_a_token_without_an_end_is_told_and_must_be_asked_for(sign, verify):
    token = sign({"sub": "erikw"})
    assert token.stderr.startswith("note: the token has no exp")
    verify(token.stdout).refused(1, "claim-missing")
    verify(token.stdout, "--no-exp").ok()
    assert sign({"4": 4_000_000_000}).stderr == ""


@pytest.mark.parametrize("arguments, code", [
    (["--issuer", "coap://other.example", "--audience", CLAIMS["aud"]], "issuer-mismatch"),
    (["--audience", "coap://other.example"], "audience-mismatch"),
    ([], "audience-required"),
    (["--audience", CLAIMS["aud"], "--alg", "EdDSA"], "alg-not-allowed"),
])  # fmt: skip
def test_what_the_verifier_asks_for_is_checked(sign, verify, arguments, code):
    verify(sign(CLAIMS, "--lifetime", "5m").stdout, *arguments).refused(1, code)


@pytest.mark.parametrize("claims, code", [
    ('{"iat": 1}', "claims-invalid"),
    ('{"6": 1}', "claims-invalid"),
    ('{"iss": "a", "1": "a"}', "claims-invalid"),
    ('{"iss": 7}', "claims-invalid"),
    ('{"cti": "?"}', "claims-invalid"),
    ('{"cti": 7}', "claims-invalid"),
    ('{"cti": true}', "claims-invalid"),
    ('{"cti": null}', "claims-invalid"),
    ('{"99999999999999999999": 1}', "cbor-invalid"),
    ("[]", "json-invalid"),
    ('{"a": 1, "a": 2}', "json-invalid"),
])  # fmt: skip
def test_claims_that_are_refused_before_kms_is_asked(local, claims, code):
    local("cwt", "sign", "--key", "alias/disabled", stdin=claims)
    local("cwt", "sign", "--key", "alias/issuer", stdin=claims).refused(2, code)


def test_a_token_of_another_form_is_refused(verify, local):
    jwt = local("jwt", "sign", "--key", "alias/issuer", "--lifetime", "5m", stdin="{}").ok().stdout
    verify(jwt).refused(1, "bad-cbor")
    verify(b"\xd8\x3d\x84\x40\xa0\x40\x40").refused(1, "tag-unexpected")
