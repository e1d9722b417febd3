"""Strict base64url and JSON: what may enter a token, and what is accepted from one.

RFC 7515 section 2 (base64url without padding), RFC 8259 (JSON), RFC 7493 (duplicate names are refused).
"""

from __future__ import annotations

import json
import math
import re
from binascii import Error as BinasciiError
from binascii import a2b_base64, b2a_base64
from collections.abc import Iterable
from itertools import islice
from typing import Final

import orjson

from .arguments import place
from .errors import InputError, VerificationError

#: A JSON value.
JSON = dict[str, "JSON"] | list["JSON"] | str | int | float | bool | None
#: A JSON object.
JSONObject = dict[str, JSON]

_TO_URL: Final = bytes.maketrans(b"+/", b"-_")
# '+' and '/' are foreign to base64url, and '=' is padding: each becomes a character that the strict decoder refuses.
_FROM_URL: Final = bytes(
    {0x2D: 0x2B, 0x5F: 0x2F}.get(c, c if chr(c).isascii() and chr(c).isalnum() else 0x21) for c in range(256)
)
# The last character's unused bits must be zero, or one value would have several encodings.
_LAST_OF_2: Final = frozenset(b"AQgw")
_LAST_OF_3: Final = frozenset(b"AEIMQUYcgkosw048")


def b64url_encode(data: bytes) -> bytes:
    r"""base64url without padding (RFC 7515 section 2).

    >>> b64url_encode(b"\xff\xfe")
    b'__4'
    """
    return b2a_base64(data, newline=False).rstrip(b"=").translate(_TO_URL)


def b64_certificates(chain: Iterable[bytes]) -> list[JSON]:
    r"""DER certificates as an x5c has them: in base64 with padding, not base64url (RFC 7515 section 4.1.6).

    >>> b64_certificates([b"\xff\xfe"])
    ['//4=']
    """
    return [b2a_base64(certificate, newline=False).decode() for certificate in chain]


def b64url_decode(data: bytes) -> bytes:
    r"""The bytes of strict base64url: no padding, no foreign characters, zero in unused bits (RFC 7515 section 2).

    Raises:
        VerificationError: ``bad-base64url``.

    >>> b64url_decode(b"__4")
    b'\xff\xfe'
    """
    rest = len(data) % 4
    if rest == 0:
        padded = data.translate(_FROM_URL)
    elif rest == 2 and data[-1] in _LAST_OF_2:
        padded = data.translate(_FROM_URL) + b"=="
    elif rest == 3 and data[-1] in _LAST_OF_3:
        padded = data.translate(_FROM_URL) + b"="
    else:
        raise VerificationError("bad-base64url", "a part of the token is not base64url")
    try:
        return a2b_base64(padded, strict_mode=True)
    except BinasciiError:
        raise VerificationError("bad-base64url", "a part of the token is not base64url") from None


#: Containers within containers that are read and written (RFC 8259 section 9 lets a parser set a limit): orjson's own,
#: and low enough for whatever walks a value recursively.
MAX_DEPTH: Final = 254


#: Values that are read and written in all: each takes far more memory than the two bytes that it may be written in.
MAX_ITEMS: Final = 1 << 17
# To the next separator that stands outside of text, or to the end: no character is looked at twice.
_TO_SEPARATOR: Final = re.compile(rb'[^",\[{]*+(?:"(?:[^"\\]++|\\.)*+"?[^",\[{]*+)*+(?:([,\[{])|\Z)', re.DOTALL)
_HALF: Final = re.compile("[\ud800-\udfff]")
_LONGEST_INTEGER: Final = 10**4300


def has_too_many_items(data: bytes) -> bool:
    """Whether a JSON text may hold more values than are read, which is known before anything is built of it.

    >>> has_too_many_items(b"[],"  * MAX_ITEMS), has_too_many_items(b'["' + b"[]," * MAX_ITEMS + b'"]')
    (True, False)
    """
    # Every value but the first stands behind one of these. The cheap count takes those in text too.
    if data.count(b",") + data.count(b"[") + data.count(b"{") <= MAX_ITEMS:
        return False
    found = islice(_TO_SEPARATOR.finditer(data), MAX_ITEMS + 1)
    return sum(match[1] is not None for match in found) > MAX_ITEMS


class _DuplicateError(ValueError):
    """A member name stands twice."""


def _object(pairs: list[tuple[str, JSON]]) -> JSONObject:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise _DuplicateError
    return result


def _number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("a number is out of range")
    return value


def _constant(_text: str) -> float:
    raise ValueError("NaN and Infinity are not JSON")


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_object, parse_float=_number, parse_constant=_constant)
_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def json_loads(data: bytes) -> JSON:
    """A JSON document in UTF-8, each member name once, every number finite (RFC 8259, RFC 7493).

    Raises:
        VerificationError: ``bad-json``, ``duplicate-member``; ``too-large``: over `MAX_ITEMS` values.

    >>> json_loads(b'{"a": [1, 2.5]}')
    {'a': [1, 2.5]}
    """
    if len(data) > MAX_ITEMS and has_too_many_items(data):
        raise VerificationError("too-large", f"the JSON holds over {MAX_ITEMS} items")
    # What orjson writes again byte for byte held no duplicate, no number beyond its range, no lossy escape and no
    # deep nesting; everything else goes to the strict decoder, which is slower.
    try:
        value: JSON = orjson.loads(data)
        if orjson.dumps(value) == data:
            return value
    except (orjson.JSONDecodeError, orjson.JSONEncodeError, RecursionError):
        pass
    return _json_loads_strict(data)


def _json_loads_strict(data: bytes) -> JSON:
    try:
        text = data.decode("utf-8")
        value: JSON = _DECODER.decode(text)
        # A lone surrogate, written as an escape, has no UTF-8: it must not reach what re-encodes the value.
        if "\\u" in text or "\\U" in text:
            _ENCODER.encode(value).encode("utf-8")
        if text.count("[") + text.count("{") > MAX_DEPTH and _is_deeper(value, MAX_DEPTH):
            raise ValueError("the nesting is too deep")
    except _DuplicateError:
        raise VerificationError("duplicate-member", "a JSON member name stands twice") from None
    except json.JSONDecodeError as error:
        place = f"at line {error.lineno}, column {error.colno}"
        raise VerificationError("bad-json", f"a part is not JSON in UTF-8, {place}") from None
    except (ValueError, RecursionError):
        raise VerificationError("bad-json", "a part is not JSON in UTF-8") from None
    return value


def json_object(data: bytes) -> JSONObject:
    """Like `json_loads`, for a JSON object alone.

    Raises:
        VerificationError: ``bad-json``, ``duplicate-member``.
    """
    value = json_loads(data)
    if not isinstance(value, dict):
        raise VerificationError("bad-json", "a JSON object is expected")
    return value


def json_dumps(value: object) -> bytes:
    """Compact JSON in UTF-8 that `json_loads` accepts.

    Raises:
        InputError: ``json-invalid``: not JSON's types, NaN, a member name that is no string or stands twice.

    >>> json_dumps({"a": [1, "é"]}).decode()
    '{"a":[1,"é"]}'
    """
    # What reads back equal held JSON's types alone; everything else goes to the strict encoder, which is slower.
    try:
        data = orjson.dumps(value)
        if (len(data) <= MAX_ITEMS or not has_too_many_items(data)) and orjson.loads(data) == value:
            return data
    except (orjson.JSONDecodeError, orjson.JSONEncodeError, RecursionError):
        pass
    try:
        _check(value)
        data = _ENCODER.encode(value).encode("utf-8")
    except (TypeError, ValueError, RecursionError):
        raise InputError("json-invalid", "the value can't be written as JSON") from None
    if has_too_many_items(data):
        raise InputError("json-invalid", f"the value holds over {MAX_ITEMS} items, and would not be read again")
    return data


def _is_deeper(value: JSON, depth: int) -> bool:
    if not isinstance(value, (dict, list)):
        return False
    return not depth or any(
        _is_deeper(item, depth - 1) for item in (value.values() if isinstance(value, dict) else value)
    )


def _check(value: object) -> None:
    """Refuse what has no JSON, and say where it stands and what it is."""
    path: list[object] = []
    if reason := _fault(value, path):
        raise InputError("json-invalid", f"{place(path)} can't be written as JSON: {reason}")


def _fault(value: object, path: list[object]) -> str | None:
    """Why a value has no JSON; the path is then that of the first thing that has none."""
    if isinstance(value, dict):
        # json would write 1 and None as names too, and then {1: ..., "1": ...} has one name twice.
        for name in value:
            if not isinstance(name, str) or _unwritable(name):
                return "a member name in it is no text"
        items: Iterable[tuple[object, object]] = value.items()
    elif isinstance(value, (list, tuple)):
        items = enumerate(value)
    else:
        return _unwritable(value)
    if len(path) >= MAX_DEPTH:
        path.clear()
        return f"it is nested over {MAX_DEPTH} deep"
    for name, item in items:
        path.append(name)
        if reason := _fault(item, path):
            return reason
        path.pop()
    return None


def _unwritable(value: object) -> str | None:
    if isinstance(value, str):
        return None if value.isascii() or not _HALF.search(value) else "it holds half of a character"
    if isinstance(value, float):
        return None if math.isfinite(value) else "it is not finite"
    if isinstance(value, int):
        # Python itself refuses to write a longer one, so that nobody waits for it.
        return None if abs(value) < _LONGEST_INTEGER else "it is an integer of too many digits"
    return None if value is None else f"it is of type {type(value).__name__}"
