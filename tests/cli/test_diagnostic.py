"""Diagnostic notation: of what is well-formed as RFC 8949 has it, and of what is not as far as it can be read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmsjose.cbor import dumps, loads
from kmsjose.cbor_heads import head
from kmsjose.cli.cbor_item import plain
from kmsjose.cli.diagnostic import diagnostic
from kmsjose.cli.lenient_cbor import MAX_ITEMS, Budget, read


def shown(data, budget=None):
    return diagnostic(read(bytes.fromhex(data) if isinstance(data, str) else data, budget or Budget()))


def notes(data):
    budget = Budget()
    read(bytes.fromhex(data) if isinstance(data, str) else data, budget)
    return list(budget.notes)


@pytest.mark.parametrize("data, notation", [
    # RFC 8949 appendix A
    ("00", "0"),
    ("1864", "100"),
    ("1bffffffffffffffff", "18446744073709551615"),
    ("3bffffffffffffffff", "-18446744073709551616"),
    ("29", "-10"),
    ("f90000", "0.0"),
    ("f98000", "-0.0"),
    ("fb3ff199999999999a", "1.1"),
    ("f93e00", "1.5"),
    ("fa7f7fffff", "3.4028234663852886e+38"),
    ("f97c00", "Infinity"),
    ("f97e00", "NaN"),
    ("f9fc00", "-Infinity"),
    ("fa7f800000", "Infinity_2"),
    ("fb7ff8000000000000", "NaN_3"),
    ("f4", "false"),
    ("f6", "null"),
    ("f7", "undefined"),
    ("f0", "simple(16)"),
    ("f8ff", "simple(255)"),
    ("c074323031332d30332d32315432303a30343a30305a", '0("2013-03-21T20:04:00Z")'),
    ("40", "h''"),
    ("4401020304", "h'01020304'"),
    ("60", '""'),
    ("62225c", r'"\"\\"'),
    ("62c3bc", '"ü"'),
    ("80", "[]"),
    ("a0", "{}"),
    ("8301820203820405", "[1, [2, 3], [4, 5]]"),
    ("5f42010243030405ff", "(_ h'0102', h'030405')"),
    ("7f657374726561646d696e67ff", '(_ "strea", "ming")'),
    ("9fff", "[_ ]"),
    ("9f018202039f0405ffff", "[_ 1, [2, 3], [_ 4, 5]]"),
    # section 8.1: how it is encoded is told where it could be shorter
    ("1801", "1_0"),
    ("1b0000000000000001", "1_3"),
    ("580161", "h'61'_0 / \"a\" /"),
    ("9800", "[_0 ]"),
    ("b90000", "{_1 }"),
    ("d81200", "18_0(0)"),
    ("fa3fc00000", "1.5_2"),
])  # fmt: skip
def test_the_notation_of_rfc_8949(data, notation):
    assert shown(data) == notation


def test_a_map_is_indented():
    assert shown("bf6346756ef563416d7421ff") == '{_\n  "Fun": true,\n  "Amt": -2\n}'
    assert shown("8201a161618101") == '[\n  1,\n  {\n    "a": [1]\n  }\n]'


@pytest.mark.parametrize("data, notation, note", [
    ("", "/ the data ends here /", "the data ends within an item"),
    ("19ff", "/ the data ends here /", "the data ends within an item"),
    ("8201", "[\n  1,\n  / the data ends here /\n]", "the data ends within an item"),
    ("d2", "18(/ the data ends here /)", "the data ends within an item"),
    ("a101", "{\n  1: / the data ends here /\n}", "the data ends within an item"),
    ("a1", "{\n  / the data ends here /\n}", "the data ends within an item"),
    ("430102", "h'0102' / cut off: 1 byte missing /", "the data ends within an item"),
    ("9bffffffffffffffff01", "[\n  1,\n  / the data ends here /\n]", "the data ends within an item"),
    ("5bffffffffffffffff01", "cut off: 18446744073709551614 bytes missing", "the data ends within an item"),
    ("bf01ff", "{_\n  1: / no value /\n}", "a label that has no value"),
    ("821c01", "[\n  / the rest can't be read /\n]", "a head is reserved"),
    ("82ff01", "/ the rest can't be read /", "a break stands where an item should"),
    ("1f", "/ the rest can't be read /", "a head is reserved"),
    ("dfff", "/ the rest can't be read /", "a head is reserved"),
    ("5f6161ff", "(_\n  / the rest can't be read /\n)", "holds what is no piece of it"),
    ("5f5f4161ffff", "(_\n  / the rest can't be read /\n)", "holds what is no piece of it"),
    ("f805", "simple(5)_0 / no such simple value /", "in two bytes that need one"),
    ("61ff", '"\ufffd" / not UTF-8 /', "text is not UTF-8"),
    ("a201010102", "{\n  1: 1,\n  1 / stands more than once /: 2\n}", "the label 1 stands more than once in a map"),
    ("a1f501", "{\n  true / no integer or text /: 1\n}", "a label is neither an integer nor text"),
    ("a1810102", "{\n  [1] / no integer or text /: 2\n}", "a label is neither an integer nor text"),
    ("9f01ff", "[_ 1]", "a length is indefinite"),
    ("1801", "1_0", "a head is not in its shortest form"),
    ("010203", "1 / 2 bytes left behind /", "what stands behind the data item is no part of it: 2 bytes"),
])  # fmt: skip
def test_what_is_malformed_is_shown_as_far_as_it_can_be_read(data, notation, note):
    assert notation in shown(data)
    assert any(note in told for told in notes(data))


def test_bytes_that_are_text_are_shown_as_such():
    assert shown(dumps(b"kid-1")) == "h'6b69642d31' / \"kid-1\" /"
    # A comment would end at the slash.
    assert shown(dumps(b'https://a.example/it\'s "1"\\')) == r"""'https://a.example/it\'s "1"\\'"""
    assert shown(dumps(b"\x1b[31m")) == "h'1b5b33316d'"
    assert shown(dumps("\u202e".encode())) == "h'e280ae'"
    assert shown(dumps("\x1b[31m/\u202e")) == r'"\u001b[31m/\u202e"'


def test_what_is_long_is_cut_and_says_so():
    assert shown(dumps(bytes(64))) == f"h'{'00' * 64}'"
    assert shown(dumps(bytes(65))) == f"h'{'00' * 32}...' / 65 bytes /"
    assert shown(dumps("a" * 2000)) == f'"{"a" * 1024}"... / 2000 characters /'
    assert shown(dumps(b"a" * 2000)) == f"'{'a' * 1024}'... / 2000 bytes /"
    assert shown(dumps(["a" * 60, "b" * 60])).count("\n") == 3


def test_only_so_much_is_shown():
    many = shown(b"\x9a\x00\x10\x00\x00" + bytes(1 << 20))
    assert many.count("0,") == MAX_ITEMS - 1
    assert "/ the rest is not shown /" in many
    assert "/ the rest is not shown /" in shown(b"\x81" * 100_000)
    assert "/ the rest is not shown /" in shown(b"\x5f" + b"\x40" * 100_000)
    duplicates = head(5, 2000) + b"".join(dumps(number // 2) + b"\x00" for number in range(2000))
    assert len(notes(duplicates)) < 100


INTEGERS = st.integers(-(2**64), 2**64 - 1)
SCALARS = st.none() | st.booleans() | INTEGERS | st.floats(allow_nan=False) | st.text() | st.binary()
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(INTEGERS | st.text(), inner, max_size=4)
)


@given(VALUES)
def test_what_is_strict_is_read_as_the_strict_reader_does(value):
    data = dumps(value)
    budget = Budget()
    item = read(data, budget)
    assert plain(item) == loads(data)
    assert item.whole
    assert not item.rest
    assert not budget.notes
    assert all(c.isprintable() or c == "\n" for c in diagnostic(item))


@given(st.binary())
def test_any_bytes_have_a_notation(data):
    assert all(c.isprintable() or c == "\n" for c in shown(data))
