"""The issuer and the API in FastAPI, over HTTP as its own test client speaks it."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from hashlib import sha256

import pytest

from kmsjose import KeySet, jwt, kms
from tests.examples.conftest import EXAMPLES, framework, tampered, tells_nothing

framework("httpx")
testclient = framework("fastapi.testclient")

ISS, AUD = "https://issuer.example", "https://api.example"
CLIENT = ("shop", "the secret of the shop")


@pytest.fixture
def example(load, monkeypatch):
    monkeypatch.setenv("CLIENT_ID", CLIENT[0])
    monkeypatch.setenv("CLIENT_SECRET_SHA256", sha256(CLIENT[1].encode()).hexdigest())
    return load("fastapi_issuer")


@pytest.fixture
def issuer(example):
    return testclient.TestClient(example.app)


@pytest.fixture
def token(issuer):
    return issuer.post("/token", auth=CLIENT).json()["access_token"]


@pytest.fixture
def api(load, issuer, tmp_path, monkeypatch):
    jwks = tmp_path / "jwks.json"
    jwks.write_bytes(issuer.get("/.well-known/jwks.json").content)
    monkeypatch.setenv("JWKS_FILE", str(jwks))
    return testclient.TestClient(load("fastapi_api").app)


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


class TestTheIssuer:
    def test_issues_a_token_that_its_jwks_verifies(self, issuer):
        answer = issuer.post("/token", auth=CLIENT)
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
        keys = KeySet.from_jwks(issuer.get("/.well-known/jwks.json").content)
        claims = jwt.verify(answer.json()["access_token"], keys, issuer=ISS, audience=AUD, typ="at+jwt").claims
        assert (claims["sub"], claims["client_id"]) == ("shop", "shop")

    def test_lets_caches_keep_its_jwks(self, issuer):
        answer = issuer.get("/.well-known/jwks.json")
        assert answer.headers["cache-control"] == "public, max-age=300"
        assert answer.headers["content-type"] == "application/jwk-set+json"

    @pytest.mark.parametrize("auth", [None, ("shop", "wrong"), ("other", CLIENT[1]), ("schöp", "ü")])
    def test_refuses_whoever_does_not_know_the_secret(self, issuer, auth):
        answer = issuer.post("/token", auth=auth)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Basic")

    def test_answers_a_fault_of_kms_by_503_and_tells_nothing(self, issuer, example, world, token, caplog):
        kms.disable_key(world.signer._client, world.signer.key_arn)
        answer = issuer.post("/token", auth=CLIENT)
        assert (answer.status_code, answer.json()) == (503, {"error": "temporarily_unavailable"})
        assert answer.headers["cache-control"] == "no-store"
        assert tells_nothing(answer.text + str(answer.headers))
        assert "disabled" in caplog.text

    def test_publishes_its_key_while_kms_is_away(self, issuer, example, world):
        issuer.get("/.well-known/jwks.json")
        world.fail(example.signer()._client)
        assert issuer.get("/.well-known/jwks.json").status_code == 200
        assert issuer.post("/token", auth=CLIENT).status_code == 503

    def test_tries_again_after_a_fault_of_its_first_request(self, issuer, world):
        kms.disable_key(world.signer._client, world.signer.key_arn)
        assert issuer.get("/.well-known/jwks.json").status_code == 503
        kms.enable_key(world.signer._client, world.signer.key_arn)
        assert issuer.get("/.well-known/jwks.json").status_code == 200


class TestTheAPI:
    def test_knows_who_calls(self, api, token):
        answer = api.get("/me", headers=bearer(token))
        assert (answer.status_code, answer.json()) == (200, {"sub": "shop"})

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
