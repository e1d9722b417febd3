"""COSE_Sign: several signatures, each with its verdict, and a policy that no bad one passes unseen."""

from __future__ import annotations

import io

import pytest

from kmsjose import KeySet, LocalSigner, PublicKey, cose
from kmsjose.algorithms import TABLE
from kmsjose.cbor import dumps, loads, tagged, untagged
from kmsjose.errors import InputError, PolicyError, VerificationError
from kmsjose.payload import Chunks

SOME = ["ES256", "EdDSA", "PS256"]


@pytest.fixture
def three(signers):
    return [signers[alg] for alg in SOME]


@pytest.fixture
def kids(three):
    return [signer.public_key.kid for signer in three]


def spoilt(message, *indexes):
    """The message with a bit flipped in some of its signatures."""
    tags, body = untagged(message)
    parts = loads(body)
    for index in indexes:
        signature = parts[3][index][2]
        parts[3][index][2] = bytes([signature[0] ^ 1]) + signature[1:]
    data = dumps(parts)
    return tagged(98, data) if tags else data


def deep(levels):
    """What is nested so deep that it can be written, but not within a message."""
    value = []
    for _ in range(levels - 1):
        value = [value]
    return value


class TestRoundTrip:
    def test_every_algorithm_in_one_message(self, signers, trusted):
        message = cose.sign(b"payload", list(signers.values()))
        verified = cose.verify(message, trusted)
        assert verified.payload == b"payload"
        assert [verdict.key.algorithm.name for verdict in verified.verdicts] == [row.name for row in TABLE]
        assert all(verdict.error is None for verdict in verified.verdicts)

    def test_the_form_is_that_of_rfc_9052(self, three):
        tags, body = untagged(cose.sign(b"payload", three[:1], protected={3: 0}, external_aad=b"x"))
        assert tags == (98,)
        protected, unprotected, payload, ((own, own_unprotected, signature),) = loads(body)
        assert (loads(protected), unprotected, payload, own_unprotected) == ({3: 0}, {}, b"payload", {})
        three[0].public_key.verify(dumps(["Signature", protected, own, b"x", payload]), signature)

    def test_a_body_without_protected_parameters_has_no_bytes_for_them(self, three):
        assert loads(untagged(cose.sign(b"payload", three))[1])[0] == b""

    def test_headers_of_the_body_and_of_each_signer(self, three, trusted):
        one = cose.SignAs(three[0], protected={"role": "author"}, unprotected={"hint": 1}, fully_specified=True)
        message = cose.sign(b"p", [one, three[1]], protected={16: "application/x"}, unprotected={"note": 2}, tag=False)
        verified = cose.verify(message, trusted, typ="application/x")
        assert (verified.protected, verified.unprotected) == ({16: "application/x"}, {"note": 2})
        first, second = verified.verdicts
        assert (first.protected["role"], first.unprotected, first.protected[1]) == ("author", {"hint": 1}, -9)
        assert second.kid == three[1].public_key.kid

    @pytest.mark.parametrize("form", [bytes, io.BytesIO])
    def test_a_detached_payload_is_read_again_for_each_signer(self, three, trusted, form):
        payload = bytes(range(256)) * 12
        message = cose.sign(form(payload), three, detached=True)
        verified = cose.verify(message, trusted, payload=form(payload))
        assert len(verified.verdicts) == 3
        assert verified.payload == (payload if form is bytes else None)

    def test_chunks_can_be_read_once(self, three, trusted, refused):
        with refused("payload-invalid", InputError) as caught:
            cose.sign(Chunks(4, iter([b"text"])), [three[0], three[2]], detached=True)
        assert "read once" in caught.value.message
        for form in (Chunks(4, iter([b"text"])), io.BytesIO(b"text")):
            assert cose.verify(cose.sign(form, three), trusted).payload == b"text"

    def test_chunks_in_a_list_can_be_read_again(self, three, trusted):
        message = cose.sign(Chunks(4, [b"te", b"xt"]), three, detached=True)
        verified = cose.verify(message, trusted, payload=Chunks(4, [b"te", b"xt"]))
        assert [verdict.error for verdict in verified.verdicts] == [None] * 3

    def test_chunks_serve_one_signer(self, three, trusted, refused):
        message = cose.sign(Chunks(4, iter([b"text"])), three[:1], detached=True)
        assert cose.verify(message, trusted, payload=Chunks(4, iter([b"text"])))
        both = cose.sign(b"text", three, detached=True)
        with refused("payload-invalid", InputError) as caught:
            cose.verify(both, trusted, payload=Chunks(4, iter([b"text"])))
        assert "read once" in str(caught.value)

    def test_prepare_and_finish(self, three, trusted, refused):
        request = cose.prepare(b"payload", [signer.public_key for signer in three], external_aad=b"x")
        signatures = [one.sign(signer) for one, signer in zip(request.signing_inputs, three, strict=True)]
        message = request.finish(signatures)
        assert untagged(message)[0] == (98,)
        assert len(cose.verify(message, trusted, external_aad=b"x").verdicts) == 3
        for few in (signatures[:2], [*signatures, signatures[0]]):
            with refused("usage", InputError):
                request.finish(few)
            with refused("usage", InputError):
                request.assemble(few)
        with refused("signature-invalid", InputError):
            request.finish([signatures[0], signatures[2], signatures[1]])
        assert "payload" not in repr(request)

    def test_as_many_sign_as_it_was_prepared_for(self, three, refused):
        request = cose.prepare(b"payload", [signer.public_key for signer in three])
        with refused("usage", InputError):
            request.signed_by(three[:2])

    @pytest.mark.parametrize("signers_given", [[], [None] * 65])
    def test_how_many_may_sign(self, three, refused, signers_given):
        with refused("usage", InputError):
            cose.sign(b"p", [three[0] for _ in signers_given])
        with refused("usage", InputError):
            cose.prepare(b"p", [three[0].public_key for _ in signers_given])

    def test_as_many_as_may_sign_are_verified(self, three, trusted):
        assert len(cose.verify(cose.sign(b"p", [three[0]] * 64), trusted).verdicts) == 64

    def test_a_source_is_asked_once(self, three, trusted):
        class Source:
            def __init__(self):
                self.asked = 0

            def current(self):
                self.asked += 1
                return three[0]

        one, two = Source(), Source()
        cose.verify(cose.sign(b"p", [one, cose.SignAs(two, protected={"role": 1})]), trusted)
        assert (one.asked, two.asked) == (1, 1)

    def test_an_attached_payload_over_the_limit(self, three, refused):
        keys = [signer.public_key for signer in three]
        cose.sign(bytes(10), three, max_size=10)
        cose.prepare(bytes(10), keys, max_size=10)
        with refused("payload-too-large", InputError):
            cose.sign(bytes(11), three, max_size=10)
        with refused("payload-too-large", InputError):
            cose.prepare(bytes(11), keys, max_size=10)
        cose.sign(bytes(11), three, detached=True, max_size=10)

    def test_a_public_key_can_prepare_and_not_sign(self, three, refused):
        with refused("usage", InputError):
            cose.sign(b"p", [three[0].public_key])

    @pytest.mark.parametrize("protected, unprotected", [
        ({1: -7}, None), ({4: b"x"}, None), ({2: [99]}, None), (None, {16: 61}), ({"a": 1}, {"a": 1}),
    ])  # fmt: skip
    def test_a_body_header_that_a_verifier_would_refuse(self, three, refused, protected, unprotected):
        with refused("header-invalid", InputError):
            cose.sign(b"p", three, protected=protected, unprotected=unprotected)

    @pytest.mark.parametrize("where", ["the body", "a signer"])
    @pytest.mark.parametrize("value", [bytes(800_000), deep(31)], ids=["too long", "too deep"])
    def test_a_header_with_which_the_message_could_not_be_read(self, three, refused, where, value):
        own, body = ({"x": value}, None) if where == "a signer" else (None, {"x": value})
        with refused("header-invalid", InputError):
            cose.prepare(b"p", [cose.SignAs(three[0].public_key, unprotected=own or {})], unprotected=body)


class TestPolicy:
    def test_by_default_one_bad_signature_refuses_the_message(self, three, trusted, kids):
        message = spoilt(cose.sign(b"payload", three), 1)
        with pytest.raises(PolicyError) as caught:
            cose.verify(message, trusted)
        assert caught.value.code == "policy-unmet"
        assert caught.value.verdicts == ((kids[0], None), (kids[1], "signature-invalid"), (kids[2], None))

    def test_any_takes_one_good_signature_and_still_reports_the_bad_ones(self, three, trusted, kids, refused):
        message = spoilt(cose.sign(b"payload", three), 0, 1)
        verified = cose.verify(message, trusted, policy="any")
        assert [verdict.error for verdict in verified.verdicts] == ["signature-invalid", "signature-invalid", None]
        assert verified.verdicts[0].key is None
        assert verified.verdicts[0].kid == kids[0]
        with refused("policy-unmet", PolicyError):
            cose.verify(spoilt(cose.sign(b"payload", three), 0, 1, 2), trusted, policy="any")

    def test_the_headers_of_a_bad_signature_are_reported_and_those_that_were_refused_are_not(self, three, kids):
        one = cose.SignAs(three[0], protected={"role": [1]}, unprotected={"hint": 1})
        two = cose.SignAs(three[1], protected={2: ["tenant"], "tenant": 1})
        message = spoilt(cose.sign(b"payload", [one, two, three[2]]), 0)
        bad, refused, _ = cose.verify(message, KeySet(signer.public_key for signer in three), policy="any").verdicts
        assert (bad.kid, bad.key, bad.error) == (kids[0], None, "signature-invalid")
        assert bad.protected == {1: -7, 4: kids[0].encode(), "role": [1]}
        assert bad.unprotected == {"hint": 1}
        assert refused == cose.Verdict(None, None, None, None, "crit-unknown")

    def test_the_kids_that_must_have_signed(self, three, trusted, kids, refused):
        message = spoilt(cose.sign(b"payload", three), 1)
        assert cose.verify(message, trusted, policy=[kids[0], kids[2]])
        for policy in ([kids[1]], kids, ["nobody"], [kids[0], "nobody"]):
            with refused("policy-unmet", PolicyError):
                cose.verify(message, trusted, policy=policy)

    def test_a_kid_in_a_refused_header_counts_for_nobody(self, three, forge_entry, refused, kids):
        entry = forge_entry(three[0], {1: -7, 4: kids[0].encode(), 2: [99], 99: 1})
        good = forge_entry(three[1], {1: -8, 4: kids[1].encode()})
        message = dumps([b"", {}, b"payload", [entry, good]])
        keys = KeySet(signer.public_key for signer in three)
        with refused("policy-unmet", PolicyError) as caught:
            cose.verify(message, keys, policy=[kids[0]])
        assert caught.value.verdicts == ((None, "crit-unknown"), (kids[1], None))

    def test_a_kid_counts_by_the_key_that_verified_it(self, three, forge_entry, refused):
        """A finder may know keys by something else than their kids; what a header calls itself proves nothing."""

        class ByCertificate:
            def find(self, kid, algorithm):
                return three[0].public_key

        message = dumps([b"", {}, b"payload", [forge_entry(three[0], {1: -7}, {4: b"ceo"})]])
        assert cose.verify(message, ByCertificate()).verdicts[0].kid == "ceo"
        with refused("policy-unmet", PolicyError):
            cose.verify(dumps([b"", {}, b"payload", loads(message)[3] * 2]), ByCertificate(), policy=["ceo"])

    @pytest.mark.parametrize("policy", ["", "both", [], (), [7], b"kid", [None], iter(["kid"]), 7])
    def test_what_is_no_policy(self, three, trusted, refused, policy):
        with refused("usage", InputError):
            cose.verify(cose.sign(b"p", three), trusted, policy=policy)

    def test_one_signature_is_refused_by_its_own_code(self, three, refused):
        with refused("key-not-found"):
            cose.verify(cose.sign(b"p", three[:1]), KeySet([PublicKey.of(three[0].public_key.material, kid="other")]))

    def test_an_unknown_key_among_others_is_one_verdict(self, three, kids):
        keys = KeySet(signer.public_key for signer in three[:2])
        verified = cose.verify(cose.sign(b"p", three), keys, policy=kids[:2])
        assert verified.verdicts[2].error == "key-not-found"

    def test_an_algorithm_that_is_not_allowed_is_a_verdict(self, three, trusted):
        verified = cose.verify(cose.sign(b"p", three), trusted, policy="any", algorithms=["EdDSA"])
        assert [verdict.error for verdict in verified.verdicts] == ["alg-not-allowed", None, "alg-not-allowed"]


class TestRefusals:
    @pytest.mark.parametrize("change, code", [
        (lambda p, u, c, s: [p, u, c], "malformed"),
        (lambda p, u, c, s: [p, u, c, []], "malformed"),
        (lambda p, u, c, s: [p, u, c, {}], "malformed"),
        (lambda p, u, c, s: [p, u, c, s[0][2]], "malformed"),  # a COSE_Sign1
        (lambda p, u, c, s: [p, u, c, [s[0][:2]]], "malformed"),
        (lambda p, u, c, s: [p, u, c, [[*s[0], b""]]], "malformed"),
        (lambda p, u, c, s: [p, u, c, [s[0], s[1], b""]], "malformed"),
        (lambda p, u, c, s: [p, u, c, [[s[0][0], {}, None]]], "malformed"),
        (lambda p, u, c, s: [p, u, c, [[{}, {}, b""]]], "malformed"),
        (lambda p, u, c, s: [p, u, c, s[:1] * 65], "too-large"),
        (lambda p, u, c, s: [p, u, None, s], "payload-missing"),
        (lambda p, u, c, s: [p, u, b"other", s], "policy-unmet"),
        (lambda p, u, c, s: [dumps({3: 0}), u, c, s], "policy-unmet"),
        (lambda p, u, c, s: [dumps({2: []}), u, c, s], "crit-invalid"),
        (lambda p, u, c, s: [dumps({2: [99], 99: 1}), u, c, s], "crit-unknown"),
        (lambda p, u, c, s: [dumps({"a": 1}), {"a": 1}, c, s], "header-overlap"),
        (lambda p, u, c, s: [p, {2: [1]}, c, s], "crit-invalid"),
        (lambda p, u, c, s: [p, {16: 61}, c, s], "bad-header"),
        (lambda p, u, c, s: [b"\xa2\x03\x00\x03\x00", u, c, s], "duplicate-label"),
        (lambda p, u, c, s: [b"\x80", u, c, s], "bad-cbor"),
        (lambda p, u, c, s: [p, u, c, [[b"\xa2\x01\x26\x01\x26", {}, s[0][2]], s[1]]], "policy-unmet"),
    ])  # fmt: skip
    def test_a_message_that_was_changed(self, three, trusted, refused, change, code):
        data = dumps(change(*loads(untagged(cose.sign(b"payload", three))[1])))
        for message in (data, tagged(98, data)):
            with refused(code, VerificationError):
                cose.verify(message, trusted)

    @pytest.mark.parametrize("number", [18, 61, 97])
    def test_another_tag(self, three, trusted, refused, number):
        with refused("tag-unexpected"):
            cose.verify(tagged(number, cose.sign(b"p", three, tag=False)), trusted)

    def test_a_sign1_is_none_and_the_reverse(self, three, trusted, refused):
        for tag in (True, False):
            with refused("tag-unexpected" if tag else "malformed"):
                cose.verify(cose.sign1(b"p", three[0], tag=tag), trusted)
            with refused("tag-unexpected" if tag else "malformed"):
                cose.verify1(cose.sign(b"p", three, tag=tag), trusted)

    def test_wrong_aad_is_a_bad_verdict_on_each(self, three, trusted):
        with pytest.raises(PolicyError) as caught:
            cose.verify(cose.sign(b"p", three, external_aad=b"x"), trusted)
        assert {code for _, code in caught.value.verdicts} == {"signature-invalid"}

    def test_a_signature_of_a_sign1_is_none_of_a_sign(self, three, trusted, refused):
        """Both structures hold the same fields, but for their contexts."""
        protected, _, payload, signature = loads(untagged(cose.sign1(b"p", three[0]))[1])
        with refused("signature-invalid"):
            cose.verify(dumps([b"", {}, payload, [[protected, {}, signature]]]), trusted)

    def test_a_payload_beside_an_attached_one(self, three, trusted, refused):
        with refused("payload-unexpected"):
            cose.verify(cose.sign(b"p", three), trusted, payload=b"p")

    def test_a_typ_that_is_asked_for(self, three, trusted, refused):
        with refused("typ-mismatch"):
            cose.verify(cose.sign(b"p", three), trusted, typ=61)

    def test_a_typ_that_is_asked_for_may_be_critical(self, three, trusted, refused):
        message = cose.sign(b"p", three, protected={2: [16], 16: 61})
        assert cose.verify(message, trusted, typ=61)
        with refused("crit-unknown"):
            cose.verify(message, trusted)

    def test_a_critical_parameter_is_accepted_from_whoever_processes_it(self, three, trusted, refused):
        own = cose.SignAs(three[1], protected={2: [99], 99: 1})
        message = cose.sign(b"p", [three[0], own], protected={2: ["tenant"], "tenant": 1, 16: 61})
        for asked in ({}, {"typ": 61}):
            assert cose.verify(message, trusted, understood=["tenant", 99], **asked)
            with refused("crit-unknown"):
                cose.verify(message, trusted, understood=[99], **asked)
            with refused("policy-unmet", PolicyError) as caught:
                cose.verify(message, trusted, understood=["tenant"], **asked)
            assert [code for _, code in caught.value.verdicts] == [None, "crit-unknown"]

    def test_a_digest_that_one_signer_says_to_have_signed_is_not_taken_for_the_content(self, three, trusted):
        message = cose.sign(b"digest", [three[0], cose.SignAs(three[1], protected={258: -16})])
        verified = cose.verify(message, trusted, policy="any")
        assert [verdict.error for verdict in verified.verdicts] == [None, "hash-envelope"]
        assert cose.verify(message, trusted, understood=[cose.Label.PAYLOAD_HASH_ALG])

    def test_a_message_over_the_limit(self, three, trusted, refused):
        message = cose.sign(b"p", three)
        with refused("too-large"):
            cose.verify(message, trusted, max_size=len(message) - 1)

    def test_nothing_of_the_payload_is_shown(self, three, trusted):
        assert "secret" not in repr(cose.verify(cose.sign(b"secret", three), trusted))

    def test_it_is_shown_by_its_verdicts(self, three, kids, trusted):
        verified = cose.verify(spoilt(cose.sign(b"p", three[:2]), 1), trusted, policy="any")
        assert repr(verified) == "<SignMessage with 2 signatures>"
        good, bad = verified.verdicts
        assert repr(good) == f"<Verdict good on {kids[0]!r}>"
        assert repr(bad) == f"<Verdict signature-invalid on {kids[1]!r}>"


def test_one_key_signs_twice_under_two_kids(private_keys, trusted):
    signers = [LocalSigner(private_keys["ES256"], kid=kid) for kid in ("a", "b")]
    message = cose.sign(b"p", signers)
    keys = KeySet(signer.public_key for signer in signers)
    assert [verdict.kid for verdict in cose.verify(message, keys, policy=["a", "b"]).verdicts] == ["a", "b"]
