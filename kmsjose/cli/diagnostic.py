"""CBOR diagnostic notation, for a person to read (RFC 8949 section 8, RFC 8610 appendix G).

What is malformed is shown too: its flaws stand as comments. A comment ends at a slash, so no text from outside that has
one may stand in it.
"""

from __future__ import annotations

import math
import struct
from typing import Final

from ..cbor_heads import ARRAY, BYTES, MAP, NEGATIVE, TAG, TEXT, UNSIGNED
from .cbor_item import NOTHING, Item, is_shortest, sized
from .escape import json_text

#: Bytes of a string that are shown in hex if it has no more, and else of its beginning.
_WHOLE_HEX: Final = 64
_BEGINNING: Final = 32
#: Characters that are shown of a text.
_MAX_TEXT: Final = 1024
#: Characters of an array that stands in one line.
_LINE: Final = 100
#: The encoding indicator of a head by its width (RFC 8949 section 8.1).
_INDICATORS: Final = {0: "", 1: "_0", 2: "_1", 4: "_2", 8: "_3"}
_UNREAL: Final = {math.inf: "Infinity", -math.inf: "-Infinity"}
_SIMPLE: Final = {20: "false", 21: "true", 22: "null", 23: "undefined"}


def diagnostic(item: Item) -> str:
    r"""An item in diagnostic notation, its names and remarks as comments.

    >>> from .lenient_cbor import Budget, read
    >>> print(diagnostic(read(b"\xa2\x01\x26\x04\x41\x61", Budget())))
    {
      1: -7,
      4: h'61' / "a" /
    }
    """
    return "\n".join(_outermost(item))


def scalar(item: Item) -> str:
    """An item that holds no other, in one line."""
    if item.major in (UNSIGNED, NEGATIVE):
        return f"{item.number}{_indicator(item)}"
    if item.major == BYTES:
        return _byte_string(bytes(item.content), _indicator(item))
    if item.major == TEXT:
        return _text_string(item.text, _indicator(item))
    if item.is_float:
        return _real(item)
    return _SIMPLE.get(item.value, f"simple({item.value})") + ("_0" if item.width and item.value < 32 else "")


def _outermost(item: Item) -> list[str]:
    # What is left behind may be the rest of a key, so it is told and not shown.
    return _between("", _lines(item), f" / {sized(item.rest)} left behind /" if item.rest else "")


def _lines(item: Item) -> list[str]:
    if item.hidden:
        return ["... / private: not shown /"]
    lines = [""] if item.major == NOTHING else _bare(item)
    for told in (item.remark, item.flaw):
        if told:
            lines[-1] += f" / {told} /"
    lines[0] = lines[0].removeprefix(" ")
    return lines


def _bare(item: Item) -> list[str]:
    if item.inner is not None:
        return _between("<< ", _outermost(item.inner), f" >>{_indicator(item)}")
    if item.major == TAG:
        return _between(f"{item.value}{_indicator(item)}(", _lines(item.items[0]), ")")
    if item.major == MAP:
        return _container("{}", [_entry(*pair) for pair in item.pairs()], _indicator(item))
    if item.major == ARRAY:
        return _container("[]", [_named(element, _lines(element)) for element in item.items], _indicator(item))
    if item.items:
        return _container("()", [_lines(piece) for piece in item.items], "_")
    return [scalar(item)]


def _entry(label: Item, value: Item) -> list[str]:
    if label.major == NOTHING:
        return _lines(label)
    *others, last = _lines(label)
    first, *more = _lines(value)
    return _named(label, [*others, f"{last}: {first}", *more])


def _named(item: Item, lines: list[str]) -> list[str]:
    return _between(f"/ {item.name} / ", lines, "") if item.name else lines


def _between(before: str, lines: list[str], behind: str) -> list[str]:
    result = list(lines)
    result[0] = before + result[0]
    result[-1] += behind
    return result


def _container(brackets: str, entries: list[list[str]], indicator: str) -> list[str]:
    opening, closing = brackets[0] + indicator, brackets[1]
    if not entries:
        return [opening + (" " if indicator else "") + closing]
    if brackets != "{}" and all(len(entry) == 1 and not entry[0].startswith("/") for entry in entries):
        line = f"{opening}{' ' if indicator else ''}{', '.join(entry[0] for entry in entries)}{closing}"
        if len(line) <= _LINE:
            return [line]
    lines = [opening]
    for number, entry in enumerate(entries, 1):
        *others, last = entry
        lines += [f"  {line}" for line in others]
        lines.append(f"  {last}" + ("," if number < len(entries) else ""))
    return [*lines, closing]


def _indicator(item: Item) -> str:
    """How a head says more than its value needs: only then does it stand in the notation."""
    if item.indefinite:
        return "_"
    return "" if is_shortest(item) else _INDICATORS[item.width]


def _byte_string(data: bytes, indicator: str) -> str:
    text = _readable(data)
    if text is not None and ("/" in text or len(data) > _WHOLE_HEX):
        # A string in single quotes is the bytes of its text (RFC 8610 appendix G.2).
        quoted = json_text(text[:_MAX_TEXT], indent=None)[1:-1].replace('\\"', '"').replace("'", "\\'")
        cut = f"...{indicator} / {sized(len(data))} /" if len(text) > _MAX_TEXT else indicator
        return f"'{quoted}'{cut}"
    if text is not None:
        return f"h'{data.hex()}'{indicator} / {json_text(text, indent=None)} /"
    if len(data) <= _WHOLE_HEX:
        return f"h'{data.hex()}'{indicator}"
    return f"h'{data[:_BEGINNING].hex()}...'{indicator} / {sized(len(data))} /"


def _readable(data: bytes) -> str | None:
    """The text that bytes are, if a person would take them for one."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return text if text and all(c.isprintable() or c in "\t\r\n" for c in text) else None


def _text_string(text: str, indicator: str) -> str:
    cut = f"...{indicator} / {len(text)} characters /" if len(text) > _MAX_TEXT else indicator
    return json_text(text[:_MAX_TEXT], indent=None) + cut


def _real(item: Item) -> str:
    number = float(item.number)
    text = repr(number) if math.isfinite(number) else _UNREAL.get(number, "NaN")
    return text if item.width == _narrowest(number) else text + _INDICATORS[item.width]


def _narrowest(number: float) -> int:
    for width, code in ((2, ">e"), (4, ">f")):
        try:
            if math.isnan(number) or struct.unpack(code, struct.pack(code, number))[0] == number:
                return width
        except OverflowError:
            continue
    return 8
