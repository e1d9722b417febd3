"""The claims set of a CWT: its registered claims go by their names, as those of a JWT do (RFC 8392 sections 3, 4)."""

from __future__ import annotations

from collections.abc import Mapping
from os import urandom
from typing import Final

from ..cbor import CBOR, CBORMap, Tag, cbor_map, dumps, loads
from ..claims import DATES, check_types, numeric_dates, refuse_taken
from ..errors import InputError, VerificationError
from .header import Header
from .labels import Label

#: The registered claims by name, as JWT has them, and their labels (RFC 8392 section 4).
LABELS: Final[dict[int | str, int]] = {"iss": 1, "sub": 2, "aud": 3, "exp": 4, "nbf": 5, "iat": 6, "cti": 7}
_DATES: Final = (*DATES, *(LABELS[name] for name in DATES))
#: The names by their labels.
NAMES: Final[dict[int | str, str]] = {label: str(name) for name, label in LABELS.items()}


def complete(claims: object, dates: Mapping[str, int], cti: bool) -> CBORMap:
    """A claims set with what the call sets, by its labels.

    Args:
        claims: A map, registered claims by name or label.
        dates: What the call sets, by name.
        cti: Set a random ``cti``.

    Raises:
        InputError: ``claims-invalid``, ``cbor-invalid``.
    """
    if not isinstance(claims, Mapping):
        raise InputError("claims-invalid", "claims are a map")
    ours: dict[str, CBOR] = {**dates}
    if cti:
        ours["cti"] = urandom(16)
    try:
        # As a verifier will read it: only then is a label that is given what it seems to be.
        read = cbor_map(dumps({LABELS.get(name, name): value for name, value in numeric_dates(claims, _DATES).items()}))
        given = _named(read)
        if len(read) != len(claims):
            raise InputError("claims-invalid", "a claim is given by its name and by its label")
        refuse_taken(given, ours)
        full: CBORMap = {**given, **dict(ours.items())}
        check_claims(full)
    except VerificationError as error:
        raise InputError("claims-invalid", error.message) from error
    return {LABELS.get(name, name): value for name, value in full.items()}


def check_claims(claims: CBORMap) -> None:
    """Refuse a registered claim of a wrong type; any other may have any value.

    Raises:
        VerificationError: ``claim-invalid``; ``tag-unexpected``: it is tagged, which no registered claim is.
    """
    try:
        check_types(claims)
        if not isinstance(claims.get("cti", b""), bytes):
            raise VerificationError("claim-invalid", "cti is not a byte string (RFC 8392 section 3.1.7)")
    except VerificationError as error:
        raise _of_a_tag(claims) or error from None


def _of_a_tag(claims: CBORMap) -> VerificationError | None:
    for name in LABELS:
        if isinstance(tag := claims.get(name), Tag):
            return VerificationError("tag-unexpected", f"{name} has the tag {tag.number} (RFC 8392 sections 2 and 3.1)")
    return None


def claims_of(payload: bytes | None) -> CBORMap:
    """The claims set that a payload holds, its registered claims by their names (RFC 8392 section 3).

    Raises:
        VerificationError: ``claims-not-object``, ``claim-invalid`` and the codes of CBOR.
    """
    try:
        claims = loads(payload or b"")
    except VerificationError as error:
        raise VerificationError(error.code, f"the payload is no claims set: {error.message}") from None
    if not isinstance(claims, dict):
        raise VerificationError("claims-not-object", "the payload is not a CBOR map")
    return _named(claims)


def _named(claims: CBORMap) -> CBORMap:
    # Whoever reads the text would otherwise not know which of two issuers was meant.
    for name, label in LABELS.items():
        if name in claims:
            raise VerificationError("claim-invalid", f"{name} stands as text, and its label is {label}")
    return {NAMES.get(label, label): value for label, value in claims.items()}


def repeated_claims(header: Header, claims: CBORMap) -> CBORMap:
    """The claims that stand in the header, which must be those of the payload where both have one (RFC 9597 section 2).

    Args:
        header: The header; in its unprotected bucket nobody signed them.
        claims: The claims set of the payload.

    Raises:
        VerificationError: ``claim-invalid``.
    """
    given = header.protected.get(Label.CWT_CLAIMS, header.unprotected.get(Label.CWT_CLAIMS))
    repeated = _named(given) if isinstance(given, dict) else {}
    check_claims(repeated)
    for name, value in repeated.items():
        # As CBOR, where true is not 1.
        if name in claims and dumps(claims[name]) != dumps(value):
            raise VerificationError("claim-invalid", "a claim in the header is not the one in the payload")
    return repeated


def check_repeated(parameters: Mapping[int | str, object], claims: CBORMap) -> None:
    """Refuse to write claims into a header that are not those of the payload (RFC 9597 section 2).

    Args:
        parameters: Of one bucket, checked to be CBOR.
        claims: The claims set of the payload, by its labels.

    Raises:
        InputError: ``header-invalid``.
    """
    given = parameters.get(Label.CWT_CLAIMS)
    if not isinstance(given, Mapping):
        return
    try:
        repeated = cbor_map(dumps(given))
        check_claims(_named(repeated))
    except VerificationError as error:
        raise InputError("header-invalid", error.message) from error
    if any(label in claims and dumps(claims[label]) != dumps(value) for label, value in repeated.items()):
        raise InputError("header-invalid", "a claim in the header is not the one in the payload")
