"""CloudTrail's files: every form that events come in, and what is no such file."""

from __future__ import annotations

import errno
import gzip
import json
import os
from datetime import UTC, datetime
from io import StringIO

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kmsjose import InputError
from kmsjose.kms import SignatureRecord
from kmsjose.kms.json_stream import MAX_ENTRY, entries
from kmsjose.kms.trail import SignEvent, sign_events, trail_files
from tests.kms.cloudtrail import CALLER, delivered, lines, looked_up, sign_event

ARN = "arn:aws:kms:eu-west-1:111122223333:key/00000000-0000-4000-8000-000000000001"


def record(number):
    when = datetime(2026, 1, 2, 3, 4, 5, 678, UTC)
    return SignatureRecord(when, ARN, "kid", "ES256", f"request-{number}", "ab" * 32, None, None)


EVENTS = [sign_event(record(number)) for number in range(3)]
OTHERS = [
    {**EVENTS[0], "eventName": "GetPublicKey"},
    {**EVENTS[0], "eventSource": "s3.amazonaws.com"},
    {**EVENTS[0], "errorCode": "DryRunOperationException", "errorMessage": "dry run"},
    {**EVENTS[0], "errorCode": "AccessDenied"},
]
FORMS = {
    "delivered": delivered(EVENTS),
    "delivered, one behind the other": delivered(EVENTS[:1]) + delivered(EVENTS[1:]),
    "delivered, indented": json.dumps({"Records": EVENTS}, indent=2),
    "looked up": looked_up(EVENTS),
    "looked up, sorted": json.dumps(json.loads(looked_up(EVENTS)), sort_keys=True),
    "looked up, with the token before": json.dumps({"NextToken": "x", **json.loads(looked_up(EVENTS))}),
    "lines": lines(EVENTS),
    "lines without an end": lines(EVENTS).rstrip("\n"),
    "lines of Windows": lines(EVENTS).replace("\n", "\r\n"),
    "an array": json.dumps(EVENTS),
}


@pytest.fixture
def read(tmp_path):
    def read_text(text):
        file = tmp_path / "events.json"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return list(sign_events(file))

    return read_text


@pytest.mark.parametrize("text", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("zipped", [False, True], ids=["plain", "gzipped"])
def test_every_form_tells_the_same(read, text, zipped):
    data = text.encode()
    found = read(gzip.compress(data) if zipped else data)
    assert [event.request_id for event in found] == ["request-0", "request-1", "request-2"]
    assert found[0] == SignEvent(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "request-0", ARN, "ECDSA_SHA_256", CALLER)


@pytest.mark.parametrize("form", [delivered, looked_up, lines])
def test_only_signatures_that_were_made_are_told(read, form):
    assert [event.request_id for event in read(form([*OTHERS, EVENTS[1], *OTHERS]))] == ["request-1"]


def test_a_file_without_signatures_tells_none(read):
    assert read(delivered([])) == read(looked_up([])) == read(lines(OTHERS)) == read("[]") == []


def test_what_an_event_leaves_out_is_empty(read):
    bare = sign_event(record(0), resources=None, requestParameters=None, userIdentity=None, requestID=None)
    assert read(lines([bare]))[0] == SignEvent(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), None, "", "", "")


def test_the_key_is_that_of_the_resources_or_else_of_the_request(read):
    asked = {"keyId": "alias/issuer", "signingAlgorithm": "ECDSA_SHA_256"}
    assert read(lines([sign_event(record(0), requestParameters=asked)]))[0].key == ARN
    assert read(lines([sign_event(record(0), requestParameters=asked, resources=None)]))[0].key == "alias/issuer"
    alias = {"ARN": "arn:aws:kms:eu-west-1:111122223333:alias/issuer"}
    both = sign_event(record(0), requestParameters=asked, resources=[alias, *EVENTS[0]["resources"]])
    assert read(lines([both]))[0].key == ARN


def test_a_service_that_signed_is_the_caller(read):
    service = sign_event(record(0), userIdentity={"type": "AWSService", "invokedBy": "dnssec-route53.amazonaws.com"})
    assert read(lines([service]))[0].caller == "dnssec-route53.amazonaws.com"


def test_a_folder_is_read_with_all_that_is_below_it(tmp_path):
    bucket = tmp_path / "AWSLogs" / "111122223333"
    for number, event in enumerate(EVENTS):
        folder = bucket / "CloudTrail" / "eu-west-1" / f"0{number}"
        folder.mkdir(parents=True)
        (folder / "events.json.gz").write_bytes(gzip.compress(delivered([event]).encode()))
    for name in ("CloudTrail-Digest", "CloudTrail-Insight"):
        (bucket / name).mkdir()
        (bucket / name / "other.json.gz").write_bytes(gzip.compress(b'{"digestStartTime": "x"}'))
    (bucket / "README.txt").write_text("not of CloudTrail")
    assert [event.request_id for event in sign_events(tmp_path)] == ["request-0", "request-1", "request-2"]


def test_a_folder_that_may_not_be_read_is_never_taken_for_an_empty_one(tmp_path, refused, monkeypatch):
    (tmp_path / "01").mkdir()
    (tmp_path / "01" / "events.json").write_text(lines(EVENTS))
    (tmp_path / "02").mkdir()
    (tmp_path / "02").chmod(0)
    if os.access(tmp_path / "02", os.R_OK):
        # Root may read everything, so the system's answer is given here.
        genuine = os.scandir

        def scandir(folder):
            if str(folder).endswith("02"):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(folder))
            return genuine(folder)

        monkeypatch.setattr(os, "scandir", scandir)
    with refused("file-unreadable", InputError) as caught:
        list(sign_events(tmp_path))
    assert "02 can't be read: Permission denied" in caught.value.message


def test_what_is_left_aside_in_a_folder_is_told(tmp_path):
    text = lines(EVENTS[:1])
    for name in ("events.JSON", "more.json.GZ", "notes.txt", "events.gz", "CloudTrail-Digest/digest.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "link").symlink_to(tmp_path)
    (tmp_path / "lost.json").symlink_to(tmp_path / "nowhere")
    read, aside = trail_files(tmp_path)
    assert [file.name for file in read] == ["events.JSON", "more.json.GZ"]
    assert [file.name for file in aside] == ["events.gz", "link", "lost.json", "notes.txt"]
    assert len(list(sign_events(tmp_path))) == 2


def test_a_file_is_read_whatever_its_name(tmp_path):
    (tmp_path / "events").write_text(lines(EVENTS))
    assert trail_files(tmp_path / "events") == ([tmp_path / "events"], [])


def test_a_folder_without_events_is_refused(tmp_path, refused):
    with refused("trail-invalid", InputError):
        list(sign_events(tmp_path))


@pytest.mark.parametrize("name", ["nowhere.json", "with\0null"])
def test_a_file_that_cannot_be_read_is_refused(tmp_path, name, refused):
    with refused("file-unreadable", InputError):
        list(sign_events(tmp_path / name))


BAD = {
    "nothing": "",
    "space": " \n",
    "no JSON": "hello",
    "a number": "7",
    "a list of numbers": "[1, 2]",
    "a record that is no object": '{"Records": [7]}',
    "no event": '{"a": 1}',
    "Records that are no list": '{"Records": null}',
    "an event without its source": lines([sign_event(record(0), eventSource=None)]),
    "an event without a time": lines([sign_event(record(0), eventTime=None)]),
    "an event of no time": lines([sign_event(record(0), eventTime="yesterday")]),
    "an event beyond all times": lines([sign_event(record(0), eventTime="9999-12-31T23:59:59-23:59")]),
    "an event before all times": lines([sign_event(record(0), eventTime="0001-01-01T00:00:00+23:59")]),
    "an event of a time without its zone": lines([sign_event(record(0), eventTime="2026-01-02T03:04:05")]),
    "cut off": delivered(EVENTS)[:-200],
    "cut off in the list": delivered(EVENTS)[:-2],
    "cut off at its end": delivered(EVENTS)[:-1],
    "two lists": '{"Records": [], "Records": []}',
    "something behind it": delivered(EVENTS) + "}",
    "events without a comma": f"[{json.dumps(EVENTS[0])} {json.dumps(EVENTS[1])}]",
    "a looked-up event that is no JSON": '{"Events": [{"CloudTrailEvent": "{"}]}',
    "a looked-up event that is a number": '{"Events": [{"CloudTrailEvent": "7"}]}',
    "a looked-up event that is deep": json.dumps({"Events": [{"CloudTrailEvent": "[" * 200_000}]}),
    "deep": "[" * 200_000,
    "deep within": '{"Records": [' + "[" * 200_000,
    "a huge number": '{"Records": [' + "9" * 5000 + "]}",
    "not UTF-8": b"\xff\xfe{\x00}\x00",
    "gzip that is cut off": gzip.compress(delivered(EVENTS).encode())[:-20],
    "gzip that is damaged": gzip.compress(delivered(EVENTS).encode())[:40] + bytes(40),
    "only the beginning of gzip": b"\x1f\x8b",
    "gzip of nothing": gzip.compress(b""),
}


@pytest.mark.parametrize("text", BAD.values(), ids=BAD)
def test_what_is_no_file_of_events_is_refused(read, text, refused):
    with refused("trail-invalid", InputError) as caught:
        read(text)
    assert len(str(caught.value)) < 500


def test_an_entry_without_end_is_refused_before_the_file_is_read_whole():
    class Endless:
        taken = 0

        def read(self, size):
            self.taken += size
            return '{"a": "' + "x" * (size - 7) if self.taken == size else "x" * size

    file = Endless()
    with pytest.raises(ValueError, match="over"):
        list(entries(file, ()))
    assert file.taken < 4 * MAX_ENTRY


def test_entries_are_given_as_they_are_read():
    class Watched(StringIO):
        taken = 0

        def read(self, size=-1):
            self.taken += size
            return super().read(size)

    file = Watched(delivered(range(1_000_000)))
    found = entries(file, ("Records",))
    assert next(found) == 0
    assert file.taken < 1 << 18
    assert list(found) == list(range(1, 1_000_000))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=8,
)


class Dribble(StringIO):
    """A file that gives one character at a time, so that every entry is cut everywhere."""

    def read(self, _size=-1):
        return super().read(1)


@given(st.lists(json_values, max_size=5), st.sampled_from([None, 1]), st.booleans())
def test_entries_are_those_that_were_written_wherever_they_are_cut(values, indent, behind):
    document = {"Records": values, **({"more": [1, {"Records": 2}]} if behind else {})}
    text = json.dumps(document, indent=indent)
    assert list(entries(Dribble(text), ("Records",))) == values
    assert list(entries(Dribble(text + " " + text), ("Records",))) == values * 2
    assert list(entries(Dribble(json.dumps(values, indent=indent)), ())) == values


@given(
    st.binary(max_size=100)
    | st.binary(max_size=100).map(gzip.compress)
    | json_values.map(lambda v: json.dumps(v).encode())
)
@example(b"\x1f\x8b\x08")
def test_any_bytes_are_events_or_our_error(tmp_path_factory, data):
    file = tmp_path_factory.getbasetemp() / "garbage.json"
    file.write_bytes(data)
    try:
        list(sign_events(file))
    except InputError as error:
        assert error.code == "trail-invalid"


@given(st.sampled_from(list(FORMS.values())), st.data())
def test_any_change_of_one_byte_is_events_or_our_error(tmp_path_factory, text, data):
    changed = bytearray(text.encode())
    changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    file = tmp_path_factory.getbasetemp() / "changed.json"
    file.write_bytes(changed)
    try:
        assert len(list(sign_events(file))) <= 3
    except InputError as error:
        assert error.code == "trail-invalid"
