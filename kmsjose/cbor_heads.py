"""The heads of CBOR: a message is walked by them before anything is built of it.

RFC 8949 section 3; definite lengths and shortest heads alone (section 4.2.1), labels that are integers or text (RFC
9052 section 1.4), and bounds, so that the cost of hostile input is linear in its size.
"""

from __future__ import annotations

from typing import Final

from .errors import VerificationError

#: Containers within containers that are read and written.
MAX_DEPTH: Final = 32
#: Entries of one map: with integer labels that collide, building a dict costs the square of their number.
MAX_ENTRIES: Final = 1024
#: Data items that are read in all: each takes far more memory than the byte that it may be written in.
MAX_ITEMS: Final = 65536

#: The major types.
UNSIGNED, NEGATIVE, BYTES, TEXT, ARRAY, MAP, TAG, SIMPLE = range(8)
_LABELS: Final = (UNSIGNED, NEGATIVE, TEXT)
_FALSE, _NULL = 20, 22
#: By the value in a head: floats of 2, 4 and 8 bytes.
_FLOATS: Final = (25, 26, 27)


def read_head(data: bytes, position: int) -> tuple[int, int, int]:
    """The major type, the argument and the end of the head at a position (RFC 8949 section 3).

    Raises:
        VerificationError: ``bad-cbor``: cut off, of indefinite length, reserved, or longer than it need be.
    """
    try:
        initial = data[position]
        position += 1
        value = initial & 31
        if value < 24:
            return initial >> 5, value, position
        if value > 27:
            raise VerificationError("bad-cbor", "a length is indefinite, or a head reserved")
        if initial >> 5 == SIMPLE:
            # What follows is a float, or a simple value that has no place here.
            return SIMPLE, value, position + (1 << value - 24)
        size = 1 << value - 24
        value = data[position] if size == 1 else int.from_bytes(data[position : position + size])
    except IndexError:
        raise _cut_off() from None
    if position + size > len(data):
        raise _cut_off()
    if value < 24 if size == 1 else not value >> 4 * size:
        raise VerificationError("bad-cbor", "a head is not in its shortest form")
    return initial >> 5, value, position + size


def head(major: int, value: int) -> bytes:
    """The head of a data item (RFC 8949 section 3).

    Raises:
        OverflowError: The value is negative, or beyond 64 bits.
    """
    if 0 <= value < 24:
        return (major << 5 | value).to_bytes(1)
    code = 24 if value < 0x100 else 25 if value < 0x10000 else 26 if value < 0x100000000 else 27
    return (major << 5 | code).to_bytes(1) + value.to_bytes(1 << code - 24)


def scan(data: bytes) -> set[int]:
    """Walk the heads of what must be one data item, refuse what is not strict, and return the tag numbers in it.

    Args:
        data: The item, and nothing behind it.

    Raises:
        VerificationError: ``bad-cbor``, ``too-large``.
    """
    tags: set[int] = set()
    try:
        position = _walk(data, tags)
    except IndexError:
        raise _cut_off() from None
    if position < len(data):
        raise VerificationError("bad-cbor", "bytes are left behind the data item")
    if position > len(data):
        raise _cut_off()
    return tags


def _walk(data: bytes, tags: set[int]) -> int:
    """Where the first data item ends, even if the data does so earlier; the tag numbers in it are added."""
    position = 0
    outer: list[tuple[int, bool]] = []
    # Items of the present container that are still to come, and whether they are labels and values in turn.
    left, labelled = 1, False
    promised = 1
    while left or outer:
        if not left:
            left, labelled = outer.pop()
            continue
        initial = data[position]
        major, value = initial >> 5, initial & 31
        if value < 24:
            position += 1
        else:
            major, value, position = read_head(data, position)
        if labelled and not left & 1 and major not in _LABELS:
            raise VerificationError("bad-cbor", "a map label is neither an integer nor text")
        left -= 1
        if major <= NEGATIVE:
            continue
        if major <= TEXT:
            position += value
        elif major == SIMPLE:
            _check_simple(value)
        else:
            outer.append((left, labelled))
            if len(outer) > MAX_DEPTH:
                raise VerificationError("bad-cbor", f"containers are nested over {MAX_DEPTH} deep")
            left, labelled = _items(major, value, tags), major == MAP
            promised += left
            if promised > MAX_ITEMS:
                raise VerificationError("too-large", f"it holds over {MAX_ITEMS} data items")
    return position


def _check_simple(value: int) -> None:
    if not _FALSE <= value <= _NULL and value not in _FLOATS:
        raise VerificationError("bad-cbor", "a simple value is none of false, true and null")


def _items(major: int, value: int, tags: set[int]) -> int:
    """How many data items a container holds; a tag holds one."""
    if major == ARRAY:
        return value
    if major == TAG:
        tags.add(value)
        return 1
    if value > MAX_ENTRIES:
        raise VerificationError("too-large", f"a map has over {MAX_ENTRIES} entries")
    return 2 * value


def _cut_off() -> VerificationError:
    return VerificationError("bad-cbor", "the data ends within an item")
