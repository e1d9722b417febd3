"""What a certificate or a certificate request says: whom it names, whether it is a CA's, and what its key is for."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ExtendedKeyUsageOID

from ..encoding import JSON, JSONObject
from ..errors import InputError
from ..keys.certificate import MAX_CERTIFICATE_SIZE
from ..keys.extensions import BAD_FORM
from .inspect_keys import described
from .lenient import Reading
from .oddities import of_period

#: What a key may do, by the names of RFC 5280 section 4.2.1.3.
_USAGES: Final = {
    "digital_signature": "digitalSignature",
    "content_commitment": "nonRepudiation",
    "key_encipherment": "keyEncipherment",
    "data_encipherment": "dataEncipherment",
    "key_agreement": "keyAgreement",
    "key_cert_sign": "keyCertSign",
    "crl_sign": "cRLSign",
}
#: RFC 5280 section 4.2.1.12.
_PURPOSES: Final = {
    ExtendedKeyUsageOID.SERVER_AUTH: "serverAuth",
    ExtendedKeyUsageOID.CLIENT_AUTH: "clientAuth",
    ExtendedKeyUsageOID.CODE_SIGNING: "codeSigning",
    ExtendedKeyUsageOID.EMAIL_PROTECTION: "emailProtection",
    ExtendedKeyUsageOID.TIME_STAMPING: "timeStamping",
    ExtendedKeyUsageOID.OCSP_SIGNING: "OCSPSigning",
    ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE: "anyExtendedKeyUsage",
}
_KINDS: Final[dict[type[x509.GeneralName], str]] = {
    x509.DNSName: "dns",
    x509.UniformResourceIdentifier: "uri",
    x509.IPAddress: "ip",
    x509.RFC822Name: "email",
    x509.RegisteredID: "oid",
}


def add_certificate(reading: Reading, name: str, der: bytes) -> None:
    """Add what a certificate says to a reading, and what is odd about it.

    Args:
        reading: Of all that it stands in.
        name: What it is called there.
        der: The certificate.
    """
    if len(der) > MAX_CERTIFICATE_SIZE:
        reading.odd.append(f"{name}: it is over {MAX_CERTIFICATE_SIZE} bytes, and is not looked at")
        return
    try:
        certificate = x509.load_der_x509_certificate(der)
    except BAD_FORM:
        reading.odd.append(f"{name}: what should be a certificate is none")
        return
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    shown: JSONObject = {}
    parts: dict[str, Callable[[], JSON]] = {
        "subject": lambda: _distinguished(certificate.subject),
        "other names": lambda: _alternative_names(certificate.extensions),
        "issuer": lambda: _distinguished(certificate.issuer),
        "serial": lambda: f"{certificate.serial_number:x}",
        "not before": begins.isoformat,
        "not after": ends.isoformat,
        "CA": lambda: _authority(certificate.extensions),
        "key usage": lambda: _usages(certificate.extensions),
        "extended key usage": lambda: _purposes(certificate.extensions),
        "signed by": lambda: _signature(certificate.signature_algorithm_oid),
        "SHA-256": lambda: certificate.fingerprint(hashes.SHA256()).hex(),
    }
    _add(reading, name, shown, parts)
    reading.parts[name] = shown
    _add(
        reading,
        name,
        reading.parts,
        {"key" if name == "certificate" else f"key of {name}": lambda: described(certificate.public_key())},
    )
    reading.odd += [f"{name}: {note}" for note in of_period(begins, ends, time.time())]


def of_request(pem: bytes) -> Reading:
    """What a certificate request says; whether its signature is that of its key is not looked at."""
    reading = Reading("PEM certificate request")
    if len(pem) > MAX_CERTIFICATE_SIZE:
        reading.odd.append(f"request: it is over {MAX_CERTIFICATE_SIZE} bytes, and is not looked at")
        return reading
    try:
        request = x509.load_pem_x509_csr(pem.replace(b" NEW CERTIFICATE REQUEST", b" CERTIFICATE REQUEST"))
    except BAD_FORM:
        reading.odd.append("request: what should be a certificate request is none")
        return reading
    if pem.count(b"-----BEGIN ") > 1:
        reading.odd.append("request: the file holds more than this one, which is the first")
    shown: JSONObject = {}
    parts: dict[str, Callable[[], JSON]] = {
        "subject": lambda: _distinguished(request.subject),
        "other names": lambda: _alternative_names(request.extensions),
        "CA": lambda: _authority(request.extensions),
        "key usage": lambda: _usages(request.extensions),
        "extended key usage": lambda: _purposes(request.extensions),
        "signed by": lambda: _signature(request.signature_algorithm_oid),
    }
    _add(reading, "request", reading.parts, {"key": lambda: described(request.public_key())})
    _add(reading, "request", shown, parts)
    reading.parts["request"] = shown
    return reading


def _add(reading: Reading, name: str, shown: JSONObject, parts: dict[str, Callable[[], JSON]]) -> None:
    """Add each part that is there and can be read: one that can't be is odd, and hides none of the others."""
    for part, read in parts.items():
        try:
            value = read()
        except (*BAD_FORM, InputError) as error:
            told = error.message if isinstance(error, InputError) else "it can't be read"
            reading.odd.append(f"{name}: {part}: {told}")
            continue
        if value is not None:
            shown[part] = value


def _distinguished(name: x509.Name) -> str:
    return name.rfc4514_string()


def _alternative_names(extensions: x509.Extensions) -> JSON:
    try:
        names = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return None
    return [_written(name) for name in names]


def _written(name: x509.GeneralName) -> str:
    if isinstance(name, x509.DirectoryName):
        return f"directory:{name.value.rfc4514_string()}"
    if isinstance(name, x509.OtherName):
        return f"other:{name.type_id.dotted_string}"
    value = name.value.dotted_string if isinstance(name, x509.RegisteredID) else name.value
    return f"{_KINDS.get(type(name), 'other')}:{value}"


def _authority(extensions: x509.Extensions) -> JSON:
    try:
        constraints = extensions.get_extension_for_class(x509.BasicConstraints).value
    except x509.ExtensionNotFound:
        return "no"
    if not constraints.ca:
        return "no"
    below = constraints.path_length
    if below is None:
        return "yes, with any number of CAs below it"
    return f"yes, with {below or 'no'} {'CA' if below == 1 else 'CAs'} below it"


def _usages(extensions: x509.Extensions) -> JSON:
    try:
        usage = extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return "any"
    return [written for attribute, written in _USAGES.items() if getattr(usage, attribute)]


def _purposes(extensions: x509.Extensions) -> JSON:
    try:
        purposes: Iterable[x509.ObjectIdentifier] = extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return None
    return [_PURPOSES.get(purpose, purpose.dotted_string) for purpose in purposes]


def _signature(oid: x509.ObjectIdentifier) -> str:
    name: str = oid._name  # noqa: SLF001 - no public name leads from an identifier to its words
    return oid.dotted_string if name == "Unknown OID" else name
