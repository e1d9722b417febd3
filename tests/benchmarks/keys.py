"""The keys that are measured, and what is bare about a signature by one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa, rsa

from kmsjose import LocalSigner, PublicKey
from kmsjose.algorithms import Algorithm, Family
from kmsjose.ecdsa import raw_to_der

from .bare import verify_call


def private_keys() -> dict[str, Any]:
    """A private key by JOSE name, of every algorithm; those of RSA share one."""
    rsa_key = rsa.generate_private_key(65537, 2048)
    return {
        "ES256": ec.generate_private_key(ec.SECP256R1()),
        "ES384": ec.generate_private_key(ec.SECP384R1()),
        "ES512": ec.generate_private_key(ec.SECP521R1()),
        "ES256K": ec.generate_private_key(ec.SECP256K1()),
        "EdDSA": ed25519.Ed25519PrivateKey.generate(),
        **dict.fromkeys(("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"), rsa_key),
        "ML-DSA-44": mldsa.MLDSA44PrivateKey.generate(),
        "ML-DSA-65": mldsa.MLDSA65PrivateKey.generate(),
        "ML-DSA-87": mldsa.MLDSA87PrivateKey.generate(),
    }


def signers() -> list[LocalSigner]:
    """One Signer of every algorithm."""
    return [LocalSigner(key, alg) for alg, key in private_keys().items()]


def bare_signature(raw: bytes, row: Algorithm) -> bytes:
    """A raw signature as `cryptography` takes it."""
    return raw_to_der(raw, row) if row.family is Family.ECDSA else raw


def digest_name(row: Algorithm) -> str | None:
    """The name of a row's hash, if it has one."""
    return None if row.hash is None else row.hash.name


def bare_verify(key: PublicKey, message: bytes, raw: bytes) -> Callable[[], object]:
    """The primitive alone, over the bytes that are signed."""
    row = key.algorithm
    return verify_call(key.material, row.family.value, digest_name(row), message, bare_signature(raw, row))
