"""Every vector of COSE and CWT: it verifies or is refused with its code, and what KMS is sent is what is signed."""

from __future__ import annotations

import hashlib
from base64 import b64decode
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import cbor2
import pytest

from kmsjose import KeySet, KmsJoseError, PublicKey, cose, cwt
from kmsjose.algorithms import TABLE, Family, by_name
from kmsjose.cbor import dumps, loads, tagged, untagged
from kmsjose.cose import Label
from kmsjose.cose.structures import sig_structure, sig_structure1
from kmsjose.ecdsa import der_to_raw, raw_to_der
from kmsjose.errors import VerificationError
from kmsjose.keys.kids import kid_of_text
from tests.vectors.cose_positive import HEADER, PAYLOAD, signatures_of
from tests.vectors.keys import read

COSE, CWT, NEGATIVE, KEYS_FILE = (read(f"{name}.json") for name in ("cose", "cwt", "negative-cose", "cose-keys"))
KEYS = KeySet.from_cose_keyset(bytes.fromhex(KEYS_FILE["key_set"]))
SIGNED = list(signatures_of([*COSE, *CWT]))
#: Arguments that are bytes, and so stand in hex.
BINARY = ("payload", "external_aad", "content")


def name_of(case):
    return case["name"]


def key_of(alg: str) -> PublicKey:
    return KEYS.find(None, by_name(alg))


def verify(call: str, message: bytes, **arguments: Any) -> Any:
    """Verify as a case says: what the file has as hex or in seconds becomes what the call takes."""
    for name in BINARY:
        if name in arguments:
            arguments[name] = bytes.fromhex(arguments[name])
    if "now" in arguments:
        arguments["now"] = datetime.fromtimestamp(arguments["now"], UTC)
    if call == "countersign0":
        return cose.verify_countersignature0(message, key_of(arguments.pop("alg")), **arguments)
    if call == "hash-envelope":
        return cose.verify_hash_envelope(message, KEYS, arguments.pop("content"), **arguments)
    return CALLS[call](message, KEYS, **arguments)


CALLS = {"sign1": cose.verify1, "sign": cose.verify, "countersign": cose.verify_countersignatures, "cwt": cwt.verify}


def arguments_of(case: dict[str, Any]) -> dict[str, Any]:
    """What a message that verifies is verified with."""
    arguments = {"external_aad": case["external_aad"]}
    if case["detached"]:
        arguments["payload"] = case["payload"]
    if case["call"] == "hash-envelope":
        arguments["content"] = case["content"]
    if case["call"] == "countersign0":
        arguments["alg"] = case["alg"]
    return arguments


def test_every_algorithm_and_form_is_there():
    names = {case["name"] for case in COSE}
    forms = ("sign1", "sign1 detached", "sign1 with external_aad", "sign1 untagged",
             "sign1 with content type, typ and CWT claims", "sign", "hash envelope")  # fmt: skip
    assert {f"{row.name} {form}" for row in TABLE for form in forms} <= names
    fully = {f"{row.name} sign1 by its fully specified number" for row in TABLE if row.cose_fully_specified is not None}
    assert fully == {name for name in names if "fully specified" in name}
    assert {case["alg"] for case in CWT} == {row.name for row in TABLE}
    assert {case["call"] for case in COSE} == {"sign1", "sign", "hash-envelope", "countersign", "countersign0"}


@pytest.mark.parametrize("cases", [COSE, CWT, NEGATIVE], ids=["cose", "cwt", "negative-cose"])
def test_a_case_has_a_name_of_its_own(cases):
    counts = Counter((case.get("call"), case["name"]) for case in cases)
    assert [name for name, count in counts.items() if count > 1] == []


class TestKeys:
    @pytest.mark.parametrize("entry", KEYS_FILE["keys"], ids=lambda entry: entry["alg"])
    def test_a_key_is_read_and_has_its_thumbprint(self, entry):
        key = PublicKey.from_cose_key(bytes.fromhex(entry["key"]))
        assert key == key_of(entry["alg"])
        assert (key.algorithm.name, key.kid) == (entry["alg"], entry["kid"])
        assert key.cose_thumbprint().hex() == entry["thumbprint"]
        if "fully_specified" in entry:
            fully = bytes.fromhex(entry["fully_specified"])
            assert PublicKey.from_cose_key(fully) == key
            assert loads(fully)[3] == key.algorithm.cose_fully_specified

    def test_the_thumbprint_is_of_the_required_parameters(self):
        """RFC 9679 section 4, and for ML-DSA RFC 9964: its alg too."""
        for entry in KEYS_FILE["keys"]:
            key = loads(bytes.fromhex(entry["key"]))
            required = {1, -1, -2, -3, *([3] if key[1] == 7 else [])}
            kept = dumps({label: value for label, value in key.items() if label in required})
            assert hashlib.sha256(kept).hexdigest() == entry["thumbprint"]

    def test_the_key_set_is_that_of_the_jwk_set(self):
        assert KeySet.from_jwks(read("jwks.json")) == KEYS
        assert [entry["alg"] for entry in KEYS_FILE["keys"]] == [row.name for row in TABLE]
        assert loads(bytes.fromhex(KEYS_FILE["key_set"])) == [
            loads(bytes.fromhex(entry["key"])) for entry in KEYS_FILE["keys"]
        ]


@pytest.mark.parametrize("case", SIGNED, ids=lambda case: case["alg"])
class TestSigning:
    def test_what_kms_answers_becomes_the_raw_signature(self, case):
        row = by_name(case["alg"])
        answered, raw = bytes.fromhex(case["kms_signature"]), bytes.fromhex(case["signature"])
        if row.family is Family.ECDSA:
            assert der_to_raw(answered, row) == raw
            if not row.low_s:
                assert raw_to_der(raw, row) == answered
        else:
            assert answered == raw
        KEYS.find(case["kid"], row).verify(bytes.fromhex(case["signing_input"]), raw)

    def test_what_kms_is_sent_is_of_the_signing_input(self, case):
        row, message = by_name(case["alg"]), bytes.fromhex(case["signing_input"])
        sent, told = b64decode(case["kms"]["Message"]), case["kms"]
        assert (told["alg"], told["kid"], told["SigningAlgorithm"]) == (row.name, case["kid"], row.kms_algorithm)
        if row.hash is not None:
            assert (sent, told["MessageType"]) == (hashlib.new(row.hash.name, message).digest(), "DIGEST")
        else:
            assert (sent, told["MessageType"]) == (message, "RAW")

    def test_the_signing_input_is_deterministic_cbor(self, case):
        structure = loads(bytes.fromhex(case["signing_input"]))
        assert dumps(structure).hex() == case["signing_input"]
        assert structure[0] in {"Signature1", "Signature", "CounterSignature", "CounterSignature0",
                                "CounterSignatureV2", "CounterSignature0V2"}  # fmt: skip


@pytest.mark.parametrize("case", COSE, ids=name_of)
class TestMessages:
    def test_it_verifies(self, case):
        message = bytes.fromhex(case["message"])
        verified = verify(case["call"], message, **arguments_of(case))
        if case["call"] == "countersign0":
            assert verified == key_of(case["alg"])
        elif case["call"] == "countersign":
            assert {verdict.error for verdict in verified} == {None}
            assert verified[-1].key == key_of(case["alg"])
        elif case["call"] == "sign":
            assert verified.payload.hex() == case["payload"]
            assert [verdict.key.algorithm.name for verdict in verified.verdicts] == [
                part["alg"] for part in signatures_of([case])
            ]
        else:
            assert verified.payload.hex() == case["payload"]
            assert verified.key == key_of(case["alg"])

    def test_its_signatures_stand_in_it(self, case):
        for part in signatures_of([case]):
            assert dumps(bytes.fromhex(part["signature"])).hex() in case["message"]

    def test_it_is_deterministic_cbor(self, case):
        message = bytes.fromhex(case["message"])
        tags, body = untagged(message)
        encoded = dumps(loads(body))
        assert (tagged(tags[0], encoded) if tags else encoded) == message

    def test_with_another_external_aad_it_is_refused(self, case):
        with pytest.raises(VerificationError) as caught:
            verify(case["call"], bytes.fromhex(case["message"]), **{**arguments_of(case), "external_aad": "00"})
        # Of one signature the code is its own; of several, that of the policy.
        assert caught.value.code in {"signature-invalid", "policy-unmet"}


@pytest.mark.parametrize("case", [case for case in COSE if "target" in case], ids=name_of)
def test_a_countersignature_leaves_the_message_as_it_was(case):
    before, after = (loads(untagged(bytes.fromhex(case[member]))[1]) for member in ("target", "message"))
    assert [before[0], *before[2:]] == [after[0], *after[2:]]
    payload = PAYLOAD if case["detached"] else None
    call = cose.verify1 if isinstance(after[3], bytes) else cose.verify
    assert call(bytes.fromhex(case["message"]), KEYS, payload=payload).payload == PAYLOAD


def test_the_header_parameters_are_read_back():
    cases = [case for case in COSE if case["name"].endswith("content type, typ and CWT claims")]
    assert len(cases) == len(TABLE)
    for case in cases:
        verified = cose.verify1(bytes.fromhex(case["message"]), KEYS, typ=HEADER[Label.TYP])
        row = by_name(case["alg"])
        assert verified.protected == {1: row.cose, 4: kid_of_text(case["kid"]), **HEADER}


def test_a_fully_specified_number_stands_where_the_name_says_so():
    for case in COSE:
        if case["call"] == "sign1":
            row = by_name(case["alg"])
            number = row.cose_fully_specified if "fully specified" in case["name"] else row.cose
            assert cose.verify1(bytes.fromhex(case["message"]), KEYS, **_given(case)).protected[1] == number


def _given(case: dict[str, Any]) -> dict[str, bytes]:
    return {name: bytes.fromhex(value) for name, value in arguments_of(case).items()}


def test_the_traps_are_there():
    short = next(case for case in COSE if case["name"] == "ES256 sign1 with a short r")
    assert short["signature"].startswith("00")
    high = next(case for case in COSE if case["name"] == "ES256K sign1 with a high s in the DER")
    row = by_name("ES256K")
    assert raw_to_der(bytes.fromhex(high["signature"]), row).hex() != high["kms_signature"]


@pytest.mark.parametrize("case", CWT, ids=name_of)
def test_a_cwt_verifies(case):
    verified = verify(
        "cwt",
        bytes.fromhex(case["message"]),
        issuer=case["issuer"],
        audience=case["audience"],
        typ=case["typ"],
        now=case["now"],
    )
    claims = {str(label): value for label, value in verified.claims.items()}
    assert {label: value.hex() if isinstance(value, bytes) else value for label, value in claims.items()} == case[
        "claims"
    ]
    assert verified.key == key_of(case["alg"])


@pytest.mark.parametrize("case", NEGATIVE, ids=lambda case: f"{case['call']}: {case['name']}")
def test_what_must_be_refused_is_refused_with_its_code(case):
    with pytest.raises(KmsJoseError) as caught:
        verify(case["call"], bytes.fromhex(case["message"]), **case["arguments"])
    assert caught.value.code == case["error"]
    assert isinstance(caught.value, VerificationError)


def test_what_a_rule_refuses_is_truly_signed():
    """By a decoder that takes what ours does not: so nothing but the rule can have refused it."""
    tampered = ("signature-invalid", "signature-size", "payload-missing", "malformed")
    unread = []
    for case in NEGATIVE:
        if case["call"] not in {"sign1", "cwt", "hash-envelope"} or case["error"] in tampered:
            continue
        if case["name"].endswith((": the header says ES256", ": the header says ES384")):
            continue
        try:
            value = cbor2.loads(bytes.fromhex(case["message"]))
            while isinstance(value, cbor2.CBORTag):
                value = value.value
            protected, _, payload, signature = value
        except cbor2.CBORDecodeError:
            unread.append(case["name"])
            continue
        payload = payload.value if isinstance(payload, cbor2.CBORTag) else payload
        if isinstance(signature, bytes):
            signed = sig_structure1(protected, b"", payload)
        else:  # a COSE_Sign that is taken for a COSE_Sign1
            ((own, _, signature),) = signature
            signed = sig_structure(protected, own, b"", payload)
        key_of("ES256").verify(signed, signature)
    assert unread == [
        "a message that lacks its last byte",
        "nothing",
    ]


def test_every_code_of_a_cose_message_has_a_case():
    not_of_these = {
        # of JOSE, or of credentials
        "bad-base64url", "bad-json", "duplicate-member", "alg-none", "b64-invalid",
        "credential-invalid", "credential-expired",
        # of certificates, which no message is verified by
        "certificate-invalid", "certificate-expired", "certificate-not-yet-valid", "chain-invalid", "chain-untrusted",
        # of the log of signatures
        "audit-mismatch",
        # of bounds, which would make the file large, and of other keys than these
        "too-large", "key-ambiguous",
    }  # fmt: skip
    assert {case["error"] for case in NEGATIVE} == VerificationError.codes.keys() - not_of_these
