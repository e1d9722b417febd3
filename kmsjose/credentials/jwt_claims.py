"""Data model 1.1 as JWT claims and back (VC Data Model 1.1 section 6.3.1)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from ..encoding import JSON, JSONObject
from ..errors import VerificationError
from .model import date_of, holder_of, issuer_of


def credential_to_claims(document: JSONObject) -> JSONObject:
    """The claims of a checked credential: its own members stay in ``vc``, and the registered claims repeat them.

    Raises:
        VerificationError: ``credential-invalid``: it has several subjects.
    """
    claims: JSONObject = {"iss": issuer_of(document)}
    subject = _subject(document)
    if "id" in subject:
        claims["sub"] = subject["id"]
    if "id" in document:
        claims["jti"] = document["id"]
    for claim, member in (("nbf", "issuanceDate"), ("exp", "expirationDate")):
        date = date_of(document, member)
        if date is not None:
            claims[claim] = int(date.timestamp())
    return {**claims, "vc": document}


def presentation_to_claims(document: JSONObject) -> JSONObject:
    """The claims of a checked presentation."""
    claims: JSONObject = {}
    holder = holder_of(document)
    if holder is not None:
        claims["iss"] = holder
    if "id" in document:
        claims["jti"] = document["id"]
    return {**claims, "vp": document}


def credential_from_claims(claims: JSONObject) -> JSONObject:
    """The credential of a JWT's claims, each member that only a claim holds put back.

    Raises:
        VerificationError: ``claim-missing``, ``credential-invalid``: a claim and its member disagree.
    """
    document = _document(claims, "vc", "vp")
    if "iss" not in claims:
        raise VerificationError("claim-missing", "the token has no iss")
    _fold_party(document, "issuer", claims["iss"])
    _fold(document, "id", claims, "jti")
    subject = dict(_subject(document))
    if "sub" in claims:
        _fold(subject, "id", claims, "sub")
        # A list of one stays a list: what was signed is what comes back.
        document["credentialSubject"] = [subject] if isinstance(document["credentialSubject"], list) else subject
    for claim, member in (("nbf", "issuanceDate"), ("exp", "expirationDate")):
        _fold_date(document, member, claims.get(claim))
    return document


def presentation_from_claims(claims: JSONObject) -> JSONObject:
    """The presentation of a JWT's claims.

    Raises:
        VerificationError: ``claim-missing``, ``credential-invalid``.
    """
    document = _document(claims, "vp", "vc")
    if "iss" in claims:
        _fold_party(document, "holder", claims["iss"])
    _fold(document, "id", claims, "jti")
    return document


def _document(claims: Mapping[str, JSON], name: str, other: str) -> JSONObject:
    if name not in claims:
        raise VerificationError("claim-missing", f"the token has no {name}")
    if other in claims:
        raise VerificationError("credential-invalid", "the token is both a credential and a presentation")
    document = claims[name]
    if not isinstance(document, dict):
        raise VerificationError("credential-invalid", f"{name} is not a JSON object")
    return dict(document)


def _subject(document: Mapping[str, JSON]) -> JSONObject:
    subject = document.get("credentialSubject")
    if isinstance(subject, list) and len(subject) == 1:
        subject = subject[0]
    if not isinstance(subject, dict):
        raise VerificationError("credential-invalid", "a 1.1 credential as JWT has one credentialSubject")
    return subject


def _fold(document: JSONObject, member: str, claims: Mapping[str, JSON], claim: str) -> None:
    if claim in claims and document.setdefault(member, claims[claim]) != claims[claim]:
        raise VerificationError("credential-invalid", f"{claim} and the credential's {member} disagree")


def _fold_party(document: JSONObject, member: str, url: JSON) -> None:
    party = document.get(member)
    if isinstance(party, dict):
        party = dict(party)
        _fold(party, "id", {"iss": url}, "iss")
        document[member] = party
    else:
        _fold(document, member, {"iss": url}, "iss")


def _fold_date(document: JSONObject, member: str, seconds: JSON) -> None:
    if not isinstance(seconds, (int, float)):
        return
    date = date_of(document, member)
    if date is None:
        try:
            document[member] = datetime.fromtimestamp(int(seconds), UTC).isoformat().replace("+00:00", "Z")
        except (ValueError, OverflowError, OSError):
            raise VerificationError("claim-invalid", f"the claim of {member} is no date") from None
    elif int(date.timestamp()) != int(seconds):
        raise VerificationError("credential-invalid", f"the claim and the credential's {member} disagree")
