"""The registered header parameters of COSE: what each is called, what its value may be, and where it may stand.

One table, as IANA's: consumers look a label up here, and no other place knows one by its number.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import Final

from ..cbor import CBOR, Tag
from ..keys.uri import is_uri

#: The tag of a URI (RFC 8949 section 3.4.5.3), as x5u has one: no other registered parameter has a tag.
URI_TAG: Final = 32


class Label(IntEnum):
    """The labels of the registered header parameters, for use as keys of a header."""

    ALG = 1
    CRIT = 2
    CONTENT_TYPE = 3
    KID = 4
    IV = 5
    PARTIAL_IV = 6
    COUNTERSIGNATURE = 11
    COUNTERSIGNATURE0 = 12
    CWT_CLAIMS = 15
    TYP = 16
    X5BAG = 32
    X5CHAIN = 33
    X5T = 34
    X5U = 35
    PAYLOAD_HASH_ALG = 258
    PREIMAGE_CONTENT_TYPE = 259
    PAYLOAD_LOCATION = 260


class Bucket(Enum):
    """Where a parameter may stand."""

    EITHER = "either"
    PROTECTED = "protected"
    UNPROTECTED = "unprotected"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A registered header parameter.

    Attributes:
        name: As IANA's registry has it.
        expected: Its type in words.
        is_valid: Whether a value is of its type.
        bucket: Where it may stand.
        reference: What defines it.
    """

    name: str
    expected: str
    is_valid: Callable[[CBOR], bool]
    bucket: Bucket
    reference: str


def is_label(value: object) -> bool:
    """Whether a value can be a label: an integer or text (RFC 9052 section 1.4)."""
    return isinstance(value, (int, str)) and not isinstance(value, bool)


def _is_int(value: CBOR) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_bytes(value: CBOR) -> bool:
    return isinstance(value, bytes)


def _is_text(value: CBOR) -> bool:
    return isinstance(value, str)


def _is_map(value: CBOR) -> bool:
    return isinstance(value, dict)


def _is_uri(value: CBOR) -> bool:
    return isinstance(value, Tag) and value.number == URI_TAG and is_uri(value.value)


def _is_content_type(value: CBOR) -> bool:
    if isinstance(value, str):
        return "/" in value and value == value.strip()
    return _is_int(value) and isinstance(value, int) and value >= 0


def _is_labels(value: CBOR) -> bool:
    return isinstance(value, list) and bool(value) and all(map(is_label, value)) and len(set(value)) == len(value)


def _is_certificates(value: CBOR) -> bool:
    """One certificate, or an array of them: of at least two by RFC 9360 section 2, but many senders wrap one too."""
    return isinstance(value, bytes) or (isinstance(value, list) and bool(value) and all(map(_is_bytes, value)))


def _is_certificate_hash(value: CBOR) -> bool:
    return isinstance(value, list) and len(value) == 2 and is_label(value[0]) and isinstance(value[1], bytes)


def _is_countersignature(value: CBOR) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 3
        and isinstance(value[0], bytes)
        and isinstance(value[1], dict)
        and isinstance(value[2], bytes)
    )


def _is_countersignatures(value: CBOR) -> bool:
    """One countersignature, or an array of them (RFC 9338 section 3.1)."""
    return _is_countersignature(value) or (
        isinstance(value, list) and bool(value) and all(map(_is_countersignature, value))
    )


_LABEL: Final = "a number or text"
_CERTIFICATES: Final = "a certificate, or a list of at least one"
_TYPE: Final = "a media type with a slash, or the number of a Content-Format"
_RFC9052: Final = "RFC 9052 section 3.1"
_RFC9338: Final = "RFC 9338 section 3"
_RFC9360: Final = "RFC 9360 section 2"
_RFC9995: Final = "RFC 9995 section 3"

#: Label to parameter.
PARAMETERS: Final[dict[Label, Parameter]] = {
    Label.ALG: Parameter("alg", _LABEL, is_label, Bucket.EITHER, _RFC9052),
    Label.CRIT: Parameter("crit", "a list of distinct labels, at least one", _is_labels, Bucket.PROTECTED, _RFC9052),
    Label.CONTENT_TYPE: Parameter("content type", _TYPE, _is_content_type, Bucket.EITHER, _RFC9052),
    Label.KID: Parameter("kid", "bytes", _is_bytes, Bucket.EITHER, _RFC9052),
    Label.IV: Parameter("IV", "bytes", _is_bytes, Bucket.EITHER, _RFC9052),
    Label.PARTIAL_IV: Parameter("Partial IV", "bytes", _is_bytes, Bucket.EITHER, _RFC9052),
    Label.COUNTERSIGNATURE: Parameter(
        "Countersignature version 2",
        "a countersignature, or a list of them",
        _is_countersignatures,
        Bucket.UNPROTECTED,
        _RFC9338,
    ),
    Label.COUNTERSIGNATURE0: Parameter("Countersignature0 version 2", "bytes", _is_bytes, Bucket.UNPROTECTED, _RFC9338),
    Label.CWT_CLAIMS: Parameter("CWT Claims", "a map", _is_map, Bucket.EITHER, "RFC 9597 section 2"),
    Label.TYP: Parameter("typ", _TYPE, _is_content_type, Bucket.PROTECTED, "RFC 9596 section 2"),
    Label.X5BAG: Parameter("x5bag", _CERTIFICATES, _is_certificates, Bucket.EITHER, _RFC9360),
    Label.X5CHAIN: Parameter("x5chain", _CERTIFICATES, _is_certificates, Bucket.EITHER, _RFC9360),
    Label.X5T: Parameter("x5t", "a hash algorithm and a digest", _is_certificate_hash, Bucket.EITHER, _RFC9360),
    Label.X5U: Parameter("x5u", "a URI with its scheme and its tag, 32", _is_uri, Bucket.EITHER, _RFC9360),
    Label.PAYLOAD_HASH_ALG: Parameter("payload hash alg", "an integer", _is_int, Bucket.PROTECTED, _RFC9995),
    Label.PREIMAGE_CONTENT_TYPE: Parameter(
        "preimage content type", _TYPE, _is_content_type, Bucket.PROTECTED, _RFC9995
    ),
    Label.PAYLOAD_LOCATION: Parameter("payload location", "text", _is_text, Bucket.PROTECTED, _RFC9995),
}
