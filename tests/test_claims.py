"""The registered claims' rules, one by one."""

from __future__ import annotations

import math
import time
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmsjose.claims import (
    check_audience,
    check_issuer,
    check_required,
    check_times,
    check_types,
    named,
    seconds,
    slack,
)
from kmsjose.errors import InputError, VerificationError
from kmsjose.jose.content import claims_of

NOW = 1_800_000_000.0
#: Any JSON value, with numbers far beyond what a clock knows.
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


class TestTheClaimsSet:
    @pytest.mark.parametrize("payload", [b"[]", b'"eyJhbGciOiJFUzI1NiJ9.e30.AA"', b"1", b"null", b"true"])
    def test_a_payload_that_is_no_object_is_refused(self, payload, refused):
        with refused("claims-not-object"):
            claims_of(payload)

    @pytest.mark.parametrize(
        "payload",
        [None, b"", b"{", b"{}{}", b"\xef\xbb\xbf{}", b"{}".decode().encode("utf-16"), b'{"exp":NaN}', b'{"exp":1e999}',
         b"eyJhbGciOiJFUzI1NiJ9.e30.AA", b'{"a":"\xff"}', b'{"a":"\\ud800"}', b"[" * 100_000],
    )  # fmt: skip
    def test_a_payload_that_is_no_json_is_refused(self, payload, refused):
        with refused("bad-json"):
            claims_of(payload)

    @pytest.mark.parametrize("payload", [b'{"exp":1,"exp":2}', b'{"a":{"b":1,"b":1}}', b'{"iss":"a","\\u0069ss":"a"}'])
    def test_a_claim_that_stands_twice_is_refused(self, payload, refused):
        with refused("duplicate-member"):
            claims_of(payload)


class TestTheTimeToGoBy:
    def test_none_is_the_clocks(self):
        before = time.time()
        assert before <= seconds(None) <= time.time()

    def test_the_zone_is_heeded(self):
        east = timezone(timedelta(hours=2))
        assert seconds(datetime(1970, 1, 1, 2, tzinfo=east)) == 0

    @pytest.mark.parametrize("extreme", [datetime.min, datetime.max])  # noqa: DTZ901 - they get their zone below
    @pytest.mark.parametrize("hours", [-23, 0, 23])
    def test_the_ends_of_the_calendar_are_times_too(self, extreme, hours):
        assert math.isfinite(seconds(extreme.replace(tzinfo=timezone(timedelta(hours=hours)))))

    def test_a_time_without_zone_is_refused(self, refused):
        with refused("usage", InputError):
            seconds(datetime(2026, 1, 1))  # noqa: DTZ001 - that is what is tested


class TestLeeway:
    def test_it_counts_in_seconds(self):
        assert (slack(timedelta(0)), slack(timedelta(milliseconds=1500))) == (0, 1.5)

    @pytest.mark.parametrize("leeway", [timedelta(microseconds=-1), 5, None, "5 s"], ids=repr)
    def test_it_is_a_span_that_is_not_negative(self, leeway, refused):
        with refused("usage", InputError):
            slack(leeway)


class TestTypes:
    @pytest.mark.parametrize("name", ["iss", "sub", "jti"])
    @pytest.mark.parametrize("value", [None, True, 0, 1.5, [], ["a"], {}, {"id": "a"}])
    def test_a_string_claim_of_another_type_is_refused(self, name, value, refused):
        with refused("claim-invalid"):
            check_types({name: value})

    @pytest.mark.parametrize("name", ["exp", "nbf", "iat"])
    @pytest.mark.parametrize(
        "value", [None, True, False, "", "1800000000", [], [1], {}, math.nan, math.inf, -math.inf], ids=repr
    )
    def test_a_date_of_another_type_is_refused(self, name, value, refused):
        with refused("claim-invalid"):
            check_types({name: value})

    @pytest.mark.parametrize("name", ["exp", "nbf", "iat"])
    @pytest.mark.parametrize(
        "value", [2**63 + 1, -(2**63) - 1, 10**400, -(10**400), 1e308, -1e308], ids=lambda value: str(value)[:6]
    )
    def test_a_date_beyond_64_bits_is_refused(self, name, value, refused):
        with refused("claim-invalid"):
            check_types({name: value})

    @pytest.mark.parametrize("value", [0, -1, 1.5, -0.0, 2**53, 2**63 - 1, 2**63, -(2**63)])
    def test_any_other_number_is_a_date(self, value):
        check_types({"exp": value, "nbf": value, "iat": value})

    @pytest.mark.parametrize("value", [None, True, 1, {}, {"a": 1}, [1], ["a", None], ["a", ["b"]], [{}]])
    def test_an_audience_of_another_type_is_refused(self, value, refused):
        with refused("claim-invalid"):
            check_types({"aud": value})

    @pytest.mark.parametrize("value", ["", "a", [], ["a"], ["a", "b"]])
    def test_an_audience_is_a_string_or_a_list_of_strings(self, value):
        check_types({"aud": value})

    def test_what_is_not_registered_may_be_anything(self):
        check_types({"ISS": 1, "Exp": "x", "scope": [1], "nonce": None})


class TestTimes:
    @pytest.mark.parametrize("leeway", [0.0, 1.0, 30.0])
    def test_a_token_is_good_until_its_exp_and_not_at_it(self, leeway, refused):
        check_times({"exp": NOW - leeway + 1}, NOW, leeway)
        check_times({"exp": NOW - leeway + 0.001}, NOW, leeway)
        for exp in (NOW - leeway, NOW - leeway - 1):
            with refused("expired"):
                check_times({"exp": exp}, NOW, leeway)

    @pytest.mark.parametrize("name, code", [("nbf", "not-yet-valid"), ("iat", "issued-in-future")])
    @pytest.mark.parametrize("leeway", [0.0, 1.0, 30.0])
    def test_a_token_is_good_from_its_nbf_and_iat_on(self, name, code, leeway, refused):
        check_times({name: NOW + leeway}, NOW, leeway)
        with refused(code):
            check_times({name: NOW + leeway + 1}, NOW, leeway)

    @pytest.mark.parametrize(
        "claims, told",
        [
            ({"exp": NOW - 5}, "expired 5 s ago"),
            ({"nbf": NOW + 7}, "valid only in 7 s"),
            ({"iat": NOW + 9}, "issued 9 s from now"),
        ],
        ids=["exp", "nbf", "iat"],
    )
    def test_a_refusal_says_by_how_much(self, claims, told):
        with pytest.raises(VerificationError) as caught:
            check_times(claims, NOW, 1.0)
        assert told in caught.value.message

    def test_without_dates_it_is_always_good(self):
        check_times({}, NOW, 0.0)

    @given(
        claims=st.dictionaries(st.sampled_from(["iss", "sub", "jti", "exp", "nbf", "iat", "aud"]), JSON),
        leeway=st.floats(0, 1e14),
    )
    def test_whatever_the_types_let_through_is_judged(self, claims, leeway):
        try:
            check_types(claims)
            check_times(claims, NOW, leeway)
            check_audience(claims, "me")
            check_issuer(claims, ["me"])
        except VerificationError as error:
            assert len(error.message) < 120


class TestIssuer:
    @pytest.mark.parametrize("accepted", ["a", ["a"], ("b", "a"), {"a", "b"}, frozenset("a"), {"a": 1}])
    def test_one_of_the_accepted(self, accepted):
        check_issuer({"iss": "a"}, accepted)

    @pytest.mark.parametrize("accepted", ["", "b", "ab", "A", "a ", [], (), ["b"], ["ab"], {"b"}])
    def test_any_other_is_refused(self, accepted, refused):
        with refused("issuer-mismatch"):
            check_issuer({"iss": "a"}, accepted)

    def test_one_name_is_not_a_collection_of_letters(self, refused):
        assert list(named("iss")) == ["iss"]
        with refused("issuer-mismatch"):
            check_issuer({"iss": "i"}, "iss")

    def test_no_issuer_is_refused(self, refused):
        with refused("claim-missing"):
            check_issuer({"ISS": "a"}, "a")


class TestAudience:
    @pytest.mark.parametrize("aud", ["me", ["me"], ["other", "me"]])
    @pytest.mark.parametrize("accepted", ["me", ["me"], ("me", "also me"), {"me"}])
    def test_one_of_ours(self, aud, accepted):
        check_audience({"aud": aud}, accepted)

    @pytest.mark.parametrize("aud", ["", "m", "me2", "ME", [], ["m", "e"], ["other"]])
    @pytest.mark.parametrize("accepted", ["me", ["me"], {"me"}])
    def test_any_other_is_refused(self, aud, accepted, refused):
        with refused("audience-mismatch"):
            check_audience({"aud": aud}, accepted)

    @pytest.mark.parametrize("aud", ["me", [], ["me"], ""])
    def test_an_audience_asks_for_one(self, aud, refused):
        with refused("audience-required"):
            check_audience({"aud": aud}, None)
        with refused("audience-mismatch"):
            check_audience({"aud": aud}, [])

    def test_without_an_audience(self, refused):
        check_audience({}, None)
        with refused("claim-missing"):
            check_audience({}, "me")


class TestRequired:
    @pytest.mark.parametrize("claims", [{}, {"scope": None}, {"Scope": 1}])
    def test_a_claim_that_lacks_or_is_null_is_refused(self, claims, refused):
        with refused("claim-missing"):
            check_required(claims, ["scope"])

    @pytest.mark.parametrize("value", ["", 0, False, [], {}])
    def test_an_empty_one_is_there(self, value):
        check_required({"scope": value}, ("scope",))

    def test_one_name_is_not_a_collection_of_letters(self, refused):
        check_required({"scope": 1}, "scope")
        with refused("claim-missing"):
            check_required({"s": 1, "c": 1, "o": 1, "p": 1, "e": 1}, "scope")

    def test_nothing_may_be_asked_for(self):
        check_required({}, ())
