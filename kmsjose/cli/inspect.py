"""`kmsjose inspect`: what a token, message or key says, for a person to read. Nothing is verified here."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

import rich_click as click

from ..errors import VerificationError
from . import inspect_views as views
from . import screen, streams
from .command import Command, examples
from .options import as_json, file

if TYPE_CHECKING:
    from ..encoding import JSONObject
    from .lenient import Reading

_NOT_ASCII: Final = b"\x80"
#: How certificates and keys begin in DER; in text it is the digit 0.
_SEQUENCE: Final = b"\x30"


@click.command(
    cls=Command,
    epilog=examples(
        "kmsjose inspect token.jwt",
        "kmsjose inspect --json jwks.json",
        "kmsjose inspect firmware.cose",
        "echo d28443a10126a0f640 | kmsjose inspect",
        "pbpaste | kmsjose inspect",
    ),
)
@as_json
@file()
def inspect(*, as_json: bool, file: str | None) -> None:
    """Decode any token, message, key or certificate for a person to read, without trusting it.

    It shows a JWS or JWT of any form, a JWK, a JWK Set, a DID document, and keys, certificates and requests in PEM or
    DER; and a COSE message, CWT, COSE_Key or COSE_KeySet, as it is or in hex or base64, in CBOR diagnostic notation. It
    also tells what is odd. What is malformed is shown as far as it can be read. Private keys are never shown.
    """
    data = streams.read(file)
    if len(data) > streams.MAX_INPUT:
        raise VerificationError("too-large", f"this is over {streams.MAX_INPUT} bytes")
    reading = _read(data, time.time())
    if reading is None:
        raise VerificationError("malformed", f"no part of it can be read as {_why_not(data)}")
    if as_json:
        screen.print_json(views.as_json(reading, len(data)))
        return
    for line in views.as_lines(reading, len(data)):
        if isinstance(line, views.Heading):
            screen.heading(line)
        else:
            screen.print_line(line)


def _read(data: bytes, now: float) -> Reading | None:
    from . import inspect_cose, inspect_pem, inspect_tokens
    from .lenient import json_value

    # First, because a PEM text may stand in a message; and a last byte that looks like a line's end is part of it.
    if data[:1] >= _NOT_ASCII and (reading := inspect_cose.of_binary(data, now)) is not None:
        return reading
    if data[:1] == _SEQUENCE and (reading := inspect_pem.of_der(data)) is not None:
        return reading
    data = data.removesuffix(b"\n").removesuffix(b"\r")
    if b"-----BEGIN " in data:
        return inspect_pem.of_pem(data)
    if data.lstrip()[:1] != b"{":
        return inspect_cose.of_text(data, now) or inspect_tokens.of_compact(data, now)
    odd: list[str] = []
    value = json_value(data, "form", odd)
    if not isinstance(value, dict):
        return None
    reading = _of_object(value, now)
    if reading is not None:
        reading.odd[:0] = odd
    return reading


def _why_not(data: bytes) -> str:
    """What it could have been, and why it is none."""
    from .lenient import json_value

    if data.lstrip()[:1] not in {b"{", b"["}:
        return "a token, message, key or PEM"
    odd: list[str] = []
    if json_value(data, "form", odd) is None and odd:
        return f"JSON: {odd[-1].removeprefix('form: ')}"
    return "a token or key: it is JSON, but none of JWS, JWK, JWK Set and DID document"


def _of_object(value: JSONObject, now: float) -> Reading | None:
    from . import inspect_keys, inspect_tokens
    from .private_members import is_key_by_members

    if "keys" in value:
        return inspect_keys.of_jwks(value)
    if "verificationMethod" in value:
        return inspect_keys.of_did_document(value)
    if is_key_by_members(value):
        return inspect_keys.of_jwk(value)
    if {"signatures", "signature", "protected"} & value.keys():
        return inspect_tokens.of_json(value, now)
    return None
