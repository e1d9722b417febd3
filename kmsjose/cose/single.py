"""COSE_Sign1: a message with one signature (RFC 9052 section 4.2)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from ..algorithms import Algorithm, accepted
from ..arguments import SUSPECT, checked, names_of, refuse_misuse
from ..cbor import CBORMap, array, bstr, tagged
from ..keys import KeyFinder, PublicKey
from ..keys.key_set import trusted_key
from ..payload import Payload, whole
from ..signers import Request, Signer, SignerSource, SigningInput, current
from .header import Header, check_content, check_typ, copied, parse_header
from .labels import Label
from .message import MAX_MESSAGE_SIZE, MAX_PAYLOAD_SIZE, SIGN1_TAG, Message, check_written, payload_of, read_sign1
from .protected import Parameters, headers
from .structures import sig_structure1

NULL = b"\xf6"


@dataclass(frozen=True, slots=True)
class Sign1:
    """A verified COSE_Sign1.

    Attributes:
        payload: The payload; None where it was detached and given in chunks.
        protected: The protected header.
        unprotected: The unprotected header, which nobody signed.
        key: The key that verified it.
    """

    payload: bytes | None
    protected: CBORMap
    unprotected: CBORMap
    key: PublicKey

    def __repr__(self) -> str:
        return f"<Sign1 verified by {self.key.algorithm.name} {self.key.kid!r}>"


@dataclass(frozen=True, slots=True, repr=False)
class Sign1Request(Request[bytes]):
    """A COSE_Sign1 that lacks its signature."""

    _protected: bytes
    _unprotected: bytes
    _payload: bytes
    _tagged: bool

    @checked
    def assemble(self, signature: bytes) -> bytes:
        """The message, of a signature that comes straight from a Signer of the same key."""
        message = array((self._protected, self._unprotected, self._payload, bstr(signature)))
        return tagged(SIGN1_TAG, message) if self._tagged else message


@checked
def prepare1(
    payload: Payload,
    public_key: PublicKey,
    *,
    protected: Parameters | None = None,
    unprotected: Parameters | None = None,
    external_aad: bytes = b"",
    detached: bool = False,
    tag: bool = True,
    fully_specified: bool = False,
    max_size: int = MAX_PAYLOAD_SIZE,
) -> Sign1Request:
    """A COSE_Sign1 up to its signature; the arguments are those of `sign1`, with a key instead of a Signer.

    Raises:
        InputError: ``header-invalid``, ``cbor-invalid``, ``payload-invalid``, ``payload-too-large``,
            ``message-too-large``; ``key-invalid`` for a kid that is no text.
    """
    inner, outer = headers(public_key, protected, unprotected, fully_specified=fully_specified)
    if unprotected:
        # The protected header is bounded by itself.
        check_written(array((bstr(inner), outer, NULL, bstr(b""))))
    if detached:
        signing_input = SigningInput.of(public_key, sig_structure1(inner, external_aad, payload))
        return Sign1Request(signing_input, bstr(inner), outer, NULL, tag)
    body = whole(payload, max_size)
    signing_input = SigningInput.of(public_key, sig_structure1(inner, external_aad, body))
    return Sign1Request(signing_input, bstr(inner), outer, bstr(body), tag)


@checked
def sign1(
    payload: Payload,
    signer: Signer | SignerSource,
    *,
    protected: Parameters | None = None,
    unprotected: Parameters | None = None,
    external_aad: bytes = b"",
    detached: bool = False,
    tag: bool = True,
    fully_specified: bool = False,
    max_size: int = MAX_PAYLOAD_SIZE,
) -> bytes:
    """A COSE_Sign1 (RFC 9052 section 4.2).

    Args:
        payload: Bytes, a seekable binary file, or `Chunks`; the last two stay out of memory if `detached`.
        signer: Who signs.
        protected: Further protected parameters, by `Label`, other number or text; its crit names what the caller
            processes. alg and kid are set by the call.
        unprotected: Unprotected parameters, which nobody signs.
        external_aad: What is signed besides, and not sent; the verifier must give the same.
        detached: Leave the payload out of the message.
        tag: Write the tag 18 of a COSE_Sign1.
        fully_specified: Write the RFC 9864 number, -9 for -7.
        max_size: Bytes of an attached payload.

    Raises:
        InputError: as `prepare1`.
        KMSError: the KMS call failed.

    >>> from cryptography.hazmat.primitives.asymmetric import ec
    >>> from kmsjose import KeySet, LocalSigner
    >>> signer = LocalSigner(ec.generate_private_key(ec.SECP256R1()))
    >>> verify1(sign1(b"hello", signer, external_aad=b"ctx"), KeySet([signer.public_key]), external_aad=b"ctx").payload
    b'hello'
    """
    with_key = current(signer)
    request = prepare1(
        payload,
        with_key.public_key,
        protected=protected,
        unprotected=unprotected,
        external_aad=external_aad,
        detached=detached,
        tag=tag,
        fully_specified=fully_specified,
        max_size=max_size,
    )
    return request.signed_by(with_key)


def verify1(
    message: bytes,
    keys: KeyFinder | PublicKey,
    *,
    payload: Payload | None = None,
    external_aad: bytes = b"",
    algorithms: Collection[str] | None = None,
    typ: int | str | Collection[int | str] | None = None,
    understood: Collection[int | str] = (),
    max_size: int = MAX_MESSAGE_SIZE,
) -> Sign1:
    """Verify a COSE_Sign1, tagged or not, and return what it says (RFC 9052 section 4.4).

    Args:
        message: The message.
        keys: What is trusted.
        payload: The payload of a detached message.
        external_aad: What was signed besides.
        algorithms: Accept these alone, by their JOSE names; None accepts what the keys do.
        typ: The typ that the protected header must have, a number or a media type, or several; None does not look.
        understood: Labels of critical parameters that the caller processes. With `Label.PAYLOAD_HASH_ALG` among them
            a hash envelope is accepted, whose payload is a digest.
        max_size: Bytes of a message.

    Raises:
        VerificationError: with the code of what is wrong.
        InputError: ``alg-unknown`` for a name in `algorithms`; ``payload-invalid``.
    """
    try:
        parts, signature = read_sign1(message, max_size)
        allowed = accepted(algorithms)
        processed = names_of(understood) if typ is None else names_of(understood) | {Label.TYP}
        header, key = verify_parts(parts, signature, keys, allowed, processed, payload, external_aad=external_aad)
        if typ is not None:
            check_typ(header.protected, typ)
        content = parts.payload if parts.payload is not None else payload
        return Sign1(content if isinstance(content, bytes) else None, copied(header.protected), header.unprotected, key)
    except SUSPECT as error:
        refuse_misuse(verify1, locals(), error)
        raise


def verify_parts(
    parts: Message,
    signature: bytes,
    keys: KeyFinder | PublicKey,
    allowed: Collection[Algorithm] | None = None,
    understood: frozenset[int | str] = frozenset(),
    detached: Payload | None = None,
    *,
    external_aad: bytes = b"",
) -> tuple[Header, PublicKey]:
    """The verified header and key of a COSE_Sign1 that was read: the path that every message takes.

    Raises:
        VerificationError: with the code of what is wrong.
        InputError: ``payload-invalid``.
    """
    header = parse_header(parts.protected, parts.unprotected, understood)
    check_content(header.protected, understood)
    content = payload_of(parts, detached)
    key = trusted_key(keys, header.kid, header.algorithm, allowed)
    key.verify_payload(sig_structure1(parts.protected, external_aad, content), signature)
    return header, key
