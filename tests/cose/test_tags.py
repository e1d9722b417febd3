"""Tags in a message: read as they stand where any value may stand, refused where a registered one does.

RFC 9052 section 3 and RFC 8392 section 4: a header and a claims set have values of any type. A registered parameter or
claim has its own, and none but x5u a tag (RFC 8392 section 2: a NumericDate leaves tag 1 out).
"""

from __future__ import annotations

import inspect
import sys
from datetime import timedelta

import pytest

from kmsjose import KeySet, LocalSigner, PublicKey, cose, cwt
from kmsjose.cbor import dumps, loads, tagged, untagged
from kmsjose.cose import Tag
from kmsjose.cose.cwt_claims import LABELS
from kmsjose.errors import InputError

#: What has a tag in messages that are sent, and what a reader might be led astray by.
ANY = {
    "a time": Tag(1, 1661321924),
    "a time with fractions": Tag(1, 1661321924.5),
    "a date": Tag(0, "2021-06-11T00:00:00Z"),
    "a full date": Tag(1004, "2021-06-11"),
    "days since 1970": Tag(100, 18789),
    "a date that is none": Tag(0, "tomorrow"),
    "a big number": Tag(2, b"\x01" + bytes(8)),
    "a negative big number": Tag(3, b"\xff" * 300),
    "a decimal fraction": Tag(4, [-2, 27315]),
    "a fraction of a huge exponent": Tag(4, [2**62, 1]),
    "bytes that are CBOR": Tag(24, b"\xa1\x01\x02"),
    "a URI": Tag(32, "https://issuer.example"),
    "a regular expression": Tag(35, "(a+)+$"),
    "a MIME message": Tag(36, "Content-Type: text/plain\n\nx"),
    "a UUID": Tag(37, bytes(16)),
    "a shared value that holds itself": Tag(28, [Tag(29, 0)]),
    "a reference to nothing": Tag(29, 10**9),
    "a string by its place": Tag(256, ["aaaa", Tag(25, 0)]),
    "a set with a member twice": Tag(258, [1, 1]),
    "an address": Tag(52, b"\xc0\0\2\1"),
    "a COSE_Sign1": Tag(18, [b"", {}, None, b""]),
    "self-described CBOR": Tag(55799, Tag(55799, 0)),
    "the greatest tag": Tag(2**64 - 1, None),
    "tags in tags in maps": Tag(601, {1: [Tag(1, 0), {"a": Tag(0, {"b": Tag(1, [])})}]}),
    "tags as deep as can be": Tag(1, Tag(1, Tag(1, Tag(1, Tag(1, Tag(1, Tag(1, Tag(1, "x")))))))),
}
any_value = pytest.mark.parametrize("value", ANY.values(), ids=ANY)


@pytest.fixture
def es256(signers):
    return signers["ES256"]


@pytest.fixture
def forge(es256, forge1, header_of):
    """A message truly signed by ES256, of further headers."""

    def make(further=None, payload=b"payload") -> bytes:
        return forge1(es256, {**header_of(es256), **(further or {})}, payload=payload)

    return make


class TestHeader:
    @any_value
    @pytest.mark.parametrize("label", ["io.cncf.notary.signingTime", -70001, 500])
    def test_a_parameter_that_is_not_registered_has_any_value_in_either_bucket(self, es256, trusted, label, value):
        for protected, unprotected in (({label: value}, {}), ({}, {label: value}), ({label: {1: [value]}}, {})):
            message = cose.sign1(b"payload", es256, protected=protected, unprotected=unprotected)
            verified = cose.verify1(message, trusted)
            assert {**verified.protected, **verified.unprotected}[label] == {**protected, **unprotected}[label]

    def test_as_signatures_of_container_images_have_it(self, trusted, forge):
        time = {"io.cncf.notary.signingTime": Tag(1, 1661321924)}
        verified = cose.verify1(forge(time), trusted)
        assert verified.protected["io.cncf.notary.signingTime"] == Tag(1, 1661321924)

    def test_it_may_be_critical_where_the_caller_processes_it(self, es256, trusted, refused):
        message = cose.sign1(b"payload", es256, protected={2: ["time"], "time": Tag(1, 0)})
        assert cose.verify1(message, trusted, understood=["time"]).protected["time"] == Tag(1, 0)
        with refused("crit-unknown"):
            cose.verify1(message, trusted)

    def test_what_a_caller_does_to_it_stays_with_the_caller(self, es256, trusted):
        message = cose.sign1(b"payload", es256, protected={"x": Tag(28, [1])})
        first = cose.verify1(message, trusted)
        first.protected["x"].value.append(2)
        assert cose.verify1(message, trusted).protected["x"] == Tag(28, [1])

    @pytest.mark.parametrize("tags", [0, 1, 2])
    def test_what_is_deep_is_read_wherever_in_the_stack_the_caller_is(self, es256, trusted, tags):
        deep = [{1: b"x"}]
        for _ in range(13):
            deep = [{1: deep}]
        value = {0: deep, 1: Tag(1, deep), 2: [Tag(1, Tag(2, deep))]}[tags]
        message = cose.sign1(b"payload", es256, protected={99: value})

        def at(depth: int) -> cose.Sign1:
            return cose.verify1(message, trusted) if depth == 0 else at(depth - 1)

        for depth in (0, sys.getrecursionlimit() - len(inspect.stack(0)) - 50):
            assert at(depth).protected[99] == value

    def test_in_every_form_of_message(self, es256, signers, trusted):
        odd = {"x": Tag(1, 0)}
        several = cose.sign(b"payload", [es256], protected=odd)
        assert cose.verify(several, trusted).protected["x"] == Tag(1, 0)
        for message in (cose.sign1(b"payload", es256, unprotected=odd), several):
            countersigned = cose.countersign(
                message, signers["EdDSA"], protected=odd, unprotected={-70001: Tag(2, b"")}
            )
            assert cose.verify_countersignatures(countersigned, trusted)
        assert cose.verify_hash_envelope(cose.sign_hash_envelope(b"x", es256, protected=odd), trusted, b"x")

    @pytest.mark.parametrize("label, value", [
        (1, Tag(1, -7)), (1, Tag(3, b"\x06")), (2, Tag(1, [1])), (3, Tag(32, "text/plain")), (3, Tag(2, b"\1")),
        (4, Tag(24, b"kid")), (4, Tag(37, bytes(16))), (5, Tag(2, b"iv")), (6, Tag(2, b"iv")), (15, Tag(61, {})),
        (16, Tag(32, "application/cwt")), (16, Tag(2, b"\x3d")), (32, Tag(24, b"0\0")), (33, Tag(24, b"0\0")),
        (33, Tag(1, [b"0\0", b"0\0"])), (34, Tag(1, [-16, bytes(32)])), (35, Tag(33, "aHR0cHM6Ly9h")),
        (35, Tag(1, "https://a.example")), (258, Tag(2, b"\x0f")), (259, Tag(32, "text/plain")),
        (260, Tag(32, "https://a.example")),
    ])  # fmt: skip
    def test_a_registered_parameter_has_no_tag(self, trusted, es256, forge, refused, label, value):
        with refused("tag-unexpected"):
            cose.verify1(forge({label: value}), trusted)
        if label not in (1, 4):
            with refused("header-invalid", InputError):
                cose.sign1(b"payload", es256, protected={label: value})

    @pytest.mark.parametrize("label, value, code", [
        (2, [Tag(1, 1)], "crit-invalid"), (33, [Tag(24, b"0\0"), b"0\0"], "bad-header"),
        (34, [-16, Tag(2, bytes(32))], "bad-header"), (34, [Tag(3, b"\x0f"), bytes(32)], "bad-header"),
        (35, Tag(32, 7), "tag-unexpected"), (35, Tag(32, Tag(32, "https://a.example")), "tag-unexpected"),
    ])  # fmt: skip
    def test_nor_has_what_is_within_it(self, trusted, forge, refused, label, value, code):
        with refused(code):
            cose.verify1(forge({label: value}), trusted)

    def test_the_parts_of_a_message_have_none(self, es256, trusted, refused):
        protected, unprotected, payload, signature = loads(untagged(cose.sign1(b"payload", es256))[1])
        for parts, code in (
            ([Tag(24, protected), unprotected, payload, signature], "malformed"),
            ([protected, Tag(1, unprotected), payload, signature], "malformed"),
            ([protected, unprotected, Tag(24, payload), signature], "tag-unexpected"),
            ([protected, unprotected, payload, Tag(2, signature)], "malformed"),
        ):
            with refused(code):
                cose.verify1(tagged(18, dumps(parts)), trusted)


class TestClaims:
    @any_value
    @pytest.mark.parametrize("label", [-260, 65537, "name"])
    def test_a_private_claim_has_any_value(self, es256, trusted, label, value):
        claims = {label: {1: {"sc": value, "list": [value]}}}
        token = cwt.sign(claims, es256, lifetime=timedelta(minutes=5))
        assert cwt.verify(token, trusted).claims[label] == claims[label]

    def test_as_health_certificates_have_it(self, trusted, forge):
        payload = dumps({1: "AT", 4: 2**33, 6: 1623369600, -260: {1: {"t": [{"sc": Tag(0, "2021-06-11T00:00:00Z")}]}}})
        verified = cwt.verify(forge(payload=payload), trusted)
        assert verified.claims[-260] == {1: {"t": [{"sc": Tag(0, "2021-06-11T00:00:00Z")}]}}

    def test_a_claim_in_the_header_has_any_value_too(self, es256, trusted, refused):
        claims = {"sub": "alice", -70001: Tag(1, 0)}
        token = cwt.sign(claims, es256, lifetime=timedelta(1), protected={15: {-70001: Tag(1, 0), "own": Tag(0, "x")}})
        assert cwt.verify(token, trusted).protected[15] == {-70001: Tag(1, 0), "own": Tag(0, "x")}
        with refused("header-invalid", InputError):
            cwt.sign(claims, es256, lifetime=timedelta(1), protected={15: {-70001: 0}})

    @pytest.mark.parametrize("name, value", [
        ("exp", Tag(1, 2**33)), ("exp", Tag(0, "2242-03-16T12:56:32Z")), ("exp", Tag(2, b"\2" + bytes(4))),
        ("exp", Tag(4, [0, 2**33])), ("exp", Tag(28, 2**33)), ("exp", Tag(1001, {1: 2**33})),
        ("nbf", Tag(1, 0)), ("nbf", Tag(100, 0)), ("nbf", Tag(3, b"")), ("iat", Tag(1, 0)),
        ("iat", Tag(0, "1970-01-01T00:00:00Z")), ("iat", Tag(1, 0.5)), ("iss", Tag(32, "https://a.example")),
        ("iss", Tag(25, 0)), ("sub", Tag(37, bytes(16))), ("sub", Tag(35, "a")),
        ("aud", Tag(32, "https://a.example")), ("aud", Tag(258, ["a"])), ("cti", Tag(37, bytes(16))),
        ("cti", Tag(2, b"\1")), ("cti", Tag(24, b"\1")),
    ])  # fmt: skip
    def test_a_registered_claim_has_no_tag(self, es256, trusted, forge, refused, name, value):
        label, good = LABELS[name], {4: 2**33}
        for header, claims in (({}, {**good, label: value}), ({15: {label: value}}, good)):
            token = forge(header, dumps(claims))
            with refused("tag-unexpected") as caught:
                cwt.verify(token, trusted)
            assert caught.value.message.startswith(f"{name} has the tag {value.number} ")
        if name != "iat":
            for given in (name, label):
                with refused("claims-invalid", InputError):
                    cwt.sign({given: value}, es256)

    def test_nor_has_an_audience_among_several(self, trusted, forge, refused):
        token = forge(payload=dumps({3: ["a", Tag(32, "b")], 4: 2**33}))
        with refused("claim-invalid"):
            cwt.verify(token, trusted, audience="a")

    def test_a_claims_set_has_none(self, trusted, forge, refused):
        with refused("claims-not-object"):
            cwt.verify(forge(payload=dumps(Tag(61, {4: 2**33}))), trusted)


class TestKey:
    @any_value
    def test_a_parameter_that_is_not_registered_has_any_value(self, es256, value):
        members = loads(es256.public_key.to_cose_key())
        key = dumps({**members, "created": value, -70001: [value]})
        assert PublicKey.from_cose_key(key) == es256.public_key
        assert list(KeySet.from_cose_keyset(b"\x81" + key)) == [es256.public_key]

    @pytest.mark.parametrize("label", [1, 2, 3, 4, 5, -1, -2, -3])
    def test_a_registered_one_has_no_tag(self, es256, refused, label):
        members = loads(es256.public_key.to_cose_key())
        value = members.get(label, b"iv")
        for number in (1, 2, 28, 55799):
            with refused("key-invalid", InputError):
                PublicKey.from_cose_key(dumps({**members, label: Tag(number, value)}))
        with refused("key-invalid", InputError):
            PublicKey.from_cose_key(dumps({**members, 4: [2, Tag(2, b"")]}))

    def test_nor_has_a_key_or_a_set(self, es256, refused):
        key = es256.public_key.to_cose_key()
        with refused("key-invalid", InputError):
            PublicKey.from_cose_key(tagged(55799, key))
        with refused("key-invalid", InputError):
            KeySet.from_cose_keyset(tagged(1, b"\x81" + key))
        assert [one.index for one in KeySet.from_cose_keyset(b"\x82" + key + tagged(1, key)).skipped] == [1]


def test_a_kid_given_beside_a_tagged_parameter_still_finds_its_key(private_keys):
    signer = LocalSigner(private_keys["ES256"], kid="here")
    message = cose.sign1(b"x", signer, protected={"t": Tag(1, 0)})
    assert cose.verify1(message, KeySet([signer.public_key])).key.kid == "here"
