"""What a text that is no compact JWS seems to be, and which call is meant for it, looked at once it was refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

#: By how a text begins, in lower case.
_BEGINNINGS: Final = (
    ((b"bearer ", b"dpop ", b"authorization:"), "the token stands behind {begin!r}: give what follows it alone"),
    ((b"{",), "it is a JSON object: a JWS in a JSON form is verified by `jws.verify_json`"),
    ((b'"', b"'"), "the token stands in quotation marks: give what is between them"),
    ((b"-----begin",), "it is PEM, as keys and certificates are: give the token"),
    ((b"http://", b"https://"), "it is a URL: give the token that it leads to"),
    ((b"\x84", b"\xd2\x84", b"\xd8\x3d"), "it is CBOR: `cose.verify1` verifies a COSE_Sign1, `cwt.verify` a CWT"),
)
_FORMS: Final[tuple[tuple[Callable[[bytes], bool], str], ...]] = (
    (lambda data: not data.strip(), "the token is empty"),
    (lambda data: not data.isascii(), "the token is not ASCII text"),
    (lambda data: b"~" in data, "it is an SD-JWT with its disclosures, which is no compact JWS (RFC 9901 section 4)"),
    (lambda data: data.count(b".") == 4, "it is encrypted (JWE, RFC 7516): this package decrypts nothing"),
    (lambda data: data.split() != [data], "whitespace stands in the token"),
)


def seems(token: bytes) -> str | None:
    """What a text seems to be that is no compact JWS, or None if nothing is known about it.

    >>> seems(b'{"payload": "e30", "signatures": []}')
    'it is a JSON object: a JWS in a JSON form is verified by `jws.verify_json`'
    """
    head = token[:64].lstrip().lower()
    for begins, told in _BEGINNINGS:
        if head.startswith(begins):
            return told.format(begin=next(filter(head.startswith, begins)).strip().decode("latin-1"))
    return next((told for test, told in _FORMS if test(token)), None)


def is_compact(text: bytes) -> bool:
    """Whether a text seems to be a compact JWS."""
    return text.count(b".") == 2 and text.lstrip().startswith(b"eyJ")
