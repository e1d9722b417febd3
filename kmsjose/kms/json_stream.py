"""JSON read one entry at a time, so that a file of any size needs the memory of one entry."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from json import JSONDecoder
from typing import Final, TextIO

from ..encoding import MAX_ITEMS

#: Characters of one entry.
MAX_ENTRY: Final = 4 << 20
#: Documents without an entry on end, and members of an object beside its list: more would cost time and say nothing.
MAX_EMPTY: Final = 1000
_CHUNK: Final = 1 << 16
_SPACE: Final = re.compile(r"[ \t\r\n]*")
#: An object that begins with a list; what stands before the list is far shorter than a chunk.
_OBJECT_OF_LIST: Final = re.compile(r'\{[ \t\r\n]*"(\w+)"[ \t\r\n]*:[ \t\r\n]*(?=\[)')
#: To the next mark that stands outside of text, or to the end: no character is looked at twice.
_TO_MARK: Final = re.compile(r'[^",\[\]{}]*+(?:"(?:[^"\\]++|\\.)*+"?[^",\[\]{}]*+)*+(?:([,\[\]{}])|\Z)', re.DOTALL)
_decode: Final = JSONDecoder().raw_decode


def entries(file: TextIO, lists: Collection[str]) -> Iterator[object]:
    """The values of a JSON document, or of several on end, be they lines or not.

    Of an array, and of an object that begins with a member that `lists` names, it is the elements that are given, each
    as it is read; what such an object has behind its list is read over.

    Raises:
        ValueError: it is not JSON, or empty, or an entry is over 4 Mi characters or holds over `MAX_ITEMS` values; or
            over 1,000 lists without an entry stand on end.
    """
    text = _Text(file)
    if not text.peek():
        raise ValueError("it is empty")
    empty = 0
    while first := text.peek():
        empty += 1
        for value in _of_document(text, first, lists):
            empty = 0
            yield value
        if empty > MAX_EMPTY:
            raise ValueError(f"over {MAX_EMPTY} lists without an entry stand on end")


def check_items(text: str, at: int = 0) -> None:
    """Refuse a JSON value of more values than are read of any JSON, before anything is built of it.

    Args:
        text: What the value is in; it may be cut off, and other values may stand behind it.
        at: Where it begins.

    Raises:
        ValueError: it holds over `MAX_ITEMS` values.

    >>> check_items("[1, 2]" * MAX_ITEMS)
    >>> check_items("[" + "[]," * MAX_ITEMS)
    Traceback (most recent call last):
    ValueError: an entry holds over 131072 values
    """
    # Every value but the first stands behind a mark, so a text that is shorter can't have as many.
    if len(text) - at <= MAX_ITEMS:
        return
    depth = items = 0
    for match in _TO_MARK.finditer(text, at):
        mark = match[1]
        depth += (mark in ("[", "{")) - (mark in ("]", "}"))
        if depth <= 0:
            return
        items += mark in (",", "[", "{")
        if items > MAX_ITEMS:
            raise ValueError(f"an entry holds over {MAX_ITEMS} values")


def _of_document(text: _Text, first: str, lists: Collection[str]) -> Iterator[object]:
    if first == "[":
        yield from _elements(text)
    elif text.begins_with_one_of(lists):
        yield from _elements(text)
        _read_over_members(text, lists)
    else:
        yield text.value()


def _elements(text: _Text) -> Iterator[object]:
    text.take("[")
    if text.peek() != "]":
        yield text.value()
        while text.peek() == ",":
            text.take(",")
            yield text.value()
    text.take("]")


def _read_over_members(text: _Text, lists: Collection[str]) -> None:
    members = 0
    while text.peek() == ",":
        members += 1
        if members > MAX_EMPTY:
            raise ValueError(f"an object has over {MAX_EMPTY} members beside its list")
        text.take(",")
        if text.value() in lists:
            raise ValueError("an object has a second list of entries")
        text.take(":")
        text.value()
    text.take("}")


class _Text:
    """What of a file was read and not yet taken."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._text = ""
        self._at = 0

    def peek(self) -> str:
        """The next character that is no space, or "" at the end."""
        while True:
            self._at = _SPACE.match(self._text, self._at).end()  # type: ignore[union-attr]  # it matches nothing, too
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._read_more():
                return ""

    def take(self, character: str) -> None:
        """Go beyond the next character, which must be this one."""
        if self.peek() != character:
            raise ValueError(f"it is not JSON: {character} is missing")
        self._at += 1

    def begins_with_one_of(self, lists: Collection[str]) -> bool:
        """Whether an object begins with one of the lists, to which it goes then."""
        while len(self._text) - self._at < _CHUNK and self._read_more():
            pass
        match = _OBJECT_OF_LIST.match(self._text, self._at)
        if match is None or match[1] not in lists:
            return False
        self._at = match.end()
        return True

    def value(self) -> object:
        """The next value."""
        self.peek()
        while True:
            check_items(self._text, self._at)
            try:
                value, end = _decode(self._text, self._at)
            except (ValueError, RecursionError):
                value, end = None, len(self._text) + 1
            # What ends with the text may go on beyond it, as a number does.
            if end < len(self._text):
                break
            if len(self._text) - self._at > MAX_ENTRY:
                raise ValueError(f"it is not JSON, or an entry is over {MAX_ENTRY} characters")
            if not self._read_more():
                if end > len(self._text):
                    raise ValueError("it is not JSON, or it is cut off")
                break
        self._at = end
        return value

    def _read_more(self) -> bool:
        left = len(self._text) - self._at
        # As much again as there is, so that a large entry is not tried too often.
        more = self._file.read(max(_CHUNK, left))
        if more:
            self._text, self._at = self._text[self._at :] + more, 0
        return bool(more)
