"""Strict CBOR: what is accepted, what is refused and how cheaply, and the one encoding that is written."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmsjose.cbor import Tag, array, bstr, bstr_head, cbor_map, dumps, head, loads, tagged, untagged
from kmsjose.cbor_heads import MAX_DEPTH, MAX_ENTRIES, MAX_ITEMS, read_head, scan
from kmsjose.errors import InputError, VerificationError

INTEGERS = st.integers(-(2**64), 2**64 - 1)
LABELS = INTEGERS | st.text(max_size=6)
SCALARS = (
    st.none() | st.booleans() | INTEGERS | st.floats(allow_nan=False) | st.text(max_size=6) | st.binary(max_size=6)
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(LABELS, inner, max_size=4), max_leaves=12
)
TAGGED = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(LABELS, inner, max_size=4)
        | st.builds(Tag, st.integers(0, 300) | st.integers(0, 2**64 - 1), inner)
    ),
    max_leaves=12,
)


class TestReading:
    @given(TAGGED)
    def test_what_is_written_is_read_again_and_has_one_encoding(self, value):
        data = dumps(value)
        assert loads(data) == value
        assert dumps(loads(data)) == data

    @given(VALUES)
    def test_cbor2_reads_the_same(self, value):
        assert cbor2.loads(dumps(value)) == value

    @pytest.mark.parametrize("data, code", [
        ("a201020103", "duplicate-label"),
        ("a2616101616102", "duplicate-label"),
        ("82a0a1616ba2200120f6", "duplicate-label"),
        ("a1f501", "bad-cbor"),  # true is not 1
        ("a1f93c0001", "bad-cbor"),  # nor is 1.0
        ("a1fb3ff000000000000001", "bad-cbor"),
        ("a1410101", "bad-cbor"),  # a byte string as a label
        ("a1800101", "bad-cbor"),
        ("a1f601", "bad-cbor"),
        ("a1c24101f6", "bad-cbor"),  # a bignum as a label
        ("9fff", "bad-cbor"),
        ("bfff", "bad-cbor"),
        ("5f4101ff", "bad-cbor"),
        ("7f6161ff", "bad-cbor"),
        ("ff", "bad-cbor"),
        ("1801", "bad-cbor"),  # longer heads than they need be
        ("190018", "bad-cbor"),
        ("1a0000ffff", "bad-cbor"),
        ("1b00000000ffffffff", "bad-cbor"),
        ("580161", "bad-cbor"),
        ("9801f6", "bad-cbor"),
        ("b8010101", "bad-cbor"),
        ("1c", "bad-cbor"),
        ("5d", "bad-cbor"),
        ("0101", "bad-cbor"),  # bytes behind the item
        ("", "bad-cbor"),
        ("18", "bad-cbor"),
        ("19ff", "bad-cbor"),
        ("4261", "bad-cbor"),
        ("8201", "bad-cbor"),
        ("a101", "bad-cbor"),
        ("fb3ff0", "bad-cbor"),
        ("5b7fffffffffffffff00", "bad-cbor"),
        ("61ff", "bad-cbor"),  # text that is not UTF-8
        ("63eda080", "bad-cbor"),
        ("f7", "bad-cbor"),  # undefined
        ("e0", "bad-cbor"),
        ("f8ff", "bad-cbor"),
        ("f3", "bad-cbor"),  # a simple value below false
        ("f819", "bad-cbor"),  # a simple value that looks like a float's head
        ("f818", "bad-cbor"),
        ("c1", "bad-cbor"),  # a tag before nothing
        ("d801f6", "bad-cbor"),
        ("df", "bad-cbor"),
        ("c1f7", "bad-cbor"),
        ("a1c10101", "bad-cbor"),  # a tagged label
        ("a101c1a201020103", "duplicate-label"),
        ("d81ca1d81d0001", "bad-cbor"),  # a shared value as a label
        ("d9010082616161ff", "bad-cbor"),
    ])  # fmt: skip
    def test_what_is_not_strict_is_refused(self, refused, data, code):
        with refused(code):
            loads(bytes.fromhex(data))

    @pytest.mark.parametrize("data, value", [
        ("c001", Tag(0, 1)),
        ("c1f93e00", Tag(1, 1.5)),
        ("c249010000000000000000", Tag(2, b"\x01" + bytes(8))),  # a big number
        ("c3410f", Tag(3, b"\x0f")),
        ("c48221196ab3", Tag(4, [-2, 27315])),
        ("c5822003", Tag(5, [-1, 3])),
        ("d81c81d81d00", Tag(28, [Tag(29, 0)])),  # a cycle: the array that it is in
        ("82d81c80d81d00", [Tag(28, []), Tag(29, 0)]),
        ("d90100826461616161d81900", Tag(256, ["aaaa", Tag(25, 0)])),  # a string by its place
        ("d9010283010101", Tag(258, [1, 1, 1])),  # a set
        ("d823635b615d", Tag(35, "[a]")),
        ("d825410a", Tag(37, b"\n")),
        ("d90104447f000001", Tag(260, b"\x7f\0\0\1")),
        ("d9d9f7d9d9f700", Tag(55799, Tag(55799, 0))),
        ("dbffffffffffffffff80", Tag(2**64 - 1, [])),
        ("a101d82000", {1: Tag(32, 0)}),
        ("a11823d82082a1010280", {35: Tag(32, [{1: 2}, []])}),
    ])  # fmt: skip
    def test_a_tag_is_read_as_it_stands_and_given_no_meaning(self, data, value):
        assert loads(bytes.fromhex(data)) == value
        assert dumps(value) == bytes.fromhex(data)

    def test_what_is_below_a_tag_is_no_frozen_copy(self):
        value = loads(bytes.fromhex("d82081a10180"))
        assert isinstance(value, Tag)
        assert type(value.value) is list
        assert type(value.value[0]) is dict
        assert type(value.value[0][1]) is list

    def test_floats_of_every_width_are_read(self):
        for data in ("f93e00", "fa3fc00000", "fb3ff8000000000000"):
            assert loads(bytes.fromhex(data)) == 1.5
        assert math.isnan(loads(bytes.fromhex("f97e00")))

    def test_only_a_map_is_a_map(self, refused):
        assert cbor_map(b"\xa1\x01\x02") == {1: 2}
        with refused("bad-cbor"):
            cbor_map(b"\x80")

    @given(st.binary(max_size=40))
    def test_any_bytes_raise_our_error_alone_and_what_is_accepted_is_strict(self, data):
        try:
            value = loads(data)
        except VerificationError as error:
            assert error.__cause__ is None
            assert error.__context__ is None or error.__suppress_context__
        else:
            # But for wider floats and another order of labels, strict CBOR is what would be written.
            assert len(dumps(value)) <= len(data)
            if not scan(data):
                assert dumps(cbor2.loads(data)) == dumps(value)

    @given(VALUES, st.data())
    def test_what_is_cut_off_anywhere_is_refused(self, value, data):
        whole = dumps(value)
        with pytest.raises(VerificationError) as caught:
            loads(whole[: data.draw(st.integers(0, len(whole) - 1))])
        assert caught.value.code == "bad-cbor"


class TestHostileInput:
    """Each of these is answered at the price of its size; a slow answer is seen in the suite's time limit."""

    def test_a_mebibyte_of_nested_arrays(self, refused):
        with refused("bad-cbor"):
            loads(b"\x81" * (1 << 20))

    def test_containers_are_nested_so_deep_and_no_deeper(self, refused):
        loads(b"\x81" * MAX_DEPTH + b"\x00")
        with refused("bad-cbor"):
            loads(b"\x81" * (MAX_DEPTH + 1) + b"\x00")

    def test_a_map_of_100_000_labels_that_collide(self, refused):
        entries = b"".join(head(0, (number * (2**61 - 1)) % 2**64) + b"\xf6" for number in range(1, 100_001))
        with refused("too-large"):
            loads(head(5, 100_000) + entries)

    def test_a_map_has_so_many_entries_and_no_more(self, refused):
        assert len(loads(dumps(dict.fromkeys(range(MAX_ENTRIES))))) == MAX_ENTRIES
        with refused("too-large"):
            loads(head(5, MAX_ENTRIES + 1) + b"".join(head(0, n) + b"\xf6" for n in range(MAX_ENTRIES + 1)))

    def test_many_maps_of_labels_that_collide(self):
        one = head(5, MAX_ENTRIES) + b"".join(
            head(0, (number << 32) + (1 << 60)) + b"\xf6" for number in range(MAX_ENTRIES)
        )
        assert len(loads(head(4, 30) + one * 30)) == 30

    def test_items_that_take_more_memory_than_their_bytes(self, refused):
        assert len(loads(head(4, MAX_ITEMS - 1) + b"\xa0" * (MAX_ITEMS - 1))) == MAX_ITEMS - 1
        for data in (head(4, MAX_ITEMS) + b"\xa0" * MAX_ITEMS, head(4, 100) + (head(4, 1000) + b"\x80" * 1000) * 100):
            with refused("too-large"):
                loads(data)

    @pytest.mark.parametrize("major", [2, 3, 4, 5])
    def test_a_length_that_nobody_could_hold(self, refused, major):
        with refused("too-large" if major in (4, 5) else "bad-cbor"):
            loads(head(major, 2**63) + bytes(100))

    @pytest.mark.parametrize("number", [1, 28, 29, 55799])
    def test_tags_are_nested_as_deep_as_containers_and_no_deeper(self, refused, number):
        tag = head(6, number)
        assert dumps(loads(tag * MAX_DEPTH + b"\0")) == tag * MAX_DEPTH + b"\0"
        for data in (tag * (MAX_DEPTH + 1) + b"\0", tag * (1 << 20), (tag + b"\x81") * MAX_DEPTH + b"\0"):
            with refused("bad-cbor"):
                loads(data)

    def test_as_many_different_tags_as_there_may_be_items(self, refused):
        most = MAX_ITEMS // 2 - 1
        assert len(loads(head(4, most) + b"".join(head(6, number) + b"\x80" for number in range(most)))) == most
        with refused("too-large"):
            loads(head(4, most + 2) + b"".join(head(6, number) + b"\x80" for number in range(most + 2)))

    def test_references_to_shared_values_multiply_nothing(self):
        # Each level would hold the one before ten times.
        levels = [Tag(28, [Tag(29, level)] * 10) for level in range(30)]
        assert len(dumps(loads(dumps(levels)))) == len(dumps(levels))

    def test_a_label_that_is_a_map_of_maps(self, refused):
        with refused("bad-cbor"):
            loads(b"\xa1" * 1000)


class TestWriting:
    @pytest.mark.parametrize("value, data", [
        ({"a": 1, -1: 2, 10: 3}, "a30a032002616101"),  # bytewise: 0a, 20, 6161
        ({"aa": 1, 256: 2, "b": 3}, "a31901000261620362616101"),  # a longer label may come first
        ({1: {3: 4, 2: 5}}, "a101a202050304"),
        ([1.5, 100000.0, 1.1], "83f93e00fa47c35000fb3ff199999999999a"),  # the shortest float that holds the value
        ((), "80"),
        (Tag(32, "x"), "d8206178"),
        (-(2**64), "3bffffffffffffffff"),
    ])  # fmt: skip
    def test_it_is_deterministic(self, value, data):
        assert dumps(value).hex() == data

    @pytest.mark.parametrize("value", [
        2**64, -(2**64) - 1, {True: 1}, {1.0: 1}, {b"a": 1}, {None: 1}, "\ud800", {"\udc80": 1}, object(), {1, 2},
        bytearray(b"x"), Tag(-1, 0), dict.fromkeys(range(MAX_ENTRIES + 1), 0),
    ])  # fmt: skip
    def test_what_has_no_cbor_is_refused(self, refused, value):
        with refused("cbor-invalid", InputError):
            dumps(value)

    def test_what_is_nested_too_deep_is_refused(self, refused):
        value: list[object] = []
        for _ in range(MAX_DEPTH - 1):
            value = [value]
        dumps(value)
        with refused("cbor-invalid", InputError):
            dumps([value])

    @pytest.mark.parametrize(
        "value, path, kind",
        [
            ({1: {"a": [b"", UUID(int=5)]}}, "[1]['a'][1]", "UUID"),
            ({1: datetime(2026, 1, 1, tzinfo=UTC)}, "[1]", "datetime"),
            ({-1: Decimal("1.5")}, "[-1]", "Decimal"),
            ([{"a": {5}}], "[0]['a']", "set"),
            ({1: Tag(5, [object()])}, "[1][0]", "object"),
            (date(2026, 1, 1), "the value itself", "date"),
        ],
        ids=["UUID", "datetime", "Decimal", "set", "object", "date"],
    )
    def test_an_error_names_the_place_and_the_type_and_does_not_quote_the_value(self, value, path, kind, refused):
        with refused("cbor-invalid", InputError) as caught:
            dumps(value)
        assert caught.value.message == f"{path} can't be written as CBOR: it is of type {kind}"

    def test_what_is_encoded_already_is_put_together(self):
        assert array([bstr(b"ab"), b"\xf6"]) == dumps([b"ab", None])
        assert tagged(18, b"\x80") == dumps(Tag(18, []))
        assert bstr_head(300) + bytes(300) == dumps(bytes(300))


class TestHeads:
    @pytest.mark.parametrize("value", [0, 23, 24, 255, 256, 65535, 65536, 2**32 - 1, 2**32, 2**64 - 1])
    def test_a_head_is_read_as_it_was_written(self, value):
        for major in range(7):
            written = head(major, value)
            assert read_head(b"\xff" + written, 1) == (major, value, 1 + len(written))

    @pytest.mark.parametrize("value", [-1, 2**64])
    def test_a_head_has_64_bits(self, value):
        with pytest.raises(OverflowError):
            head(0, value)

    def test_tags_before_an_item_are_taken_off_two_at_the_most(self):
        assert untagged(b"\x80") == ((), b"\x80")
        assert untagged(b"\xd8\x3d\xd2\x80") == ((61, 18), b"\x80")
        assert untagged(b"\xd2\xd2\xd2\x80") == ((18, 18), b"\xd2\x80")
        assert untagged(b"") == ((), b"")
        with pytest.raises(VerificationError):
            untagged(b"\xd8\x12")
        with pytest.raises(VerificationError):
            untagged(b"\xd8")

    def test_a_scan_builds_nothing(self):
        assert scan(dumps({1: [2, {"a": b"b"}]})) == set()
        assert scan(dumps({1: [Tag(28, Tag(2**40, {"a": Tag(0, "x")}))]})) == {28, 2**40, 0}
