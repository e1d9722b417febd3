"""A key id is text here and in JOSE, and bytes in COSE: the two map one to one."""

from __future__ import annotations

from ..errors import InputError


def text_of_kid(kid: bytes) -> str:
    r"""A COSE kid as the text by which keys are looked up: UTF-8, where other bytes are kept as lone surrogates.

    >>> text_of_kid(b"2026-a"), kid_of_text(text_of_kid(b"\xff"))
    ('2026-a', b'\xff')
    """
    return kid.decode("utf-8", "surrogateescape")


def kid_of_text(kid: str) -> bytes:
    """The COSE kid of a key's kid: the bytes that `text_of_kid` was given, or its UTF-8.

    Raises:
        InputError: ``key-invalid``: it is no text.
    """
    try:
        encoded = kid.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        encoded = b""
    if text_of_kid(encoded) != kid:
        raise InputError("key-invalid", "the kid is no text: it holds half of a character")
    return encoded


def kid_as_text(kid: object) -> str:
    """A kid as a caller gives it, text or bytes, as a key has it.

    Raises:
        InputError: ``usage``: it is neither.

    >>> kid_as_text(bytes.fromhex("d919375fc1e7b6b2")) == text_of_kid(bytes.fromhex("d919375fc1e7b6b2"))
    True
    """
    if isinstance(kid, bytes):
        return text_of_kid(kid)
    if not isinstance(kid, str):
        raise InputError("usage", f"a kid is text or bytes, not {type(kid).__name__}")
    return kid


def json_kid(kid: str) -> str:
    """A key's kid, where it goes into JSON.

    Raises:
        InputError: ``key-invalid``: it is of bytes that are no UTF-8, as COSE alone can have it.
    """
    if not kid.isascii() and any("\ud800" <= character <= "\udfff" for character in kid):
        raise InputError("key-invalid", "the kid is of bytes that are no text, as JSON's must be: give the key another")
    return kid
