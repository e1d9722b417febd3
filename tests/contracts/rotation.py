"""What a rotation is to its keys and tokens, whichever KMS holds them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from kmsjose import KeySet, jwt, kms
from kmsjose.errors import RotationError
from kmsjose.kms import rotation
from tests.contracts.waiting import once_due, wait_until

NONE, MOMENT, HOUR = timedelta(0), timedelta(microseconds=1), timedelta(hours=1)
ROTATORS = 4


class RotationContract:
    """Subclass it, and give it the fixture ``client``, and ``unique``: a name that no other test uses."""

    @pytest.fixture
    def begun(self, client: Any, unique: str) -> rotation.RotationKey:
        """The first key of a rotation, which signs."""
        rotation.stage(client, unique, "ES256")
        return rotation.promote_unseen(client, unique)

    @pytest.fixture
    def published(self, client: Any, unique: str, begun: rotation.RotationKey) -> KeySet:
        """What is published once a second key was staged."""
        rotation.stage(client, unique)
        return rotation.keys_to_publish(client, [unique], KeySet([]))

    def stages(self, client: Any, name: str) -> list[str]:
        """The stages of the keys, sorted: an endpoint may tell the age of a key in whole seconds."""
        return sorted(key.stage.value for key in rotation.read(client, name).keys)

    def test_a_key_goes_from_its_making_to_its_deletion_and_every_token_verifies(self, client, unique, begun):
        source = kms.follow(client, f"alias/{unique}", ttl=MOMENT)
        old_token = jwt.sign({"sub": "alice"}, source)

        second = rotation.stage(client, unique)
        assert self.stages(client, unique) == ["active", "staged"]
        published = rotation.keys_to_publish(client, [unique], KeySet([]))
        assert {key.kid for key in published} == {begun.kid, second.kid}

        assert rotation.promote(client, unique, published, NONE).arn == second.arn
        assert self.stages(client, unique) == ["active", "replaced"]
        new_token = jwt.sign({"sub": "alice"}, source)
        assert source.key_arn == second.arn
        for token, kid in ((old_token, begun.kid), (new_token, second.kid)):
            assert jwt.verify(token, published, require=()).key.kid == kid

        (retired,) = rotation.retire(client, unique, NONE, NONE)
        assert (retired.arn, retired.stage) == (begun.arn, "retired")
        (disabled,) = once_due(lambda: rotation.drop(client, unique, NONE))
        assert (disabled.arn, disabled.scheduled) == (begun.arn, False)
        assert kms.describe_key(client, begun.arn).state == "Disabled"
        wait_until(lambda: [key.kid for key in rotation.keys_to_publish(client, [unique], published)] == [second.kid])
        (deleted,) = once_due(lambda: rotation.drop(client, unique, NONE, days=7))
        assert deleted.scheduled
        assert kms.describe_key(client, begun.arn).state == "PendingDeletion"
        assert self.stages(client, unique) == ["active", "dropped"]
        assert jwt.sign({"sub": "alice"}, source)

    def test_each_step_may_be_repeated(self, client, unique, begun, published):
        assert {rotation.stage(client, unique).kid, begun.kid} == {key.kid for key in published}
        assert len({rotation.promote(client, unique, published, NONE).arn for _ in range(2)}) == 1
        first, second = (rotation.retire(client, unique, HOUR, HOUR) for _ in range(2))
        assert first[0].published_until == second[0].published_until
        with pytest.raises(RotationError) as caught:
            rotation.drop(client, unique)
        assert caught.value.code == "not-due"
        assert self.stages(client, unique) == ["active", "retired"]
        assert set(rotation.keys_to_publish(client, [unique], published)) == set(published)

    def test_a_key_is_promoted_only_once_it_was_published_for_long_enough(self, client, unique, begun, published):
        without = KeySet(key for key in published if key.kid == begun.kid)
        for keys, code in ((without, "not-published"), (published, "not-due")):
            with pytest.raises(RotationError) as caught:
                rotation.promote(client, unique, keys, HOUR)
            assert caught.value.code == code
        assert self.stages(client, unique) == ["active", "staged"]

    def test_a_key_that_was_made_before_takes_part(self, client, unique):
        arn = kms.create_key(client, "ES256", alias=unique)
        rotation.stage(client, unique)
        assert self.stages(client, unique) == ["active", "staged"]
        assert rotation.read(client, unique).active.arn == arn
        assert unique in rotation.names(client)

    def test_of_rotators_at_once_one_works_and_the_others_are_told(self, client, unique, begun):
        def stage(_number: int) -> str:
            try:
                return rotation.stage(client, unique).arn
            except RotationError as error:
                return error.code

        with ThreadPoolExecutor(ROTATORS) as pool:
            told = set(pool.map(stage, range(ROTATORS)))
        staged = rotation.stage(client, unique)  # It may be that each of them gave way to another.
        assert told <= {staged.arn, "locked"}
        assert self.stages(client, unique) == ["active", "staged"]
        assert rotation.read(client, unique).aliases.locks == ()

    def test_a_lock_keeps_others_away_until_it_is_removed(self, client, unique, begun):
        lock = f"alias/{unique}/lock/1"
        client.create_alias(AliasName=lock, TargetKeyId=begun.arn)
        with pytest.raises(RotationError) as caught:
            rotation.stage(client, unique)
        assert caught.value.code == "locked"
        kms.delete_alias(client, lock)
        rotation.stage(client, unique)
        assert rotation.read(client, unique).aliases.locks == ()

    def test_a_lock_can_be_taken_once(self, client, unique, begun):
        lock = {"AliasName": f"alias/{unique}/lock/1", "TargetKeyId": begun.arn}
        client.create_alias(**lock)
        with pytest.raises(client.exceptions.AlreadyExistsException):
            client.create_alias(**lock)

    def test_the_tags_of_a_rotation_are_kept_and_its_lock_leaves_none(self, client, unique, begun):
        tags = kms.describe_key(client, begun.arn).tags
        assert tags is not None
        assert set(tags) == {"kmsjose:kid", "kmsjose:rotation", "kmsjose:promoted"}
        assert (tags["kmsjose:kid"], tags["kmsjose:rotation"]) == (begun.kid, unique)
