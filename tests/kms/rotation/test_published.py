"""Which keys are published, and which are refused though they are named one by one."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kmsjose import KeySet, KMSSigner, kms
from kmsjose.errors import InputError, KMSError, RotationError
from kmsjose.kms import rotation
from kmsjose.kms.local import server
from kmsjose.kms.rotation.clock import written
from kmsjose.kms.rotation.published import check_not_revoked
from kmsjose.kms.rotation.records import digest
from kmsjose.kms.rotation.state import look

HOUR, DAY, SECOND = timedelta(hours=1), timedelta(days=1), timedelta(seconds=1)


def tag(issuer, arn: str, **tags: str) -> None:
    entries = [{"TagKey": f"kmsjose:{name.replace('_', '-')}", "TagValue": value} for name, value in tags.items()]
    issuer.client.tag_resource(KeyId=arn, Tags=entries)


def untag(issuer, arn: str, name: str) -> None:
    issuer.client.untag_resource(KeyId=arn, TagKeys=[f"kmsjose:{name}"])


def forget_the_kid(issuer, key: rotation.RotationKey) -> None:
    """Remove its record, as of a key that joined before kids were recorded."""
    kms.delete_alias(issuer.client, f"issuer/key/kid/{digest(key.kid)}")


@pytest.fixture
def replaced(issuer) -> rotation.RotationKey:
    """A key that another has replaced, with the record of its kid."""
    first = issuer.start()
    rotation.stage(issuer.client, "issuer")
    rotation.promote_unseen(issuer.client, "issuer")
    issuer.publish()
    return first


class TestWhichKeys:
    @pytest.mark.parametrize("names", ["issuer", ["issuer"], ("alias/issuer",), {"issuer"}, ["issuer", "issuer"]])
    def test_the_rotation_is_named_alone_or_among_others(self, issuer, replaced, names):
        published = rotation.keys_to_publish(issuer.client, names, KeySet([]))
        assert published == issuer.published

    def test_the_keys_of_all_rotations_are_in_the_order_of_their_making(self, issuer):
        made = []
        for name in ("one", "two", "three", "one", "two", "three"):
            made.append(rotation.stage(issuer.client, name, "ES256"))
            rotation.promote_unseen(issuer.client, name)
            issuer.clock.advance(HOUR)
        published = rotation.keys_to_publish(issuer.client, ["two", "three", "one"], KeySet([]))
        assert [key.kid for key in published] == [key.kid for key in made]

    def test_the_tags_of_an_rsa_key_are_read_once(self, issuer):
        """They say by what it signs, and KMS is not asked for them again as the key itself is read."""
        rotation.stage(issuer.client, "issuer", "PS256", bits=2048)
        rotation.promote_unseen(issuer.client, "issuer")
        asked = []
        issuer.client.meta.events.register("before-call.kms.ListResourceTags", lambda **_: asked.append(1))
        (key,) = rotation.keys_to_publish(issuer.client, "issuer", KeySet([]))
        assert key.algorithm.name == "PS256"
        assert len(asked) == 1

    def test_keys_of_which_kms_does_not_tell_when_they_were_made_are_the_last(self, issuer, replaced, monkeypatch):
        genuine = server.OPERATIONS["DescribeKey"]

        def described(region, request):
            metadata = dict(genuine(region, request)["KeyMetadata"])
            if metadata["Arn"] == replaced.arn:
                del metadata["CreationDate"]
            return {"KeyMetadata": metadata}

        monkeypatch.setitem(server.OPERATIONS, "DescribeKey", described)
        issuer.clock.advance(HOUR)
        assert [key.kid for key in issuer.publish()] == [issuer.read().active.kid, replaced.kid]

    def test_an_rsa_key_that_does_not_say_by_what_it_signs_is_refused(self, issuer, refused):
        made = issuer.client.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")
        kms.set_alias(issuer.client, made["KeyMetadata"]["Arn"], "issuer")
        with refused("alg-required", InputError):
            issuer.publish()


class TestHowLong:
    """A key that is out of use is published while a token of it may live."""

    def test_until_the_second_that_its_tag_names(self, issuer, replaced):
        tag(issuer, replaced.arn, published_until=written(issuer.read().clock.start + HOUR), token_lifetime="0")
        issuer.clock.advance(HOUR)
        assert len(issuer.publish()) == 2
        issuer.clock.advance(SECOND)
        assert len(issuer.publish()) == 1

    def test_after_that_for_a_lifetime_from_its_last_signature(self, issuer, replaced):
        tag(issuer, replaced.arn, published_until=written(issuer.read().clock.start - DAY), token_lifetime="3600")
        assert len(issuer.publish()) == 1
        KMSSigner.open(issuer.client, replaced.arn).sign(b"m")
        issuer.clock.advance(HOUR)
        assert len(issuer.publish()) == 2
        issuer.clock.advance(SECOND)
        assert len(issuer.publish()) == 1

    def test_a_signature_counts_for_nothing_where_no_lifetime_is_known(self, issuer, replaced):
        tag(issuer, replaced.arn, published_until=written(issuer.read().clock.start - DAY))
        KMSSigner.open(issuer.client, replaced.arn).sign(b"m")
        assert len(issuer.publish()) == 1

    def test_a_staged_key_that_waits_for_its_deletion_is_not(self, issuer, replaced):
        staged = rotation.stage(issuer.client, "issuer")
        assert len(issuer.publish()) == 3
        kms.schedule_deletion(issuer.client, staged.arn, 7)
        assert len(issuer.publish()) == 2

    def test_the_key_that_signs_is_though_its_tags_say_that_its_time_is_over(self, issuer):
        """As after somebody moved the alias back to it."""
        key = issuer.start()
        tag(
            issuer, key.arn, replaced="2026-01-01T00:00:00Z", published_until="2026-01-02T00:00:00Z", token_lifetime="0"
        )
        assert [one.kid for one in issuer.publish()] == [key.kid]

    def test_one_that_was_disabled_and_that_somebody_has_enabled_again_is(self, issuer, replaced):
        over = {"published_until": "2026-01-02T00:00:00Z", "token_lifetime": "0"}
        tag(issuer, replaced.arn, **over)
        assert len(issuer.publish()) == 1
        tag(issuer, replaced.arn, **over, disabled="2026-01-03T00:00:00Z")
        assert [key.kid for key in issuer.publish()] == [replaced.kid, issuer.read().active.kid]

    def test_one_that_signed_and_waits_for_its_deletion_before_it_was_retired_is(self, issuer, replaced):
        kms.schedule_deletion(issuer.client, replaced.arn, 7)
        assert len(issuer.publish()) == 2


class TestAKeyThatIsNotGivenOut:
    """KMS gives out no public key of one that is disabled: it is taken from what is published now."""

    @pytest.fixture
    def disabled(self, issuer, replaced) -> rotation.RotationKey:
        """The key that signs, disabled; another of its algorithm is published before it."""
        active = issuer.read().active
        kms.disable_key(issuer.client, active.arn)
        return active

    def test_it_is_the_one_of_its_kid(self, issuer, replaced, disabled):
        before = issuer.published
        assert issuer.publish() == before
        assert [key.kid for key in before] == [replaced.kid, disabled.kid]

    @pytest.mark.parametrize("left", ["record", "tag"])
    def test_its_kid_is_told_by_a_record_or_a_tag(self, issuer, disabled, left):
        if left == "record":
            untag(issuer, disabled.arn, "kid")
        else:
            forget_the_kid(issuer, disabled)
        before = issuer.published
        assert issuer.publish() == before

    def test_a_kid_that_was_changed_is_refused(self, issuer, disabled, refused):
        """It would name no key that is published here, but it may be that of another key."""
        tag(issuer, disabled.arn, kid="another")
        with refused("rotation-damaged", KMSError):
            issuer.publish()

    def test_one_whose_kid_nothing_tells_is_not_left_out_silently(self, issuer, disabled, refused):
        untag(issuer, disabled.arn, "kid")
        forget_the_kid(issuer, disabled)
        with refused("key-disabled", KMSError):
            issuer.publish()

    def test_a_key_of_another_algorithm_is_not_taken_for_it(self, issuer, disabled, refused):
        other = KMSSigner.open(issuer.client, kms.create_key(issuer.client, "ES384"), kid=disabled.kid).public_key
        kept = [key for key in issuer.published if key.kid != disabled.kid]
        with refused("key-disabled", KMSError):
            rotation.keys_to_publish(issuer.client, "issuer", KeySet([*kept, other]))

    def test_a_staged_key_is_left_out_for_it_has_signed_nothing(self, issuer, replaced):
        staged = rotation.stage(issuer.client, "issuer")
        kms.disable_key(issuer.client, staged.arn)
        assert staged.kid not in {key.kid for key in issuer.publish()}


class TestKids:
    """A key is published by the kid that it had when it joined, or not at all."""

    def test_one_whose_tag_was_removed_is_not_published_by_its_thumbprint(self, issuer, refused):
        arn = kms.create_key(issuer.client, "ES256", alias="issuer", tags={"kmsjose:kid": "2026"})
        rotation.retire(issuer.client, "issuer")
        assert [key.kid for key in issuer.publish()] == ["2026"]
        untag(issuer, arn, "kid")
        with refused("rotation-damaged", KMSError):
            issuer.publish()

    def test_it_is_known_by_its_record_whatever_its_tag_says(self, issuer):
        key = issuer.start()
        tag(issuer, key.arn, kid="another")
        found = look(issuer.client, "issuer")
        assert [found.kid_digest(one) for one in found.keys] == [digest(key.kid)]

    def test_one_that_was_changed_stops_nothing_where_its_key_is_revoked(self, issuer, replaced):
        rotation.revoke(issuer.client, "issuer", replaced.kid)
        tag(issuer, replaced.arn, kid="another")
        assert [key.kid for key in issuer.publish()] == [issuer.read().active.kid]

    def test_two_keys_that_are_revoked_may_have_one(self, issuer, replaced):
        active = issuer.read().active
        for key in (replaced, active):
            rotation.revoke(issuer.client, "issuer", key.kid)
        tag(issuer, active.arn, kid=replaced.kid)
        assert issuer.publish().keys == ()

    def test_who_takes_that_of_a_revoked_key_is_published_by_none(self, issuer, replaced):
        rotation.revoke(issuer.client, "issuer", replaced.kid)
        active = issuer.read().active
        forget_the_kid(issuer, active)
        tag(issuer, active.arn, kid=replaced.kid)
        assert issuer.publish().keys == ()


class TestAKeyThatIsNamed:
    """Whoever publishes a key by its name is refused once a rotation has revoked it."""

    @pytest.fixture
    def gone(self, issuer, replaced) -> rotation.RotationKey:
        """One that was revoked while it waited for its deletion: another key bears the mark."""
        kms.schedule_deletion(issuer.client, replaced.arn, 7)
        rotation.revoke(issuer.client, "issuer", replaced.kid)
        kms.cancel_deletion(issuer.client, replaced.arn)
        return replaced

    def test_one_that_is_not_revoked_may_be_published(self, issuer, replaced):
        rotation.revoke(issuer.client, "issuer")  # another key of the same rotation
        check_not_revoked(issuer.client, replaced.arn)

    def test_one_of_no_rotation_may_be_published(self, issuer, replaced):
        rotation.revoke(issuer.client, "issuer", replaced.kid)
        check_not_revoked(issuer.client, kms.create_key(issuer.client, "ES256", alias="receipts"))

    @pytest.mark.parametrize("how", ["id", "arn", "alias", "alias ARN"])
    def test_one_that_is_revoked_is_refused_however_it_is_named(self, issuer, replaced, refused, how):
        rotation.revoke(issuer.client, "issuer", replaced.kid)
        kms.set_alias(issuer.client, replaced.arn, "receipts")
        alias_arn = replaced.arn.replace(f"key/{replaced.id}", "alias/receipts")
        names = {"id": replaced.id, "arn": replaced.arn, "alias": "alias/receipts", "alias ARN": alias_arn}
        with refused("revoked", RotationError) as caught:
            check_not_revoked(issuer.client, names[how])
        assert replaced.arn in caught.value.message

    def test_the_tag_alone_tells_it(self, issuer, replaced, refused):
        rotation.revoke(issuer.client, "issuer", replaced.kid)
        for alias in (f"issuer/key/revoked/{digest(replaced.kid)}", f"issuer/key/{replaced.id}"):
            kms.delete_alias(issuer.client, alias)
        with refused("revoked", RotationError):
            check_not_revoked(issuer.client, replaced.arn)

    def test_the_alias_alone_tells_it(self, issuer, replaced, refused):
        rotation.revoke(issuer.client, "issuer", replaced.kid)
        issuer.client.untag_resource(KeyId=replaced.arn, TagKeys=["kmsjose:revoked"])
        kms.delete_alias(issuer.client, f"issuer/key/{replaced.id}")
        with refused("revoked", RotationError):
            check_not_revoked(issuer.client, replaced.arn)

    def test_where_its_tags_may_not_be_read_its_aliases_tell_it(self, issuer, replaced, refused):
        issuer.faults.error("AccessDeniedException", "ListResourceTags")
        check_not_revoked(issuer.client, replaced.arn)
        issuer.faults.clear()
        rotation.revoke(issuer.client, "issuer", replaced.kid)
        issuer.faults.error("AccessDeniedException", "ListResourceTags")
        with refused("revoked", RotationError):
            check_not_revoked(issuer.client, replaced.arn)

    def test_where_its_tags_cannot_be_read_now_it_is_not_let_through(self, issuer, replaced, refused):
        issuer.faults.throttle("ListResourceTags")
        with refused("throttled", KMSError):
            check_not_revoked(issuer.client, replaced.arn)

    def test_a_mark_that_another_key_bears_tells_it_by_the_record_of_its_kid(self, issuer, gone, refused):
        issuer.client.untag_resource(KeyId=gone.arn, TagKeys=["kmsjose:kid"])
        with refused("revoked", RotationError) as caught:
            check_not_revoked(issuer.client, gone.arn)
        assert gone.arn in caught.value.message

    def test_a_mark_that_another_key_bears_tells_it_by_the_tag_of_its_kid(self, issuer, gone, refused):
        kms.delete_alias(issuer.client, f"issuer/key/kid/{digest(gone.kid)}")
        with refused("revoked", RotationError):
            check_not_revoked(issuer.client, gone.arn)

    def test_the_key_that_bears_the_mark_of_another_may_be_published(self, issuer, gone):
        check_not_revoked(issuer.client, "alias/issuer")

    def test_what_names_no_key_is_refused(self, issuer, refused):
        with refused("usage", InputError):
            check_not_revoked(issuer.client, "")
