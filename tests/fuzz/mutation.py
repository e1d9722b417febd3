"""Mutations that know what they change: a member of JSON or CBOR, within a token, a message or what is to be signed.

Bytes that are changed blindly are rarely JSON any more, and a fuzzer would not get beyond the parser.
"""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, Final

import cbor2

from kmsjose.encoding import b64url_decode, b64url_encode
from kmsjose.errors import KmsJoseError

from .seeds import SIGNED

#: How bytes are changed where nothing is known of them: by libFuzzer.
Blind = Callable[[bytes, int], bytes]

_ANY: Final[tuple[Any, ...]] = (
    None, True, False, 0, 1, -1, 1.5, 1e308, -0.0, 2**31, 2**53, 2**63, 2**64, -(2**64), 1767225599, 1767225900,
    "", "a", "a" * 300, "\0", "\x1b[2J\n", "\u202e", "https://issuer.example", "urn:x", "did:web:a#k", "2026-01-01",
    "2026-01-01T00:00:00Z", "AA", "AQAB", "==", "none", "ES256", "EdDSA", "application/x", [], {}, [[]], [{}], {"": {}},
    ["a", "a"],
)  # fmt: skip
_MOST_PLACES: Final = 2000
#: What reading an input, or writing it again with a change, may raise: it is then changed blindly.
_NOT_KNOWN: Final = (
    KmsJoseError, cbor2.CBORError, ArithmeticError, LookupError, RecursionError, TypeError, ValueError,
)  # fmt: skip
_JSON: Final = (*_ANY, "\ud800", float("inf"), 10**400)
_CBOR: Final = (
    *_ANY, b"", b"k", bytes(300), b"\xa0", b"\xa1\x01\x27", cbor2.CBORTag(0, "x"), cbor2.CBORTag(1, 5),
    cbor2.CBORTag(18, []), cbor2.undefined, cbor2.CBORSimpleValue(99), float("nan"), -7, -8, -65537, 33, 258, 10**30,
)  # fmt: skip


def mutate(data: bytes, size: int, seed: int, blind: Blind) -> bytes:
    """An input like another.

    Args:
        data: The other.
        size: Bytes that it may have.
        seed: Of what is chosen.
        blind: Changes bytes.
    """
    dice = random.Random(seed)
    if dice.random() < 0.6:
        try:
            changed = _known(data, dice, blind)
        except _NOT_KNOWN:
            changed = None
        if changed is not None and len(changed) <= size:
            return changed
    return blind(data, size)


def _known(data: bytes, dice: random.Random, blind: Blind) -> bytes | None:
    if data.startswith(SIGNED):
        return _signed(data, dice, blind)
    text = data.strip()
    if text[:1] in (b"{", b"["):
        return _json(data, dice)
    if b"-----BEGIN " in data:
        return _pem(data, dice, blind)
    if data.count(b".") == 2 and data.isascii():
        parts = data.split(b".")
        chosen = dice.randrange(2)
        parts[chosen] = b64url_encode(_json(b64url_decode(parts[chosen]), dice))
        return b".".join(parts)
    return _cbor(data, dice)


def _signed(data: bytes, dice: random.Random, blind: Blind) -> bytes:
    if data[1:2] == b"{":
        parts = list(data[1:].partition(b"\0"))
        chosen = dice.choice((0, 2))
        parts[chosen] = _known(parts[chosen], dice, blind) or blind(parts[chosen], 1000)
        return SIGNED + b"".join(parts)
    size = data[1]
    header, payload = data[2 : 2 + size], data[2 + size :]
    if dice.random() < 0.5:
        header = _cbor(header, dice)
    else:
        payload = _cbor(payload, dice)
    return SIGNED + bytes([len(header)]) + header + payload


def _pem(data: bytes, dice: random.Random, blind: Blind) -> bytes:
    lines = data.splitlines()
    ends = [number for number, line in enumerate(lines) if line.startswith(b"-----")]
    first = dice.choice(ends[:-1])
    last = ends[ends.index(first) + 1]
    der = blind(base64.b64decode(b"".join(lines[first + 1 : last])), 8000)
    return b"\n".join([*lines[: first + 1], *base64.encodebytes(der).splitlines(), *lines[last:]]) + b"\n"


def _json(data: bytes, dice: random.Random) -> bytes:
    return json.dumps(_changed(json.loads(data), dice, _JSON)).encode()


def _cbor(data: bytes, dice: random.Random) -> bytes:
    return cbor2.dumps(_changed(cbor2.loads(data), dice, _CBOR))


def _changed(value: Any, dice: random.Random, others: tuple[Any, ...]) -> Any:
    """The same value with one change, somewhere in it."""
    # Values that hold themselves, which CBOR can say, have places without end.
    places = list(islice(_places(value), _MOST_PLACES))
    if not places or dice.random() < 0.02:
        return dice.choice(others)
    holder, name = dice.choice(places)
    action = dice.random()
    if action < 0.2:
        del holder[name]
    elif action < 0.4 and isinstance(holder, dict):
        holder[dice.choice([other for _, other in places] + [other for other in others if _is_name(other)])] = holder[
            name
        ]
    elif action < 0.5:
        there, other = dice.choice(places)
        holder[name] = there[other]
    elif isinstance(holder[name], bytes) and others is _CBOR and holder[name]:
        holder[name] = _cbor(holder[name], dice)
    else:
        holder[name] = dice.choice(others)
    return value


def _is_name(value: Any) -> bool:
    return isinstance(value, (str, int))


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place of a value within another: the container, and what it is called there."""
    waiting = [value.value if isinstance(value, cbor2.CBORTag) else value]
    while waiting:
        holder = waiting.pop()
        if isinstance(holder, (dict, list)):
            names = list(holder) if isinstance(holder, dict) else range(len(holder))
            yield from ((holder, name) for name in names)
            waiting.extend(holder[name] for name in names)
