"""Two rotators at once, and what a killed one leaves."""

from __future__ import annotations

import logging
import os
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta

import pytest

from kmsjose import kms
from kmsjose.errors import RotationError
from kmsjose.kms import rotation
from kmsjose.kms.local import server
from kmsjose.kms.rotation.clock import kms_clock
from kmsjose.kms.rotation.lock import LEASE, LOCK, Lock, held
from kmsjose.kms.rotation.names import LAST_GENERATION


class Killed(BaseException):
    """The process ends here."""


def kill(issuer, operation: str) -> None:
    """Let the process be killed before its next call of an operation; it calls nothing more."""
    dead = threading.Event()

    def strike(_url: str) -> None:
        dead.set()
        raise Killed

    def after(_url: str) -> None:
        if dead.is_set():
            raise Killed

    issuer.faults.add(after)
    issuer.faults.add(strike, operation)


def killed_in_stage(issuer) -> None:
    kill(issuer, "CreateKey")
    with pytest.raises(Killed):
        rotation.stage(issuer.client, "issuer")
    issuer.faults.clear()


def test_who_comes_second_is_told_by_whom_and_until_when(issuer, not_yet):
    issuer.start()
    told = []

    def other() -> None:
        with not_yet("locked") as caught:
            rotation.stage(issuer.client, "issuer")
        told.append(caught.value.message)

    issuer.faults.before("CreateKey", other)
    rotation.stage(issuer.client, "issuer")
    assert "is at work on issuer; if it was killed, go on after 20" in told[0]
    assert "or remove alias/issuer/lock/1 by `kmsjose key unalias`" in told[0]
    assert issuer.stages() == ["active", "staged"]
    assert issuer.read().aliases.locks == ()


def test_a_lock_is_removed_after_a_step_that_failed(issuer, not_yet):
    issuer.start()
    rotation.stage(issuer.client, "issuer")
    with not_yet("not-published"):
        rotation.promote(issuer.client, "issuer", issuer.published)
    assert issuer.read().aliases.locks == ()
    assert all(LOCK not in key.info.tags for key in issuer.read().keys)


def test_the_lock_of_a_killed_rotator_ends_by_itself(issuer, not_yet):
    issuer.start()
    killed_in_stage(issuer)
    with not_yet("locked"):
        rotation.stage(issuer.client, "issuer")
    issuer.clock.advance(LEASE + timedelta(seconds=2))
    rotation.stage(issuer.client, "issuer")
    assert issuer.stages() == ["active", "staged"]
    assert issuer.read().aliases.locks == ()


def test_a_lock_whose_owner_was_killed_before_it_said_its_name_ends_too(issuer, not_yet):
    issuer.start()
    kill(issuer, "TagResource")
    with pytest.raises(Killed):
        rotation.stage(issuer.client, "issuer")
    issuer.faults.clear()
    with not_yet("locked") as caught:
        rotation.stage(issuer.client, "issuer")
    assert caught.value.message.startswith("unknown is at work on issuer")
    issuer.clock.advance(LEASE + timedelta(seconds=2))
    rotation.stage(issuer.client, "issuer")
    assert issuer.stages() == ["active", "staged"]


def test_a_lock_of_which_kms_does_not_tell_when_it_was_made_is_one_that_was_just_made(issuer, not_yet, monkeypatch):
    issuer.start()
    kill(issuer, "TagResource")
    with pytest.raises(Killed):
        rotation.stage(issuer.client, "issuer")
    issuer.faults.clear()
    issuer.clock.advance(LEASE + timedelta(seconds=2))
    genuine = server.OPERATIONS["ListAliases"]

    def undated(region, request):
        aliases = [{**entry} for entry in genuine(region, request)["Aliases"]]
        for entry in aliases:
            entry.pop("CreationDate", None)
        return {"Aliases": aliases, "Truncated": False}

    monkeypatch.setitem(server.OPERATIONS, "ListAliases", undated)
    with not_yet("locked"):
        rotation.stage(issuer.client, "issuer")


def test_a_first_key_belongs_to_the_rotation_before_its_lock_is_taken(issuer):
    kill(issuer, "TagResource")
    with pytest.raises(Killed):
        rotation.stage(issuer.client, "issuer", "ES256")
    issuer.faults.clear()
    assert issuer.stages() == ["staged"]
    issuer.clock.advance(LEASE + timedelta(seconds=2))
    assert [rotation.stage(issuer.client, "issuer", "ES256").arn] == issuer.living()


def test_the_lock_is_that_of_the_key_that_signs(issuer):
    issuer.start()
    rotation.stage(issuer.client, "issuer")
    second = rotation.promote_unseen(issuer.client, "issuer")
    seen = []
    issuer.faults.before("CreateKey", lambda: seen.extend(issuer.read().aliases.locks))
    rotation.stage(issuer.client, "issuer")
    assert [lock.key_id for lock in seen] == [second.id]


def test_of_two_who_take_over_at_once_one_goes_on(issuer, not_yet):
    issuer.start()
    killed_in_stage(issuer)
    issuer.clock.advance(LEASE + timedelta(seconds=2))
    refused = []

    def other() -> None:
        with not_yet("locked"):
            rotation.stage(issuer.client, "issuer")
        refused.append(True)

    issuer.faults.before("CreateKey", other)
    rotation.stage(issuer.client, "issuer")
    assert refused == [True]
    assert issuer.stages() == ["active", "staged"]


def test_one_who_was_overtaken_before_he_locked_gives_way(issuer):
    issuer.start()
    outcomes = []

    def other() -> None:
        issuer.faults.before("CreateKey", lambda: outcomes.append("working"))
        outcomes.append(rotation.stage(issuer.client, "issuer").stage.value)

    issuer.faults.before("CreateAlias", other)
    rotation.stage(issuer.client, "issuer")
    assert outcomes == ["working", "staged"]
    assert issuer.stages() == ["active", "staged"]


def test_who_took_a_number_that_came_free_gives_way_to_one_who_began_anew(issuer, not_yet):
    """While it was about to take over, another did, was done, and the next has the first number again."""
    key = issuer.start()
    killed_in_stage(issuer)
    issuer.clock.advance(LEASE + timedelta(seconds=2))

    def others() -> None:
        issuer.client.delete_alias(AliasName="alias/issuer/lock/1")
        issuer.client.create_alias(AliasName="alias/issuer/lock/1", TargetKeyId=key.arn)

    issuer.faults.before("CreateAlias", others)
    with not_yet("locked") as caught:
        rotation.stage(issuer.client, "issuer")
    assert "has locked at the same time" in caught.value.message
    assert [lock.generation for lock in issuer.read().aliases.locks] == [1]
    assert issuer.stages() == ["active"]


def test_a_step_that_took_too_long_moves_nothing(issuer, not_yet, monkeypatch):
    first = issuer.start()
    rotation.stage(issuer.client, "issuer")
    monkeypatch.setattr("kmsjose.kms.rotation.lock.LEASE", timedelta(seconds=1))
    with not_yet("locked"):
        rotation.promote_unseen(issuer.client, "issuer")
    assert issuer.read().active.arn == first.arn


@pytest.fixture
def late(monkeypatch):
    """From now on, every step takes longer than its lock lasts."""
    return lambda: monkeypatch.setattr("kmsjose.kms.rotation.lock.LEASE", timedelta(seconds=1))


@pytest.fixture
def retired(issuer):
    first = issuer.start()
    rotation.stage(issuer.client, "issuer")
    rotation.promote_unseen(issuer.client, "issuer")
    rotation.retire(issuer.client, "issuer", timedelta(hours=1), timedelta(0))
    return first


def test_a_step_that_took_too_long_revokes_nothing(issuer, retired, late, not_yet):
    late()
    with not_yet("locked"):
        rotation.revoke_replaced(issuer.client, "issuer")
    key = issuer.read().keys[0]
    assert (key.arn, key.enabled, key.revoked) == (retired.arn, True, None)


def test_a_step_that_took_too_long_disables_nothing(issuer, retired, late, not_yet):
    issuer.clock.advance(timedelta(days=2))
    late()
    with not_yet("locked"):
        rotation.drop(issuer.client, "issuer")
    key = issuer.read().keys[0]
    assert (key.arn, key.enabled, key.disabled) == (retired.arn, True, None)


def test_a_step_that_took_too_long_deletes_nothing(issuer, retired, late, not_yet):
    issuer.clock.advance(timedelta(days=2))
    rotation.drop(issuer.client, "issuer", timedelta(0))
    issuer.clock.advance(timedelta(days=2))
    late()
    with not_yet("locked"):
        rotation.drop(issuer.client, "issuer", timedelta(0))
    assert issuer.read().keys[0].info.state == "Disabled"


@pytest.mark.parametrize("begun", [True, False])
def test_many_at_once_make_one_key_and_lose_none(tmp_path, begun):
    clients = [kms.connect(local=tmp_path) for _ in range(4)]
    if begun:
        rotation.stage(clients[0], "issuer", "ES256")
        rotation.promote_unseen(clients[0], "issuer")
    before = len(list(kms.list_keys(clients[0])))

    def stage(client) -> str:
        try:
            return rotation.stage(client, "issuer", "ES256").arn
        except RotationError as error:
            assert error.code == "locked"
            return ""

    with ThreadPoolExecutor(4) as pool:
        told = set(pool.map(stage, clients)) - {""}
    told |= {stage(clients[0])}
    made = len(list(kms.list_keys(clients[0]))) - before
    waiting = [key for key in rotation.read(clients[0], "issuer").keys if key.stage == "staged"]
    # Where there is no key yet to lock, some may make one each: all of them belong to the rotation, and wait.
    assert made == len(waiting)
    assert made == 1 or not begun
    assert told <= {key.arn for key in waiting}


def test_the_lock_of_one_who_came_back_too_late_is_left_to_the_next(issuer, monkeypatch):
    issuer.start()
    taken = []

    def sleep_and_be_overtaken() -> None:
        now = time.monotonic()
        monkeypatch.setattr("time.monotonic", lambda: now + 400)
        issuer.clock.advance(LEASE + timedelta(seconds=2))
        with held(issuer.client, "issuer", issuer.read().active.arn, kms_clock(issuer.client)):
            taken.append([lock.generation for lock in issuer.read().aliases.locks])

    with held(issuer.client, "issuer", issuer.read().active.arn, kms_clock(issuer.client)) as late:
        sleep_and_be_overtaken()
        with pytest.raises(RotationError):
            late.check()
    assert taken == [[2]]


def test_the_lock_of_one_who_came_back_too_late_is_left_to_the_next_that_has_its_number(issuer, monkeypatch):
    arn, late, now = issuer.start().arn, ExitStack(), time.monotonic()
    late.enter_context(held(issuer.client, "issuer", arn, kms_clock(issuer.client)))
    monkeypatch.setattr("time.monotonic", lambda: now + 400)
    issuer.clock.advance(LEASE + timedelta(seconds=2))
    with held(issuer.client, "issuer", arn, kms_clock(issuer.client)):
        pass
    with held(issuer.client, "issuer", arn, kms_clock(issuer.client)):
        late.close()
        assert [lock.generation for lock in issuer.read().aliases.locks] == [1]
        assert LOCK in issuer.read().active.info.tags
    assert issuer.read().aliases.locks == ()


@pytest.mark.parametrize(
    "expired, following",
    [([], 1), ([3], 4), ([2, 7], 8), ([LAST_GENERATION - 1], LAST_GENERATION), ([1, LAST_GENERATION], 2)],
)
def test_who_takes_over_has_the_next_number(issuer, expired, following):
    key = issuer.start()
    for number in expired:
        issuer.client.create_alias(AliasName=f"alias/issuer/lock/{number}", TargetKeyId=key.arn)
    issuer.clock.advance(LEASE + timedelta(seconds=2))
    with held(issuer.client, "issuer", key.arn, kms_clock(issuer.client)):
        assert [lock.generation for lock in issuer.read().aliases.locks] == [following]


@pytest.mark.parametrize("left, enough", [(timedelta(seconds=65), True), (timedelta(seconds=55), False)])
def test_a_minute_must_be_left_for_a_call_that_matters(issuer, not_yet, left, enough):
    clock = kms_clock(issuer.client)
    lock = Lock(issuer.client, clock.now() + left, clock)
    if enough:
        lock.check()
    else:
        with not_yet("locked"):
            lock.check()


@pytest.mark.parametrize(
    "host, written",
    [("build-7.example.com", "build-7.example.com"), ("Ana's_Büro", "Ana-s-B-ro"), ("x" * 65, "x" * 64)],
)
def test_an_owner_is_told_by_characters_that_a_tag_can_hold(issuer, monkeypatch, host, written):
    monkeypatch.setattr("socket.gethostname", lambda: host)
    key = issuer.start()
    with held(issuer.client, "issuer", key.arn, kms_clock(issuer.client)):
        number, owner, _ = kms.describe_key(issuer.client, key.arn).tags[LOCK].split(" ")
    assert number == "1"
    assert re.fullmatch(rf"{re.escape(written)}:{os.getpid()}:[0-9a-f]{{8}}", owner)


def test_the_tag_of_the_lock_before_says_nothing_of_the_next(issuer, not_yet):
    key = issuer.start()
    issuer.client.create_alias(AliasName="alias/issuer/lock/2", TargetKeyId=key.arn)
    over = [{"TagKey": LOCK, "TagValue": "1 alice:1:0 2026-01-31T12:00:00Z"}]
    issuer.client.tag_resource(KeyId=key.arn, Tags=over)
    with not_yet("locked") as caught:
        rotation.stage(issuer.client, "issuer")
    assert caught.value.message.startswith("unknown is at work on issuer")


def test_an_expired_lock_that_somebody_removes_meanwhile_is_no_obstacle(issuer):
    issuer.start()
    killed_in_stage(issuer)
    issuer.clock.advance(LEASE + timedelta(seconds=2))
    issuer.faults.before("DeleteAlias", lambda: kms.delete_alias(issuer.client, "issuer/lock/1"))
    assert rotation.stage(issuer.client, "issuer").stage == "staged"
    assert issuer.read().aliases.locks == ()


@pytest.mark.parametrize("operation", ["DeleteAlias", "UntagResource"])
def test_a_lock_that_cannot_be_removed_fails_no_step_and_is_logged(issuer, caplog, operation):
    issuer.start()
    issuer.faults.error("AccessDeniedException", operation)
    with (
        caplog.at_level(logging.WARNING, "kmsjose.kms"),
        held(issuer.client, "issuer", issuer.read().active.arn, kms_clock(issuer.client)),
    ):
        pass
    (message,) = caplog.messages
    assert message == "alias/issuer/lock/1 could not be cleaned up (access-denied); it ends after 0:05:00"
