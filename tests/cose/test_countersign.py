"""Countersignatures of version 2, full and abbreviated (RFC 9338)."""

from __future__ import annotations

import io

import pytest

from kmsjose import KeySet, PublicKey, cose
from kmsjose.cbor import dumps, loads, tagged, untagged
from kmsjose.cose.structures import countersign_structure
from kmsjose.errors import InputError, PolicyError
from kmsjose.payload import Chunks


@pytest.fixture
def author(signers):
    return signers["ES256"]


@pytest.fixture
def notary(signers):
    return signers["EdDSA"]


@pytest.fixture(params=["sign1", "sign", "untagged sign1", "untagged sign", "detached sign1", "detached sign"])
def target(request, author, signers):
    """A message of every form, and the payload to give with it."""
    form = request.param.split()
    options = {"tag": "untagged" not in form, "detached": "detached" in form}
    payload = b"deed" if options["detached"] else None
    if form[-1] == "sign1":
        return cose.sign1(b"deed", author, **options), payload
    return cose.sign(b"deed", [author, signers["PS256"]], **options), payload


def own_verdict(message, payload, keys):
    tags, body = untagged(message)
    several = tags == (98,) or isinstance(loads(body)[3], list)
    return (cose.verify if several else cose.verify1)(message, keys, payload=payload)


class TestTheStructure:
    def test_a_sign1_is_covered_with_its_signature(self):
        structure = countersign_structure(b"\xa1\x01\x26", b"\xa1\x01\x27", b"aad", b"payload", [b"signature"])
        fields = ["CounterSignatureV2", b"\xa1\x01\x26", b"\xa1\x01\x27", b"aad", b"payload", [b"signature"]]
        assert structure == dumps(fields)

    def test_an_abbreviated_one_has_no_header_of_its_own(self):
        structure = countersign_structure(b"\xa1\x01\x26", None, b"", b"payload", [b"signature"])
        assert structure == dumps(["CounterSignature0V2", b"\xa1\x01\x26", b"", b"payload", [b"signature"]])

    def test_a_target_of_two_byte_strings_keeps_the_first_names(self):
        assert countersign_structure(b"", b"\xa0", b"", b"p", []) == dumps(["CounterSignature", b"", b"", b"", b"p"])
        assert countersign_structure(b"", None, b"", b"p", []) == dumps(["CounterSignature0", b"", b"", b"p"])

    def test_one_that_others_have_made(self):
        """The working group's example of a countersigned signature: EdDSA by the key of RFC 8032's first test."""
        x = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
        key = PublicKey.from_cose_key({1: 1, -1: 6, -2: x, 2: b"11"})
        signature = bytes.fromhex(
            "77f3eacd11852c4bf9cb1d72fabe6b26fba1d76092b2b5b7ec83b83557652264"
            "e69690dbc1172ddc0bf88411c0d25a507fdb247a20c40d5e245fabd3fc9ec106"
        )
        countersignature = bytes.fromhex(
            "8e1be2f9453d264812e590499132bef3fbf9ee9db27c2c168788e3b7ebe506c0"
            "4fd3d19faa9f51232af5c959e4ef47928834647f56dfbe939112884d08ef2505"
        )
        key.verify(countersign_structure(b"\xa1\x01\x27", b"\xa1\x01\x27", b"", signature, []), countersignature)


class TestFull:
    def test_it_is_added_to_a_message_of_any_form_which_still_verifies(self, target, notary, trusted):
        message, payload = target
        countersigned = cose.countersign(message, notary, payload=payload, external_aad=b"x")
        assert untagged(countersigned)[0] == untagged(message)[0]
        own_verdict(countersigned, payload, trusted)
        (verdict,) = cose.verify_countersignatures(countersigned, trusted, payload=payload, external_aad=b"x")
        assert (verdict.key, verdict.error) == (notary.public_key, None)

    def test_by_every_algorithm(self, author, signer, trusted):
        message = cose.countersign(cose.sign1(b"deed", author), signer)
        assert cose.verify_countersignatures(message, trusted)[0].key == signer.public_key

    def test_several_stand_side_by_side(self, author, notary, signers, trusted):
        message = cose.sign1(b"deed", author)
        for signer in (notary, signers["PS256"], signers["ES384"]):
            message = cose.countersign(message, signer)
        assert len(loads(untagged(message)[1])[1][11]) == 3
        verdicts = cose.verify_countersignatures(message, trusted)
        assert [verdict.key.algorithm.name for verdict in verdicts] == ["EdDSA", "PS256", "ES384"]

    def test_a_message_is_countersigned_whatever_its_own_header_holds(self, author, notary, trusted):
        message = cose.sign1(b"deed", author, protected={2: [16], 16: 61, 258: -16})
        assert cose.verify_countersignatures(cose.countersign(message, notary), trusted)
        assert cose.verify_countersignature0(cose.countersign0(message, notary), notary.public_key)

    def test_the_rest_of_the_unprotected_header_stays(self, author, notary, trusted):
        message = cose.countersign(cose.sign1(b"deed", author, unprotected={"hint": [1, {2: b""}]}), notary)
        assert cose.verify1(message, trusted).unprotected["hint"] == [1, {2: b""}]

    def test_it_has_headers_of_its_own(self, author, notary, trusted):
        message = cose.countersign(
            cose.sign1(b"deed", author), notary, protected={3: 0}, unprotected={"note": 1}, fully_specified=True
        )
        (verdict,) = cose.verify_countersignatures(message, trusted)
        assert (verdict.protected[1], verdict.protected[3], verdict.unprotected) == (-19, 0, {"note": 1})

    @pytest.mark.parametrize("prepared", [False, True])
    def test_by_default_its_number_is_the_usual_one(self, author, notary, trusted, prepared):
        message = cose.sign1(b"deed", author)
        if prepared:
            message = cose.prepare_countersign(message, notary.public_key).signed_by(notary)
        else:
            message = cose.countersign(message, notary)
        (verdict,) = cose.verify_countersignatures(message, trusted)
        assert verdict.protected == {1: -8, 4: notary.public_key.kid.encode()}

    def test_a_large_detached_payload_is_read_in_pieces(self, author, trusted, signers):
        payload = bytes(3 << 20)
        message = cose.sign1(payload, author, detached=True)
        message = cose.countersign(message, signers["ES384"], payload=io.BytesIO(payload))
        assert cose.verify_countersignatures(message, trusted, payload=io.BytesIO(payload))
        assert cose.verify_countersignatures(message, trusted, payload=payload)

    def test_chunks_that_are_read_once_serve_one(self, author, notary, trusted, refused):
        message = cose.countersign(cose.sign1(b"deed", author, detached=True), notary, payload=b"deed")
        assert cose.verify_countersignatures(message, trusted, payload=Chunks(4, iter([b"deed"])))
        message = cose.countersign(message, author, payload=b"deed")
        with refused("payload-invalid", InputError) as caught:
            cose.verify_countersignatures(message, trusted, payload=Chunks(4, iter([b"deed"])))
        assert "read once" in caught.value.message
        assert len(cose.verify_countersignatures(message, trusted, payload=Chunks(4, [b"deed"]))) == 2

    def test_a_critical_parameter_is_accepted_from_whoever_processes_it(self, author, notary, trusted, refused):
        message = cose.countersign(cose.sign1(b"deed", author), notary, protected={2: ["tenant"], "tenant": 1})
        assert cose.verify_countersignatures(message, trusted, understood=["tenant"])
        with refused("crit-unknown"):
            cose.verify_countersignatures(message, trusted)

    def test_an_algorithm_that_is_not_allowed(self, author, notary, trusted, refused):
        message = cose.countersign(cose.sign1(b"deed", author), notary)
        assert cose.verify_countersignatures(message, trusted, algorithms=["EdDSA"])
        with refused("alg-not-allowed"):
            cose.verify_countersignatures(message, trusted, algorithms=["ES256"])
        with refused("alg-unknown", InputError):
            cose.verify_countersignatures(message, trusted, algorithms=["Ed"])

    def test_prepare_and_finish(self, author, notary, trusted, refused):
        request = cose.prepare_countersign(cose.sign1(b"deed", author), notary.public_key)
        message = request.finish(request.signing_input.sign(notary))
        assert cose.verify_countersignatures(message, trusted)
        with refused("signature-invalid", InputError):
            request.finish(bytes(64))
        assert "deed" not in repr(request)

    def test_a_policy_decides_as_for_signatures(self, author, notary, signers, trusted, refused):
        message = cose.countersign(cose.countersign(cose.sign1(b"deed", author), notary), signers["PS256"])
        only = KeySet([notary.public_key])
        verdicts = cose.verify_countersignatures(message, only, policy="any")
        assert [verdict.error for verdict in verdicts] == [None, "key-not-found"]
        assert cose.verify_countersignatures(message, only, policy=[notary.public_key.kid])
        with refused("policy-unmet", PolicyError):
            cose.verify_countersignatures(message, only)
        with refused("usage", InputError):
            cose.verify_countersignatures(message, only, policy=[])


class TestAbbreviated:
    def test_it_is_added_to_a_message_of_any_form_which_still_verifies(self, target, notary, trusted):
        message, payload = target
        countersigned = cose.countersign0(message, notary, payload=payload, external_aad=b"x")
        own_verdict(countersigned, payload, trusted)
        key = cose.verify_countersignature0(countersigned, notary.public_key, payload=payload, external_aad=b"x")
        assert key == notary.public_key

    def test_by_every_algorithm(self, author, signer):
        message = cose.countersign0(cose.sign1(b"deed", author), signer)
        assert cose.verify_countersignature0(message, signer.public_key)

    def test_there_is_one_and_it_stands_beside_full_ones(self, author, notary, trusted, refused):
        message = cose.countersign0(cose.countersign(cose.sign1(b"deed", author), notary), notary)
        cose.verify_countersignatures(message, trusted)
        cose.verify_countersignature0(message, notary.public_key)
        with refused("header-invalid", InputError):
            cose.countersign0(message, notary)

    def test_prepare_and_finish(self, author, notary):
        request = cose.prepare_countersign0(cose.sign1(b"deed", author), notary.public_key)
        assert cose.verify_countersignature0(request.finish(request.signing_input.sign(notary)), notary.public_key)

    def test_another_key_did_not_make_it(self, author, notary, signers, refused):
        message = cose.countersign0(cose.sign1(b"deed", author), notary)
        with refused("signature-invalid"):
            cose.verify_countersignature0(message, author.public_key)

    def test_whose_it_is_cannot_be_looked_up(self, author, notary, trusted, refused):
        message = cose.countersign0(cose.sign1(b"deed", author), notary)
        with refused("usage", InputError) as caught:
            cose.verify_countersignature0(message, trusted)
        assert "names no key" in caught.value.message


class TestRefusals:
    @pytest.mark.parametrize("change", [
        lambda p, u, c, s: [dumps({**loads(p), 3: 0}), u, c, s],
        lambda p, u, c, s: [p, u, b"another deed", s],
        lambda p, u, c, s: [p, u, c, bytes(64)],  # version 2 covers the signature
    ])  # fmt: skip
    def test_it_covers_header_payload_and_signature(self, author, notary, trusted, refused, change):
        message = cose.countersign0(cose.countersign(cose.sign1(b"deed", author), notary), notary)
        changed = tagged(18, dumps(change(*loads(untagged(message)[1]))))
        with refused("signature-invalid"):
            cose.verify_countersignatures(changed, trusted)
        with refused("signature-invalid"):
            cose.verify_countersignature0(changed, notary.public_key)

    def test_wrong_aad(self, author, notary, trusted, refused):
        message = cose.countersign(cose.sign1(b"deed", author), notary, external_aad=b"x")
        with refused("signature-invalid"):
            cose.verify_countersignatures(message, trusted)

    def test_a_countersignature_is_no_signature_and_the_reverse(self, author, notary, trusted, refused):
        message = loads(untagged(cose.countersign(cose.sign1(b"deed", author), notary))[1])
        own, _, signature = message[1][11]
        with refused("signature-invalid"):
            cose.verify1(dumps([own, {}, b"deed", signature]), trusted)
        protected, _, payload, signature = message
        with refused("signature-invalid"):
            forged = [protected, {11: [protected, {}, signature]}, payload, signature]
            cose.verify_countersignatures(dumps(forged), trusted)

    def test_a_full_one_is_no_abbreviated_one(self, author, notary, refused):
        parts = loads(untagged(cose.countersign(cose.sign1(b"deed", author), notary))[1])
        parts[1] = {12: parts[1][11][2]}
        with refused("signature-invalid"):
            cose.verify_countersignature0(dumps(parts), notary.public_key)

    def test_one_of_another_version_is_not_looked_at(self, author, notary, trusted, refused):
        parts = loads(untagged(cose.countersign(cose.sign1(b"deed", author), notary))[1])
        parts[1] = {7: parts[1][11]}
        with refused("countersignature-missing"):
            cose.verify_countersignatures(dumps(parts), trusted)

    def test_a_message_without_any(self, author, notary, trusted, refused):
        message = cose.sign1(b"deed", author)
        with refused("countersignature-missing"):
            cose.verify_countersignatures(message, trusted)
        with refused("countersignature-missing"):
            cose.verify_countersignature0(message, notary.public_key)

    @pytest.mark.parametrize("value", [[], [b""], [b"", {}], [[b"", {}]], [b"", {}, 7], {}, b"", [[b"", {}, b""], b""]])
    def test_what_is_no_countersignature(self, author, trusted, refused, value):
        parts = loads(untagged(cose.sign1(b"deed", author))[1])
        parts[1] = {11: value}
        with refused("bad-header"):
            cose.verify_countersignatures(dumps(parts), trusted)
        with refused("bad-header"):
            cose.verify1(dumps(parts), trusted)

    def test_too_many(self, author, notary, trusted, refused):
        parts = loads(untagged(cose.countersign(cose.sign1(b"deed", author), notary))[1])
        one = parts[1][11]
        parts[1][11] = [one] * 65
        with refused("too-large"):
            cose.verify_countersignatures(dumps(parts), trusted)
        parts[1][11] = [one] * 64
        assert len(cose.verify_countersignatures(dumps(parts), trusted)) == 64
        with refused("header-invalid", InputError):
            cose.countersign(dumps(parts), notary)

    @pytest.mark.parametrize("spoilt, code", [
        ({2: []}, "crit-invalid"), ({16: b"x"}, "bad-header"), ({11: [b"", {}, b""]}, "bad-header"),
    ])  # fmt: skip
    def test_a_message_whose_own_header_is_refused_is_not_countersigned(self, author, forge1, refused, spoilt, code):
        message = forge1(author, {1: -7, **spoilt})
        with refused(code):
            cose.countersign(message, author)
        with refused(code):
            cose.verify_countersignatures(message, author.public_key)

    def test_a_header_without_room_is_known_before_anyone_signs(self, author, notary, forge1, header_of, refused):
        full = forge1(author, header_of(author), {f"label {number}": 0 for number in range(1024)})
        for prepare in (cose.prepare_countersign, cose.prepare_countersign0):
            with refused("cbor-invalid", InputError):
                prepare(full, notary.public_key)

    def test_a_message_that_would_grow_too_large_is_known_before_anyone_signs(self, author, notary, refused):
        message = cose.sign1(b"deed", author)
        for call in (cose.prepare_countersign, cose.prepare_countersign0):
            with refused("header-invalid", InputError):
                call(message, notary.public_key, max_size=len(message) + 63)
        for call in (cose.countersign, cose.countersign0):
            with refused("header-invalid", InputError):
                call(message, notary, max_size=len(message) + 63)

    def test_a_message_over_the_limit(self, author, notary, trusted, refused):
        message = cose.countersign0(cose.countersign(cose.sign1(b"deed", author), notary), notary)
        for call, keys in (
            (cose.verify_countersignatures, trusted),
            (cose.verify_countersignature0, notary.public_key),
        ):
            assert call(message, keys, max_size=len(message))
            with refused("too-large"):
                call(message, keys, max_size=len(message) - 1)

    def test_what_is_no_message_is_not_countersigned(self, notary, author, refused):
        for message, code in ((b"text", "bad-cbor"), (b"\x84\x40\xa0\x40\xf6", "malformed"), (b"\x80", "malformed")):
            with refused(code):
                cose.countersign(message, notary)
        with refused("malformed"):
            cose.countersign(tagged(98, cose.sign1(b"deed", author, tag=False)), notary)
        with refused("payload-missing"):
            cose.countersign(cose.sign1(b"deed", author, detached=True), notary)
