"""The issuer on AWS Lambda, called as an HTTP API calls it."""

from __future__ import annotations

import json

import pytest

from kmsjose import VerificationError, jwt, kms
from tests.examples.conftest import kid, tampered, tells_nothing


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


@pytest.fixture
def function(load):
    return load("lambda_issuer")


def body(answer):
    assert isinstance(answer["body"], str)
    return json.loads(answer["body"])


@pytest.fixture
def issue(function):
    """A function: a new token."""
    return lambda: body(function.handler(TOKEN, None))["access_token"]


def verify(token, keys):
    return jwt.verify(token, keys, issuer="https://issuer.example", audience="https://api.example", typ="at+jwt")


def test_a_token_is_issued_that_the_published_keys_verify(function, world):
    answer = function.handler(TOKEN, None)
    assert (answer["statusCode"], answer["headers"]["cache-control"]) == (200, "no-store")
    claims = verify(body(answer)["access_token"], world.published).claims
    assert (claims["sub"], claims["exp"] - claims["iat"]) == ("alice", body(answer)["expires_in"])
    assert claims["jti"]


def test_a_changed_token_is_refused(issue, world):
    with pytest.raises(VerificationError):
        verify(tampered(issue()), world.published)


def test_loading_it_calls_nobody(world, load, monkeypatch):
    monkeypatch.setenv("SIGNING_KEY", "alias/nobody")
    function = load("lambda_issuer")
    assert world.faults.calls == []
    assert function.handler(TOKEN, None)["statusCode"] == 503


def test_a_warm_function_asks_kms_for_a_signature_alone(issue, world):
    issue()
    world.faults.clear()
    issue()
    assert world.faults.calls == ["Sign"]


def test_a_function_that_thaws_looks_the_alias_up_before_it_signs(issue, world, ten_minutes_pass):
    issue()
    world.rotate()
    ten_minutes_pass()
    world.faults.clear()
    assert kid(issue()) == world.signer.public_key.kid
    assert world.faults.calls == ["GetPublicKey", "ListResourceTags", "Sign"]


def test_tokens_from_before_and_after_a_rotation_are_verified_by_what_is_published(issue, world, ten_minutes_pass):
    before = issue()
    world.rotate()
    handed_over = issue()
    ten_minutes_pass()
    after = issue()
    assert kid(before) == kid(handed_over) != kid(after)
    for token in (before, handed_over, after):
        verify(token, world.published)


def test_it_signs_on_while_the_alias_cannot_be_looked_up(issue, world, ten_minutes_pass):
    issue()
    world.forbid("GetPublicKey")
    ten_minutes_pass()
    verify(issue(), world.published)
    assert world.faults.calls[-2:] == ["GetPublicKey", "Sign"]


def test_a_fault_of_kms_is_503_and_tells_nothing(function, world):
    function.handler(TOKEN, None)
    world.forbid()
    answer = function.handler(TOKEN, None)
    assert (answer["statusCode"], answer["headers"]["cache-control"]) == (503, "no-store")
    assert body(answer) == {"error": "temporarily_unavailable"}


def test_a_fault_of_the_first_request_is_over_with_it(function, world):
    arn = world.signer.key_arn
    kms.disable_key(world.client, arn)
    assert function.handler(TOKEN, None)["statusCode"] == 503
    kms.enable_key(world.client, arn)
    assert function.handler(TOKEN, None)["statusCode"] == 200


def test_the_log_has_what_the_caller_has_not(function, world, caplog):
    world.forbid()
    assert tells_nothing(json.dumps(function.handler(TOKEN, None)))
    assert "access-denied" in caplog.text


def test_another_route_is_not_there(function):
    assert function.handler(event("GET /nothing"), None)["statusCode"] == 404
