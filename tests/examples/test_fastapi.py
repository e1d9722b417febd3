"""The issuer and the API in FastAPI, over HTTP as its own test client speaks it."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from hashlib import sha256

import pytest

from kmsjose import KeySet, jwt, kms
from kmsjose.kms import rotation
from tests.examples.conftest import EXAMPLES, framework, kid, tampered, tells_nothing
from tests.https import response

framework("httpx")
testclient = framework("fastapi.testclient")

ISS, AUD = "https://issuer.example", "https://api.example"
CLIENT = ("shop", "the secret of the shop")
JWKS = "/.well-known/jwks.json"


@pytest.fixture
def example(load, monkeypatch):
    monkeypatch.setenv("CLIENT_ID", CLIENT[0])
    monkeypatch.setenv("CLIENT_SECRET_SHA256", sha256(CLIENT[1].encode()).hexdigest())
    return load("fastapi_issuer")


@pytest.fixture
def issuer(example):
    return testclient.TestClient(example.app)


@pytest.fixture
def issue(issuer):
    """A function: a new token."""
    return lambda: issuer.post("/token", auth=CLIENT).json()["access_token"]


@pytest.fixture
def token(issue):
    return issue()


@pytest.fixture
def served(issuer):
    """A function: the keys of the JWKS as it is served now."""
    return lambda: KeySet.from_jwks(issuer.get(JWKS).content)


@pytest.fixture
def published(host, issuer):
    """An https host in front of the issuer, which passes its JWKS on."""

    def answer(_asked):
        given = issuer.get(JWKS)
        return [response(given.content, given.status_code, cache_control=given.headers["cache-control"])]

    host.answer = answer
    return host


@pytest.fixture
def api(load, published, monkeypatch):
    monkeypatch.setenv("JWKS_URL", published.url)
    return testclient.TestClient(load("fastapi_api").app)


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def verify(token, keys):
    return jwt.verify(token, keys, issuer=ISS, audience=AUD, typ="at+jwt")


class TestTheIssuer:
    def test_issues_a_token_that_its_jwks_verifies(self, issuer, served):
        answer = issuer.post("/token", auth=CLIENT)
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
        claims = verify(answer.json()["access_token"], served()).claims
        assert (claims["sub"], claims["client_id"]) == ("shop", "shop")

    def test_serves_what_was_published_to_everyone_and_to_caches(self, issuer, world):
        answer = issuer.get(JWKS)
        assert (answer.status_code, answer.content) == (200, world.jwks.read_bytes())
        assert answer.headers["content-type"] == "application/jwk-set+json"
        assert answer.headers["cache-control"] == "public, max-age=300"
        assert answer.headers["access-control-allow-origin"] == "*"

    def test_answers_503_without_a_jwks_until_there_is_one(self, issuer, world, caplog):
        world.jwks.unlink()
        answer = issuer.get(JWKS)
        assert (answer.status_code, answer.json()) == (503, {"error": "temporarily_unavailable"})
        assert answer.headers["cache-control"] == "no-store"
        assert str(world.jwks) in caplog.text
        world.publish()
        assert issuer.get(JWKS).status_code == 200

    def test_follows_a_rotation_and_its_jwks_verifies_the_tokens_of_both_keys(
        self, issue, served, world, ten_minutes_pass
    ):
        before = issue()
        world.rotate()
        handed_over = issue()
        ten_minutes_pass()
        after = issue()
        assert kid(before) == kid(handed_over) != kid(after)
        for token in (before, handed_over, after):
            verify(token, served())

    def test_serves_the_next_key_before_it_signs(self, issue, served, world, ten_minutes_pass):
        issue()
        staged = rotation.stage(world.client, "issuer")
        world.publish()
        ten_minutes_pass()
        assert kid(issue()) != staged.kid
        assert staged.kid in {key.kid for key in served()}

    def test_signs_on_while_the_alias_cannot_be_looked_up(self, issue, served, world, ten_minutes_pass):
        issue()
        world.forbid("GetPublicKey")
        ten_minutes_pass()
        verify(issue(), served())
        assert world.faults.calls[-2:] == ["GetPublicKey", "Sign"]

    @pytest.mark.parametrize("auth", [None, ("shop", "wrong"), ("other", CLIENT[1]), ("schöp", "ü")])
    def test_refuses_whoever_does_not_know_the_secret(self, issuer, auth):
        answer = issuer.post("/token", auth=auth)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Basic")

    def test_answers_a_fault_of_kms_by_503_and_tells_nothing(self, issuer, world, token, caplog):
        kms.disable_key(world.client, world.signer.key_arn)
        answer = issuer.post("/token", auth=CLIENT)
        assert (answer.status_code, answer.json()) == (503, {"error": "temporarily_unavailable"})
        assert answer.headers["cache-control"] == "no-store"
        assert tells_nothing(answer.text + str(answer.headers))
        assert "disabled" in caplog.text

    def test_serves_the_keys_while_kms_is_away(self, issuer, world):
        world.forbid()
        assert issuer.get(JWKS).status_code == 200
        assert issuer.post("/token", auth=CLIENT).status_code == 503

    def test_tries_again_after_a_fault_of_its_first_request(self, issuer, world):
        arn = world.signer.key_arn
        kms.disable_key(world.client, arn)
        assert issuer.post("/token", auth=CLIENT).status_code == 503
        kms.enable_key(world.client, arn)
        assert issuer.post("/token", auth=CLIENT).status_code == 200


class TestTheAPI:
    def test_knows_who_calls(self, api, token):
        answer = api.get("/me", headers=bearer(token))
        assert (answer.status_code, answer.json()) == (200, {"sub": "shop"})

    def test_takes_the_tokens_of_both_keys_of_a_rotation(self, api, issue, world, ten_minutes_pass):
        before = issue()
        assert api.get("/me", headers=bearer(before)).status_code == 200
        world.rotate()
        ten_minutes_pass()
        after = issue()
        assert kid(before) != kid(after)
        for token in (before, after):
            assert api.get("/me", headers=bearer(token)).status_code == 200

    def test_asks_the_issuer_for_its_keys_once(self, api, issue, published):
        for _ in range(3):
            assert api.get("/me", headers=bearer(issue())).status_code == 200
        assert len(published.asked) == 1

    def test_goes_on_while_the_issuer_is_away(self, api, token, published, ten_minutes_pass):
        assert api.get("/me", headers=bearer(token)).status_code == 200
        published.gives(response(status=500))
        ten_minutes_pass()
        assert api.get("/me", headers=bearer(token)).status_code == 200
        assert len(published.asked) == 2

    def test_answers_503_while_it_has_no_keys(self, api, token, world, caplog):
        world.jwks.unlink()
        answer = api.get("/me", headers=bearer(token))
        assert (answer.status_code, answer.json()) == (503, {"detail": "temporarily_unavailable"})
        assert answer.headers["cache-control"] == "no-store"
        assert "bad-status" in caplog.text

    def test_asks_for_a_token(self, api):
        answer = api.get("/me")
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")

    @pytest.mark.parametrize(
        "spoil",
        [tampered, lambda token: token[:-1], lambda token: "x", lambda token: "a.b.c", lambda token: token + "=",
         lambda token: "ü.ü.ü"],
    )  # fmt: skip
    def test_refuses_what_is_no_good_token_in_one_way(self, api, token, spoil):
        answer = api.get("/me", headers={"Authorization": f"Bearer {spoil(token)}".encode("latin-1")})
        assert (answer.status_code, answer.json()) == (401, {"detail": "invalid_token"})
        assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'

    @pytest.mark.parametrize("claims, typ", [
        ({"iss": ISS, "aud": AUD, "sub": "shop"}, "JWT"),
        ({"iss": "https://other.example", "aud": AUD, "sub": "shop"}, "at+jwt"),
        ({"iss": ISS, "aud": "https://other.example", "sub": "shop"}, "at+jwt"),
        ({"iss": ISS, "aud": AUD}, "at+jwt"),
    ])  # fmt: skip
    def test_refuses_a_token_that_is_not_for_it(self, api, world, claims, typ):
        foreign = jwt.sign(claims, world.signer, typ=typ, lifetime=timedelta(minutes=5))
        assert api.get("/me", headers=bearer(foreign)).status_code == 401

    def test_loads_no_boto3(self, api):
        program = (
            f"import sys; sys.path.insert(0, {str(EXAMPLES)!r}); import fastapi_api; print('boto3' in sys.modules)"
        )
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
        assert done.stdout.strip() == "False"
