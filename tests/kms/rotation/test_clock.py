"""The clock of a rotation: no wait is too short, wherever the machine is and whatever its own clock says."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta, timezone

import pytest

from kmsjose.kms.rotation.clock import Clock, read_time, time_of, written

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
SECOND, MICROSECOND = timedelta(seconds=1), timedelta(microseconds=1)


@pytest.fixture
def after(monkeypatch):
    """The clock that was started at noon, so many seconds later."""

    def clock(seconds: float) -> Clock:
        monkeypatch.setattr("time.monotonic", lambda: 1000.0 + seconds)
        return Clock(NOON, 1000.0)

    return clock


class TestClock:
    @pytest.mark.parametrize("seconds", [0, 0.5, 90])
    def test_it_goes_on_from_what_kms_told(self, after, seconds):
        assert after(seconds).now() == NOON + timedelta(seconds=seconds)

    @pytest.mark.parametrize("seconds, expected", [(0, 1), (0.25, 2), (0.999, 2), (1, 2), (90, 91)])
    def test_what_is_remembered_is_whole_and_never_earlier_than_the_truth(self, after, seconds, expected):
        assert after(seconds).mark() == NOON + timedelta(seconds=expected)

    @pytest.mark.parametrize("seconds", [0, 0.25, 0.999, 1, 90])
    def test_what_it_has_just_remembered_is_not_ahead(self, after, seconds):
        clock = after(seconds)
        assert not clock.is_ahead(clock.mark())

    @pytest.mark.parametrize("ahead, expected", [(2 * SECOND, False), (2 * SECOND + MICROSECOND, True)])
    def test_what_is_more_than_two_seconds_away_is_ahead(self, after, ahead, expected):
        assert after(0).is_ahead(NOON + ahead) is expected


class TestTheDateOfAnAnswer:
    def test_it_is_read_in_utc(self):
        told = time_of({"ResponseMetadata": {"HTTPHeaders": {"date": "Sat, 31 Jan 2026 12:00:00 GMT"}}})
        assert (told, told.tzinfo) == (NOON, UTC)

    @pytest.mark.parametrize(
        "answer",
        [
            {},
            {"ResponseMetadata": None},
            {"ResponseMetadata": []},
            {"ResponseMetadata": {}},
            {"ResponseMetadata": {"HTTPHeaders": None}},
            {"ResponseMetadata": {"HTTPHeaders": []}},
            {"ResponseMetadata": {"HTTPHeaders": {}}},
            {"ResponseMetadata": {"HTTPHeaders": {"date": 5}}},
            {"ResponseMetadata": {"HTTPHeaders": {"date": "today"}}},
            {"ResponseMetadata": {"HTTPHeaders": {"date": "Fri, 31 Dec 9999 23:59:59 GMT"}}},
        ],
    )
    def test_an_answer_without_one_tells_no_time(self, answer):
        assert time_of(answer) is None


class TestTheTimeOfATag:
    @pytest.mark.parametrize("after, text", [(0, "12:00:00"), (1, "12:00:01"), (999_999, "12:00:01")])
    def test_it_is_written_in_whole_seconds_the_next_one_between_two(self, after, text):
        assert written(NOON + after * MICROSECOND) == f"2026-01-31T{text}Z"

    @pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo"])
    def test_it_is_written_in_utc_wherever_the_machine_is(self, monkeypatch, zone):
        with monkeypatch.context() as patched:
            patched.setenv("TZ", zone)
            time.tzset()
            told = written(NOON.astimezone(timezone(timedelta(hours=5))))
        time.tzset()
        assert told == "2026-01-31T12:00:00Z"

    def test_it_is_read_as_it_was_written(self):
        told = read_time(written(NOON))
        assert (told, told.tzinfo) == (NOON, UTC)

    def test_a_tag_that_is_not_there_has_none(self):
        assert read_time(None) is None
