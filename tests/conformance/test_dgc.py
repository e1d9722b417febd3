"""The test data of the European Union's Digital COVID Certificates, in the members that are ours to meet.

EXPECTEDVERIFY is the COSE signature by the certificate's key, whose kid is the first 8 bytes of the certificate's
SHA-256; EXPECTEDEXPIRATIONCHECK the dates of the CWT against VALIDATIONCLOCK; EXPECTEDDECODE, UNPREFIX, B45DECODE and
COMPRESSION the text form, read here by the standard library alone. The JSON schema, the picture and the purposes of
the certificate are an application's.
"""

from __future__ import annotations

import json
import zlib
from base64 import b64decode
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import pytest

from kmsjose import KeySet, PublicKey, cose, cwt
from kmsjose.cbor import cbor_map, untagged
from kmsjose.errors import InputError, KmsJoseError

#: Files whose signature is good, and the rule of ours that refuses them nevertheless.
BY_OUR_RULES = {
    "common/CO20.json": "alg-missing",  # alg is unprotected
    "common/CO21.json": "header-overlap",  # kid in both buckets
}
#: Files that must not verify.
REFUSED = {
    "common/CBO2.json": "bad-cbor",  # bytes behind the message
    "common/CO5.json": "signature-size",
    "common/CO22.json": "header-overlap",  # another kid unprotected; the signature itself is good
    "common/CO23.json": "alg-missing",  # and here alg too
}
#: Files that must be out of their time.
UNTIMELY = {"common/CO16.json": "issued-in-future", "common/CO17.json": "expired"}
#: Files that want a token valid in the second of its exp: RFC 8392 section 3.1.4 says that it is over on it.
ON_ITS_EXP = ("DK/1.json", "DK/2.json", "DK/3.json", "ES/1501.json", "IE/4.json")
#: Files whose text can't be read, and where it fails.
UNREADABLE = {
    "common/B1.json": "base45",
    "common/CBO2.json": "CBOR",
    "common/H1.json": "prefix",
    "common/H3.json": "prefix",
    "common/Z1.json": "zlib",
    "common/Z2.json": "zlib",
}
#: Where a plain reading of a file disagrees with it, and is the one that counts here; the rest of the notes is above.
NOTED = {*UNREADABLE, *ON_ITS_EXP, "common/CO22.json", "common/CO23.json", "common/CO28.json"}
BASE45 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
PREFIX = "HC1:"


@pytest.fixture(scope="session")
def files(vectors) -> dict[str, Any]:
    """The files by their names."""
    folder = vectors / "dgc"
    if not folder.is_dir():
        pytest.skip("these vectors have no folder dgc")
    return {path.relative_to(folder).as_posix(): json.loads(path.read_text()) for path in folder.glob("*/*.json")}


@pytest.fixture(scope="session")
def notes(vectors, files) -> dict[str, list[str]]:
    """Where a plain reading disagrees with a file."""
    return json.loads((vectors / "dgc" / "notes.json").read_text())


def base45(text: str) -> bytes:
    """RFC 9285 section 4."""
    values = [BASE45.index(character) for character in text]
    found = bytearray()
    for start in range(0, len(values), 3):
        part = values[start : start + 3]
        number = sum(value * 45**place for place, value in enumerate(part))
        found += number.to_bytes(len(part) - 1, "little" if len(part) == 2 else "big")
    return bytes(found)


def message_of(file: dict[str, Any]) -> bytes:
    """The message of a file, as it stands or from the text of its picture."""
    if "COSE" in file:
        return bytes.fromhex(file["COSE"])
    text = file["PREFIX"]
    assert text.startswith(PREFIX)
    return zlib.decompress(base45(text.removeprefix(PREFIX)))


def failing_step(file: dict[str, Any]) -> str | None:
    """Where the reading of a file's text fails, or None."""
    if not file["PREFIX"].startswith(PREFIX):
        return "prefix"
    try:
        packed = base45(file["PREFIX"].removeprefix(PREFIX))
    except (ValueError, OverflowError):
        return "base45"
    try:
        cwt.verify(zlib.decompress(packed), KeySet([key_of(file)]), now=clock_of(file))
    except zlib.error:
        return "zlib"
    except KmsJoseError as error:
        return "CBOR" if error.code == "bad-cbor" else None
    return None


def key_of(file: dict[str, Any]) -> PublicKey:
    der = b64decode(file["TESTCTX"]["CERTIFICATE"])
    text = file["TESTCTX"]["CERTIFICATE"]
    pem = f"-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n"
    kid = sha256(der).digest()[:8]
    try:
        return PublicKey.from_pem(pem, kid=kid)
    except InputError as error:
        assert error.code == "alg-required"
        return PublicKey.from_pem(pem, "PS256", kid=kid)


def clock_of(file: dict[str, Any]) -> datetime:
    read = datetime.fromisoformat(file["TESTCTX"]["VALIDATIONCLOCK"])
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def expected(file: dict[str, Any], name: str) -> bool | None:
    """What a file expects, or None where it does not say."""
    return file["EXPECTEDRESULTS"].get(f"EXPECTED{name}")


def outcome(message: bytes, key: PublicKey) -> str | None:
    """The code of the refusal of a signature, or None if it is good."""
    try:
        # The CWT tag is for `cwt.verify`.
        cose.verify1(message[2:] if untagged(message)[0][:1] == (61,) else message, KeySet([key]))
    except KmsJoseError as error:
        return error.code
    return None


def test_every_file_is_there_and_every_note_is_accounted_for(files, notes):
    assert len(files) == 60
    assert notes.keys() == NOTED - {"common/H3.json"}
    assert {*BY_OUR_RULES, *REFUSED, *UNTIMELY, *ON_ITS_EXP, *UNREADABLE} <= files.keys()
    # A file that expects nothing of the sort would be looked at for nothing.
    names = ("VERIFY", "EXPIRATIONCHECK", "DECODE", "UNPREFIX", "B45DECODE", "COMPRESSION", "KEYUSAGE")
    assert all(any(expected(file, name) is not None for name in names) for file in files.values())


def test_the_signature_is_good_where_the_file_says_so(files):
    good = {name: file for name, file in files.items() if expected(file, "VERIFY")}
    found = {name: outcome(message_of(file), key_of(file)) for name, file in good.items()}
    assert len(found) == 47
    assert {name: code for name, code in found.items() if code} == BY_OUR_RULES


def test_the_signature_is_refused_where_the_file_says_so(files):
    bad = {name: file for name, file in files.items() if expected(file, "VERIFY") is False}
    assert {name: outcome(message_of(file), key_of(file)) for name, file in bad.items()} == REFUSED


def test_the_dates_are_judged_as_the_file_says(files):
    codes = {}
    asked = {name: file for name, file in files.items() if expected(file, "EXPIRATIONCHECK") is not None}
    for name, file in asked.items():
        try:
            verified = cwt.verify(message_of(file), KeySet([key_of(file)]), now=clock_of(file))
        except KmsJoseError as error:
            codes[name] = error.code
        else:
            assert set(verified.claims) - {"iss", "exp", "iat", "nbf"} == {-260}
    assert len(asked) == 29
    assert codes == {**UNTIMELY, **dict.fromkeys(ON_ITS_EXP, "expired")}
    assert all(expected(files[name], "EXPIRATIONCHECK") is False for name in UNTIMELY)


def test_the_health_claim_is_read_whole_with_its_tagged_dates(files):
    """Some issuers tag the time of a sample with 0, which is left to whoever reads the claim."""
    count = {}
    for name, file in files.items():
        if expected(file, "VERIFY") and name not in BY_OUR_RULES:
            message = message_of(file)
            tagged = untagged(message)[0][:1] == (61,)
            payload = cose.verify1(message[2:] if tagged else message, key_of(file)).payload
            count[name] = tags_in(cbor_map(payload)[-260])
    assert {name for name, number in count.items() if number} == {"HU/2.json", "HU/3.json", "SE/2.json", "SE/4.json"}


def tags_in(value: Any) -> int:
    """How many tags stand in a value."""
    if isinstance(value, cose.Tag):
        assert value.number == 0
        return 1 + tags_in(value.value)
    if isinstance(value, dict):
        return sum(map(tags_in, value.values()))
    return sum(map(tags_in, value)) if isinstance(value, list) else 0


def test_a_text_that_can_not_be_read_fails_where_the_file_says(files):
    asked = {name: file for name, file in files.items() if "PREFIX" in file}
    found = {name: step for name, file in asked.items() if (step := failing_step(file))}
    assert found == UNREADABLE
    assert len(asked) == 60
    for name, step in UNREADABLE.items():
        of_step = {"base45": "B45DECODE", "CBOR": "VERIFY", "prefix": "UNPREFIX", "zlib": "COMPRESSION"}[step]
        assert expected(files[name], of_step) is False


def test_a_health_claim_of_bytes_that_are_no_cbor_is_left_to_its_reader(files):
    file = files["common/CBO1.json"]
    assert expected(file, "DECODE") is False
    claim = cwt.verify(message_of(file), key_of(file), now=clock_of(file)).claims[-260][1]
    with pytest.raises(KmsJoseError) as caught:
        cbor_map(claim)
    assert caught.value.code == "bad-cbor"
