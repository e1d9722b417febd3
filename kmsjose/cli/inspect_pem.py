"""What PEM or DER holds: a key, certificates or a request; a private key is described by its public half."""

from __future__ import annotations

import binascii
import re
from base64 import b64decode, encodebytes
from collections.abc import Callable
from typing import Final

from cryptography.hazmat.primitives import serialization

from ..errors import InputError
from ..keys.certificate import MAX_CERTIFICATE_SIZE
from ..keys.unreadable import UNREADABLE
from .inspect_certificates import add_certificate, of_request
from .inspect_keys import HOLDS_PRIVATE, described
from .lenient import Reading

#: Bytes of a key in PEM that is loaded: a private RSA key of 16384 bits has 13,000.
_MAX_KEY: Final = 32 << 10
#: Certificates that are shown of one file.
_MAX_CERTIFICATES: Final = 10
_CERTIFICATE: Final = re.compile(rb"-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----([^-]*)-----END ")
_REQUEST: Final = b"CERTIFICATE REQUEST"
#: Characters of base64 of the largest certificate that is read, and some more.
_MAX_BASE64: Final = 1 << 17


def of_pem(data: bytes) -> Reading | None:
    """What a PEM file holds, or None if that can't be read."""
    if b"PRIVATE KEY-----" in data:
        return _of_private(data, "PEM", serialization.load_pem_private_key)
    if b"CERTIFICATE REQUEST-----" in data:
        return of_request(data)
    if b"CERTIFICATE-----" in data:
        return _of_certificates(data)
    return _of_public(data, "PEM", serialization.load_pem_public_key)


def of_der(data: bytes) -> Reading | None:
    """What DER holds, or None if it is none that is known here."""
    if len(data) > MAX_CERTIFICATE_SIZE:
        return None
    reading = Reading("DER certificate")
    add_certificate(reading, "certificate", data)
    if reading.parts:
        return reading
    reading = of_request(b"-----BEGIN %s-----\n%s-----END %s-----\n" % (_REQUEST, encodebytes(data), _REQUEST))
    if reading.parts:
        reading.kind = "DER certificate request"
        return reading
    return _of_public(data, "DER", serialization.load_der_public_key) or _of_private_der(data)


def _of_private_der(data: bytes) -> Reading | None:
    reading = _of_private(data, "DER", serialization.load_der_private_key)
    return reading if reading.parts else None


def _of_private(data: bytes, form: str, load: Callable[..., object]) -> Reading:
    reading = Reading(f"{form} private key", odd=[HOLDS_PRIVATE])
    if len(data) > _MAX_KEY:
        reading.odd.append(f"key: the file is over {_MAX_KEY} bytes, more than any key has, and is not looked at")
        return reading
    try:
        # Its numbers are not held against each other, which takes long for large ones: nobody signs with it here.
        material = load(data, None, unsafe_skip_rsa_key_validation=True)
    except TypeError:
        reading.odd.append("key: it is encrypted, and is not decrypted here")
    except UNREADABLE:
        reading.odd.append("key: it is of a kind that is not known here, or damaged")
    else:
        _add_key(reading, getattr(material, "public_key", lambda: None)())
    return reading


def _of_public(data: bytes, form: str, load: Callable[[bytes], object]) -> Reading | None:
    if len(data) > _MAX_KEY:
        return None
    try:
        material = load(data)
    except UNREADABLE:
        return None
    reading = Reading(f"{form} public key")
    _add_key(reading, material)
    return reading


def _add_key(reading: Reading, material: object) -> None:
    try:
        reading.parts["key"] = described(material)
    except InputError as error:
        reading.odd.append(f"key: {error.message}")


def _of_certificates(data: bytes) -> Reading | None:
    blocks = _CERTIFICATE.findall(data)
    if not blocks:
        return None
    several = len(blocks) > 1
    reading = Reading(f"PEM, {len(blocks)} certificates" if several else "PEM certificate")
    for number, block in enumerate(blocks[:_MAX_CERTIFICATES], 1):
        name = f"certificate {number}" if several else "certificate"
        try:
            add_certificate(reading, name, b64decode(b"".join(block[:_MAX_BASE64].split()), validate=True))
        except binascii.Error:
            reading.odd.append(f"{name}: it is not base64")
    if len(blocks) > _MAX_CERTIFICATES:
        reading.odd.append(f"chain: the first {_MAX_CERTIFICATES} of {len(blocks)} certificates are shown")
    if several:
        reading.odd.append("chain: whether the certificates belong together is not looked at here")
    return reading
