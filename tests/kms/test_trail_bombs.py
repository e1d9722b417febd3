"""Gzip that unpacks to far more than it is: what is read of it is in proportion to the file."""

from __future__ import annotations

import gzip
import json
from hashlib import sha256
from itertools import count

import pytest

from kmsjose import InputError
from kmsjose.encoding import MAX_ITEMS
from kmsjose.kms import trail
from kmsjose.kms.json_stream import MAX_EMPTY, check_items
from kmsjose.kms.trail import sign_events
from tests.kms.cloudtrail import delivered, lines, looked_up
from tests.kms.test_trail import EVENTS, OTHERS

MEBIBYTE = 1 << 20
EVENT = json.dumps({"eventSource": "a", "eventName": "b"})
EMPTY = gzip.compress(b"")


def members(head, piece, tail=b"", times=24):
    """Gzip of many members, each of which unpacks to the same piece: made at the price of one."""
    return gzip.compress(head) + gzip.compress(piece) * times + gzip.compress(tail)


def repeated(text):
    return (text * (MEBIBYTE // len(text))).encode()


#: Each unpacks to 24 MiB and more.
BOMBS = {
    "spaces": members(b"", b" " * MEBIBYTE),
    "spaces before events": members(b"", b" " * MEBIBYTE, delivered(EVENTS).encode()),
    "spaces behind events": members(delivered(EVENTS).encode(), b" " * MEBIBYTE),
    "spaces between events": members(b'{"Records": [', b" " * MEBIBYTE, b"]}"),
    "lines without content": members(b"", b"\n" * MEBIBYTE),
    "tabs in a list": members(b"[", b"\t" * MEBIBYTE, b"]"),
    "a list of one event again and again": members(b'{"Records": [', repeated(EVENT + ","), EVENT.encode() + b"]}"),
    "one event on each line": members(b"", repeated(EVENT + "\n")),
    "looked-up events": members(b'{"Events": [', repeated(EVENT + ","), EVENT.encode() + b"]}"),
    "empty lists of events": members(b"", repeated('{"Records": []}')),
    "empty arrays": members(b"", repeated("[]")),
    "members behind the list": members(b'{"Records": []', repeated(',"a":1'), b"}"),
    "zeros": members(b"", bytes(MEBIBYTE)),
    "text without end": members(b'"', b"a" * MEBIBYTE),
    "a number without end": members(b"", b"9" * MEBIBYTE),
    "brackets": members(b"", b"[" * MEBIBYTE),
    "braces": members(b"", repeated('{"a":')),
    "bytes that are no UTF-8": members(b"", b"\xff" * MEBIBYTE),
    "one member alone": gzip.compress(b" " * (24 * MEBIBYTE), 1),
    "members without content between": (EMPTY * 10 + gzip.compress(b" " * MEBIBYTE)) * 24,
}


@pytest.fixture
def unpacked(monkeypatch):
    """How many bytes were unpacked."""
    counts = []
    genuine = gzip.GzipFile.read1

    def counted(self, size=-1):
        piece = genuine(self, size)
        counts.append(len(piece))
        return piece

    monkeypatch.setattr(gzip.GzipFile, "read1", counted)
    return lambda: sum(counts)


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
def test_it_is_refused_before_it_is_unpacked(tmp_path, refused, unpacked, monkeypatch, bomb):
    """By smaller bounds, that a refusal costs a test little."""
    monkeypatch.setattr(trail, "_RATIO", 20)
    monkeypatch.setattr(trail, "_LEAST_UNZIPPED", MEBIBYTE)
    assert 100 * len(bomb) < 24 * MEBIBYTE
    file = tmp_path / "events.json.gz"
    file.write_bytes(bomb)
    with refused("trail-invalid", InputError):
        list(sign_events(file))
    bound = max(trail._LEAST_UNZIPPED, trail._RATIO * len(bomb))
    assert 0 < unpacked() <= bound + MEBIBYTE


def test_events_as_they_are_delivered_are_far_from_the_bound(tmp_path, unpacked):
    ids = (sha256(str(number).encode()).hexdigest()[:32] for number in count())
    events = [{**event, "eventID": next(ids), "requestID": next(ids)} for event in (*EVENTS, *OTHERS) * 2000]
    file = tmp_path / "events.json.gz"
    file.write_bytes(gzip.compress(delivered(events).encode()))
    assert len(list(sign_events(file))) == 6000
    assert 3 * unpacked() < trail._RATIO * file.stat().st_size


def test_a_small_file_may_unpack_to_some_mebibytes_whatever_its_size(tmp_path):
    text = delivered([*OTHERS * 1000, *EVENTS]).encode()
    packed = gzip.compress(text)
    assert len(text) > 100 * len(packed)
    (tmp_path / "events.json.gz").write_bytes(packed)
    assert len(list(sign_events(tmp_path / "events.json.gz"))) == 3


@pytest.mark.parametrize("document", ["[]", "[ ]\n", '{"Records": []}', '{"Events":[]}\n', '{"Records": [], "a": 1}'])
def test_lists_of_nothing_on_end_are_bounded_whatever_their_file(tmp_path, refused, document):
    (tmp_path / "events.json").write_text(document * MAX_EMPTY + delivered(EVENTS) + document * MAX_EMPTY)
    assert len(list(sign_events(tmp_path / "events.json"))) == 3
    (tmp_path / "events.json").write_text(document * (MAX_EMPTY + 1) + delivered(EVENTS))
    with refused("trail-invalid", InputError):
        list(sign_events(tmp_path / "events.json"))


def test_so_are_the_members_beside_a_list(tmp_path, refused):
    for number, good in ((MAX_EMPTY, True), (MAX_EMPTY + 1, False)):
        (tmp_path / "events.json").write_text('{"Records": []' + ', "a": 1' * number + "}")
        if good:
            assert list(sign_events(tmp_path / "events.json")) == []
        else:
            with refused("trail-invalid", InputError):
                list(sign_events(tmp_path / "events.json"))


def test_what_is_not_packed_has_no_such_bound(tmp_path):
    data = b" " * (trail._LEAST_UNZIPPED + MEBIBYTE) + delivered(EVENTS).encode()
    (tmp_path / "events.json").write_bytes(data)
    assert len(list(sign_events(tmp_path / "events.json"))) == 3


@pytest.mark.parametrize("form", [delivered, looked_up, lines])
def test_the_values_of_an_event_are_bounded_as_those_of_any_json(tmp_path, refused, form):
    def written(values):
        return form([EVENTS[1], {**EVENTS[0], "more": ["[],"] * 1000 + [0] * values}, *[EVENTS[2]] * 2000])

    (tmp_path / "events.json").write_text(written(MAX_ITEMS - 2000))
    assert len(list(sign_events(tmp_path / "events.json"))) == 2002
    (tmp_path / "events.json").write_text(written(MAX_ITEMS))
    with refused("trail-invalid", InputError) as caught:
        list(sign_events(tmp_path / "events.json"))
    assert f"over {MAX_ITEMS} values" in caught.value.message


@pytest.mark.parametrize("one", ["1", "[]", "{}", '""', '"[,{"', "[ ]", '"\\""', '{"a":1}'])
def test_every_kind_of_value_counts_and_what_stands_in_text_does_not(one):
    marks = 2 if one[0] in "[{" else 1
    fitting = (MAX_ITEMS - 2) // marks
    for behind in ("", "[]," * MAX_ITEMS):
        check_items('{"a":[' + f"{one}," * fitting + f"]}}{behind}")
        with pytest.raises(ValueError, match="over"):
            check_items('{"a":[' + f"{one}," * (fitting + 1) + f"]}}{behind}")


def test_they_are_counted_though_the_value_has_no_end(tmp_path, refused):
    (tmp_path / "events.json").write_text("[" + "[" + "[]," * MAX_ITEMS)
    with refused("trail-invalid", InputError) as caught:
        list(sign_events(tmp_path / "events.json"))
    assert f"over {MAX_ITEMS} values" in caught.value.message
