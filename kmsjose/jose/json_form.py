"""Reading the JSON forms of a JWS: their members and types, before any key is asked (RFC 7515 section 7.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ..encoding import JSONObject, json_dumps, json_object
from ..errors import InputError, VerificationError
from ..payload import Payload
from .header import Header, check_header, decode_header
from .mistaken import is_compact

#: Signatures of one message that are looked at.
MAX_SIGNATURES: Final = 64


def read_message(token: Mapping[str, object] | str | bytes, max_size: int) -> JSONObject:
    """The message as a JSON object: a mapping is held to the same rules as text.

    Raises:
        VerificationError: ``too-large``, ``bad-json``, ``duplicate-member``.
    """
    try:
        data = json_dumps(dict(token)) if isinstance(token, Mapping) else token
        data = data.encode() if isinstance(data, str) else data
    except (InputError, UnicodeError):
        raise VerificationError("bad-json", "the message is not JSON") from None
    if len(data) > max_size:
        raise VerificationError("too-large", f"the message is over {max_size} bytes")
    try:
        return json_object(data)
    except VerificationError as error:
        if is_compact(data):
            raise VerificationError(error.code, "it is a compact JWS, which `jws.verify` verifies") from error
        raise


def entries_of(message: JSONObject) -> list[JSONObject]:
    """The signatures of a message: its own ``signatures``, or the message itself if it is flattened.

    Raises:
        VerificationError: ``malformed``, ``too-large``.
    """
    if "signatures" not in message:
        return [message]
    signatures = message["signatures"]
    if not {"signature", "protected", "header"}.isdisjoint(message):
        raise VerificationError("malformed", "the message mixes the flattened and the general form")
    if not isinstance(signatures, list) or not signatures:
        raise VerificationError("malformed", "signatures is not a list with a signature")
    if len(signatures) > MAX_SIGNATURES:
        raise VerificationError("too-large", f"the message has over {MAX_SIGNATURES} signatures")
    entries = [entry for entry in signatures if isinstance(entry, dict)]
    if len(entries) != len(signatures):
        raise VerificationError("malformed", "a signature is not a JSON object")
    return entries


def header_of(entry: JSONObject, understood: frozenset[str]) -> Header | VerificationError:
    """The checked header of a signature, or what is wrong with it, which is the verdict on this signature alone.

    Raises:
        VerificationError: ``malformed``.
    """
    if not isinstance(entry.get("signature"), str):
        raise VerificationError("malformed", "a signature is missing, or not a string")
    protected, unprotected = entry.get("protected", ""), entry.get("header", {})
    if not isinstance(protected, str) or not isinstance(unprotected, dict):
        raise VerificationError("malformed", "protected is not a string, or header not a JSON object")
    try:
        decoded = decode_header(ascii_of(protected)) if protected else {}
        return check_header(decoded, unprotected, understood)
    except VerificationError as error:
        return error


def one_b64(headers: list[Header | VerificationError]) -> bool:
    """Whether the payload is base64url, on which all signatures must agree.

    Raises:
        VerificationError: ``b64-invalid``.
    """
    kinds = {header.b64 for header in headers if isinstance(header, Header)}
    if len(kinds) > 1:
        raise VerificationError("b64-invalid", "the signatures do not agree on b64 (RFC 7797 section 3)")
    return False not in kinds


def body_of(message: JSONObject, payload: Payload | None, *, b64: bool) -> bytes | None:
    """The payload as it enters the signing input, or None where it is detached.

    Raises:
        VerificationError: ``payload-missing``, ``payload-unexpected``, ``malformed``, ``bad-base64url``.
    """
    if "payload" not in message:
        if payload is None:
            raise VerificationError("payload-missing", "the message is detached from its payload")
        return None
    if payload is not None:
        raise VerificationError("payload-unexpected", "the message carries its own payload")
    text = message["payload"]
    if not isinstance(text, str):
        raise VerificationError("malformed", "payload is not a string")
    return ascii_of(text) if b64 else text.encode("utf-8")


def ascii_of(text: str) -> bytes:
    """The bytes of base64url text.

    Raises:
        VerificationError: ``bad-base64url``.
    """
    try:
        return text.encode("ascii")
    except UnicodeEncodeError:
        raise VerificationError("bad-base64url", "a part of the message is not base64url") from None
