"""The bytes that are signed, written in their fixed form (RFC 9052 section 4.4, RFC 9338 section 3.3).

A payload that is larger than memory stays in pieces: the head of its byte string is written before it, by its length.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Final

from ..cbor import array, bstr, bstr_head
from ..errors import InputError
from ..payload import Chunks, Payload, chunks_of, length_of

_SIGNATURE1: Final = b"\x84\x6aSignature1"
_SIGNATURE: Final = b"\x85\x69Signature"
_EMPTY_MAP: Final = b"\xa0"


def in_structure(protected: bytes) -> bytes:
    """A protected header as it enters a structure, where an empty map is no bytes (RFC 9052 section 4.4 step 2)."""
    return b"\x40" if protected == _EMPTY_MAP else bstr(protected)


def sig_structure1(protected: bytes, external_aad: bytes, payload: Payload) -> Payload:
    """The Sig_structure of a COSE_Sign1.

    Args:
        protected: The content of the protected byte string, as it stands in the message.
        external_aad: What is signed besides, and not sent.
        payload: The payload.

    Raises:
        InputError: ``payload-invalid``.
    """
    return _with_payload(_SIGNATURE1 + in_structure(protected) + _aad(external_aad), payload)


def sig_structure(body: bytes, protected: bytes, external_aad: bytes, payload: Payload) -> Payload:
    """The Sig_structure of one signature of a COSE_Sign.

    Args:
        body: The content of the body's protected byte string.
        protected: The content of the signature's own.
        external_aad: What is signed besides, and not sent.
        payload: The payload.

    Raises:
        InputError: ``payload-invalid``.
    """
    return _with_payload(_SIGNATURE + in_structure(body) + in_structure(protected) + _aad(external_aad), payload)


def countersign_structure(
    target: bytes, protected: bytes | None, external_aad: bytes, payload: Payload, others: Sequence[bytes]
) -> Payload:
    """The Countersign_structure (RFC 9338 section 3.3).

    Args:
        target: The content of the target's protected byte string.
        protected: The content of the countersignature's own; None where it is abbreviated.
        external_aad: What is signed besides, and not sent.
        payload: The target's payload.
        others: The target's byte strings after the payload; a COSE_Sign1 has its signature, a COSE_Sign none.

    Raises:
        InputError: ``payload-invalid``.
    """
    context = b"CounterSignature" + (b"0" if protected is None else b"") + (b"V2" if others else b"")
    fields = 4 + (protected is not None) + bool(others)
    own = b"" if protected is None else in_structure(protected)
    # The heads of an array and of a text of less than 24.
    prefix = bytes([0x80 | fields, 0x60 | len(context)]) + context + in_structure(target) + own + _aad(external_aad)
    return _with_payload(prefix, payload, array(map(bstr, others)) if others else b"")


def _with_payload(prefix: bytes, payload: Payload, suffix: bytes = b"") -> Payload:
    if isinstance(payload, bytes):
        return prefix + bstr(payload) + suffix
    size = length_of(payload)
    prefix += bstr_head(size)
    return Chunks(len(prefix) + size + len(suffix), chain((prefix,), chunks_of(payload), (suffix,)))


def _aad(external_aad: bytes) -> bytes:
    if not isinstance(external_aad, bytes):
        raise InputError("payload-invalid", "external_aad is bytes")
    return bstr(external_aad)
