"""What it would cost to try a password on a private key: its file says so itself, and a hostile one says hours."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Final

from ..errors import InputError

#: Rounds of PBKDF2 or PKCS #12 that are done: some seconds. What tools write is at most a tenth of them.
MAX_ROUNDS: Final = 10_000_000
#: The product of scrypt's N, r and p that is done: a gibibyte of memory.
MAX_SCRYPT: Final = 1 << 23
#: Bytes in which a file says how it is encrypted; a hundred are usual.
_LONGEST: Final = 4096

_SCRYPT: Final = bytes.fromhex("06092b06010401da47040b")
_OCTETS, _INTEGER, _SEQUENCE = 0x04, 0x02, 0x30


def check_cost(der: bytes) -> None:
    """Refuse an encrypted private key (RFC 5958 section 3) whose password is not tried in seconds.

    Args:
        der: The key; what is no such key is passed over.

    Raises:
        InputError: ``key-invalid``.
    """
    try:
        algorithm = next(_items(_of(_SEQUENCE, der)), b"")
        if len(algorithm) > _LONGEST:
            raise InputError("key-invalid", f"it says in over {_LONGEST} bytes how it is encrypted")
        numbers = list(_numbers(algorithm)) if algorithm else []
    except ValueError:
        return  # Whoever loads it says what is wrong with it.
    if _SCRYPT in algorithm:
        cost, most = prod(numbers[:3]), MAX_SCRYPT
    else:
        cost, most = max(numbers, default=0), MAX_ROUNDS
    if cost > most:
        raise InputError("key-invalid", f"it wants more than {most} rounds for a password: encrypt it anew with fewer")


def _numbers(algorithm: bytes) -> Iterator[int]:
    """The integers that follow a salt, at any depth."""
    salted, waiting = False, [algorithm]
    while waiting:
        item = waiting.pop()
        if item[0] == _SEQUENCE:
            waiting += reversed(list(_items(_of(_SEQUENCE, item))))
        elif item[0] == _OCTETS:
            salted = True
        elif item[0] == _INTEGER and salted:
            yield int.from_bytes(_of(_INTEGER, item))


def _items(content: bytes) -> Iterator[bytes]:
    while content:
        _, end = _bounds(content)
        yield content[:end]
        content = content[end:]


def _of(tag: int, item: bytes) -> bytes:
    start, end = _bounds(item)
    if item[0] != tag:
        raise ValueError("another type")
    return item[start:end]


def _bounds(item: bytes) -> tuple[int, int]:
    """Where the content of the first item begins and ends."""
    if len(item) < 2:
        raise ValueError("cut short")
    length, start = item[1], 2
    if length & 0x80:
        start += length & 0x7F
        length = int.from_bytes(item[2:start])
    if start + length > len(item):
        raise ValueError("cut short")
    return start, start + length
