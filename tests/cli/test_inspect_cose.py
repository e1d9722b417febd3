"""`kmsjose inspect` of COSE: messages, tokens and keys in any encoding, and nothing private or dangerous shown."""

from __future__ import annotations

import json
import re
from base64 import b64encode, urlsafe_b64encode
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kmsjose import KeySet, cose, cwt
from kmsjose.cbor import array, bstr, cbor_map, dumps, tagged
from kmsjose.cli.inspect import _read
from kmsjose.ecdsa import raw_to_der
from kmsjose.encoding import b64url_encode

UNVERIFIED = "Nothing was verified: anyone can have written this."
FAR = 4102444800
KID = b"k"
ALG = {1: -7, 4: KID}


@pytest.fixture
def inspect(run):
    """What a person is shown, or with ``--json`` a machine."""

    def show(data, *arguments):
        shown = run("inspect", *arguments, stdin=data).ok()
        assert shown.stderr == ""
        assert not re.search(r"\bvalid\b", shown.text)
        assert all(c.isprintable() or c == "\n" for c in shown.text)
        if not arguments:
            assert shown.text.splitlines()[0].endswith(" – not verified")
            assert shown.text.splitlines()[-1] == UNVERIFIED
        return shown

    return show


def sign1_of(protected=None, unprotected=None, payload=b"hello", signature=bytes(64), tags=(18,)):
    """A message as someone else may have written it."""
    inner = protected if isinstance(protected, bytes) else dumps(ALG if protected is None else protected)
    message = array((bstr(inner), dumps(unprotected or {}), dumps(payload), dumps(signature)))
    for tag in reversed(tags):
        message = tagged(tag, message)
    return message


def cwt_of(claims, tags=(61, 18)):
    return sign1_of(payload=claims if isinstance(claims, bytes) else dumps(claims), tags=tags)


def odd(shown):
    return shown.text.partition("\nodd\n")[2].partition(f"\n{UNVERIFIED}")[0]


def private(key, number=-4, secret=b"\x5e" * 32):
    return {**cbor_map(key.to_cose_key()), number: secret}


class TestMessages:
    def test_a_message_is_shown_for_a_person(self, inspect):
        shown = inspect(sign1_of({1: -7, 4: b"kid-1"}, payload=b"hello"))
        assert shown.text == (
            "COSE_Sign1 – not verified\n"
            "\n"
            "18([\n"
            "  / protected / << {\n"
            "    / alg / 1: -7 / ES256 /,\n"
            "    / kid / 4: h'6b69642d31' / \"kid-1\" /\n"
            "  } >>,\n"
            "  / unprotected / {},\n"
            "  / payload / h'68656c6c6f' / \"hello\" /,\n"
            f"  / signature / h'{'00' * 64}'\n"
            "])\n"
            "\n"
            f"{UNVERIFIED}\n"
        )

    def test_a_message_is_shown_for_a_machine(self, inspect):
        message = sign1_of({1: -7, 4: KID, 16: "a/b"}, {"x": [1.5, None, b"\xff"], -70001: True})
        shown = inspect(message, "--json").json
        assert shown["diagnostic"].startswith("18([\n")
        del shown["diagnostic"]
        assert shown == {
            "kind": "COSE_Sign1",
            "verified": False,
            "protected": {"alg": -7, "kid": "aw", "typ": "a/b"},
            "unprotected": {"x": [1.5, None, "_w"], "-70001": True},
            "payload": "5 bytes",
            "signature": "64 bytes",
            "odd": [],
        }

    def test_several_signatures(self, inspect, signers):
        message = cose.sign(b"hello", [signers["ES256"], signers["EdDSA"]])
        shown = inspect(message)
        assert shown.text.startswith("COSE_Sign, 2 signatures – not verified")
        assert "/ protected / h''" in shown.text
        assert "/ alg / 1: -8 / EdDSA /" in shown.text
        assert odd(shown) == ""
        parts = inspect(message, "--json").json["signatures"]
        assert [(part["protected"]["alg"], part["signature"]) for part in parts] == [(-7, "64 bytes"), (-8, "64 bytes")]
        one = cose.sign(b"hello", [signers["ES256"]], tag=False)
        assert inspect(one).text.startswith("COSE_Sign, 1 signature – not verified")

    def test_the_fully_specified_algorithms_have_names(self, inspect, signers):
        assert "1: -9 / ES256 /" in inspect(cose.sign1(b"", signers["ES256"], fully_specified=True)).text
        assert "1: -19 / Ed25519 /" in inspect(cose.sign1(b"", signers["EdDSA"], fully_specified=True)).text

    def test_a_detached_payload(self, inspect, signers):
        message = cose.sign1(b"hello", signers["ES256"], detached=True)
        assert "/ payload / null / detached /" in inspect(message).text
        assert inspect(message, "--json").json["payload"] == "(detached)"

    def test_a_hash_envelope(self, inspect, signers):
        message = cose.sign_hash_envelope(b"hello", signers["ES256"], content_type="text/plain", location="https://a/b")
        shown = inspect(message)
        assert shown.text.startswith("COSE_Sign1, hash envelope – not verified")
        assert "/ payload hash alg / 258: -16 / SHA-256 /" in shown.text
        assert "' / the SHA-256 of the content /" in shown.text
        assert '/ payload location / 260: "https://a/b"' in shown.text
        assert odd(shown) == ""
        short = odd(inspect(sign1_of({**ALG, 258: -16})))
        assert "payload: it has 5 bytes, and a digest by SHA-256 has 32" in short
        assert "payload hash alg: it is not one that is known" in odd(inspect(sign1_of({**ALG, 258: -15})))

    def test_countersignatures_are_decoded(self, inspect, signers):
        message = cose.countersign(cose.sign1(b"hello", signers["ES256"]), signers["EdDSA"])
        assert "/ Countersignature version 2 / 11: [\n      / protected / << {" in inspect(message).text
        message = cose.countersign0(cose.countersign(message, signers["ES384"]), signers["ES256"])
        shown = inspect(message)
        assert "/ alg / 1: -8 / EdDSA /" in shown.text
        assert "/ alg / 1: -35 / ES384 /" in shown.text
        assert "/ Countersignature0 version 2 / 12: h'" in shown.text
        assert odd(shown) == ""
        parts = inspect(message, "--json").json["unprotected"]["Countersignature version 2"]
        assert [part["protected"]["alg"] for part in parts] == [-8, -35]
        bad = [dumps({1: -7}), {}, b"short"]
        told = odd(inspect(sign1_of(unprotected={11: [bad, [dumps(ALG), {}, bytes(64)], 7]})))
        assert "countersignature 1: header: it names no kid" in told
        assert "countersignature 1: signature: it has 5 bytes, and one by ES256 has 64" in told
        assert "countersignature 2" not in told
        assert "countersignature 3: it is not an array of three" in told

    def test_certificates(self, inspect):
        shown = inspect(sign1_of({**ALG, 33: bytes(500), 34: [-16, bytes(32)]}))
        assert "/ x5chain / 33: h'" in shown.text
        assert "' / 500 bytes /" in shown.text
        assert f"/ x5t / 34: [-16 / SHA-256 /, h'{'00' * 32}']" in shown.text
        assert "x5chain: it brings its own certificate, which proves nothing unless" in odd(shown)

    def test_a_payload_that_is_other_cbor_is_decoded(self, inspect):
        shown = inspect(sign1_of(payload=bytes.fromhex("9f00d818428101ff")))
        assert "/ payload / << [_ 0, 24(<< [1] >>)] >>" in shown.text
        # Its author may write it as he likes.
        assert odd(shown) == ""
        assert shown.text.startswith("COSE_Sign1 –")

    def test_messages_that_are_not_signed(self, inspect):
        shown = inspect(sign1_of({1: 5}, tags=(17,)))
        assert shown.text.startswith("COSE_Mac0 – not verified")
        assert "form: a COSE_Mac0 is no signed message" in odd(shown)
        assert "tag 17" not in odd(shown)
        assert inspect(tagged(16, array((bstr(b""), dumps({}), dumps(b"x"))))).text.startswith("COSE_Encrypt0 –")
        recipient = [b"", {1: -6}, b""]
        several = array((bstr(b""), dumps({}), dumps(b"x"), dumps([recipient])))
        assert "/ recipients / [\n    [\n      / protected / h''," in inspect(tagged(96, several)).text


class TestWhatIsOdd:
    @pytest.mark.parametrize("protected, unprotected, told", [
        ({4: KID}, {}, "header: the protected header has no alg; "),
        ({4: KID}, {1: -7}, "header: alg is unprotected; "),
        ({4: KID, 3: 7, 2: []}, {1: -7}, "alg: it is unprotected, where anyone can change it"),
        ({1: 5, 4: KID}, {}, "header: the message's alg is not one that is known here; "),
        ({1: "ES256", 4: KID}, {}, "alg is not one that is known here"),
        ({1: -7}, {}, "header: it names no kid"),
        ({1: -7, 4: "text"}, {}, "kid is not bytes"),
        (ALG, {4: KID}, "a label stands in both buckets"),
        ({**ALG, 2: [99], 99: 1}, {}, "crit names the parameter '99'"),
        ({**ALG, 35: 1}, {}, "x5u: it says where to fetch its certificate"),
        ({**ALG, 32: b"x"}, {}, "x5bag: it brings certificates"),
        (b"\xa2\x01\x26\x01\x26", {}, "form: the label 1 stands more than once in a map"),
        (b"\xa1\x01\x38\x06", {}, "header: a head is not in its shortest form; "),
        (b"\xa1\x01", {}, "form: the data ends within an item"),
        (b"\xa1\x01\x26\x00", {}, "form: what stands behind the data item is no part of it: 1 byte"),
        (b"\x80", {}, "header: a CBOR map is expected"),
        ({1: -35, 4: KID}, {}, "signature: it has 64 bytes, and one by ES384 has 96"),
        ({1: -257, 4: KID}, {}, "signature: 64 bytes are too few for an RSA key"),
    ])  # fmt: skip
    def test_about_headers_and_signatures(self, inspect, protected, unprotected, told):
        assert told in odd(inspect(sign1_of(protected, unprotected)))

    def test_what_a_hash_envelope_or_token_makes_critical_is_not(self, inspect):
        assert odd(inspect(sign1_of({**ALG, 2: [258, 16], 258: -16, 16: "a/b"}, payload=bytes(32)))) == ""

    def test_a_der_signature_is_named_for_what_it_is(self, inspect, signers):
        signer = signers["ES256"]
        der = raw_to_der(signer.sign(b"x"), signer.public_key.algorithm)
        assert "signature: it is DER" in odd(inspect(sign1_of(signature=der)))
        assert "signature: it is empty" in odd(inspect(sign1_of(signature=b"")))

    def test_an_algorithm_in_the_body_of_several_signatures(self, inspect):
        entry = [dumps(ALG), {}, bytes(64)]
        body = tagged(98, array((bstr(dumps({1: -7})), dumps({}), dumps(b"x"), dumps([entry, [b"", {}, b""]]))))
        told = odd(inspect(body))
        assert "alg: it stands in the body, where it says nothing" in told
        assert "signature 1" not in told
        assert "signature 2: header: the protected header has no alg" in told

    @pytest.mark.parametrize("tail, told", [
        ("", "form: the data ends within an item"),
        ("40", "form: the data ends within an item"),
        ("4040", "signature: it is empty"),
        ("404000", "form: what stands behind the data item is no part of it: 1 byte"),
        ("5f4161ff40", "form: a length is indefinite"),
        ("40f6", "the signature of a COSE_Sign1 is not a byte string"),
        ("0040", "the payload is neither a byte string nor null"),
        ("c14040", "message: the payload has the tag 1; "),
    ])  # fmt: skip
    def test_about_a_message_that_is_malformed(self, inspect, tail, told):
        shown = inspect("d28443a10126a0" + tail)
        assert "/ alg / 1: -7 / ES256 /" in shown.text
        assert told in odd(shown)

    def test_an_array_of_another_size(self, inspect):
        told = odd(inspect(tagged(18, array((bstr(dumps(ALG)), dumps({}), dumps(b""), dumps(b""), dumps(b""))))))
        assert "message: the message is not an array of four; " in told
        assert "message: the message is not an array of four; " in odd(inspect(b"\xd2\x80"))
        assert "message: the message is tagged 98; " not in odd(inspect(b"\xd8\x62\x80"))
        assert "message: the message is tagged 55799 and 18" in odd(inspect(sign1_of(tags=(55799, 18))))

    def test_labels_that_are_the_same_in_json_are_both_there(self, inspect):
        message = sign1_of(unprotected={-70001: 1, "-70001": 2, "alg": 3})
        assert inspect(message, "--json").json["unprotected"] == {"-70001": 1, "-70001 (2)": 2, "alg": 3}
        twice = sign1_of(b"\xa3\x01\x26\x01\x27\x63alg\x05")
        assert inspect(twice, "--json").json["protected"] == {"alg": -7, "alg (2)": -8, "alg (3)": 5}


class TestTokens:
    def test_claims_are_shown_by_their_names(self, inspect, signers):
        key = signers["EdDSA"].public_key
        claims = {"iss": "https://issuer.example", 8: {1: cbor_map(key.to_cose_key())}, -70001: {"a": [1, 2.5]}}
        token = cwt.sign(claims, signers["ES256"], lifetime=timedelta(hours=1), cti=True, tag=True)
        shown = inspect(token)
        lines = shown.text.splitlines()
        assert lines[:3] == ["CWT, COSE_Sign1 – not verified", "", "61(18(["]
        assert '    / iss / 1: "https://issuer.example",' in lines
        assert re.search(
            r"^    / iat / 6: \d+ / \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ, \d+ s ago /,$", shown.text, re.MULTILINE
        )
        assert re.search(r"^    / exp / 4: \d+ / .*, in (60 min|1 h) /,$", shown.text, re.MULTILINE)
        assert "    / cnf / 8: {" in lines
        assert "        / crv / -1: 6 / Ed25519 /," in lines
        assert odd(shown) == ""

        machine = inspect(token, "--json").json
        assert machine["kind"] == "CWT, COSE_Sign1"
        assert machine["claims"]["iss"] == "https://issuer.example"
        assert machine["claims"]["cnf"]["COSE_Key"]["crv"] == 6
        assert machine["claims"]["-70001"] == {"a": [1, 2.5]}
        assert machine["times"].keys() == {"exp", "iat"}
        assert "payload" not in machine

    @pytest.mark.parametrize("claims, told", [
        ({2: "alice"}, "exp: there is none"),
        ({4: 1}, "exp: it expired"),
        ({4: FAR, 5: FAR - 1}, "nbf: it is good only in"),
        ({4: FAR, 6: FAR - 1}, "iat: it was issued in the future"),
        ({4: "soon"}, "exp is not a NumericDate"),
        ({1: 7, 4: FAR}, "iss is not a string"),
        ({7: "x", 4: FAR}, "cti is not a byte string"),
        ({"iss": "x", 4: FAR}, "claims: iss stands as text, and its label is 1; "),
        ([1], "claims: the payload is not a CBOR map; "),
        (b"hello", "claims: the payload is not a CBOR map; "),
        (b"\xa2\x04\x01\x04\x02", "claims: the payload is no claims set: a label stands twice in a map; "),
        (b"\xa1\x04\xc1\x01", "claims: exp has the tag 1 (RFC 8392 sections 2 and 3.1)"),
        (b"\xa2\x04\x01", "form: the data ends within an item"),
    ])  # fmt: skip
    def test_what_is_odd_about_claims(self, inspect, claims, told):
        shown = inspect(cwt_of(claims))
        assert shown.text.startswith("CWT, COSE_Sign1 –")
        assert told in odd(shown)

    def test_a_token_is_known_by_its_tag_its_type_or_its_claims(self, inspect):
        other = dumps({-70001: 1})
        assert inspect(cwt_of(other)).text.startswith("CWT, ")
        assert inspect(sign1_of({**ALG, 16: 61}, payload=other)).text.startswith("CWT, ")
        assert inspect(cwt_of({1: "issuer"}, tags=())).text.startswith("CWT, ")
        assert inspect(cwt_of({1: 21.5, 2: 30}, tags=(18,))).text.startswith("COSE_Sign1 –")
        assert inspect(cwt_of({}, tags=(18,))).text.startswith("COSE_Sign1 –")

    def test_the_tag_of_a_token_stands_before_another(self, inspect):
        told = odd(inspect(cwt_of({4: FAR}, tags=(61,))))
        assert "form: the CWT tag stands before a message that has no tag of its own" in told

    def test_claims_that_the_header_repeats_otherwise(self, inspect):
        message = sign1_of({**ALG, 15: {1: "a", 4: FAR}}, payload=dumps({1: "b", 4: FAR}))
        shown = inspect(message)
        assert '/ CWT Claims / 15: {\n      / iss / 1: "a",' in shown.text
        assert "claims: a claim in the header is not the one in the payload" in odd(shown)

    def test_claims_that_the_header_alone_has(self, inspect):
        message = sign1_of({**ALG, 15: {1: "a", 4: 1, 5: FAR}}, payload=dumps({1: "a", 5: FAR}))
        told = odd(inspect(message))
        assert "CWT Claims: exp: it expired" in told
        assert told.count("nbf: it is good only in") == 1

    def test_claims_that_nobody_signed(self, inspect):
        shown = inspect(dumps({1: "issuer", 4: 1}))
        assert shown.text.startswith("CWT claims, not signed –")
        assert "exp: it expired" in odd(shown)


class TestKeys:
    def test_a_key(self, inspect, signers):
        key = signers["ES256"].public_key
        shown = inspect(key.to_cose_key())
        assert shown.text.startswith("COSE_Key – not verified")
        for line in ("/ kty / 1: 2 / EC2 /,", "/ alg / 3: -7 / ES256 /,", "/ key_ops / 4: [2 / verify /],"):
            assert f"  {line}\n" in shown.text
        assert f"thumbprint\n  {key.thumbprint()}\n" in shown.text
        assert odd(shown) == ""
        machine = inspect(key.to_cose_key(), "--json").json
        assert machine["kind"] == "COSE_Key"
        assert machine["key"]["kty"] == 2
        assert machine["thumbprint"] == key.thumbprint()
        assert machine["COSE thumbprint"] == b64url_encode(key.cose_thumbprint()).decode()

    @pytest.mark.parametrize("name, label", [("PS256", "/ n / -1: h'"), ("ML-DSA-44", "/ pub / -1: h'")])
    def test_a_key_of_another_type(self, inspect, signers, name, label):
        shown = inspect(signers[name].public_key.to_cose_key())
        assert label in shown.text
        assert odd(shown) == ""

    def test_a_set_of_keys(self, inspect, signers):
        keys = [signers["ES256"].public_key, signers["EdDSA"].public_key]
        shown = inspect(KeySet(keys).to_cose_keyset())
        assert shown.text.startswith("COSE_KeySet, 2 keys – not verified")
        assert f"thumbprint of key 2\n  {keys[1].thumbprint()}\n" in shown.text
        assert odd(shown) == ""
        machine = inspect(KeySet(keys).to_cose_keyset(), "--json").json
        assert machine["key 2"]["crv"] == 6

    def test_what_is_odd_about_keys(self, inspect, signers):
        key = cbor_map(signers["ES256"].public_key.to_cose_key())
        told = odd(inspect(dumps([key, key, {1: 4, -1: b"s"}, {1: []}, {1: 2, -1: 77}, {**key, 2: b"own"}])))
        assert "stands more than once" in told
        assert "key 3: it is a symmetric key" in told
        assert "key 4: it is no map that names a key type" in told
        assert "key 5: the COSE_Key's kty or crv is not one that is known here" in told
        assert "key 6: its kid is not its RFC 7638 thumbprint, which is no fault" in told
        assert "it has no kid" in odd(inspect(dumps({label: key[label] for label in key if label != 2})))
        assert "form: not a COSE_Key: " in odd(inspect(dumps(key) + b"\0"))
        rsa = cbor_map(signers["PS256"].public_key.to_cose_key())
        assert "it names no alg" in odd(inspect(dumps({label: rsa[label] for label in rsa if label != 3})))

    def test_what_is_private_is_never_shown(self, inspect, signers):
        secret = b"\x5e" * 32
        key = private(signers["ES256"].public_key, secret=secret)
        rsa = private(signers["PS256"].public_key, -3, secret)
        inputs = {
            "a key": dumps(key),
            "RSA": dumps(rsa),
            "ML-DSA": dumps(private(signers["ML-DSA-44"].public_key, -2, secret)),
            "symmetric": dumps({1: 4, -1: secret}),
            "of an unknown type": dumps({1: 99, -1: secret, -3: secret}),
            "of two types": b"\xa3\x01\x02\x01\x18\x63\x23" + dumps(secret),
            "a set": dumps([key, key]),
            "cut off": dumps({**key, "zz": "x"})[:-1],
            "with too few entries": b"\xa1\x01\x02\x23" + dumps(secret),
            "with another integer's encoding": b"\xa2\x01\x02\xc3\x41\x03" + dumps(secret),
            "cnf": cwt_of({4: FAR, 8: {1: key}}),
            "cnf of an unknown type": cwt_of({4: FAR, 8: {1: {1: "EC2", -4: secret}}}),
            "elsewhere in claims": cwt_of({4: FAR, -70001: [{"key": rsa}]}),
            "in bytes in claims": cwt_of({4: FAR, -70001: dumps(key)}),
            "as a JWK": cwt_of({4: FAR, -70001: {"kty": "EC", "d": secret}}),
            "in a label": cwt_of(b"\xa1" + dumps(key) + b"\x01"),
            "in the claims of a header": sign1_of({**ALG, 15: {8: {1: key}}}),
            "unprotected": sign1_of(unprotected={"key": key}),
            "payload": sign1_of(payload=dumps(key)),
            "payload of keys": sign1_of(payload=dumps([key])),
        }
        for name, data in inputs.items():
            for arguments in ([], ["--json"]):
                shown = inspect(data, *arguments).text
                assert secret[:4].hex() not in shown, name
                assert b64url_encode(secret).decode()[:8] not in shown, name
                assert "^^^^" not in shown, name
            assert "private" in shown or name == "with too few entries", name


class TestEncodings:
    def test_it_may_be_binary_hex_or_base64(self, inspect, signers):
        message = cose.sign1(b"hello" * 20, signers["ES256"])
        expected = inspect(message).text
        for text in (
            message.hex(),
            message.hex().upper() + "\r\n",
            " " + message.hex(" ", 16).replace(" ", "\n\t "),
            b64encode(message).decode(),
            b64encode(message).decode().rstrip("=") + "\n",
            re.sub(r"(.{64})", r"\1\n", b64encode(message).decode()),
            urlsafe_b64encode(message).decode(),
            b64url_encode(message).decode(),
        ):
            assert inspect(text).text == expected

    def test_a_text_that_was_cut_within_a_byte(self, inspect):
        told = "form: the last byte is not there in full"
        message = sign1_of()
        assert told in odd(inspect(message.hex()[:-1]))
        assert told in odd(inspect(b64url_encode(message)[: len(message) // 3 * 4 - 3]))

    def test_a_last_byte_that_looks_like_a_lines_end_is_kept(self, inspect):
        assert odd(inspect(sign1_of(signature=bytes(63) + b"\n"))) == ""

    def test_what_it_carries_is_not_taken_for_it(self, inspect, signers):
        pem = signers["ES256"].public_key.to_pem()
        assert inspect(sign1_of(payload=pem.encode() if isinstance(pem, str) else pem)).text.startswith("COSE_Sign1 –")

    @pytest.mark.parametrize("data", ["8440a0", "8443a10126a0", "9f40a0", "9f40a0f640ff", "81a1010", "d284"])
    def test_what_is_cut_off_is_known_by_its_beginning(self, inspect, data):
        assert "COSE_" in inspect(data).text

    @pytest.mark.parametrize("data", [
        "d2", "00", "8401020304", "a10201", "oQIB", "8340a0f6", "9f40a0ff", "c0ffee", "deadbeef", "AAAA", "=", "g0Cg9g",
        b"\x80", b"\x81", b"\xd2", b"\xff", b"\xa0", b"\x84\x40", b"\xd8\x3d\xa0",
    ])  # fmt: skip
    def test_what_is_no_cose(self, run, data):
        run("inspect", stdin=data).refused(1, "malformed")


def test_nothing_shown_can_steer_the_terminal(inspect):
    evil = "\x1b]0;owned\x07\x9b31m\u202e[bold] / 7"
    message = sign1_of({**ALG, 4: evil.encode(), evil: evil}, payload=dumps({1: evil, evil: {evil: evil}, 4: FAR}))
    shown = inspect(message)
    assert "[bold]" in shown.text
    assert inspect(message, "--json").json["claims"]["iss"] == evil
    # A text that would end a comment stands in no comment.
    assert "https://a" in inspect(sign1_of({1: -7, 4: b"https://a / , 1: -8"})).text
    assert '/ "https' not in inspect(sign1_of({1: -7, 4: b"https://a / , 1: -8"})).text


def test_size_and_depth_are_no_trouble(run):
    many = b"\x9a\x00\x20\x00\x00" + bytes(1 << 21)
    for data in (
        sign1_of(unprotected={}, payload=many),
        b"\xd2\x84\x40\xa0" + many,
        b"\xd2\x84\x40\xa0" + b"\x81" * (1 << 20),
        b"\xd2\x84\x40\xa0\x5f" + b"\x40" * (1 << 20),
        cwt_of(b"\xba\x00\x10\x00\x00" + bytes(1 << 21)),
    ):
        shown = run("inspect", stdin=data).ok()
        assert len(shown.stdout) < 200_000


LABELS = st.sampled_from([1, 2, 3, 4, 6, 7, 8, 11, 12, 15, 16, 33, 34, 35, 258, -1, -2, -4, "kty", "d"])
SCALARS = st.none() | st.booleans() | st.integers(-300, 300) | st.floats() | st.text(max_size=4) | st.binary(max_size=4)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(LABELS, inner, max_size=4)
        | st.dictionaries(LABELS, inner, max_size=4).map(dumps)
    ),
    max_leaves=8,
)
MESSAGES = st.builds(
    lambda tags, *parts: b"".join(map(bytes.fromhex, tags)) + array(map(dumps, parts)),
    st.lists(st.sampled_from(["d2", "d83d", "d862", "d1", "d90100"]), max_size=2),
    st.dictionaries(LABELS, VALUES, max_size=4).map(dumps) | VALUES,
    st.dictionaries(LABELS, VALUES, max_size=4),
    VALUES,
    VALUES,
)
SPOILT = st.builds(
    lambda message, where, new: message[: where % len(message)] + new + message[where % len(message) + 1 :],
    MESSAGES | VALUES.map(dumps),
    st.integers(0, 1000),
    st.binary(max_size=2),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(data=st.one_of(st.binary(min_size=1), MESSAGES, SPOILT), json_too=st.booleans())
def test_any_bytes_end_in_an_answer_or_one_line(run, data, json_too):
    for encoded in (data, data.hex().encode(), b64encode(data), b64url_encode(data)):
        if not encoded:
            continue
        ran = run("inspect", *(["--json"] if json_too else []), stdin=encoded)
        if ran.status == 0:
            assert ran.stderr == ""
            assert not json_too or ran.json["verified"] is False
        else:
            ran.refused(1, "malformed")


@given(MESSAGES | SPOILT)
def test_any_message_is_read_without_a_fault(data):
    reading = _read(data, 0.0)
    if reading is not None:
        json.dumps([reading.diagnostic, reading.decoded, reading.parts, reading.odd], allow_nan=False)
