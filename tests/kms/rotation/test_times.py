"""Times that others tell, in tags, locks and answers of KMS: none of them breaks a step, or holds it for ever."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kmsjose import KMSError, kms
from kmsjose.errors import KmsJoseError
from kmsjose.keys import KeySet
from kmsjose.kms import rotation
from kmsjose.kms.rotation.clock import read_time, time_of, written
from kmsjose.kms.rotation.key import DISABLED, LIFETIME, MISSED, PROMOTED, REPLACED, REVOKED, SEEN, UNTIL
from kmsjose.kms.rotation.lock import LEASE, LOCK, held
from kmsjose.kms.rotation.names import LAST_GENERATION

FAR = [
    "9999-12-31T23:59:59Z", "9999-01-01T00:00:00Z", "9000-01-01T00:00:00Z", "1969-12-31T23:59:59Z",
    "0001-01-01T00:00:00Z", "-001-01-01T00:00:00Z", "10000-01-01T00:00:00Z", "2026-01-31T12:00:00+99:99",
    "2026-02-30T12:00:00Z", "today", "", "1e99", "9" * 250,
]  # fmt: skip
TIMES = (SEEN, PROMOTED, REPLACED, UNTIL, DISABLED, MISSED, REVOKED)
STEPS = {
    "stage": lambda issuer: rotation.stage(issuer.client, "issuer"),
    "publish": lambda issuer: rotation.keys_to_publish(issuer.client, ["issuer"], KeySet([])),
    "promote": lambda issuer: rotation.promote(issuer.client, "issuer", issuer.published),
    "promote --force": lambda issuer: rotation.promote_unseen(issuer.client, "issuer"),
    "retire": lambda issuer: rotation.retire(issuer.client, "issuer"),
    "drop": lambda issuer: rotation.drop(issuer.client, "issuer"),
    "status": lambda issuer: rotation.next_steps(rotation.read(issuer.client, "issuer")),
}


def tag(issuer, arn: str, name: str, value: str) -> None:
    issuer.client.tag_resource(KeyId=arn, Tags=[{"TagKey": name, "TagValue": value}])


class TestTags:
    @pytest.mark.parametrize("text", FAR)
    def test_a_time_that_makes_no_sense_is_none(self, text):
        with pytest.raises(ValueError, match=r"."):
            read_time(text)

    @pytest.mark.parametrize("name", TIMES)
    @pytest.mark.parametrize("step", STEPS)
    def test_no_step_fails_otherwise_than_it_says(self, issuer, name, step):
        first = issuer.start()
        rotation.stage(issuer.client, "issuer")
        rotation.promote_unseen(issuer.client, "issuer")
        for text in ("9999-12-31T23:59:59Z", "8999-12-31T23:59:59Z", "1970-01-01T00:00:00Z", "today"):
            tag(issuer, first.arn, name, text)
            try:
                STEPS[step](issuer)
            except KmsJoseError as error:
                assert error.code in {"rotation-damaged", "not-due", "nothing-staged", "in-use", "key-disabled"}
            # What a step has written is read again.
            tag(issuer, first.arn, name, "2026-01-31T12:00:00Z")
            issuer.client.untag_resource(KeyId=first.arn, TagKeys=[name])
            assert issuer.read()

    def test_a_key_that_is_said_to_be_replaced_in_the_future_was_replaced_by_now(self, issuer):
        first = issuer.start()
        rotation.stage(issuer.client, "issuer")
        rotation.promote_unseen(issuer.client, "issuer")
        tag(issuer, first.arn, REPLACED, "8999-12-31T23:59:59Z")
        (retired,) = rotation.retire(issuer.client, "issuer", timedelta(days=1), timedelta(hours=1))
        assert retired.published_until <= issuer.read().clock.mark() + timedelta(days=1, hours=1)

    @pytest.mark.parametrize("text", ["-5", "99999999999", "9" * 250, "1e9", "", "day"])
    def test_a_lifetime_that_makes_no_sense_is_told(self, issuer, refused, text):
        first = issuer.start()
        tag(issuer, first.arn, LIFETIME, text)
        with refused("rotation-damaged", KMSError):
            issuer.read()


class TestLock:
    @pytest.mark.parametrize("end", ["9999-12-31T23:59:59Z", "8999-12-31T23:59:59Z", "2999-01-01T00:00:00Z", "today"])
    def test_it_ends_at_its_making_plus_the_lease_whatever_its_tag_says(self, issuer, not_yet, end):
        first = issuer.start()
        issuer.client.create_alias(AliasName="alias/issuer/lock/1", TargetKeyId=first.arn)
        tag(issuer, first.arn, LOCK, f"1 mallory:1:0 {end}")
        with not_yet("locked") as caught:
            rotation.stage(issuer.client, "issuer")
        made = datetime.fromtimestamp(issuer.clock.now, UTC)
        assert f"go on after {written(made + LEASE)}" in caught.value.message
        assert "mallory:1:0" in caught.value.message
        issuer.clock.advance(LEASE + timedelta(seconds=2))
        rotation.stage(issuer.client, "issuer")
        assert issuer.read().aliases.locks == ()

    def test_it_ends_before_that_if_its_tag_says_so(self, issuer):
        first = issuer.start()
        issuer.client.create_alias(AliasName="alias/issuer/lock/1", TargetKeyId=first.arn)
        tag(issuer, first.arn, LOCK, "1 alice:1:0 2026-01-31T12:00:00Z")
        rotation.stage(issuer.client, "issuer")

    def test_after_the_last_number_another_is_still_a_lock(self, issuer, not_yet):
        first = issuer.start()
        issuer.client.create_alias(AliasName=f"alias/issuer/lock/{LAST_GENERATION}", TargetKeyId=first.arn)
        issuer.clock.advance(LEASE + timedelta(seconds=2))
        before = issuer.read()
        with held(issuer.client, "issuer", first.arn, before.clock):
            assert [lock.generation for lock in issuer.read().aliases.locks] == [1]
            with not_yet("locked"):
                rotation.stage(issuer.client, "issuer")
        rotation.stage(issuer.client, "issuer")

    @pytest.mark.parametrize("live, over", [(1, LAST_GENERATION), (2, 1)])
    def test_of_several_the_one_that_lives_counts(self, issuer, not_yet, live, over):
        first = issuer.start()
        issuer.client.create_alias(AliasName=f"alias/issuer/lock/{over}", TargetKeyId=first.arn)
        issuer.clock.advance(LEASE + timedelta(seconds=2))
        issuer.client.create_alias(AliasName=f"alias/issuer/lock/{live}", TargetKeyId=first.arn)
        with not_yet("locked"):
            rotation.stage(issuer.client, "issuer")


DATES = [
    "Tue, 24 Nov 2026 14:00:00 +99999999999", "Tue, 24 Nov 2026 14:00:00 +9999", "Fri, 31 Dec 9999 23:59:59 -2359",
    "Sat, 01 Jan 0001 00:00:00 +2359", "Tue, 24 Nov 99999999999 14:00:00 GMT",
    "Tue, 24 Nov 2026 14:00:00 +" + "9" * 5000,
    "Wed, 31 Dec 1969 23:59:59 GMT", "", "today", "\x00", "-1",
]  # fmt: skip


class TestAnswers:
    @pytest.mark.parametrize("date", [*DATES, None, 5, [], b"Tue, 24 Nov 2026 14:00:00 GMT"])
    def test_a_date_header_is_read_as_a_time_that_makes_sense_or_not_at_all(self, date):
        told = time_of({"ResponseMetadata": {"HTTPHeaders": {"date": date}}})
        assert told is None or (told.tzinfo is UTC and told.year in range(1970, 9000))

    @pytest.mark.parametrize("date", DATES)
    def test_a_rotation_goes_on_by_the_clock_of_the_machine(self, issuer, monkeypatch, date):
        issuer.start()
        monkeypatch.setattr("kmsjose.kms.local.server.formatdate", lambda *_, **__: date)
        assert rotation.stage(issuer.client, "issuer").stage == "staged"
        rotation.promote_unseen(issuer.client, "issuer")
        rotation.retire(issuer.client, "issuer")

    @pytest.mark.parametrize(
        "date", [1e18, -1e18, 253402300799.0, -62135596800.0, 1e11, "today", [], "9999-12-31T23:59:59-23:59"]
    )
    def test_a_date_of_a_key_is_one_that_makes_sense_or_none(self, issuer, monkeypatch, date):
        from kmsjose.kms.local import server

        first = issuer.start()
        genuine = server.OPERATIONS["DescribeKey"]

        def dated(region, request):
            answer = genuine(region, request)
            return {"KeyMetadata": {**answer["KeyMetadata"], "CreationDate": date, "DeletionDate": date}}

        monkeypatch.setitem(server.OPERATIONS, "DescribeKey", dated)
        monkeypatch.setattr("kmsjose.kms.calls.sleep", lambda _: None)
        try:
            info = kms.describe_key(issuer.client, first.arn)
        except KMSError as error:
            assert (error.code, error.retryable) == ("connection", True)
        else:
            assert info.created is None or info.created.year in range(1970, 9000)
            rotation.next_steps(issuer.read())


class TestNotReady:
    """A key on which KMS is still at work."""

    @pytest.mark.parametrize(
        "state, code, word",
        [
            ("Creating", "unsettled", "still at work"),
            ("Updating", "unsettled", "still at work"),
            ("PendingImport", "key-unusable", "key import FILE --into"),
            ("Disabled", "key-unusable", "Disabled"),
        ],
    )
    def test_a_staged_key_that_is_not_ready_is_told_by_the_right_word(
        self, issuer, not_yet, monkeypatch, state, code, word
    ):
        from kmsjose.kms.local import server

        issuer.start()
        staged = rotation.stage(issuer.client, "issuer")
        genuine = server.OPERATIONS["DescribeKey"]

        def described(region, request):
            answer = genuine(region, request)
            of_staged = answer["KeyMetadata"]["Arn"] == staged.arn
            return {"KeyMetadata": {**answer["KeyMetadata"], **({"KeyState": state} if of_staged else {})}}

        monkeypatch.setitem(server.OPERATIONS, "DescribeKey", described)
        for promote in (STEPS["promote"], STEPS["promote --force"]):
            with not_yet(code) as caught:
                promote(issuer)
            assert word in caught.value.message
