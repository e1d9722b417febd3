"""Faults arrive as AWS's and the network's own, and botocore deals with them as it would."""

from __future__ import annotations

import threading

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, EndpointConnectionError, ReadTimeoutError

from kmsjose.kms.local import Faults


@pytest.fixture
def faults():
    return Faults()


@pytest.fixture
def client(connect, faults, monkeypatch):
    # Its pauses between attempts are botocore's own business.
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    return connect(faults=faults)


@pytest.fixture
def arn(client, create, faults):
    arn = create(client)
    faults.clear()
    return arn


def _sign(client, key):
    return client.sign(KeyId=key, Message=b"m", SigningAlgorithm="ECDSA_SHA_256")


@pytest.mark.parametrize("fault", ["throttle", "unavailable", "drop", "timeout", "refuse"])
def test_botocore_tries_again(client, arn, faults, fault):
    getattr(faults, fault)(operation="Sign", times=2)
    assert _sign(client, arn)["ResponseMetadata"]["RetryAttempts"] == 2
    assert faults.calls == ["Sign"] * 3


def test_a_call_whose_answer_is_lost_was_done_all_the_same(client, arn, faults, aws_refuses):
    faults.lose("CreateAlias", times=1)
    with aws_refuses("AlreadyExistsException"):  # It is what botocore's second attempt meets.
        client.create_alias(AliasName="alias/x", TargetKeyId=arn)
    assert faults.calls == ["CreateAlias"] * 2
    assert client.describe_key(KeyId="alias/x")["KeyMetadata"]["Arn"] == arn


@pytest.mark.parametrize(
    "fault,error",
    [("drop", ConnectionClosedError), ("timeout", ReadTimeoutError), ("refuse", EndpointConnectionError)],
)
def test_what_lasts_reaches_the_caller(client, arn, faults, fault, error):
    getattr(faults, fault)()
    with pytest.raises(error):
        _sign(client, arn)
    faults.clear()
    _sign(client, arn)


def test_an_answer_that_is_lost_is_of_a_call_that_was_done(client, arn, faults, aws_refuses):
    faults.lose("CreateAlias", times=1)
    with aws_refuses("AlreadyExistsException"):  # by botocore's second attempt
        client.create_alias(AliasName="alias/a", TargetKeyId=arn)
    assert faults.calls == ["CreateAlias"] * 2
    assert client.describe_key(KeyId="alias/a")["KeyMetadata"]["Arn"] == arn


def test_a_call_that_is_refused_has_no_answer_to_lose(client, faults, aws_refuses):
    faults.lose()
    with aws_refuses("NotFoundException"):
        client.describe_key(KeyId="alias/nobody")


def test_any_error(client, arn, faults, aws_refuses):
    faults.error("AccessDeniedException", "Sign", message="no", times=1)
    with aws_refuses("AccessDeniedException", "no"):
        _sign(client, arn)
    _sign(client, arn)
    faults.error("NotFoundException", "GetPublicKey")
    with pytest.raises(client.exceptions.NotFoundException):
        client.get_public_key(KeyId=arn)


def test_the_status_is_the_given_one(client, arn, faults):
    faults.unavailable()
    with pytest.raises(ClientError) as caught:
        _sign(client, arn)
    assert caught.value.response["Error"]["Code"] == "KMSInternalException"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500


def test_an_alias_moves_between_two_calls(client, arn, create, faults):
    second = create(client)
    client.create_alias(AliasName="alias/a", TargetKeyId=arn)
    faults.before("Sign", lambda: client.update_alias(AliasName="alias/a", TargetKeyId=second))
    assert client.get_public_key(KeyId="alias/a")["KeyId"] == arn
    assert _sign(client, "alias/a")["KeyId"] == second


def test_the_same_seed_strikes_the_same_calls(connect, create):
    def struck(seed: int) -> list[bool]:
        faults = Faults()
        client = connect(faults=faults)
        arn, outcome = create(client), []
        faults.error("AccessDeniedException", "Sign", probability=0.5, seed=seed)
        for _ in range(30):
            try:
                _sign(client, arn)
            except ClientError:
                outcome.append(True)
            else:
                outcome.append(False)
        return outcome

    first = struck(1)
    assert 5 < sum(first) < 25
    assert struck(1) == first
    assert struck(2) != first


def test_rules_take_turns(client, arn, faults):
    seen = []
    faults.before("Sign", lambda: seen.append(1), times=None)
    faults.add(seen.append, "Sign")
    faults.throttle("Sign", times=1)
    _sign(client, arn)
    url = "https://kms.eu-west-1.amazonaws.com/"
    assert seen == [1, url, 1, url]


def test_a_rule_that_had_no_turn_still_has_its_times(client, arn, faults, aws_refuses):
    faults.error("AccessDeniedException", "Sign", times=1)
    faults.error("DisabledException", "Sign", times=1)
    for code in ("AccessDeniedException", "DisabledException"):
        with aws_refuses(code):
            _sign(client, arn)
    _sign(client, arn)


def test_times_hold_among_threads(client, arn, faults):
    faults.error("AccessDeniedException", "Sign", times=10)
    refused = []

    def work() -> None:
        for _ in range(10):
            try:
                _sign(client, arn)
            except ClientError:
                refused.append(1)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 10
    assert faults.calls.count("Sign") == 40
