"""What a JWS or JWT of any form says, without trusting it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..algorithms import BY_NAME
from ..encoding import JSON, JSONObject
from ..words import counted
from . import oddities
from .inspect_credentials import of_credential
from .lenient import Reading, base64url, json_value
from .private_members import HIDDEN, holds_private_text, without_private

_JWE_PARTS = 5


def of_compact(text: bytes, now: float) -> Reading | None:
    """What a compact token says, or None if no part of it can be read.

    Args:
        text: The token, or what is left of one.
        now: The time to tell others by, in seconds since 1970.
    """
    reading = Reading("JWS, compact")
    odd = reading.odd
    text = _trimmed(text, odd)
    first, *others = text.split(b".")
    header = _object(first, "header", odd)
    if header is None and not others:
        return None
    encrypted = len(others) + 1 == _JWE_PARTS
    if encrypted:
        reading.kind = "JWE, compact"
        odd.append("form: five parts are an encrypted JWE, which is not decrypted here")
    elif len(others) != 2:
        odd.append(
            f"form: it has {counted(len(others) + 1, 'part')} where a compact JWS has three; it may have been cut off"
        )
    if header is not None:
        reading.parts["header"] = without_private(header)
    if encrypted:
        return reading if header is not None else None
    notes: list[str] = []
    payload = _payload(others[0], header or {}, notes) if others else None
    if header is None and payload is None:
        return None
    odd += notes
    claims = _add_payload(reading, payload, now) if others else None
    if header is not None:
        odd += oddities.of_header(header, {})
    if header is not None and claims is not None:
        odd += of_credential(header, claims)
    if len(others) > 1:
        _add_signature(reading, reading.parts, others[1], (header or {}).get("alg"))
    return reading


def of_json(message: JSONObject, now: float) -> Reading:
    """What a flattened or general JWS says."""
    several = message.get("signatures")
    entries = [entry for entry in several if isinstance(entry, dict)] if isinstance(several, list) else [message]
    reading = Reading(
        "JWS, flattened" if "signatures" not in message else f"JWS, general, {counted(len(entries), 'signature')}"
    )
    if isinstance(several, list) and len(entries) != len(several):
        reading.odd.append("signatures: not every entry is a JSON object")
    shown: list[JSON] = []
    headers: list[JSONObject] = []
    for number, entry in enumerate(entries, 1):
        header, entry_shown = _entry(entry, reading, f"signature {number}: " if len(entries) > 1 else "")
        headers.append(header)
        shown.append(entry_shown)
    payload = message.get("payload")
    if isinstance(payload, str):
        content = _payload(payload.encode("utf-8", "replace"), headers[0] if headers else {}, reading.odd)
        _add_payload(reading, content, now)
    elif payload is not None:
        reading.odd.append("payload: it is not a string")
    else:
        reading.parts["payload"] = "(detached)"
    reading.parts["signatures"] = shown
    return reading


def _entry(entry: JSONObject, reading: Reading, prefix: str) -> tuple[JSONObject, JSONObject]:
    own = Reading("")
    protected: JSONObject = {}
    if isinstance(written := entry.get("protected", ""), str) and written:
        protected = _object(written.encode("utf-8", "replace"), "header", own.odd) or {}
    unprotected = entry.get("header", {})
    if not isinstance(unprotected, dict):
        own.odd.append("header: the unprotected one is not a JSON object")
        unprotected = {}
    own.odd += oddities.of_header(protected, unprotected)
    shown: JSONObject = {"protected": without_private(protected)}
    if unprotected:
        shown["header"] = without_private(unprotected)
    signature = entry.get("signature")
    if isinstance(signature, str):
        _add_signature(own, shown, signature.encode("utf-8", "replace"), protected.get("alg"))
    else:
        own.odd.append("signature: it is missing, or not a string")
    reading.odd += [prefix + note for note in own.odd]
    return {**unprotected, **protected}, shown


def _trimmed(text: bytes, odd: list[str]) -> bytes:
    bare = text.strip()
    if bare != text:
        odd.append("form: there is whitespace around it")
    if re.match(rb"bearer\s", bare, re.IGNORECASE):
        odd.append("form: it stands behind 'Bearer', which is no part of it")
        bare = bare[len("bearer") :].strip()
    return bare


def _object(encoded: bytes, name: str, odd: list[str]) -> JSONObject | None:
    data = base64url(encoded, name, odd)
    if data is None:
        return None
    value = json_value(data, name, odd)
    if isinstance(value, dict):
        return value
    if value is not None:
        odd.append(f"{name}: it is JSON, but no object")
    return None


def _payload(encoded: bytes, header: Mapping[str, JSON], odd: list[str]) -> bytes | None:
    return encoded if header.get("b64") is False else base64url(encoded, "payload", odd)


def _add_payload(reading: Reading, payload: bytes | None, now: float) -> JSONObject | None:
    """Add what a payload is, and return the claims that it holds, if it does."""
    if payload is None:
        return None
    if not payload:
        reading.parts["payload"] = "(empty, or detached)"
        return None
    notes: list[str] = []
    value = json_value(payload, "claims", notes)
    if isinstance(value, dict):
        reading.kind = reading.kind.replace("JWS, compact", "JWT, compact")
        reading.parts["claims"] = without_private(value)
        if times := oddities.times_of(value, now):
            reading.parts["times"] = {**times}
        reading.odd += notes + oddities.of_claims(value, now)
        return value
    if too_many := [note for note in notes if "is not looked at" in note]:
        reading.odd += too_many
    try:
        text = payload.decode("utf-8")
        reading.parts["payload"] = HIDDEN if holds_private_text(text) else text
    except UnicodeDecodeError:
        reading.parts["payload"] = f"({counted(len(payload), 'byte')}, not text)"
    return None


def _add_signature(reading: Reading, parts: dict[str, JSON], encoded: bytes, alg: JSON) -> None:
    signature = base64url(encoded, "signature", reading.odd)
    if signature is not None:
        parts["signature"] = counted(len(signature), "byte")
        reading.odd += oddities.of_signature(BY_NAME.get(alg) if isinstance(alg, str) else None, signature)
