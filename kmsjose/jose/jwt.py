"""JSON Web Token: sign claims, verify them (RFC 7519, RFC 8725)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from os import urandom
from typing import Final

from ..algorithms import accepted
from ..arguments import SUSPECT, checked, names_of, refuse_misuse
from ..claims import (
    DATES,
    check_audience,
    check_issuer,
    check_required,
    check_times,
    check_types,
    issued,
    numeric_dates,
    refuse_taken,
    seconds,
    slack,
)
from ..encoding import JSONObject, b64url_encode, json_dumps
from ..errors import InputError, VerificationError
from ..keys import KeyFinder, PublicKey
from ..signers import Signer, SignerSource, current
from .compact import JWSRequest, verify_compact
from .compact import prepare as prepare_jws
from .content import claims_of
from .header import Header, check_typ

__all__ = ["JWT", "MAX_CLAIMS_SIZE", "MAX_JWT_SIZE", "prepare", "sign", "verify"]

#: Bytes of a token that are read unless the caller says more.
MAX_JWT_SIZE: Final = 1 << 20
#: Bytes of claims that are written into one, which can then be read in base64url with its header and signature.
MAX_CLAIMS_SIZE: Final = (MAX_JWT_SIZE - (128 << 10)) * 3 // 4
_DEFAULT_TYP: Final = "JWT"


@dataclass(frozen=True, slots=True)
class JWT:
    """A verified JWT.

    Attributes:
        claims: The claims set.
        header: The protected header.
        key: The key that verified it.
    """

    claims: JSONObject
    header: JSONObject
    key: PublicKey

    def __repr__(self) -> str:
        return f"<JWT verified by {self.key.algorithm.name} {self.key.kid!r}>"


@checked
def prepare(
    claims: Mapping[str, object],
    public_key: PublicKey,
    *,
    lifetime: timedelta | None = None,
    backdate: timedelta = timedelta(0),
    typ: str | None = "JWT",
    jti: bool = False,
    header: Mapping[str, object] | None = None,
    fully_specified: bool = False,
    now: datetime | None = None,
) -> JWSRequest:
    """A JWT up to its signature; the arguments are those of `sign`, with a key instead of a Signer.

    Raises:
        InputError: ``claims-invalid``, ``header-invalid``, ``json-invalid``, ``payload-too-large``.
    """
    payload = json_dumps(_complete(claims, issued(int(seconds(now)), lifetime, backdate), jti))
    parameters = dict(header or {})
    if "typ" in parameters:
        raise InputError("header-invalid", "typ is an argument of the call, not a header parameter to add")
    return prepare_jws(
        payload,
        public_key,
        header={"typ": typ, **parameters},
        fully_specified=fully_specified,
        max_size=MAX_CLAIMS_SIZE,
    )


@checked
def sign(
    claims: Mapping[str, object],
    signer: Signer | SignerSource,
    *,
    lifetime: timedelta | None = None,
    backdate: timedelta = timedelta(0),
    typ: str | None = "JWT",
    jti: bool = False,
    header: Mapping[str, object] | None = None,
    fully_specified: bool = False,
    now: datetime | None = None,
) -> str:
    """A signed JWT (RFC 7519 section 7.1): `iat` is set, and `exp` if there is a lifetime.

    Args:
        claims: The claims set, without ``iat``, and without ``exp`` where `lifetime` sets it; ``exp`` and ``nbf`` may
            be a datetime with its time zone.
        signer: Who signs.
        lifetime: How long the token is good, at least a second from now on; None sets no ``exp``.
        backdate: By how much ``iat`` is before now, for a verifier whose clock is behind.
        typ: The header's typ; a type of its own keeps tokens apart (RFC 8725 section 3.11). None leaves it out.
        jti: Set a random ``jti``.
        header: Further protected header parameters.
        fully_specified: Write the RFC 9864 name, ``Ed25519`` for ``EdDSA``.
        now: The time to go by, with its time zone; None takes the clock.

    Raises:
        InputError: ``claims-invalid``: they hold what the call sets, or a registered claim of a wrong type;
            ``header-invalid``, ``json-invalid``, ``payload-too-large``, ``message-too-large``.
        KMSError: the KMS call failed.

    >>> from cryptography.hazmat.primitives.asymmetric import ec
    >>> from kmsjose import KeySet, LocalSigner
    >>> signer = LocalSigner(ec.generate_private_key(ec.SECP256R1()))
    >>> token = sign({"iss": "https://issuer.example", "sub": "alice"}, signer, lifetime=timedelta(minutes=5))
    >>> verify(token, KeySet([signer.public_key]), issuer="https://issuer.example").claims["sub"]
    'alice'
    """
    with_key = current(signer)
    request = prepare(
        claims,
        with_key.public_key,
        lifetime=lifetime,
        backdate=backdate,
        typ=typ,
        jti=jti,
        header=header,
        fully_specified=fully_specified,
        now=now,
    )
    return request.signed_by(with_key)


def _complete(claims: Mapping[str, object], dates: Mapping[str, int], jti: bool) -> dict[str, object]:
    if not isinstance(claims, Mapping):
        raise InputError("claims-invalid", "claims are a JSON object")
    ours: dict[str, object] = {**dates}
    if jti:
        ours["jti"] = b64url_encode(urandom(16)).decode()
    refuse_taken(claims, ours)
    complete = {**numeric_dates(claims, DATES), **ours}
    try:
        check_types(complete)
    except VerificationError as error:
        raise InputError("claims-invalid", error.message) from error
    return complete


def verify(
    token: str | bytes,
    keys: KeyFinder | PublicKey,
    *,
    issuer: str | Collection[str] | None = None,
    audience: str | Collection[str] | None = None,
    typ: str | Collection[str] | None = None,
    leeway: timedelta = timedelta(0),
    require: str | Collection[str] = ("exp",),
    algorithms: Collection[str] | None = None,
    understood: Collection[str] = (),
    max_size: int = MAX_JWT_SIZE,
    now: datetime | None = None,
) -> JWT:
    """Verify a JWT and its claims, and return them (RFC 7519 section 7.2, RFC 8725).

    Args:
        token: The compact serialization.
        keys: What is trusted.
        issuer: The ``iss`` to accept, or several; None does not look.
        audience: Who the verifier is: one of these must be in ``aud``; None refuses a token that has an ``aud``.
        typ: The header's typ, or several to accept; None accepts none and ``JWT`` alone.
        leeway: How far the clocks may differ.
        require: Claims that must be there; ``()`` accepts a token without ``exp``.
        algorithms: Accept these alone; None accepts what the keys do.
        understood: Critical extensions that the caller implements (RFC 7515 section 4.1.11).
        max_size: Bytes of a token.
        now: The time to go by, with its time zone; None takes the clock.

    Raises:
        VerificationError: with the code of what is wrong.
        InputError: ``alg-unknown`` for a name in `algorithms`; ``usage`` for a leeway that is negative or no timedelta,
            or a time without its time zone.
    """
    try:
        allowed = accepted(algorithms)
        header, payload, key = verify_compact(token, keys, allowed, names_of(understood), max_size)
        _check_header(header, typ)
        claims = claims_of(payload, header.parameters)
        check_types(claims)
        if issuer is not None:
            check_issuer(claims, issuer)
        check_audience(claims, audience)
        check_required(claims, require)
        check_times(claims, seconds(now), slack(leeway))
        return JWT(claims, header.copy(), key)
    except SUSPECT as error:
        refuse_misuse(verify, locals(), error)
        raise


def _check_header(header: Header, typ: str | Collection[str] | None) -> None:
    if not header.b64:
        raise VerificationError("b64-invalid", "a JWT's payload is always encoded (RFC 7797 section 7)")
    if typ is not None or "typ" in header.parameters:
        check_typ(header, _DEFAULT_TYP if typ is None else typ)
