"""How a family verifies, hashes first and checks its keys: one entry a family, taken by the row of an algorithm."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, mldsa, padding
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from ..algorithms import Algorithm, Family
from ..ecdsa import raw_to_der
from ..errors import InputError, VerificationError
from .key_checks import check_ed25519, check_ml_dsa, check_nothing, check_rsa

#: (message, raw signature) -> None, or VerificationError.
Verifier = Callable[[bytes, bytes], None]


class Hasher(Protocol):
    """A running digest, or for ML-DSA a running mu."""

    def update(self, data: bytes, /) -> None:
        """Take in the next piece."""

    def digest(self) -> bytes:
        """The digest or mu."""
        ...


@dataclass(frozen=True, slots=True)
class Primitive:
    """How a family verifies, and what keys it takes.

    Attributes:
        verifier: Of a material and its row: the function that verifies a message.
        prehashed_verifier: The same for a digest or mu.
        hasher: Of a material and its row: a running digest or mu.
        check: Of a material: refuses one by which anybody could sign.
    """

    verifier: Callable[[Any, Algorithm], Verifier]
    prehashed_verifier: Callable[[Any, Algorithm], Verifier]
    hasher: Callable[[Any, Algorithm], Hasher]
    check: Callable[[Any], None]


def signature_invalid() -> VerificationError:
    """The error of a signature that does not verify."""
    return VerificationError("signature-invalid", "the signature does not verify")


def signature_size(expected: int, got: int) -> VerificationError:
    """The error of a signature of the wrong width."""
    return VerificationError("signature-size", f"the signature has {got} bytes where its algorithm has {expected}")


def hash_of(algorithm: Algorithm) -> hashes.HashAlgorithm:
    """The hash of a row that has one."""
    if algorithm.hash is None:
        raise InputError("prehash-unsupported", f"{algorithm.name} does not hash its message first")
    return algorithm.hash


def padding_of(algorithm: Algorithm) -> padding.AsymmetricPadding:
    """The RSA padding of a row: PKCS #1 v1.5, or PSS with MGF1 of the same hash and a salt as long as the digest."""
    digest = hash_of(algorithm)
    if algorithm.family is Family.RSA_PKCS1:
        return padding.PKCS1v15()
    return padding.PSS(padding.MGF1(digest), digest.digest_size)


def _of_width(width: int, check: Callable[[bytes, bytes], object]) -> Verifier:
    def verify(message: bytes, signature: bytes) -> None:
        if len(signature) != width:
            raise signature_size(width, len(signature))
        try:
            check(message, signature)
        except InvalidSignature:
            raise signature_invalid() from None

    return verify


def _ecdsa(key: Any, algorithm: Algorithm, how: ec.ECDSA) -> Verifier:
    check = key.verify
    return _of_width(
        algorithm.signature_size,
        lambda message, signature: check(raw_to_der(signature, algorithm), message, how),
    )


def _ecdsa_of_message(key: Any, algorithm: Algorithm) -> Verifier:
    return _ecdsa(key, algorithm, ec.ECDSA(hash_of(algorithm)))


def _ecdsa_of_digest(key: Any, algorithm: Algorithm) -> Verifier:
    return _ecdsa(key, algorithm, ec.ECDSA(Prehashed(hash_of(algorithm))))


def _rsa(key: Any, algorithm: Algorithm, how: hashes.HashAlgorithm | Prehashed) -> Verifier:
    pad, check = padding_of(algorithm), key.verify
    return _of_width((key.key_size + 7) // 8, lambda message, signature: check(signature, message, pad, how))


def _rsa_of_message(key: Any, algorithm: Algorithm) -> Verifier:
    return _rsa(key, algorithm, hash_of(algorithm))


def _rsa_of_digest(key: Any, algorithm: Algorithm) -> Verifier:
    return _rsa(key, algorithm, Prehashed(hash_of(algorithm)))


def _plain(key: Any, algorithm: Algorithm) -> Verifier:
    check = key.verify
    return _of_width(algorithm.signature_size, lambda message, signature: check(signature, message))


def _plain_of_mu(key: Any, algorithm: Algorithm) -> Verifier:
    def check(mu: bytes, signature: bytes) -> None:
        try:
            key.verify_mu(signature, mu)
        except ValueError as error:
            raise InputError("payload-invalid", "a mu has 64 bytes") from error

    return _of_width(algorithm.signature_size, check)


def _digest(_key: object, algorithm: Algorithm) -> Hasher:
    # hashlib's, not cryptography's: boto3 signs its requests by it, so it is at hand when KMS is called.
    hasher: Hasher = getattr(hashlib, hash_of(algorithm).name)()
    return hasher


def _mu(key: Any, _algorithm: Algorithm) -> Hasher:
    return _Mu(mldsa.MLDSAMuHasher(key))


class _Mu:
    """A running mu with hashlib's names."""

    __slots__ = ("digest", "update")

    def __init__(self, hasher: mldsa.MLDSAMuHasher) -> None:
        self.update = hasher.update
        self.digest = hasher.finalize


def _refuse(_key: object, algorithm: Algorithm) -> Any:
    raise InputError("prehash-unsupported", f"{algorithm.name} signs the message itself")


_RSA: Final = Primitive(_rsa_of_message, _rsa_of_digest, _digest, check_rsa)

PRIMITIVES: Final[dict[Family, Primitive]] = {
    Family.ECDSA: Primitive(_ecdsa_of_message, _ecdsa_of_digest, _digest, check_nothing),
    Family.RSA_PKCS1: _RSA,
    Family.RSA_PSS: _RSA,
    Family.ED25519: Primitive(_plain, _refuse, _refuse, check_ed25519),
    Family.ML_DSA: Primitive(_plain, _plain_of_mu, _mu, check_ml_dsa),
}
