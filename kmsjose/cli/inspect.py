"""`kmsjose inspect`: what a token, message or key says, for a person to read. Nothing is verified here."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

import rich_click as click

from ..errors import VerificationError
from . import screen, streams
from .escape import json_text
from .options import as_json, examples, file

if TYPE_CHECKING:
    from ..encoding import JSON, JSONObject
    from .lenient import Reading

_NOT_ASCII: Final = b"\x80"
_UNVERIFIED: Final = "Nothing was verified: anyone can have written this."


@click.command(
    epilog=examples(
        "kmsjose inspect token.jwt",
        "kmsjose inspect --json jwks.json",
        "kmsjose inspect firmware.cose",
        "echo d28443a10126a0f640 | kmsjose inspect",
        "pbpaste | kmsjose inspect",
    )
)
@as_json
@file()
def inspect(*, as_json: bool, file: str | None) -> None:
    """Decode any token, message or key for a person to read, without trusting it.

    It shows a JWS or JWT of any form, a JWK, a JWK Set, or PEM, a certificate request for one; and a COSE message, CWT,
    COSE_Key or COSE_KeySet, as it is or in hex or base64, in CBOR diagnostic notation. It also tells what is odd. What
    is malformed is shown as far as it can be read. Private keys are never shown.
    """
    data = streams.read(file)
    if len(data) > streams.MAX_INPUT:
        raise VerificationError("too-large", f"this is over {streams.MAX_INPUT} bytes")
    now = time.time()
    reading = _read(data, now)
    if reading is None:
        raise VerificationError("malformed", "no part of it can be read as a token, message, key or PEM")
    if as_json:
        notation = {"diagnostic": reading.diagnostic} if reading.diagnostic else {}
        parts = {**notation, **reading.decoded, **reading.parts}
        screen.print_json({"kind": reading.kind, "verified": False, **parts, "odd": reading.odd})
    else:
        _show(reading)


def _read(data: bytes, now: float) -> Reading | None:
    from . import inspect_cose, inspect_keys, inspect_tokens
    from .lenient import json_value

    # First, because a PEM text may stand in a message; and a last byte that looks like a line's end is part of it.
    if data[:1] >= _NOT_ASCII and (reading := inspect_cose.of_binary(data, now)) is not None:
        return reading
    data = data.removesuffix(b"\n").removesuffix(b"\r")
    if b"-----BEGIN " in data:
        return inspect_keys.of_pem(data)
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


def _of_object(value: JSONObject, now: float) -> Reading | None:
    from . import inspect_keys, inspect_tokens

    if "keys" in value:
        return inspect_keys.of_jwks(value)
    if "kty" in value:
        return inspect_keys.of_jwk(value)
    if {"signatures", "signature", "protected"} & value.keys():
        return inspect_tokens.of_json(value, now)
    return None


def _show(reading: Reading) -> None:
    screen.heading(f"{reading.kind} – not verified")
    if reading.diagnostic:
        screen.print_line("")
        for line in reading.diagnostic.split("\n"):
            screen.print_line(line)
    times = reading.parts.get("times")
    for name, part in reading.parts.items():
        if name == "times":
            continue
        screen.print_line("")
        screen.heading(name)
        _show_part(part, times if name == "claims" and isinstance(times, dict) else {})
    if reading.odd:
        screen.print_line("")
        screen.heading("odd")
        for note in reading.odd:
            screen.print_line(f"  - {note}")
    screen.print_line("")
    screen.print_line(_UNVERIFIED)


def _show_part(part: JSON, times: JSONObject) -> None:
    if isinstance(part, dict):
        width = max(map(len, part), default=0)
        for name, value in part.items():
            told = f"  ({times[name]})" if name in times else ""
            first, *others = json_text(value).split("\n")
            screen.print_line(f"  {name.ljust(width)}  {first}{told}")
            for line in others:
                screen.print_line(f"  {' ' * width}  {line}")
    elif isinstance(part, list):
        for line in json_text(part).split("\n"):
            screen.print_line(f"  {line}")
    else:
        screen.print_line(f"  {part}")
