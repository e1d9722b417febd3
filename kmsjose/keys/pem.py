"""A public key in PEM: alone, or in a certificate (RFC 7468 sections 5 and 13)."""

from __future__ import annotations

import re
from base64 import b64decode
from typing import Final

from cryptography.hazmat.primitives import serialization

from ..errors import InputError
from .chain import Chain
from .public_key import PublicKey
from .unreadable import UNREADABLE

_BEGIN: Final = re.compile(rb"-----BEGIN (?:RSA )?PUBLIC KEY-----")
#: The base64 of a public key, behind headers, which an empty line ends (RFC 1421 section 4.4).
_CONTENT: Final = re.compile(_BEGIN.pattern + rb"\s*(?:[^:\n]*:.*?\n\r?\n)?(.*?)-----END", re.DOTALL)


def one_from_pem(pem: bytes | str, alg: str | None, kid: str | bytes) -> PublicKey:
    """The public key of a PEM text; see `PublicKey.from_pem`."""
    try:
        data = pem.encode() if isinstance(pem, str) else pem
        if b"PRIVATE KEY-----" in data:
            raise InputError("key-private", "the PEM holds a private key")
        if len(_BEGIN.findall(data)) > 1:
            raise InputError("key-invalid", "the PEM holds several public keys: give each alone, or a JWK Set")
        if b"-----BEGIN CERTIFICATE-----" in data:
            return _of_certificates(data).public_key(alg, kid)
        serialization.load_pem_public_key(data)
        # Whatever its label, the octets that say what the key is restricted to are those that it is made of.
        (content,) = _CONTENT.findall(data)
        return PublicKey.from_der(b64decode(content), alg, kid)
    except UNREADABLE as error:
        raise InputError("key-invalid", "the PEM holds no public key") from error


def _of_certificates(data: bytes) -> Chain:
    try:
        return Chain.from_pem(data)
    except InputError as error:
        raise InputError("key-invalid", error.message) from error
