"""What a rotation waits for, and until when: what ``rotate status`` says of each key."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kmsjose import kms
from kmsjose.errors import InputError, RotationError
from kmsjose.kms import rotation

SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
TEN_YEARS = timedelta(days=3660)


def told(issuer, **waits):
    """Of each step what it is, of which key, and when it is due."""
    steps = rotation.next_steps(issuer.read(), **waits)
    return [(one.step, one.key and one.key.arn, one.due) for one in steps]


def why(issuer) -> list[str]:
    return [one.why for one in rotation.next_steps(issuer.read())]


def go_to(issuer, time) -> None:
    issuer.clock.now = time.timestamp()


@pytest.fixture
def replaced(issuer):
    """A key that another has replaced."""
    first = issuer.start()
    rotation.stage(issuer.client, "issuer")
    issuer.promote()
    return first


@pytest.fixture
def retired(issuer, replaced):
    (key,) = rotation.retire(issuer.client, "issuer", DAY, HOUR)
    return key


@pytest.fixture
def watched(issuer, retired):
    """A key that is disabled, for its tokens have expired."""
    issuer.clock.advance(2 * DAY)
    rotation.drop(issuer.client, "issuer", DAY)
    return issuer.read().keys[0]


def test_at_rest_a_new_key_is_staged_when_it_is_wanted(issuer):
    issuer.start()
    assert told(issuer) == [("stage", None, None)]
    assert why(issuer) == ["when a new key is wanted"]


def test_a_staged_key_is_published_and_looked_for(issuer):
    issuer.start()
    staged = rotation.stage(issuer.client, "issuer")
    assert told(issuer) == [("publish", staged.arn, None), ("promote", staged.arn, None)]
    assert why(issuer) == ["verifiers must learn of the key", "a first look at what is published begins the wait"]


def test_a_first_key_is_published_and_looked_for_too(issuer):
    staged = rotation.stage(issuer.client, "issuer", "ES256")
    assert told(issuer) == [("publish", staged.arn, None), ("promote", staged.arn, None)]


def test_a_key_that_was_seen_is_promoted_once_every_cache_has_it(issuer):
    issuer.start()
    rotation.stage(issuer.client, "issuer")
    with pytest.raises(RotationError):
        rotation.promote(issuer.client, "issuer", issuer.publish(), HOUR)
    staged = issuer.read().staged
    due = staged.seen + 5 * HOUR
    assert told(issuer, cache_time=5 * HOUR) == [("promote", staged.arn, due)]
    assert why(issuer) == ["every verifier has read the published set again"]
    go_to(issuer, due - SECOND)
    assert told(issuer, cache_time=5 * HOUR) == [("promote", staged.arn, due)]
    go_to(issuer, due)
    assert told(issuer, cache_time=5 * HOUR) == [("promote", staged.arn, None)]


def test_a_staged_key_that_is_disabled_is_promoted_once_it_can_be_used(issuer):
    issuer.start()
    staged = rotation.stage(issuer.client, "issuer")
    kms.disable_key(issuer.client, staged.arn)
    assert told(issuer) == [("promote", staged.arn, None)]
    assert why(issuer) == ["once it can be used: in KMS it is Disabled"]


def test_a_key_that_was_replaced_is_retired(issuer, replaced):
    assert told(issuer) == [("retire", replaced.arn, None)]
    assert why(issuer) == ["it is published without end until then"]


def test_a_retired_key_is_dropped_once_its_last_token_has_expired(issuer, retired):
    assert told(issuer) == [("drop", retired.arn, retired.published_until)]
    assert why(issuer) == ["the last token has expired; it is disabled then"]
    go_to(issuer, retired.published_until)
    assert told(issuer) == [("drop", retired.arn, None)]


def test_a_disabled_key_is_dropped_once_it_was_watched(issuer, watched):
    assert told(issuer, watch=3 * DAY) == [("drop", watched.arn, watched.disabled + 3 * DAY)]
    assert why(issuer) == ["nobody missed it; its deletion is scheduled then"]


def test_a_watched_key_that_was_enabled_again_is_told(issuer, watched):
    kms.enable_key(issuer.client, watched.arn)
    assert told(issuer, watch=3 * DAY) == [("drop", watched.arn, watched.disabled + 3 * DAY)]
    assert why(issuer) == ["somebody has enabled it again; disable it once it is not missed any more"]


def test_a_revoked_key_is_dropped_whatever_tokens_of_it_live(issuer, retired):
    rotation.revoke(issuer.client, "issuer", retired.kid)
    issuer.clock.advance(5 * SECOND)
    assert told(issuer) == [("drop", retired.arn, None)]
    assert why(issuer) == ["it is revoked; it is watched for a while before its deletion"]


def test_a_revoked_key_that_is_watched_is_dropped_as_any_other(issuer, retired):
    rotation.revoke(issuer.client, "issuer", retired.kid)
    rotation.drop(issuer.client, "issuer", DAY)
    disabled = issuer.read().keys[0].disabled
    assert told(issuer, watch=DAY) == [("drop", retired.arn, disabled + DAY)]
    assert why(issuer) == ["nobody missed it; its deletion is scheduled then"]


def test_where_the_key_that_signs_is_revoked_another_is_staged_before_all_else(issuer, replaced):
    rotation.revoke(issuer.client, "issuer")
    assert told(issuer) == [("stage", None, None), ("retire", replaced.arn, None)]
    assert why(issuer)[0] == "the key that signs is revoked"


def test_where_the_key_that_signs_is_revoked_one_that_is_staged_is_enough(issuer):
    issuer.start()
    staged = rotation.stage(issuer.client, "issuer")
    rotation.revoke(issuer.client, "issuer")
    assert told(issuer) == [("publish", staged.arn, None), ("promote", staged.arn, None)]


def test_a_key_that_waits_for_its_deletion_needs_nothing(issuer, watched):
    issuer.clock.advance(2 * DAY)
    rotation.drop(issuer.client, "issuer", DAY)
    assert told(issuer) == [("stage", None, None)]


@pytest.mark.parametrize("wait", ["cache_time", "watch"])
def test_each_wait_is_from_none_to_ten_years(issuer, refused, wait):
    issuer.start()
    for span in (timedelta(0), TEN_YEARS):
        assert told(issuer, **{wait: span}) == [("stage", None, None)]
    for span in (-SECOND, TEN_YEARS + SECOND):
        with refused("usage", InputError):
            told(issuer, **{wait: span})
