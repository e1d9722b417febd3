"""Strict base64url and JSON: what is accepted, what is refused and how, and that nothing else escapes."""

from __future__ import annotations

import base64
import json
import math
import tracemalloc
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kmsjose.encoding import (
    MAX_DEPTH,
    MAX_ITEMS,
    _json_loads_strict,
    b64url_decode,
    b64url_encode,
    json_dumps,
    json_loads,
    json_object,
)
from kmsjose.errors import InputError, VerificationError

ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


class TestBase64url:
    @given(st.binary())
    def test_it_is_the_standard_librarys_without_padding(self, data):
        assert b64url_encode(data) == base64.urlsafe_b64encode(data).rstrip(b"=")
        assert b64url_decode(b64url_encode(data)) == data

    @given(st.binary(max_size=8) | st.lists(st.sampled_from(ALPHABET), max_size=8).map(bytes))
    def test_whatever_is_decoded_has_this_one_encoding(self, text):
        try:
            data = b64url_decode(text)
        except VerificationError as error:
            assert error.code == "bad-base64url"
        else:
            assert b64url_encode(data) == text

    def test_every_group_of_two_or_three_characters_is_judged_as_its_encoding_is(self):
        for last in ALPHABET:
            for start in (b"A", b"AA"):
                text = start + bytes([last])
                canonical = b64url_encode(base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4))) == text
                try:
                    b64url_decode(text)
                    accepted = True
                except VerificationError:
                    accepted = False
                assert accepted == canonical, text

    @pytest.mark.parametrize("foreign", sorted(set(range(256)) - set(ALPHABET)))
    def test_each_foreign_byte_is_refused_at_each_place(self, foreign, refused):
        for length in (4, 6, 7, 8):
            for index in range(length):
                text = bytearray(b"A" * length)
                text[index] = foreign
                with refused("bad-base64url"):
                    b64url_decode(bytes(text))

    @pytest.mark.parametrize(
        "text",
        [
            pytest.param(b"AA==", id="padding of one byte"),
            pytest.param(b"AAA=", id="padding of two bytes"),
            pytest.param(b"AAAA====", id="padding of nothing"),
            pytest.param(b"AA=A", id="padding inside"),
            pytest.param(b"=", id="padding alone"),
            pytest.param(b"A", id="a character alone"),
            pytest.param(b"AAAAA", id="a character too many"),
            pytest.param(b"AB", id="unused bits of one byte"),
            pytest.param(b"AAB", id="unused bits of two bytes"),
            pytest.param(b"AA+A", id="a plus of the other alphabet"),
            pytest.param(b"AA/A", id="a slash of the other alphabet"),
            pytest.param(b"AAAA\n", id="a newline after"),
            pytest.param(b"AA\nAA", id="a newline inside"),
            pytest.param(b" AAAA", id="a space before"),
            pytest.param(b"AA AA", id="a space inside"),
            pytest.param(b"AA%3D", id="percent-encoded"),
            pytest.param("ＡＡＡＡ".encode(), id="full-width letters"),
            pytest.param(b"AAA\0", id="a zero byte"),
        ],
    )
    def test_malformed_text_is_refused(self, text, refused):
        with refused("bad-base64url"):
            b64url_decode(text)

    def test_nothing_is_the_empty_value(self):
        assert b64url_decode(b"") == b""
        assert b64url_encode(b"") == b""


class TestReadingJSON:
    @given(json_values)
    def test_what_is_written_is_read_again(self, value):
        assert json_loads(json_dumps(value)) == value

    @given(json_values, st.booleans(), st.sampled_from([None, 1]))
    def test_any_other_spelling_of_it_is_read_the_same(self, value, ascii_only, indent):
        assert json_loads(json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode()) == value

    @given(st.binary() | st.text().map(str.encode) | st.text('[]{}",:0123456789.eE+-\\u tfn').map(str.encode))
    @example(b'{"a":1,"a":1}')
    @example(b"\xff\xfe[\x00]\x00")
    def test_any_bytes_are_read_or_raise_our_error_and_the_fast_way_judges_as_the_strict_one(self, data):
        def verdict(read):
            try:
                return read(data)
            except VerificationError as error:
                return error.code

        fast, strict = verdict(json_loads), verdict(_json_loads_strict)
        assert fast == strict
        assert repr(fast) == repr(strict)  # 1 and 1.0 and True are equal, but not the same

    @pytest.mark.parametrize(
        "data",
        [
            b'{"a":1,"a":2}',
            b'{"a":1,"a":1}',
            b'{"a":1,"b":2,"a":3}',
            b'[{"a":{"b":1,"b":2}}]',
            b'{"x":[1,[2,{"a":1,"a":1}]]}',
            b'{"a":1,"\\u0061":2}',
            b'{"":1,"":2}',
            b'{ "a" : 1 , "a" : 2 }',
            b'{"a":{"x":1},"a":{"x":1}}',
        ],
    )
    def test_a_member_name_that_stands_twice_is_refused_at_any_depth(self, data, refused):
        with refused("duplicate-member"):
            json_loads(data)

    def test_names_that_differ_in_case_or_normal_form_are_different(self):
        assert len(json_loads('{"a":1,"A":2,"é":3,"e\u0301":4}'.encode())) == 4

    @pytest.mark.parametrize(
        "data",
        [
            pytest.param(b"", id="nothing"),
            pytest.param(b" ", id="a space"),
            pytest.param(b"NaN", id="NaN"),
            pytest.param(b'{"a":NaN}', id="NaN inside"),
            pytest.param(b"Infinity", id="Infinity"),
            pytest.param(b"[-Infinity]", id="-Infinity"),
            pytest.param(b"1e999", id="out of range"),
            pytest.param(b'{"exp":-1e999}', id="out of range inside"),
            pytest.param(b'\xef\xbb\xbf{"a":1}', id="BOM"),
            pytest.param('{"a":1}'.encode("utf-16"), id="UTF-16"),
            pytest.param('{"a":1}'.encode("utf-16-le"), id="UTF-16LE"),
            pytest.param('{"a":1}'.encode("utf-32-be"), id="UTF-32BE"),
            pytest.param('{"a":"é"}'.encode("latin-1"), id="Latin-1"),
            pytest.param(b'"\xed\xa0\x80"', id="a surrogate in bytes"),
            pytest.param(b'"\xc0\x80"', id="an overlong zero"),
            pytest.param(b'"\\ud800"', id="a lone high surrogate"),
            pytest.param(b'"\\udc00\\ud800"', id="surrogates in the wrong order"),
            pytest.param(b'{"\\ud800":1}', id="a lone surrogate in a name"),
            pytest.param(b'{"a":["\\uD83D"]}', id="a lone surrogate inside"),
            pytest.param(b"{} {}", id="two documents"),
            pytest.param(b"{}x", id="trailing garbage"),
            pytest.param(b'{"a":1}\0', id="trailing zero byte"),
            pytest.param(b"{'a':1}", id="single quotes"),
            pytest.param(b"{a:1}", id="bare name"),
            pytest.param(b'{"a":1,}', id="trailing comma"),
            pytest.param(b"[1,]", id="trailing comma in a list"),
            pytest.param(b"[01]", id="leading zero"),
            pytest.param(b"[+1]", id="plus sign"),
            pytest.param(b"[.5]", id="no digit before the point"),
            pytest.param(b"[1.]", id="no digit after the point"),
            pytest.param(b"[0x1]", id="hexadecimal"),
            pytest.param(b'"a\nb"', id="a newline in a string"),
            pytest.param(b'"\\x41"', id="an unknown escape"),
            pytest.param(b'"a', id="cut off"),
            pytest.param(b"// c\n{}", id="a comment"),
            pytest.param(b"\x0c{}", id="a form feed"),
            pytest.param("\u00a0{}".encode(), id="a no-break space"),
            pytest.param(b"9" * 5000, id="an integer of 5000 digits"),
            pytest.param(b"True", id="Python's True"),
        ],
    )
    def test_what_is_not_json_in_utf8_is_refused(self, data, refused):
        with refused("bad-json"):
            json_loads(data)

    def test_where_it_ends_to_be_json_is_named(self, refused):
        with refused("bad-json") as caught:
            json_loads(b'{"sub": "alice",\n "aud":}')
        assert caught.value.message.endswith("at line 2, column 8")
        assert "alice" not in str(caught.value)

    @pytest.mark.parametrize("number", [2**63, 2**64, -(2**70), 10**4000], ids=["2^63", "2^64", "-2^70", "10^4000"])
    def test_a_large_integer_stays_what_it_is(self, number):
        assert json_loads(str(number).encode()) == number

    def test_a_number_keeps_its_kind(self):
        assert repr(json_loads(b"[1,1.0,1e2,-0.0,true]")) == "[1, 1.0, 100.0, -0.0, True]"

    def test_a_pair_of_surrogates_is_one_character(self):
        assert json_loads(b'"\\ud83d\\ude00"') == "😀"

    def test_whitespace_around_is_json(self):
        assert json_loads(b' \t\r\n{"a" : 1}\n') == {"a": 1}


class TestDepth:
    @pytest.mark.parametrize("space", [b"", b" "], ids=["the fast way", "the strict way"])
    def test_the_deepest_that_is_read(self, space, refused):
        json_loads(b"[" * MAX_DEPTH + space + b"]" * MAX_DEPTH)
        with refused("bad-json"):
            json_loads(b"[" * (MAX_DEPTH + 1) + space + b"]" * (MAX_DEPTH + 1))

    @pytest.mark.parametrize("depth", [300, 900, 1000, 1024, 5000, 40_000])
    @pytest.mark.parametrize("one", [(b"[", b"]"), (b'{"a":', b"}"), (b'[{"a":[', b"]}]")], ids=["[", "{", "[{["])
    def test_deep_nesting_is_refused_without_a_recursion_error(self, depth, one, refused):
        opening, closing = one
        for data in (opening * depth + b"1" + closing * depth, opening * depth):
            with refused("bad-json"):
                json_loads(data)

    def test_wide_is_not_deep(self):
        assert len(json_loads(b"[" + b"[ ]," * 5000 + b"[]]")) == 5001

    def test_what_is_written_can_be_read_again(self, refused):
        value = []
        for _ in range(MAX_DEPTH - 1):
            value = [value]
        assert json_loads(json_dumps(value)) == value
        with refused("json-invalid", InputError):
            json_dumps([value])


class TestObjects:
    @pytest.mark.parametrize("data", [b"[]", b"null", b'"{}"', b"1", b"true", b'[["a",1]]'])
    def test_any_other_value_is_refused_where_an_object_is_expected(self, data, refused):
        with refused("bad-json"):
            json_object(data)

    def test_an_object_is_read(self):
        assert json_object(b'{"a":[]}') == {"a": []}


class TestItems:
    """Each value takes more memory than the bytes that it is written in, so they are counted before any is built."""

    @pytest.mark.parametrize("one", [b"[],", b"{},", b"1,", b'"",', b"[[]],", b'{"a":1},', b"[ ],\n", b'"\\"",'])
    def test_more_than_are_read_are_refused_before_they_are_built(self, one, refused):
        data = b"[" + one * (MAX_ITEMS + 1) + b"0]"
        tracemalloc.start()
        try:
            with refused("too-large"):
                json_loads(data)
            assert tracemalloc.get_traced_memory()[1] < 2 * len(data) + 1_000_000
        finally:
            tracemalloc.stop()

    @pytest.mark.parametrize("text", [",", "[", "{", '\\",', "\\\\,"], ids=repr)
    def test_what_stands_in_text_is_not_counted(self, text):
        data = b'{"a":"' + text.encode() * (MAX_ITEMS + 1) + b'","b":[1,2]}'
        assert json_loads(data)["b"] == [1, 2]

    @pytest.mark.parametrize("data", [b'"' + b"," * 300_000, b'["\\"' + b'\\",' * 300_000, b'"\\' * 200_000])
    def test_text_without_end_is_looked_at_once(self, data):
        with pytest.raises(VerificationError):
            json_loads(data)

    def test_as_many_as_are_read_are_written(self, refused):
        numbers = [0] * MAX_ITEMS
        assert json_loads(json_dumps(numbers)) == numbers
        with refused("json-invalid", InputError):
            json_dumps([*numbers, 0])
        assert json_loads(json_dumps({"a": "," * 2 * MAX_ITEMS})) == {"a": "," * 2 * MAX_ITEMS}


class TestPlaces:
    """What has no JSON is named by where it stands and of what type it is; its value is not quoted."""

    @pytest.mark.parametrize(
        "value, path, reason",
        [
            ({"sub": {"id": UUID(int=5)}}, "['sub']['id']", "it is of type UUID"),
            ({"a": [1, datetime(2026, 1, 1, tzinfo=UTC)]}, "['a'][1]", "it is of type datetime"),
            ({"a": date(2026, 1, 1)}, "['a']", "it is of type date"),
            ({"a": Decimal("1.50")}, "['a']", "it is of type Decimal"),
            ({"a": b"secret"}, "['a']", "it is of type bytes"),
            ({"a": {"secret"}}, "['a']", "it is of type set"),
            ([{"a": (1, object())}], "[0]['a'][1]", "it is of type object"),
            ({"a": float("nan")}, "['a']", "it is not finite"),
            ({"a": [float("inf")]}, "['a'][0]", "it is not finite"),
            ({"a": {5: 1}}, "['a']", "a member name in it is no text"),
            ({"a": "\ud800"}, "['a']", "it holds half of a character"),
            ({"a": 10**4400}, "['a']", "it is an integer of too many digits"),
            (b"secret", "the value itself", "it is of type bytes"),
            ({"a\x1b\n": None, "b" * 90: object()}, f"['{'b' * 40}']", "it is of type object"),
        ],
        ids=range(14),
    )
    def test_each(self, value, path, reason, refused):
        with refused("json-invalid", InputError) as caught:
            json_dumps(value)
        assert caught.value.message == f"{path} can't be written as JSON: {reason}"


class TestWritingJSON:
    def test_it_is_compact_utf8_in_the_given_order(self):
        assert json_dumps({"b": [1, "é😀"], "a": None}) == '{"b":[1,"é😀"],"a":null}'.encode()

    def test_a_tuple_is_a_list(self):
        assert json_dumps((1, ("a",))) == b'[1,["a"]]'

    @pytest.mark.parametrize(
        "value",
        [
            pytest.param(math.nan, id="NaN"),
            pytest.param({"a": [math.inf]}, id="Infinity inside"),
            pytest.param(-math.inf, id="-Infinity"),
            pytest.param({1: "a"}, id="a number for a name"),
            pytest.param({None: "a"}, id="None for a name"),
            pytest.param({True: "a"}, id="True for a name"),
            pytest.param([{"a": {2: 1}}], id="a number for a name inside"),
            pytest.param(({1: 1},), id="a number for a name inside a tuple"),
            pytest.param({1: "a", "1": "b"}, id="one name twice once written"),
            pytest.param(b"bytes", id="bytes"),
            pytest.param({"a": {1, 2}}, id="a set"),
            pytest.param(object(), id="an object"),
            pytest.param("\ud800", id="a lone surrogate"),
            pytest.param({"\udfff": 1}, id="a lone surrogate in a name"),
            pytest.param(10**5000, id="an integer of 5001 digits"),
        ],
    )
    def test_what_is_not_json_is_refused(self, value, refused):
        with refused("json-invalid", InputError):
            json_dumps(value)

    def test_a_value_within_itself_is_refused(self, refused):
        value: dict = {}
        value["self"] = value
        with refused("json-invalid", InputError):
            json_dumps(value)
