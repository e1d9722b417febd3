"""A key that is lost: out of use and out of publication by one command, in whatever state the rotation is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from kmsjose import KeySet, jwt, kms
from kmsjose.errors import InputError, KMSError, RotationError
from kmsjose.kms import rotation
from kmsjose.kms.rotation.clock import kms_clock
from kmsjose.kms.rotation.lock import held
from kmsjose.kms.rotation.records import Mark, Records, digest, records_of
from kmsjose.kms.rotation.searching import key_named

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def rotated(issuer) -> tuple[rotation.RotationKey, rotation.RotationKey]:
    """Two keys the day after a normal rotation: the old one is retired, the new one signs."""
    first = issuer.start()
    rotation.stage(issuer.client, "issuer")
    second = issuer.promote()
    rotation.retire(issuer.client, "issuer", DAY, HOUR)
    issuer.publish()
    return first, second


def state(issuer, key) -> str:
    return kms.describe_key(issuer.client, key.arn).state


def kids(issuer) -> set[str]:
    return {key.kid for key in issuer.publish()}


class TestTheKeyThatSigns:
    def test_it_is_disabled_and_published_no_more(self, issuer, rotated):
        first, second = rotated
        revoked = rotation.revoke(issuer.client, "issuer")
        assert (revoked.arn, revoked.kid, revoked.state) == (second.arn, second.kid, "Disabled")
        assert (revoked.disabled, revoked.signed, revoked.staged) == (True, True, None)
        assert state(issuer, second) == "Disabled"
        assert kids(issuer) == {first.kid}

    def test_the_key_that_waits_can_take_its_place_at_once(self, issuer, rotated):
        staged = rotation.stage(issuer.client, "issuer")
        assert rotation.revoke(issuer.client, "issuer").staged == staged.kid
        assert rotation.promote_unseen(issuer.client, "issuer").arn == staged.arn
        jwt.verify(issuer.token(), issuer.publish(), require=())

    def test_the_only_key_of_an_issuer_is_revoked_and_another_takes_over(self, issuer):
        first = issuer.start()
        assert rotation.revoke(issuer.client, "issuer").arn == first.arn
        assert kids(issuer) == set()
        with pytest.raises(KMSError) as caught:
            issuer.token()
        assert caught.value.code == "disabled"
        second = rotation.stage(issuer.client, "issuer")
        assert rotation.promote_unseen(issuer.client, "issuer").arn == second.arn
        jwt.verify(issuer.token(), issuer.publish(), require=())
        assert kids(issuer) == {second.kid}

    def test_what_is_next_is_to_stage_a_key(self, issuer):
        issuer.start()
        rotation.revoke(issuer.client, "issuer")
        (step,) = rotation.next_steps(issuer.read())
        assert (step.step, step.due) == ("stage", None)
        assert "revoked" in step.why

    def test_a_key_that_has_nothing_but_the_alias(self, issuer):
        arn = kms.create_key(issuer.client, "ES256", alias="issuer")
        (public_key,) = issuer.publish()
        assert rotation.revoke(issuer.client, "issuer").kid == public_key.kid
        assert rotation.keys_to_publish(issuer.client, ["issuer"], KeySet([public_key])).keys == ()
        (key,) = issuer.read().keys
        assert (key.arn, key.kid, key.info.tags["kmsjose:rotation"]) == (arn, public_key.kid, "issuer")

    def test_while_the_alias_has_just_moved_the_key_must_be_named(self, issuer, not_yet, monkeypatch):
        first = issuer.start()
        rotation.stage(issuer.client, "issuer")
        stale = rotation.state.aliases_of(issuer.client, "issuer")
        rotation.promote_unseen(issuer.client, "issuer")
        monkeypatch.setattr("kmsjose.kms.rotation.revoking.aliases_of", lambda _client, _name: stale)
        with not_yet("unsettled"):
            rotation.revoke(issuer.client, "issuer")
        assert rotation.revoke(issuer.client, "issuer", first.kid).arn == first.arn

    def test_where_the_alias_is_gone_the_key_must_be_named(self, issuer, not_yet):
        first = issuer.start()
        kms.delete_alias(issuer.client, "issuer")
        with not_yet("nothing-signs"):
            rotation.revoke(issuer.client, "issuer")
        assert rotation.revoke(issuer.client, "issuer", first.kid).signed is False

    @pytest.mark.parametrize("kid", [None, "some"])
    def test_a_name_that_has_no_key_is_not_found(self, issuer, refused, kid):
        with refused("not-found", KMSError) as caught:
            rotation.revoke(issuer.client, "isuer", kid)
        assert "a rotation isuer in eu-west-1" in caught.value.message

    def test_a_staged_key_that_is_disabled_can_not_take_its_place(self, issuer):
        issuer.start()
        staged = rotation.stage(issuer.client, "issuer")
        kms.disable_key(issuer.client, staged.arn)
        assert rotation.revoke(issuer.client, "issuer").staged is None


class TestAKeyThatIsNamed:
    @pytest.mark.parametrize("what", ["kid", "id", "arn"])
    def test_by_its_kid_its_id_or_its_arn(self, issuer, rotated, what):
        first, second = rotated
        assert rotation.revoke(issuer.client, "issuer", getattr(first, what)).kid == first.kid
        assert set(issuer.read().aliases.records.revoked) == {digest(first.kid)}
        assert state(issuer, first) == "Disabled"
        assert kids(issuer) == {second.kid}
        jwt.verify(issuer.token(), issuer.published, require=())

    def test_what_waits_to_take_a_place_is_not_told_where_another_key_signs_on(self, issuer, rotated):
        first, _ = rotated
        rotation.stage(issuer.client, "issuer")
        revoked = rotation.revoke(issuer.client, "issuer", first.kid)
        assert (revoked.signed, revoked.staged) == (False, None)

    def test_one_that_waits_for_its_deletion_signs_no_more_already(self, issuer, rotated):
        first, _ = rotated
        kms.schedule_deletion(issuer.client, first.arn, 7)
        assert rotation.revoke(issuer.client, "issuer", first.kid) == rotation.Revoked(
            first.kid, first.arn, "PendingDeletion", disabled=False, signed=False, staged=None, regions=(), aliases=()
        )

    def test_by_its_id_one_that_never_joined_is_known_by_its_own_kid(self, issuer):
        arn = kms.create_key(issuer.client, "ES256", alias="issuer")
        (public_key,) = issuer.publish()
        assert rotation.revoke(issuer.client, "issuer", arn.rpartition("/")[2]).kid == public_key.kid
        assert set(issuer.read().aliases.records.revoked) == {digest(public_key.kid)}

    def test_one_that_never_joined_is_known_by_its_tag(self, issuer):
        arn = kms.create_key(issuer.client, "ES256", alias="issuer", tags={"kmsjose:kid": "2026"})
        assert rotation.revoke(issuer.client, "issuer", "2026").arn == arn

    def test_an_rsa_key_that_does_not_say_by_what_it_signs_is_known_by_its_thumbprint(self, issuer):
        arn = issuer.client.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["Arn"]
        kms.set_alias(issuer.client, arn, "issuer")
        thumbprint = kms.KMSSigner.open(issuer.client, arn, "PS256").public_key.kid
        assert rotation.revoke(issuer.client, "issuer", thumbprint).arn == arn

    def test_one_that_was_given_a_kid_is_revoked_by_the_other_name_too_by_which_it_was_called(self, issuer):
        arn = kms.create_key(issuer.client, "ES256", alias="issuer", tags={"kmsjose:kid": "2026"})
        rotation.retire(issuer.client, "issuer")
        thumbprint = kms.KMSSigner.open(issuer.client, arn).public_key.kid
        assert rotation.revoke(issuer.client, "issuer", thumbprint).kid == "2026"
        assert set(issuer.read().aliases.records.revoked) == {digest("2026"), digest(thumbprint)}

    @pytest.mark.parametrize("name", ["thumbprint", "id"])
    def test_the_key_itself_counts_more_than_the_tag_of_another(self, issuer, name):
        arns = [kms.create_key(issuer.client, "ES256") for _ in range(2)]
        for arn in arns:
            kms.set_alias(issuer.client, arn, f"issuer/key/{arn.rpartition('/')[2]}")
        for meant, other in (arns, arns[::-1]):
            key_id = meant.rpartition("/")[2]
            kid = key_id if name == "id" else kms.KMSSigner.open(issuer.client, meant).public_key.kid
            issuer.client.tag_resource(KeyId=other, Tags=[{"TagKey": "kmsjose:kid", "TagValue": kid}])
            aliases = rotation.state.aliases_of(issuer.client, "issuer")
            assert key_named(issuer.client, "issuer", kid, aliases) == key_id
            issuer.client.untag_resource(KeyId=other, TagKeys=["kmsjose:kid"])

    def test_an_empty_kid_as_of_a_variable_that_is_not_set_is_refused(self, issuer, rotated, refused):
        with refused("usage", InputError):
            rotation.revoke(issuer.client, "issuer", "")
        assert not rotation.state.look(issuer.client, "issuer").revoked

    def test_one_that_is_staged_is_not_promoted_any_more(self, issuer, rotated, not_yet):
        staged = rotation.stage(issuer.client, "issuer")
        rotation.revoke(issuer.client, "issuer", staged.kid)
        with not_yet("nothing-staged"):
            rotation.promote_unseen(issuer.client, "issuer")
        assert rotation.stage(issuer.client, "issuer").arn != staged.arn

    def test_one_after_another_has_gone_a_whole_life(self, issuer):
        """A first key went through all steps and waits for its deletion; the second leaked, and the third signs."""
        first = issuer.start()
        rotation.stage(issuer.client, "issuer")
        second = issuer.promote()
        rotation.retire(issuer.client, "issuer", DAY, HOUR)
        issuer.clock.advance(2 * DAY)
        rotation.drop(issuer.client, "issuer", DAY)
        issuer.clock.advance(2 * DAY)
        rotation.drop(issuer.client, "issuer", DAY)
        third = rotation.stage(issuer.client, "issuer")
        issuer.publish()
        rotation.promote_unseen(issuer.client, "issuer")
        (revoked,) = rotation.revoke_replaced(issuer.client, "issuer")
        assert revoked.arn == second.arn
        assert (state(issuer, first), state(issuer, second)) == ("PendingDeletion", "Disabled")
        assert kids(issuer) == {third.kid}

    def test_repeated_it_changes_nothing(self, issuer, rotated):
        first, _ = rotated
        rotation.revoke(issuer.client, "issuer", first.kid)
        once = issuer.read()
        issuer.clock.advance(HOUR)
        again = rotation.revoke(issuer.client, "issuer", first.kid)
        assert (again.disabled, again.state) == (False, "Disabled")
        assert [key.revoked for key in issuer.read().keys] == [key.revoked for key in once.keys]

    def test_repeated_it_finds_the_key_by_the_mark_alone(self, issuer, rotated):
        first, _ = rotated
        rotation.revoke(issuer.client, "issuer", first.kid)
        kms.delete_alias(issuer.client, f"issuer/key/kid/{digest(first.kid)}")
        issuer.client.untag_resource(KeyId=first.arn, TagKeys=["kmsjose:kid"])
        assert rotation.revoke(issuer.client, "issuer", first.kid).arn == first.arn

    def test_repeated_it_needs_nothing_that_is_done(self, issuer, rotated):
        first, _ = rotated
        rotation.revoke(issuer.client, "issuer", first.kid)
        for operation in ("CreateAlias", "DisableKey", "TagResource"):
            issuer.faults.error("AccessDeniedException", operation)
        assert rotation.revoke(issuer.client, "issuer", first.kid).arn == first.arn

    @pytest.mark.parametrize("what", ["kid", "id"])
    def test_of_one_whose_kid_was_changed_both_are_revoked_and_its_own_is_told(self, issuer, rotated, what):
        first, second = rotated
        issuer.client.tag_resource(KeyId=first.arn, Tags=[{"TagKey": "kmsjose:kid", "TagValue": "another"}])
        revoked = rotation.revoke(issuer.client, "issuer", "another" if what == "kid" else first.id)
        assert (revoked.arn, revoked.kid) == (first.arn, first.kid)
        told = set(issuer.read().aliases.records.revoked)
        assert told == {digest(first.kid), *([digest("another")] if what == "kid" else [])}
        assert kids(issuer) == {second.kid}

    def test_of_one_whose_tag_was_removed_the_kid_is_told_and_tagged_again(self, issuer, rotated):
        first, _ = rotated
        issuer.client.untag_resource(KeyId=first.arn, TagKeys=["kmsjose:kid"])
        assert rotation.revoke(issuer.client, "issuer", first.id).kid == first.kid
        assert kms.describe_key(issuer.client, first.arn).tags["kmsjose:kid"] == first.kid

    def test_an_imported_key_whose_tag_was_removed_is_not_tagged_by_its_thumbprint(self, issuer, rotated):
        arn = kms.create_key(issuer.client, "ES256", tags={"kmsjose:kid": "2026"})
        kms.set_alias(issuer.client, arn, "issuer")
        rotation.retire(issuer.client, "issuer")
        issuer.client.untag_resource(KeyId=arn, TagKeys=["kmsjose:kid"])
        rotation.revoke(issuer.client, "issuer", arn)
        assert "kmsjose:kid" not in kms.describe_key(issuer.client, arn).tags
        assert set(issuer.read().aliases.records.revoked) == {digest("2026")}

    def test_one_that_was_enabled_again_is_disabled_again(self, issuer, rotated):
        first, _ = rotated
        rotation.revoke(issuer.client, "issuer", first.kid)
        kms.enable_key(issuer.client, first.arn)
        assert rotation.revoke(issuer.client, "issuer", first.kid).disabled
        assert state(issuer, first) == "Disabled"

    @pytest.mark.parametrize("kid", ["mistyped", "\ud800"], ids=["mistyped", "half a character"])
    def test_a_kid_that_kms_has_no_key_of_is_told_and_published_no_more(self, issuer, rotated, not_yet, kid):
        with not_yet("key-unknown") as caught:
            rotation.revoke(issuer.client, "issuer", kid)
        assert "nothing was disabled" in caught.value.message
        assert digest(kid) in issuer.read().aliases.records.revoked
        assert len(kids(issuer)) == 2
        assert rotation.revoke(issuer.client, "issuer", kid) == rotation.Revoked(
            kid, None, None, disabled=False, signed=False, staged=None, regions=(), aliases=()
        )

    @pytest.mark.parametrize("left", ["the alias", "a key that belongs to it"])
    def test_a_kid_that_kms_has_no_key_of_is_marked_by_whatever_the_rotation_has(self, issuer, not_yet, left):
        if left == "the alias":
            kms.create_key(issuer.client, "ES256", alias="issuer")
        else:
            issuer.start()
            kms.delete_alias(issuer.client, "issuer")
        with not_yet("key-unknown"):
            rotation.revoke(issuer.client, "issuer", "mistyped")
        assert digest("mistyped") in issuer.read().aliases.records.revoked

    @pytest.mark.parametrize("code", ["AccessDeniedException", "NotFoundException"])
    def test_a_key_that_is_somebody_elses_or_gone_is_passed_over_as_one_is_looked_for(self, issuer, not_yet, code):
        issuer.start()
        kms.create_key(issuer.client, "ES256")
        issuer.faults.before("ListKeys", lambda: issuer.faults.error(code, "DescribeKey", times=1))
        with not_yet("key-unknown"):
            rotation.revoke(issuer.client, "issuer", "mistyped")

    @pytest.mark.parametrize("other", ["disabled", "symmetric", "for encryption"])
    def test_a_key_that_can_not_be_asked_for_its_public_half_is_passed_over_as_one_is_looked_for(
        self, issuer, not_yet, other
    ):
        issuer.start()
        if other == "disabled":
            kms.disable_key(issuer.client, kms.create_key(issuer.client, "ES256"))
        elif other == "symmetric":
            issuer.client.create_key(KeySpec="SYMMETRIC_DEFAULT", KeyUsage="ENCRYPT_DECRYPT")
        else:
            issuer.client.create_key(KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT")
        with not_yet("key-unknown"):
            rotation.revoke(issuer.client, "issuer", "mistyped")

    def test_no_kid_is_taken_for_unknown_because_kms_does_not_answer(self, issuer, refused):
        issuer.start()
        kms.create_key(issuer.client, "ES256")
        issuer.faults.before("ListKeys", lambda: issuer.faults.throttle("ListResourceTags"))
        with refused("throttled", KMSError):
            rotation.revoke(issuer.client, "issuer", "mistyped")
        issuer.faults.clear()
        assert issuer.read().aliases.records.revoked == {}

    def test_a_key_of_another_rotation_is_left_alone(self, issuer, rotated, not_yet):
        rotation.stage(issuer.client, "payments", "ES256")
        theirs = rotation.promote_unseen(issuer.client, "payments")
        with not_yet("key-unknown") as caught:
            rotation.revoke(issuer.client, "issuer", theirs.kid)
        assert "rotation payments" in caught.value.message
        assert state(issuer, theirs) == "Enabled"

    def test_a_key_with_a_name_of_its_own_is_left_alone(self, issuer, rotated, not_yet):
        arn = kms.create_key(issuer.client, "ES256", alias="receipts")
        kid = kms.KMSSigner.open(issuer.client, arn).public_key.kid
        with not_yet("key-unknown") as caught:
            rotation.revoke(issuer.client, "issuer", kid)
        assert "alias/receipts" in caught.value.message
        assert kms.describe_key(issuer.client, arn).state == "Enabled"

    def test_a_key_that_says_to_be_of_another_rotation_is_left_alone(self, issuer, rotated, not_yet):
        arn = kms.create_key(issuer.client, "ES256", tags={"kmsjose:rotation": "payments"})
        with not_yet("key-unknown") as caught:
            rotation.revoke(issuer.client, "issuer", kms.KMSSigner.open(issuer.client, arn).public_key.kid)
        assert "rotation payments" in caught.value.message
        assert kms.describe_key(issuer.client, arn).state == "Enabled"

    def test_a_key_that_is_nobodys_is_revoked(self, issuer, rotated):
        arn = kms.create_key(issuer.client, "ES256")
        kid = kms.KMSSigner.open(issuer.client, arn).public_key.kid
        assert rotation.revoke(issuer.client, "issuer", kid).arn == arn
        assert kms.describe_key(issuer.client, arn).state == "Disabled"

    def test_one_that_has_lost_its_aliases_is_known_by_its_tag(self, issuer, rotated):
        first, _ = rotated
        kms.delete_alias(issuer.client, f"issuer/key/{first.id}")
        kms.delete_alias(issuer.client, f"issuer/key/kid/{digest(first.kid)}")
        kms.set_alias(issuer.client, first.arn, "receipts")
        assert rotation.revoke(issuer.client, "issuer", first.kid).aliases == ("alias/receipts",)
        assert state(issuer, first) == "Disabled"

    def test_of_two_keys_that_say_to_have_a_kid_none_is_guessed(self, issuer, refused):
        for _ in range(2):
            arn = kms.create_key(issuer.client, "ES256", tags={"kmsjose:kid": "2026"})
            kms.set_alias(issuer.client, arn, f"issuer/key/{arn.rpartition('/')[2]}")
        with refused("rotation-damaged", KMSError) as caught:
            rotation.revoke(issuer.client, "issuer", "2026")
        assert "by its id" in caught.value.message
        assert rotation.revoke(issuer.client, "issuer", arn).arn == arn

    def test_an_imported_key_is_known_by_the_kid_that_it_brought(self, issuer, rotated):
        arn = kms.create_key(issuer.client, "ES256", tags={"kmsjose:kid": "2026"})
        kms.set_alias(issuer.client, arn, "issuer")
        rotation.retire(issuer.client, "issuer")
        issuer.client.untag_resource(KeyId=arn, TagKeys=["kmsjose:kid"])
        assert rotation.revoke(issuer.client, "issuer", "2026").arn == arn

    def test_one_that_had_lost_its_alias_belongs_to_the_rotation_again_and_can_be_dropped(self, issuer, rotated):
        first, _ = rotated
        kms.delete_alias(issuer.client, f"issuer/key/{first.id}")
        rotation.revoke(issuer.client, "issuer", first.kid)
        (dropped,) = rotation.drop(issuer.client, "issuer", DAY)
        assert (dropped.arn, dropped.revoked) == (first.arn, True)

    def test_a_kid_that_is_revoked_is_not_published_though_nothing_tells_of_its_key(self, issuer, rotated):
        first, second = rotated
        kms.schedule_deletion(issuer.client, first.arn, 7)
        rotation.revoke(issuer.client, "issuer", first.kid)
        kms.cancel_deletion(issuer.client, first.arn)
        kms.enable_key(issuer.client, first.arn)
        kms.delete_alias(issuer.client, f"issuer/key/kid/{digest(first.kid)}")
        issuer.client.untag_resource(KeyId=first.arn, TagKeys=["kmsjose:kid", "kmsjose:revoked"])
        assert kids(issuer) == {second.kid}

    def test_one_that_another_keys_alias_tells_of_is_not_promoted_once_it_is_kept(self, issuer, rotated, not_yet):
        staged = rotation.stage(issuer.client, "issuer")
        kms.schedule_deletion(issuer.client, staged.arn, 7)
        rotation.revoke(issuer.client, "issuer", staged.kid)
        kms.cancel_deletion(issuer.client, staged.arn)
        kms.enable_key(issuer.client, staged.arn)
        with not_yet("nothing-staged"):
            rotation.promote_unseen(issuer.client, "issuer")

    def test_one_that_never_joined_is_not_brought_back_by_undeleting_it(self, issuer, rotated):
        arn = kms.create_key(issuer.client, "ES256", tags={"kmsjose:kid": "2026"})
        kms.set_alias(issuer.client, arn, f"issuer/key/{arn.rpartition('/')[2]}")
        kms.schedule_deletion(issuer.client, arn, 7)
        rotation.revoke(issuer.client, "issuer", "2026")
        kms.cancel_deletion(issuer.client, arn)
        kms.enable_key(issuer.client, arn)
        assert [key.arn for key in issuer.read().keys if key.revoked is not None] == [arn]

    @pytest.mark.parametrize("left", ["tag", "alias"])
    def test_either_its_tag_or_its_alias_tells_that_it_is_revoked(self, issuer, rotated, left):
        first, _ = rotated
        rotation.revoke(issuer.client, "issuer", first.kid)
        if left == "tag":
            kms.delete_alias(issuer.client, f"issuer/key/revoked/{digest(first.kid)}")
        else:
            issuer.client.untag_resource(KeyId=first.arn, TagKeys=["kmsjose:revoked"])
        assert issuer.read().keys[0].revoked is not None

    def test_one_that_another_rotation_has_revoked_is_revoked(self, issuer):
        first = issuer.start()
        kms.set_alias(issuer.client, first.arn, "payments")
        rotation.revoke(issuer.client, "payments")
        issuer.client.untag_resource(KeyId=first.arn, TagKeys=["kmsjose:revoked"])
        assert issuer.read().active.revoked is not None

    @pytest.mark.parametrize("going", [False, True])
    def test_without_its_tag_it_is_known_by_an_alias_when_it_was_revoked(self, issuer, rotated, not_yet, going):
        first, _ = rotated
        with not_yet("key-unknown"):
            rotation.revoke(issuer.client, "issuer", "mistyped")
        issuer.clock.advance(HOUR)
        if going:
            kms.schedule_deletion(issuer.client, first.arn, 7)
        made = datetime.fromtimestamp(issuer.clock.now, UTC)
        rotation.revoke(issuer.client, "issuer", first.kid)
        issuer.clock.advance(HOUR)
        if going:
            kms.cancel_deletion(issuer.client, first.arn)
        else:
            issuer.client.untag_resource(KeyId=first.arn, TagKeys=["kmsjose:revoked"])
        assert issuer.read().keys[0].revoked == made

    def test_the_alias_of_the_key_itself_counts_most_in_whichever_order_kms_tells_them(self):
        of, made = digest("2026"), datetime(2026, 1, 31, tzinfo=UTC)
        entries = [(f"key/revoked/{of}", "its own", made), (f"key/gone/{of}", "another", made + DAY)]
        for told in (entries, entries[::-1]):
            assert records_of(told).revoked == {of: Mark("its own", made)}

    def test_copies_in_other_regions_and_other_names_are_told(self, issuer):
        rotation.stage(issuer.client, "issuer", "ES256", multi_region=True)
        key = rotation.promote_unseen(issuer.client, "issuer")
        kms.replicate_key(issuer.client, key.arn, "eu-central-1")
        kms.set_alias(issuer.client, key.arn, "receipts")
        revoked = rotation.revoke(issuer.client, "issuer")
        assert (revoked.regions, revoked.aliases) == (("eu-central-1",), ("alias/receipts",))


class TestObstacles:
    """What stands in the way of a part does not keep the rest from being done."""

    def test_a_lock_that_somebody_holds(self, issuer, rotated):
        _, second = rotated
        with held(issuer.client, "issuer", second.arn, kms_clock(issuer.client)):
            assert rotation.revoke(issuer.client, "issuer").arn == second.arn
        assert state(issuer, second) == "Disabled"

    @pytest.mark.parametrize("operation", ["CreateAlias", "TagResource", "ListResourceTags"])
    def test_a_mark_that_may_not_be_made(self, issuer, rotated, operation):
        first, second = rotated
        issuer.faults.error("AccessDeniedException", operation)
        if operation == "ListResourceTags":
            rotation.revoke(issuer.client, "issuer", second.kid)
        else:
            with pytest.raises(KMSError) as caught:
                rotation.revoke(issuer.client, "issuer")
            assert (caught.value.code, caught.value.operation) == ("access-denied", operation)
            assert f"{second.kid} signs no more" in caught.value.message
            assert (caught.value.__cause__.code, caught.value.__cause__.operation) == ("access-denied", operation)
        issuer.faults.clear()
        assert state(issuer, second) == "Disabled"
        assert kids(issuer) == {first.kid}

    @pytest.mark.parametrize("fault", ["AccessDeniedException", "ThrottlingException"])
    def test_where_its_tags_cannot_be_read_its_kid_is_not_guessed(self, issuer, fault):
        arn = kms.create_key(issuer.client, "ES256", alias="issuer", tags={"kmsjose:kid": "2026"})
        assert kids(issuer) == {"2026"}
        issuer.faults.error(fault, "ListResourceTags")
        with pytest.raises(KMSError) as caught:
            rotation.revoke(issuer.client, "issuer")
        assert "signs no more, but could not be marked everywhere" in caught.value.message
        issuer.faults.clear()
        assert kms.describe_key(issuer.client, arn).tags["kmsjose:kid"] == "2026"
        assert rotation.revoke(issuer.client, "issuer").kid == "2026"
        assert digest("2026") in rotation.state.look(issuer.client, "issuer").revoked
        assert kids(issuer) == set()

    def test_where_its_tags_cannot_be_read_none_is_written_over(self, issuer):
        arn = kms.create_key(issuer.client, "ES256", alias="issuer", tags={"kmsjose:kid": "2026"})
        rotation.retire(issuer.client, "issuer")
        issuer.faults.error("AccessDeniedException", "ListResourceTags")
        assert rotation.revoke(issuer.client, "issuer").arn == arn
        issuer.faults.clear()
        assert kms.describe_key(issuer.client, arn).tags["kmsjose:kid"] == "2026"

    def test_a_key_that_may_not_be_disabled(self, issuer, rotated):
        first, second = rotated
        issuer.faults.error("AccessDeniedException", "DisableKey")
        with pytest.raises(KMSError) as caught:
            rotation.revoke(issuer.client, "issuer")
        assert f"{second.kid} still signs" in caught.value.message
        issuer.faults.clear()
        assert kids(issuer) == {first.kid}

    def test_of_all_that_is_denied_it_counts_most_that_the_key_still_signs(self, issuer, rotated):
        _, second = rotated
        for operation in ("CreateAlias", "DisableKey", "TagResource"):
            issuer.faults.error("AccessDeniedException", operation)
        with pytest.raises(KMSError) as caught:
            rotation.revoke(issuer.client, "issuer")
        assert caught.value.operation == "DisableKey"
        assert f"{second.kid} still signs" in caught.value.message

    @pytest.mark.parametrize("message", ["injected", "arn is updating."])
    def test_a_key_that_kms_does_not_disable_in_its_state_still_signs_while_it_is_enabled(
        self, issuer, rotated, message
    ):
        _, second = rotated
        issuer.faults.error("KMSInvalidStateException", "DisableKey", message=message)
        with pytest.raises(KMSError) as caught:
            rotation.revoke(issuer.client, "issuer")
        assert f"{second.kid} still signs" in caught.value.message

    @pytest.mark.parametrize("updating", [False, True])
    def test_a_key_that_somebody_deletes_meanwhile_signs_no_more(self, issuer, rotated, updating):
        first, second = rotated
        issuer.faults.before("DisableKey", lambda: kms.schedule_deletion(issuer.client, second.arn, 7))
        if updating:
            issuer.faults.error("KMSInvalidStateException", "DisableKey", message="arn is updating.")
        with pytest.raises(KMSError) as caught:
            rotation.revoke(issuer.client, "issuer")
        assert f"{second.kid} signs no more" in caught.value.message  # Its tags can't be changed any more.
        assert caught.value.operation == "TagResource"
        assert kids(issuer) == {first.kid}

    def test_somebody_who_revokes_it_at_the_same_time(self, issuer, rotated):
        first, second = rotated
        issuer.faults.before("CreateAlias", lambda: rotation.revoke(issuer.client, "issuer"))
        assert rotation.revoke(issuer.client, "issuer").arn == second.arn
        assert state(issuer, second) == "Disabled"
        assert kids(issuer) == {first.kid}

    def test_a_key_of_which_nothing_may_be_asked_is_disabled_and_marked_by_its_id(self, issuer):
        arn = kms.create_key(issuer.client, "ES256", alias="issuer")
        issuer.faults.error("AccessDeniedException", "GetPublicKey")
        with pytest.raises(KMSError) as caught:
            rotation.revoke(issuer.client, "issuer")
        assert (caught.value.code, caught.value.operation) == ("access-denied", "GetPublicKey")
        assert f"{arn} signs no more, but could not be marked everywhere" in caught.value.message
        issuer.faults.clear()
        assert kms.describe_key(issuer.client, arn).state == "Disabled"
        assert set(issuer.read().aliases.records.revoked) == {digest(arn.rpartition("/")[2])}

    def test_a_key_whose_kid_is_recorded_is_disabled_though_nothing_can_be_asked_now(self, issuer, rotated):
        first, second = rotated
        issuer.client.untag_resource(KeyId=second.arn, TagKeys=["kmsjose:kid"])
        issuer.faults.throttle("GetPublicKey")
        rotation.revoke(issuer.client, "issuer")
        issuer.faults.clear()
        assert state(issuer, second) == "Disabled"
        assert kids(issuer) == {first.kid}

    def test_a_key_whose_kid_is_told_by_its_tag_is_disabled_though_its_public_key_cannot_be_had_now(self, issuer):
        arn = kms.create_key(issuer.client, "ES256", alias="issuer", tags={"kmsjose:kid": "2026"})
        issuer.faults.throttle("GetPublicKey")
        assert rotation.revoke(issuer.client, "issuer").kid == "2026"
        issuer.faults.clear()
        assert kms.describe_key(issuer.client, arn).state == "Disabled"

    def test_tags_of_other_keys_that_cannot_be_read(self, issuer, rotated):
        first, second = rotated
        issuer.client.tag_resource(KeyId=first.arn, Tags=[{"TagKey": "kmsjose:promoted", "TagValue": "x"}])
        assert rotation.revoke(issuer.client, "issuer").arn == second.arn

    @pytest.mark.parametrize("tag", ["seen", "promoted", "published-until", "token-lifetime", "revoked", "alg"])
    @pytest.mark.parametrize("going", [False, True])
    def test_tags_of_the_revoked_key_that_cannot_be_read_stop_nothing(self, issuer, tag, going):
        first = issuer.start()
        issuer.client.tag_resource(KeyId=first.arn, Tags=[{"TagKey": f"kmsjose:{tag}", "TagValue": "never"}])
        second = kms.create_key(issuer.client, "ES256")
        kms.set_alias(issuer.client, second, "issuer")
        if going:
            kms.schedule_deletion(issuer.client, first.arn, 7)
        assert rotation.revoke(issuer.client, "issuer", first.kid).arn == first.arn
        staged = rotation.stage(issuer.client, "issuer")
        assert rotation.promote_unseen(issuer.client, "issuer").arn == staged.arn
        assert first.kid not in kids(issuer)
        if not going:
            assert [one.arn for one in rotation.drop(issuer.client, "issuer")] == [first.arn]

    def test_a_tag_that_cannot_be_read_is_named_and_what_helps_where_it_cannot_be_mended(self, issuer, refused):
        first = issuer.start()
        rotation.stage(issuer.client, "issuer")
        rotation.promote_unseen(issuer.client, "issuer")
        issuer.client.tag_resource(KeyId=first.arn, Tags=[{"TagKey": "kmsjose:seen", "TagValue": "never"}])
        with refused("rotation-damaged", KMSError) as caught:
            issuer.read()
        assert f"the tag kmsjose:seen of {first.arn}" in caught.value.message
        assert "revoke it" not in caught.value.message
        kms.schedule_deletion(issuer.client, first.arn, 7)
        with refused("rotation-damaged", KMSError) as caught:
            issuer.read()
        assert "revoke it" in caught.value.message

    def test_a_key_that_can_have_no_more_tags_is_named_and_is_out_all_the_same(self, issuer, rotated):
        first, second = rotated
        issuer.faults.error("LimitExceededException", "TagResource")
        with pytest.raises(KMSError) as caught:
            rotation.revoke(issuer.client, "issuer")
        assert caught.value.code == "limit-exceeded"
        assert f"{second.kid} signs no more" in caught.value.message
        assert f"{second.arn} has no room for its tags kmsjose:revoked" in caught.value.message
        issuer.faults.clear()
        assert state(issuer, second) == "Disabled"
        assert kids(issuer) == {first.kid}

    @pytest.mark.parametrize(
        "code, message",
        [
            ("LimitExceededException", "injected"),
            ("KMSInvalidStateException", "arn is pending deletion."),
            ("KMSInvalidStateException", "arn is updating."),
            ("NotFoundException", "injected"),
        ],
    )
    def test_a_key_that_can_have_no_more_aliases_is_marked_by_another(self, issuer, rotated, code, message):
        first, second = rotated
        issuer.faults.error(code, "CreateAlias", message=message, times=1)
        rotation.revoke(issuer.client, "issuer", first.kid)
        assert issuer.read().aliases.records.revoked[digest(first.kid)].key_id is None
        assert kids(issuer) == {second.kid}

    def test_a_key_whose_kid_could_not_be_asked_signs_on_until_it_can(self, issuer):
        arn = kms.create_key(issuer.client, "ES256", alias="issuer")
        (public_key,) = issuer.publish()
        issuer.faults.throttle("GetPublicKey")
        with pytest.raises(KMSError) as caught:
            rotation.revoke(issuer.client, "issuer")
        assert (caught.value.code, caught.value.retryable) == ("throttled", True)
        assert f"{arn} still signs" in caught.value.message
        issuer.faults.clear()
        assert rotation.revoke(issuer.client, "issuer").kid == public_key.kid

    def test_where_the_key_that_signs_can_bear_no_mark_another_does(self, issuer, rotated, not_yet):
        first, second = rotated
        kms.schedule_deletion(issuer.client, second.arn, 7)
        with not_yet("key-unknown"):
            rotation.revoke(issuer.client, "issuer", "mistyped")
        assert digest("mistyped") in issuer.read().aliases.records.revoked
        assert any("/gone/" in alias for alias in kms.describe_key(issuer.client, first.arn).aliases)

    def test_where_no_key_stays_it_is_told_what_to_do(self, issuer, not_yet):
        first = issuer.start()
        kms.schedule_deletion(issuer.client, first.arn, 7)
        with not_yet("unmarked") as caught:
            rotation.revoke(issuer.client, "issuer")
        assert "--withdraw" in caught.value.hint
        rotation.stage(issuer.client, "issuer", "ES256")
        rotation.revoke(issuer.client, "issuer", first.kid)
        assert first.kid not in kids(issuer)


class TestTheKidOfAKey:
    """It is recorded in an alias when the key joins: whoever may write tags alone can't change it."""

    def test_it_is_recorded_by_its_digest(self, issuer):
        key = rotation.stage(issuer.client, "issuer", "ES256")
        assert issuer.read().aliases.records.kids == {digest(key.kid): key.id}
        assert kms.describe_key(issuer.client, key.arn).aliases == (
            f"alias/issuer/key/{key.id}",
            f"alias/issuer/key/kid/{digest(key.kid)}",
        )

    def test_one_that_was_changed_is_neither_published_nor_promoted(self, issuer, rotated, refused):
        staged = rotation.stage(issuer.client, "issuer")
        issuer.client.tag_resource(KeyId=staged.arn, Tags=[{"TagKey": "kmsjose:kid", "TagValue": "another"}])
        with refused("rotation-damaged", KMSError):
            issuer.publish()
        with refused("rotation-damaged", KMSError):
            rotation.promote_unseen(issuer.client, "issuer")

    def test_two_keys_with_one_kid_are_refused(self, issuer, rotated, refused):
        first, second = rotated
        for key in (first, second):
            kms.delete_alias(issuer.client, f"issuer/key/kid/{digest(key.kid)}")
        issuer.client.tag_resource(KeyId=second.arn, Tags=[{"TagKey": "kmsjose:kid", "TagValue": first.kid}])
        with refused("rotation-damaged", KMSError) as caught:
            issuer.publish()
        assert "one kid" in caught.value.message

    def test_a_key_that_joined_before_kids_were_recorded_is_recorded_by_the_next_step(self, issuer, rotated):
        first, _ = rotated
        kms.delete_alias(issuer.client, f"issuer/key/kid/{digest(first.kid)}")
        rotation.retire(issuer.client, "issuer", DAY, HOUR)
        assert issuer.read().aliases.records.kids[digest(first.kid)] == first.id

    def test_a_record_that_kms_does_not_list_yet_is_no_obstacle(self, issuer, rotated, monkeypatch):
        real = rotation.state.aliases_of

        def late(client, name):
            found = real(client, name)
            found.records.kids.clear()
            return found

        monkeypatch.setattr("kmsjose.kms.rotation.state.aliases_of", late)
        rotation.retire(issuer.client, "issuer", DAY, HOUR)

    def test_a_record_that_may_not_be_made_is_told(self, issuer, rotated, refused):
        first, _ = rotated
        kms.delete_alias(issuer.client, f"issuer/key/kid/{digest(first.kid)}")
        # The lock is an alias too, and comes first.
        issuer.faults.before("CreateAlias", lambda: issuer.faults.error("AccessDeniedException", "CreateAlias"))
        with refused("access-denied", KMSError):
            rotation.retire(issuer.client, "issuer", DAY, HOUR)

    def test_a_record_that_is_another_keys_is_refused_though_kms_does_not_list_it_yet(
        self, issuer, rotated, refused, monkeypatch
    ):
        first, second = rotated
        kms.set_alias(issuer.client, second.arn, f"issuer/key/kid/{digest(first.kid)}")
        late = replace(rotation.state.aliases_of(issuer.client, "issuer"), records=Records({}, {}))
        monkeypatch.setattr("kmsjose.kms.rotation.state.aliases_of", lambda _client, _name: late)
        with refused("already-exists", KMSError):
            rotation.retire(issuer.client, "issuer", DAY, HOUR)

    def test_that_of_a_revoked_key_stops_nothing_whatever_was_made_of_it(self, issuer, rotated):
        first, _ = rotated
        rotation.revoke(issuer.client, "issuer", first.kid)
        issuer.client.tag_resource(KeyId=first.arn, Tags=[{"TagKey": "kmsjose:kid", "TagValue": "another"}])
        assert rotation.stage(issuer.client, "issuer").stage == "staged"

    def test_a_record_that_is_another_keys_is_refused(self, issuer, rotated):
        first, second = rotated
        alias = f"issuer/key/kid/{digest(first.kid)}"
        kms.set_alias(issuer.client, second.arn, alias)
        with pytest.raises((KMSError, RotationError)) as caught:
            rotation.retire(issuer.client, "issuer", DAY, HOUR)
        assert caught.value.code == "rotation-damaged"
