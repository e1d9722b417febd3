"""A view never takes more room than it is given, whatever is shown in it, and says what it cuts."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kmsjose.cli.bounded import CUT, LARGEST, MAX_DEPTH, SMALLEST, Room, cut_json, cut_lines, cut_text
from kmsjose.cli.escape import json_text

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=9) | st.dictionaries(st.text(), inner, max_size=9), max_leaves=60
)
#: What the value itself may take when there is no room at all: the word for what is cut, or a number.
LEAST = 400


def written(value):
    return len(json_text(value).encode("utf-8", "surrogatepass"))


@settings(max_examples=40)
@given(VALUES, st.integers(0, 2000))
def test_a_value_takes_no_more_than_its_room(value, size):
    assert written(cut_json(value, Room(size))) <= max(size, LEAST)


@settings(max_examples=40)
@given(VALUES)
def test_a_value_that_fits_stays_as_it_is(value):
    assert cut_json(value, Room(1 << 20)) == value


@pytest.mark.parametrize("depth", [MAX_DEPTH + 2, 250, 900])
def test_nesting_that_would_be_indented_without_end_is_cut(depth):
    value = json.loads("[" * depth + "]" * depth)
    text = json_text(cut_json(value, Room(1 << 20)))
    assert f"(cut: nested over {MAX_DEPTH} deep)" in text
    assert len(text) < 4000


@pytest.mark.parametrize("value, told", [
    (["x"] * 1000, " more)"),
    ({f"m{i}": i for i in range(1000)}, CUT),
    ("x" * 5000, " characters)"),
    ([["x" * 5000]], " characters)"),
    ({"a": {"b": ["x"] * 1000}}, " more)"),
    ({"n" * 5000: 1}, "(cut: 1 more)"),
])  # fmt: skip
def test_what_is_cut_is_told(value, told):
    text = json_text(cut_json(value, Room(1000)))
    assert told in text
    assert len(text) <= 1000


def test_the_number_of_what_is_cut_is_right():
    shown = cut_json(list(range(1000)), Room(500))
    assert shown[-1] == f"(cut: {1000 - (len(shown) - 1)} more)"
    assert shown[:-1] == list(range(len(shown) - 1))


@given(st.text(), st.integers(0, 400))
def test_a_text_is_cut_at_its_end(text, size):
    shown = cut_text(text, Room(size))
    kept, cut, rest = shown.rpartition("...(cut: ")
    assert shown == text or (text.startswith(kept) and cut and rest == f"{len(text) - len(kept)} characters)")


def test_characters_that_are_shown_as_escapes_are_counted_as_such():
    assert written(cut_text("\U000e0001" * 1000, Room(600))) <= 600


def test_lines_are_cut_with_their_number():
    lines = list(cut_lines([f"line {number}" for number in range(100)], Room(200)))
    assert lines[-1] == f"(cut: {100 - (len(lines) - 1)} more lines)"
    assert sum(len(line) + 1 for line in lines) <= 200


@pytest.mark.parametrize("size, most", [(0, SMALLEST), (57, SMALLEST), (10_000, 200_000), (16 << 20, LARGEST)])
def test_the_room_of_a_view_is_linear_in_its_input(size, most):
    assert most - 2048 <= Room.of_input(size).left <= most


def test_a_share_is_taken_from_the_whole():
    room = Room(100)
    assert room.share(4).left == 25
    assert room.left == 75
