"""A data item as JSON, by the names of what it holds: what a machine gets, where a person gets diagnostic notation."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final

from ..cbor_heads import ARRAY, BYTES, MAP, TAG, TEXT
from ..encoding import JSON, JSONObject, b64url_encode
from .cbor_item import NOTHING, Item, sized
from .diagnostic import scalar
from .private_members import HIDDEN

#: The parts of a message of which the size is told instead.
_SIZED: Final = frozenset({"payload", "signature", "ciphertext", "tag"})
_CONTAINERS: Final = {ARRAY: "an array", MAP: "a map", TAG: "a tag"}
_VALUES: Final[dict[str, bool | None]] = {"false": False, "true": True, "null": None}


def as_json(item: Item) -> JSON:
    """An item as JSON: bytes are base64url, an array of named parts is an object."""
    if item.hidden:
        return HIDDEN
    if item.inner is not None:
        return as_json(item.inner)
    if item.major == MAP:
        return _object((label.name or _label(label), as_json(value)) for label, value in item.pairs())
    if item.major == ARRAY:
        return _array(item)
    if item.major == TAG:
        return {"tag": item.value, "value": as_json(item.items[0])}
    return _scalar(item)


def part(item: Item) -> JSON:
    """A part of a message; of its payload and signature the size alone."""
    if item.name in _SIZED and item.major == BYTES:
        return sized(len(item.content))
    return as_json(item)


def _array(item: Item) -> JSON:
    if any(element.name for element in item.items):
        return _object((element.name, part(element)) for element in item.items)
    return [as_json(element) for element in item.items]


def _scalar(item: Item) -> JSON:
    if item.major == BYTES:
        return b64url_encode(bytes(item.content)).decode()
    if item.major == TEXT:
        return item.text
    if item.major == NOTHING:
        return None
    if item.is_number and math.isfinite(item.number):
        return item.number
    text = scalar(item)
    return _VALUES.get(text, text)


def _label(label: Item) -> str:
    """The name of a member; what holds other items is not written out, which would double it at each level."""
    if label.major in (ARRAY, MAP, TAG) or label.inner is not None:
        return f"({_CONTAINERS.get(label.major, 'CBOR')} as a label)"
    return label.text if label.major == TEXT else str(as_json(label))


def _object(members: Iterable[tuple[str, JSON]]) -> JSONObject:
    """An object in which every member stays: one whose name is taken gets a number."""
    result: JSONObject = {}
    taken: dict[str, int] = {}
    for name, value in members:
        own = name
        while own in result:
            taken[name] = taken.get(name, 1) + 1
            own = f"{name} ({taken[name]})"
        result[own] = value
    return result
