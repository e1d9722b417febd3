"""What a credential and a presentation must have, whatever secures them (W3C VC Data Model 2.0 and 1.1)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ..errors import VerificationError

# RFC 3339 section 5.6 and XML Schema's dateTimeStamp: a date with its time and time zone.
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)
_URL: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s]+")


@dataclass(frozen=True, slots=True)
class Model:
    """One version of the data model.

    Attributes:
        version: ``2.0`` or ``1.1``.
        context: The first entry of ``@context``.
        begins: The member that says from when a credential is valid.
        ends: The member that says until when.
        begins_required: Whether `begins` must be there.
    """

    version: str
    context: str
    begins: str
    ends: str
    begins_required: bool


V2: Final = Model("2.0", "https://www.w3.org/ns/credentials/v2", "validFrom", "validUntil", False)
V1: Final = Model("1.1", "https://www.w3.org/2018/credentials/v1", "issuanceDate", "expirationDate", True)
#: By version.
MODELS: Final = {model.version: model for model in (V2, V1)}


def _refuse(message: str) -> VerificationError:
    return VerificationError("credential-invalid", message)


def check_credential(document: Mapping[str, object], model: Model) -> None:
    """Refuse what is not a credential of a model.

    Raises:
        VerificationError: ``credential-invalid``.
    """
    _check_context(document, model)
    _check_type(document, "VerifiableCredential")
    _check_id(document)
    issuer_of(document)
    subjects = document.get("credentialSubject")
    several = subjects if isinstance(subjects, list) else [subjects]
    if not several or not all(isinstance(subject, dict) and subject for subject in several):
        raise _refuse("credentialSubject is not an object with members, or a list of them")
    if model.begins_required and model.begins not in document:
        raise _refuse(f"the credential has no {model.begins}")
    begins, ends = date_of(document, model.begins), date_of(document, model.ends)
    if begins is not None and ends is not None and ends < begins:
        raise _refuse(f"{model.ends} lies before {model.begins}")


def check_presentation(document: Mapping[str, object], model: Model) -> None:
    """Refuse what is not a presentation of a model.

    Raises:
        VerificationError: ``credential-invalid``.
    """
    _check_context(document, model)
    _check_type(document, "VerifiablePresentation")
    _check_id(document)
    holder_of(document)


def model_of(document: Mapping[str, object]) -> Model:
    """The model that a document's first context names.

    Raises:
        VerificationError: ``credential-invalid``.
    """
    context = document.get("@context")
    first = context[0] if isinstance(context, list) and context else context
    for model in MODELS.values():
        if first == model.context:
            return model
    raise _refuse("the first @context is that of neither VC Data Model 2.0 nor 1.1")


def _check_context(document: Mapping[str, object], model: Model) -> None:
    if model_of(document) is not model:
        raise _refuse(f"the first @context is not that of VC Data Model {model.version}")


def _check_type(document: Mapping[str, object], expected: str) -> None:
    kinds = document.get("type")
    if expected not in (kinds if isinstance(kinds, list) else [kinds]):
        raise _refuse(f"type does not name {expected}")


def _check_id(document: Mapping[str, object]) -> None:
    if "id" in document:
        _check_url(document["id"], "id")


def _check_url(value: object, name: str) -> str:
    if not isinstance(value, str) or not _URL.fullmatch(value):
        raise _refuse(f"{name} is not a URL")
    return value


def issuer_of(document: Mapping[str, object]) -> str:
    """The URL of a credential's issuer, which stands alone or as the id of an object.

    Raises:
        VerificationError: ``credential-invalid``.
    """
    return _party(document.get("issuer"), "issuer")


def holder_of(document: Mapping[str, object]) -> str | None:
    """The URL of a presentation's holder, or None.

    Raises:
        VerificationError: ``credential-invalid``.
    """
    return _party(document["holder"], "holder") if "holder" in document else None


def _party(value: object, name: str) -> str:
    return _check_url(value.get("id") if isinstance(value, dict) else value, name)


def date_of(document: Mapping[str, object], name: str) -> datetime | None:
    """A date of a document, with its time zone, or None where there is none.

    Raises:
        VerificationError: ``credential-invalid``.
    """
    if name not in document:
        return None
    value = document[name]
    try:
        if not isinstance(value, str) or not _DATE.fullmatch(value):
            raise ValueError
        return datetime.fromisoformat(value)
    except ValueError:
        raise _refuse(f"{name} is not a date and time with its time zone (RFC 3339)") from None


def check_validity(document: Mapping[str, object], model: Model, now: float, leeway: float) -> None:
    """Refuse a credential before or after its time.

    Args:
        document: A checked credential.
        model: Its model.
        now: Seconds since 1970.
        leeway: Seconds by which the clocks may differ.

    Raises:
        VerificationError: ``not-yet-valid``, ``credential-expired``.
    """
    begins, ends = date_of(document, model.begins), date_of(document, model.ends)
    if begins is not None and now < begins.timestamp() - leeway:
        raise VerificationError("not-yet-valid", f"the credential is valid from {begins.isoformat()}")
    if ends is not None and now >= ends.timestamp() + leeway:
        raise VerificationError("credential-expired", f"the credential was valid until {ends.isoformat()}")
