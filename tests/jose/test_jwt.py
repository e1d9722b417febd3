"""JWT: round trips, the defaults, and every refusal with its code."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from types import MappingProxyType
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmsjose.algorithms import TABLE
from kmsjose.encoding import b64url_decode
from kmsjose.errors import InputError, KmsJoseError
from kmsjose.jose import jws
from kmsjose.jose.jwt import MAX_JWT_SIZE, prepare, sign, verify
from kmsjose.keys import KeySet

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
T = int(NOW.timestamp())
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
REGISTERED = ["iss", "sub", "aud", "exp", "nbf", "iat", "jti"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@pytest.fixture(scope="module")
def es256(signers):
    return signers["ES256"]


@pytest.fixture(scope="module")
def key(es256):
    return es256.public_key


@pytest.fixture(scope="module")
def token_of(es256, forge):
    """A truly signed token of any claims: a mapping, or the payload's bytes."""

    def make(claims, typ="JWT", **header) -> str:
        payload = claims if isinstance(claims, bytes) else json.dumps(claims).encode()
        parameters = {"alg": "ES256", "typ": typ, **header}
        return forge(es256, {name: value for name, value in parameters.items() if value is not None}, payload)

    return make


class TestRoundTrip:
    def test_with_every_algorithm(self, signer, trusted):
        token = sign({"iss": "https://issuer.example", "sub": "alice"}, signer, lifetime=HOUR, now=NOW)
        result = verify(token, trusted, issuer="https://issuer.example", now=NOW)
        row = signer.public_key.algorithm
        assert result.claims == {"iss": "https://issuer.example", "sub": "alice", "iat": T, "exp": T + 3600}
        assert result.header == {"alg": row.name, "kid": signer.public_key.kid, "typ": "JWT"}
        assert result.key == signer.public_key

    def test_the_fully_specified_name(self, signers, trusted):
        token = sign({}, signers["EdDSA"], lifetime=HOUR, fully_specified=True)
        assert verify(token, trusted).header["alg"] == "Ed25519"

    @given(claims=st.dictionaries(st.text(max_size=8).filter(lambda name: name not in REGISTERED), JSON, max_size=5))
    def test_any_claims_come_back_as_they_were(self, es256, key, claims):
        result = verify(sign(claims, es256, lifetime=HOUR, now=NOW), key, now=NOW)
        assert result.claims == {**claims, "iat": T, "exp": T + 3600}

    def test_as_text_or_bytes_by_a_key_or_a_set(self, es256, key):
        token = sign({}, es256, lifetime=HOUR)
        for form in (token, token.encode()):
            for keys in (key, KeySet([key])):
                assert verify(form, keys).key == key

    def test_what_is_returned_is_the_callers_own(self, es256, key):
        token = sign({"a": []}, es256, lifetime=HOUR, header={"x": []})
        result = verify(token, key)
        result.header["x"].append(1)
        result.claims["a"].append(1)
        assert verify(token, key).header["x"] == verify(token, key).claims["a"] == []

    def test_a_repr_holds_no_content(self, es256, key):
        claims = {"sub": "secret-subject"}
        request = prepare(claims, key, lifetime=HOUR)
        result = verify(sign(claims, es256, lifetime=HOUR, header={"x": "secret-header"}), key)
        for shown in (repr(result), str(result), repr(request)):
            assert "secret" not in shown
            assert key.kid in shown


class TestSign:
    def test_iat_is_set_and_exp_only_from_a_lifetime(self, es256, key):
        assert verify(sign({}, es256, now=NOW), key, require=(), now=NOW).claims == {"iat": T}
        assert verify(sign({}, es256, lifetime=SECOND, now=NOW), key, now=NOW).claims == {"iat": T, "exp": T + 1}

    def test_the_clock_is_the_default(self, es256, key):
        before = int(datetime.now(UTC).timestamp())
        claims = verify(sign({}, es256, lifetime=HOUR), key).claims
        assert before <= claims["iat"] <= int(datetime.now(UTC).timestamp())
        assert claims["exp"] == claims["iat"] + 3600

    def test_an_exp_of_the_callers_own_stays(self, es256, key):
        assert verify(sign({"exp": T + 7}, es256, now=NOW), key, now=NOW).claims["exp"] == T + 7

    def test_dates_are_whole_seconds(self, es256, key):
        late = NOW + timedelta(milliseconds=999)
        claims = verify(sign({}, es256, lifetime=timedelta(seconds=1.9), now=late), key, now=late).claims
        assert (claims["iat"], claims["exp"]) == (T, T + 1)

    def test_iat_may_be_before_now_and_the_lifetime_begins_now(self, es256, key):
        token = sign({}, es256, lifetime=HOUR, backdate=timedelta(seconds=60.9), now=NOW)
        assert verify(token, key, now=NOW).claims == {"iat": T - 60, "exp": T + 3600}
        assert (
            prepare({}, key, backdate=HOUR, now=NOW).signing_input.message
            != prepare({}, key, now=NOW).signing_input.message
        )

    @pytest.mark.parametrize("backdate", [-SECOND, 60, None, "60s", timedelta(days=366 * 200)], ids=repr)
    def test_backdate_is_a_span_that_is_not_negative(self, es256, backdate, refused):
        with refused("usage", InputError):
            sign({}, es256, backdate=backdate)

    def test_backdate_leads_to_1970_and_no_further(self, es256, key, refused):
        since = NOW - datetime.fromtimestamp(0, UTC)
        assert verify(sign({}, es256, backdate=since, now=NOW), key, require=(), now=NOW).claims == {"iat": 0}
        with refused("usage", InputError):
            sign({}, es256, backdate=since + SECOND, now=NOW)

    def test_an_iat_of_the_callers_own_is_refused_with_the_way_to_it(self, es256, refused):
        with refused("claims-invalid", InputError) as caught:
            sign({"iat": T - 60}, es256, now=NOW)
        assert "backdate" in caught.value.message
        with refused("claims-invalid", InputError) as caught:
            sign({"jti": "1"}, es256, jti=True)
        assert "backdate" not in caught.value.message

    @pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=-5))], ids=str)
    def test_a_date_may_be_a_time_with_its_zone(self, es256, key, zone):
        times = {"exp": NOW.astimezone(zone) + HOUR, "nbf": NOW.astimezone(zone) - timedelta(milliseconds=1)}
        assert verify(sign(times, es256, now=NOW), key, now=NOW).claims == {"exp": T + 3600, "nbf": T - 1, "iat": T}

    @pytest.mark.parametrize(
        "claims, told",
        [
            ({"exp": datetime(2026, 1, 1)}, "exp has no time zone"),  # noqa: DTZ001
            ({"nbf": date(2026, 1, 1)}, "nbf is not a NumericDate (RFC 7519 section 2), but of type date"),
            ({"sub": UUID(int=5)}, "sub is not a string, but of type UUID"),
            ({"user": {"id": UUID(int=5)}}, "['user']['id'] can't be written as JSON: it is of type UUID"),
            ({"a": [NOW]}, "['a'][0] can't be written as JSON: it is of type datetime"),
        ],
        ids=["naive", "date", "UUID", "within", "another claim"],
    )
    def test_a_value_of_another_type_is_named_by_its_place(self, es256, claims, told):
        with pytest.raises(InputError) as caught:
            sign(claims, es256)
        assert told in caught.value.message

    def test_jti_is_random_on_request(self, es256, key):
        one, other = (verify(sign({}, es256, lifetime=HOUR, jti=True), key).claims["jti"] for _ in range(2))
        assert len(b64url_decode(one.encode())) == 16
        assert one != other

    def test_a_jti_of_the_callers_own_stays(self, es256, key):
        assert verify(sign({"jti": "1"}, es256, lifetime=HOUR), key).claims["jti"] == "1"

    @pytest.mark.parametrize(
        "claims, arguments",
        [
            ({"iat": T}, {}),
            ({"iat": None}, {}),
            ({"exp": T + 60}, {"lifetime": HOUR}),
            ({"exp": None}, {"lifetime": HOUR}),
            ({"jti": "1"}, {"jti": True}),
        ],
    )
    def test_claims_that_hold_what_the_call_sets_are_refused(self, es256, claims, arguments, refused):
        with refused("claims-invalid", InputError):
            sign(claims, es256, **arguments)

    @pytest.mark.parametrize(
        "claims",
        [
            {"iss": 1}, {"sub": None}, {"jti": ["1"]}, {"exp": True}, {"exp": "1"}, {"exp": str(NOW)}, {"nbf": 10**400},
            {"exp": float("nan")}, {"aud": 1}, {"aud": ("a",)}, {"aud": [["a"]]},
        ],
        ids=str,
    )  # fmt: skip
    def test_a_registered_claim_of_a_wrong_type_is_refused(self, es256, claims, refused):
        with refused("claims-invalid", InputError):
            sign(claims, es256)

    @pytest.mark.parametrize("claims", [None, [], "{}", b"{}", 1, [("sub", "alice")]])
    def test_claims_are_an_object(self, es256, claims, refused):
        with refused("claims-invalid", InputError):
            sign(claims, es256)

    @pytest.mark.parametrize(
        "claims",
        [{1: "a"}, {None: 1}, {"a": float("inf")}, {"a": b"x"}, {"a": {1, 2}}, {"a": "\ud800"}, {"a": object()},
         {"a": NOW}, {"a": 10**5000}],
        ids=lambda claims: str(type(next(iter(claims.values())))),
    )  # fmt: skip
    def test_claims_are_json(self, es256, claims, refused):
        with refused("json-invalid", InputError):
            sign(claims, es256)

    def test_claims_without_end_are_refused(self, es256, refused):
        claims: dict = {}
        claims["self"] = claims
        with refused("json-invalid", InputError):
            sign(claims, es256)

    def test_any_mapping_will_do_and_stays_as_it_is(self, es256, key):
        claims = {"sub": "alice"}
        assert verify(sign(MappingProxyType(claims), es256, lifetime=HOUR), key).claims["sub"] == "alice"
        assert claims == {"sub": "alice"}

    @pytest.mark.parametrize("lifetime", [timedelta(0), -HOUR, timedelta(milliseconds=999)])
    def test_a_lifetime_is_at_least_a_second(self, es256, lifetime, refused):
        with refused("claims-invalid", InputError):
            sign({}, es256, lifetime=lifetime)

    @pytest.mark.parametrize("name", ["lifetime", "backdate"])
    def test_a_span_of_another_type_is_refused_and_named(self, es256, refused, name):
        class Minute:
            def total_seconds(self):
                return 60.0

        for span in (60, 60.0, "60s", Minute()):
            with refused("usage", InputError) as caught:
                sign({}, es256, **{name: span})
            assert caught.value.message.startswith(f"{name} of jwt.sign must be timedelta")

    def test_the_longest_lifetime(self, es256, key):
        assert verify(sign({}, es256, lifetime=timedelta.max), key).claims["exp"] > 86_399_999_999_999

    def test_a_naive_time_is_refused(self, es256, refused):
        with refused("usage", InputError):
            sign({}, es256, now=datetime(2026, 1, 1))  # noqa: DTZ001 - that is what is tested

    def test_typ_is_an_argument(self, es256, key, refused):
        assert "typ" not in verify(sign({}, es256, lifetime=HOUR, typ=None), key).header
        for typ in ("at+jwt", None):
            with refused("header-invalid", InputError):
                sign({}, es256, header={"typ": typ})

    @pytest.mark.parametrize(
        "header",
        [{"alg": "none"}, {"b64": False}, {"b64": False, "crit": ["b64"]}, {"crit": []}, {"x": object()}, {"cty": 1}],
    )
    def test_a_header_that_breaks_a_rule_is_refused(self, es256, header):
        with pytest.raises(InputError) as caught:
            sign({}, es256, header=header)
        assert caught.value.code in {"header-invalid", "json-invalid"}

    def test_claims_over_the_limit_are_refused(self, es256, refused):
        with refused("payload-too-large", InputError):
            sign({"a": "x" * MAX_JWT_SIZE}, es256)

    def test_a_source_is_asked_once(self, signers, trusted):
        class Source:
            asked = 0

            def current(self):
                self.asked += 1
                return [signers["ES256"], signers["EdDSA"]][self.asked - 1]

        source = Source()
        assert verify(sign({}, source, lifetime=HOUR), trusted).header["alg"] == "ES256"
        assert verify(sign({}, source, lifetime=HOUR), trusted).header["alg"] == "EdDSA"
        assert source.asked == 2


class TestRequest:
    def test_a_signature_from_elsewhere_finishes_it(self, signer, trusted):
        request = prepare({"sub": "alice"}, signer.public_key, lifetime=HOUR)
        token = request.finish(signer.sign(request.signing_input.message))
        assert verify(token, trusted).claims["sub"] == "alice"

    def test_it_becomes_the_token_that_sign_makes(self, signers):
        signer = signers["EdDSA"]
        request = prepare({"sub": "alice"}, signer.public_key, now=NOW)
        assert request.finish(request.signing_input.sign(signer)) == sign({"sub": "alice"}, signer, now=NOW)

    def test_a_wrong_signature_does_not(self, es256, key, refused):
        request = prepare({"sub": "alice"}, key, lifetime=HOUR)
        other = prepare({"sub": "mallory"}, key, lifetime=HOUR)
        for signature in (b"", bytes(64), es256.sign(other.signing_input.message)):
            with refused("signature-invalid", InputError):
                request.finish(signature)

    def test_what_is_refused_is_refused_before_any_signature(self, key, refused):
        with refused("claims-invalid", InputError):
            prepare({"iat": 1}, key)
        with refused("claims-invalid", InputError):
            prepare([], key)


class TestTyp:
    @pytest.mark.parametrize("typ", [None, "JWT", "jwt", "application/jwt", "application/JWT"])
    def test_none_and_jwt_pass_unasked(self, token_of, key, typ):
        verify(token_of({"exp": T + 1}, typ), key, now=NOW)

    @pytest.mark.parametrize(
        "typ", ["at+jwt", "vc+jwt", "vp+jwt", "JOSE", "dc+sd-jwt", "", " ", "JWT ", "text/jwt", "application/at+jwt"]
    )
    def test_any_other_must_be_asked_for(self, token_of, key, typ, refused):
        token = token_of({"exp": T + 1}, typ)
        with refused("typ-mismatch"):
            verify(token, key, now=NOW)
        if typ:
            assert verify(token, key, typ=typ, now=NOW).header["typ"] == typ

    @pytest.mark.parametrize("typ", [None, "JWT", "at+jwt2", "vc+at+jwt"])
    def test_what_is_asked_for_must_be_there(self, token_of, key, typ, refused):
        with refused("typ-mismatch"):
            verify(token_of({"exp": T + 1}, typ), key, typ="at+jwt", now=NOW)

    @pytest.mark.parametrize("typ", ["at+jwt", "AT+JWT", "application/at+jwt"])
    def test_case_and_the_prefix_mean_nothing(self, token_of, key, typ):
        verify(token_of({"exp": T + 1}, typ), key, typ="at+jwt", now=NOW)

    @pytest.mark.parametrize("typ", [1, True, [], ["JWT"], {}])
    def test_a_typ_that_is_no_string_is_refused(self, token_of, key, typ, refused):
        with refused("bad-header"):
            verify(token_of({"exp": T + 1}, typ), key, now=NOW)

    def test_several_may_be_asked_for(self, token_of, key, refused):
        token = token_of({"exp": T + 60}, "dc+sd-jwt")
        assert verify(token, key, typ=("vc+sd-jwt", "dc+sd-jwt"), now=NOW).claims == {"exp": T + 60}
        with refused("typ-mismatch"):
            verify(token, key, typ=("vc+sd-jwt", "JWT"), now=NOW)

    @pytest.mark.parametrize("typ", [5, (), [None], b"JWT"], ids=repr)
    def test_what_is_asked_for_is_text(self, token_of, key, typ, refused):
        with refused("usage", InputError):
            verify(token_of({"exp": T + 60}), key, typ=typ, now=NOW)


class TestCritical:
    def test_an_extension_that_the_caller_understands_passes(self, es256, key, refused):
        header = {"crit": ["https://example.com/x"], "https://example.com/x": 1}
        token = sign({}, es256, lifetime=HOUR, header=header)
        assert verify(token, key, understood=["https://example.com/x"]).header["https://example.com/x"] == 1
        # One name may stand for itself, as an issuer does.
        assert verify(token, key, understood="https://example.com/x").claims.keys() == {"iat", "exp"}
        for others in ((), ["https://example.com/y"], "https://example.com"):
            with refused("crit-unknown"):
                verify(token, key, understood=others)

    def test_the_payload_stays_encoded(self, es256, key, refused):
        token = jws.sign(b"{}", es256, b64=False)
        with refused("b64-invalid"):
            verify(token, key, understood=["b64"])


class TestCompressed:
    @pytest.mark.parametrize("payload", [zlib.compress(b'{"sub": "a"}'), b"\xff"], ids=["deflated", "anything"])
    def test_zip_is_named_and_not_inflated(self, token_of, key, payload, refused):
        with refused("bad-json") as caught:
            verify(token_of(payload, zip="DEF"), key)
        assert "zip" in caught.value.message
        assert "not inflated" in caught.value.message

    def test_zip_beside_a_payload_that_is_json_means_nothing(self, token_of, key):
        assert verify(token_of({"exp": T + 60}, zip="DEF"), key, now=NOW).claims == {"exp": T + 60}


class TestPayload:
    @pytest.mark.parametrize("payload", [b"[]", b'"a"', b"1", b"null", b'[{"exp":1}]'])
    def test_it_is_an_object(self, token_of, key, payload, refused):
        with refused("claims-not-object"):
            verify(token_of(payload), key)

    @pytest.mark.parametrize("payload", [b"", b"{", b'{"exp":Infinity}', b"\xef\xbb\xbf{}", b"{}\0", b"\xff"])
    def test_it_is_json(self, token_of, key, payload, refused):
        with refused("bad-json"):
            verify(token_of(payload), key)

    def test_a_claim_stands_once(self, token_of, key, refused):
        with refused("duplicate-member"):
            verify(token_of(b'{"exp":%d,"exp":1}' % (T + 1)), key)

    @pytest.mark.parametrize("cty", ["JWT", None])
    def test_a_nested_jwt_is_refused(self, es256, key, token_of, cty, refused):
        inner = sign({}, es256, lifetime=HOUR)
        with refused("bad-json"):
            verify(token_of(inner.encode(), cty=cty), key)
        with refused("claims-not-object"):
            verify(token_of(json.dumps(inner).encode(), cty=cty), key)

    def test_it_is_encoded(self, es256, key, refused):
        token = jws.sign(b'{"exp":4000000000}', es256, b64=False, header={"typ": "JWT"})
        assert jws.verify(token, key).payload == b'{"exp":4000000000}'
        with refused("b64-invalid"):
            verify(token, key)

    @pytest.mark.parametrize("body", ["e30", "W10", "AA", "eyJleHAiOjF9"])
    def test_it_is_read_only_after_the_signature(self, key, token_of, body, refused):
        protected, _, signature = token_of({"exp": T + 1}).split(".")
        with refused("signature-invalid"):
            verify(f"{protected}.{body}.{signature}", key, now=NOW)

    def test_it_is_attached(self, es256, key, refused):
        with refused("payload-missing"):
            verify(jws.sign(b'{"exp":4000000000}', es256, detached=True), key)


class TestForm:
    @pytest.mark.parametrize("token", [None, 5, [None]], ids=repr)
    def test_what_is_no_text_is_refused_with_its_cause(self, key, token, refused):
        with refused("usage", InputError) as caught:
            verify(token, key)
        assert isinstance(caught.value.__cause__, TypeError)


class TestSize:
    def test_a_token_over_the_limit_is_refused(self, es256, key, refused):
        token = sign({}, es256, lifetime=HOUR)
        assert verify(token, key, max_size=len(token)).key == key
        with refused("too-large"):
            verify(token, key, max_size=len(token) - 1)

    def test_the_callers_limit_may_be_larger_than_ours(self, token_of, key, refused):
        token = token_of({"exp": T + 1, "a": "x" * MAX_JWT_SIZE})
        with refused("too-large"):
            verify(token, key, now=NOW)
        verify(token, key, now=NOW, max_size=2 * MAX_JWT_SIZE)


class TestClaims:
    """Each code that concerns claims, through the whole of `verify`; `test_claims.py` has the rules in full."""

    @pytest.mark.parametrize(
        "claims, arguments, code",
        [
            ({}, {}, "claim-missing"),
            ({"exp": None}, {}, "claim-invalid"),
            ({"exp": True}, {}, "claim-invalid"),
            ({"exp": str(T + 1)}, {}, "claim-invalid"),
            ({"exp": [T + 1]}, {}, "claim-invalid"),
            ({"exp": T}, {}, "expired"),
            ({"exp": T - 1}, {}, "expired"),
            ({"exp": T - 30}, {"leeway": 30 * SECOND}, "expired"),
            ({"exp": -(2**63)}, {}, "expired"),
            ({"exp": 10**400}, {}, "claim-invalid"),
            ({"exp": -(10**400)}, {"leeway": SECOND}, "claim-invalid"),
            ({"exp": 1e308}, {}, "claim-invalid"),
            ({"exp": T + 9, "nbf": T + 1}, {}, "not-yet-valid"),
            ({"exp": T + 9, "nbf": 2**63}, {}, "not-yet-valid"),
            ({"exp": T + 9, "nbf": T + 2}, {"leeway": SECOND}, "not-yet-valid"),
            ({"exp": T + 9, "iat": T + 1}, {}, "issued-in-future"),
            ({"exp": T + 9, "iat": T + 2}, {"leeway": SECOND}, "issued-in-future"),
            ({"exp": T + 9, "nbf": "0"}, {}, "claim-invalid"),
            ({"exp": T + 9, "iat": False}, {}, "claim-invalid"),
            ({"exp": T + 9, "sub": 1}, {}, "claim-invalid"),
            ({"exp": T + 9, "jti": None}, {}, "claim-invalid"),
            ({"exp": T + 9, "iss": ["i"]}, {"issuer": "i"}, "claim-invalid"),
            ({"exp": T + 9, "iss": None}, {"issuer": "i"}, "claim-invalid"),
            ({"exp": T + 9}, {"issuer": "i"}, "claim-missing"),
            ({"exp": T + 9, "iss": "j"}, {"issuer": "i"}, "issuer-mismatch"),
            ({"exp": T + 9, "iss": "j"}, {"issuer": ["i", "k"]}, "issuer-mismatch"),
            ({"exp": T + 9, "iss": "j"}, {"issuer": ()}, "issuer-mismatch"),
            ({"exp": T + 9, "iss": ""}, {"issuer": "i"}, "issuer-mismatch"),
            ({"exp": T + 9, "aud": "a"}, {}, "audience-required"),
            ({"exp": T + 9, "aud": []}, {}, "audience-required"),
            ({"exp": T + 9, "aud": None}, {}, "claim-invalid"),
            ({"exp": T + 9, "aud": 1}, {"audience": "a"}, "claim-invalid"),
            ({"exp": T + 9, "aud": [1]}, {"audience": "a"}, "claim-invalid"),
            ({"exp": T + 9, "aud": {"a": 1}}, {"audience": "a"}, "claim-invalid"),
            ({"exp": T + 9, "aud": "b"}, {"audience": "a"}, "audience-mismatch"),
            ({"exp": T + 9, "aud": []}, {"audience": "a"}, "audience-mismatch"),
            ({"exp": T + 9, "aud": ["b", "c"]}, {"audience": ["a", "d"]}, "audience-mismatch"),
            ({"exp": T + 9, "aud": "a"}, {"audience": []}, "audience-mismatch"),
            ({"exp": T + 9}, {"audience": "a"}, "claim-missing"),
            ({"exp": T + 9}, {"require": ["exp", "scope"]}, "claim-missing"),
            ({"exp": T + 9, "scope": None}, {"require": ["scope"]}, "claim-missing"),
            ({"sub": "s"}, {"require": "exp"}, "claim-missing"),
        ],
    )
    def test_each_is_refused_with_its_code(self, token_of, key, claims, arguments, code, refused):
        with refused(code):
            verify(token_of(claims), key, now=NOW, **arguments)

    @pytest.mark.parametrize(
        "claims, arguments",
        [
            ({}, {"require": ()}),
            ({"exp": T + 1}, {}),
            ({"exp": T + 0.5}, {}),
            ({"exp": T - 29}, {"leeway": 30 * SECOND}),
            ({"exp": 2**63}, {}),
            ({"exp": 9223372036854775807}, {}),
            ({"exp": T + 9, "nbf": T, "iat": T}, {}),
            ({"exp": T + 9, "nbf": T + 1, "iat": T + 1}, {"leeway": SECOND}),
            ({"exp": T + 9, "nbf": 0, "iat": -1}, {}),
            ({"exp": T + 9, "iss": "anyone"}, {}),
            ({"exp": T + 9, "iss": "i"}, {"issuer": "i"}),
            ({"exp": T + 9, "iss": "i"}, {"issuer": {"i", "j"}}),
            ({"exp": T + 9, "aud": "a"}, {"audience": "a"}),
            ({"exp": T + 9, "aud": ["b", "a"]}, {"audience": "a"}),
            ({"exp": T + 9, "aud": "a"}, {"audience": ["b", "a"]}),
            ({"exp": T + 9, "scope": ""}, {"require": ["scope"]}),
            ({"exp": T + 9}, {"leeway": timedelta.max}),
        ],
    )
    def test_these_pass(self, token_of, key, claims, arguments):
        assert verify(token_of(claims), key, now=NOW, **arguments).claims == claims

    def test_the_clock_is_the_default(self, token_of, key, refused):
        verify(token_of({"exp": datetime.now(UTC).timestamp() + 60}), key)
        with refused("expired"):
            verify(token_of({"exp": datetime.now(UTC).timestamp() - 1}), key)

    def test_a_naive_time_is_refused(self, token_of, key, refused):
        with refused("usage", InputError):
            verify(token_of({"exp": T}), key, now=datetime(2026, 1, 1))  # noqa: DTZ001 - that is what is tested


class TestKeys:
    def test_only_the_algorithms_that_the_caller_accepts(self, signer, trusted, refused):
        token, row = sign({}, signer, lifetime=HOUR), signer.public_key.algorithm
        verify(token, trusted, algorithms=row.names)
        with refused("alg-not-allowed"):
            verify(token, trusted, algorithms=[other.name for other in TABLE if other is not row])
        with refused("alg-not-allowed"):
            verify(token, trusted, algorithms=[])
        with refused("alg-unknown", InputError):
            verify(token, trusted, algorithms=["HS256"])

    def test_an_unsecured_jwt_is_refused(self, key, refused):
        with refused("malformed"):
            verify("eyJhbGciOiJub25lIn0.eyJleHAiOjQwMDAwMDAwMDB9.", key)
        with refused("alg-none"):
            verify("eyJhbGciOiJub25lIn0.eyJleHAiOjQwMDAwMDAwMDB9.AA", key)

    def test_the_token_of_another_key_is_refused(self, signers, key, forge, refused):
        with refused("key-not-found"):
            verify(sign({}, signers["EdDSA"], lifetime=HOUR), key)
        with refused("alg-mismatch"):
            verify(forge(signers["EdDSA"], {"alg": "EdDSA", "kid": key.kid}, b'{"exp":4000000000}'), key)
        with refused("signature-invalid"):
            verify(forge(signers["EdDSA"], {"alg": "ES256", "kid": key.kid}, b'{"exp":4000000000}'), key)


class TestAsAnAttacker:
    """Only our errors may escape, whatever a good key has signed."""

    @staticmethod
    def judge(token, key, **arguments) -> str | None:
        try:
            verify(token, key, **arguments)
        except KmsJoseError as error:
            assert not re.search(r"[\n\r]", error.message)
            assert len(error.message) < 200
            return error.code
        return None

    @given(
        claims=st.dictionaries(st.sampled_from(REGISTERED), JSON | st.integers(T - 9, T + 9)),
        more=st.dictionaries(st.text(max_size=5), JSON, max_size=2),
        issuer=st.none() | st.just("i") | st.just(["i", "j"]),
        audience=st.none() | st.just("a") | st.just(("a", "b")),
        leeway=st.timedeltas(timedelta(0), timedelta.max),
    )
    def test_any_claims(self, token_of, key, claims, more, *, issuer, audience, leeway):
        token = token_of({**more, **claims})
        code = self.judge(token, key, issuer=issuer, audience=audience, leeway=leeway, now=NOW)
        if code is None:
            assert type(claims["exp"]) in {int, float}
            assert not isinstance(claims.get("iat", 0), bool)
            assert issuer is None or claims["iss"] in issuer
            assert (audience is None) == ("aud" not in claims)

    @given(
        payload=st.binary(max_size=40) | st.text('{}[]":,0123456789.eE+-truefalsn\\ud8', max_size=40).map(str.encode)
    )
    def test_any_payload(self, token_of, key, payload):
        self.judge(token_of(payload), key, require=(), now=NOW)

    @given(header=st.dictionaries(
        st.sampled_from(["typ", "cty", "kid", "crit", "b64", "jwk", "jku", "x5u", "x5c", "x5t", "x5t#S256", "iss",
        "zip"]),
        JSON,
    ))  # fmt: skip
    def test_any_header(self, token_of, key, header):
        self.judge(token_of({"exp": T + 9}, **header), key, now=NOW)

    @pytest.mark.parametrize("depth", [253, 254, 255, 5_000, 100_000])
    def test_any_depth(self, token_of, key, depth):
        code = self.judge(token_of(b'{"exp":%d,"a":' % (T + 9) + b"[" * depth + b"]" * depth + b"}"), key, now=NOW)
        assert code == (None if depth <= 253 else "bad-json")

    @pytest.mark.parametrize("digits", [400, 4_300, 4_301, 100_000])
    @pytest.mark.parametrize("name", ["exp", "nbf", "iat"])
    def test_any_number(self, token_of, key, name, digits):
        payload = b'{"%s":%s}' % (name.encode(), b"9" * digits)
        assert self.judge(token_of(payload), key, now=NOW, require=()) in {"claim-invalid", "bad-json"}

    def test_a_mapping_of_odd_strings(self, es256, key):
        class Text(str):
            __slots__ = ()

        class Lazy(Mapping):
            def __getitem__(self, name):
                return {"sub": Text("alice")}[name]

            def __iter__(self):
                return iter([Text("sub")])

            def __len__(self):
                return 1

        claims = verify(sign(Lazy(), es256, lifetime=HOUR), key, issuer=None).claims
        assert claims["sub"] == "alice"
        token = sign({"iss": Text("i"), "aud": [Text("a")]}, es256, lifetime=HOUR)
        verify(token, key, issuer=Text("i"), audience=Text("a"))
