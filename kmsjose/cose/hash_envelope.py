"""Hash envelope: a COSE_Sign1 over the digest of a content, which may be of any size for every algorithm (RFC 9995)."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from typing import Final

from ..algorithms import COSE_HASHES, COSE_SHA256, accepted
from ..arguments import checked, names_of
from ..errors import InputError, VerificationError
from ..keys import KeyFinder, PublicKey
from ..payload import Payload, chunks_of
from ..signers import Signer, SignerSource, current
from .header import check_typ, copied, read_protected
from .labels import Label
from .message import MAX_MESSAGE_SIZE, Message, read_sign1
from .protected import Parameters, with_ours
from .single import Sign1, Sign1Request, prepare1, verify_parts

_OURS: Final = (Label.PAYLOAD_HASH_ALG, Label.PREIMAGE_CONTENT_TYPE, Label.PAYLOAD_LOCATION)


@checked
def prepare_hash_envelope(
    content: Payload,
    public_key: PublicKey,
    *,
    hash_alg: int = COSE_SHA256,
    content_type: int | str | None = None,
    location: str | None = None,
    protected: Parameters | None = None,
    unprotected: Parameters | None = None,
    external_aad: bytes = b"",
    detached: bool = False,
    tag: bool = True,
    fully_specified: bool = False,
) -> Sign1Request:
    """A hash envelope up to its signature; the arguments are those of `sign_hash_envelope`, with a key.

    Raises:
        InputError: ``alg-unknown``, ``header-invalid``, ``cbor-invalid``, ``payload-invalid``.
    """
    if not isinstance(hash_alg, int) or hash_alg not in COSE_HASHES:
        raise InputError("alg-unknown", f"the hash of an envelope is one of {', '.join(map(str, COSE_HASHES))}")
    ours = {
        Label.PAYLOAD_HASH_ALG: hash_alg,
        Label.PREIMAGE_CONTENT_TYPE: content_type,
        Label.PAYLOAD_LOCATION: location,
    }
    return prepare1(
        digest_of(content, hash_alg),
        public_key,
        protected=with_ours(protected, ours),
        unprotected=unprotected,
        external_aad=external_aad,
        detached=detached,
        tag=tag,
        fully_specified=fully_specified,
    )


@checked
def sign_hash_envelope(
    content: Payload,
    signer: Signer | SignerSource,
    *,
    hash_alg: int = COSE_SHA256,
    content_type: int | str | None = None,
    location: str | None = None,
    protected: Parameters | None = None,
    unprotected: Parameters | None = None,
    external_aad: bytes = b"",
    detached: bool = False,
    tag: bool = True,
    fully_specified: bool = False,
) -> bytes:
    """A COSE_Sign1 whose payload is the digest of a content (RFC 9995 section 4).

    Args:
        content: What is hashed, the preimage: bytes, a seekable binary file, or `Chunks`; it is read in pieces.
        signer: Who signs.
        hash_alg: -16 (SHA-256), -43 (SHA-384) or -44 (SHA-512).
        content_type: Of the content, a media type or CoAP Content-Format number.
        location: Where the content can be had; a hint.
        protected: Further protected parameters; a content type has no place among them.
        unprotected: Unprotected parameters.
        external_aad: What is signed besides, and not sent.
        detached: Leave the digest out too.
        tag: Write the tag 18 of a COSE_Sign1.
        fully_specified: Write the RFC 9864 number.

    Raises:
        InputError: as `prepare_hash_envelope`.
        KMSError: the KMS call failed.

    >>> from cryptography.hazmat.primitives.asymmetric import ed25519
    >>> from kmsjose import LocalSigner
    >>> signer = LocalSigner(ed25519.Ed25519PrivateKey.generate())
    >>> image = bytes(100_000)
    >>> message = sign_hash_envelope(image, signer, content_type="application/octet-stream")
    >>> verify_hash_envelope(message, signer.public_key, image).payload == hashlib.sha256(image).digest()
    True
    """
    with_key = current(signer)
    request = prepare_hash_envelope(
        content,
        with_key.public_key,
        hash_alg=hash_alg,
        content_type=content_type,
        location=location,
        protected=protected,
        unprotected=unprotected,
        external_aad=external_aad,
        detached=detached,
        tag=tag,
        fully_specified=fully_specified,
    )
    return request.signed_by(with_key)


@checked
def verify_hash_envelope(
    message: bytes,
    keys: KeyFinder | PublicKey,
    content: Payload | None,
    *,
    external_aad: bytes = b"",
    algorithms: Collection[str] | None = None,
    typ: int | str | Collection[int | str] | None = None,
    understood: Collection[int | str] = (),
    max_size: int = MAX_MESSAGE_SIZE,
) -> Sign1:
    """Verify a hash envelope and that it is of this content; the payload of the result is the digest (RFC 9995).

    Args:
        message: The message.
        keys: What is trusted.
        content: What was hashed; it is read in pieces. None verifies the signature alone: compare the digest later. A
            detached envelope holds no digest and cannot do without.
        external_aad: What was signed besides.
        algorithms: Accept these alone, by their JOSE names; None accepts what the keys do.
        typ: The typ that the protected header must have (or several); None does not look.
        understood: Labels of critical parameters that the caller processes.
        max_size: Bytes of a message.

    Raises:
        VerificationError: ``digest-mismatch``: it is of another content; ``bad-header``: it is no hash envelope;
            ``payload-missing``: a detached one came without the content; and the code of what else is wrong.
        InputError: ``alg-unknown`` for a name in `algorithms`; ``payload-invalid``.
    """
    parts, signature = read_sign1(message, max_size)
    hash_alg = _hash_of(parts)
    allowed = accepted(algorithms)
    processed = names_of(understood) | {*_OURS, *(() if typ is None else (Label.TYP,))}
    detached = digest_of(content, hash_alg) if parts.payload is None and content is not None else None
    header, key = verify_parts(parts, signature, keys, allowed, processed, detached, external_aad=external_aad)
    if typ is not None:
        check_typ(header.protected, typ)
    # What is hashed is as large as its sender likes, so the signature comes first.
    if parts.payload is not None and content is not None and parts.payload != digest_of(content, hash_alg):
        raise VerificationError("digest-mismatch", "the signed digest is not that of the content")
    digest = detached if parts.payload is None else parts.payload
    return Sign1(digest, copied(header.protected), header.unprotected, key)


def _hash_of(parts: Message) -> int:
    hash_alg = read_protected(parts.protected).get(Label.PAYLOAD_HASH_ALG)
    if hash_alg is None:
        raise VerificationError("bad-header", "the message is no hash envelope")
    if not isinstance(hash_alg, int) or hash_alg not in COSE_HASHES:
        raise VerificationError("alg-unknown", "the hash of the envelope is not one that is known here")
    return hash_alg


def digest_of(content: Payload, hash_alg: int) -> bytes:
    """The digest of a content that is read in pieces.

    Args:
        content: The preimage.
        hash_alg: A key of `COSE_HASHES`.

    Raises:
        InputError: ``payload-invalid``.
    """
    hasher = hashlib.new(COSE_HASHES[hash_alg].name)
    for chunk in chunks_of(content):
        hasher.update(chunk)
    return hasher.digest()
