"""The way of a private key into KMS: wrapped by a key that KMS gives, over TLS."""

from __future__ import annotations

import os
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes, keywrap, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from ..errors import InputError, KMSError
from ..keys.unreadable import UNREADABLE
from .calls import KMSClient, call
from .eventual import eventually

_WRAPPING: Final = {"WrappingAlgorithm": "RSA_AES_KEY_WRAP_SHA_256", "WrappingKeySpec": "RSA_4096"}
_WRAPPING_BITS: Final = 4096
_AES_SIZE: Final = 32
_OAEP: Final = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)


def refuse_plain_http(client: KMSClient) -> None:
    """Refuse an endpoint in whose place anyone on the way could answer, and read what is imported.

    Raises:
        InputError: ``usage``.
    """
    url = urlsplit(str(getattr(client.meta, "endpoint_url", "")))
    if url.scheme == "http" and not _is_this_machine(url.hostname or ""):
        raise InputError("usage", f"a private key is not sent to {url.hostname} without TLS: give an https:// endpoint")


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def send_material(client: KMSClient, arn: str, material: bytes) -> None:
    """Give a key that waits for it its private key, for good.

    Args:
        client: A boto3 KMS client.
        arn: Of the key.
        material: PKCS#8 (RFC 5958).

    Raises:
        KMSError: as AWS answers; ``unexpected-answer``: no wrapping key as asked.
    """
    parameters = eventually(lambda: call(client, "GetParametersForImport", KeyId=arn, **_WRAPPING))
    wrapped = _wrapped(material, parameters.get("PublicKey"))
    eventually(
        lambda: call(
            client,
            "ImportKeyMaterial",
            KeyId=arn,
            ImportToken=parameters.get("ImportToken"),
            EncryptedKeyMaterial=wrapped,
            ExpirationModel="KEY_MATERIAL_DOES_NOT_EXPIRE",
        )
    )


def _wrapped(material: bytes, wrapping_key: object) -> bytes:
    """An AES key wrapped by RSA-OAEP, and after it the material wrapped by that AES key (RFC 5649)."""
    try:
        public = serialization.load_der_public_key(wrapping_key)  # type: ignore[arg-type]  # anything else is refused
    except UNREADABLE:
        public = None
    if not isinstance(public, rsa.RSAPublicKey) or public.key_size != _WRAPPING_BITS:
        raise KMSError("unexpected-answer", "KMS gave no wrapping key as asked", operation="GetParametersForImport")
    aes = os.urandom(_AES_SIZE)
    return public.encrypt(aes, _OAEP) + keywrap.aes_key_wrap_with_padding(aes, material)
