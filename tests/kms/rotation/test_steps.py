"""A rotation from the first key to the last step, and what each step refuses."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from kmsjose import KeySet, KMSSigner, jwt, kms
from kmsjose.errors import InputError, KMSError
from kmsjose.kms import rotation
from kmsjose.kms.local import server
from kmsjose.kms.rotation.clock import written
from kmsjose.kms.rotation.lock import LEASE

HOUR, DAY, SECOND = timedelta(hours=1), timedelta(days=1), timedelta(seconds=1)
#: More than the seconds by which the times of a rotation are rounded.
SLACK = timedelta(seconds=5)


def test_a_key_goes_from_its_making_to_its_deletion(issuer):
    first = issuer.start()
    assert issuer.stages() == ["active"]
    old_token = issuer.token()
    issuer.clock.advance(30 * DAY)

    second = rotation.stage(issuer.client, "issuer")
    assert issuer.stages() == ["active", "staged"]
    promoted = issuer.promote()
    assert (promoted.arn, promoted.stage) == (second.arn, "active")
    assert issuer.stages() == ["replaced", "active"]

    (retired,) = rotation.retire(issuer.client, "issuer", DAY, HOUR)
    assert retired.arn == first.arn
    issuer.clock.advance(DAY)
    jwt.verify(old_token, issuer.publish(), require=())
    jwt.verify(issuer.token(), issuer.published, require=())

    issuer.clock.advance(HOUR + SLACK)
    assert [key.kid for key in issuer.publish()] == [second.kid]
    (gone,) = rotation.drop(issuer.client, "issuer", 7 * DAY)
    assert (gone.arn, gone.kid, gone.scheduled, gone.revoked) == (first.arn, first.kid, False, False)
    assert gone.until == issuer.read().keys[0].disabled + 7 * DAY
    assert kms.describe_key(issuer.client, first.arn).state == "Disabled"

    issuer.clock.advance(7 * DAY + SLACK)
    (gone,) = rotation.drop(issuer.client, "issuer", 7 * DAY, days=7)
    info = kms.describe_key(issuer.client, first.arn)
    assert (gone.arn, gone.kid, gone.scheduled, gone.until) == (first.arn, first.kid, True, info.deletion)
    assert info.state == "PendingDeletion"
    assert issuer.stages() == ["dropped", "active"]
    assert rotation.drop(issuer.client, "issuer") == ()


class TestStage:
    def test_the_first_key_needs_its_algorithm(self, issuer, refused):
        with refused("alg-required", InputError):
            rotation.stage(issuer.client, "issuer")
        assert issuer.living() == []

    def test_it_is_made_once_however_often_it_is_staged(self, issuer):
        keys = {rotation.stage(issuer.client, "issuer", "ES256").arn for _ in range(3)}
        assert len(keys) == len(issuer.living()) == 1

    def test_a_key_of_another_algorithm_than_the_staged_one_is_refused(self, issuer, not_yet):
        issuer.start()
        staged = rotation.stage(issuer.client, "issuer")
        with not_yet("other-staged"):
            rotation.stage(issuer.client, "issuer", "EdDSA")
        kms.schedule_deletion(issuer.client, staged.arn)
        assert rotation.stage(issuer.client, "issuer", "EdDSA").algorithm.name == "EdDSA"
        assert len(issuer.publish()) == 2

    def test_a_staged_key_of_another_algorithm_than_the_one_that_signs_is_staged_again_without_a_word(self, issuer):
        issuer.start()
        staged = rotation.stage(issuer.client, "issuer", "EdDSA")
        assert rotation.stage(issuer.client, "issuer").arn == staged.arn

    def test_the_next_key_has_the_algorithm_of_the_one_that_signs(self, issuer):
        rotation.stage(issuer.client, "issuer", "PS256", bits=2048)
        rotation.promote_unseen(issuer.client, "issuer")
        key = rotation.stage(issuer.client, "issuer", bits=2048)
        assert key.algorithm.name == "PS256"

    def test_an_rsa_key_may_follow_an_ec_key(self, issuer):
        issuer.start()
        assert rotation.stage(issuer.client, "issuer", "RS256", bits=2048).algorithm.name == "RS256"
        issuer.promote()
        assert jwt.verify(issuer.token(), issuer.published, require=()).key.algorithm.name == "RS256"

    def test_a_key_that_was_made_before_takes_part(self, issuer):
        arn = kms.create_key(issuer.client, "ES256", alias="issuer")
        issuer.clock.advance(HOUR)
        staged = rotation.stage(issuer.client, "issuer")
        assert issuer.read().active.arn == arn
        assert staged.arn != arn
        issuer.promote()
        assert issuer.stages() == ["replaced", "active"]

    def test_an_rsa_key_that_was_made_before_is_told_by_what_it_signs(self, issuer, refused):
        made = issuer.client.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")
        kms.set_alias(issuer.client, made["KeyMetadata"]["Arn"], "issuer")
        issuer.clock.advance(HOUR)
        for alg in (None, "ES256", "RS256"):
            with refused("alg-required", InputError):
                rotation.stage(issuer.client, "issuer", alg)
        rotation.stage(issuer.client, "issuer", "ES256", active_alg="PS384")
        assert [key.algorithm.name for key in issuer.publish()] == ["PS384", "ES256"]

    def test_what_an_rsa_key_signs_by_that_was_made_before_is_taken_for_the_next_key(self, issuer):
        made = issuer.client.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")
        kms.set_alias(issuer.client, made["KeyMetadata"]["Arn"], "issuer")
        staged = rotation.stage(issuer.client, "issuer", bits=2048, active_alg="PS384")
        assert (staged.algorithm.name, staged.info.spec) == ("PS384", "RSA_2048")

    def test_what_an_rsa_key_signs_by_that_was_made_before_is_written_on_no_other_key(self, issuer):
        issuer.start()
        made = issuer.client.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["Arn"]
        kms.set_alias(issuer.client, made, "issuer")
        rotation.stage(issuer.client, "issuer", "EdDSA", active_alg="PS384")
        assert sorted(key.algorithm.name for key in issuer.read().keys) == ["ES256", "EdDSA", "PS384"]

    def test_an_rsa_key_that_does_not_say_by_what_it_signs_stops_no_other_step(self, issuer):
        made = issuer.client.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["Arn"]
        kms.set_alias(issuer.client, made, "issuer")
        assert rotation.retire(issuer.client, "issuer") == ()
        assert issuer.read().active.algorithm is None

    def test_an_rsa_key_that_remembers_its_algorithm_need_not_be_told(self, issuer):
        kms.create_key(issuer.client, "PS384", bits=2048, alias="issuer")
        issuer.clock.advance(HOUR)
        rotation.stage(issuer.client, "issuer", bits=2048)
        assert [key.algorithm.name for key in issuer.publish()] == ["PS384", "PS384"]

    def test_tags_description_and_policy_are_given_on(self, issuer):
        account = {"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:*", "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [account]})
        tags = {"team": "identity"}
        key = rotation.stage(issuer.client, "issuer", "ES256", description="tokens", tags=tags, policy=policy)
        info = kms.describe_key(issuer.client, key.arn)
        assert info.description == "tokens"
        assert info.tags == {"team": "identity", "kmsjose:rotation": "issuer", "kmsjose:kid": key.kid}
        assert issuer.client.get_key_policy(KeyId=key.arn)["Policy"] == policy

    def test_a_key_may_have_as_many_tags_as_are_told(self, issuer, refused):
        tags = {str(number): "x" for number in range(36)}
        with refused("usage", InputError):
            rotation.stage(issuer.client, "issuer", "ES256", tags=tags)
        del tags["35"]
        key = rotation.stage(issuer.client, "issuer", "ES256", tags=tags)
        assert tags.items() <= kms.describe_key(issuer.client, key.arn).tags.items()

    @pytest.mark.parametrize("before", [True, False])
    def test_the_next_key_is_a_multi_region_key_if_the_one_that_signs_is_or_if_it_is_told(self, issuer, before):
        first = rotation.stage(issuer.client, "issuer", "ES256", multi_region=before)
        rotation.promote_unseen(issuer.client, "issuer")
        alike = rotation.stage(issuer.client, "issuer")
        kms.schedule_deletion(issuer.client, alike.arn, 7)
        other = rotation.stage(issuer.client, "issuer", multi_region=not before)
        assert [key.info.multi_region for key in (first, alike, other)] == [before, before, not before]

    @pytest.mark.parametrize("name", ["issuer/key/x", "lock", "a b", "alias/aws/x", "", "x" * 201])
    def test_a_name_that_cannot_be_a_rotation_is_refused(self, issuer, refused, name):
        with refused("usage", InputError):
            rotation.stage(issuer.client, name, "ES256")
        assert issuer.living() == []

    def test_an_alias_on_a_key_that_cannot_sign_is_refused(self, issuer, refused):
        arn = issuer.client.create_key(KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT")["KeyMetadata"]["Arn"]
        issuer.client.create_alias(AliasName="alias/issuer", TargetKeyId=arn)
        with refused("key-usage", InputError):
            rotation.stage(issuer.client, "issuer", "ES256")
        assert issuer.living() == [arn]

    def test_rotations_do_not_meet(self, issuer):
        issuer.start()
        rotation.stage(issuer.client, "issuer/eu", "ES384")
        assert rotation.names(issuer.client) == ("issuer", "issuer/eu")
        assert issuer.stages() == ["active"]
        assert [key.stage for key in rotation.read(issuer.client, "issuer/eu").keys] == ["staged"]


class TestPromote:
    def test_a_key_that_is_not_published_is_refused(self, issuer, not_yet):
        first = issuer.start()
        rotation.stage(issuer.client, "issuer")
        with not_yet("not-published"):
            rotation.promote(issuer.client, "issuer", issuer.published)
        assert issuer.read().active.arn == first.arn

    def test_the_wait_begins_when_the_key_is_first_seen(self, issuer, not_yet):
        issuer.start()
        rotation.stage(issuer.client, "issuer")
        issuer.publish()
        issuer.clock.advance(DAY)  # Whether it was published all the time is not known.
        with not_yet("not-due"):
            rotation.promote(issuer.client, "issuer", issuer.published, HOUR)
        issuer.clock.advance(HOUR - SLACK)
        with not_yet("not-due"):
            rotation.promote(issuer.client, "issuer", issuer.published, HOUR)
        issuer.clock.advance(2 * SLACK)
        rotation.promote(issuer.client, "issuer", issuer.published, HOUR)

    def test_the_wait_begins_anew_when_the_host_has_lost_the_key(self, issuer, not_yet):
        issuer.start()
        before = issuer.published
        rotation.stage(issuer.client, "issuer")
        issuer.publish()
        with not_yet("not-due"):
            rotation.promote(issuer.client, "issuer", issuer.published, HOUR)
        issuer.clock.advance(2 * HOUR)
        with not_yet("not-published"):
            rotation.promote(issuer.client, "issuer", before, HOUR)
        with not_yet("not-due"):
            rotation.promote(issuer.client, "issuer", issuer.published, HOUR)

    def test_the_time_that_is_told_is_the_one_that_is_remembered(self, issuer, not_yet):
        issuer.start()
        rotation.stage(issuer.client, "issuer")
        issuer.publish()
        for _ in range(2):
            with not_yet("not-due") as caught:
                rotation.promote(issuer.client, "issuer", issuer.published, HOUR)
            seen = issuer.read().staged.seen
            assert f"is published since {written(seen)}" in caught.value.message
            assert f"promote it after {written(seen + HOUR)}" in caught.value.message
            issuer.clock.advance(10 * SECOND)

    def test_a_key_that_was_never_seen_is_not_changed_where_it_is_not_published(self, issuer, not_yet):
        issuer.start()
        staged = rotation.stage(issuer.client, "issuer")
        tags = kms.describe_key(issuer.client, staged.arn).tags
        issuer.faults.before("GetPublicKey", issuer.faults.clear)  # What follows concerns the key, not the lock.
        with not_yet("not-published"):
            rotation.promote(issuer.client, "issuer", issuer.published, HOUR)
        assert issuer.faults.calls.count("UntagResource") == 1
        assert kms.describe_key(issuer.client, staged.arn).tags == tags

    def test_the_kid_alone_is_not_enough(self, issuer, not_yet):
        issuer.start()
        staged = rotation.stage(issuer.client, "issuer")
        other = KMSSigner.open(issuer.client, kms.create_key(issuer.client, "ES256"), kid=staged.kid)
        with not_yet("not-published"):
            rotation.promote(issuer.client, "issuer", KeySet([other.public_key]), timedelta(0))

    def test_without_a_wait_it_is_promoted_at_once(self, issuer):
        issuer.start()
        staged = rotation.stage(issuer.client, "issuer")
        assert rotation.promote(issuer.client, "issuer", issuer.publish(), timedelta(0)).arn == staged.arn

    def test_a_clock_that_told_the_future_begins_the_wait_anew(self, issuer, not_yet):
        issuer.start()
        rotation.stage(issuer.client, "issuer")
        issuer.clock.advance(365 * DAY)
        with not_yet("not-due"):
            rotation.promote(issuer.client, "issuer", issuer.publish(), HOUR)
        issuer.clock.advance(-365 * DAY)
        with not_yet("not-due"):
            rotation.promote(issuer.client, "issuer", issuer.published, HOUR)
        issuer.clock.advance(HOUR + SLACK)
        rotation.promote(issuer.client, "issuer", issuer.published, HOUR)

    def test_the_clock_of_this_machine_does_not_matter(self, issuer, not_yet, monkeypatch):
        issuer.start()
        rotation.stage(issuer.client, "issuer")
        with not_yet("not-due"):
            rotation.promote(issuer.client, "issuer", issuer.publish(), HOUR)
        monkeypatch.setattr("time.time", lambda: 4_000_000_000.0)
        with not_yet("not-due"):
            rotation.promote(issuer.client, "issuer", issuer.published, HOUR)

    def test_repeated_it_says_what_signs(self, issuer):
        issuer.start()
        rotation.stage(issuer.client, "issuer")
        key = issuer.promote()
        assert rotation.promote(issuer.client, "issuer", issuer.published).arn == key.arn

    def test_of_a_key_to_which_a_hand_moved_the_alias_it_says_since_when_it_signs(self, issuer):
        first = issuer.start()
        staged = rotation.stage(issuer.client, "issuer")
        kms.set_alias(issuer.client, staged.arn, "issuer")
        key = rotation.promote(issuer.client, "issuer", issuer.publish())
        assert (key.arn, key.promoted is None, key.replaced) == (staged.arn, False, None)
        kms.set_alias(issuer.client, first.arn, "issuer")
        key = rotation.promote(issuer.client, "issuer", issuer.published)
        assert (key.arn, key.promoted is None, key.replaced) == (first.arn, False, None)

    def test_where_kms_does_not_tell_of_the_key_for_a_moment_it_is_answered_as_it_was(self, issuer):
        issuer.start()
        staged = rotation.stage(issuer.client, "issuer")
        issuer.faults.before("UpdateAlias", lambda: issuer.faults.error("NotFoundException", "DescribeKey"))
        assert rotation.promote_unseen(issuer.client, "issuer").arn == staged.arn
        issuer.faults.clear()
        assert issuer.read().active.arn == staged.arn

    def test_where_every_key_is_revoked_there_is_nothing_to_promote(self, issuer, not_yet):
        issuer.start()
        rotation.revoke(issuer.client, "issuer")
        kms.delete_alias(issuer.client, "issuer")
        with not_yet("nothing-staged"):
            rotation.promote(issuer.client, "issuer", issuer.published)

    def test_of_the_key_that_signs_a_tag_that_says_it_was_replaced_is_removed(self, issuer):
        first = issuer.start()
        replaced = [{"TagKey": "kmsjose:replaced", "TagValue": "2026-01-31T12:00:00Z"}]
        issuer.client.tag_resource(KeyId=first.arn, Tags=replaced)
        assert rotation.promote(issuer.client, "issuer", issuer.published).replaced is None

    def test_nothing_is_promoted_by_force_where_nothing_waits(self, issuer, not_yet):
        issuer.start()
        with not_yet("nothing-staged"):
            rotation.promote_unseen(issuer.client, "issuer")

    def test_nothing_staged_and_nothing_signing_is_refused(self, issuer, not_yet):
        staged = rotation.stage(issuer.client, "issuer", "ES256")
        kms.schedule_deletion(issuer.client, staged.arn)
        with not_yet("nothing-staged"):
            rotation.promote_unseen(issuer.client, "issuer")

    def test_a_staged_key_that_is_disabled_is_refused(self, issuer, not_yet):
        first = issuer.start()
        staged = rotation.stage(issuer.client, "issuer")
        kms.disable_key(issuer.client, staged.arn)
        with not_yet("key-unusable"):
            rotation.promote_unseen(issuer.client, "issuer")
        assert issuer.read().active.arn == first.arn

    def test_a_published_key_that_is_disabled_is_refused_before_it_is_looked_for(self, issuer, not_yet):
        issuer.start()
        staged = rotation.stage(issuer.client, "issuer")
        published = issuer.publish()
        kms.disable_key(issuer.client, staged.arn)
        with not_yet("key-unusable"):
            rotation.promote(issuer.client, "issuer", published)
        assert issuer.read().staged.seen is None

    def test_a_negative_wait_is_refused(self, issuer, refused):
        with refused("usage", InputError):
            rotation.promote(issuer.client, "issuer", issuer.published, -HOUR)


class TestRetire:
    def test_nothing_is_retired_before_a_promotion(self, issuer):
        issuer.start()
        rotation.stage(issuer.client, "issuer")
        assert rotation.retire(issuer.client, "issuer") == ()
        assert issuer.stages() == ["active", "staged"]

    def test_the_time_runs_from_the_end_of_the_handover(self, issuer):
        issuer.start()
        rotation.stage(issuer.client, "issuer")
        issuer.promote()
        issuer.clock.advance(5 * HOUR)
        (key,) = rotation.retire(issuer.client, "issuer", DAY, HOUR)
        assert key.published_until - key.replaced == DAY + HOUR

    def test_the_time_runs_from_now_where_nothing_tells_when_the_key_was_replaced(self, issuer):
        first = issuer.start()
        rotation.stage(issuer.client, "issuer")
        issuer.promote()
        rotation.retire(issuer.client, "issuer", HOUR, HOUR)
        issuer.client.untag_resource(KeyId=first.arn, TagKeys=["kmsjose:replaced"])
        issuer.clock.advance(DAY)
        (key,) = rotation.retire(issuer.client, "issuer", HOUR, HOUR)
        assert timedelta(0) <= key.published_until - issuer.read().clock.start - 2 * HOUR < SLACK

    def test_a_signer_that_went_on_extends_it(self, issuer):
        first = issuer.start()
        stale = KMSSigner.open(issuer.client, first.arn)
        rotation.stage(issuer.client, "issuer")
        issuer.promote()
        (key,) = rotation.retire(issuer.client, "issuer", DAY, HOUR)
        issuer.clock.advance(5 * HOUR)
        stale.sign(b"m")
        (again,) = rotation.retire(issuer.client, "issuer", DAY, HOUR)
        assert again.published_until >= key.published_until + 4 * HOUR - SLACK

    def test_repeated_with_less_it_is_not_shortened(self, issuer):
        issuer.start()
        rotation.stage(issuer.client, "issuer")
        issuer.promote()
        (key,) = rotation.retire(issuer.client, "issuer", 30 * DAY)
        (again,) = rotation.retire(issuer.client, "issuer", SECOND, timedelta(0))
        assert (again.published_until, again.token_lifetime) == (key.published_until, 30 * DAY)

    def test_a_longer_lifetime_is_kept_in_mind_though_it_extends_nothing(self, issuer):
        issuer.start()
        rotation.stage(issuer.client, "issuer")
        issuer.promote()
        (key,) = rotation.retire(issuer.client, "issuer", DAY, 10 * DAY)
        (again,) = rotation.retire(issuer.client, "issuer", 2 * DAY, HOUR)
        assert (again.published_until, again.token_lifetime) == (key.published_until, 2 * DAY)

    def test_repeated_it_writes_nothing_but_its_lock(self, issuer):
        issuer.start()
        rotation.stage(issuer.client, "issuer")
        issuer.promote()
        rotation.retire(issuer.client, "issuer")
        before = issuer.read().keys
        issuer.clock.advance(HOUR)
        issuer.faults.clear()
        rotation.retire(issuer.client, "issuer")
        reading = {"ListAliases", "ListResourceTags", "DescribeKey", "GetKeyLastUsage"}
        written = [operation for operation in issuer.faults.calls if operation not in reading]
        assert written == ["CreateAlias", "TagResource", "UntagResource", "DeleteAlias"]
        assert issuer.read().keys == before

    @pytest.mark.parametrize("state", ["watched", "revoked", "waiting for its deletion"])
    def test_a_key_that_has_gone_further_is_left_as_it_is(self, issuer, state):
        first = issuer.start()
        rotation.stage(issuer.client, "issuer")
        issuer.promote()
        rotation.retire(issuer.client, "issuer", HOUR, HOUR)
        issuer.clock.advance(DAY)
        if state == "watched":
            rotation.drop(issuer.client, "issuer")
        elif state == "revoked":
            rotation.revoke(issuer.client, "issuer", first.kid)
        else:
            kms.schedule_deletion(issuer.client, first.arn, 7)
        before = issuer.read().keys[0]
        told = rotation.retire(issuer.client, "issuer", 30 * DAY, HOUR)
        assert [key.arn for key in told] == ([first.arn] if state == "watched" else [])
        assert issuer.read().keys[0] == before

    @pytest.mark.parametrize("span", [-SECOND, timedelta(days=3661)])
    @pytest.mark.parametrize("name", ["token_lifetime", "handover"])
    def test_each_time_is_from_none_to_ten_years(self, issuer, refused, name, span):
        issuer.start()
        with refused("usage", InputError):
            rotation.retire(issuer.client, "issuer", **{name: span})

    def test_a_key_that_was_replaced_but_not_retired_stays_published_without_end(self, issuer):
        issuer.start()
        rotation.stage(issuer.client, "issuer")
        issuer.promote()
        issuer.clock.advance(1000 * DAY)
        assert len(issuer.publish()) == 2


class TestDrop:
    @pytest.fixture
    def retired(self, issuer):
        first = issuer.start()
        rotation.stage(issuer.client, "issuer")
        issuer.promote()
        rotation.retire(issuer.client, "issuer", DAY, HOUR)
        return first

    def test_a_key_that_was_not_retired_is_refused(self, issuer, not_yet):
        issuer.start()
        rotation.stage(issuer.client, "issuer")
        issuer.promote()
        with not_yet("not-due"):
            rotation.drop(issuer.client, "issuer")

    def test_a_key_whose_tokens_may_live_is_refused(self, issuer, retired, not_yet):
        issuer.clock.advance(DAY + HOUR - SLACK)
        with not_yet("not-due"):
            rotation.drop(issuer.client, "issuer")
        assert kms.describe_key(issuer.client, retired.arn).state == "Enabled"

    @pytest.mark.parametrize("tag", ["published-until", "token-lifetime"])
    def test_a_key_whose_retirement_is_half_known_is_refused(self, issuer, retired, not_yet, tag):
        issuer.clock.advance(2 * DAY)
        issuer.client.untag_resource(KeyId=retired.arn, TagKeys=[f"kmsjose:{tag}"])
        with not_yet("not-due") as caught:
            rotation.drop(issuer.client, "issuer")
        assert "run `kmsjose rotate retire` first" in caught.value.message
        assert kms.describe_key(issuer.client, retired.arn).state == "Enabled"

    def test_what_is_told_of_a_key_whose_tokens_may_live_is_until_when(self, issuer, retired, not_yet):
        with not_yet("not-due") as caught:
            rotation.drop(issuer.client, "issuer")
        assert f"may live until {written(issuer.read().keys[0].published_until)}" in caught.value.message

    def test_what_is_told_of_a_key_that_still_signs_is_when_and_until_when(self, issuer, retired, not_yet):
        issuer.clock.advance(2 * DAY)
        KMSSigner.open(issuer.client, retired.arn).sign(b"m")
        used = issuer.read().clock.start
        with not_yet("in-use") as caught:
            rotation.drop(issuer.client, "issuer")
        assert f"signed at {written(used)}" in caught.value.message
        assert f"may live until {written(used + DAY)}" in caught.value.message

    def test_a_signature_in_the_second_of_the_promotion_is_nobody_elses(self, issuer, retired, not_yet):
        issuer.clock.advance(2 * DAY)
        KMSSigner.open(issuer.client, retired.arn).sign(b"m")
        replaced = [{"TagKey": "kmsjose:replaced", "TagValue": written(issuer.read().clock.start)}]
        issuer.client.tag_resource(KeyId=retired.arn, Tags=replaced)
        with not_yet("not-due"):
            rotation.drop(issuer.client, "issuer")

    def test_a_key_that_still_signs_is_refused_and_stays_published(self, issuer, retired, not_yet):
        stale = KMSSigner.open(issuer.client, retired.arn)
        issuer.clock.advance(2 * DAY)
        token = jwt.sign({"sub": "alice"}, stale)
        with not_yet("in-use"):
            rotation.drop(issuer.client, "issuer")
        jwt.verify(token, issuer.publish(), require=())
        issuer.clock.advance(DAY + SLACK)
        rotation.drop(issuer.client, "issuer")

    def test_a_longer_lifetime_than_it_was_retired_with_counts(self, issuer, retired, not_yet):
        issuer.clock.advance(HOUR)
        KMSSigner.open(issuer.client, retired.arn).sign(b"m")
        issuer.clock.advance(3 * DAY)
        with not_yet("in-use"):
            rotation.drop(issuer.client, "issuer", token_lifetime=30 * DAY)
        rotation.drop(issuer.client, "issuer")

    def test_a_signature_from_before_the_promotion_is_nobody_elses(self, issuer, not_yet):
        issuer.start()
        rotation.stage(issuer.client, "issuer")
        issuer.token()
        issuer.promote()
        rotation.retire(issuer.client, "issuer", SECOND, timedelta(0))
        issuer.clock.advance(2 * HOUR)
        with not_yet("not-due"):
            rotation.drop(issuer.client, "issuer", token_lifetime=30 * DAY)

    def test_a_key_that_has_another_alias_is_refused(self, issuer, retired, not_yet):
        kms.set_alias(issuer.client, retired.arn, "receipts")
        issuer.clock.advance(2 * DAY)
        with not_yet("in-use") as caught:
            rotation.drop(issuer.client, "issuer")
        assert "alias/receipts" in caught.value.message
        assert kms.describe_key(issuer.client, retired.arn).state == "Enabled"

    def test_a_key_to_which_the_alias_moved_back_meanwhile_is_refused(self, issuer, retired, not_yet):
        issuer.clock.advance(2 * DAY)
        issuer.faults.before("GetKeyLastUsage", lambda: kms.set_alias(issuer.client, retired.arn, "issuer"))
        with not_yet("in-use"):
            rotation.drop(issuer.client, "issuer")
        assert kms.describe_key(issuer.client, retired.arn).state == "Enabled"

    def test_a_key_that_somebody_deletes_by_hand_stays_published_while_its_tokens_live(self, issuer, retired):
        kms.schedule_deletion(issuer.client, retired.arn, 7)
        rotation.drop(issuer.client, "issuer")
        assert len(issuer.publish()) == 2
        issuer.clock.advance(2 * DAY)
        assert rotation.drop(issuer.client, "issuer") == ()
        assert len(issuer.publish()) == 1

    def test_it_is_watched_before_it_is_deleted(self, issuer, retired, not_yet):
        issuer.clock.advance(2 * DAY)
        rotation.drop(issuer.client, "issuer", DAY)
        issuer.clock.advance(DAY - SLACK)
        with not_yet("not-due"):
            rotation.drop(issuer.client, "issuer", DAY)
        assert kms.describe_key(issuer.client, retired.arn).state == "Disabled"

    def test_a_key_that_was_missed_and_enabled_again_is_let_alone_and_published(self, issuer, retired, not_yet):
        issuer.clock.advance(2 * DAY)
        rotation.drop(issuer.client, "issuer", DAY)
        assert len(issuer.publish()) == 1
        kms.enable_key(issuer.client, retired.arn)
        issuer.clock.advance(100 * DAY)
        with not_yet("in-use"):
            rotation.drop(issuer.client, "issuer", DAY)
        token = jwt.sign({"sub": "a"}, KMSSigner.open(issuer.client, retired.arn))
        jwt.verify(token, issuer.publish(), require=())

        kms.disable_key(issuer.client, retired.arn)
        issuer.clock.advance(2 * DAY)
        with not_yet("not-due"):  # It is watched from when it was last missed.
            rotation.drop(issuer.client, "issuer", 7 * DAY)
        issuer.clock.advance(7 * DAY)
        (gone,) = rotation.drop(issuer.client, "issuer", 7 * DAY)
        assert gone.scheduled

    def test_a_key_that_was_missed_is_watched_from_when_that_was_seen(self, issuer, retired, not_yet):
        issuer.clock.advance(2 * DAY)
        rotation.drop(issuer.client, "issuer", DAY)
        kms.enable_key(issuer.client, retired.arn)
        issuer.clock.advance(100 * DAY)
        with not_yet("in-use"):
            rotation.drop(issuer.client, "issuer", 7 * DAY)
        kms.disable_key(issuer.client, retired.arn)  # It has signed nothing that would tell of it.
        issuer.clock.advance(2 * DAY)
        with not_yet("not-due"):
            rotation.drop(issuer.client, "issuer", 7 * DAY)
        issuer.clock.advance(6 * DAY)
        (gone,) = rotation.drop(issuer.client, "issuer", 7 * DAY)
        assert gone.scheduled

    def test_of_two_old_keys_the_one_that_is_due_is_dropped(self, issuer, retired):
        second = issuer.read().active
        rotation.stage(issuer.client, "issuer")
        issuer.promote()
        rotation.retire(issuer.client, "issuer", 30 * DAY, HOUR)
        issuer.clock.advance(31 * DAY + 2 * HOUR)
        KMSSigner.open(issuer.client, second.arn).sign(b"m")
        (gone,) = rotation.drop(issuer.client, "issuer", DAY)
        assert gone.arn == retired.arn
        assert kms.describe_key(issuer.client, second.arn).state == "Enabled"

    def test_of_two_old_keys_that_are_due_both_are_dropped(self, issuer, retired):
        second = issuer.read().active
        rotation.stage(issuer.client, "issuer")
        issuer.promote()
        rotation.retire(issuer.client, "issuer", HOUR, HOUR)
        issuer.clock.advance(31 * DAY)
        assert {one.arn for one in rotation.drop(issuer.client, "issuer", DAY)} == {retired.arn, second.arn}

    @pytest.mark.parametrize("waits", [{"watch": -3 * DAY}, {"token_lifetime": -DAY}])
    def test_a_negative_wait_is_refused(self, issuer, retired, refused, waits):
        issuer.clock.advance(2 * DAY)
        with refused("usage", InputError):
            rotation.drop(issuer.client, "issuer", **waits)
        assert kms.describe_key(issuer.client, retired.arn).state == "Enabled"

    def test_a_watch_that_begins_in_the_future_begins_anew(self, issuer, retired):
        issuer.clock.advance(2 * DAY)
        rotation.drop(issuer.client, "issuer", DAY)
        far = [{"TagKey": "kmsjose:disabled", "TagValue": "8999-12-31T23:59:59Z"}]
        issuer.client.tag_resource(KeyId=retired.arn, Tags=far)
        (gone,) = rotation.drop(issuer.client, "issuer", DAY)
        assert (gone.scheduled, gone.until) == (False, issuer.read().keys[0].disabled + DAY)
        issuer.clock.advance(DAY + SLACK)
        (gone,) = rotation.drop(issuer.client, "issuer", DAY)
        assert gone.scheduled

    def test_of_a_key_that_is_watched_the_end_is_told(self, issuer, retired, not_yet):
        issuer.clock.advance(2 * DAY)
        (gone,) = rotation.drop(issuer.client, "issuer", DAY)
        with not_yet("not-due") as caught:
            rotation.drop(issuer.client, "issuer", DAY)
        assert f"is disabled and watched until {written(gone.until)}" in caught.value.message

    def test_a_lock_that_ends_between_two_keys_leaves_the_second_alone_and_is_told(self, issuer, retired, not_yet):
        second = issuer.read().active
        rotation.stage(issuer.client, "issuer")
        issuer.promote()
        rotation.retire(issuer.client, "issuer", DAY, HOUR)
        issuer.clock.advance(3 * DAY)
        issuer.faults.before("DisableKey", lambda: issuer.clock.advance(LEASE))
        with not_yet("locked"):
            rotation.drop(issuer.client, "issuer", DAY)
        assert kms.describe_key(issuer.client, retired.arn).state == "Disabled"
        assert kms.describe_key(issuer.client, second.arn).state == "Enabled"

    def test_a_key_that_is_disabled_need_not_be_disabled_again(self, issuer, retired):
        issuer.clock.advance(2 * DAY)
        kms.disable_key(issuer.client, retired.arn)
        issuer.faults.error("AccessDeniedException", "DisableKey")
        (gone,) = rotation.drop(issuer.client, "issuer", DAY)
        assert (gone.arn, gone.scheduled) == (retired.arn, False)

    def test_a_key_that_was_disabled_by_hand_is_watched_from_now(self, issuer, retired, not_yet):
        kms.disable_key(issuer.client, retired.arn)
        issuer.clock.advance(9 * DAY)
        (gone,) = rotation.drop(issuer.client, "issuer", DAY)
        assert not gone.scheduled
        with not_yet("not-due"):
            rotation.drop(issuer.client, "issuer", DAY)

    def test_a_window_that_kms_does_not_have_is_refused(self, issuer, retired, refused):
        with refused("window-invalid", InputError):
            rotation.drop(issuer.client, "issuer", days=3)

    def test_an_endpoint_that_knows_no_last_use_goes_by_the_lifetime(self, issuer, retired):
        issuer.faults.error("UnsupportedOperationException", "GetKeyLastUsage")
        issuer.clock.advance(2 * DAY)
        assert len(rotation.drop(issuer.client, "issuer")) == 1

    @pytest.mark.parametrize("usage", [{}, {"KeyLastUsage": None}])
    def test_a_key_of_which_kms_has_no_last_use_goes_by_the_lifetime(self, issuer, retired, monkeypatch, usage):
        monkeypatch.setitem(server.OPERATIONS, "GetKeyLastUsage", lambda _region, _request: usage)
        issuer.clock.advance(2 * DAY)
        assert len(rotation.drop(issuer.client, "issuer")) == 1

    def test_who_may_not_ask_for_the_last_use_drops_nothing(self, issuer, retired, refused):
        issuer.faults.error("AccessDeniedException", "GetKeyLastUsage")
        issuer.clock.advance(2 * DAY)
        with refused("access-denied", KMSError):
            rotation.drop(issuer.client, "issuer")
        assert kms.describe_key(issuer.client, retired.arn).state == "Enabled"


class TestRevoke:
    """A key that is lost goes at once, and nothing brings it back."""

    @pytest.fixture
    def lost(self, issuer):
        first = issuer.start()
        rotation.stage(issuer.client, "issuer")
        rotation.promote_unseen(issuer.client, "issuer")
        return first

    def test_it_is_disabled_and_published_no_more(self, issuer, lost):
        (revoked,) = rotation.revoke_replaced(issuer.client, "issuer")
        assert revoked.arn == lost.arn
        assert lost.kid not in {key.kid for key in issuer.publish()}
        assert kms.describe_key(issuer.client, lost.arn).state == "Disabled"

    @pytest.mark.parametrize("before", [True, False])
    def test_a_timer_that_retires_does_not_bring_it_back(self, issuer, lost, before):
        if before:
            rotation.retire(issuer.client, "issuer", 30 * DAY)
        KMSSigner.open(issuer.client, lost.arn).sign(b"forged")
        rotation.revoke_replaced(issuer.client, "issuer")
        rotation.retire(issuer.client, "issuer", 30 * DAY)
        assert lost.kid not in {key.kid for key in issuer.publish()}

    def test_it_is_dropped_without_waiting_for_its_tokens(self, issuer, lost):
        rotation.revoke_replaced(issuer.client, "issuer")
        (watched,) = rotation.drop(issuer.client, "issuer", DAY)
        assert not watched.scheduled
        issuer.clock.advance(DAY + SLACK)
        (gone,) = rotation.drop(issuer.client, "issuer", DAY)
        assert (gone.arn, gone.scheduled) == (lost.arn, True)

    def test_the_key_that_signs_is_not_revoked(self, issuer, not_yet):
        issuer.start()
        with not_yet("nothing-replaced"):
            rotation.revoke_replaced(issuer.client, "issuer")
        issuer.token()

    def test_one_that_waits_for_its_deletion_is_marked_and_published_no_more(self, issuer, lost):
        kms.schedule_deletion(issuer.client, lost.arn, 7)
        rotation.revoke_replaced(issuer.client, "issuer")
        assert lost.kid not in {key.kid for key in issuer.publish()}
        kms.cancel_deletion(issuer.client, lost.arn)
        kms.enable_key(issuer.client, lost.arn)
        assert lost.kid not in {key.kid for key in issuer.publish()}

    def test_it_stays_revoked_when_the_alias_comes_back_and_goes_again(self, issuer, lost):
        rotation.revoke_replaced(issuer.client, "issuer")
        second = issuer.read().active
        kms.enable_key(issuer.client, lost.arn)
        kms.set_alias(issuer.client, lost.arn, "issuer")
        rotation.retire(issuer.client, "issuer")
        kms.set_alias(issuer.client, second.arn, "issuer")
        rotation.retire(issuer.client, "issuer")
        assert {key.kid for key in issuer.publish()} == {second.kid}

    def test_repeated_it_changes_nothing(self, issuer, lost):
        (once,) = rotation.revoke_replaced(issuer.client, "issuer")
        issuer.clock.advance(HOUR)
        (twice,) = rotation.revoke_replaced(issuer.client, "issuer")
        assert twice.revoked == once.revoked


class TestStaleAnswers:
    """KMS may tell for some time what was true before."""

    def test_the_key_that_signs_is_not_taken_for_replaced(self, issuer, not_yet, monkeypatch):
        first = issuer.start()
        second = rotation.stage(issuer.client, "issuer")
        stale = rotation.state.aliases_of(issuer.client, "issuer")
        rotation.promote_unseen(issuer.client, "issuer")
        monkeypatch.setattr("kmsjose.kms.rotation.state.aliases_of", lambda _client, _name: stale)
        steps = (rotation.retire, rotation.revoke_replaced, rotation.drop)
        for step in steps:
            with not_yet("unsettled"):
                step(issuer.client, "issuer")
        assert {key.kid for key in issuer.publish()} == {first.kid, second.kid}
        assert issuer.read().active.arn == second.arn
        assert issuer.read().aliases == stale


class TestByHand:
    """What somebody did with other tools is found, and written down by the next step."""

    def test_an_alias_that_was_moved_to_the_staged_key(self, issuer):
        first = issuer.start()
        staged = rotation.stage(issuer.client, "issuer")
        kms.set_alias(issuer.client, staged.arn, "issuer")
        assert len(issuer.publish()) == 2
        (retired,) = rotation.retire(issuer.client, "issuer", DAY, HOUR)
        assert retired.arn == first.arn
        assert issuer.stages() == ["retired", "active"]

    def test_an_alias_that_was_moved_to_a_key_from_elsewhere(self, issuer):
        first = issuer.start()
        issuer.clock.advance(HOUR)
        other = kms.create_key(issuer.client, "ES384")
        kms.set_alias(issuer.client, other, "issuer")
        jwt.verify(issuer.token(), issuer.publish(), require=())
        assert len(issuer.published) == 2
        rotation.retire(issuer.client, "issuer", DAY, HOUR)
        assert {key.arn: key.stage for key in issuer.read().keys} == {first.arn: "retired", other: "active"}

    def test_an_alias_that_was_moved_back(self, issuer):
        first = issuer.start()
        second = rotation.stage(issuer.client, "issuer")
        issuer.promote()
        rotation.retire(issuer.client, "issuer", DAY, HOUR)
        kms.set_alias(issuer.client, first.arn, "issuer")
        (retired,) = rotation.retire(issuer.client, "issuer", DAY, HOUR)
        assert retired.arn == second.arn
        issuer.clock.advance(100 * DAY)
        rotation.drop(issuer.client, "issuer")
        jwt.verify(issuer.token(), issuer.publish(), require=())
        active = issuer.read().active
        assert (active.arn, active.replaced, active.published_until) == (first.arn, None, None)

    def test_a_retired_key_that_was_disabled_stays_published(self, issuer):
        first = issuer.start()
        token = issuer.token()
        rotation.stage(issuer.client, "issuer")
        issuer.promote()
        rotation.retire(issuer.client, "issuer", DAY, HOUR)
        kms.disable_key(issuer.client, first.arn)
        jwt.verify(token, issuer.publish(), require=())

    def test_a_disabled_key_that_nobody_has_published_is_not_left_out_silently(self, issuer, refused):
        first = issuer.start()
        rotation.stage(issuer.client, "issuer")
        issuer.promote()
        kms.disable_key(issuer.client, first.arn)
        with refused("key-disabled", KMSError):
            rotation.keys_to_publish(issuer.client, ["issuer"], KeySet([]))

    def test_a_key_that_signs_and_waits_for_its_deletion_can_be_replaced(self, issuer):
        first = issuer.start()
        token = issuer.token()
        kms.schedule_deletion(issuer.client, first.arn, 7)
        rotation.stage(issuer.client, "issuer", "ES256")
        rotation.promote_unseen(issuer.client, "issuer")
        jwt.verify(issuer.token(), issuer.publish(), require=())
        jwt.verify(token, issuer.published, require=())

    def test_a_staged_key_that_was_deleted_stops_nothing(self, issuer):
        issuer.start()
        staged = rotation.stage(issuer.client, "issuer")
        kms.schedule_deletion(issuer.client, staged.arn, 7)
        assert len(issuer.publish()) == 1
        assert rotation.stage(issuer.client, "issuer").arn != staged.arn

    def test_a_key_that_somebody_else_made_and_tagged_is_not_taken_in(self, issuer):
        issuer.start()
        foreign = kms.create_key(
            issuer.client, "ES256", tags={"kmsjose:rotation": "issuer", "kmsjose:staging": "guessed"}
        )
        assert rotation.stage(issuer.client, "issuer").arn != foreign

    @pytest.fixture
    def order(self, issuer) -> dict:
        """What is staged while a key of the account has the secret of the one that signs."""
        first = issuer.start()
        issuer.client.tag_resource(KeyId=first.arn, Tags=[{"TagKey": "kmsjose:staging", "TagValue": "secret"}])
        return {"alg": "ES256", "multi_region": False}

    @staticmethod
    def left_behind(issuer, alg: str, *, of: str = "issuer", **how) -> str:
        tags = {"kmsjose:rotation": of, "kmsjose:staging": "secret"}
        return kms.create_key(issuer.client, alg, tags=tags, **how)

    def test_a_key_whose_maker_was_killed_is_taken_in_if_it_is_as_ordered(self, issuer, order):
        left = self.left_behind(issuer, "ES256")
        assert rotation.stage(issuer.client, "issuer", **order).arn == left

    def test_an_rsa_key_whose_maker_was_killed_is_taken_in_if_it_is_as_ordered(self, issuer, order):
        left = self.left_behind(issuer, "PS256", bits=2048)
        staged = rotation.stage(issuer.client, "issuer", **{**order, "alg": "PS256", "bits": 2048})
        assert (staged.arn, staged.algorithm.name) == (left, "PS256")

    @pytest.mark.parametrize(
        "alg, how, wanted",
        [
            ("ES256", {"of": "payments"}, {}),
            ("ES384", {}, {}),
            ("ES256", {"multi_region": True}, {}),
            ("PS256", {"bits": 2048}, {"alg": "RS256", "bits": 2048}),
            ("PS256", {"bits": 2048}, {"alg": "PS256", "bits": 3072}),
        ],
        ids=["rotation", "spec", "multi-region", "algorithm", "bits"],
    )
    def test_a_key_whose_maker_was_killed_is_not_taken_in_if_it_is_not_as_ordered(
        self, issuer, order, alg, how, wanted
    ):
        left = self.left_behind(issuer, alg, **how)
        assert rotation.stage(issuer.client, "issuer", **{**order, **wanted}).arn != left

    def test_a_key_whose_maker_was_killed_is_not_taken_in_if_it_is_disabled(self, issuer, order):
        left = self.left_behind(issuer, "ES256")
        kms.disable_key(issuer.client, left)
        assert rotation.stage(issuer.client, "issuer", **order).arn != left

    @pytest.mark.parametrize("code", ["AccessDeniedException", "NotFoundException"])
    def test_a_key_whose_maker_was_killed_is_passed_over_if_it_is_somebody_elses_or_gone(self, issuer, order, code):
        left = self.left_behind(issuer, "ES256")
        issuer.faults.before("ListKeys", lambda: issuer.faults.error(code, "DescribeKey", times=1))
        assert rotation.stage(issuer.client, "issuer", **order).arn != left

    def test_a_key_whose_maker_was_killed_is_not_passed_over_because_kms_does_not_answer(self, issuer, order, refused):
        left = self.left_behind(issuer, "ES256")
        issuer.faults.before("ListKeys", lambda: issuer.faults.throttle("DescribeKey", times=1))
        with refused("throttled", KMSError):
            rotation.stage(issuer.client, "issuer", **order)
        issuer.faults.clear()
        assert rotation.stage(issuer.client, "issuer", **order).arn == left

    def test_a_key_that_waits_for_its_deletion_may_keep_the_secret(self, issuer, order):
        second = rotation.stage(issuer.client, "issuer", **order)
        issuer.client.tag_resource(KeyId=second.arn, Tags=[{"TagKey": "kmsjose:staging", "TagValue": "other"}])
        kms.schedule_deletion(issuer.client, second.arn, 7)
        third = rotation.stage(issuer.client, "issuer", **order)
        secrets = {key.arn: key.info.tags.get("kmsjose:staging") for key in issuer.read().keys}
        assert (secrets[second.arn], secrets[third.arn]) == ("other", None)

    @pytest.mark.parametrize("first", [True, False])
    def test_a_key_that_kms_does_not_list_yet_is_told_and_staged_by_the_next_try(
        self, issuer, refused, monkeypatch, first
    ):
        if not first:
            issuer.start()
        stale = rotation.state.aliases_of(issuer.client, "issuer")
        monkeypatch.setattr("kmsjose.kms.rotation.state.aliases_of", lambda _client, _name: stale)
        with refused("not-found", KMSError) as caught:
            rotation.stage(issuer.client, "issuer", "ES256")
        assert "stage again in some seconds" in caught.value.message
        monkeypatch.undo()
        assert rotation.stage(issuer.client, "issuer", "ES256").arn in caught.value.message
        assert len(issuer.living()) == (1 if first else 2)

    def test_who_may_not_name_a_key_of_the_rotation_is_told(self, issuer, refused):
        issuer.faults.error("AccessDeniedException", "CreateAlias", times=1)
        with refused("access-denied", KMSError):
            rotation.stage(issuer.client, "issuer", "ES256")

    def test_while_kms_tells_two_keys_of_the_alias_nothing_is_written(self, issuer, not_yet, monkeypatch):
        issuer.start()
        rotation.stage(issuer.client, "issuer")
        stale = rotation.state.aliases_of(issuer.client, "issuer")
        rotation.promote_unseen(issuer.client, "issuer")
        before = issuer.read().keys
        monkeypatch.setattr("kmsjose.kms.rotation.state.aliases_of", lambda _client, _name: stale)
        with not_yet("unsettled"):
            rotation.retire(issuer.client, "issuer")
        monkeypatch.undo()
        assert issuer.read().keys == before

    def test_a_disabled_key_whose_kid_nobody_wrote_down_stops_nothing(self, issuer):
        arn = kms.create_key(issuer.client, "ES256", alias="issuer")
        kms.disable_key(issuer.client, arn)
        rotation.stage(issuer.client, "issuer")
        assert issuer.read().active.kid is None

    def test_the_secret_by_which_a_key_was_made_is_forgotten(self, issuer):
        issuer.start()
        rotation.stage(issuer.client, "issuer")
        assert all("kmsjose:staging" not in key.info.tags for key in issuer.read().keys)

    def test_who_is_throttled_as_he_looks_for_a_key_left_behind_makes_no_other(self, issuer, refused):
        first = issuer.start()
        issuer.client.tag_resource(KeyId=first.arn, Tags=[{"TagKey": "kmsjose:staging", "TagValue": "secret"}])
        left = kms.create_key(issuer.client, "ES256", tags={"kmsjose:rotation": "issuer", "kmsjose:staging": "secret"})
        issuer.faults.before("ListKeys", lambda: issuer.faults.throttle("ListResourceTags"))
        with refused("throttled", KMSError):
            rotation.stage(issuer.client, "issuer")
        issuer.faults.clear()
        assert set(issuer.living()) == {first.arn, left}

    def test_tags_of_the_rotation_are_not_given_by_a_caller(self, issuer, refused):
        with refused("usage", InputError):
            rotation.stage(issuer.client, "issuer", "ES256", tags={"kmsjose:promoted": "x"})
        with refused("usage", InputError):
            rotation.stage(issuer.client, "issuer", "ES256", tags={str(n): "x" for n in range(40)})
        assert issuer.living() == []

    @pytest.mark.parametrize("days", [200_000, 99_999_999])
    def test_times_beyond_reason_are_refused_before_they_are_written(self, issuer, refused, days):
        issuer.start()
        with refused("usage", InputError):
            rotation.retire(issuer.client, "issuer", timedelta(days=days))
        with refused("usage", InputError):
            rotation.next_steps(issuer.read(), timedelta(days=days))

    def test_an_alias_that_looks_like_a_rotation_within_one_is_none(self, issuer):
        key = issuer.start()
        kms.set_alias(issuer.client, key.arn, f"x/key/y/key/{key.id}")
        assert rotation.names(issuer.client) == ("issuer",)

    def test_a_tag_that_cannot_be_read_is_told(self, issuer, refused):
        first = issuer.start()
        issuer.client.tag_resource(KeyId=first.arn, Tags=[{"TagKey": "kmsjose:promoted", "TagValue": "yesterday"}])
        with refused("rotation-damaged", KMSError):
            issuer.read()

    @pytest.mark.parametrize(
        "tag, value",
        [("alg", "RS256"), ("alg", "none"), ("token-lifetime", "-5"), ("token-lifetime", "99999999999")],
    )
    def test_a_tag_that_says_what_cannot_be_is_told(self, issuer, refused, tag, value):
        first = issuer.start()
        issuer.client.tag_resource(KeyId=first.arn, Tags=[{"TagKey": f"kmsjose:{tag}", "TagValue": value}])
        with refused("rotation-damaged", KMSError):
            issuer.read()


class TestRead:
    @pytest.mark.parametrize("operation", ["DescribeKey", "ListResourceTags"])
    @pytest.mark.parametrize("fault", ["ThrottlingException", "AccessDeniedException"])
    def test_no_key_is_left_out_because_kms_does_not_tell_of_it(self, issuer, operation, fault):
        issuer.start()
        issuer.faults.error(fault, operation)
        with pytest.raises(KMSError) as caught:
            issuer.read()
        assert caught.value.aws_code == fault

    @pytest.mark.parametrize("operation", ["DescribeKey", "ListResourceTags"])
    def test_a_key_that_is_deleted_meanwhile_is_left_out(self, issuer, operation):
        staged = rotation.stage(issuer.client, "issuer", "ES256")
        other = kms.create_key(issuer.client, "ES256")
        kms.set_alias(issuer.client, other, f"issuer/key/{other.rpartition('/')[2]}")
        # The alias is asked for first, and stands for no key.
        issuer.faults.error("NotFoundException", operation, times=2 if operation == "DescribeKey" else 1)
        (left,) = issuer.read().keys
        assert left.arn in (staged.arn, other)

    def test_it_tells_which_keys_have_the_alias_by_which_they_belong_to_it(self, issuer):
        issuer.start()
        other = kms.create_key(issuer.client, "ES256")
        issuer.clock.advance(HOUR)
        kms.set_alias(issuer.client, other, "issuer")
        assert {key.arn == other: key.member for key in issuer.read().keys} == {False: True, True: False}
