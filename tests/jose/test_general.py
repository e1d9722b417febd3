"""JWS in the JSON forms: several signers, an explicit policy, and the verdict on each signature."""

from __future__ import annotations

import io
import json
import tracemalloc

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from kmsjose.algorithms import TABLE
from kmsjose.encoding import b64url_decode, b64url_encode
from kmsjose.errors import InputError, PolicyError, VerificationError
from kmsjose.jose.json_form import MAX_SIGNATURES
from kmsjose.jose.jws import SignAs, prepare_json, sign, sign_json, verify_json
from kmsjose.keys import KeySet, PublicKey
from kmsjose.payload import Chunks
from kmsjose.signers import LocalSigner

from .test_compact import RFC_A2_KEY, RFC_A2_SIGNATURE, RFC_A3_KEY, RFC_A3_SIGNATURE, RFC_PAYLOAD


@pytest.fixture(scope="module")
def stranger():
    return LocalSigner(ec.generate_private_key(ec.SECP256R1()))


@pytest.fixture(scope="module")
def pair(signers):
    return [signers["ES256"], signers["EdDSA"]]


def message(payload, *entries):
    return {"payload": b64url_encode(payload).decode(), "signatures": list(entries)}


class TestTheRFC:
    def test_rfc_7515_appendix_a_6_has_two_signatures_by_unprotected_kids(self):
        keys = KeySet(
            [
                PublicKey.from_jwk({**RFC_A2_KEY, "kid": "2010-12-29"}, alg="RS256"),
                PublicKey.from_jwk({**RFC_A3_KEY, "kid": "e9bc097a-ce51-4036-9562-d2ade882db0d"}),
            ]
        )
        token = message(
            RFC_PAYLOAD,
            {"protected": "eyJhbGciOiJSUzI1NiJ9", "header": {"kid": "2010-12-29"}, "signature": RFC_A2_SIGNATURE},
            {
                "protected": "eyJhbGciOiJFUzI1NiJ9",
                "header": {"kid": "e9bc097a-ce51-4036-9562-d2ade882db0d"},
                "signature": RFC_A3_SIGNATURE,
            },
        )
        verified = verify_json(token, keys)
        assert verified.payload == RFC_PAYLOAD
        assert [verdict.key.algorithm.name for verdict in verified.verdicts] == ["RS256", "ES256"]

    def test_rfc_7515_appendix_a_7_is_flattened(self):
        token = {
            "payload": b64url_encode(RFC_PAYLOAD).decode(),
            "protected": "eyJhbGciOiJFUzI1NiJ9",
            "header": {"kid": "e9bc097a-ce51-4036-9562-d2ade882db0d"},
            "signature": RFC_A3_SIGNATURE,
        }
        key = PublicKey.from_jwk({**RFC_A3_KEY, "kid": "e9bc097a-ce51-4036-9562-d2ade882db0d"})
        assert verify_json(token, key).payload == RFC_PAYLOAD


class TestRoundTrip:
    @given(
        st.lists(st.sampled_from(["ES256", "EdDSA", "PS256", "ML-DSA-44", "ES256K"]), min_size=1, max_size=4),
        st.binary(max_size=100),
    )
    def test_what_several_sign_is_verified(self, signers, trusted, names, payload):
        token = sign_json(payload, [signers[name] for name in names])
        verified = verify_json(json.dumps(token), trusted)
        assert verified.payload == payload
        assert [verdict.key for verdict in verified.verdicts] == [signers[name].public_key for name in names]
        assert all(verdict.error is None for verdict in verified.verdicts)

    def test_every_algorithm_in_one_message_and_flattened(self, signers, trusted):
        token = sign_json(b"payload", list(signers.values()))
        assert len(verify_json(token, trusted).verdicts) == len(TABLE)
        for signer in signers.values():
            flat = sign_json(b"payload", [signer], form="flattened")
            assert set(flat) == {"payload", "protected", "signature"}
            for form in (flat, json.dumps(flat), json.dumps(flat).encode()):
                assert verify_json(form, signer.public_key).payload == b"payload"

    @pytest.mark.parametrize("b64", [True, False])
    def test_detached_from_bytes_or_a_file(self, pair, trusted, b64):
        token = sign_json(io.BytesIO(b"pay.load"), pair, detached=True, b64=b64)
        assert "payload" not in token
        assert verify_json(token, trusted, payload=b"pay.load").payload == b"pay.load"
        assert verify_json(token, trusted, payload=io.BytesIO(b"pay.load")).payload is None

    def test_detached_chunks_serve_one_signature(self, pair, trusted, refused):
        token = sign_json(Chunks(7, iter([b"payload"])), pair[:1], detached=True)
        assert verify_json(token, trusted, payload=Chunks(7, iter([b"payload"]))).verdicts[0].error is None
        # For two it could be read but once, so nothing of it is read.
        chunks = Chunks(7, iter([b"payload"]))
        with refused("payload-invalid", InputError):
            sign_json(chunks, pair, detached=True)
        with refused("payload-invalid", InputError):
            verify_json(sign_json(b"payload", pair, detached=True), trusted, payload=chunks)
        assert list(chunks.chunks) == [b"payload"]

    def test_attached_chunks_serve_any_number(self, pair, trusted):
        token = sign_json(Chunks(7, iter([b"payload"])), pair)
        assert verify_json(token, trusted).payload == b"payload"

    def test_a_large_file_is_verified_by_ed25519_among_others(self, pair, trusted):
        token = sign_json(bytes(9000), pair, detached=True)
        assert len(verify_json(token, trusted, payload=io.BytesIO(bytes(9000))).verdicts) == 2

    @pytest.mark.parametrize("several", [False, True], ids=["one signature", "several"])
    @pytest.mark.parametrize("other", [lambda: b"other", lambda: io.BytesIO(b"other")], ids=["bytes", "file"])
    def test_detached_from_another_payload_is_refused(self, pair, trusted, several, other):
        token = sign_json(b"payload", pair if several else pair[:1], detached=True)
        with pytest.raises(VerificationError) as caught:
            verify_json(token, trusted, payload=other())
        assert caught.value.code == ("policy-unmet" if several else "signature-invalid")
        if several:
            assert {error for _, error in caught.value.verdicts} == {"signature-invalid"}

    @pytest.mark.parametrize("payload", ["text", "a.b\n", "é😀", ""])
    def test_an_unencoded_payload_is_a_string(self, pair, trusted, payload):
        token = sign_json(payload.encode(), pair, b64=False)
        assert token["payload"] == payload
        assert verify_json(json.dumps(token), trusted).payload == payload.encode()

    def test_an_unencoded_payload_that_is_not_utf8_must_be_detached(self, pair, refused):
        with refused("payload-invalid", InputError):
            sign_json(b"\xff", pair, b64=False)
        assert sign_json(b"\xff", pair, b64=False, detached=True)

    def test_each_signer_has_its_own_headers(self, pair, trusted):
        token = sign_json(
            b"m",
            [SignAs(pair[0], {"typ": "a"}, {"note": [1]}), SignAs(pair[1], {"typ": "b"}, fully_specified=True)],
        )
        first, second = verify_json(token, trusted).verdicts
        assert first.header == {"alg": "ES256", "kid": pair[0].public_key.kid, "typ": "a", "note": [1]}
        assert second.header == {"alg": "Ed25519", "kid": pair[1].public_key.kid, "typ": "b"}
        assert "header" not in token["signatures"][1]

    def test_a_source_is_asked_once_for_a_signature(self, signers, trusted):
        class Source:
            asked = 0

            def current(self):
                self.asked += 1
                return signers["ES256" if self.asked == 1 else "EdDSA"]

        source = Source()
        assert verify_json(sign_json(b"m", [source]), trusted).verdicts[0].key == signers["ES256"].public_key
        assert source.asked == 1


class TestRefusedToSign:
    def test_no_signer_too_many_or_two_for_flattened(self, pair, refused):
        for signers, form in (([], "general"), ([pair[1]] * (MAX_SIGNATURES + 1), "general"), (pair, "flattened")):
            with refused("usage", InputError):
                sign_json(b"m", signers, form=form)

    def test_too_many_are_told_so_before_any_is_asked_for(self, refused):
        class Source:
            def current(self):
                raise AssertionError

        with refused("usage", InputError):
            sign_json(b"m", [Source()] * (MAX_SIGNATURES + 1))

    @pytest.mark.parametrize("form", ["compact", "", "General", None, []], ids=repr)
    def test_a_form_that_is_neither(self, pair, form, refused):
        with refused("usage", InputError):
            sign_json(b"m", pair[:1], form=form)

    @pytest.mark.parametrize(
        "header, unprotected",
        [
            ({"kid": "a"}, {"kid": "b"}),
            ({}, {"alg": "ES256"}),
            ({}, {"crit": ["x"], "x": 1}),
            ({}, {"b64": True}),
            ({"crit": ["x"]}, {"x": 1}),
            ({"alg": "ES256"}, {}),
            ({}, {"jku": "/x"}),
        ],
    )
    def test_headers_that_a_verifier_would_refuse(self, pair, header, unprotected, refused):
        with refused("header-invalid", InputError):
            sign_json(b"m", [SignAs(pair[0], header, unprotected)])

    def test_an_unprotected_header_that_is_not_json(self, pair, refused):
        with refused("json-invalid", InputError):
            sign_json(b"m", [SignAs(pair[0], {}, {"x": float("nan")})])

    def test_a_critical_header_may_be_given_as_a_tuple(self, pair, trusted):
        token = sign_json(b"m", [SignAs(pair[0], {"crit": ("x",), "x": 1}, {"note": 1})])
        assert verify_json(token, trusted, understood=["x"]).verdicts[0].header["crit"] == ["x"]

    def test_a_payload_over_the_limit(self, pair, refused):
        with refused("payload-too-large", InputError):
            sign_json(bytes(11), pair, max_size=10)


class TestPolicy:
    @pytest.fixture
    def mixed(self, pair, stranger):
        """Good, by a stranger, and good."""
        return sign_json(b"payload", [pair[0], stranger, pair[1]])

    def test_all_is_the_default_and_one_bad_signature_fails_it(self, mixed, trusted, pair, stranger):
        for policy in ({}, {"policy": "all"}):
            with pytest.raises(PolicyError) as caught:
                verify_json(mixed, trusted, **policy)
            assert caught.value.code == "policy-unmet"
            assert caught.value.verdicts == (
                (pair[0].public_key.kid, None),
                (stranger.public_key.kid, "key-not-found"),
                (pair[1].public_key.kid, None),
            )

    def test_any_takes_one_good_signature_and_tells_of_the_others(self, mixed, trusted, pair):
        verified = verify_json(mixed, trusted, policy="any")
        assert verified.payload == b"payload"
        assert [verdict.error for verdict in verified.verdicts] == [None, "key-not-found", None]
        assert [verdict.key for verdict in verified.verdicts] == [pair[0].public_key, None, pair[1].public_key]

    def test_a_signature_that_is_not_good_still_has_its_kid_and_its_header(self, mixed, trusted, stranger):
        kid = stranger.public_key.kid
        verdict = verify_json(mixed, trusted, policy="any").verdicts[1]
        assert (verdict.kid, verdict.header) == (kid, {"alg": "ES256", "kid": kid})

    def test_a_signature_whose_header_is_refused_has_neither(self, signers, pair, trusted, forge_entry):
        entry = forge_entry(signers["ES256"], {"alg": "none", "kid": "k"})
        good = sign_json(b"payload", pair[:1])["signatures"]
        verdict = verify_json(message(b"payload", entry, *good), trusted, policy="any").verdicts[0]
        assert (verdict.kid, verdict.header, verdict.key, verdict.error) == (None, None, None, "alg-none")

    def test_any_needs_one(self, stranger, trusted, refused):
        with pytest.raises(PolicyError) as caught:
            verify_json(sign_json(b"m", [stranger, stranger]), trusted, policy="any")
        assert [error for _, error in caught.value.verdicts] == ["key-not-found"] * 2

    def test_named_kids_must_each_have_a_good_signature(self, mixed, trusted, pair, stranger):
        kids = [signer.public_key.kid for signer in pair]
        for policy in (kids, kids[:1], set(kids), tuple(kids)):
            assert verify_json(mixed, trusted, policy=policy).payload == b"payload"
        for policy in ([*kids, stranger.public_key.kid], [stranger.public_key.kid], ["other"]):
            with pytest.raises(PolicyError):
                verify_json(mixed, trusted, policy=policy)

    def test_a_named_kid_counts_by_the_key_where_the_header_has_none(self, signers, trusted, forge_entry):
        token = message(b"payload", forge_entry(signers["ES256"], {"alg": "ES256"}))
        assert verify_json(token, trusted, policy=[signers["ES256"].public_key.kid]).payload == b"payload"

    def test_the_one_signature_of_a_message_gives_its_own_code(self, stranger, signers, trusted, forge_entry, refused):
        for policy in ("all", "any", [stranger.public_key.kid]):
            with refused("key-not-found"):
                verify_json(sign_json(b"m", [stranger]), trusted, policy=policy)
        with refused("alg-none"):
            verify_json(message(b"payload", forge_entry(signers["ES256"], {"alg": "none"})), trusted)

    def test_the_one_good_signature_by_another_kid_than_named_is_no(self, pair, trusted, refused):
        with refused("policy-unmet", PolicyError):
            verify_json(sign_json(b"m", pair[:1]), trusted, policy=["other"])

    @pytest.mark.parametrize("policy", ["", "ALL", "none", "kid", [], set(), ()])
    def test_a_policy_that_names_nothing_is_refused(self, pair, trusted, policy, refused):
        with refused("usage", InputError):
            verify_json(sign_json(b"m", pair), trusted, policy=policy)

    def test_a_signature_by_a_trusted_key_over_another_payload_is_no(self, pair, trusted):
        token = sign_json(b"payload", pair)
        token["signatures"][1]["signature"] = sign_json(b"other", pair)["signatures"][1]["signature"]
        assert [v.error for v in verify_json(token, trusted, policy="any").verdicts] == [None, "signature-invalid"]

    def test_only_the_algorithms_that_the_caller_accepts_count(self, pair, trusted):
        verified = verify_json(sign_json(b"m", pair), trusted, policy="any", algorithms=["Ed25519"])
        assert [verdict.error for verdict in verified.verdicts] == ["alg-not-allowed", None]

    def test_every_header_rule_is_a_verdict_on_its_signature_alone(self, signers, pair, trusted, forge_entry):
        bad = {
            b'{"alg":"none"}': "alg-none",
            b'{"alg":"HS256"}': "alg-unknown",
            b"{}": "alg-missing",
            b'{"alg":"ES256","alg":"ES256"}': "duplicate-member",
            b'{"alg":"ES256","crit":[]}': "crit-invalid",
            b'{"alg":"ES256","crit":["exp"],"exp":1}': "crit-unknown",
            b'{"alg":"ES256","b64":true}': "b64-invalid",
            b'{"alg":"ES256","x":"' + b"x" * 65536 + b'"}': "too-large",
            b'{"alg":"ES256","x":' + b"[" * 900 + b"]" * 900 + b"}": "bad-json",
        }
        entries = [forge_entry(signers["ES256"], text) for text in bad]
        entries.append(forge_entry(signers["ES256"], {"alg": "ES256"}, unprotected={"alg": "ES256"}))
        entries.append(forge_entry(signers["ES256"], None, unprotected={"alg": "ES256"}))
        entries.append(forge_entry(signers["ES256"], {"alg": "ES256"}, unprotected={"crit": ["exp"], "exp": 1}))
        entries.append(forge_entry(signers["ES256"], {"alg": "ES256"}, unprotected={"b64": True}))
        good = sign_json(b"payload", pair[:1])["signatures"]
        verified = verify_json(message(b"payload", *entries, *good), trusted, policy="any")
        assert [verdict.error for verdict in verified.verdicts] == [
            *bad.values(),
            "header-overlap",
            "alg-missing",
            "crit-invalid",
            "b64-invalid",
            None,
        ]


class TestForm:
    @pytest.fixture
    def general(self, pair):
        return sign_json(b"payload", pair)

    @pytest.fixture
    def flat(self, pair):
        return sign_json(b"payload", pair[:1], form="flattened")

    def test_a_mixture_of_both_forms_is_refused(self, general, flat, trusted, refused):
        for member in ("signature", "protected"):
            with refused("malformed"):
                verify_json({**general, member: flat[member]}, trusted)
        with refused("malformed"):
            verify_json({**general, "header": {}}, trusted)

    @pytest.mark.parametrize(
        "signatures", [[], None, {}, "x", 5, [None], ["x"], [[]], [{}], [{"signature": 5}]], ids=repr
    )
    def test_signatures_must_be_a_list_of_objects(self, general, trusted, signatures, refused):
        with refused("malformed"):
            verify_json({**general, "signatures": signatures}, trusted, policy="any")

    def test_one_signature_that_is_no_object_refuses_the_whole(self, general, trusted, refused):
        with refused("malformed"):
            verify_json({**general, "signatures": [*general["signatures"], 5]}, trusted, policy="any")

    @pytest.mark.parametrize(
        "change",
        [{"protected": 5}, {"protected": None}, {"header": []}, {"header": None}, {"signature": None}],
        ids=repr,
    )
    def test_a_member_of_another_type_is_refused(self, flat, trusted, change, refused):
        with refused("malformed"):
            verify_json({**flat, **change}, trusted)

    @pytest.mark.parametrize("payload", [None, 5, [], {}])
    def test_a_payload_that_is_no_string_is_refused(self, flat, trusted, payload, refused):
        with refused("malformed"):
            verify_json({**flat, "payload": payload}, trusted)

    def test_more_than_64_signatures_are_refused(self, signers, trusted, refused):
        (entry,) = sign_json(b"m", [signers["EdDSA"]])["signatures"]
        assert len(verify_json(message(b"m", *[entry] * MAX_SIGNATURES), trusted).verdicts) == MAX_SIGNATURES == 64
        with refused("too-large"):
            verify_json(message(b"m", *[entry] * (MAX_SIGNATURES + 1)), trusted)

    def test_a_message_over_the_limit_is_refused_unread(self, flat, trusted, refused):
        text = json.dumps(flat)
        assert verify_json(text, trusted, max_size=len(text)).payload == b"payload"
        with refused("too-large"):
            verify_json(text, trusted, max_size=len(text) - 1)

    @pytest.mark.parametrize("text", [b"[],", b'{"payload":[],"a":', b'{"a":{}},'], ids=["lists", "nested", "objects"])
    def test_a_message_of_too_many_values_is_refused_before_they_are_built(self, trusted, text, refused):
        data = b"[" + text * ((4 << 20) // len(text)) + b"0]"
        tracemalloc.start()
        try:
            with refused("too-large"):
                verify_json(data, trusted)
            assert tracemalloc.get_traced_memory()[1] < 1 << 20
        finally:
            tracemalloc.stop()

    def test_signatures_that_disagree_on_b64_are_refused(self, signers, trusted, forge_entry, refused):
        text = b64url_encode(b"payload").decode()
        token = {
            "payload": text,
            "signatures": [
                forge_entry(signers["ES256"], {"alg": "ES256"}),
                forge_entry(signers["ES256"], {"alg": "ES256", "b64": False, "crit": ["b64"]}, text.encode(), raw=True),
            ],
        }
        for policy in ("all", "any"):
            with refused("b64-invalid"):
                verify_json(token, trusted, policy=policy)

    def test_a_payload_stands_in_the_message_or_beside_it(self, flat, pair, trusted, refused):
        with refused("payload-unexpected"):
            verify_json(flat, trusted, payload=b"payload")
        del flat["payload"]
        with refused("payload-missing"):
            verify_json(flat, trusted)
        assert verify_json(flat, trusted, payload=b"payload").payload == b"payload"

    def test_a_member_that_stands_twice_is_refused(self, flat, trusted, refused):
        text = json.dumps(flat)
        for member in ("payload", "protected", "signature"):
            with refused("duplicate-member"):
                verify_json(f'{text[:-1]}, "{member}": "AA"}}', trusted)
        with refused("duplicate-member"):
            verify_json(f'{text[:-1]}, "header": {{"a":1,"a":1}}}}', trusted)

    @pytest.mark.parametrize("text", ["", "[]", "null", "{", b"\xef\xbb\xbf{}", b"\xff", "\ud800"], ids=repr)
    def test_what_is_not_a_json_object_is_refused(self, trusted, text, refused):
        with refused("bad-json"):
            verify_json(text, trusted)

    @pytest.mark.parametrize("token", [None, 5, ["{}"]], ids=repr)
    def test_what_is_neither_text_nor_a_mapping_is_refused(self, trusted, token, refused):
        with refused("usage", InputError):
            verify_json(token, trusted)

    def test_a_compact_token_is_named_as_one(self, signers, trusted, refused):
        with refused("bad-json") as caught:
            verify_json(sign(b"payload", signers["ES256"]), trusted)
        assert "`jws.verify`" in caught.value.message

    @pytest.mark.parametrize(
        "text, told", [(" \neyJ9.e30.AA", True), ("eyJ9", False), ("eyJ9.e30.AA.AA", False), ("a.b.c", False)]
    )
    def test_a_compact_token_is_known_by_its_three_parts_and_its_header(self, trusted, text, told, refused):
        with refused("bad-json") as caught:
            verify_json(text, trusted)
        assert ("`jws.verify`" in caught.value.message) == told

    def test_a_mapping_that_is_not_json_is_refused(self, flat, trusted, refused):
        with refused("bad-json"):
            verify_json({**flat, "x": b"bytes"}, trusted)

    @pytest.mark.parametrize("member", ["payload", "protected", "signature"])
    @pytest.mark.parametrize(
        "spoil", [lambda t: t + "=", lambda t: t + "\n", lambda t: " " + t, lambda t: t + "é", lambda t: "+" + t[1:]]
    )
    def test_each_part_is_strict_base64url(self, flat, trusted, member, spoil):
        with pytest.raises(VerificationError) as caught:
            verify_json({**flat, member: spoil(flat[member])}, trusted)
        # A payload is decoded only once its signature is good, which it then is not; what isn't ASCII is seen before.
        decoded = member != "payload" or not spoil(flat[member]).isascii()
        assert caught.value.code == ("bad-base64url" if decoded else "signature-invalid")

    def test_a_truly_signed_payload_that_is_not_base64url_is_refused(self, signers, trusted, forge_entry, refused):
        entry = forge_entry(signers["ES256"], {"alg": "ES256"}, b"cGF5=", raw=True)
        with refused("bad-base64url"):
            verify_json({"payload": "cGF5=", "signatures": [entry]}, trusted)

    def test_further_members_are_ignored(self, flat, trusted):
        assert verify_json({**flat, "x": [1]}, trusted).payload == b"payload"


class TestAnyChange:
    @given(st.data())
    def test_any_one_character_of_a_part_changed_is_refused(self, signers, trusted, data):
        token = dict(_flat(signers["EdDSA"]))
        member = data.draw(st.sampled_from(["payload", "protected", "signature"]))
        text = token[member]
        index = data.draw(st.integers(0, len(text) - 1))
        token[member] = (
            text[:index]
            + data.draw(st.characters(exclude_characters=text[index], exclude_categories=["Cs"]))
            + text[index + 1 :]
        )
        with pytest.raises(VerificationError):
            verify_json(token, trusted)

    @given(st.binary(max_size=60) | st.text('{}[]":,ab', max_size=30).map(str.encode))
    def test_any_bytes_raise_only_our_error(self, trusted, data):
        with pytest.raises(VerificationError):
            verify_json(data, trusted)

    @given(
        st.fixed_dictionaries(
            {},
            optional={
                name: st.recursive(
                    st.sampled_from(["", "AA", "eyJhbGciOiJFUzI1NiJ9", None, 1, True]),
                    lambda inner: (
                        st.lists(inner, max_size=2)
                        | st.dictionaries(
                            st.sampled_from(["signature", "protected", "header", "alg"]), inner, max_size=3
                        )
                    ),
                    max_leaves=4,
                )
                for name in ("payload", "signatures", "signature", "protected", "header")
            },
        )
    )
    def test_any_message_raises_only_our_error(self, trusted, token):
        for policy in ("all", "any"):
            with pytest.raises(VerificationError):
                verify_json(token, trusted, policy=policy)

    def test_the_verdicts_header_is_the_callers_own(self, signers, trusted):
        token = sign_json(b"m", [SignAs(signers["ES256"], {"list": [1]})])
        verify_json(token, trusted).verdicts[0].header["list"].append(2)
        assert verify_json(token, trusted).verdicts[0].header["list"] == [1]

    def test_a_repr_shows_no_payload(self, signers, trusted):
        token = sign_json(b"secret", [signers["ES256"]])
        assert repr(verify_json(token, trusted)) == "<JWSMessage with 1 signature>"
        assert b64url_decode(token["payload"].encode()) == b"secret"


_FLAT: list[dict] = []


def _flat(signer):
    if not _FLAT:
        _FLAT.append(sign_json(b"payload", [signer], form="flattened"))
    return _FLAT[0]


class TestPrepared:
    """The signatures of a JSON form may come from elsewhere, each from its own place."""

    def test_signatures_from_elsewhere_make_the_message_that_signers_make(self, signers):
        chosen = [signers[name] for name in ("ES256", "EdDSA", "ML-DSA-44")]
        request = prepare_json(b"payload", [signer.public_key for signer in chosen])
        signatures = [one.sign(signer) for one, signer in zip(request.signing_inputs, chosen, strict=True)]
        message = request.finish(signatures)
        verified = verify_json(message, KeySet(signer.public_key for signer in chosen))
        assert [verdict.error for verdict in verified.verdicts] == [None] * 3

    def test_headers_of_their_own_are_kept(self, signers):
        signer = signers["ES256"]
        as_key = SignAs(signer.public_key, header={"typ": "x"}, unprotected={"note": "y"})
        request = prepare_json(b"payload", [as_key], form="flattened")
        message = request.finish([request.signing_inputs[0].sign(signer)])
        assert message["header"] == {"note": "y"}
        assert verify_json(message, signer.public_key).verdicts[0].header["typ"] == "x"

    def test_signatures_in_another_order_are_refused(self, signers, refused):
        chosen = [signers[name] for name in ("ES256", "ES256K")]
        request = prepare_json(b"payload", [signer.public_key for signer in chosen])
        signatures = [one.sign(signer) for one, signer in zip(request.signing_inputs, chosen, strict=True)]
        with refused("signature-invalid", InputError):
            request.finish(signatures[::-1])

    def test_it_becomes_the_message_that_sign_json_makes(self, signers):
        signer = signers["EdDSA"]
        request = prepare_json(b"payload", [signer.public_key])
        assert request.finish([request.signing_inputs[0].sign(signer)]) == sign_json(b"payload", [signer])

    def test_as_many_signatures_as_signers_are_asked_for(self, signers, refused):
        request = prepare_json(b"payload", [signers["ES256"].public_key])
        for finish in (request.finish, request.assemble):
            for signatures in ([], [bytes(64)] * 2):
                with refused("usage", InputError):
                    finish(signatures)

    def test_no_signer_too_many_two_for_flattened_or_another_form_are_refused(self, pair, refused):
        for signers, form in (
            ([], "general"),
            ([pair[1]] * (MAX_SIGNATURES + 1), "general"),
            (pair, "flattened"),
            (pair[:1], "compact"),
        ):
            with refused("usage", InputError) as caught:
                prepare_json(b"m", [signer.public_key for signer in signers], form=form)
            assert caught.value.message.startswith("the form is flattened, of one signer, or general, of 1 to ")

    def test_a_large_payload_takes_no_room_from_the_headers(self, signers):
        key = signers["ES256"].public_key
        request = prepare_json(bytes(1 << 20), [SignAs(key, header={"pad": "x" * 40_000})] * 8)
        assert len(request.signing_inputs) == 8

    def test_headers_that_no_reader_would_take_are_refused_before_anybody_signs(self, signers, refused):
        key = signers["ES256"].public_key
        deep: dict = {}
        for _ in range(252):
            deep = {"x": deep}
        for one, number in (
            (SignAs(key, header={"pad": "x" * 40_000}), 32),
            (SignAs(key, unprotected={"x": deep}), 1),
            (SignAs(key, unprotected={"x": [0] * 131_000}), 2),
        ):
            with refused("header-invalid", InputError):
                prepare_json(b"", [one] * number)

    def test_a_public_key_signs_nothing(self, signers, refused):
        with refused("usage", InputError):
            sign_json(b"payload", [SignAs(signers["ES256"].public_key)])
