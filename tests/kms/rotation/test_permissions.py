"""Every call of a rotation is allowed by the rotator's policy, in every situation that it can be in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from kmsjose import KeySet, kms
from kmsjose.algorithms import by_name
from kmsjose.errors import KMSError, RotationError
from kmsjose.kms import rotation
from kmsjose.kms.identifiers import Arn
from kmsjose.kms.local import Faults, attach
from kmsjose.kms.rotation.lock import LEASE
from kmsjose.kms.tags import write_tags
from tests.kms.guarded import Guard
from tests.kms.rotation.conftest import Clock, Issuer
from tests.kms.rotation.test_crash import STEPS, Stopped, run, stop_after

HOUR, DAY, SLACK = timedelta(hours=1), timedelta(days=1), timedelta(seconds=5)
#: For the alias that will be there or was; no key of it need be left.
KEY = kms.PolicyKey(
    Arn("aws", "eu-west-1", "111122223333", "key/gone"), "alias/issuer", "ECC_NIST_P256", (by_name("ES256"),)
)
RSA = kms.PolicyKey(KEY.arn, KEY.alias, "RSA_2048", (by_name("PS256"),))


class Parties:
    """Someone who may do everything, and a rotator whose client has a policy before it; both of the same keys."""

    def __init__(self, folder: Path, key: kms.PolicyKey = KEY) -> None:
        clock = Clock()
        self.root, self.rotator = (
            Issuer(kms.connect(local=":memory:", max_attempts=1), clock, Faults()) for _ in range(2)
        )
        self.guard = Guard(self.rotator.client, kms.iam_policy("rotator", [key]), self.root.client)
        self.move(folder)

    def move(self, folder: Path) -> None:
        """Go to the keys of another folder."""
        for one in (self.root, self.rotator):
            attach(one.client, folder, faults=one.faults, clock=one.clock)

    def prepare(self, before: Callable[[Issuer], object]) -> None:
        """Let root do what comes before a step of the rotator."""
        self.root.published = KeySet([])
        before(self.root)
        self.rotator.published = self.root.published


@pytest.fixture
def parties(tmp_path) -> Parties:
    return Parties(tmp_path)


@pytest.mark.parametrize("step", STEPS)
def test_each_step_is_allowed(parties, step):
    before, do, expected = STEPS[step]
    parties.prepare(before)
    do(parties.rotator)
    assert parties.root.stages() == expected
    assert parties.guard.denied == set()


@pytest.mark.parametrize("step", STEPS)
def test_each_step_is_allowed_while_no_change_of_it_counts_yet(parties, step):
    """AWS may take five minutes until the change of an alias or tag counts in permissions."""
    before, do, expected = STEPS[step]
    parties.prepare(before)
    parties.guard.freeze()
    do(parties.rotator)
    assert parties.root.stages() == expected
    assert parties.guard.denied == set()


@pytest.mark.parametrize("which", ["active", "staged", "replaced", "pending deletion", "unknown"])
def test_a_key_may_be_revoked(parties, which):
    parties.prepare(STEPS["retire"][0])
    keys = {key.stage.value: key for key in parties.root.read().keys}
    keys["staged"] = rotation.stage(parties.root.client, "issuer")
    if which == "pending deletion":
        keys[which] = keys["replaced"]
        kms.schedule_deletion(parties.root.client, keys[which].arn)
    if which == "unknown":
        kms.create_key(parties.root.client, "ES256", alias="payments")
        with pytest.raises(RotationError):
            rotation.revoke(parties.rotator.client, "issuer", "unknown")
        assert parties.guard.denied <= {"DescribeKey"}  # of keys that are somebody else's
        return
    revoked = rotation.revoke(parties.rotator.client, "issuer", keys[which].kid)
    assert revoked.arn == keys[which].arn
    assert parties.guard.denied == set()


# Where the lock is on a key that has no alias yet, or no tag, and where a key leaves the rotation.
@pytest.mark.slow
@pytest.mark.parametrize("step", ["stage the first", "adopt", "drop: delete"])
def test_what_a_killed_rotator_left_may_be_taken_over(parties, tmp_path, step):
    before, do, expected = STEPS[step]
    for stop in range(100):
        parties.move(tmp_path / str(stop))
        parties.prepare(before)
        stop_after(parties.rotator.faults, stop)
        ended = run(do, parties.rotator)
        parties.rotator.faults.clear()
        parties.root.clock.advance(LEASE + SLACK)
        do(parties.rotator)
        assert parties.root.stages() == expected, stop
        assert parties.root.read().aliases.locks == (), stop
        assert parties.guard.denied == set(), stop
        if ended:
            break
    assert stop > 5


def test_the_first_key_of_a_name_is_allowed_beside_keys_of_others(parties):
    kms.create_key(parties.root.client, "ES256", alias="payments")
    nameless = kms.create_key(parties.root.client, "ES256", tags={"kmsjose:rotation": "payments"})
    first = rotation.stage(parties.rotator.client, "issuer", "ES256", tags={"team": "identity"}, description="tokens")
    assert parties.guard.denied == set()
    assert first.arn != nameless
    assert rotation.promote_unseen(parties.rotator.client, "issuer").arn == first.arn


def test_a_key_that_a_killed_rotator_made_is_taken_up_beside_keys_of_others(parties):
    """The keys of others that have no alias are looked at, and AWS says that this is none of the rotator's business."""
    parties.root.start()
    kms.create_key(parties.root.client, "ES256", tags={"kmsjose:rotation": "payments"})
    known = set(parties.root.living())
    # The lock has an alias too, so it is the second one that is not made.
    made_before = []
    parties.rotator.faults.add(lambda _url: _stop_at_second(made_before), "CreateAlias")
    with pytest.raises(Stopped):
        rotation.stage(parties.rotator.client, "issuer", "ES256")
    parties.rotator.faults.clear()
    (made,) = set(parties.root.living()) - known
    assert rotation.stage(parties.rotator.client, "issuer", "ES256").arn == made
    assert parties.guard.denied <= {"ListResourceTags"}


def _stop_at_second(calls: list[int]) -> None:
    calls.append(1)
    if len(calls) > 1:
        raise Stopped


def test_rsa_keys_are_rotated_by_a_policy_of_their_size(tmp_path):
    parties = Parties(tmp_path, RSA)
    kms.create_key(parties.root.client, "PS256", bits=2048, alias="issuer")
    key = rotation.stage(parties.rotator.client, "issuer", bits=2048, active_alg="PS256")
    assert key.algorithm.name == "PS256"
    assert rotation.promote_unseen(parties.rotator.client, "issuer").arn == key.arn
    assert parties.guard.denied == set()


def test_the_next_key_may_be_a_multi_region_key(parties):
    parties.root.start()
    assert "key/mrk-" in rotation.stage(parties.rotator.client, "issuer", multi_region=True).arn
    assert parties.guard.denied == set()


@pytest.mark.parametrize("alg", ["ES384", "PS256"])
def test_a_key_of_another_kind_is_not_made_and_the_lock_is_released(parties, alg):
    parties.root.start()
    with pytest.raises(KMSError) as caught:
        rotation.stage(parties.rotator.client, "issuer", alg)
    assert caught.value.code == "access-denied"
    assert parties.root.stages() == ["active"]
    assert parties.root.read().aliases.locks == ()


def test_a_rotator_waits_the_longest_for_a_deletion(parties):
    parties.prepare(STEPS["drop: delete"][0])
    with pytest.raises(KMSError) as caught:
        rotation.drop(parties.rotator.client, "issuer", DAY, days=7)
    assert (caught.value.code, parties.guard.denied) == ("access-denied", {"ScheduleKeyDeletion"})
    assert parties.root.stages() == ["disabled", "active"]
    (gone,) = rotation.drop(parties.rotator.client, "issuer", DAY)
    assert gone.scheduled


def test_a_rotator_brings_no_key_into_a_rotation_whose_name_begins_alike(parties):
    """A key with an alias of a rotation is published with it, and its signers may use it."""
    first = parties.root.start()
    for alias in (f"issuer/eu/key/{first.id}", "issuer/eu", "issuer2", f"issuer2/key/{first.id}"):
        with pytest.raises(KMSError) as caught:
            kms.set_alias(parties.rotator.client, first.arn, alias)
        assert caught.value.code == "access-denied"
    assert rotation.names(parties.root.client) == ("issuer",)


def test_a_rotator_takes_no_key_of_another_rotation_that_has_no_alias_yet(parties):
    theirs = kms.create_key(parties.root.client, "ES256", tags={"kmsjose:rotation": "payments"})
    with pytest.raises(KMSError) as caught:
        write_tags(parties.rotator.client, theirs, {"kmsjose:rotation": "issuer"})
    assert caught.value.code == "access-denied"
