"""What paces a fetch, where it ends in a way that nobody foresaw."""

from __future__ import annotations

import time

import pytest

from kmsjose.keys.attempts import Attempts
from kmsjose.keys.moment import Moment, now


@pytest.mark.parametrize("raised", [MemoryError, KeyboardInterrupt])
def test_work_that_is_broken_off_counts_as_a_failure_with_its_pauses(raised):
    clock, tries = [0.0], []

    def work():
        tries.append(clock[0])
        raise raised("secret")

    attempts = Attempts(work, longest=5, cooldown=30, clock=lambda: Moment(clock[0], clock[0]))
    for seconds in range(20):
        clock[0], before = seconds, len(tries)
        try:
            attempts.attempt(0)
        except raised:
            assert len(tries) == before + 1
        else:
            assert len(tries) == before
    assert tries == [0, 1, 3, 7, 15]
    assert (attempts.failure.code, attempts.failure.retryable) == ("unreachable", True)
    assert "secret" not in str(attempts.failure)


def test_a_moment_has_the_time_of_both_clocks(monkeypatch):
    monkeypatch.setattr(time, "monotonic", lambda: 10.0)
    monkeypatch.setattr(time, "time", lambda: 1000.0)
    assert now() == Moment(monotonic=10.0, wall=1000.0)
