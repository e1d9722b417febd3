"""Keys of the curves of RFC 8410 in any size, as no library makes them."""

from __future__ import annotations

from base64 import encodebytes

import pytest

#: The last number of the OID, 1.3.101.*, and the bytes that a private key has.
SIZES = {"X25519": (110, 32), "X448": (111, 56), "Ed25519": (112, 32), "Ed448": (113, 57)}


def _der(tag: int, content: bytes) -> bytes:
    return bytes([tag, len(content)]) + content


def pkcs8(curve: str, size: int) -> bytes:
    """The DER of a private key of so many bytes (RFC 8410 section 7)."""
    algorithm = _der(0x30, _der(6, bytes([0x2B, 101, SIZES[curve][0]])))
    return _der(0x30, b"\x02\x01\x00" + algorithm + _der(4, _der(4, bytes(size))))


def as_pem(der: bytes) -> bytes:
    """The same in PEM."""
    return b"-----BEGIN PRIVATE KEY-----\n" + encodebytes(der) + b"-----END PRIVATE KEY-----\n"


#: Every curve, each with sizes beside its own, that of another curve among them.
wrong_sizes = pytest.mark.parametrize(
    "curve, size",
    [(curve, size) for curve, (_, own) in SIZES.items() for size in (0, 1, 31, 32, 33, 56, 57, 64) if size != own],
)
