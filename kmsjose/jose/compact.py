"""JWS in the compact form, attached and detached (RFC 7515 sections 5 and 7.1, appendix F; RFC 7797)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from ..algorithms import Algorithm, accepted
from ..arguments import SUSPECT, checked, names_of, refuse_misuse
from ..encoding import JSONObject, b64url_decode, b64url_encode
from ..errors import InputError, VerificationError
from ..keys import KeyFinder, PublicKey
from ..keys.key_set import trusted_key
from ..payload import Payload
from ..signers import Request, Signer, SignerSource, SigningInput, current
from .content import attached, stream, unencoded_in_compact
from .header import Header, check_typ, parse_header
from .mistaken import seems
from .protected import protected_header

#: Bytes of a token that are read unless the caller says more.
MAX_TOKEN_SIZE: Final = 16 << 20
#: Bytes of a payload that are written into one, which can then be read in base64url with its headers and signatures.
MAX_PAYLOAD_SIZE: Final = (15 << 20) * 3 // 4


@dataclass(frozen=True, slots=True)
class JWS:
    """A verified JWS.

    Attributes:
        payload: The payload; None where it was detached and given in chunks.
        header: The protected header.
        key: The key that verified it.
    """

    payload: bytes | None
    header: JSONObject
    key: PublicKey

    def __repr__(self) -> str:
        return f"<JWS verified by {self.key.algorithm.name} {self.key.kid!r}>"


@dataclass(frozen=True, slots=True, repr=False)
class JWSRequest(Request[str]):
    """A compact JWS that lacks its signature."""

    _protected: bytes
    _payload: bytes

    @checked
    def assemble(self, signature: bytes) -> str:
        """The token, of a signature that comes straight from a Signer of the same key."""
        return b".".join((self._protected, self._payload, b64url_encode(signature))).decode("ascii")


@checked
def prepare(
    payload: Payload,
    public_key: PublicKey,
    *,
    header: Mapping[str, object] | None = None,
    detached: bool = False,
    b64: bool = True,
    fully_specified: bool = False,
    max_size: int = MAX_PAYLOAD_SIZE,
) -> JWSRequest:
    """A compact JWS up to its signature (RFC 7515 section 5.1).

    Args:
        payload: Bytes, a seekable binary file, or `Chunks`; the last two stay out of memory if `detached`.
        public_key: Of the key that is to sign.
        header: Further protected parameters; None values are left out; its crit names what the caller implements.
        detached: Leave the payload out of the token (appendix F).
        b64: False signs the payload unencoded (RFC 7797).
        fully_specified: Write the RFC 9864 name, ``Ed25519`` for ``EdDSA``.
        max_size: Bytes of an attached payload.

    Raises:
        InputError: ``header-invalid``, ``json-invalid``, ``payload-invalid``, ``payload-too-large``,
            ``message-too-large``.
    """
    protected = protected_header(public_key, header or {}, b64=b64, fully_specified=fully_specified)
    if detached:
        return JWSRequest(SigningInput.of(public_key, stream(protected, payload, b64=b64)), protected, b"")
    body = attached(payload, b64=b64, max_size=max_size)
    if not b64 and not unencoded_in_compact(body):
        raise InputError(
            "payload-invalid", "an unencoded payload of this content must be detached (RFC 7797 section 5.2)"
        )
    return JWSRequest(SigningInput(public_key, protected + b"." + body, None), protected, body)


@checked
def sign(
    payload: Payload,
    signer: Signer | SignerSource,
    *,
    header: Mapping[str, object] | None = None,
    detached: bool = False,
    b64: bool = True,
    fully_specified: bool = False,
    max_size: int = MAX_PAYLOAD_SIZE,
) -> str:
    """A compact JWS (RFC 7515 section 7.1); the arguments are those of `prepare`.

    Raises:
        InputError: as `prepare`.
        KMSError: the KMS call failed.

    >>> from cryptography.hazmat.primitives.asymmetric import ec
    >>> from kmsjose import KeySet, LocalSigner
    >>> signer = LocalSigner(ec.generate_private_key(ec.SECP256R1()))
    >>> verify(sign(b"hello", signer), KeySet([signer.public_key])).payload
    b'hello'
    """
    with_key = current(signer)
    request = prepare(
        payload,
        with_key.public_key,
        header=header,
        detached=detached,
        b64=b64,
        fully_specified=fully_specified,
        max_size=max_size,
    )
    return request.signed_by(with_key)


def verify(
    token: str | bytes,
    keys: KeyFinder | PublicKey,
    *,
    payload: Payload | None = None,
    algorithms: Collection[str] | None = None,
    typ: str | Collection[str] | None = None,
    understood: Collection[str] = (),
    max_size: int = MAX_TOKEN_SIZE,
) -> JWS:
    """Verify a compact JWS and return what it says (RFC 7515 section 5.2).

    Args:
        token: The compact serialization.
        keys: What is trusted.
        payload: The payload of a detached JWS.
        algorithms: Accept these alone; None accepts what the keys do.
        typ: The typ that the header must have, or several; None does not look.
        understood: Critical extensions that the caller implements.
        max_size: Bytes of a token.

    Raises:
        VerificationError: with the code of what is wrong.
        InputError: ``alg-unknown`` for a name in `algorithms`; ``payload-invalid``, ``usage``.
    """
    try:
        allowed = accepted(algorithms)
        header, body, key = verify_compact(token, keys, allowed, names_of(understood), max_size, payload)
        if typ is not None:
            check_typ(header, typ)
        return JWS(body, header.copy(), key)
    except SUSPECT as error:
        refuse_misuse(verify, locals(), error)
        raise


def verify_compact(
    token: str | bytes,
    keys: KeyFinder | PublicKey,
    allowed: Collection[Algorithm] | None = None,
    understood: frozenset[str] = frozenset(),
    max_size: int = MAX_TOKEN_SIZE,
    detached: Payload | None = None,
) -> tuple[Header, bytes | None, PublicKey]:
    """The verified header, payload and key of a compact JWS: the path that every token takes."""
    signing_input, protected, body, signature = _split(token, max_size)
    try:
        header = parse_header(protected, understood)
    except VerificationError as error:
        if error.code == "bad-base64url" and (told := seems(signing_input)):
            raise VerificationError(error.code, told) from error
        raise
    key = trusted_key(keys, header.kid, header.algorithm, allowed)
    if body and detached is not None:
        raise VerificationError("payload-unexpected", "the token carries its own payload")
    if detached is not None:
        key.verify_payload(stream(protected, detached, b64=header.b64), b64url_decode(signature))
        return header, detached if isinstance(detached, bytes) else None, key
    if not header.b64 and not unencoded_in_compact(body):
        raise VerificationError("malformed", "the unencoded payload holds what a compact JWS can't carry")
    payload = b64url_decode(body) if header.b64 else body
    try:
        key.verify(signing_input, b64url_decode(signature))
    except VerificationError as error:
        if body or error.code != "signature-invalid":
            raise
        raise VerificationError(
            "payload-missing", "the token has no payload, nor is it one of an empty payload"
        ) from None
    return header, payload, key


def _split(token: str | bytes, max_size: int) -> tuple[bytes, bytes, bytes, bytes]:
    if len(token) > max_size:
        raise VerificationError("too-large", f"the token is over {max_size} bytes")
    try:
        data = token.encode("ascii") if isinstance(token, str) else bytes(token)
    except UnicodeError:
        raise VerificationError("malformed", "the token is not ASCII text") from None
    signing_input, _, signature = data.rpartition(b".")
    protected, dot, body = signing_input.partition(b".")
    if not dot or b"." in body or not protected or not signature:
        parts = "a compact JWS has a header, a payload and a signature between two periods"
        raise VerificationError("malformed", seems(data) or parts)
    return signing_input, protected, body, signature
