"""Reading a message: its tags and its form, before any header or key is looked at (RFC 9052 sections 2 and 4)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from ..cbor import CBOR, CBORMap, Tag, loads, untagged
from ..errors import InputError, VerificationError
from ..payload import Payload
from .mistaken import seems

#: Bytes of a message that are read unless the caller says more.
MAX_MESSAGE_SIZE: Final = 16 << 20
#: Bytes of a payload that are written into one, which can then be read with its headers and signatures.
MAX_PAYLOAD_SIZE: Final = 15 << 20
#: Signatures of one message that are looked at.
MAX_SIGNATURES: Final = 64
#: Bytes: that of ML-DSA-87, and its head; an RSA key that needs more has over 30,000 bits, which none has.
_LONGEST_SIGNATURE: Final = 4630
SIGN1_TAG: Final = 18
SIGN_TAG: Final = 98


@dataclass(frozen=True, slots=True, repr=False)
class Message:
    """A COSE_Sign1 or COSE_Sign as it was received.

    Attributes:
        protected: The content of its protected byte string.
        unprotected: Its unprotected parameters.
        payload: Its payload, None where it is detached.
        last: What stands behind: the signature, or the array of them.
    """

    protected: bytes
    unprotected: CBORMap
    payload: bytes | None
    last: CBOR


def read_message(message: bytes, tags: Collection[int], max_size: int) -> tuple[int | None, Message]:
    """The tag and the four parts of a message.

    Args:
        message: With its tag, or without.
        tags: The tags of the messages that are expected.
        max_size: Bytes.

    Raises:
        VerificationError: ``too-large``, ``malformed``, ``tag-unexpected`` and the codes of CBOR.
    """
    if len(message) > max_size:
        raise VerificationError("too-large", f"the message is over {max_size} bytes")
    data = message if isinstance(message, bytes) else bytes(memoryview(message))
    try:
        found, body = untagged(data)
        if len(found) > 1 or (found and found[0] not in tags):
            raise VerificationError("tag-unexpected", f"the message is tagged {' and '.join(map(str, found))}")
        return (found[0] if found else None), message_of(loads(body))
    except VerificationError as error:
        if words := seems(data):
            raise VerificationError(error.code, words) from error
        raise


def message_of(items: CBOR) -> Message:
    """The four parts of a message that was decoded.

    Raises:
        VerificationError: ``malformed``; ``tag-unexpected``: its payload is tagged.
    """
    if not isinstance(items, list) or len(items) != 4:
        raise VerificationError("malformed", "the message is not an array of four")
    protected, unprotected, payload, last = items
    if not isinstance(protected, bytes) or not isinstance(unprotected, dict):
        raise VerificationError("malformed", "the message does not begin with a byte string and a map")
    if isinstance(payload, Tag):
        raise VerificationError("tag-unexpected", f"the payload has the tag {payload.number}")
    if payload is not None and not isinstance(payload, bytes):
        raise VerificationError("malformed", "the payload is neither a byte string nor null")
    return Message(protected, unprotected, payload, last)


def check_written(without_payload: bytes) -> None:
    """Refuse headers that make a message which would not be read again, before anybody signs.

    Args:
        without_payload: The message, detached and with empty signatures.

    Raises:
        InputError: ``header-invalid``.
    """
    room = MAX_MESSAGE_SIZE - MAX_PAYLOAD_SIZE - MAX_SIGNATURES * _LONGEST_SIGNATURE
    try:
        read_message(without_payload, (SIGN1_TAG, SIGN_TAG), room)
    except VerificationError as error:
        raise InputError("header-invalid", f"the message could not be read again: {error.message}") from error


def read_sign1(message: bytes, max_size: int) -> tuple[Message, bytes]:
    """A COSE_Sign1, tagged or not, and its signature (RFC 9052 section 4.2).

    Raises:
        VerificationError: as `read_message`.
    """
    _, parts = read_message(message, (SIGN1_TAG,), max_size)
    return parts, signature_of(parts)


def signature_of(message: Message) -> bytes:
    """The signature of a COSE_Sign1.

    Raises:
        VerificationError: ``malformed``.
    """
    if not isinstance(message.last, bytes):
        raise VerificationError("malformed", "the signature of a COSE_Sign1 is not a byte string")
    return message.last


@dataclass(frozen=True, slots=True, repr=False)
class Entry:
    """One signature of a COSE_Sign, or one countersignature, as it was received."""

    protected: bytes
    unprotected: CBORMap
    signature: bytes


def signatures_of(message: Message) -> list[Entry]:
    """The signatures of a COSE_Sign (RFC 9052 section 4.1).

    Raises:
        VerificationError: ``malformed``, ``too-large``.
    """
    if not isinstance(message.last, list) or not message.last:
        raise VerificationError("malformed", "a COSE_Sign ends with an array of at least one signature")
    if len(message.last) > MAX_SIGNATURES:
        raise VerificationError("too-large", f"the message has over {MAX_SIGNATURES} signatures")
    return [entry_of(item) for item in message.last]


def entry_of(item: CBOR) -> Entry:
    """One signature with its headers: a COSE_Signature or COSE_Countersignature.

    Raises:
        VerificationError: ``malformed``.
    """
    if not isinstance(item, list) or len(item) != 3:
        raise VerificationError("malformed", "a signature is not an array of three")
    protected, unprotected, signature = item
    if not isinstance(protected, bytes) or not isinstance(unprotected, dict) or not isinstance(signature, bytes):
        raise VerificationError("malformed", "a signature is not a byte string, a map and a byte string")
    return Entry(protected, unprotected, signature)


def payload_of(message: Message, given: Payload | None) -> Payload:
    """The payload that is signed: the message's own, or the one that it is detached from.

    Raises:
        VerificationError: ``payload-missing``, ``payload-unexpected``.
    """
    if message.payload is None:
        if given is None:
            raise VerificationError("payload-missing", "the message is detached from its payload")
        return given
    if given is not None:
        raise VerificationError("payload-unexpected", "the message carries its own payload")
    return message.payload
