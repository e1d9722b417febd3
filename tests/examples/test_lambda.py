"""The issuer on AWS Lambda, called as an HTTP API calls it."""

from __future__ import annotations

import json

import pytest

from kmsjose import KeySet, VerificationError, jwt, kms
from kmsjose.kms.local import Faults, attach
from tests.examples.conftest import tampered, tells_nothing


def event(route, **context):
    """The event of an HTTP API, payload format 2.0."""
    method, path = route.split()
    return {
        "version": "2.0",
        "routeKey": route,
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"accept": "*/*"},
        "requestContext": {
            "accountId": "111122223333",
            "apiId": "api",
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.7"},
            "requestId": "id",
            "routeKey": route,
            "stage": "$default",
            **context,
        },
        "isBase64Encoded": False,
    }


TOKEN = event("POST /token", authorizer={"jwt": {"claims": {"sub": "alice"}, "scopes": None}})
JWKS = event("GET /.well-known/jwks.json")


@pytest.fixture
def function(load):
    return load("lambda_issuer")


def body(answer):
    assert isinstance(answer["body"], str)
    return json.loads(answer["body"])


def verify(token, keys):
    return jwt.verify(token, keys, issuer="https://issuer.example", audience="https://api.example", typ="at+jwt")


def test_a_token_is_issued_that_the_jwks_verifies(function):
    answer = function.handler(TOKEN, None)
    assert (answer["statusCode"], answer["headers"]["cache-control"]) == (200, "no-store")
    published = function.handler(JWKS, None)
    assert (published["statusCode"], published["headers"]["cache-control"]) == (200, "public, max-age=300")
    claims = verify(body(answer)["access_token"], KeySet.from_jwks(published["body"])).claims
    assert (claims["sub"], claims["exp"] - claims["iat"]) == ("alice", body(answer)["expires_in"])
    assert claims["jti"]


def test_a_changed_token_is_refused(function):
    token = body(function.handler(TOKEN, None))["access_token"]
    keys = KeySet.from_jwks(function.handler(JWKS, None)["body"])
    with pytest.raises(VerificationError):
        verify(tampered(token), keys)


def test_loading_it_calls_nobody(world, load, monkeypatch):
    monkeypatch.setenv("SIGNING_KEY", "alias/nobody")
    assert load("lambda_issuer").handler(JWKS, None)["statusCode"] == 503


def test_a_warm_function_asks_kms_for_a_signature_alone(function, world):
    function.handler(TOKEN, None)
    faults = Faults()
    attach(function.client, world.folder, faults=faults)
    function.handler(TOKEN, None)
    function.handler(JWKS, None)
    assert faults.calls == ["Sign"]


def test_a_fault_of_kms_is_503_and_tells_nothing(function, world):
    function.handler(TOKEN, None)
    world.fail(function.client)
    answer = function.handler(TOKEN, None)
    assert (answer["statusCode"], answer["headers"]["cache-control"]) == (503, "no-store")
    assert body(answer) == {"error": "temporarily_unavailable"}


def test_a_fault_of_the_first_request_is_over_with_it(function, world):
    kms.disable_key(world.signer._client, world.signer.key_arn)
    assert function.handler(JWKS, None)["statusCode"] == 503
    kms.enable_key(world.signer._client, world.signer.key_arn)
    assert function.handler(JWKS, None)["statusCode"] == 200


def test_the_log_has_what_the_caller_has_not(function, world, caplog):
    world.fail(function.client)
    assert tells_nothing(json.dumps(function.handler(TOKEN, None)))
    assert "access-denied" in caplog.text


def test_another_route_is_not_there(function):
    assert function.handler(event("GET /nothing"), None)["statusCode"] == 404
