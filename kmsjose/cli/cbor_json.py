"""Claims between the JSON of the command line and CBOR (RFC 8949 section 6)."""

from __future__ import annotations

import math
import re
from typing import Final

from ..cbor import CBOR, CBORMap, Tag
from ..encoding import JSON, JSONObject, b64url_decode, b64url_encode
from ..errors import InputError, VerificationError

_LABEL: Final = re.compile(r"0|-?[1-9][0-9]{0,19}", re.ASCII)
_NEGATIVE_BIGNUM: Final = 3


def claims_from_json(members: JSONObject) -> CBORMap:
    """A CWT's claims of JSON: a member whose name is an integer is that label, at any depth, and cti is base64url.

    Raises:
        InputError: ``claims-invalid``.
    """
    from ..cose.cwt_claims import LABELS

    claims = {_label(name): value for name, value in members.items()}
    cti = ("cti", LABELS["cti"])
    return {label: _cti(value) if label in cti else _from_json(value) for label, value in claims.items()}


def _label(name: str) -> int | str:
    return int(name) if _LABEL.fullmatch(name) else name


def _from_json(value: JSON) -> CBOR:
    if isinstance(value, dict):
        return {_label(name): _from_json(item) for name, item in value.items()}
    return [_from_json(item) for item in value] if isinstance(value, list) else value


def _cti(value: JSON) -> bytes:
    try:
        return b64url_decode(value.encode() if isinstance(value, str) else b"?")
    except (VerificationError, UnicodeError):
        raise InputError("claims-invalid", "cti is bytes, and here not base64url") from None


def claims_to_json(claims: CBORMap) -> JSONObject:
    """The JSON of verified claims: bytes are base64url, labels are members' names, of a tag stands what is tagged.

    Raises:
        VerificationError: ``claim-invalid``: a label as a number and the same as text, or a number that JSON has not.
    """
    return _object(claims)


def _object(value: CBORMap) -> JSONObject:
    members = {str(label): _to_json(item) for label, item in value.items()}
    if len(members) != len(value):
        raise VerificationError("claim-invalid", "two labels are the same in JSON; `inspect` shows both")
    return members


def _to_json(value: CBOR) -> JSON:
    if isinstance(value, dict):
        return _object(value)
    if isinstance(value, list):
        return [_to_json(item) for item in value]
    if isinstance(value, bytes):
        return b64url_encode(value).decode()
    if isinstance(value, float) and not math.isfinite(value):
        raise VerificationError("claim-invalid", "a claim is NaN or infinite, which JSON has not")
    if isinstance(value, Tag):
        # The number is left out (RFC 8949 section 6.1), but that of a negative big number becomes its sign.
        negative = value.number == _NEGATIVE_BIGNUM and isinstance(value.value, bytes)
        return f"~{_to_json(value.value)}" if negative else _to_json(value.value)
    return value
