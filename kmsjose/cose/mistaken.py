"""What bytes that are no COSE message seem to be, looked at once they were refused."""

from __future__ import annotations

import re
from typing import Final

#: What a text that is given in the place of a message begins with, and how it is verified instead.
_SEEMS: Final = (
    (re.compile(rb"eyJ"), "it is a token of JOSE, in text: `jwt.verify` verifies a JWT, `jws.verify` any other JWS"),
    (re.compile(rb"[{\[]\s*[\"\]}{\[]"), "it is JSON, and no COSE message"),
    (re.compile(rb"-----BEGIN"), "it is PEM, as keys and certificates are: give the message"),
    (re.compile(rb"(?:d8)?(?:3d)?(?:d2|d862)?84[0-9a-f\s]+\Z", re.IGNORECASE), "it is in hex: decode it first"),
    (re.compile(rb"(?:0oR|h[EF]|2D3S|2GKE)[\w+/\s-]+=*\s*\Z", re.ASCII), "it is in base64: decode it first"),
)


def seems(message: bytes) -> str | None:
    """What bytes seem to be that are no COSE message, or None if nothing is known about it.

    >>> seems(b"d28443a10126")
    'it is in hex: decode it first'
    """
    text = message.lstrip()
    return next((words for begins, words in _SEEMS if begins.match(text)), None)
