"""`kmsjose jwt`."""

from __future__ import annotations

import json
import time

import pytest

from kmsjose import jwt


@pytest.fixture
def sign(local):
    """A token of some claims, by the issuer."""

    def sign_claims(claims, *arguments):
        return local("jwt", "sign", "--key", "alias/issuer", *arguments, stdin=json.dumps(claims)).ok().stdout

    return sign_claims


@pytest.fixture
def verify(run, made):
    def verify_token(token, *arguments):
        return run("jwt", "verify", "--keys", made.jwks, *arguments, stdin=token)

    return verify_token


def test_claims_go_in_and_come_out(local, verify, tmp_path):
    claims = tmp_path / "claims.json"
    claims.write_text('{"iss": "https://issuer.example", "sub": "alice", "aud": "api", "name": "Zoë"}')
    token = local("jwt", "sign", "--key", "alias/issuer", "--lifetime", "5m", claims).ok()
    assert token.stderr == ""
    verified = verify(token.stdout, "--issuer", "https://issuer.example", "--audience", "api").ok()
    assert verified.stderr.startswith("good: ES256 by ")
    assert verified.json["exp"] == verified.json["iat"] + 300
    assert verified.json["name"] == "Zoë"


@pytest.mark.parametrize("written, seconds", [("90", 90), ("30s", 30), ("5m", 300), ("1h", 3600), ("2d", 172800)])
def test_a_lifetime_has_a_unit(sign, verify, written, seconds):
    claims = verify(sign({}, "--lifetime", written)).ok().json
    assert claims["exp"] - claims["iat"] == seconds


def test_iat_may_be_before_now(sign, verify):
    """As a service asks for it whose clock may be behind."""
    now = int(time.time())
    claims = verify(sign({"iss": "12345"}, "--lifetime", "9m", "--backdate", "60s")).ok().json
    assert now - 60 <= claims["iat"] <= int(time.time()) - 60
    assert claims["exp"] - claims["iat"] == 9 * 60 + 60


@pytest.mark.parametrize("written", ["-60s", "soon", ""])
def test_a_backdate_is_a_span_of_time(local, written):
    local("jwt", "sign", "--key", "alias/issuer", "--backdate", written, stdin="{}").refused(2, "usage")


def test_an_iat_of_the_claims_is_refused_with_the_way_to_it(local):
    assert (
        "backdate"
        in local("jwt", "sign", "--key", "alias/issuer", stdin='{"iat": 5}').refused(2, "claims-invalid").stderr
    )


def test_several_types_may_be_accepted(sign, verify):
    token = sign({}, "--lifetime", "5m", "--typ", "at+jwt")
    verify(token, "--typ", "JWT", "--typ", "at+jwt").ok()
    verify(token, "--typ", "JWT", "--typ", "dpop+jwt").refused(1, "typ-mismatch")


@pytest.mark.parametrize("written", ["", "5x", "-5m", "5 m", "1.5h", "٣s", "99999999999d"])
def test_other_spans_of_time_are_wrong_usage(local, written):
    local("jwt", "sign", "--key", "alias/issuer", "--lifetime", written, stdin="{}").refused(2, "usage")


def test_a_lifetime_of_nothing_is_refused(local):
    local("jwt", "sign", "--key", "alias/issuer", "--lifetime", "0s", stdin="{}").refused(2, "claims-invalid")


def test_a_token_without_exp_is_made_with_a_note_and_must_be_asked_for(local, verify):
    token = local("jwt", "sign", "--key", "alias/issuer", stdin="{}").ok()
    assert token.stderr == "note: the token has no exp, so it never ends; --lifetime sets one\n"
    assert "--no-exp" in verify(token.stdout).refused(1, "claim-missing").stderr
    verify(token.stdout, "--no-exp").ok()


def test_an_exp_of_ones_own_is_no_reason_for_a_note(local, verify):
    token = local("jwt", "sign", "--key", "alias/issuer", stdin=json.dumps({"exp": int(time.time()) + 60})).ok()
    assert token.stderr == ""
    verify(token.stdout).ok()


def test_typ_keeps_tokens_apart(sign, verify):
    token = sign({}, "--lifetime", "5m", "--typ", "at+jwt")
    verify(token).refused(1, "typ-mismatch")
    verify(token, "--typ", "at+jwt").ok()


def test_the_claims_are_checked(sign, verify):
    token = sign({"iss": "a", "aud": ["b", "c"]}, "--lifetime", "5m")
    verify(token, "--issuer", "a", "--audience", "c").ok()
    verify(token, "--audience", "c").ok()
    assert "--audience" in verify(token, "--issuer", "a").refused(1, "audience-required").stderr
    verify(token, "--issuer", "x", "--audience", "b").refused(1, "issuer-mismatch")
    verify(token, "--issuer", "a", "--audience", "x").refused(1, "audience-mismatch")


def test_leeway_is_for_clocks_that_differ(sign, verify):
    now = int(time.time())
    expired = sign({"exp": now - 10})
    assert "--leeway" in verify(expired).refused(1, "expired").stderr
    verify(expired, "--leeway", "1m").ok()
    early = sign({"nbf": now + 30}, "--lifetime", "5m")
    verify(early).refused(1, "not-yet-valid")
    verify(early, "--leeway", "1m").ok()


def test_an_rsa_key_signs_by_the_algorithm_that_is_named(local, verify):
    token = local("jwt", "sign", "--key", "alias/rsa", "--alg", "PS256", "--lifetime", "5m", stdin="{}").ok().stdout
    verify(token).ok()
    local("jwt", "sign", "--key", "alias/rsa", stdin="{}").refused(2, "alg-required")


def test_claims_print_as_json_that_cannot_steer_the_terminal(sign, verify):
    printed = verify(sign({"name": "\x9b31m\u202e\x7f\U0001f600"}, "--lifetime", "5m")).ok()
    assert all(c.isprintable() or c == "\n" for c in printed.text)
    assert printed.json["name"] == "\x9b31m\u202e\x7f\U0001f600"


@pytest.mark.parametrize("claims, code", [
    ("", "empty-input"),
    ("nonsense", "json-invalid"),
    ("[]", "json-invalid"),
    ('{"a": 1, "a": 2}', "json-invalid"),
    ('{"a": NaN}', "json-invalid"),
    (b"\xff", "json-invalid"),
    ('{"iat": 1}', "claims-invalid"),
    ('{"exp": "soon"}', "claims-invalid"),
    ('{"aud": 7}', "claims-invalid"),
    ('{"a": "' + "x" * (1 << 20) + '"}', "payload-too-large"),
])  # fmt: skip
def test_claims_that_cannot_be_signed(local, claims, code):
    local("jwt", "sign", "--key", "alias/issuer", stdin=claims).refused(2, code)


def test_a_lifetime_and_an_exp_exclude_each_other(local):
    local("jwt", "sign", "--key", "alias/issuer", "--lifetime", "5m", stdin='{"exp": 1}').refused(2, "claims-invalid")


def test_a_key_that_cannot_sign(local):
    for key, code in {"nobody": "not-found", "disabled": "disabled", "dying": "invalid-state"}.items():
        local("jwt", "sign", "--key", f"alias/{key}", stdin="{}").refused(3, code)


def test_a_payload_that_is_no_claims_set(local, verify):
    for payload, code in {"[]": "claims-not-object", "text": "bad-json", '{"a":1,"a":2}': "duplicate-member"}.items():
        token = local("jws", "sign", "--key", "alias/issuer", stdin=payload).ok().stdout
        verify(token, "--no-exp").refused(1, code)


def test_a_changed_token(sign, verify):
    header, payload, signature = sign({"sub": "alice"}, "--lifetime", "5m").decode().strip().split(".")
    other = "A" if payload[10] != "A" else "B"
    verify(f"{header}.{payload[:10]}{other}{payload[11:]}.{signature}").refused(1, "signature-invalid")
    verify(f"{header}.{payload}").refused(1, "malformed")
    verify("x" * (jwt.MAX_JWT_SIZE + 1)).refused(1, "too-large")


@pytest.mark.parametrize("arguments", [["--leeway", "soon"], ["--keys"], ["--lifetime", "5m"], ["one", "two"]])
def test_wrong_usage(verify, arguments):
    verify("a.b.c", *arguments).refused(2, "usage")
