"""A payload as it stands in a token, and as it enters the signing input (RFC 7515 section 5.1, RFC 7797 section 3)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from itertools import chain
from typing import Final

from ..encoding import JSONObject, b64url_encode, json_loads
from ..errors import VerificationError
from ..payload import Chunks, Payload, chunks_of, length_of, whole

_UNENCODED: Final = re.compile(rb"[\x20-\x2d\x2f-\x7e]*")


def unencoded_in_compact(body: bytes) -> bool:
    """Whether a compact JWS can carry a payload unencoded: printable ASCII without a period (RFC 7797 section 5.2)."""
    return _UNENCODED.fullmatch(body) is not None


def claims_of(payload: bytes | None, parameters: Collection[str] = ()) -> JSONObject:
    """The claims set that a payload holds (RFC 7519 section 7.2).

    Args:
        payload: The payload of a verified token.
        parameters: The names in its header, by which a compressed payload is known.

    Raises:
        VerificationError: ``claims-not-object``, ``bad-json``, ``duplicate-member``.
    """
    try:
        claims = json_loads(payload or b"")
    except VerificationError as error:
        if "zip" not in parameters:
            raise
        told = "the payload is compressed, as the header's zip says, and it is not inflated here: zip is for encrypted"
        raise VerificationError("bad-json", f"{told} tokens (RFC 7516 section 4.1.3)") from error
    if not isinstance(claims, dict):
        raise VerificationError("claims-not-object", "the payload is not a JSON object")
    return claims


def attached(payload: Payload, *, b64: bool, max_size: int) -> bytes:
    """The payload as it stands in a token.

    Raises:
        InputError: ``payload-too-large``, ``payload-invalid``.
    """
    body = whole(payload, max_size)
    return b64url_encode(body) if b64 else body


def stream(protected: bytes, payload: Payload, *, b64: bool) -> Payload:
    """The signing input of a detached payload, in memory only where the payload is (RFC 7515 section 5.1 step 8)."""
    if isinstance(payload, bytes):
        return protected + b"." + (b64url_encode(payload) if b64 else payload)
    size = length_of(payload)
    body = _encoded(chunks_of(payload)) if b64 else chunks_of(payload)
    length = len(protected) + 1 + (-(-size * 4 // 3) if b64 else size)
    return Chunks(length, chain((protected + b".",), body))


def _encoded(chunks: Iterator[bytes]) -> Iterator[bytes]:
    # base64 turns three bytes into four characters, so each piece is cut at a multiple of three.
    rest = b""
    for chunk in chunks:
        data = rest + chunk
        whole = len(data) - len(data) % 3
        yield b64url_encode(data[:whole])
        rest = data[whole:]
    yield b64url_encode(rest)
