"""The audit log beside CloudTrail: what is on both sides, on one, and on neither rightly."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmsjose import InputError, KMSSigner
from kmsjose.kms import AuditLog, SignatureRecord
from kmsjose.kms.audit_join import join
from kmsjose.kms.trail import SignEvent, sign_events
from tests.kms.cloudtrail import delivered, sign_event

ARN = "arn:aws:kms:eu-west-1:111122223333:key/00000000-0000-4000-8000-000000000001"
OTHER = ARN[:-1] + "2"
NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


def record(name, key=ARN, minutes=0):
    return SignatureRecord(NOON + timedelta(minutes=minutes), key, "kid", "ES256", name, "ab" * 32, None, None)


def event(name, key=ARN, minutes=0):
    return SignEvent(NOON + timedelta(minutes=minutes), name, key, "ECDSA_SHA_256", "someone")


def log(*lines):
    return BytesIO(b"".join(_line(line) for line in lines))


def _line(line):
    return line if isinstance(line, bytes) else line.to_json().encode() + b"\n"


def test_signatures_of_a_real_signer_agree_with_their_events(tmp_path, kmsjose_client, kmsjose_signer):
    told = []
    audit_log = AuditLog(tmp_path / "audit.log")

    def hook(record):
        audit_log(record)
        told.append(record)

    for alg in ("ES256", "EdDSA"):
        signer = KMSSigner.open(kmsjose_client, kmsjose_signer(alg).key_arn, audit=hook)
        for number in range(5):
            signer.sign(b"%d" % number)
    (tmp_path / "events.json").write_text(delivered(map(sign_event, told)))
    with audit_log.path.open("rb") as file:
        joined = join(file, sign_events(tmp_path / "events.json"))
    assert joined.agrees
    assert joined.both == 10


def test_a_record_that_cloudtrail_lacks_is_in_the_log_only():
    joined = join(log(record("a"), record("b"), record("c")), [event("b")])
    assert joined.log_only == (record("a"), record("c"))
    assert (joined.both, joined.agrees) == (1, False)


def test_an_event_that_the_log_lacks_is_in_cloudtrail_only():
    joined = join(log(record("a")), [event("a"), event("b")])
    assert joined.trail_only == (event("b"),)
    assert (joined.both, joined.agrees) == (1, False)


def test_one_request_of_two_keys_is_told_as_such_and_nowhere_else():
    joined = join(log(record("a"), record("b", OTHER)), [event("a", OTHER), event("b", OTHER)])
    assert joined.other_key == ((record("a"), event("a", OTHER)),)
    assert (joined.log_only, joined.trail_only, joined.both, joined.agrees) == ((), (), 1, False)


def test_an_event_of_a_key_that_is_not_told_by_its_arn_does_not_agree():
    assert join(log(record("a")), [event("a", "alias/issuer")]).other_key
    assert join(log(record("a")), [event("a", "")]).other_key


def test_an_event_that_was_delivered_twice_counts_once():
    joined = join(log(record("a")), [event("a"), event("b"), event("a"), event("b")])
    assert (joined.both, joined.trail_only) == (1, (event("b"),))


def test_a_second_record_of_a_request_is_a_bad_line():
    joined = join(log(record("a"), record("b"), record("a")), [event("a"), event("b")])
    assert [(bad.line, "second" in bad.reason) for bad in joined.bad_lines] == [(3, True)]
    assert (joined.both, joined.agrees) == (2, False)


def test_events_of_keys_that_the_log_does_not_name_are_left_out_unless_all_are_asked_for():
    events = [event("a"), event("b", OTHER), event("c", OTHER)]
    joined = join(log(record("a")), events)
    assert (joined.agrees, joined.left_out) == (True, 2)
    everything = join(log(record("a")), events, all_keys=True)
    assert (everything.trail_only, everything.left_out) == (tuple(events[1:]), 0)


PRIMARY = "arn:aws:kms:eu-west-1:111122223333:key/mrk-00000000000040008000000000000001"
REPLICA = PRIMARY.replace("eu-west-1", "eu-central-1")


def test_a_foreign_signature_by_a_replica_is_one_of_the_key():
    joined = join(log(record("a", PRIMARY)), [event("a", PRIMARY), event("b", REPLICA)])
    assert (joined.trail_only, joined.left_out, joined.agrees) == ((event("b", REPLICA),), 0, False)


@pytest.mark.parametrize(
    "key", [PRIMARY[:-1] + "2", REPLICA.replace("1111", "9999", 1), ARN, ARN.replace("eu-west-1", "eu-central-1")]
)
def test_another_key_is_none_of_its_replicas(key):
    assert join(log(record("a", PRIMARY)), [event("a", PRIMARY), event("b", key)]).left_out == 1


def test_a_signature_that_log_and_cloudtrail_place_in_two_regions_does_not_agree():
    joined = join(log(record("a", PRIMARY)), [event("a", REPLICA)])
    assert joined.other_key == ((record("a", PRIMARY), event("a", REPLICA)),)


@pytest.mark.parametrize("lines", [[], [b"\n"], [b"damaged\n"]])
def test_beside_a_log_that_names_no_key_nothing_is_left_out(lines):
    joined = join(log(*lines), [event("a"), event("b", OTHER)])
    assert (joined.trail_only, joined.left_out, joined.agrees) == ((event("a"), event("b", OTHER)), 0, False)


@pytest.mark.parametrize("key", [PRIMARY, REPLICA])
def test_a_key_that_is_given_is_watched_though_the_log_does_not_name_it(key):
    joined = join(log(record("a")), [event("a"), event("b", REPLICA), event("c", OTHER)], keys=[key])
    assert (joined.trail_only, joined.left_out) == ((event("b", REPLICA),), 1)


def test_only_the_key_that_is_given_is_watched_beside_an_empty_log():
    joined = join(log(), [event("a"), event("b", OTHER)], keys=[ARN])
    assert (joined.trail_only, joined.left_out) == ((event("a"),), 1)


@pytest.mark.parametrize("key", ["alias/issuer", "mrk-1", "", "arn:aws:kms:eu-west-1:111122223333:alias/issuer"])
def test_a_key_to_watch_is_given_by_its_arn(key):
    with pytest.raises(InputError) as caught:
        join(log(record("a")), [], keys=[key])
    assert caught.value.code == "usage"


@pytest.mark.parametrize("told", ["ES384", "PS256", "none"])
def test_a_record_whose_algorithm_was_changed_does_not_agree(told):
    changed = replace(record("a"), alg=told)
    joined = join(log(changed, record("b")), [event("a"), event("b")])
    assert joined.other_alg == ((changed, event("a")),)
    assert (joined.both, joined.log_only, joined.agrees) == (1, (), False)


@pytest.mark.parametrize("key", ["alias/issuer", "", "arn:aws:kms:eu-west-1:111122223333:alias/issuer"])
def test_an_event_that_does_not_tell_its_key_is_never_left_out(key):
    assert join(log(record("a")), [event("a"), event("b", key)]).trail_only == (event("b", key),)


def test_what_has_no_request_id_is_on_one_side_only():
    joined = join(log(record(None), record(None)), [event(None), event(None)])
    assert joined.log_only == (record(None), record(None))
    assert joined.trail_only == (event(None), event(None))


@pytest.mark.parametrize(
    "line, reason",
    [
        (b"hello\n", "no record"),
        (b'{"time": 1}\n', "no record"),
        (b"\xff\xfe\n", "no record"),
        (b"[" * 1000 + b"\n", "no record"),
        (record("z").to_json().encode()[:50] + b"\n", "no record"),
        (b"x" * 200_000 + b"\n", "longer"),
        (record("z").to_json().encode().replace(b"kid", b"k" * 66_000, 1) + b"\n", "longer"),
    ],
)
def test_a_damaged_line_is_told_by_its_number_and_hides_no_other(line, reason):
    joined = join(log(record("a"), b"\n", line, record("b")), [event("a"), event("b")])
    assert [bad.line for bad in joined.bad_lines] == [3]
    assert reason in joined.bad_lines[0].reason
    assert (joined.both, joined.agrees) == (2, False)


@given(st.integers(1, len(record("b").to_json()) - 1))
def test_a_last_line_that_is_cut_off_is_named_so(size):
    joined = join(log(record("a"), record("b").to_json().encode()[:size]), [event("a"), event("b")])
    assert [(bad.line, "cut off" in bad.reason) for bad in joined.bad_lines] == [(2, True)]
    assert joined.trail_only == (event("b"),)


def test_a_last_line_that_lacks_its_end_alone_is_whole():
    assert join(log(record("a"), record("b").to_json().encode()), [event("a"), event("b")]).agrees


def test_empty_lines_mean_nothing():
    assert join(log(b"\n", record("a"), b"\n\r\n"), [event("a")]).agrees


def test_a_span_of_time_leaves_out_what_is_on_one_side_before_and_after_it():
    joined = join(
        log(*(record(f"log-{minutes}", minutes=minutes) for minutes in range(5)), b"damaged\n"),
        [event(f"trail-{minutes}", minutes=minutes) for minutes in range(5)],
    )
    part = joined.between(NOON + timedelta(minutes=1), NOON + timedelta(minutes=3))
    assert [found.request_id for found in part.log_only] == ["log-1", "log-2"]
    assert [found.request_id for found in part.trail_only] == ["trail-1", "trail-2"]
    assert part.bad_lines == joined.bad_lines
    assert joined.between(None, None) == joined


names = st.sets(st.text(min_size=1, max_size=6))


@given(names, names, st.randoms())
def test_both_sides_are_told_whole(left, right, random):
    records, events = [record(name) for name in left], [event(name) for name in right]
    random.shuffle(events)
    joined = join(log(*records), events, all_keys=True)
    assert joined.both == len(left & right)
    assert {found.request_id for found in joined.log_only} == left - right
    assert {found.request_id for found in joined.trail_only} == right - left
    assert joined.agrees == (left == right)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_log(data):
    joined = join(BytesIO(data), [])
    assert joined.agrees == (not data.strip())
