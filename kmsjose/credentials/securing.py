"""A credential or presentation as the payload and header of a JWT, and back, for either data model.

VC-JOSE-COSE sections 3.1 and 4 (data model 2.0); VC Data Model 1.1 section 6.3.1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from ..encoding import JSONObject
from ..errors import VerificationError
from ..jose.header import Header, check_typ, media_type
from ..keys.did import DID_SCHEME, did_of
from . import jwt_claims
from .model import V1, V2, Model, check_credential, check_presentation, holder_of, issuer_of, model_of

Kind = Literal["credential", "presentation"]


class _Check(Protocol):
    def __call__(self, document: Mapping[str, object], model: Model, *, strict: bool = False) -> None: ...


@dataclass(frozen=True, slots=True)
class _Rules:
    """What differs between a credential and a presentation."""

    typ: str
    cty: str
    check: _Check
    party: Callable[[Mapping[str, object]], str | None]
    to_claims: Callable[[JSONObject], JSONObject]
    from_claims: Callable[[JSONObject], JSONObject]
    #: Claims that stand beside a 2.0 document in the payload, and are none of its members.
    beside: frozenset[str] = frozenset()


_RULES: Final[dict[Kind, _Rules]] = {
    "credential": _Rules(
        "vc+jwt",
        "vc",
        check_credential,
        issuer_of,
        jwt_claims.credential_to_claims,
        jwt_claims.credential_from_claims,
    ),
    "presentation": _Rules(
        "vp+jwt",
        "vp",
        check_presentation,
        holder_of,
        jwt_claims.presentation_to_claims,
        jwt_claims.presentation_from_claims,
        beside=frozenset({"aud", "nonce"}),
    ),
}


def kind_of(typ: object, claims: Mapping[str, object]) -> Kind:
    """What a token seems to be; nothing is verified by this.

    Args:
        typ: Of its header.
        claims: Of its payload.
    """
    if _is_typ(typ, _RULES["presentation"].typ):
        return "presentation"
    return "presentation" if "vp" in claims and not _is_typ(typ, _RULES["credential"].typ) else "credential"


def secure(
    kind: Kind, document: JSONObject, extra: Mapping[str, str], kid: str
) -> tuple[JSONObject, dict[str, object]]:
    """The payload and the header parameters that secure a document.

    Args:
        kind: What it is.
        document: A credential or presentation.
        extra: Claims to add.
        kid: Of the key that is to sign.

    Raises:
        VerificationError: ``credential-invalid``.
    """
    rules, model = _RULES[kind], model_of(document)
    rules.check(document, model, strict=True)
    party = rules.party(document)
    _check_kid(kid, party, model)
    if model is V1:
        return {**rules.to_claims(document), **extra}, {"typ": "JWT"}
    _check_plain(document, party)
    if taken := extra.keys() & document.keys():
        raise VerificationError("credential-invalid", f"the document already holds {', '.join(sorted(taken))}")
    header: dict[str, object] = {"typ": rules.typ, "cty": rules.cty}
    if party is not None and did_of(kid) is None and not kid.startswith(party):
        # A kid that is no URL says nothing of whose key it is, so the header repeats the issuer (RFC 7519 section 5.3).
        header["iss"] = party
    return {**document, **extra}, header


def unsecure(kind: Kind, header: Header, claims: JSONObject) -> tuple[JSONObject, Model]:
    """The document of a verified token, checked, and its data model.

    Args:
        kind: What is expected.
        header: The verified header.
        claims: The verified payload.

    Raises:
        VerificationError: ``typ-mismatch``, ``b64-invalid``, ``claim-missing``, ``credential-invalid``.
    """
    rules = _RULES[kind]
    if not header.b64:
        raise VerificationError("b64-invalid", "a JWT's payload is always encoded (RFC 7797 section 7)")
    typ = header.parameters.get("typ")
    model = V1 if typ is None or _is_typ(typ, "JWT") else V2
    if model is V2:
        check_typ(header, rules.typ)
    document = rules.from_claims(claims) if model is V1 else _without(rules.beside, claims)
    rules.check(document, model)
    party = rules.party(document)
    if model is V2:
        _check_plain(document, party)
    if header.parameters.get("iss", party) != party:
        raise VerificationError("credential-invalid", "the header's iss and the document disagree")
    _check_kid(header.kid, party, model)
    return document, model


def _is_typ(typ: object, expected: str) -> bool:
    return isinstance(typ, str) and media_type(typ) == media_type(expected)


def _without(names: frozenset[str], claims: JSONObject) -> JSONObject:
    return {name: value for name, value in claims.items() if name not in names}


def _check_plain(document: JSONObject, party: str | None) -> None:
    if not {"vc", "vp"}.isdisjoint(document):
        raise VerificationError("credential-invalid", "a 2.0 document has no claim vc or vp (VC-JOSE-COSE section 3.1)")
    if document.get("iss", party) != party:
        raise VerificationError("credential-invalid", "iss is not the issuer or holder")


def _check_kid(kid: str | None, party: str | None, model: Model) -> None:
    did = None if kid is None else did_of(kid)
    if kid is not None and did is None and kid.startswith(DID_SCHEME):
        raise VerificationError(
            "credential-invalid", "the kid is a DID without the fragment that names one of its keys"
        )
    if did is not None and party is not None and did != party:
        raise VerificationError("credential-invalid", "the kid is of another DID than the issuer or holder")
    if model is V2 and did is None and party is not None and party.startswith(DID_SCHEME):
        raise VerificationError("credential-invalid", "with a DID as issuer or holder, the kid is a DID URL of it")
