"""A source of signers that follows its alias."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from kmsjose import KeySet, KMSSigner, SignerSource, cose, jwt, kms
from kmsjose.errors import InputError, KMSError
from kmsjose.kms.local import Faults

TTL, STALE = timedelta(minutes=5), timedelta(hours=1)


@pytest.fixture
def faults():
    return Faults()


@pytest.fixture
def client(faults):
    return kms.connect(local=":memory:", faults=faults, max_attempts=1)


@pytest.fixture
def old(client):
    return kms.create_key(client, "ES256", alias="issuer")


@pytest.fixture
def new(client, old):
    return kms.create_key(client, "ES256")


class Time:
    """The two clocks of this machine."""

    def __init__(self) -> None:
        self.steady, self.wall = 1000.0, 1_800_000_000.0

    def advance(self, span: timedelta) -> None:
        self.steady += span.total_seconds()
        self.wall += span.total_seconds()


@pytest.fixture
def time(monkeypatch):
    clock = Time()
    monkeypatch.setattr("kmsjose.kms.following.time.monotonic", lambda: clock.steady)
    monkeypatch.setattr("kmsjose.kms.following.time.time", lambda: clock.wall)
    return clock


@pytest.fixture
def source(client, old, time):
    source = kms.follow(client, "alias/issuer", ttl=TTL, max_stale=STALE)
    assert source.current().key_arn == old
    return source


@pytest.fixture
def moved(client, source, new):
    """The key that the alias has moved to since the source was opened."""
    kms.set_alias(client, new, "issuer")
    return new


def test_it_is_a_source_that_every_format_takes(client, source):
    assert isinstance(source, SignerSource)
    keys = KeySet([source.current().public_key])
    jwt.verify(jwt.sign({"sub": "a"}, source), keys, require=())
    cose.verify1(cose.sign1(b"m", source), keys)


def test_an_alias_that_moved_is_noticed_when_it_is_time(client, source, old, new, time):
    kms.set_alias(client, new, "issuer")
    time.advance(TTL * 0.89)
    assert source.current().key_arn == old
    time.advance(TTL * 0.12)
    assert source.current().key_arn == new
    assert source.key_arn == new


def test_kid_and_signature_belong_together_whenever_the_alias_moves(client, source, old, new, time, faults):
    keys = KeySet(KMSSigner.open(client, arn).public_key for arn in (old, new))

    def move() -> None:
        kms.set_alias(client, new if kms.resolve(client, "alias/issuer") == old else old, "issuer")

    for operation in ("Sign", "GetPublicKey", "ListResourceTags"):
        faults.before(operation, move, times=None)
        for _ in range(6):
            time.advance(TTL)
            jwt.verify(jwt.sign({"sub": "a"}, source), keys, require=())
        faults.clear()


def test_the_kid_and_alg_of_the_tags_are_followed(client, time):
    one = kms.create_key(client, "PS256", bits=2048, alias="rsa", tags={"kmsjose:alg": "PS256", "kmsjose:kid": "one"})
    two = kms.create_key(client, "RS512", bits=2048, tags={"kmsjose:alg": "RS512", "kmsjose:kid": "two"})
    source = kms.follow(client, "alias/rsa")
    assert (source.key_arn, source.current().public_key.kid) == (one, "one")
    kms.set_alias(client, two, "rsa")
    time.advance(TTL)
    assert (source.current().public_key.kid, source.current().public_key.algorithm.name) == ("two", "RS512")


def test_it_signs_on_through_a_failed_look_and_says_so(source, moved, old, time, faults, caplog):
    faults.unavailable("GetPublicKey")
    time.advance(TTL)
    with caplog.at_level(logging.INFO, "kmsjose.kms"):
        for _ in range(3):
            assert source.current().key_arn == old
            time.advance(timedelta(seconds=11))
        assert source.failure.code == "unavailable"
        faults.clear()
        assert source.current().key_arn == moved
    assert source.failure is None
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]


def test_a_failed_look_is_not_repeated_for_each_signature(client, source, time, faults):
    faults.unavailable("GetPublicKey")
    time.advance(TTL)
    for _ in range(20):
        source.current()
    assert faults.calls.count("GetPublicKey") == 2  # one of them when it was opened


def test_it_stops_when_its_key_may_no_longer_be_published(client, source, new, time, faults):
    faults.unavailable("GetPublicKey")
    time.advance(STALE)
    for _ in range(2):
        with pytest.raises(KMSError) as caught:
            source.current()
        assert caught.value.code == "stale-alias"
        assert caught.value.__cause__ is source.failure
        assert source.failure.code == "unavailable"
    kms.set_alias(client, new, "issuer")
    faults.clear()
    time.advance(timedelta(seconds=11))
    assert source.current().key_arn == new


def test_a_source_that_was_idle_looks_before_it_signs(client, source, new, time):
    kms.set_alias(client, new, "issuer")
    time.advance(10 * STALE)
    assert source.current().key_arn == new


@pytest.mark.parametrize("jump", [timedelta(days=-400), timedelta(days=400)])
def test_a_clock_that_jumps_neither_stops_it_nor_lets_it_sleep(client, source, new, time, jump):
    time.wall += jump.total_seconds()
    source.current()
    kms.set_alias(client, new, "issuer")
    time.steady += TTL.total_seconds()
    assert source.current().key_arn == new


def test_a_machine_that_was_frozen_looks_at_once(client, source, new, time):
    kms.set_alias(client, new, "issuer")
    time.wall += TTL.total_seconds()  # The other clock stood still.
    assert source.current().key_arn == new


def test_an_alias_that_was_moved_to_what_cannot_sign_changes_nothing(client, source, old, time):
    other = client.create_key(KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT")["KeyMetadata"]["KeyId"]
    client.delete_alias(AliasName="alias/issuer")
    client.create_alias(AliasName="alias/issuer", TargetKeyId=other)
    time.advance(TTL)
    assert source.current().key_arn == old
    assert isinstance(source.failure, InputError)


def test_a_key_that_was_disabled_makes_it_look_at_once(client, source, old, new, time):
    kms.set_alias(client, new, "issuer")
    kms.disable_key(client, old)
    time.advance(timedelta(seconds=2))
    with pytest.raises(KMSError):
        jwt.sign({"sub": "a"}, source)
    assert source.current().key_arn == new


def test_a_key_that_stays_disabled_is_not_looked_up_for_each_signature(client, source, old, time, faults):
    kms.disable_key(client, old)
    time.advance(timedelta(seconds=2))
    for _ in range(10):
        with pytest.raises(KMSError):
            jwt.sign({"sub": "a"}, source)
    assert faults.calls.count("GetPublicKey") == 2  # one of them when it was opened


def test_tags_that_may_not_be_listed_do_not_change_the_kid(client, time, faults):
    kms.create_key(client, "ES256", alias="imported", tags={"kmsjose:kid": "2019-key"})
    source = kms.follow(client, "alias/imported")
    faults.error("AccessDeniedException", "ListResourceTags")
    time.advance(TTL)
    assert source.current().public_key.kid == "2019-key"
    assert source.failure.code == "access-denied"


def test_an_rsa_key_whose_tags_name_no_algorithm_is_told_it(client, time, refused):
    made = client.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")
    kms.set_alias(client, made["KeyMetadata"]["Arn"], "rsa")
    with refused("alg-required", InputError):
        kms.follow(client, "alias/rsa")
    assert kms.follow(client, "alias/rsa", "PS384").current().public_key.algorithm.name == "PS384"


def test_threads_share_one_look(client, source, time, faults):
    time.advance(TTL)
    inside, go_on = threading.Event(), threading.Event()

    def wait() -> None:
        inside.set()
        assert go_on.wait(10)

    faults.before("GetPublicKey", wait)
    with ThreadPoolExecutor(9) as pool:
        looking = pool.submit(source.current)
        assert inside.wait(10)
        others = [pool.submit(source.current) for _ in range(8)]
        assert {other.result(10).key_arn for other in others} == {source.key_arn}
        go_on.set()
        looking.result(10)
    assert faults.calls.count("GetPublicKey") == 2


def test_what_cannot_be_followed_is_told_at_once(client, refused):
    with refused("not-found", KMSError):
        kms.follow(client, "alias/none")
    with refused("usage", InputError):
        kms.follow(client, "no such name")


@pytest.mark.parametrize("ttl,stale", [(timedelta(0), STALE), (STALE, TTL), (-TTL, TTL)])
def test_times_that_make_no_sense_are_refused(client, old, refused, ttl, stale):
    with refused("usage", InputError):
        kms.follow(client, "alias/issuer", ttl=ttl, max_stale=stale)
