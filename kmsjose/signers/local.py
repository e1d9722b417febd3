"""A Signer of a private key in this process: for tests, development, and keys that are not in KMS."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from ..algorithms import Algorithm, Family
from ..arguments import checked
from ..ecdsa import der_to_raw
from ..errors import InputError
from ..keys.primitives import hash_of, padding_of
from ..keys.public_key import PublicKey
from .signing_input import check_bytes

_PEM: Final = b"-----BEGIN "
_Sign = Callable[[Any, Algorithm, bytes], bytes]


def _ecdsa(key: ec.EllipticCurvePrivateKey, row: Algorithm, message: bytes) -> bytes:
    return der_to_raw(key.sign(message, ec.ECDSA(hash_of(row))), row)


def _ecdsa_prehashed(key: ec.EllipticCurvePrivateKey, row: Algorithm, digest: bytes) -> bytes:
    return der_to_raw(key.sign(digest, ec.ECDSA(Prehashed(hash_of(row)))), row)


def _rsa(key: Any, row: Algorithm, message: bytes) -> bytes:
    signature: bytes = key.sign(message, padding_of(row), hash_of(row))
    return signature


def _rsa_prehashed(key: Any, row: Algorithm, digest: bytes) -> bytes:
    signature: bytes = key.sign(digest, padding_of(row), Prehashed(hash_of(row)))
    return signature


def _plain(key: Any, _row: Algorithm, message: bytes) -> bytes:
    signature: bytes = key.sign(message)
    return signature


def _mu(key: Any, _row: Algorithm, mu: bytes) -> bytes:
    signature: bytes = key.sign_mu(mu)
    return signature


def _refuse(_key: object, row: Algorithm, _prehashed: bytes) -> bytes:
    raise InputError("prehash-unsupported", f"{row.name} signs the message itself")


_SIGN: Final[dict[Family, tuple[_Sign, _Sign]]] = {
    Family.ECDSA: (_ecdsa, _ecdsa_prehashed),
    Family.RSA_PKCS1: (_rsa, _rsa_prehashed),
    Family.RSA_PSS: (_rsa, _rsa_prehashed),
    Family.ED25519: (_plain, _refuse),
    Family.ML_DSA: (_plain, _mu),
}


class LocalSigner:
    """Signs with a `cryptography` private key.

    Args:
        private_key: EC, RSA, Ed25519 or ML-DSA.
        alg: The JOSE name; needed for RSA alone.
        kid: The key id, text or bytes; "" takes the RFC 7638 thumbprint.

    Raises:
        InputError: ``key-invalid``, ``alg-required``, ``alg-unknown``, ``alg-unsupported-by-key``.

    >>> from cryptography.hazmat.primitives.asymmetric import ed25519
    >>> signer = LocalSigner(ed25519.Ed25519PrivateKey.generate())
    >>> signer.public_key.verify(b"message", signer.sign(b"message"))
    """

    __slots__ = ("_prehashed", "_private_key", "_public_key", "_sign")

    @checked
    def __init__(self, private_key: PrivateKeyTypes, alg: str | None = None, kid: str | bytes = "") -> None:
        self._public_key = PublicKey.of(private_key.public_key(), alg, kid)
        self._private_key = private_key
        self._sign, self._prehashed = _SIGN[self._public_key.algorithm.family]

    @classmethod
    @checked
    def from_pem(
        cls, pem: bytes | str, alg: str | None = None, kid: str | bytes = "", *, password: str | bytes | None = None
    ) -> LocalSigner:
        """A Signer of a private key in PEM: PKCS#8 (RFC 5958) or its older forms, encrypted or not.

        Args:
            pem: The key.
            alg: The JOSE name; needed for RSA alone.
            kid: The key id, text or bytes; "" takes the RFC 7638 thumbprint.
            password: Of an encrypted key; text is its UTF-8.

        Raises:
            InputError: ``key-invalid``; ``password``: it is needed, wrong, or not needed; and as the constructor.
        """
        from ..keys.private import load_private_key

        try:
            data = pem.encode() if isinstance(pem, str) else bytes(memoryview(pem))
        except (UnicodeError, TypeError):
            data = b""
        if _PEM not in data:
            raise InputError("key-invalid", "the PEM holds no private key")
        key = load_private_key(data, password)
        return cls(key, alg, kid)

    @classmethod
    @checked
    def from_jwk(
        cls, jwk: Mapping[str, object] | str | bytes, alg: str | None = None, kid: str | bytes | None = None
    ) -> LocalSigner:
        """A Signer of a private JWK (RFC 7517), with the alg and kid that it names, where they are not given.

        Raises:
            InputError: ``key-invalid``: not a private JWK, or its members do not agree; ``alg-unsupported-by-key``:
                it names another algorithm; and as the constructor.
        """
        from ..keys.private_jwk import private_from_jwk

        key = private_from_jwk(jwk).named(alg, kid)
        return cls(key.material, key.alg, key.kid or "")

    @property
    def public_key(self) -> PublicKey:
        """What verifies the signatures."""
        return self._public_key

    @checked
    def sign(self, message: bytes) -> bytes:
        """The raw signature of a signing input.

        Raises:
            InputError: ``payload-invalid``: not bytes.
        """
        check_bytes(message)
        return self._sign(self._private_key, self._public_key.algorithm, message)

    @checked
    def sign_prehashed(self, prehashed: bytes) -> bytes:
        """The raw signature of a digest or mu.

        Raises:
            InputError: ``prehash-unsupported`` for Ed25519, ``payload-invalid`` for a wrong length.
        """
        if self._public_key.algorithm.prehashed_size:
            check_bytes(prehashed)
        try:
            return self._prehashed(self._private_key, self._public_key.algorithm, prehashed)
        except ValueError as error:
            raise InputError("payload-invalid", "the digest or mu has the wrong size") from error

    def __repr__(self) -> str:
        return f"<LocalSigner {self._public_key.algorithm.name} {self._public_key.kid!r}>"
