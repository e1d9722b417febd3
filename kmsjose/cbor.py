"""Strict CBOR: what is accepted from a message, and the one encoding that is written. The only importer of cbor2.

RFC 8949, within the limits of `cbor_heads`: each map label stands once, and maps are written in the deterministic order
of section 4.2.1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import cbor2

from .arguments import place
from .cbor_heads import ARRAY, BYTES, MAP, MAX_DEPTH, MAX_ENTRIES, NEGATIVE, TAG, UNSIGNED, head, read_head, scan
from .errors import InputError, VerificationError


@dataclass(frozen=True, slots=True)
class Tag:
    """A tagged value (RFC 8949 section 3.4).

    Args:
        number: The tag number.
        value: What is tagged.
    """

    number: int
    value: CBOR


#: A label of a map.
Label = int | str
#: A CBOR value.
CBOR = dict[Label, "CBOR"] | list["CBOR"] | bytes | str | int | float | bool | None | Tag
#: A CBOR map.
CBORMap = dict[Label, CBOR]


def loads(data: bytes) -> CBOR:
    """The value of strictly encoded CBOR.

    Whatever its number, a tag is read as a `Tag`, and given no meaning: what may have one is for the caller to say.

    Args:
        data: One data item, and nothing behind it.

    Raises:
        VerificationError: ``bad-cbor``, ``duplicate-label``, ``too-large``.

    >>> loads(bytes.fromhex("a1012a")), loads(bytes.fromhex("c11a63090000"))
    ({1: -11}, Tag(number=1, value=1661534208))
    """
    tags = scan(data)
    try:
        return _load(data, tags, allow_duplicate_keys=False)
    except (cbor2.CBORError, ValueError):
        # Their text may quote the message.
        raise _reason(data, tags) from None


def untagged(data: bytes) -> tuple[tuple[int, ...], bytes]:
    r"""The tag numbers that stand before a data item, and the item; no more than two are looked for.

    Raises:
        VerificationError: ``bad-cbor``.

    >>> untagged(bytes.fromhex("d2820102"))
    ((18,), b'\x82\x01\x02')
    """
    numbers: list[int] = []
    position = 0
    while len(numbers) < 2 and data[position : position + 1] >= b"\xc0" and data[position] < 0xE0:
        _, number, position = read_head(data, position)
        numbers.append(number)
    return tuple(numbers), data[position:]


def cbor_map(data: bytes) -> CBORMap:
    """Like `loads`, for a map alone.

    Raises:
        VerificationError: as `loads`; ``bad-cbor``: it is no map.
    """
    value = loads(data)
    if not isinstance(value, dict):
        raise VerificationError("bad-cbor", "a CBOR map is expected")
    return value


def _load(data: bytes, tags: set[int], *, allow_duplicate_keys: bool) -> CBOR:
    # cbor2 has meanings of its own for many tags, and freezes what is below one.
    readers: Any = {number: _reader(number) for number in tags} if tags else None
    value: CBOR = cbor2.loads(data, semantic_decoders=readers, allow_duplicate_keys=allow_duplicate_keys)
    return value


def _reader(number: int) -> Callable[[object, bool], Tag]:
    return lambda value, _immutable: Tag(number, _thawed(value))


def _thawed(value: Any) -> CBOR:
    whole = [value]
    pending: list[Any] = [whole]
    while pending:
        holder = pending.pop()
        for at, item in holder.items() if isinstance(holder, dict) else enumerate(holder):
            if isinstance(item, (tuple, list, Mapping)):
                holder[at] = dict(item) if isinstance(item, Mapping) else list(item)
                pending.append(holder[at])
    thawed: CBOR = whole[0]
    return thawed


def _reason(data: bytes, tags: set[int]) -> VerificationError:
    """Why cbor2 refused what the scan let pass: it takes it with its labels twice, or never."""
    try:
        _load(data, tags, allow_duplicate_keys=True)
    except (cbor2.CBORError, ValueError):
        return VerificationError("bad-cbor", "text is not UTF-8")
    return VerificationError("duplicate-label", "a label stands twice in a map")


def dumps(value: object) -> bytes:
    """CBOR in the deterministic encoding (RFC 8949 section 4.2.1).

    Args:
        value: Of the types that `loads` returns; a tuple is an array, any mapping a map.

    Raises:
        InputError: ``cbor-invalid``: not of these types, beyond 64 bits, nested too deep, a label that is no integer
            or text.

    >>> dumps({"a": 1, -1: 2, 10: 3}).hex()
    'a30a032002616101'
    """
    try:
        return _dump(value, MAX_DEPTH)
    except _UnwritableError as error:
        raise InputError("cbor-invalid", f"{place(error.path[::-1])} can't be written as CBOR: {error}") from None
    except (cbor2.CBORError, UnicodeError, OverflowError):
        raise InputError("cbor-invalid", "the value can't be written as CBOR: no Unicode, or beyond 64 bits") from None


class _UnwritableError(Exception):
    """Why a value has no CBOR, and from the inside outwards where it stands."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.path: list[object] = []


def _dump_item(name: object, value: object, depth: int) -> bytes:
    """An item of a container, which an error in it names."""
    try:
        return _dump(value, depth)
    except _UnwritableError as error:
        error.path.append(name)
        raise


def _dump(value: object, depth: int) -> bytes:
    if isinstance(value, bytes):
        return bstr(value)
    if isinstance(value, (bool, int, str, float)) or value is None:
        return _dump_scalar(value)
    if not depth:
        raise _UnwritableError(f"it is nested over {MAX_DEPTH} deep")
    if isinstance(value, (list, tuple)):
        return head(ARRAY, len(value)) + b"".join(_dump_item(i, item, depth - 1) for i, item in enumerate(value))
    if isinstance(value, Mapping):
        return _dump_map(value, depth)
    if isinstance(value, Tag) and isinstance(value.number, int):
        return head(TAG, value.number) + _dump(value.value, depth - 1)
    raise _UnwritableError(f"it is of type {type(value).__name__}")


def _dump_scalar(value: bool | int | str | float | None) -> bytes:
    if isinstance(value, int) and not isinstance(value, bool):
        return head(UNSIGNED, int(value)) if value >= 0 else head(NEGATIVE, -1 - int(value))
    return cbor2.dumps(value, canonical=True)


def _dump_map(value: Mapping[Any, object], depth: int) -> bytes:
    if len(value) > MAX_ENTRIES:
        raise _UnwritableError(f"a map has over {MAX_ENTRIES} entries")
    for label in value:
        if not isinstance(label, (int, str)) or isinstance(label, bool):
            raise _UnwritableError("a map label is neither an integer nor text")
    # cbor2's canonical order puts the shorter label first, which is RFC 7049's.
    entries = sorted((_dump_scalar(label), _dump_item(label, item, depth - 1)) for label, item in value.items())
    return head(MAP, len(entries)) + b"".join(label + item for label, item in entries)


def bstr(data: bytes) -> bytes:
    """A byte string as a data item."""
    return head(BYTES, len(data)) + data


def bstr_head(length: int) -> bytes:
    """The head of a byte string whose content comes in pieces."""
    return head(BYTES, length)


def array(items: Iterable[bytes]) -> bytes:
    r"""An array of data items that are encoded already.

    >>> array([bstr(b"a"), b"\xf6"]).hex()
    '824161f6'
    """
    encoded = tuple(items)
    return head(ARRAY, len(encoded)) + b"".join(encoded)


def tagged(number: int, item: bytes) -> bytes:
    """A data item that is encoded already, behind a tag."""
    return head(TAG, number) + item
