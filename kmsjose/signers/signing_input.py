"""Exactly what is to be signed, and by which key: it can be sent to whoever may sign."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypedDict

from ..algorithms import Algorithm, Family, MessageType
from ..arguments import checked
from ..ecdsa import der_to_raw
from ..errors import InputError, VerificationError
from ..keys.key_checks import MAX_RSA_BITS
from ..keys.public_key import PublicKey
from ..payload import Payload, chunks_of, length_of
from .signer import Signer


class KMSMessage(TypedDict):
    """The parameters of a KMS Sign call that say what is signed."""

    Message: bytes
    MessageType: MessageType
    SigningAlgorithm: str


@dataclass(frozen=True, slots=True)
class SigningInput:
    """The bytes to sign, or the digest or mu of a payload that is larger than memory.

    Attributes:
        public_key: Of the key that is to sign.
        message: The whole signing input, or None where only `prehashed` is kept.
        prehashed: The digest or mu, or None where `message` is kept.
    """

    public_key: PublicKey
    message: bytes | None
    prehashed: bytes | None

    def __repr__(self) -> str:
        return f"<SigningInput for {self.public_key.algorithm.name} {self.public_key.kid!r}>"

    @classmethod
    @checked
    def of(cls, public_key: PublicKey, payload: Payload) -> SigningInput:
        """Keep bytes as they are; run a file or chunks through the key's hash, or read it whole where there is none.

        Raises:
            InputError: ``payload-invalid``; ``message-too-large`` for Ed25519 over 4096 bytes in a file or chunks.
        """
        if isinstance(payload, bytes):
            return cls(public_key, payload, None)
        row = public_key.algorithm
        if row.message_type == "RAW":
            if length_of(payload) > row.raw_up_to:
                raise InputError("message-too-large", f"{row.name} can't sign a payload of this size in chunks")
            return cls(public_key, b"".join(chunks_of(payload)), None)
        return cls(public_key, None, public_key.prehash(payload))

    @classmethod
    @checked
    def from_dict(cls, told: Mapping[str, str], public_key: PublicKey) -> SigningInput:
        """What `to_dict` told someone who is to sign.

        Args:
            told: The dict; check what it is that you sign before you do.
            public_key: Of the key that is asked for.

        Raises:
            InputError: ``usage``: it is for another key or algorithm; ``payload-invalid``: it is not of that form.
        """
        row = public_key.algorithm
        if (told.get("alg"), told.get("kid")) != (row.name, public_key.kid):
            raise InputError("usage", f"the request is not for {row.name} by {public_key.kid!r}")
        try:
            message = b64decode(told["Message"], validate=True)
        except (KeyError, TypeError, ValueError):
            raise InputError("payload-invalid", "the request has no Message in base64") from None
        raw = told.get("MessageType") == "RAW"
        result = cls(public_key, message if raw else None, None if raw else message)
        if result.to_dict() != dict(told):
            raise InputError("payload-invalid", "the request's KMS parameters are not those of its key")
        return result

    @property
    def longest_signature(self) -> bytes:
        """As many zeros as a signature by the key can have, which tell the size of a message before it is signed."""
        return bytes(self.public_key.algorithm.signature_size or MAX_RSA_BITS // 8)

    @checked
    def sign(self, signer: Signer) -> bytes:
        """The raw signature by a Signer of the same key.

        Raises:
            InputError: ``usage``: it is of another key.
            KMSError: the KMS call failed.
        """
        by, own = signer.public_key, self.public_key
        if by is not own and (by.spki, by.algorithm) != (own.spki, own.algorithm):
            raise InputError("usage", "the signer is of another key than what is to be signed")
        if self.message is not None:
            return signer.sign(self.message)
        return signer.sign_prehashed(self._prehashed())

    @checked
    def verify(self, signature: bytes) -> None:
        """Verify a raw signature of this input.

        Raises:
            VerificationError: ``signature-size``, ``signature-invalid``.
        """
        if self.message is not None:
            self.public_key.verify(self.message, signature)
        else:
            self.public_key.verify_prehashed(self._prehashed(), signature)

    @checked
    def check(self, signature: bytes) -> None:
        """Refuse a signature that came from elsewhere and is not of this input, or not by its key.

        Args:
            signature: In the raw form: r‖s of fixed width for ECDSA.

        Raises:
            InputError: ``signature-invalid``.
        """
        if not isinstance(signature, (bytes, bytearray, memoryview)):
            raise InputError("signature-invalid", "a signature is bytes")
        try:
            self.verify(signature)
        except VerificationError as error:
            der = error.code == "signature-size" and self.public_key.algorithm.family is Family.ECDSA
            told = "; `signing_input.raw_of` takes the DER that KMS answers" if der and signature[:1] == b"0" else ""
            raise InputError("signature-invalid", error.message + told) from error

    @checked
    def raw_of(self, kms_signature: bytes) -> bytes:
        """The raw form of what a KMS Sign call answered, for whoever made that call without this package.

        Args:
            kms_signature: DER for ECDSA; every other signature is raw as it is.

        Raises:
            InputError: ``signature-invalid``: not DER of the key's curve.
        """
        try:
            return kms_to_raw(kms_signature, self.public_key.algorithm)
        except ValueError as error:
            raise InputError("signature-invalid", str(error)) from error

    def kms_message(self) -> KMSMessage:
        """What a KMS Sign call is to be given.

        Raises:
            InputError: ``message-too-large`` for Ed25519 over 4096 bytes.
        """
        if self.message is not None:
            return message_to_kms(self.public_key, self.message)
        return prehashed_to_kms(self.public_key.algorithm, self._prehashed())

    def to_dict(self) -> dict[str, str]:
        """A form for JSON: alg, kid, and the KMS Message (base64) with its MessageType and SigningAlgorithm."""
        kms = self.kms_message()
        return {
            "alg": self.public_key.algorithm.name,
            "kid": self.public_key.kid,
            "Message": b64encode(kms["Message"]).decode(),
            "MessageType": kms["MessageType"],
            "SigningAlgorithm": kms["SigningAlgorithm"],
        }

    def _prehashed(self) -> bytes:
        if self.prehashed is None:
            raise InputError("payload-invalid", "the signing input holds neither a message nor a digest")
        return self.prehashed


def kms_to_raw(signature: bytes, row: Algorithm) -> bytes:
    """The raw form of a signature as KMS answers it (RFC 7518 section 3.4).

    Raises:
        ValueError: not DER of the row's curve, or not of the row's size.
    """
    if row.family is Family.ECDSA:
        return der_to_raw(signature, row)
    if row.signature_size and len(signature) != row.signature_size:
        raise ValueError("the signature has another size than its algorithm's")
    return signature


def message_to_kms(public_key: PublicKey, message: bytes) -> KMSMessage:
    """The KMS parameters that sign a message with a key.

    Raises:
        InputError: ``message-too-large``; ``payload-invalid``: not bytes, or none of them for Ed25519.
    """
    row = public_key.algorithm
    check_bytes(message)
    # KMS takes no empty Message (its API reference: 1 to 4096 bytes).
    if 1 <= len(message) <= row.raw_up_to:
        return {"Message": message, "MessageType": "RAW", "SigningAlgorithm": row.kms_algorithm}
    if row.message_type == "RAW":
        if not message:
            raise InputError("payload-invalid", f"KMS can't sign an empty message by {row.name}")
        raise InputError(
            "message-too-large", f"the signing input of {len(message)} bytes is over {row.raw_up_to} bytes"
        )
    return prehashed_to_kms(row, public_key.prehash(message))


def prehashed_to_kms(row: Algorithm, prehashed: bytes) -> KMSMessage:
    """The KMS parameters that sign a digest or mu.

    Raises:
        InputError: ``prehash-unsupported``, ``payload-invalid`` for another size than the row's.
    """
    if not row.prehashed_size:
        raise InputError("prehash-unsupported", f"{row.name} signs the message itself")
    check_bytes(prehashed)
    if len(prehashed) != row.prehashed_size:
        raise InputError("payload-invalid", f"what {row.name} signs has {row.prehashed_size} bytes")
    return {"Message": prehashed, "MessageType": row.message_type, "SigningAlgorithm": row.kms_algorithm}


def check_bytes(given: object) -> None:
    """Refuse what is not bytes where it would be signed.

    Raises:
        InputError: ``payload-invalid``.
    """
    # boto3 would take text too, and encode it.
    if not isinstance(given, bytes):
        raise InputError("payload-invalid", "what is signed is bytes")
