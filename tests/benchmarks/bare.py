"""The bare calls of `cryptography` that all others are measured against. It needs nothing else, so peers run it too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding

_HASHES: dict[str | None, hashes.HashAlgorithm] = {
    digest.name: digest for digest in (hashes.SHA256(), hashes.SHA384(), hashes.SHA512())
}


def verify_call(
    public_key: Any, family: str, digest: str | None, message: bytes, signature: bytes
) -> Callable[[], object]:
    """The verification of a signature.

    Args:
        public_key: As `cryptography` holds it.
        family: The name of the primitive.
        digest: The name of its hash, if it has one.
        message: What is signed.
        signature: As `cryptography` takes it: DER for ECDSA.
    """
    verify, how = public_key.verify, _how(family, digest)
    return lambda: verify(signature, message, *how())


def sign_call(private_key: Any, family: str, digest: str | None, message: bytes) -> Callable[[], object]:
    """The signing of a message; the arguments are those of `verify_call`, with a private key."""
    sign, how = private_key.sign, _how(family, digest)
    return lambda: sign(message, *how())


def _how(family: str, digest: str | None) -> Callable[[], tuple[Any, ...]]:
    """What makes the further arguments of a call; they are made anew each time, as whoever calls it bare does."""
    if digest is None:
        return tuple
    algorithm = _HASHES[digest]
    if family == "ECDSA":
        return lambda: (ec.ECDSA(algorithm),)
    if family == "RSASSA-PSS":
        return lambda: (padding.PSS(padding.MGF1(algorithm), algorithm.digest_size), algorithm)
    return lambda: (padding.PKCS1v15(), algorithm)
