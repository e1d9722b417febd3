"""What was read, as a person and as a machine get it: linear in the size of the input, whatever that holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ..encoding import JSON, JSONObject
from .bounded import CUT, Room, cut_json, cut_lines, cut_text
from .escape import json_text
from .lenient import Reading

#: The last line for people.
UNVERIFIED: Final = "Nothing was verified: anyone can have written this."
#: Columns for the names of members; a longer one moves its own value alone.
_WIDTH: Final = 24
#: Bytes before and behind each line: the column of names, and what a time means.
_MARGIN: Final = _WIDTH + 8
#: Bytes of one note on what is odd.
_NOTE: Final = 1 << 10
#: The part whose entries stand beside those of the claims.
_TIMES: Final = "times"
_CLAIMS: Final = "claims"


class Heading(str):
    """A line that is a heading."""

    __slots__ = ()


def as_json(reading: Reading, size: int) -> JSONObject:
    """What was read, for a machine.

    Args:
        reading: What was read.
        size: Bytes of the input.
    """
    room = Room.of_input(size)
    odd = _notes(reading, room)
    shown: JSONObject = {"kind": reading.kind, "verified": False}
    if reading.diagnostic:
        shown["diagnostic"] = "\n".join(_notation(reading, room.share(2)))
    parts = cut_json({**reading.decoded, **reading.parts}, room)
    return {**shown, **(parts if isinstance(parts, dict) else {CUT: parts}), "odd": [*odd]}


def as_lines(reading: Reading, size: int) -> Iterator[str]:
    """What was read, in lines for a person; the arguments are those of `as_json`."""
    room = Room.of_input(size, _MARGIN)
    odd = _notes(reading, room)
    yield Heading(f"{reading.kind} – not verified")
    if reading.diagnostic:
        yield ""
        yield from _notation(reading, room)
    parts = cut_json({**reading.parts}, room)
    shown: JSONObject = parts if isinstance(parts, dict) else {CUT: parts}
    claims, told = shown.get(_CLAIMS), shown.pop(_TIMES, None)
    times: JSONObject = told if isinstance(told, dict) else {}
    if isinstance(claims, dict) and (others := {name: time for name, time in times.items() if name not in claims}):
        # Those of the credential in the claim vc.
        shown[_TIMES] = {**others}
    for name, part in shown.items():
        yield ""
        yield Heading(name)
        yield from _part(part, times if name == _CLAIMS else {})
    if odd:
        yield ""
        yield Heading("odd")
        yield from (f"  - {note}" for note in odd)
    yield ""
    yield UNVERIFIED


def _notes(reading: Reading, room: Room) -> list[str]:
    """What is odd, before all else: it is what a person should see, and must not be what is cut."""
    own = room.share(4)
    return list(cut_lines((cut_text(note, Room(_NOTE)) for note in reading.odd), own, "(cut: {} more)"))


def _notation(reading: Reading, room: Room) -> Iterator[str]:
    return cut_lines(reading.diagnostic.split("\n"), room, "/ (cut: {} more lines) /")


def _part(part: JSON, times: JSONObject) -> Iterator[str]:
    if isinstance(part, dict):
        width = min(max(map(len, part), default=0), _WIDTH)
        for name, value in part.items():
            told = f"  ({times[name]})" if name in times else ""
            first, *others = json_text(value).split("\n")
            yield f"  {name.ljust(width)}  {first}{told}"
            yield from (f"  {' ' * width}  {line}" for line in others)
    elif isinstance(part, list):
        yield from (f"  {line}" for line in json_text(part).split("\n"))
    else:
        yield f"  {part}"
