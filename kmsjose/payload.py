"""A payload is `bytes`, a seekable binary file, or a length with chunks; here all three become chunks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import SEEK_END, SEEK_SET
from typing import BinaryIO, Final

from .errors import InputError

__all__ = ["Chunks", "Payload"]

_CHUNK_SIZE: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Chunks:
    """A payload in pieces, read once, so that it need not fit into memory.

    Args:
        length: Bytes in all.
        chunks: The pieces, in order.
    """

    length: int
    chunks: Iterable[bytes]


Payload = bytes | BinaryIO | Chunks


def chunks_of(payload: Payload) -> Iterator[bytes]:
    """The payload's bytes, piece by piece; a file is read from its beginning.

    Raises:
        InputError: ``payload-invalid``: no such type, or chunks that do not add up to their length.
    """
    if isinstance(payload, (bytes, bytearray, memoryview)):
        yield bytes(payload)
        return
    source, length = (payload.chunks, payload.length) if isinstance(payload, Chunks) else _file(payload)
    seen = 0
    for chunk in source:
        if not isinstance(chunk, (bytes, bytearray, memoryview)):
            raise InputError("payload-invalid", "the payload's chunks are not bytes: open the file in binary mode")
        seen += len(chunk)
        if seen > length:
            break
        yield chunk
    if seen != length:
        raise InputError("payload-invalid", f"the payload's chunks do not add up to {length} bytes")


def length_of(payload: Payload) -> int:
    """The payload's size in bytes.

    Raises:
        InputError: ``payload-invalid``.
    """
    if isinstance(payload, (bytes, bytearray, memoryview)):
        return len(payload)
    if not isinstance(payload, Chunks):
        return _file(payload)[1]
    if not isinstance(payload.length, int) or payload.length < 0:
        raise InputError("payload-invalid", "the length of chunks is a number of bytes")
    return payload.length


def check_readable(payload: Payload, times: int) -> None:
    """Refuse chunks that can be read once where they have to be read more often.

    Raises:
        InputError: ``payload-invalid``.
    """
    if isinstance(payload, Chunks) and times > 1 and iter(payload.chunks) is payload.chunks:
        raise InputError("payload-invalid", "an iterator is read once: give bytes or a file for several signatures")


def whole(payload: Payload, max_size: int) -> bytes:
    """The payload in one piece.

    Raises:
        InputError: ``payload-too-large``: over `max_size` bytes; ``payload-invalid``.
    """
    if length_of(payload) > max_size:
        raise InputError("payload-too-large", f"the payload is over {max_size} bytes")
    return payload if isinstance(payload, bytes) else b"".join(chunks_of(payload))


def _file(payload: BinaryIO) -> tuple[Iterator[bytes], int]:
    try:
        length = payload.seek(0, SEEK_END)
        payload.seek(0, SEEK_SET)
    except (AttributeError, OSError, ValueError) as error:
        raise InputError("payload-invalid", "the payload is not bytes, a seekable binary file, or Chunks") from error
    return iter(lambda: _read(payload), b""), length


def _read(file: BinaryIO) -> bytes:
    try:
        return file.read(_CHUNK_SIZE)
    except OSError as error:
        raise InputError("payload-invalid", f"the payload's file can't be read: {error.strerror}") from error
