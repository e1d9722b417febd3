"""A data item of CBOR as it was written, malformed or not, and what is known of it (RFC 8949 section 3)."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Final

from ..cbor import CBOR, CBORMap, Tag
from ..cbor_heads import ARRAY, BYTES, MAP, NEGATIVE, SIMPLE, TAG, TEXT, UNSIGNED, head
from ..words import counted

#: The major type of an item that is not there.
NOTHING: Final = -1
_FLOATS: Final = {2: ">e", 4: ">f", 8: ">d"}
#: Simple values that have a name.
_SIMPLE: Final[dict[int, bool | None]] = {20: False, 21: True, 22: None}


@dataclass(slots=True, eq=False)
class Item:
    """A data item as it was written, and what is known of it.

    Attributes:
        major: The major type, or `NOTHING`.
        value: What the head says: a number, a length, a count, or the tag.
        width: Bytes of that in the head, behind the first one.
        indefinite: Whether its end is marked by a break instead.
        start: Where it begins in what was read.
        rest: Of the outermost item: bytes behind it.
        whole: Of the outermost item: whether all of it was read.
        content: Of a string.
        items: What it holds: elements, labels and values in turn, what is tagged, the pieces of a string.
        flaw: What is wrong with it, in words.
        name: What it is called, where that is known.
        remark: What it means, in words.
        inner: What a byte string holds in CBOR, where that is known.
        hidden: Whether it is private, and so must not be shown.
    """

    major: int
    value: int = 0
    width: int = 0
    indefinite: bool = False
    start: int = 0
    rest: int = 0
    whole: bool = True
    content: memoryview = field(default_factory=lambda: memoryview(b""))
    items: list[Item] = field(default_factory=list)
    flaw: str = ""
    name: str = ""
    remark: str = ""
    inner: Item | None = None
    hidden: bool = False

    @property
    def is_float(self) -> bool:
        """Whether it is a floating-point number."""
        return self.major == SIMPLE and self.width in _FLOATS

    @property
    def is_number(self) -> bool:
        """Whether it is an integer or a float."""
        return self.major in (UNSIGNED, NEGATIVE) or self.is_float

    @property
    def number(self) -> int | float:
        """The value of an integer or a float."""
        if self.is_float:
            real: float = struct.unpack(_FLOATS[self.width], self.value.to_bytes(self.width))[0]
            return real
        return -1 - self.value if self.major == NEGATIVE else self.value

    @property
    def text(self) -> str:
        """The value of a text string, as far as it is UTF-8."""
        return str(self.content, "utf-8", "replace")

    @property
    def label(self) -> int | str | None:
        """The value of what can be a label."""
        if self.major in (UNSIGNED, NEGATIVE):
            return int(self.number)
        return self.text if self.major == TEXT else None

    def pairs(self) -> list[tuple[Item, Item]]:
        """The labels and values of a map."""
        return list(zip_longest(self.items[::2], self.items[1::2], fillvalue=Item(NOTHING)))


def plain(item: Item) -> CBOR:
    """The value of an item without what is private in it; what has none is None."""
    if item.hidden:
        return None
    if item.major in (BYTES, TEXT):
        return bytes(item.content) if item.major == BYTES else item.text
    if item.major == ARRAY:
        return [plain(element) for element in item.items]
    if item.major == MAP:
        return plain_map(item)
    if item.major == TAG:
        return Tag(item.value, plain(item.items[0]))
    return item.number if item.is_number else _SIMPLE.get(item.value)


def plain_map(item: Item) -> CBORMap:
    """The entries of an item by label, none if it is no map; of a label that stands twice, the last one."""
    if item.major != MAP:
        return {}
    pairs = ((label.label, value) for label, value in item.pairs() if not value.hidden)
    return {label: plain(value) for label, value in pairs if label is not None}


def is_shortest(item: Item) -> bool:
    """Whether the head of an item is as short as its value allows."""
    return len(head(item.major, item.value)) == 1 + item.width


def sized(size: int) -> str:
    """A number of bytes in words.

    >>> sized(1), sized(64)
    ('1 byte', '64 bytes')
    """
    return counted(size, "byte")
