"""A public key in PEM: alone, or in a certificate (RFC 7468 sections 5 and 13)."""

from __future__ import annotations

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization

from ..errors import InputError
from .chain import Chain
from .public_key import PublicKey


def one_from_pem(pem: bytes | str, alg: str | None, kid: str) -> PublicKey:
    """The public key of a PEM text; see `PublicKey.from_pem`."""
    try:
        data = pem.encode() if isinstance(pem, str) else pem
        if b"PRIVATE KEY-----" in data:
            raise InputError("key-private", "the PEM holds a private key")
        if data.count(b"-----BEGIN PUBLIC KEY-----") > 1:
            raise InputError("key-invalid", "the PEM holds several public keys: give each alone, or a JWK Set")
        if b"-----BEGIN CERTIFICATE-----" in data:
            return _of_certificates(data).public_key(alg, kid)
        return PublicKey.of(serialization.load_pem_public_key(data), alg, kid)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise InputError("key-invalid", "the PEM holds no public key") from error


def _of_certificates(data: bytes) -> Chain:
    try:
        return Chain.from_pem(data)
    except InputError as error:
        raise InputError("key-invalid", error.message) from error
