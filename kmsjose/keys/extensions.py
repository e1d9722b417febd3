"""The extensions of a certificate that are looked at, read apart from it: its bare key needs none of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, TypeVar

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import ExtensionOID

from .unreadable import UNREADABLE

#: What `cryptography` raises for a form that it does not take, as it is loaded or as a part is asked for.
BAD_FORM: Final = (
    *UNREADABLE,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
    UserWarning,  # where Python makes errors of warnings
)
# Looked at here or by who trusts a chain; no other may be critical.
_UNDERSTOOD: Final = frozenset({
    ExtensionOID.BASIC_CONSTRAINTS,
    ExtensionOID.KEY_USAGE,
    ExtensionOID.EXTENDED_KEY_USAGE,
    ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
})  # fmt: skip
# Not looked at, and not to be left aside whether critical or not, as RFC 5280 section 4.2.1.10 wants them to be.
_NEVER: Final = frozenset({ExtensionOID.NAME_CONSTRAINTS})
_NAMES: Final = {
    "2.5.29.14": "subjectKeyIdentifier",
    "2.5.29.15": "keyUsage",
    "2.5.29.17": "subjectAltName",
    "2.5.29.19": "basicConstraints",
    "2.5.29.30": "nameConstraints",
    "2.5.29.31": "cRLDistributionPoints",
    "2.5.29.32": "certificatePolicies",
    "2.5.29.35": "authorityKeyIdentifier",
    "2.5.29.37": "extKeyUsage",
}
#: Extensions that are tried one by one, to name the one that can't be read.
_TRIED: Final = 64
_SEQUENCE, _EXTENSIONS = 0x30, 0xA3
_E = TypeVar("_E", bound=x509.ExtensionType)


@dataclass(frozen=True, slots=True)
class Extensions:
    """What a certificate says of its use (RFC 5280 section 4.2.1).

    Attributes:
        basic_constraints: Whether it is a CA's, or None.
        key_usage: What its key may do, or None for anything.
        purposes: The object identifiers of what its key is for, or None for anything.
        not_understood: The identifiers of critical extensions that are not understood here, and of name constraints.
    """

    basic_constraints: x509.BasicConstraints | None
    key_usage: x509.KeyUsage | None
    purposes: frozenset[str] | None
    not_understood: tuple[str, ...]

    @classmethod
    def of(cls, native: x509.Certificate) -> Extensions | None:
        """Those of a certificate that is loaded, or None where one of them can't be read."""
        try:
            extensions = native.extensions
            purposes = _extension(extensions, x509.ExtendedKeyUsage)
        except BAD_FORM:
            return None
        return cls(
            _extension(extensions, x509.BasicConstraints),
            _extension(extensions, x509.KeyUsage),
            None if purposes is None else frozenset(purpose.dotted_string for purpose in purposes),
            tuple(
                e.oid.dotted_string for e in extensions if e.oid in _NEVER or (e.critical and e.oid not in _UNDERSTOOD)
            ),
        )


def _extension(extensions: x509.Extensions, kind: type[_E]) -> _E | None:
    try:
        return extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def name_unreadable(native: x509.Certificate) -> str:
    """Which extension of a certificate can't be read, or stands twice: its name if it is a known one, else its number.

    Each is tried in the certificate without the others, for the error of all of them does not tell.
    """
    seen: set[str] = set()
    for entry, alone in _each_alone(native):
        number = _dotted(entry)
        try:
            _ = x509.load_der_x509_certificate(alone).extensions
        except BAD_FORM:
            seen.add(number)
        if number in seen:
            return _NAMES.get(number, number)
        seen.add(number)
    return "unknown"


def _each_alone(native: x509.Certificate) -> Iterator[tuple[bytes, bytes]]:
    """Each extension, and the certificate as if it had no other (RFC 5280 section 4.1)."""
    tbs, *behind = _elements(native.public_bytes(serialization.Encoding.DER))
    *fields, extensions = _elements(tbs)
    for entry in _elements(_elements(extensions)[0])[:_TRIED]:
        only = _element(_EXTENSIONS, _element(_SEQUENCE, entry))
        yield entry, _element(_SEQUENCE, _element(_SEQUENCE, b"".join((*fields, only))) + b"".join(behind))


def _elements(der: bytes) -> list[bytes]:
    """The elements of a constructed element in DER whose form was checked as it was loaded."""
    at, found = _content_of(der, 0)[0], []
    while at < len(der):
        end = _content_of(der, at)[1]
        found.append(der[at:end])
        at = end
    return found


def _content_of(der: bytes, at: int) -> tuple[int, int]:
    size, start = der[at + 1], at + 2
    if size & 0x80:
        start += size & 0x7F
        size = int.from_bytes(der[at + 2 : start])
    return start, start + size


def _element(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    octets = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes((tag, 0x80 | len(octets))) + octets + content


def _dotted(entry: bytes) -> str:
    """The object identifier of an extension."""
    identifier = _elements(entry)[0]
    numbers, value = [], 0
    for octet in identifier[_content_of(identifier, 0)[0] :]:
        value = value << 7 | octet & 0x7F
        if not octet & 0x80:
            numbers.append(value)
            value = 0
    first = min(numbers[0] // 40, 2)
    return ".".join(map(str, (first, numbers[0] - 40 * first, *numbers[1:])))
