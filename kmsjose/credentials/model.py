"""What a credential and a presentation must have, whatever secures them (W3C VC Data Model 2.0 and 1.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ..errors import VerificationError
from .dates import read_date
from .members import Objects, check_text, check_types, objects, refusal, url

_ENVELOPED: Final = "EnvelopedVerifiableCredential"


@dataclass(frozen=True, slots=True)
class Model:
    """One version of the data model.

    Attributes:
        version: ``2.0`` or ``1.1``.
        context: The first entry of ``@context``.
        begins: The member that says from when a credential is valid.
        ends: The member that says until when.
        begins_required: Whether `begins` must be there.
        objects: The members of a credential that are objects.
        presented: The members of a presentation that are objects, besides its credentials.
        texts: The members, also of an issuer, that are for people.
    """

    version: str
    context: str
    begins: str
    ends: str
    begins_required: bool
    objects: tuple[Objects, ...]
    presented: tuple[Objects, ...]
    texts: tuple[str, ...]


V2: Final = Model(
    "2.0",
    "https://www.w3.org/ns/credentials/v2",
    "validFrom",
    "validUntil",
    begins_required=False,
    objects=(
        Objects("credentialStatus"),
        Objects("credentialSchema", needs_id=True),
        Objects("refreshService"),
        Objects("termsOfUse"),
        Objects("evidence"),
        Objects("proof"),
        Objects(
            "relatedResource",
            needs_type=False,
            needs_id=True,
            each_once=True,
            one_of=("digestSRI", "digestMultibase"),
        ),
    ),
    presented=(Objects("refreshService"), Objects("termsOfUse"), Objects("proof")),
    texts=("name", "description"),
)
V1: Final = Model(
    "1.1",
    "https://www.w3.org/2018/credentials/v1",
    "issuanceDate",
    "expirationDate",
    begins_required=True,
    objects=(
        Objects("credentialStatus", needs_id=True),
        Objects("credentialSchema", needs_id=True),
        Objects("refreshService", needs_id=True),
        Objects("termsOfUse"),
        Objects("evidence"),
        Objects("proof"),
    ),
    presented=(Objects("refreshService", needs_id=True), Objects("termsOfUse"), Objects("proof")),
    texts=(),
)
#: By version.
MODELS: Final = {model.version: model for model in (V2, V1)}


def check_credential(document: Mapping[str, object], model: Model, *, strict: bool = False) -> None:
    """Refuse what is not a credential of a model.

    Args:
        document: The credential.
        model: The model that it must be of.
        strict: Refuse dates that may be read but are not to be written (`read_date`).

    Raises:
        VerificationError: ``credential-invalid``.
    """
    _check_context(document, model)
    check_types(document, "the credential", "VerifiableCredential")
    _check_id(document)
    issuer_of(document)
    for subject in objects(document.get("credentialSubject"), "credentialSubject"):
        if "id" in subject:
            url(subject["id"], "the id of credentialSubject")
    for member in model.objects:
        member.check(document)
    issuer = document["issuer"]
    for part in (document, issuer) if isinstance(issuer, dict) else (document,):
        for name in model.texts:
            check_text(part, name)
    if model.begins_required and model.begins not in document:
        raise refusal(f"the credential has no {model.begins}")
    begins, ends = (date_of(document, name, strict=strict) for name in (model.begins, model.ends))
    if begins is not None and ends is not None and ends < begins:
        raise refusal(f"{model.ends} lies before {model.begins}")


def check_presentation(document: Mapping[str, object], model: Model, *, strict: bool = False) -> None:
    """Refuse what is not a presentation of a model.

    Args:
        document: The presentation.
        model: The model that it must be of.
        strict: Refuse dates of its credentials that may be read but are not to be written.

    Raises:
        VerificationError: ``credential-invalid``.
    """
    _check_context(document, model)
    check_types(document, "the presentation", "VerifiablePresentation")
    _check_id(document)
    holder_of(document)
    for member in model.presented:
        member.check(document)
    if "verifiableCredential" in document:
        _check_presented(document["verifiableCredential"], model, strict=strict)


def _check_presented(value: object, model: Model, *, strict: bool) -> None:
    entries = value if isinstance(value, list) else [value]
    if model is V1:
        # A token stands there as it is; what else holds may be data that is derived from a credential (section 4.10).
        if not all(isinstance(entry, (str, dict)) and entry for entry in entries):
            raise refusal("verifiableCredential is not a token or an object, or a list of them")
        return
    if any(isinstance(entry, str) for entry in entries):
        raise refusal(f"verifiableCredential holds text: a token stands there in an {_ENVELOPED}, see `vc.enveloped`")
    for entry in objects(entries, "verifiableCredential") if entries else ():
        kinds = entry.get("type")
        if _ENVELOPED in (kinds if isinstance(kinds, list) else [kinds]):
            _check_envelope(entry)
        else:
            check_credential(entry, model_of(entry), strict=strict)


def _check_envelope(entry: Mapping[str, object]) -> None:
    # VC Data Model 2.0 section 4.13.1.
    if entry.get("type") not in (_ENVELOPED, [_ENVELOPED]):
        raise refusal(f"an enveloped credential has no type but {_ENVELOPED}")
    if "@context" not in entry:
        raise refusal("an enveloped credential has no @context")
    _check_contexts(entry["@context"])
    if not url(entry.get("id"), "the id of an enveloped credential").startswith("data:"):
        raise refusal("the id of an enveloped credential is not a data: URL")


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
    raise refusal("the first @context is that of neither VC Data Model 2.0 nor 1.1")


def _check_context(document: Mapping[str, object], model: Model) -> None:
    if model_of(document) is not model:
        raise refusal(f"the first @context is not that of VC Data Model {model.version}")
    _check_contexts(document["@context"])


def _check_contexts(value: object) -> None:
    for context in value if isinstance(value, list) else [value]:
        if not isinstance(context, dict):
            url(context, "an entry of @context")


def _check_id(document: Mapping[str, object]) -> None:
    if "id" in document:
        url(document["id"], "id")


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
    return url(value.get("id") if isinstance(value, dict) else value, name)


def date_of(document: Mapping[str, object], name: str, *, strict: bool = False) -> datetime | None:
    """A date of a document, with its time zone, or None where there is none.

    Raises:
        VerificationError: ``credential-invalid``.
    """
    if name not in document:
        return None
    try:
        return read_date(document[name], strict=strict)
    except ValueError:
        raise refusal(f"{name} is not a date and time with its time zone (RFC 3339)") from None


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
