"""CWT: round trips, the example of RFC 8392, and every refusal with its code."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmsjose import KeySet, PublicKey, cose, cwt
from kmsjose.cbor import dumps, loads, tagged, untagged
from kmsjose.errors import InputError, VerificationError

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SECONDS = int(NOW.timestamp())
CLAIMS = {"iss": "coap://as.example", "sub": "erikw", "aud": "coap://light.example"}
ASKED = {"issuer": CLAIMS["iss"], "audience": CLAIMS["aud"], "now": NOW}
#: RFC 8392 appendix A.3, by the key of appendix A.2.3.
RFC_KEY = {
    1: 2,
    -1: 1,
    -2: bytes.fromhex("143329cce7868e416927599cf65a34f3ce2ffda55a7eca69ed8919a394d42f0f"),
    -3: bytes.fromhex("60f7f1a780d8a783bfb7a2dd6b2796e8128dbbcef9d3d168db9529971a36e7b9"),
}
RFC_TOKEN = bytes.fromhex(
    "d28443a10126a05850a70175636f61703a2f2f61732e6578616d706c652e636f6d02656572696b77037818636f61703a2f2f6c696768742e"
    "6578616d706c652e636f6d041a5612aeb0051a5610d9f0061a5610d9f007420b7158405427c1ff28d23fbad1f29c4c7c6a555e601d6fa29f"
    "9179bc3d7438bacaca5acd08c8d4d4f96131680c429a01f85951ecee743a52b9b63632c57209120e1c9e30"
)


@pytest.fixture
def es256(signers):
    return signers["ES256"]


@pytest.fixture
def forge(es256, forge1, header_of):
    """A CWT of any claims (bytes, or a mapping by labels) and further protected parameters, truly signed."""

    def make(claims, unprotected=None, **header):
        extra = {int(label[1:]): value for label, value in header.items()}
        payload = claims if isinstance(claims, bytes) else dumps(claims)
        return forge1(es256, {**header_of(es256), **extra}, unprotected, payload)

    return make


class TestRoundTrip:
    def test_every_algorithm(self, signer, trusted):
        token = cwt.sign(CLAIMS, signer, lifetime=timedelta(minutes=5), now=NOW)
        verified = cwt.verify(token, trusted, **ASKED)
        assert verified.claims == {**CLAIMS, "iat": SECONDS, "exp": SECONDS + 300}
        assert verified.key == signer.public_key

    def test_the_example_of_rfc_8392(self):
        key = PublicKey.from_cose_key(RFC_KEY)
        moment = datetime.fromtimestamp(1443944944, UTC)
        for token in (RFC_TOKEN, RFC_TOKEN[1:], tagged(61, RFC_TOKEN)):
            asked = {"issuer": "coap://as.example.com", "audience": "coap://light.example.com", "now": moment}
            assert cwt.verify(token, key, **asked).claims == {
                "iss": "coap://as.example.com",
                "sub": "erikw",
                "aud": "coap://light.example.com",
                "exp": 1444064944,
                "nbf": 1443944944,
                "iat": 1443944944,
                "cti": b"\x0b\x71",
            }

    def test_claims_are_written_by_their_labels(self, es256):
        token = cwt.sign({**CLAIMS, 100: [b"x"], "text": None}, es256, now=NOW)
        payload = loads(untagged(token)[1])[2]
        assert loads(payload) == {1: CLAIMS["iss"], 2: "erikw", 3: CLAIMS["aud"], 6: SECONDS, 100: [b"x"], "text": None}

    def test_a_registered_claim_is_given_by_its_name_or_its_label(self, es256, trusted):
        for claims in ({"iss": "a", "exp": SECONDS + 1}, {1: "a", 4: SECONDS + 1}):
            assert cwt.verify(cwt.sign(claims, es256, now=NOW), trusted, now=NOW).claims["iss"] == "a"

    def test_the_cwt_tag_is_written_on_request_and_read_either_way(self, es256, trusted):
        for tag, start in ((False, b"\xd2\x84"), (True, b"\xd8\x3d\xd2\x84")):
            token = cwt.sign(CLAIMS, es256, lifetime=timedelta(1), tag=tag, now=NOW)
            assert token.startswith(start)
            assert cwt.verify(token, trusted, **ASKED)

    @pytest.mark.parametrize("prepared", [False, True])
    def test_nothing_is_in_it_that_was_not_asked_for(self, es256, trusted, prepared):
        if prepared:
            token = cwt.prepare({"sub": "erikw"}, es256.public_key, now=NOW).signed_by(es256)
        else:
            token = cwt.sign({"sub": "erikw"}, es256, now=NOW)
        assert untagged(token)[0] == (18,)
        verified = cwt.verify(token, trusted, require=(), now=NOW)
        assert verified.claims == {"sub": "erikw", "iat": SECONDS}
        assert verified.protected == {1: -7, 4: es256.public_key.kid.encode()}
        assert verified.unprotected == {}

    def test_iat_may_be_put_back_and_the_token_lives_from_now_on(self, es256, trusted):
        options = {"lifetime": timedelta(minutes=5), "backdate": timedelta(minutes=1)}
        token = cwt.sign({}, es256, **options, now=NOW)
        assert cwt.verify(token, trusted, now=NOW).claims == {"iat": SECONDS - 60, "exp": SECONDS + 300}

    def test_exp_and_nbf_may_be_given_as_times(self, es256, trusted):
        later = NOW + timedelta(minutes=5)
        for claims in ({"nbf": NOW, "exp": later}, {5: NOW, 4: later}):
            verified = cwt.verify(cwt.sign(claims, es256, now=NOW), trusted, now=NOW)
            assert verified.claims == {"nbf": SECONDS, "exp": SECONDS + 300, "iat": SECONDS}

    def test_the_header_of_a_token_is_its_own_copy(self, es256, trusted):
        token = cwt.sign({}, es256, lifetime=timedelta(1), protected={"x": [1]}, now=NOW)
        cwt.verify(token, trusted, now=NOW).protected["x"].append(2)
        assert cwt.verify(token, trusted, now=NOW).protected["x"] == [1]

    def test_cti_is_made_on_request(self, es256, trusted):
        tokens = [cwt.sign({}, es256, lifetime=timedelta(1), cti=True, now=NOW) for _ in range(2)]
        ids = [cwt.verify(token, trusted, now=NOW, require=("exp", "cti")).claims["cti"] for token in tokens]
        assert [len(one) for one in ids] == [16, 16]
        assert ids[0] != ids[1]

    def test_further_headers(self, es256, trusted):
        token = cwt.sign(
            {"sub": "erikw"},
            es256,
            lifetime=timedelta(1),
            typ=61,
            protected={3: 60, 15: {2: "erikw"}},
            unprotected={"x": 1},
            fully_specified=True,
            now=NOW,
        )
        verified = cwt.verify(token, trusted, now=NOW)
        assert (verified.protected[1], verified.protected[16], verified.unprotected) == (-9, 61, {"x": 1})

    def test_prepare_and_finish(self, es256, trusted, refused):
        request = cwt.prepare(CLAIMS, es256.public_key, lifetime=timedelta(1), tag=True, now=NOW)
        token = request.finish(request.signing_input.sign(es256))
        assert cwt.verify(token, trusted, **ASKED)
        with refused("signature-invalid", InputError):
            request.finish(bytes(64))
        assert "erikw" not in repr(request)
        assert "erikw" not in repr(cwt.verify(token, trusted, **ASKED))

    @given(st.dictionaries(st.integers(8, 2**40) | st.text(min_size=4, max_size=5), st.binary(max_size=4), max_size=4))
    def test_any_private_claims(self, signers, trusted, claims):
        token = cwt.sign(claims, signers["EdDSA"], now=NOW)
        assert cwt.verify(token, trusted, now=NOW, require=()).claims == {**claims, "iat": SECONDS}


class TestWhatIsNotSigned:
    @pytest.mark.parametrize("claims", [
        {"iat": 1}, {6: 1}, {"exp": 1}, {4: 1}, {"cti": b""}, {7: b""}, {"iss": "a", 1: "a"}, {"iss": 7}, {"aud": [7]},
        {"nbf": "1"}, {"nbf": True}, {"nbf": float("nan")}, {"sub": b"x"}, [], "text", None,
    ])  # fmt: skip
    def test_claims_that_a_verifier_would_refuse_or_that_the_call_sets(self, es256, refused, claims):
        with refused("claims-invalid", InputError):
            cwt.sign(claims, es256, lifetime=timedelta(1), cti=True)

    @pytest.mark.parametrize("claims", [{8: object()}, {True: "a"}, {1.0: "a"}, {b"x": 1}, {8: 2**64}])
    def test_claims_that_have_no_cbor(self, es256, refused, claims):
        with refused("cbor-invalid", InputError):
            cwt.sign(claims, es256)

    def test_a_lifetime_of_less_than_a_second(self, es256, refused):
        with refused("claims-invalid", InputError):
            cwt.sign({}, es256, lifetime=timedelta(milliseconds=999))

    def test_a_lifetime_that_is_none(self, es256, refused):
        with refused("usage", InputError):
            cwt.sign({}, es256, lifetime=300)

    @pytest.mark.parametrize("bucket", ["protected", "unprotected"])
    def test_headers_that_are_no_mapping(self, es256, refused, bucket):
        with refused("header-invalid", InputError):
            cwt.sign({}, es256, **{bucket: [16]})

    def test_no_headers_are_a_mapping_too(self, es256, refused):
        with refused("header-invalid", InputError):
            cwt.sign({}, es256, protected=[])

    def test_typ_among_the_headers(self, es256, refused):
        with refused("header-invalid", InputError):
            cwt.sign({}, es256, protected={16: 61})

    def test_claims_over_the_limit(self, es256, trusted, refused):
        largest = cwt.MAX_CLAIMS_SIZE - 20
        assert cwt.verify(cwt.sign({100: bytes(largest)}, es256), trusted, require=())
        with refused("payload-too-large", InputError):
            cwt.sign({100: bytes(largest + 20)}, es256)

    def test_an_unprotected_header_with_which_the_token_would_be_too_large(self, es256, trusted, refused):
        def sign(pad):
            return cwt.sign({100: bytes(900_000)}, es256, unprotected={"x": bytes(pad)}, now=NOW)

        largest = 100_000 + cwt.MAX_CWT_SIZE - len(sign(100_000))
        token = sign(largest)
        assert len(token) == cwt.MAX_CWT_SIZE
        assert cwt.verify(token, trusted, require=(), now=NOW)
        with refused("header-invalid", InputError):
            sign(largest + 1)

    @pytest.mark.parametrize("bucket", ["protected", "unprotected"])
    @pytest.mark.parametrize("repeated", [{1: "b"}, {1: 5}, {"iss": "a"}, {100: True}])
    def test_claims_in_the_header_that_a_verifier_would_refuse(self, es256, refused, bucket, repeated):
        with refused("header-invalid", InputError):
            cwt.sign({"iss": "a", 100: 1}, es256, **{bucket: {cose.Label.CWT_CLAIMS: repeated}})

    def test_a_time_without_its_zone(self, es256, refused):
        with refused("usage", InputError):
            cwt.sign({}, es256, now=datetime(2026, 1, 1))  # noqa: DTZ001 - what is refused


class TestRefusals:
    @pytest.mark.parametrize("changes, asked, code", [
        ({4: SECONDS}, {}, "expired"),
        ({4: SECONDS - 1}, {}, "expired"),
        ({4: None}, {}, "claim-missing"),
        ({5: SECONDS + 1}, {}, "not-yet-valid"),
        ({6: SECONDS + 1}, {}, "issued-in-future"),
        ({1: "coap://other.example"}, {}, "issuer-mismatch"),
        ({1: None}, {}, "claim-missing"),
        ({3: "coap://other.example"}, {}, "audience-mismatch"),
        ({3: ["coap://other.example"]}, {}, "audience-mismatch"),
        ({3: []}, {}, "audience-mismatch"),
        ({3: None}, {}, "claim-missing"),
        ({}, {"audience": None}, "audience-required"),
        ({}, {"require": ("exp", "nbf")}, "claim-missing"),
        ({}, {"require": ("exp", 100)}, "claim-missing"),
        ({}, {"require": "cti"}, "claim-missing"),
        ({1: 7}, {}, "claim-invalid"),
        ({2: b"x"}, {}, "claim-invalid"),
        ({3: 7}, {}, "claim-invalid"),
        ({4: str(SECONDS + 1)}, {}, "claim-invalid"),
        ({4: True}, {}, "claim-invalid"),
        ({4: float("nan")}, {}, "claim-invalid"),
        ({4: float("inf")}, {}, "claim-invalid"),
        ({4: 2**64 - 1}, {}, "claim-invalid"),
        ({7: "text"}, {}, "claim-invalid"),
        ({"iss": "coap://other.example"}, {}, "claim-invalid"),  # text beside its label
        ({1: None, "iss": CLAIMS["iss"]}, {}, "claim-invalid"),  # or in its place
        ({}, {"algorithms": ["EdDSA"]}, "alg-not-allowed"),
        ({}, {"typ": 61}, "typ-mismatch"),
        ({}, {"max_size": 100}, "too-large"),
    ])  # fmt: skip
    def test_claims_that_are_not_as_asked(self, forge, trusted, refused, changes, asked, code):
        good = {1: CLAIMS["iss"], 2: "erikw", 3: CLAIMS["aud"], 4: SECONDS + 300, 6: SECONDS}
        claims = {label: value for label, value in {**good, **changes}.items() if value is not None}
        cwt.verify(forge(good), trusted, **ASKED)
        with refused(code):
            cwt.verify(forge(claims), trusted, **{**ASKED, **asked})

    @pytest.mark.parametrize("moment, leeway, good", [
        (SECONDS - 30, 30, True), (SECONDS - 31, 30, False), (SECONDS + 329, 30, True), (SECONDS + 330, 30, False),
    ])  # fmt: skip
    def test_leeway_reaches_as_far_as_it_says(self, es256, trusted, moment, leeway, good):
        token = cwt.sign({}, es256, lifetime=timedelta(minutes=5), now=NOW)
        when = datetime.fromtimestamp(moment, UTC)
        if good:
            cwt.verify(token, trusted, leeway=timedelta(seconds=leeway), now=when)
        else:
            with pytest.raises(VerificationError):
                cwt.verify(token, trusted, leeway=timedelta(seconds=leeway), now=when)

    @pytest.mark.parametrize("payload, code", [
        (b"\x80", "claims-not-object"),
        (b"\x01", "claims-not-object"),
        (b"", "bad-cbor"),
        (b"{}", "bad-cbor"),
        (b"\xa2\x01\x61a\x01\x61a", "duplicate-label"),
        (b"\xbf\xff", "bad-cbor"),
        (b"\xa1\x04\xc1\x1a\x7f\xff\xff\xff", "tag-unexpected"),  # a tagged date, which RFC 8392 leaves untagged
    ])  # fmt: skip
    def test_a_payload_that_is_no_claims_set(self, forge, trusted, refused, payload, code):
        with refused(code):
            cwt.verify(forge(payload), trusted, require=())

    @pytest.mark.parametrize("typ, asked, good", [
        (None, None, True), (61, None, True), ("application/cwt", None, True), ("Application/CWT", None, True),
        ("application/x+cwt", None, False), (60, None, False), ("application/x+cwt", "application/x+cwt", True),
        (61, "application/cwt", False), (None, "application/cwt", False),
    ])  # fmt: skip
    def test_a_token_of_another_type(self, es256, trusted, refused, typ, asked, good):
        token = cwt.sign({}, es256, lifetime=timedelta(1), typ=typ, now=NOW)
        if good:
            cwt.verify(token, trusted, typ=asked, now=NOW)
        else:
            with refused("typ-mismatch"):
                cwt.verify(token, trusted, typ=asked, now=NOW)

    @pytest.mark.parametrize("repeated, good", [
        ({1: "a"}, True), ({2: "x"}, True), ({1: "b"}, False), ({"iss": "a"}, False), ({4: SECONDS}, False), ({}, True),
    ])  # fmt: skip
    @pytest.mark.parametrize("bucket", ["protected", "unprotected"])
    def test_claims_in_the_header_must_be_those_of_the_payload(self, forge, trusted, refused, repeated, good, bucket):
        claims = {1: "a", 4: SECONDS + 1}
        token = forge(claims, _15=repeated) if bucket == "protected" else forge(claims, {15: repeated})
        if good:
            cwt.verify(token, trusted, now=NOW)
        else:
            with refused("claim-invalid"):
                cwt.verify(token, trusted, now=NOW)

    @pytest.mark.parametrize("alone, code", [
        ({3: "coap://other.example"}, "audience-required"),
        ({4: SECONDS}, "expired"),
        ({5: SECONDS + 1}, "not-yet-valid"),
        ({4: True}, "claim-invalid"),
        ({4: "soon"}, "claim-invalid"),
    ])  # fmt: skip
    def test_claims_in_the_header_alone_can_only_narrow(self, forge, trusted, refused, alone, code):
        with refused(code):
            cwt.verify(forge({1: "a"}, _15=alone), trusted, require=(), now=NOW)

    @pytest.mark.parametrize("repeated", [{1: "a"}, {3: "me"}, {3: ["me"], 1: "a"}, {2: "x"}])
    def test_a_token_for_the_verifier_may_repeat_its_claims_or_not(self, forge, trusted, repeated):
        claims = {1: "a", 3: repeated.get(3, "me"), 4: SECONDS + 1}
        assert cwt.verify(forge(claims, _15=repeated), trusted, audience="me", now=NOW).claims["iss"] == "a"

    def test_claims_in_the_header_alone_are_no_claims(self, forge, trusted, refused):
        """Least of all where nobody signed them."""
        token = forge({1: "a"}, {15: {1: "a", 3: "me", 4: SECONDS + 1}})
        with refused("claim-missing"):
            cwt.verify(token, trusted, audience="me", require=(), now=NOW)
        with refused("claim-missing"):
            cwt.verify(token, trusted, now=NOW)

    def test_true_in_the_header_is_not_1_in_the_payload(self, forge, trusted, refused):
        with refused("claim-invalid"):
            cwt.verify(forge({100: 1, 4: SECONDS + 1}, _15={100: True}), trusted, now=NOW)

    def test_claims_and_typ_in_the_header_may_be_critical(self, forge, trusted, refused):
        cwt.verify(forge({1: "a", 4: SECONDS + 1}, _2=[15, 16], _15={1: "a"}, _16=61), trusted, now=NOW)
        token = forge({4: SECONDS + 1}, _2=[99], _99=1)
        cwt.verify(token, trusted, understood=[99], now=NOW)
        with refused("crit-unknown"):
            cwt.verify(token, trusted, now=NOW)

    @pytest.mark.parametrize("tags", [(61,), (61, 98), (61, 17), (61, 61, 18), (61, 61), (98,), (62, 18)])
    def test_tags_that_do_not_belong(self, es256, trusted, refused, tags):
        message = untagged(cwt.sign({}, es256, lifetime=timedelta(1), now=NOW))[1]
        for number in reversed(tags):
            message = tagged(number, message)
        with refused("tag-unexpected"):
            cwt.verify(message, trusted, now=NOW)

    def test_a_detached_message_is_none(self, es256, trusted, refused):
        with refused("payload-missing"):
            cwt.verify(cose.sign1(dumps({}), es256, detached=True), trusted, require=())

    def test_a_message_with_several_signatures_is_none(self, es256, trusted, refused):
        with refused("malformed"):
            cwt.verify(cose.sign(dumps({}), [es256], tag=False), trusted, require=())

    @pytest.mark.parametrize("token", ["text", None, 7])
    def test_what_is_not_bytes_is_the_callers_mistake(self, trusted, refused, token):
        with refused("usage", InputError):
            cwt.verify(token, trusted)

    @pytest.mark.parametrize("tag", [False, True])
    def test_a_token_over_the_limit(self, es256, trusted, refused, tag):
        token = cwt.sign({}, es256, lifetime=timedelta(1), tag=tag, now=NOW)
        assert cwt.verify(token, trusted, max_size=len(token), now=NOW)
        with refused("too-large"):
            cwt.verify(token, trusted, max_size=len(token) - 1, now=NOW)

    def test_what_is_over_the_limit_is_not_read(self, trusted, refused):
        with refused("too-large"):
            cwt.verify(b"\xff" * 101, trusted, max_size=100)

    def test_nothing_is_no_token(self, trusted, refused):
        with refused("bad-cbor"):
            cwt.verify(b"", trusted)

    def test_bytes_of_every_kind_are_bytes(self, es256, trusted):
        token = cwt.sign({}, es256, lifetime=timedelta(1), tag=True, now=NOW)
        for form in (bytearray, memoryview):
            assert cwt.verify(form(token), trusted, now=NOW)

    @given(
        st.binary(max_size=60), st.sampled_from([b"", b"\xd8\x3d", b"\xd8\x3d\xd2\x84", b"\xd2\x84\x43\xa1\x01\x26"])
    )
    def test_any_bytes_raise_our_error_alone(self, trusted, data, start):
        with pytest.raises(VerificationError):
            cwt.verify(start + data, trusted)

    @pytest.mark.parametrize("leeway", [timedelta(seconds=-1), 30, 0, None, "30s"])
    def test_a_leeway_that_is_none(self, es256, trusted, refused, leeway):
        with refused("usage", InputError):
            cwt.verify(cwt.sign({}, es256, now=NOW), trusted, leeway=leeway, require=(), now=NOW)

    def test_a_key_of_another_issuer(self, es256, signers, refused):
        with refused("key-not-found"):
            cwt.verify(cwt.sign({}, es256, now=NOW), KeySet([signers["EdDSA"].public_key]), require=())
