"""Reading what is not well-formed, as far as it can be read, and noting what is odd. Nothing here may lead to trust."""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64decode
from binascii import Error as BinasciiError
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from ..encoding import JSON, JSONObject, b64url_decode, json_dumps, json_loads
from ..errors import InputError, VerificationError

#: Values that are read of one JSON text: no token, message or key has so many.
MAX_VALUES: Final = 50_000
_STRING: Final = re.compile(rb'"(?:[^"\\]|\\.)*+"', re.DOTALL)
_WHITESPACE = re.compile(rb"\s+")


@dataclass
class Reading:
    """What was read.

    Attributes:
        kind: What it seems to be, in words.
        parts: Its parts by name, in order.
        odd: What is odd about it, each a sentence of its own.
        diagnostic: Of CBOR, all of it in diagnostic notation.
        decoded: The parts that are in that notation, which a machine can't read.
    """

    kind: str
    parts: dict[str, JSON] = field(default_factory=dict)
    odd: list[str] = field(default_factory=list)
    diagnostic: str = ""
    decoded: dict[str, JSON] = field(default_factory=dict)


def base64url(text: bytes, name: str, odd: list[str]) -> bytes | None:
    """The bytes of what should be base64url, or None if no reading of it makes sense."""
    try:
        return b64url_decode(text)
    except VerificationError:
        pass
    stripped = _WHITESPACE.sub(b"", text)
    if stripped != text:
        odd.append(f"{name}: there is whitespace in it")
    if b"=" in stripped:
        odd.append(f"{name}: it is padded with '='")
    if b"+" in stripped or b"/" in stripped:
        odd.append(f"{name}: it is base64, not base64url ('+' or '/')")
    plain = stripped.rstrip(b"=").replace(b"+", b"-").replace(b"/", b"_")
    try:
        if not re.fullmatch(rb"[A-Za-z0-9_-]*", plain):
            raise ValueError
        data = urlsafe_b64decode(plain + b"=" * (-len(plain) % 4))
    except (BinasciiError, ValueError):
        odd.append(f"{name}: it is not base64url")
        return None
    try:
        b64url_decode(plain)
    except VerificationError:
        odd.append(f"{name}: the unused bits of its last character are not zero")
    return data


def json_value(data: bytes, name: str, odd: list[str]) -> JSON:
    """The value of what should be JSON; None, with a note, if it can't be read."""
    if _has_too_many(data):
        odd.append(f"{name}: it has over {MAX_VALUES} values, and is not looked at")
        return None
    try:
        return json_loads(data)
    except VerificationError:
        pass
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        odd.append(f"{name}: it is not UTF-8")
        return None

    def members(pairs: Sequence[tuple[str, JSON]]) -> JSONObject:
        odd.extend(
            f"{name}: the member {twice[:64]!r} stands more than once; the last one is shown"
            for twice, times in Counter(member for member, _ in pairs).items()
            if times > 1
        )
        return dict(pairs)

    def constant(written: str) -> str:
        odd.append(f"{name}: {written} is not JSON")
        return written

    def number(written: str) -> JSON:
        value = float(written)
        return value if abs(value) != float("inf") else constant(written)

    try:
        value: JSON = json.loads(text, object_pairs_hook=members, parse_constant=constant, parse_float=number)
        # Nested too deep to be walked, or with half a character that has no UTF-8.
        json_dumps(value)
    except (ValueError, RecursionError, InputError):
        odd.append(f"{name}: it is not JSON")
        return None
    return value


def _has_too_many(data: bytes) -> bool:
    """Whether JSON has more values than are read; those of its strings that look like some are not counted."""

    def count(text: bytes) -> int:
        return text.count(b",") + text.count(b"[") + text.count(b"{")

    return count(data) > MAX_VALUES and count(_STRING.sub(b"", data)) > MAX_VALUES
