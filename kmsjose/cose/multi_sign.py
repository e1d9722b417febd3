"""COSE_Sign: signing, by one signer or several (RFC 9052 section 4.1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from ..arguments import checked
from ..cbor import array, bstr, tagged
from ..errors import InputError
from ..keys import PublicKey
from ..payload import Payload, check_readable, whole
from ..signers import Requests, Signer, SignerSource, SigningInput, current, signer_of
from ..signers.request import paired
from .message import MAX_PAYLOAD_SIZE, MAX_SIGNATURES, SIGN_TAG, check_written
from .protected import Parameters, body_headers, headers
from .single import NULL
from .structures import sig_structure


@dataclass(frozen=True, slots=True)
class SignAs:
    """One signer of a COSE_Sign, with its own headers.

    Args:
        signer: A Signer or SignerSource; to prepare alone, a PublicKey will do.
        protected: Further protected parameters.
        unprotected: Unprotected parameters.
        fully_specified: Write the RFC 9864 number.
    """

    signer: Signer | SignerSource | PublicKey
    protected: Parameters = field(default_factory=dict)
    unprotected: Parameters = field(default_factory=dict)
    fully_specified: bool = False

    def __repr__(self) -> str:
        return f"<SignAs {self.signer!r}>"


@dataclass(frozen=True, slots=True, repr=False)
class SignRequest(Requests[bytes]):
    """A COSE_Sign that lacks its signatures."""

    _body: tuple[bytes, bytes, bytes]
    _headers: tuple[tuple[bytes, bytes], ...]
    _tagged: bool

    @checked
    def assemble(self, signatures: Sequence[bytes]) -> bytes:
        """The message, of signatures that come straight from Signers of the same keys."""
        signed = (
            array((bstr(protected), unprotected, bstr(signature)))
            for (protected, unprotected), signature in paired(self._headers, signatures)
        )
        message = array((*self._body, array(signed)))
        return tagged(SIGN_TAG, message) if self._tagged else message


@checked
def prepare(
    payload: Payload,
    signers: Sequence[PublicKey | SignAs],
    *,
    protected: Parameters | None = None,
    unprotected: Parameters | None = None,
    external_aad: bytes = b"",
    detached: bool = False,
    tag: bool = True,
    max_size: int = MAX_PAYLOAD_SIZE,
) -> SignRequest:
    """A COSE_Sign up to its signatures; the arguments are those of `sign`, with keys instead of Signers.

    Raises:
        InputError: ``usage``, ``header-invalid``, ``cbor-invalid``, ``payload-invalid``, ``payload-too-large``,
            ``message-too-large``.
    """
    _check_number(signers)
    body, body_unprotected = body_headers(protected, unprotected)
    if detached:
        check_readable(payload, len(signers))
    content = payload if detached else whole(payload, max_size)
    signing_inputs, own = [], []
    for item in map(_sign_as, signers):
        key = item.signer if isinstance(item.signer, PublicKey) else current(item.signer).public_key
        inner, outer = headers(key, item.protected, item.unprotected, fully_specified=item.fully_specified)
        signing_inputs.append(SigningInput.of(key, sig_structure(body, inner, external_aad, content)))
        own.append((inner, outer))
    check_written(array((bstr(body), body_unprotected, NULL, array(array((bstr(a), b, bstr(b""))) for a, b in own))))
    written = bstr(content) if isinstance(content, bytes) and not detached else NULL
    return SignRequest(tuple(signing_inputs), (bstr(body), body_unprotected, written), tuple(own), tag)


@checked
def sign(
    payload: Payload,
    signers: Sequence[Signer | SignerSource | SignAs],
    *,
    protected: Parameters | None = None,
    unprotected: Parameters | None = None,
    external_aad: bytes = b"",
    detached: bool = False,
    tag: bool = True,
    max_size: int = MAX_PAYLOAD_SIZE,
) -> bytes:
    """A COSE_Sign: one payload, and a signature by each signer (RFC 9052 section 4.1).

    Args:
        payload: Bytes, a seekable binary file, or `Chunks` (with several signers a file or bytes, as it is read again).
        signers: Who signs, each with its own headers where it is a `SignAs`.
        protected: Protected parameters of the body, which all signatures cover.
        unprotected: Unprotected parameters of the body.
        external_aad: What is signed besides, and not sent.
        detached: Leave the payload out of the message.
        tag: Write the tag 98 of a COSE_Sign.
        max_size: Bytes of an attached payload.

    Raises:
        InputError: as `prepare`.
        KMSError: the KMS call failed.
    """
    _check_number(signers)
    chosen = [(item, signer_of(item.signer)) for item in map(_sign_as, signers)]
    request = prepare(
        payload,
        [replace(item, signer=signer) for item, signer in chosen],
        protected=protected,
        unprotected=unprotected,
        external_aad=external_aad,
        detached=detached,
        tag=tag,
        max_size=max_size,
    )
    return request.signed_by([signer for _, signer in chosen])


def _check_number(signers: Sequence[object]) -> None:
    if not 0 < len(signers) <= MAX_SIGNATURES:
        raise InputError("usage", f"a COSE_Sign has 1 to {MAX_SIGNATURES} signers")


def _sign_as(item: Signer | SignerSource | PublicKey | SignAs) -> SignAs:
    return item if isinstance(item, SignAs) else SignAs(item)
