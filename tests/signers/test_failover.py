"""Failover: where a token is signed when places fail, how often they are tried, and when they are used again."""

from __future__ import annotations

import logging
import math
import os
import random
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from kmsjose import Failover, InputError, KMSError, LocalSigner, SignerSource, jwt
from kmsjose.signers import current
from kmsjose.signers.failover import OF_ONE_PLACE
from tests.contracts.signer import SignerContract
from tests.forking import busy, succeeds_in_child


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


class Place:
    """A signer that fails on demand, and counts how often it was asked."""

    def __init__(self, name, signer):
        self.name, self.signer = name, signer
        self.fault: BaseException | None = None
        self.asked = 0

    @property
    def public_key(self):
        return self.signer.public_key

    def sign(self, message):
        self.asked += 1
        if self.fault is not None:
            raise self.fault
        return self.signer.sign(message)

    def sign_prehashed(self, prehashed):
        self.asked += 1
        if self.fault is not None:
            raise self.fault
        return self.signer.sign_prehashed(prehashed)

    def __repr__(self):
        return f"<{self.name}>"


def down(code="connection", **details):
    return KMSError(code, f"Sign: {code}", operation="Sign", retryable=code in {"connection", "throttled"}, **details)


def assert_rests(seconds, sign, clock):
    """The first place is left alone for so long, and no longer."""
    clock.now += seconds - 0.1
    assert sign() == "second"
    clock.now += 0.1
    assert sign() == "first"


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def first(signers):
    return Place("first", signers["ES256"])


@pytest.fixture
def second(signers):
    return Place("second", signers["ES256"])


@pytest.fixture
def failover(first, second, clock):
    return Failover([first, second], clock=clock)


@pytest.fixture
def sign(failover, first, second):
    """Sign once, and say who was asked, in order."""

    def once():
        before = first.asked, second.asked
        failover.current().sign(b"message")
        return "first" * (first.asked - before[0]) + "second" * (second.asked - before[1])

    return once


class TestTheSignerOfAFailover(SignerContract):
    @pytest.fixture(params=["works", "first is down"])
    def signer(self, request, signer):
        places = [Place("first", signer), Place("second", signer)]
        if request.param == "first is down":
            places[0].fault = down()
        return Failover(places).current()


class TestOrder:
    def test_it_is_a_source_whose_signer_and_key_never_change(self, failover, first):
        assert isinstance(failover, SignerSource)
        assert current(failover) is failover.current()
        first.fault = down()
        before = failover.current()
        before.sign(b"message")
        assert failover.current() is before
        assert before.public_key == first.public_key

    def test_the_first_place_signs_while_it_works(self, sign):
        assert [sign(), sign()] == ["first", "first"]

    @pytest.mark.parametrize("code", sorted(OF_ONE_PLACE))
    def test_the_next_place_signs_where_one_fails(self, sign, first, code):
        first.fault = down(code)
        assert sign() == "firstsecond"
        assert sign() == "second"

    def test_a_digest_is_signed_elsewhere_too(self, failover, first, second):
        first.fault = down()
        failover.current().sign_prehashed(bytes(32))
        assert (first.asked, second.asked) == (1, 1)

    def test_a_token_keeps_its_kid(self, failover, first):
        token = jwt.sign({"sub": "a"}, failover, lifetime=None)
        first.fault = down()
        other = jwt.sign({"sub": "a"}, failover, lifetime=None)
        for one in (token, other):
            assert jwt.verify(one, first.public_key, require=()).key.kid == first.public_key.kid

    @pytest.mark.parametrize("code", sorted(set(KMSError.codes) - OF_ONE_PLACE))
    def test_what_is_wrong_with_the_call_is_told_at_once(self, failover, sign, first, second, code):
        first.fault = down(code)
        with pytest.raises(KMSError) as caught:
            failover.current().sign(b"message")
        assert caught.value is first.fault
        assert second.asked == 0
        first.fault = None
        assert sign() == "first"

    def test_what_is_wrong_with_the_input_is_never_tried_elsewhere(self, failover, first, second):
        first.fault = InputError("message-too-large", "too large")
        with pytest.raises(InputError):
            failover.current().sign(b"message")
        assert second.asked == 0

    def test_three_places_are_tried_in_their_order(self, signers, clock):
        places = [Place(name, signers["ES256"]) for name in "abc"]
        failover = Failover(places, clock=clock)
        places[0].fault = places[1].fault = down()
        failover.current().sign(b"message")
        failover.current().sign(b"message")
        assert [place.asked for place in places] == [1, 1, 2]


class TestPauses:
    def test_a_place_is_left_alone_for_its_pause_and_then_used_again(self, sign, first, clock):
        first.fault = down()
        sign()
        first.fault = None
        clock.now += 29.9
        assert sign() == "second"
        clock.now += 0.1
        assert [sign(), sign()] == ["first", "first"]

    def test_the_pause_doubles_up_to_five_minutes(self, sign, first, clock):
        first.fault = down()
        sign()
        for pause in (30, 60, 120, 240, 300, 300):
            clock.now += pause - 0.1
            assert sign() == "second"
            clock.now += 0.1
            assert sign() == "firstsecond"

    def test_after_it_worked_its_next_pause_is_short_again(self, sign, first, clock):
        first.fault = down()
        sign()
        clock.now += 30
        sign()
        clock.now += 60
        first.fault = None
        sign()
        first.fault = down()
        sign()
        clock.now += 30
        assert sign() == "firstsecond"

    def test_a_place_that_never_works_again_is_tried_for_years(self, sign, first, clock):
        first.fault = down()
        for _ in range(2000):
            clock.now += 300
            assert sign() == "firstsecond"

    def test_one_call_tries_it_while_the_others_go_on(self, failover, sign, first, second, clock):
        first.fault = down()
        sign()
        first.fault = None
        clock.now += 30
        trying, done = threading.Event(), threading.Event()
        genuine = first.sign

        def slow(message):
            trying.set()
            assert done.wait(10)
            return genuine(message)

        first.sign = slow
        with ThreadPoolExecutor(1) as pool:
            probe = pool.submit(failover.current().sign, b"message")
            assert trying.wait(10)
            assert [sign() for _ in range(5)] == ["second"] * 5
            done.set()
            probe.result(10)
        first.sign = genuine
        assert sign() == "first"

    def test_calls_that_fail_together_count_once(self, failover, sign, first, clock):
        together = threading.Barrier(8)

        def fail(_message):
            together.wait(10)
            raise down()

        genuine, first.sign = first.sign, fail
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(failover.current().sign, [b"message"] * 8))
        first.sign = genuine
        clock.now += 30
        assert sign() == "first"

    def test_an_input_that_is_refused_while_it_is_tried_says_nothing_of_the_place(self, failover, sign, first, clock):
        first.fault = down()
        sign()
        clock.now += 30
        first.fault = InputError("message-too-large", "too large")
        with pytest.raises(InputError):
            failover.current().sign(b"message")
        first.fault = None
        assert sign() == "first"

    def test_a_call_that_is_wrong_while_it_is_tried_leaves_the_turn_to_the_next(self, failover, sign, first, clock):
        first.fault = down()
        sign()
        clock.now += 30
        first.fault = down("invalid-request")
        with pytest.raises(KMSError):
            failover.current().sign(b"message")
        first.fault = None
        assert sign() == "first"

    def test_a_call_that_fails_late_shortens_no_pause_that_began_meanwhile(self, failover, sign, first, clock):
        def fail(_message):
            failover.pause(first, down())
            failover.pause(first, down())
            raise down()

        genuine, first.sign = first.sign, fail
        failover.current().sign(b"message")
        first.sign = genuine
        assert_rests(60, sign, clock)

    def test_a_call_that_is_refused_ends_no_pause_that_began_meanwhile(self, failover, sign, first, clock):
        first.fault = down()
        sign()
        clock.now += 30

        def refuse(_message):
            failover.pause(first, down())
            raise InputError("message-too-large", "too large")

        genuine, first.sign = first.sign, refuse
        with pytest.raises(InputError):
            failover.current().sign(b"message")
        first.sign, first.fault = genuine, None
        assert_rests(60, sign, clock)

    def test_a_call_that_works_ends_no_pause_that_began_meanwhile(self, failover, sign, first, clock):
        first.fault = down()
        sign()
        first.fault = None
        clock.now += 30
        genuine = first.sign

        def slow(message):
            failover.pause(first, down())
            return genuine(message)

        first.sign = slow
        failover.current().sign(b"message")
        first.sign = genuine
        assert_rests(60, sign, clock)

    def test_a_place_can_be_left_alone_beforehand(self, failover, sign, first, clock):
        failover.pause(first, down())
        assert sign() == "second"
        clock.now += 30
        assert sign() == "first"


class TestAllDown:
    def test_the_error_is_the_last_places_and_tells_of_all(self, failover, first, second):
        first.fault = down("connection")
        second.fault = down("throttled", aws_code="ThrottlingException", request_id="r-1")
        with pytest.raises(KMSError) as caught:
            failover.current().sign(b"message")
        error = caught.value
        assert (error.code, error.aws_code, error.request_id) == ("throttled", "ThrottlingException", "r-1")
        assert error.operation == "Sign"
        assert error.__cause__ is second.fault
        assert error.retryable
        assert "<first>: Sign: connection" in error.message
        assert "<second>: Sign: throttled" in error.message

    def test_places_in_their_pause_are_tried_before_giving_up(self, sign, failover, first, second):
        first.fault = down()
        sign()
        first.fault, second.fault = None, down()
        assert sign() == "firstsecond"
        assert sign() == "first"

    def test_whichever_recovers_first_is_used(self, failover, sign, first, second):
        first.fault = second.fault = down()
        for _ in range(3):
            with pytest.raises(KMSError):
                failover.current().sign(b"message")
        second.fault = None
        sign()
        assert sign() == "second"

    def test_calls_that_fail_in_a_pause_do_not_make_it_longer(self, failover, sign, first, second, clock):
        first.fault = second.fault = down()
        for _ in range(20):
            with pytest.raises(KMSError):
                failover.current().sign(b"message")
        second.fault = None
        assert sign() == "firstsecond"
        first.fault = None
        clock.now += 30
        assert sign() == "first"

    def test_one_place_alone_tells_its_own_error(self, first):
        first.fault = down()
        with pytest.raises(KMSError) as caught:
            Failover([first]).current().sign(b"message")
        assert caught.value is first.fault

    def test_a_flapping_place_loses_no_call(self, failover, first, second, clock):
        for turn in range(200):
            first.fault = down() if turn % 3 else None
            second.fault = down() if not turn % 3 else None
            clock.now += turn % 40
            failover.current().sign(b"message")


class TestLog:
    def test_it_says_once_that_a_place_fails_and_once_that_it_works_again(self, sign, first, clock, caplog):
        caplog.set_level(logging.INFO, "kmsjose.signers")
        first.fault = down("throttled", aws_code="ThrottlingException")
        sign()
        sign()
        first.fault = None
        clock.now += 30
        sign()
        sign()
        assert caplog.messages == [
            "<first> fails (ThrottlingException): left alone for 30 seconds",
            "<first> works again",
        ]


class TestMaking:
    def test_it_needs_a_signer(self):
        with pytest.raises(InputError) as caught:
            Failover([])
        assert caught.value.code == "usage"

    @pytest.mark.parametrize("other", ["key", "alg", "kid"])
    def test_signers_of_different_keys_algorithms_or_kids_are_refused(self, private_keys, signers, other):
        key = private_keys["PS256"]
        others = {
            "key": signers["ES256"],
            "alg": LocalSigner(key, "PS384"),
            "kid": LocalSigner(key, "PS256", "other"),
        }
        with pytest.raises(InputError) as caught:
            Failover([LocalSigner(key, "PS256"), others[other]])
        assert caught.value.code == "usage"

    @pytest.mark.parametrize("name", ["pause", "longest_pause"])
    @pytest.mark.parametrize("seconds", [0, -1.0, math.nan, math.inf, 86_401, "30s", None])
    def test_a_pause_is_a_time_that_ends(self, signers, name, seconds):
        with pytest.raises(InputError, match=name) as caught:
            Failover([signers["ES256"]], **{name: seconds})
        assert caught.value.code == "usage"

    @pytest.mark.parametrize("seconds", [1e-3, 86_400])
    def test_a_pause_may_be_short_or_a_day(self, signers, seconds):
        assert Failover([signers["ES256"]], pause=seconds, longest_pause=seconds)

    def test_its_repr_names_the_places(self, failover):
        assert repr(failover) == "<Failover of <first>, <second>>"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_child_signs_while_a_thread_of_its_parent_has_the_lock_of_a_failover(signers):
    failover = Failover([signers["ES256"]])

    def hold(within):
        with failover._lock:
            within()

    def child():
        signer = failover.current()
        signer.public_key.verify(b"message", signer.sign(b"message"))

    with busy(hold):
        assert succeeds_in_child(child)


def test_threads_lose_nothing_while_places_come_and_go(failover, first, second, clock):
    stop = threading.Event()

    def flap():
        while not stop.wait(0.001):
            for place in (first, second):
                place.fault = None
            clock.now += 31
            first.fault = down()

    flapping = threading.Thread(target=flap)
    flapping.start()
    try:
        with ThreadPoolExecutor(8) as pool:
            signatures = list(pool.map(failover.current().sign, [b"message"] * 800))
    finally:
        stop.set()
        flapping.join()
    for signature in signatures:
        first.public_key.verify(b"message", signature)


def test_threads_lose_no_call_by_a_place_that_comes_back_at_any_moment(first, second):
    # Not signing, so that the threads meet where a pause ends, again and again.
    dice = random.Random(1)

    def flap(_message):
        if dice.random() < 0.5:
            raise down("throttled")
        return b"signature"

    first.sign, second.sign = flap, lambda _message: b"signature"
    failover = Failover([first, second], pause=1e-5, longest_pause=1e-5)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as pool:
            signatures = list(pool.map(lambda _: [failover.current().sign(b"message") for _ in range(5000)], range(4)))
    finally:
        sys.setswitchinterval(interval)
    assert sum(map(len, signatures)) == 20_000
