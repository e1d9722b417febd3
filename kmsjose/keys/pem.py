"""A public key in PEM: alone, or in a certificate (RFC 7468 sections 5 and 13)."""

from __future__ import annotations

import re
from base64 import b64decode
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization

from ..algorithms import Algorithm
from ..errors import InputError
from .chain import Chain
from .pss import rows_of_spki
from .public_key import PublicKey

#: The base64 of a public key, behind headers, which an empty line ends (RFC 1421 section 4.4).
_SPKI: Final = re.compile(rb"-----BEGIN PUBLIC KEY-----(?:[^-]*:.*?\n\r?\n)?(.*?)-----END", re.DOTALL)


def one_from_pem(pem: bytes | str, alg: str | None, kid: str | bytes) -> PublicKey:
    """The public key of a PEM text; see `PublicKey.from_pem`."""
    try:
        data = pem.encode() if isinstance(pem, str) else pem
        if b"PRIVATE KEY-----" in data:
            raise InputError("key-private", "the PEM holds a private key")
        if data.count(b"-----BEGIN PUBLIC KEY-----") > 1:
            raise InputError("key-invalid", "the PEM holds several public keys: give each alone, or a JWK Set")
        if b"-----BEGIN CERTIFICATE-----" in data:
            return _of_certificates(data).public_key(alg, kid)
        material = serialization.load_pem_public_key(data)
        return PublicKey.of(material, alg, kid, rows=_restriction(data))
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise InputError("key-invalid", "the PEM holds no public key") from error


def _restriction(pem: bytes) -> tuple[Algorithm, ...] | None:
    body = _SPKI.search(pem)
    return None if body is None else rows_of_spki(b64decode(body[1]))


def _of_certificates(data: bytes) -> Chain:
    try:
        return Chain.from_pem(data)
    except InputError as error:
        raise InputError("key-invalid", error.message) from error
