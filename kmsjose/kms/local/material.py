"""The form in which the material of a key is kept: PEM, below a line that says what it is for."""

from __future__ import annotations

from base64 import b64decode, encodebytes
from typing import Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from ...keys.unreadable import UNREADABLE
from .specs import Material, Secret, fits

_WARNING: Final = b"# For development only, never for production: a private key of the embedded KMS of kmsjose.\n"
_BEGIN: Final = b"-----BEGIN HMAC KEY-----\n"
_END: Final = b"-----END HMAC KEY-----\n"


def to_pem(key: Material) -> bytes:
    """A key as it is kept: PKCS#8, or the bare bytes of an HMAC key."""
    if isinstance(key, Secret):
        return _WARNING + _BEGIN + encodebytes(key.content) + _END
    return _WARNING + key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def from_pem(content: bytes, spec: str) -> Material:
    """The material that was kept for a key of a KeySpec.

    Raises:
        ValueError: It is something else.
    """
    key = _secret(content) if _BEGIN in content else _load(content)
    if not fits(key, spec):
        raise ValueError(f"it is no private key of {spec}")
    return key  # type: ignore[return-value]  # `fits` has checked it


def wrapping_from_pem(content: bytes) -> rsa.RSAPrivateKey:
    """The private half of a wrapping key that was kept.

    Raises:
        ValueError: It is something else.
    """
    key = _load(content)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError("it is no RSA private key")  # noqa: TRY004 - the file is wrong, not a call
    return key


def _load(content: bytes) -> object:
    try:
        return serialization.load_pem_private_key(content, None)
    except UNREADABLE:
        # The cause may quote what it could not parse, and that is key material.
        raise ValueError("it holds no PKCS#8 private key") from None


def _secret(content: bytes) -> Secret:
    text = content.partition(_BEGIN)[2].partition(_END)[0]
    try:
        return Secret(b64decode(text.replace(b"\n", b""), validate=True))
    except ValueError:
        raise ValueError("it holds no HMAC key") from None
