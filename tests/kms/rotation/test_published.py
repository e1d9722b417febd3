"""Which keys are published, and which are refused though they are named one by one."""

from __future__ import annotations

import pytest

from kmsjose import kms
from kmsjose.errors import InputError, KMSError, RotationError
from kmsjose.kms import rotation
from kmsjose.kms.rotation.published import check_not_revoked
from kmsjose.kms.rotation.records import digest


class TestAKeyThatIsNamed:
    """Whoever publishes a key by its name is refused once a rotation has revoked it."""

    @pytest.fixture
    def replaced(self, issuer) -> rotation.RotationKey:
        """A key that another has replaced, with the record of its kid."""
        first = issuer.start()
        rotation.stage(issuer.client, "issuer")
        rotation.promote_unseen(issuer.client, "issuer")
        return first

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
