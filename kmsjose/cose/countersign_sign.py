"""Countersignatures of version 2, full and abbreviated: someone signs what another has signed (RFC 9338).

A countersignature covers the message's protected header, its payload and, of a COSE_Sign1, its signature. It stands in
the unprotected header, so it is added without touching what was signed. Verifying it says nothing of the message's own
signature, which `verify1` or `verify` judges.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..arguments import checked
from ..cbor import CBOR, array, bstr, dumps, loads, tagged
from ..errors import InputError, VerificationError
from ..keys import PublicKey
from ..payload import Payload
from ..signers import Request, Signer, SignerSource, SigningInput, current
from .countersign_target import covered, full_ones, read_target
from .labels import Label
from .message import MAX_MESSAGE_SIZE, MAX_SIGNATURES, Message, payload_of
from .protected import Parameters, headers
from .single import NULL


@dataclass(frozen=True, slots=True, repr=False)
class CountersignRequest(Request[bytes]):
    """A countersignature that lacks its bytes, and the message that it will stand in."""

    _tag: int | None
    _message: Message
    _headers: tuple[bytes, bytes] | None

    @checked
    def assemble(self, signature: bytes) -> bytes:
        """The message with a countersignature that comes straight from a Signer of the same key."""
        payload = NULL if self._message.payload is None else bstr(self._message.payload)
        parts = (bstr(self._message.protected), self._unprotected(signature), payload, dumps(self._message.last))
        return array(parts) if self._tag is None else tagged(self._tag, array(parts))

    def _unprotected(self, signature: bytes) -> bytes:
        unprotected = dict(self._message.unprotected)
        if self._headers is None:
            unprotected[Label.COUNTERSIGNATURE0] = signature
        else:
            protected, own = self._headers
            new: CBOR = [protected, loads(own), signature]
            present = full_ones(unprotected)
            unprotected[Label.COUNTERSIGNATURE] = [*present, new] if present else new
        return dumps(unprotected)


def _checked(request: CountersignRequest, max_size: int) -> CountersignRequest:
    """The request, whose message can be read again: what can't must be known before anyone signs."""
    try:
        read_target(request.assemble(request.signing_input.longest_signature), max_size)
    except VerificationError as error:
        raise InputError("header-invalid", f"there is no room for a countersignature: {error.message}") from error
    return request


@checked
def prepare_countersign(
    message: bytes,
    public_key: PublicKey,
    *,
    payload: Payload | None = None,
    external_aad: bytes = b"",
    protected: Parameters | None = None,
    unprotected: Parameters | None = None,
    fully_specified: bool = False,
    max_size: int = MAX_MESSAGE_SIZE,
) -> CountersignRequest:
    """A full countersignature up to its bytes; the arguments are those of `countersign`, with a key.

    Raises:
        VerificationError: the message can't be read; ``payload-missing``, ``payload-unexpected``.
        InputError: ``header-invalid``, ``cbor-invalid``, ``payload-invalid``, ``message-too-large``.
    """
    tag, parts = read_target(message, max_size)
    if len(full_ones(parts.unprotected)) >= MAX_SIGNATURES:
        raise InputError("header-invalid", f"the message already has {MAX_SIGNATURES} countersignatures")
    own = headers(public_key, protected, unprotected, fully_specified=fully_specified)
    signed = covered(parts, own[0], external_aad, payload_of(parts, payload))
    return _checked(CountersignRequest(SigningInput.of(public_key, signed), tag, parts, own), max_size)


@checked
def countersign(
    message: bytes,
    signer: Signer | SignerSource,
    *,
    payload: Payload | None = None,
    external_aad: bytes = b"",
    protected: Parameters | None = None,
    unprotected: Parameters | None = None,
    fully_specified: bool = False,
    max_size: int = MAX_MESSAGE_SIZE,
) -> bytes:
    """The message with a full countersignature, beside those that it has (RFC 9338 section 3.1).

    Args:
        message: A COSE_Sign1 or COSE_Sign, tagged or not. Verify it first: what you countersign, you vouch for.
        signer: Who countersigns.
        payload: The payload of a detached message.
        external_aad: What the countersignature covers besides; not that of the message's own signature.
        protected: Further protected parameters of the countersignature.
        unprotected: Its unprotected parameters.
        fully_specified: Write the RFC 9864 number.
        max_size: Bytes of a message.

    Raises:
        VerificationError: the message can't be read; ``payload-missing``, ``payload-unexpected``.
        InputError: as `prepare_countersign`.
        KMSError: the KMS call failed.

    >>> from cryptography.hazmat.primitives.asymmetric import ec
    >>> from kmsjose import LocalSigner, cose
    >>> author, notary = (LocalSigner(ec.generate_private_key(ec.SECP256R1())) for _ in range(2))
    >>> message = countersign(cose.sign1(b"deed", author), notary)
    >>> [verdict.error for verdict in cose.verify_countersignatures(message, notary.public_key)]
    [None]
    """
    with_key = current(signer)
    request = prepare_countersign(
        message,
        with_key.public_key,
        payload=payload,
        external_aad=external_aad,
        protected=protected,
        unprotected=unprotected,
        fully_specified=fully_specified,
        max_size=max_size,
    )
    return request.signed_by(with_key)


@checked
def prepare_countersign0(
    message: bytes,
    public_key: PublicKey,
    *,
    payload: Payload | None = None,
    external_aad: bytes = b"",
    max_size: int = MAX_MESSAGE_SIZE,
) -> CountersignRequest:
    """An abbreviated countersignature up to its bytes; the arguments are those of `countersign0`, with a key.

    Raises:
        VerificationError: the message can't be read; ``payload-missing``, ``payload-unexpected``.
        InputError: ``header-invalid``, ``cbor-invalid``, ``payload-invalid``, ``message-too-large``.
    """
    tag, parts = read_target(message, max_size)
    if Label.COUNTERSIGNATURE0 in parts.unprotected:
        raise InputError("header-invalid", "the message already has an abbreviated countersignature")
    signed = covered(parts, None, external_aad, payload_of(parts, payload))
    return _checked(CountersignRequest(SigningInput.of(public_key, signed), tag, parts, None), max_size)


@checked
def countersign0(
    message: bytes,
    signer: Signer | SignerSource,
    *,
    payload: Payload | None = None,
    external_aad: bytes = b"",
    max_size: int = MAX_MESSAGE_SIZE,
) -> bytes:
    """The message with an abbreviated countersignature, which names neither key nor algorithm (RFC 9338 section 3.2).

    Args:
        message: A COSE_Sign1 or COSE_Sign, tagged or not, that has none.
        signer: Who countersigns.
        payload: The payload of a detached message.
        external_aad: What the countersignature covers besides.
        max_size: Bytes of a message.

    Raises:
        VerificationError: the message can't be read; ``payload-missing``, ``payload-unexpected``.
        InputError: as `prepare_countersign0`.
        KMSError: the KMS call failed.
    """
    with_key = current(signer)
    request = prepare_countersign0(
        message, with_key.public_key, payload=payload, external_aad=external_aad, max_size=max_size
    )
    return request.signed_by(with_key)
