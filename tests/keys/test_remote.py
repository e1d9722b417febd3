"""Keys at a URL: when they are fetched, when they are not, and what holds while that fails."""

from __future__ import annotations

import json
import logging
import threading
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from kmsjose import FetchError, InputError, KeySet, LocalSigner, RemoteKeys, VerificationError, cose, cwt, jws, jwt, vc
from kmsjose.algorithms import by_name
from kmsjose.keys.did import did_jwk
from kmsjose.keys.moment import Moment
from tests.https import response

ES256, EDDSA = by_name("ES256"), by_name("EdDSA")
MINUTE, HOUR, DAY = 60, 3600, 86400


class Clock:
    """Both clocks, which stand still until a test moves them."""

    def __init__(self):
        self.monotonic, self.wall = 1000.0, 1_700_000_000.0

    def __call__(self):
        return Moment(self.monotonic, self.wall)

    def go(self, seconds):
        self.monotonic += seconds
        self.wall += seconds


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def make(host, clock):
    """The keys at the host."""
    return lambda **arguments: RemoteKeys(host.url, clock=clock, **arguments)


@pytest.fixture
def remote(make):
    return make()


@pytest.fixture
def publish(host):
    """From now on, the host publishes these keys, or JSON, with these headers."""

    def publish_keys(*keys, jwks=None, **headers):
        host.gives(response(_json(keys) if jwks is None else json.dumps(jwks).encode(), **headers))

    return publish_keys


@pytest.fixture
def failed(refused):
    return lambda code: refused(code, FetchError)


@pytest.fixture
def warnings(caplog):
    """A function: what was warned of so far."""
    caplog.set_level(logging.WARNING, "kmsjose.keys")
    return lambda: [record.getMessage() for record in caplog.records if record.name == "kmsjose.keys"]


def _json(keys):
    return json.dumps(KeySet(keys).to_jwks()).encode()


PRIVATE = ec.generate_private_key(ec.SECP256R1())
A, B = LocalSigner(PRIVATE, kid="a"), LocalSigner(ec.generate_private_key(ec.SECP256R1()), kid="b")
KEY_A, KEY_B = A.public_key, B.public_key


class TestWhereAKeySetIsTaken:
    def test_every_format_verifies_with_them(self, remote, publish, host):
        publish(KEY_A)
        assert jwt.verify(jwt.sign({"sub": "alice"}, A), remote, require=()).claims["sub"] == "alice"
        assert jws.verify(jws.sign(b"content", A), remote).payload == b"content"
        assert jws.verify_json(jws.sign_json(b"content", [A]), remote).payload == b"content"
        assert cose.verify1(cose.sign1(b"content", A), remote).payload == b"content"
        assert cose.verify(cose.sign(b"content", [A]), remote).payload == b"content"
        assert cwt.verify(cwt.sign({"sub": "alice"}, A), remote, require=()).key == KEY_A
        assert len(host.asked) == 1

    def test_credentials_too_with_a_did_jwk_as_kid(self, remote, publish):
        publish(KEY_A)
        did = did_jwk(KEY_A)
        by_did = LocalSigner(PRIVATE, kid=did + "#0")
        document = {
            "@context": ["https://www.w3.org/ns/credentials/v2"],
            "type": ["VerifiableCredential"],
            "issuer": "https://issuer.example",
            "credentialSubject": {"id": "did:example:alice"},
        }
        assert vc.verify(vc.issue(document, A), remote).key == KEY_A
        token = vc.issue({**document, "issuer": did}, by_did)
        assert vc.verify(token, remote).key.spki == KEY_A.spki

    def test_they_list_their_keys(self, remote, publish):
        publish(KEY_A, KEY_B)
        assert set(remote) == {KEY_A, KEY_B}
        assert remote.key_set() == KeySet([KEY_A, KEY_B])

    def test_an_rsa_key_without_alg_verifies_what_it_was_told(self, make, publish, signers, refused):
        jwk = signers["PS256"].public_key.to_jwk()
        del jwk["alg"]
        publish(jwks={"keys": [jwk]})
        token = jws.sign(b"content", signers["PS256"])
        assert jws.verify(token, make(algorithms=["PS256"])).payload == b"content"
        with refused("alg-mismatch"):
            jws.verify(token, make(algorithms=["RS256"]))

    def test_what_is_skipped_is_told(self, remote, publish):
        publish(jwks={"keys": [KEY_A.to_jwk(), {"kty": "XX", "kid": "odd"}]})
        assert [skipped.kid for skipped in remote.key_set().skipped] == ["odd"]


class TestMaking:
    def test_nothing_is_fetched_until_keys_are_asked_for(self, make, host):
        make()
        assert host.asked == []

    def test_its_repr_has_no_query(self, host):
        assert repr(RemoteKeys(host.url + "?token=secret")) == f"<RemoteKeys {host.url}>"

    @pytest.mark.parametrize("arguments", [
        {"url": "http://issuer.example"}, {"timeout": 0}, {"max_size": 0}, {"min_age": timedelta(days=2)},
        {"min_age": timedelta(0)}, {"max_stale": timedelta(-1)}, {"cooldown": timedelta(0)}, {"cooldown": 30},
        {"default_age": 300},
    ])  # fmt: skip
    def test_arguments_that_cannot_be_used_are_refused_at_once(self, arguments, refused):
        with refused("usage", InputError):
            RemoteKeys(**{"url": "https://issuer.example", **arguments})

    def test_an_unknown_algorithm_is_refused_at_once(self, refused):
        with refused("alg-unknown", InputError):
            RemoteKeys("https://issuer.example", algorithms=["RSA256"])


class TestFreshness:
    @pytest.mark.parametrize("headers, seconds", [
        ({}, 5 * MINUTE),
        ({"cache_control": "max-age=600"}, 600),
        ({"cache_control": "max-age=600", "age": "200"}, 400),
        ({"cache_control": "max-age=1"}, MINUTE),
        ({"cache_control": "no-store"}, MINUTE),
        ({"cache_control": "no-cache, max-age=600"}, MINUTE),
        ({"cache_control": "max-age=99999999"}, DAY),
        ({"expires": "Tue, 14 Nov 2023 22:23:20 GMT"}, 600),
    ])  # fmt: skip
    def test_they_are_fetched_again_when_the_headers_say_and_no_sooner(
        self, remote, publish, host, clock, headers, seconds
    ):
        publish(KEY_A, **headers)
        remote.find("a", ES256)
        clock.go(seconds - 1)
        remote.find("a", ES256)
        assert len(host.asked) == 1
        clock.go(1)
        remote.find("a", ES256)
        assert len(host.asked) == 2

    def test_the_bounds_are_the_callers(self, make, publish, host, clock):
        publish(KEY_A, cache_control="max-age=1")
        remote = make(min_age=timedelta(seconds=40), max_age=timedelta(seconds=50), default_age=timedelta(days=9))
        for headers, seconds in (({"cache_control": "max-age=1"}, 40), ({}, 50)):
            publish(KEY_A, **headers)
            remote.refresh()
            host.asked.clear()
            clock.go(seconds - 1)
            remote.find("a", ES256)
            assert host.asked == []
            clock.go(1)
            remote.find("a", ES256)
            assert len(host.asked) == 1

    def test_a_machine_that_slept_fetches_again(self, remote, publish, host, clock):
        publish(KEY_A)
        remote.find("a", ES256)
        clock.wall += HOUR
        remote.find("a", ES256)
        assert len(host.asked) == 2

    def test_a_clock_that_is_set_back_keeps_no_keys_longer(self, remote, publish, host, clock):
        publish(KEY_A)
        remote.find("a", ES256)
        clock.wall -= 30 * DAY
        clock.go(5 * MINUTE)
        remote.find("a", ES256)
        assert len(host.asked) == 2

    def test_a_rotation_is_seen_without_a_restart(self, remote, publish, clock):
        publish(KEY_A)
        assert jws.verify(jws.sign(b"content", A), remote).key == KEY_A
        publish(KEY_A, KEY_B)
        clock.go(MINUTE)
        assert jws.verify(jws.sign(b"content", B), remote).key == KEY_B
        publish(KEY_B)
        clock.go(5 * MINUTE)
        assert jws.verify(jws.sign(b"content", B), remote).key == KEY_B

    def test_a_key_that_is_no_longer_published_is_no_longer_trusted(self, remote, publish, clock, refused):
        publish(KEY_A, KEY_B)
        remote.find("a", ES256)
        publish(KEY_B)
        clock.go(5 * MINUTE)
        with refused("key-not-found"):
            remote.find("a", ES256)

    def test_refresh_fetches_at_once(self, remote, publish, host):
        publish(KEY_A)
        assert remote.refresh() == KeySet([KEY_A])
        publish(KEY_B)
        assert remote.refresh() == KeySet([KEY_B])
        assert remote.find("b", ES256) == KEY_B
        assert len(host.asked) == 2


class TestEntityTags:
    def test_what_has_not_changed_is_not_sent_again(self, remote, host, clock):
        tag = 'W/"1"'

        def answer(asked):
            if asked.headers.get("if-none-match") == tag:
                return [response(status=304, cache_control="max-age=600")]
            return [response(_json([KEY_A]), etag=tag)]

        host.answer = answer
        first = remote.find("a", ES256)
        clock.go(5 * MINUTE)
        assert remote.find("a", ES256) is first
        clock.go(599)
        assert remote.find("a", ES256) is first
        assert len(host.asked) == 2
        clock.go(1)
        remote.find("a", ES256)
        assert [asked.headers.get("if-none-match") for asked in host.asked] == [None, tag, tag]

    @pytest.mark.parametrize("tag", ["1", '"1', '"1" "2"', '"1"\r\n x: y', '"ü"', '"'])
    def test_one_that_is_none_is_not_sent_back(self, remote, publish, host, clock, tag):
        publish(KEY_A, etag=tag)
        remote.find("a", ES256)
        clock.go(5 * MINUTE)
        remote.find("a", ES256)
        assert "if-none-match" not in host.asked[1].headers

    def test_not_modified_before_there_is_anything_is_no_answer(self, remote, host, failed):
        host.gives(response(status=304))
        with failed("bad-status"):
            remote.find("a", ES256)


class TestUnknownKids:
    def test_many_make_few_fetches(self, remote, publish, host, clock, refused):
        publish(KEY_A)
        remote.find("a", ES256)
        clock.go(MINUTE)
        for number in range(100):
            with refused("key-not-found"):
                remote.find(f"random {number}", ES256)
        assert len(host.asked) == 2
        clock.go(29)
        with refused("key-not-found"):
            remote.find("random", ES256)
        assert len(host.asked) == 2
        clock.go(1)
        with refused("key-not-found"):
            remote.find("random", ES256)
        assert len(host.asked) == 3

    def test_the_cooldown_is_the_callers(self, make, publish, host, clock, refused):
        publish(KEY_A)
        remote = make(cooldown=timedelta(seconds=5))
        for expected in (1, 2):
            with refused("key-not-found"):
                remote.find("random", ES256)
            assert len(host.asked) == expected
            clock.go(5)

    def test_the_first_fetch_of_all_is_not_done_twice(self, remote, publish, host, refused):
        publish(KEY_A)
        with refused("key-not-found"):
            remote.find("random", ES256)
        assert len(host.asked) == 1

    @pytest.mark.parametrize("lookup, fetches", [(("a", EDDSA), 2), ((None, EDDSA), 2), ((None, ES256), 1)])
    def test_other_lookups_that_fail_make_no_storm_either(self, remote, publish, host, clock, lookup, fetches):
        publish(KEY_A, KEY_B)
        remote.find("a", ES256)
        clock.go(MINUTE)
        for _ in range(20):
            with pytest.raises(VerificationError):
                remote.find(*lookup)
        assert len(host.asked) == fetches

    def test_a_token_without_kid_finds_the_one_key(self, remote, publish, host):
        publish(KEY_A)
        for _ in range(3):
            assert remote.find(None, ES256) == KEY_A
        assert len(host.asked) == 1

    def test_a_fetch_for_one_that_fails_leaves_the_rest_alone(self, remote, publish, host, clock, refused, warnings):
        publish(KEY_A)
        remote.find("a", ES256)
        clock.go(MINUTE)
        host.gives(response(status=500))
        with refused("key-not-found"):
            remote.find("b", ES256)
        assert remote.find("a", ES256) == KEY_A
        assert len(warnings()) == 1

    def test_after_a_failure_the_next_try_comes_sooner_and_then_less_and_less_often(self, remote, publish, host, clock):
        publish(KEY_A)
        remote.find("a", ES256)
        host.gives(response(status=500))
        host.asked.clear()
        clock.go(5 * MINUTE)
        tries = []
        for second in range(125):
            before = len(host.asked)
            remote.find("a", ES256)
            if len(host.asked) > before:
                tries.append(second)
            clock.go(1)
        assert tries == [0, 1, 3, 7, 15, 31, 61, 91, 121]


#: What a host may answer that is no set of keys, by the code of the error.
BAD = {
    "unreachable": [],
    "bad-status": [response(status=503)],
    "too-large": [response(b" " * (1 << 20) + b"{}")],
    "redirect-refused": [response(status=302, location="https://login.example/")],
    "bad-content": [response(b"<!DOCTYPE html><html><title>secret</title></html>", content_type="text/html")],
}
GOOD = response(_json([KEY_A]))
LEAKED = response(json.dumps({"keys": [{**KEY_A.to_jwk(), "d": "secret"}]}).encode())
#: Answers that say that the keys of before are none any more, by what they are.
WITHDRAWN = {
    "empty": ("no-keys", response(b'{"keys": []}')),
    "none of use": ("no-keys", response(b'{"keys": [{"kty": "XX"}]}')),
    "404": ("bad-status", response(status=404)),
    "410": ("bad-status", response(status=410)),
}
BAD_CONTENT = [
    b"", b"{}", b"[]", b"null", b"{", b'{"keys": {}}', b"\xff", b'{"keys": [], "keys": []}',
    json.dumps({"keys": [KEY_A.to_jwk(), {**KEY_B.to_jwk(), "kid": "a"}]}).encode(),
]  # fmt: skip


class TestFailures:
    @pytest.mark.parametrize("code, answer", [
        *BAD.items(), ("key-private", [LEAKED]), *((code, [answer]) for code, answer in WITHDRAWN.values()),
    ])  # fmt: skip
    def test_without_keys_it_is_told(self, remote, host, failed, code, answer, warnings):
        host.gives(*answer)
        with failed(code) as caught:
            remote.find("a", ES256)
        assert "secret" not in str(caught.value)
        assert host.url.removeprefix("https://") in caught.value.message
        assert warnings() == []

    @pytest.mark.parametrize("body", BAD_CONTENT)
    def test_content_that_is_no_set_of_keys(self, remote, host, failed, body):
        host.gives(response(body))
        with failed("bad-content"):
            remote.find("a", ES256)

    def test_why_no_key_can_be_used_is_told(self, remote, publish, signers, failed):
        jwk = signers["RS256"].public_key.to_jwk()
        del jwk["alg"]
        publish(jwks={"keys": [jwk]})
        with failed("no-keys") as caught:
            remote.key_set()
        assert "names no alg" in caught.value.message

    @pytest.mark.parametrize("code", BAD)
    def test_the_last_good_keys_are_kept_with_a_warning(self, remote, publish, host, clock, code, warnings):
        publish(KEY_A)
        remote.find("a", ES256)
        host.gives(*BAD[code])
        clock.go(5 * MINUTE)
        assert remote.find("a", ES256) == KEY_A
        (warning,) = warnings()
        assert warning.endswith(f"({code}); the keys that were fetched 300 seconds ago are kept")
        assert "secret" not in warning

    def test_a_set_that_turns_bad_takes_nothing_from_the_last_good_one(self, remote, publish, clock, warnings):
        publish(KEY_A)
        remote.find("a", ES256)
        publish(jwks={"keys": [KEY_B.to_jwk(), {**KEY_A.to_jwk(), "kid": "b"}]})
        clock.go(5 * MINUTE)
        assert list(remote) == [KEY_A]

    @pytest.mark.parametrize("lookup", ["a", "unknown"])
    def test_a_private_key_in_the_answer_drops_the_keys_at_once(self, remote, host, clock, failed, warnings, lookup):
        host.gives(GOOD)
        remote.find("a", ES256)
        host.gives(LEAKED)
        clock.go(MINUTE if lookup == "unknown" else 5 * MINUTE)
        for kid in (lookup, "a", "a"):
            with failed("key-private") as caught:
                remote.find(kid, ES256)
            assert "secret" not in str(caught.value)
        (warning,) = warnings()
        assert warning.endswith("seconds ago are dropped")
        host.gives(*BAD["unreachable"])
        clock.go(MINUTE)
        with failed("unreachable"):
            remote.find("a", ES256)
        host.gives(GOOD)
        clock.go(MINUTE)
        assert list(remote) == [KEY_A]

    @pytest.mark.parametrize("how", WITHDRAWN)
    def test_keys_that_are_withdrawn_are_used_while_they_are_fresh_and_no_longer(
        self, remote, host, clock, failed, warnings, how
    ):
        host.gives(GOOD)
        remote.find("a", ES256)
        code, answer = WITHDRAWN[how]
        host.gives(answer)
        with failed(code):
            remote.refresh()
        clock.go(5 * MINUTE - 1)
        assert remote.find("a", ES256) == KEY_A
        clock.go(1)
        with failed(code):
            remote.find("a", ES256)
        assert warnings()[0].endswith("the keys that were fetched 0 seconds ago are used for as long as they are fresh")
        host.gives(*BAD["unreachable"])
        clock.go(MINUTE)
        with failed("unreachable"):
            remote.find("a", ES256)
        host.gives(GOOD)
        clock.go(MINUTE)
        assert remote.find("a", ES256) == KEY_A

    @pytest.mark.parametrize("how", WITHDRAWN)
    def test_withdrawn_keys_that_are_not_fresh_are_used_by_nobody(self, remote, host, clock, failed, how):
        host.gives(GOOD)
        remote.find("a", ES256)
        code, answer = WITHDRAWN[how]
        host.gives(answer)
        clock.go(5 * MINUTE)
        with failed(code):
            remote.find("a", ES256)

    def test_they_are_kept_for_a_day_and_no_longer(self, remote, publish, host, clock, failed):
        publish(KEY_A)
        remote.find("a", ES256)
        host.gives(response(status=500))
        clock.go(5 * MINUTE + DAY - 1)
        assert remote.find("a", ES256) == KEY_A
        clock.go(1)
        for _ in range(3):
            with failed("bad-status") as caught:
                remote.find("a", ES256)
        assert caught.value.retryable
        assert len(host.asked) == 3

    def test_the_callers_may_choose_to_keep_none(self, make, publish, host, clock, failed):
        publish(KEY_A)
        remote = make(max_stale=timedelta(0))
        remote.find("a", ES256)
        host.gives(response(status=500))
        clock.go(5 * MINUTE)
        with failed("bad-status"):
            remote.find("a", ES256)

    def test_who_keeps_none_is_served_however_short_their_time_is(self, make, publish, host, clock):
        publish(KEY_A, cache_control="no-store")
        remote = make(min_age=timedelta(seconds=1), max_stale=timedelta(0))
        for expected in range(1, 50):
            assert remote.find("a", ES256) == KEY_A
            assert len(host.asked) == expected
            clock.go(1)

    def test_keys_that_took_longer_to_come_than_they_are_fresh_serve_who_waited_for_them(
        self, make, publish, host, clock
    ):
        publish(KEY_A, cache_control="no-store")
        good = host.answer

        def slowly(asked):
            clock.go(3)
            return good(asked)

        host.answer = slowly
        remote = make(min_age=timedelta(seconds=1), max_stale=timedelta(0))
        assert remote.find("a", ES256) == KEY_A
        assert remote.find("a", ES256) == KEY_A
        assert len(host.asked) == 2

    def test_a_host_that_comes_back_is_used_again(self, remote, publish, host, clock, failed):
        host.gives(response(status=500))
        with failed("bad-status"):
            remote.find("a", ES256)
        publish(KEY_A)
        with failed("bad-status"):
            remote.find("a", ES256)
        clock.go(1)
        assert remote.find("a", ES256) == KEY_A
        assert len(host.asked) == 2

    def test_a_host_that_flaps_is_asked_little_more_than_one_that_is_well(self, remote, publish, host, clock, refused):
        publish(KEY_A, cache_control="no-store")
        remote.find("a", ES256)
        good, turn = host.answer, iter(range(1000))
        host.answer = lambda asked: good(asked) if next(turn) % 2 else [response(status=500)]
        host.asked.clear()
        for second in range(20 * MINUTE):
            clock.go(1)
            remote.find("a", ES256)
            with refused("key-not-found"):
                remote.find(f"random {second}", ES256)
        # A success is followed by a cooldown of 30 s, a failure by a second.
        assert len(host.asked) <= 2 * 20 * MINUTE / 30 + 2

    def test_refresh_tells_what_failed_and_keeps_the_keys(self, remote, publish, host, failed, warnings):
        publish(KEY_A)
        remote.refresh()
        host.gives(response(status=500))
        with failed("bad-status"):
            remote.refresh()
        assert remote.find("a", ES256) == KEY_A
        assert len(warnings()) == 1

    def test_an_error_is_raised_anew_each_time(self, remote, host, failed):
        host.gives(response(status=500))
        caught = []
        for _ in range(2):
            with failed("bad-status") as one:
                remote.find("a", ES256)
            caught.append(one.value)
        assert caught[0] is not caught[1]
        assert remote._attempts.failure.__traceback__ is None
        assert (caught[1].status, caught[1].retryable) == (500, True)


class TestThreads:
    """The host answers when the test says so, so each test knows who waits."""

    @pytest.fixture
    def gate(self):
        """Closed until it is set; then the host answers as it was told."""
        gate = threading.Event()
        yield gate
        gate.set()

    @staticmethod
    def behind(gate, host, *pieces):
        def answer(_asked):
            gate.wait(10)
            return pieces

        host.answer = answer

    @staticmethod
    def run(work, count):
        """Do some work in many threads: these, and the list of what came of it."""
        results, start = [], threading.Barrier(count)

        def one():
            start.wait(10)
            try:
                results.append(work())
            except Exception as error:  # noqa: BLE001 - what came of it is what is tested
                results.append(error)

        threads = [threading.Thread(target=one) for _ in range(count)]
        for thread in threads:
            thread.start()
        return threads, results

    @staticmethod
    def finish(threads):
        for thread in threads:
            thread.join(15)
            assert not thread.is_alive()

    @staticmethod
    def until_asked(host, count):
        for _ in range(1000):
            if len(host.asked) >= count:
                return
            host.stopped.wait(0.01)
        raise AssertionError(f"the host was asked {len(host.asked)} times")

    def test_the_first_lookups_wait_for_one_fetch(self, remote, host, gate):
        self.behind(gate, host, response(_json([KEY_A])))
        token = jws.sign(b"content", A)
        threads, results = self.run(lambda: jws.verify(token, remote).payload, 16)
        self.until_asked(host, 1)
        gate.set()
        self.finish(threads)
        assert results == [b"content"] * 16
        assert len(host.asked) == 1

    def test_the_first_lookups_share_one_failure(self, remote, host, gate):
        self.behind(gate, host, response(status=500))
        threads, results = self.run(lambda: remote.find("a", ES256), 16)
        self.until_asked(host, 1)
        gate.set()
        self.finish(threads)
        assert [error.code for error in results] == ["bad-status"] * 16
        assert len(host.asked) == 1

    def test_while_one_fetches_again_the_others_use_what_is_there(self, remote, publish, host, clock, gate):
        publish(KEY_A)
        remote.find("a", ES256)
        clock.go(5 * MINUTE)
        self.behind(gate, host, response(_json([KEY_B])))
        threads, results = self.run(lambda: list(remote), 1)
        self.until_asked(host, 2)
        assert [remote.find("a", ES256) for _ in range(100)] == [KEY_A] * 100
        assert results == []
        gate.set()
        self.finish(threads)
        assert results == [[KEY_B]]
        assert len(host.asked) == 2

    def test_tokens_of_a_new_key_wait_for_one_fetch(self, remote, publish, host, clock, gate):
        publish(KEY_A)
        remote.find("a", ES256)
        clock.go(MINUTE)
        self.behind(gate, host, response(_json([KEY_A, KEY_B])))
        threads, results = self.run(lambda: remote.find("b", ES256), 8)
        self.until_asked(host, 2)
        gate.set()
        self.finish(threads)
        assert results == [KEY_B] * 8
        assert len(host.asked) == 2

    def test_tokens_of_an_unknown_kid_do_not_wait_long_for_a_host_that_hangs(
        self, make, publish, host, clock, gate, refused
    ):
        publish(KEY_A)
        remote = make(timeout=9)
        remote.find("a", ES256)
        clock.go(MINUTE)
        self.behind(gate, host, response(_json([KEY_A])))
        threads, results = self.run(lambda: remote.find("random", ES256), 1)
        self.until_asked(host, 2)
        with refused("key-not-found"):
            remote.find("random", ES256)
        assert results == []
        gate.set()
        self.finish(threads)

    def test_a_host_that_hangs_holds_nobody_beyond_the_deadline(self, make, host):
        host.answer = lambda _asked: host.silence()
        remote = make(timeout=0.3)
        threads, results = self.run(lambda: remote.find("a", ES256), 8)
        self.finish(threads)
        assert [error.code for error in results] == ["too-slow"] * 8
        assert len(host.asked) <= 1

    def test_a_fetch_that_was_taken_for_lost_and_fails_takes_no_newer_keys(self, make, publish, host, clock, gate):
        publish(KEY_A)
        remote = make(timeout=9)
        remote.find("a", ES256)
        clock.go(5 * MINUTE)
        self.behind(gate, host, LEAKED)
        threads, results = self.run(lambda: list(remote), 1)
        self.until_asked(host, 2)
        clock.go(30)
        publish(KEY_B)
        assert remote.find("b", ES256) == KEY_B
        gate.set()
        self.finish(threads)
        assert list(remote) == [KEY_B]
        assert results == [[KEY_B]]

    def test_a_fetch_whose_thread_is_gone_is_not_waited_for_without_end(self, make, publish, host, clock, gate):
        """As in the child of a process that forked while it fetched."""
        publish(KEY_A)
        remote = make(timeout=9)
        remote.find("a", ES256)
        clock.go(5 * MINUTE)
        self.behind(gate, host, response(_json([KEY_A])))
        threads, _ = self.run(lambda: remote.find("a", ES256), 1)
        self.until_asked(host, 2)
        clock.go(30)
        publish(KEY_B)
        assert remote.find("b", ES256) == KEY_B
        gate.set()
        self.finish(threads)
