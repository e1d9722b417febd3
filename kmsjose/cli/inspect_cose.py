"""What a COSE message, CWT or COSE key says, given as binary, hex or base64, without trusting it."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from collections.abc import Iterator, Sequence

from ..cbor_heads import ARRAY, MAP, TAG, TEXT
from .cbor_item import NOTHING, Item
from .cose_shapes import CLAIMS, annotate, holds_private
from .diagnostic import diagnostic
from .inspect_cose_keys import of_key, of_keyset
from .inspect_cose_message import of_message, seems_message
from .inspect_cose_odd import of_claims, of_form
from .inspect_keys import HOLDS_PRIVATE
from .item_json import as_json
from .lenient import Reading
from .lenient_cbor import Budget, read


def of_text(text: bytes, now: float) -> Reading | None:
    """What COSE in hex or base64 says, or None if the text is neither, or no COSE.

    Args:
        text: With any whitespace in it; base64 of either alphabet, padded or not.
        now: The time to tell others by, in seconds since 1970.
    """
    for data, is_cut in _decoded(text.translate(None, b" \t\r\n\f\v")):
        reading = of_binary(data, now)
        if reading is not None:
            if is_cut:
                reading.odd.insert(0, "form: the last byte is not there in full; it may have been cut off")
            return reading
    return None


def _decoded(text: bytes) -> Iterator[tuple[bytes, bool]]:
    """What a text may be in hex and in base64, and whether half a byte is left."""
    if re.fullmatch(rb"[0-9A-Fa-f]+", text):
        half = len(text) % 2
        yield bytes.fromhex(text[: len(text) - half].decode("ascii")), bool(half)
    plain = text.rstrip(b"=").translate(bytes.maketrans(b"+/", b"-_"))
    if re.fullmatch(rb"[0-9A-Za-z_-]+", plain):
        part = len(plain) % 4 == 1
        whole = plain[:-1] if part else plain
        yield urlsafe_b64decode(whole + b"=" * (-len(whole) % 4)), part


def of_binary(data: bytes, now: float) -> Reading | None:
    """What COSE says, or None if it is none.

    Args:
        data: The message, token or key.
        now: The time to tell others by, in seconds since 1970.
    """
    budget = Budget()
    root = read(data, budget)
    tags, body = [], root
    while body.major == TAG:
        tags.append(body.value)
        body = body.items[0]
    if seems_message(tags, body):
        reading = of_message(data, root, tags, body, now, budget)
    elif _has_first(body):
        # In a COSE_Key that is the type, a number; in claims the issuer, a text.
        is_claims = any(label.label == 1 and value.major == TEXT for label, value in body.pairs())
        reading = _of_claims(body, now, budget) if is_claims else of_key(data, root, body, now, budget)
    elif body.major == ARRAY and body.items and _are_keys(body.items):
        reading = of_keyset(data, root, body, now, budget)
    else:
        return None
    reading.odd[:0] = of_form(budget)
    reading.diagnostic = diagnostic(root)
    return reading


def _has_first(item: Item) -> bool:
    return item.major == MAP and any(label.label == 1 for label, _ in item.pairs())


def _are_keys(items: Sequence[Item]) -> bool:
    # Behind the first one they may have been cut off.
    return _has_first(items[0]) and all(item.major == NOTHING or _has_first(item) for item in items)


def _of_claims(body: Item, now: float, budget: Budget) -> Reading:
    annotate(body, CLAIMS, now, budget)
    reading = Reading("CWT claims, not signed", decoded={"claims": as_json(body)}, odd=of_claims(body, now))
    if holds_private(body):
        reading.odd.append(HOLDS_PRIVATE)
    return reading
