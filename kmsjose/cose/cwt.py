"""CBOR Web Token: sign claims, verify them (RFC 8392; RFC 8725 holds for it as for JWT)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from ..algorithms import accepted
from ..arguments import checked, names_of
from ..cbor import CBORMap, dumps, tagged, untagged
from ..claims import check_audience, check_issuer, check_required, check_times, issued, seconds, slack
from ..errors import InputError, VerificationError
from ..keys import KeyFinder, PublicKey
from ..signers import Request, Signer, SignerSource, current
from .cwt_claims import check_claims, check_repeated, claims_of, complete, repeated_claims
from .header import Header, check_typ, copied
from .labels import Label
from .message import read_sign1
from .protected import Parameters, with_ours
from .single import Sign1Request, prepare1, verify_parts

__all__ = ["CWT", "CWT_TAG", "MAX_CLAIMS_SIZE", "MAX_CWT_SIZE", "TYPS", "CWTRequest", "prepare", "sign", "verify"]

#: Bytes of a token that are read unless the caller says more.
MAX_CWT_SIZE: Final = 1 << 20
#: Bytes of claims that are written into one, which can then be read with its header and signature.
MAX_CLAIMS_SIZE: Final = MAX_CWT_SIZE - (128 << 10)
CWT_TAG: Final = 61
#: What the typ of a CWT may be if it has one, the media type or its CoAP Content-Format number (RFC 9596).
TYPS: Final = ("application/cwt", 61)


@dataclass(frozen=True, slots=True)
class CWT:
    """A verified CWT.

    Attributes:
        claims: The claims set; the registered claims by their names (``iss``), all others by their labels.
        protected: The protected header.
        unprotected: The unprotected header, which nobody signed.
        key: The key that verified it.
    """

    claims: CBORMap
    protected: CBORMap
    unprotected: CBORMap
    key: PublicKey

    def __repr__(self) -> str:
        return f"<CWT verified by {self.key.algorithm.name} {self.key.kid!r}>"


@dataclass(frozen=True, slots=True, repr=False)
class CWTRequest(Request[bytes]):
    """A CWT that lacks its signature."""

    _message: Sign1Request
    _tagged: bool

    @checked
    def assemble(self, signature: bytes) -> bytes:
        """The token, of a signature that comes straight from a Signer of the same key."""
        message = self._message.assemble(signature)
        return tagged(CWT_TAG, message) if self._tagged else message


@checked
def prepare(
    claims: Mapping[str, object] | Mapping[int, object] | Mapping[int | str, object],
    public_key: PublicKey,
    *,
    lifetime: timedelta | None = None,
    backdate: timedelta = timedelta(0),
    cti: bool = False,
    typ: int | str | None = None,
    protected: Parameters | None = None,
    unprotected: Parameters | None = None,
    tag: bool = False,
    fully_specified: bool = False,
    now: datetime | None = None,
) -> CWTRequest:
    """A CWT up to its signature; the arguments are those of `sign`, with a key instead of a Signer.

    Raises:
        InputError: ``claims-invalid``, ``header-invalid``, ``cbor-invalid``, ``payload-too-large``; ``usage`` for a
            time without its time zone.
    """
    members = complete(claims, issued(int(seconds(now)), lifetime, backdate), cti)
    message = prepare1(
        dumps(members),
        public_key,
        protected=with_ours(protected, {Label.TYP: typ}),
        unprotected=unprotected,
        fully_specified=fully_specified,
        max_size=MAX_CLAIMS_SIZE,
    )
    for bucket in (protected or {}, unprotected or {}):
        check_repeated(dict(bucket.items()), members)
    request = CWTRequest(message.signing_input, message, tag)
    if unprotected and len(request.assemble(message.signing_input.longest_signature)) > MAX_CWT_SIZE:
        raise InputError("header-invalid", f"with its unprotected header the token is over {MAX_CWT_SIZE} bytes")
    return request


@checked
def sign(
    claims: Mapping[str, object] | Mapping[int, object] | Mapping[int | str, object],
    signer: Signer | SignerSource,
    *,
    lifetime: timedelta | None = None,
    backdate: timedelta = timedelta(0),
    cti: bool = False,
    typ: int | str | None = None,
    protected: Parameters | None = None,
    unprotected: Parameters | None = None,
    tag: bool = False,
    fully_specified: bool = False,
    now: datetime | None = None,
) -> bytes:
    """A signed CWT, as a tagged COSE_Sign1 (RFC 8392 section 7.1): `iat` is set, and `exp` if there is a lifetime.

    Args:
        claims: The claims set, registered claims by name or label, all others by label. Without ``iat``, and without
            ``exp`` and ``cti`` where the call sets them; ``exp`` and ``nbf`` may be a datetime with its time zone.
        signer: Who signs.
        lifetime: How long the token is good, at least a second from now on; None sets no ``exp``.
        backdate: By how much ``iat`` is before now, for a verifier whose clock is behind.
        cti: Set a random ``cti`` of 16 bytes.
        typ: The header's typ, a media type or CoAP Content-Format number (RFC 9596); None leaves it out.
        protected: Further protected parameters.
        unprotected: Unprotected parameters, which nobody signs.
        tag: Write the CWT tag, 61, before the tag of a COSE_Sign1 (RFC 8392 section 6).
        fully_specified: Write the RFC 9864 number, -9 for -7.
        now: The time to go by, with its time zone; None takes the clock.

    Raises:
        InputError: ``claims-invalid``: they hold what the call sets, or a registered claim of a wrong type;
            ``header-invalid``, ``cbor-invalid``, ``payload-too-large``, ``message-too-large``; ``usage`` for a time
            without its time zone.
        KMSError: the KMS call failed.

    >>> from cryptography.hazmat.primitives.asymmetric import ec
    >>> from kmsjose import KeySet, LocalSigner
    >>> signer = LocalSigner(ec.generate_private_key(ec.SECP256R1()))
    >>> token = sign({"iss": "coap://as.example", "sub": "erikw"}, signer, lifetime=timedelta(minutes=5))
    >>> verify(token, KeySet([signer.public_key]), issuer="coap://as.example").claims["sub"]
    'erikw'
    """
    with_key = current(signer)
    request = prepare(
        claims,
        with_key.public_key,
        lifetime=lifetime,
        backdate=backdate,
        cti=cti,
        typ=typ,
        protected=protected,
        unprotected=unprotected,
        tag=tag,
        fully_specified=fully_specified,
        now=now,
    )
    return request.signed_by(with_key)


@checked
def verify(
    token: bytes,
    keys: KeyFinder | PublicKey,
    *,
    issuer: str | Collection[str] | None = None,
    audience: str | Collection[str] | None = None,
    typ: int | str | Collection[int | str] | None = None,
    leeway: timedelta = timedelta(0),
    require: str | Collection[int | str] = ("exp",),
    algorithms: Collection[str] | None = None,
    understood: Collection[int | str] = (),
    max_size: int = MAX_CWT_SIZE,
    now: datetime | None = None,
) -> CWT:
    """Verify a CWT and its claims, and return them (RFC 8392 section 7.2, RFC 8725).

    Args:
        token: A COSE_Sign1 without a tag, with its own, or with the CWT tag before that.
        keys: What is trusted.
        issuer: The ``iss`` to accept, or several; None does not look.
        audience: Who the verifier is: one of these must be in ``aud``; None refuses a token that has an ``aud``.
        typ: The header's typ, or several to accept; None accepts none, ``application/cwt`` and its number 61 alone.
        leeway: How far the clocks may differ.
        require: Claims that must be there, registered ones by name; ``()`` accepts a token without ``exp``.
        algorithms: Accept these alone, by their JOSE names; None accepts what the keys do.
        understood: Labels of critical header parameters that the caller processes.
        max_size: Bytes of a token.
        now: The time to go by, with its time zone; None takes the clock.

    Raises:
        VerificationError: with the code of what is wrong.
        InputError: ``alg-unknown`` for a name in `algorithms`; ``usage`` for a leeway that is negative or no timedelta,
            or a time without its time zone.
    """
    parts, signature = read_sign1(_without_tag(token, max_size), max_size)
    allowed = accepted(algorithms)
    processed = (names_of(understood) | {Label.TYP, Label.CWT_CLAIMS}) - {Label.PAYLOAD_HASH_ALG}
    header, key = verify_parts(parts, signature, keys, allowed, processed)
    _check_typ(header, typ)
    claims = claims_of(parts.payload)
    check_claims(claims)
    if issuer is not None:
        check_issuer(claims, issuer)
    check_audience(claims, audience)
    check_required(claims, require)
    moment, tolerated = seconds(now), slack(leeway)
    check_times(claims, moment, tolerated)
    if repeated := repeated_claims(header, claims):
        # What the header alone says can only narrow what the payload allows.
        if "aud" in repeated:
            check_audience(repeated, audience)
        check_times(repeated, moment, tolerated)
    return CWT(claims, copied(header.protected), header.unprotected, key)


def _without_tag(token: bytes, max_size: int) -> bytes:
    """The COSE message of a token: behind the CWT tag it must have its own (RFC 8392 section 6)."""
    if not isinstance(token, (bytes, bytearray, memoryview)) or len(token) > max_size:
        return token  # which is refused for this when it is read
    tags, _ = untagged(bytes(token))
    if tags[:1] != (CWT_TAG,):
        return bytes(token)
    if len(tags) == 1:
        raise VerificationError("tag-unexpected", "the CWT tag stands before a message that has no tag of its own")
    return bytes(token)[len(tagged(CWT_TAG, b"")) :]


def _check_typ(header: Header, typ: int | str | Collection[int | str] | None) -> None:
    found = header.protected.get(Label.TYP)
    if typ is None and found is None:
        return
    check_typ(header.protected, TYPS if typ is None else typ)
