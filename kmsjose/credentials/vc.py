"""Verifiable credentials and presentations as JWT: VC-JOSE-COSE for data model 2.0, section 6.3.1 of data model 1.1.

The document of a 2.0 credential is the payload as it stands (``typ`` is ``vc+jwt`` or ``vp+jwt``); a 1.1 credential is
the ``vc`` or ``vp`` claim of a JWT, whose other claims repeat its dates, its id and its parties.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from .. import claims as rules
from ..algorithms import accepted
from ..arguments import checked, refuse_misuse
from ..encoding import JSONObject, json_dumps, json_object
from ..errors import InputError, VerificationError
from ..jose.compact import JWSRequest, verify_compact
from ..jose.compact import prepare as prepare_jws
from ..jose.content import claims_of
from ..jose.header import MAX_HEADER_SIZE, Header
from ..keys import KeyFinder, PublicKey
from ..keys.did import DidJwkKeys
from ..signers import Signer, SignerSource, current
from . import model
from .model import V2
from .securing import Kind, secure, unsecure

__all__ = [
    "MAX_DOCUMENT_SIZE",
    "MAX_SIZE",
    "Verified",
    "credentials_of",
    "enveloped",
    "issue",
    "prepare",
    "prepare_presentation",
    "present",
    "verify",
    "verify_presentation",
]

#: Bytes of a token that are read unless the caller says more.
MAX_SIZE: Final = 4 << 20
#: Bytes of a document that are signed, so that the token is read even with the longest header and signature.
MAX_DOCUMENT_SIZE: Final = (MAX_SIZE - MAX_HEADER_SIZE - (8 << 10)) * 3 // 4
_ENVELOPED: Final = "data:application/vc+jwt,"
_TYPE: Final = "EnvelopedVerifiableCredential"


@dataclass(frozen=True, slots=True)
class Verified:
    """A verified credential or presentation.

    Attributes:
        document: The credential or presentation.
        kind: Which of the two it is.
        version: Of the data model: ``2.0`` or ``1.1``.
        header: The protected header.
        key: The key that verified it.
    """

    document: JSONObject
    kind: Kind
    version: str
    header: JSONObject
    key: PublicKey

    def __repr__(self) -> str:
        return f"<Verified {self.kind} {self.version} by {self.key.algorithm.name} {self.key.kid!r}>"


@checked
def prepare(document: Mapping[str, object], public_key: PublicKey, *, fully_specified: bool = False) -> JWSRequest:
    """A credential as JWT up to its signature; the arguments are those of `issue`, with a key instead of a Signer.

    Raises:
        InputError: ``credential-invalid``, ``json-invalid``, ``payload-too-large``.
    """
    return _prepare("credential", document, {}, public_key, fully_specified)


@checked
def issue(document: Mapping[str, object], signer: Signer | SignerSource, *, fully_specified: bool = False) -> str:
    """A credential as JWT, of the data model that its first ``@context`` names.

    Args:
        document: The credential, with its issuer and dates; it is signed as it stands.
        signer: The issuer's. If the issuer is a DID, open the signer with the DID URL of the key as its kid.
        fully_specified: Write the RFC 9864 name, ``Ed25519`` for ``EdDSA``.

    Raises:
        InputError: ``credential-invalid``: it breaks its data model, or the kid is not the issuer's; ``json-invalid``,
            ``payload-too-large``, ``message-too-large``.
        KMSError: the KMS call failed.

    >>> from cryptography.hazmat.primitives.asymmetric import ec
    >>> from kmsjose import KeySet, LocalSigner
    >>> signer = LocalSigner(ec.generate_private_key(ec.SECP256R1()))
    >>> token = issue({
    ...     "@context": ["https://www.w3.org/ns/credentials/v2"],
    ...     "type": ["VerifiableCredential"],
    ...     "issuer": "https://university.example",
    ...     "credentialSubject": {"name": "Alice", "degree": "MSc"},
    ... }, signer)
    >>> verify(token, KeySet([signer.public_key]), issuer="https://university.example").document["credentialSubject"]
    {'name': 'Alice', 'degree': 'MSc'}
    """
    with_key = current(signer)
    request = prepare(document, with_key.public_key, fully_specified=fully_specified)
    return request.signed_by(with_key)


@checked
def prepare_presentation(
    document: Mapping[str, object],
    public_key: PublicKey,
    *,
    audience: str | None = None,
    nonce: str | None = None,
    fully_specified: bool = False,
) -> JWSRequest:
    """A presentation as JWT up to its signature; the arguments are those of `present`.

    Raises:
        InputError: ``credential-invalid``, ``json-invalid``, ``payload-too-large``.
    """
    # Another value is JSON too, and would be signed.
    refuse_misuse(prepare_presentation, {"audience": audience, "nonce": nonce})
    extra = {name: value for name, value in (("aud", audience), ("nonce", nonce)) if value is not None}
    return _prepare("presentation", document, extra, public_key, fully_specified)


@checked
def present(
    document: Mapping[str, object],
    signer: Signer | SignerSource,
    *,
    audience: str | None = None,
    nonce: str | None = None,
    fully_specified: bool = False,
) -> str:
    """A presentation as JWT, of the data model that its first ``@context`` names.

    Args:
        document: The presentation; credentials of 2.0 stand in it as `enveloped` makes them.
        signer: The holder's. If the holder is a DID, open the signer with the DID URL of the key as its kid.
        audience: The verifier that it is for.
        nonce: What the verifier asked to be repeated.
        fully_specified: Write the RFC 9864 name, ``Ed25519`` for ``EdDSA``.

    Raises:
        InputError: ``credential-invalid``, ``json-invalid``, ``payload-too-large``, ``message-too-large``.
        KMSError: the KMS call failed.
    """
    refuse_misuse(present, {"audience": audience, "nonce": nonce})
    with_key = current(signer)
    request = prepare_presentation(
        document, with_key.public_key, audience=audience, nonce=nonce, fully_specified=fully_specified
    )
    return request.signed_by(with_key)


@checked
def enveloped(token: str) -> JSONObject:
    """A 2.0 credential as it stands in a presentation's ``verifiableCredential`` (VC Data Model 2.0 section 4.13).

    Args:
        token: A credential as `issue` makes it.
    """
    return {"@context": V2.context, "id": _ENVELOPED + token, "type": _TYPE}


@checked
def credentials_of(presentation: Verified) -> tuple[str, ...]:
    """The tokens of the credentials in a verified presentation; each is still to be verified by its issuer's keys.

    Raises:
        VerificationError: ``credential-invalid``: an entry is not a credential secured as JWT.
    """
    entries = presentation.document.get("verifiableCredential", [])
    return tuple(_token(entry) for entry in (entries if isinstance(entries, list) else [entries]))


def _token(entry: object) -> str:
    if isinstance(entry, str):
        return entry
    data = entry.get("id") if isinstance(entry, dict) and entry.get("type") in (_TYPE, [_TYPE]) else None
    if not isinstance(data, str) or not data.startswith(_ENVELOPED):
        raise VerificationError("credential-invalid", "the presentation holds a credential that is not a JWT")
    return data.removeprefix(_ENVELOPED)


@checked
def verify(
    token: str | bytes,
    keys: KeyFinder | PublicKey,
    *,
    issuer: str | Collection[str] | None = None,
    audience: str | Collection[str] | None = None,
    algorithms: Collection[str] | None = None,
    leeway: timedelta = timedelta(0),
    max_size: int = MAX_SIZE,
    now: datetime | None = None,
) -> Verified:
    """Verify a credential secured as JWT, of either data model, and return it.

    Args:
        token: ``vc+jwt``, or a JWT with a ``vc`` claim.
        keys: What is trusted; a did:jwk in the token is looked up by the key that it holds.
        issuer: The issuer to accept, or several. It says who may be named, not by whose key: give each issuer a KeySet.
        audience: Who the verifier is, or its several names; None refuses a credential that names an audience.
        algorithms: Accept these alone; None accepts what the keys do.
        leeway: How far the clocks may differ.
        max_size: Bytes of a token.
        now: The time to go by, with its time zone; None takes the clock.

    Raises:
        VerificationError: with the code of what is wrong.
        InputError: ``alg-unknown`` for a name in `algorithms`, ``usage``.
    """
    opened = _open(token, keys, "credential", algorithms, max_size)
    document, version = opened.document, model.MODELS[opened.version]
    if issuer is not None and model.issuer_of(document) not in rules.named(issuer):
        raise VerificationError("issuer-mismatch", "the credential's issuer is not the expected one")
    rules.check_audience(opened.claims, audience)
    time, slack = rules.seconds(now), rules.slack(leeway)
    rules.check_times(opened.claims, time, slack)
    model.check_validity(document, version, time, slack)
    return opened.verified()


@checked
def verify_presentation(
    token: str | bytes,
    keys: KeyFinder | PublicKey,
    *,
    audience: str | Collection[str] | None = None,
    nonce: str | None = None,
    algorithms: Collection[str] | None = None,
    leeway: timedelta = timedelta(0),
    max_size: int = MAX_SIZE,
    now: datetime | None = None,
) -> Verified:
    """Verify a presentation secured as JWT, of either data model; the credentials in it are verified by `verify`.

    Args:
        token: ``vp+jwt``, or a JWT with a ``vp`` claim.
        keys: The holder's.
        audience: Who the verifier is, or its several names; None refuses a presentation that names an audience.
        nonce: What the verifier asked to be repeated; None does not look.
        algorithms: Accept these alone; None accepts what the keys do.
        leeway: How far the clocks may differ.
        max_size: Bytes of a token.
        now: The time to go by, with its time zone; None takes the clock.

    Raises:
        VerificationError: with the code of what is wrong; ``claim-invalid`` for another nonce.
        InputError: ``alg-unknown`` for a name in `algorithms`, ``usage``.
    """
    opened = _open(token, keys, "presentation", algorithms, max_size)
    rules.check_audience(opened.claims, audience)
    if nonce is not None and opened.claims.get("nonce") != nonce:
        refuse_misuse(verify_presentation, locals())
        raise VerificationError("claim-invalid", "the presentation does not repeat the nonce")
    rules.check_times(opened.claims, rules.seconds(now), rules.slack(leeway))
    return opened.verified()


@dataclass(frozen=True, slots=True, repr=False)
class _Opened:
    claims: JSONObject
    document: JSONObject
    kind: Kind
    version: str
    header: Header
    key: PublicKey

    def verified(self) -> Verified:
        return Verified(self.document, self.kind, self.version, self.header.copy(), self.key)


def _open(
    token: str | bytes, keys: KeyFinder | PublicKey, kind: Kind, algorithms: Collection[str] | None, max_size: int
) -> _Opened:
    allowed = accepted(algorithms)
    header, payload, key = verify_compact(token, DidJwkKeys(keys), allowed, max_size=max_size)
    claims = claims_of(payload, header.parameters)
    rules.check_types(claims)
    document, version = unsecure(kind, header, claims)
    return _Opened(claims, document, kind, version.version, header, key)


def _prepare(
    kind: Kind, document: Mapping[str, object], extra: Mapping[str, str], public_key: PublicKey, fully_specified: bool
) -> JWSRequest:
    if not isinstance(document, Mapping):
        raise InputError("credential-invalid", f"a {kind} is a JSON object")
    copy = json_object(json_dumps(dict(document)))
    try:
        payload, header = secure(kind, copy, extra, public_key.kid)
        rules.check_types(payload)
    except VerificationError as error:
        raise InputError("credential-invalid", error.message) from error
    return prepare_jws(
        json_dumps(payload), public_key, header=header, fully_specified=fully_specified, max_size=MAX_DOCUMENT_SIZE
    )
