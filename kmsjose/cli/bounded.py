"""Views whose size is linear in what they show: each byte of a view is taken from one room.

What does not fit is cut, and a word in its place says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from ..encoding import JSON, JSONObject
from .escape import json_text

#: A view has at most so many times the bytes of its input, or SMALLEST if that is more; and never more than LARGEST.
FACTOR: Final = 20
SMALLEST: Final = 64 << 10
LARGEST: Final = 4 << 20
#: Containers within containers that are shown.
MAX_DEPTH: Final = 32
#: The name of the member that stands for those that are cut.
CUT: Final = "(cut)"
#: Bytes for the lines that every view has.
_FRAME: Final = 1 << 10
#: Bytes of the longest word that says what is cut, with its quotes and its name.
_MARK: Final = 64
#: Bytes of a line beside its indentation and value: its end, a comma, a colon, a space.
_PUNCTUATION: Final = 4
#: Bytes in JSON of the character that takes most: one beyond the first plane, as two escapes.
_WIDEST: Final = 12


@dataclass(slots=True)
class Room:
    """The bytes that a view may still take.

    Attributes:
        left: Those that are left.
        margin: Bytes before each line, beside the indentation of JSON.
    """

    left: int
    margin: int = 0

    @classmethod
    def of_input(cls, size: int, margin: int = 0) -> Room:
        """The room of a view of so many bytes of input."""
        return cls(min(max(FACTOR * size, SMALLEST), LARGEST) - _FRAME, margin)

    def share(self, parts: int) -> Room:
        """A room of its own for one of several parts, taken from this one."""
        taken = self.left // parts
        self.left -= taken
        return Room(taken, self.margin)

    def take(self, size: int) -> bool:
        """Take so many bytes, if they are there."""
        if size > self.left:
            return False
        self.left -= size
        return True


def cut_json(value: JSON, room: Room, depth: int = 0) -> JSON:
    """A JSON value, or as much of it as fits into a room when it is written in lines.

    Args:
        value: The value.
        room: Where it is to fit.
        depth: Containers that it stands in.

    >>> cut_json(["a", "b" * 1000], Room(300))
    ['a', 'bbbbbbbbbbbb...(cut: 988 characters)']
    """
    if isinstance(value, str):
        return cut_text(value, room)
    if not isinstance(value, (dict, list)) or not value:
        room.take(len(json_text(value, indent=None)))
        return value
    if depth >= MAX_DEPTH:
        room.take(_MARK)
        return f"(cut: nested over {MAX_DEPTH} deep)"
    # Its own end and the word for what is cut of it are taken first, so that they are never what is missing.
    line = room.margin + 2 * (depth + 1) + _PUNCTUATION
    if not room.take(2 * line + _MARK):
        return f"(cut: {len(value)} more)"
    return _members(value, room, line, depth) if isinstance(value, dict) else _elements(value, room, line, depth)


def _members(value: JSONObject, room: Room, line: int, depth: int) -> JSONObject:
    result: JSONObject = {}
    for name, member in value.items():
        if not room.take(line + _size(name) + _MARK):
            result[CUT] = f"(cut: {len(value) - len(result)} more)"
            return result
        room.left += _MARK
        result[name] = cut_json(member, room, depth + 1)
    room.left += _MARK
    return result


def _elements(value: Sequence[JSON], room: Room, line: int, depth: int) -> list[JSON]:
    result: list[JSON] = []
    for element in value:
        if not room.take(line + _MARK):
            return [*result, f"(cut: {len(value) - len(result)} more)"]
        room.left += _MARK
        result.append(cut_json(element, room, depth + 1))
    room.left += _MARK
    return result


def cut_text(text: str, room: Room) -> str:
    """A text, or its beginning, as it fits into a room when it is written as JSON."""
    if len(text) <= room.left and room.take(_size(text)):
        return text
    kept = text[: max(room.left - _MARK, 0) // _WIDEST]
    room.take(min(_size(kept) + _MARK, room.left))
    return f"{kept}...(cut: {len(text) - len(kept)} characters)"


def cut_lines(lines: Iterable[str], room: Room, cut: str = "(cut: {} more lines)") -> Iterator[str]:
    """Lines, as many as fit into a room; the word for what is cut has their number for its braces."""
    rest = iter(lines)
    for line in rest:
        if not room.take(room.margin + _PUNCTUATION + _size(line) + _MARK):
            yield cut.format(1 + sum(1 for _ in rest))
            return
        room.left += _MARK
        yield line


def _size(text: str) -> int:
    return len(json_text(text, indent=None).encode("utf-8", "surrogatepass"))
