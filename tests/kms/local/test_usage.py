"""When a key was last used, and the clock that the answers tell."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import pytest

START = 1_700_000_000.0


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


def _sign(client, key, **options):
    return client.sign(KeyId=key, Message=b"m", SigningAlgorithm="ECDSA_SHA_256", **options)


def test_a_key_that_was_never_used_has_been_tracked_since_it_was_made(connect, create, clock):
    client = connect(clock=clock)
    answer = client.get_key_last_usage(KeyId=create(client))
    assert answer["KeyLastUsage"] == {}
    assert answer["KeyCreationDate"] == answer["TrackingStartDate"] == datetime.fromtimestamp(START, UTC)


@pytest.mark.parametrize("where", ["memory", "folder"])
def test_the_last_signature_is_told_to_whoever_asks(connect, create, clock, tmp_path, where):
    place = ":memory:" if where == "memory" else tmp_path
    client = connect(place, clock=clock)
    key = create(client)
    signature = _sign(client, key)["Signature"]
    clock.now += 60
    client.verify(KeyId=key, Message=b"m", SigningAlgorithm="ECDSA_SHA_256", Signature=signature)
    asked = client if where == "memory" else connect(place, clock=clock)
    usage = asked.get_key_last_usage(KeyId=key)["KeyLastUsage"]
    assert (usage["Operation"], usage["Timestamp"]) == ("Verify", datetime.fromtimestamp(START + 60, UTC))


def test_what_signs_nothing_is_no_use(connect, create, clock):
    client = connect(clock=clock)
    key = create(client)
    client.get_public_key(KeyId=key)
    for refused in ({"DryRun": True}, {"MessageType": "DIGEST"}):
        with pytest.raises(client.exceptions.ClientError):
            _sign(client, key, **refused)
    assert client.get_key_last_usage(KeyId=key)["KeyLastUsage"] == {}


def test_the_use_of_a_disabled_key_is_still_told(connect, create, clock):
    client = connect(clock=clock)
    key = create(client)
    _sign(client, key)
    client.disable_key(KeyId=key)
    assert client.get_key_last_usage(KeyId=key)["KeyLastUsage"]["Operation"] == "Sign"


def test_a_key_of_an_alias_is_not_looked_up(connect, create, aws_refuses):
    client = connect()
    client.create_alias(AliasName="alias/x", TargetKeyId=create(client))
    with aws_refuses("NotFoundException"):
        client.get_key_last_usage(KeyId="alias/x")


def test_each_answer_tells_the_time_of_the_kms(connect, clock, create):
    client = connect(clock=clock)
    for answer in (client.list_keys(), client.describe_key(KeyId=create(client))):
        told = answer["ResponseMetadata"]["HTTPHeaders"]["date"]
        assert parsedate_to_datetime(told) == datetime.fromtimestamp(START, UTC)


def test_the_record_of_use_goes_with_its_key(connect, create, clock, tmp_path):
    client = connect(tmp_path, clock=clock)
    key = create(client)
    _sign(client, key)
    client.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    clock.now += 8 * 86_400
    connect(tmp_path, clock=clock)
    assert list((tmp_path / "eu-west-1").glob("*.used")) == []


def test_a_mac_is_a_use_too_but_one_that_is_wrong_is_none(connect, create, clock):
    client = connect(clock=clock)
    key = create(client, "HMAC_256", "GENERATE_VERIFY_MAC")
    told = {"KeyId": key, "Message": b"m", "MacAlgorithm": "HMAC_SHA_256"}
    for refused in ({"Mac": b"x"}, {"Mac": b"x", "DryRun": True}):
        with pytest.raises(client.exceptions.ClientError):
            client.verify_mac(**told, **refused)
    assert client.get_key_last_usage(KeyId=key)["KeyLastUsage"] == {}
    mac = client.generate_mac(**told)["Mac"]
    assert client.get_key_last_usage(KeyId=key)["KeyLastUsage"]["Operation"] == "GenerateMac"
    clock.now += 60
    client.verify_mac(**told, Mac=mac)
    assert client.get_key_last_usage(KeyId=key)["KeyLastUsage"]["Operation"] == "VerifyMac"


def test_a_use_that_an_earlier_release_recorded_has_no_ids(connect, create, tmp_path):
    client = connect(tmp_path)
    key = create(client)
    record = tmp_path / "eu-west-1" / f"{key.rpartition('/')[2]}.used"
    record.write_text('{"operation": "Sign", "time": 1.5}')
    usage = client.get_key_last_usage(KeyId=key)["KeyLastUsage"]
    assert usage == {"Operation": "Sign", "Timestamp": datetime.fromtimestamp(1.5, UTC)}
