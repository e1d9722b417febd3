"""Any Signer as a `cryptography` private key, so that PyJWT, joserfc and X.509 builders sign with it.

Only what the key's one algorithm does exactly is signed; another hash, padding or salt is refused, never approximated.
"""

from __future__ import annotations

from typing import Any, Final, NoReturn, Self

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from ..algorithms import Algorithm, Family
from ..arguments import checked
from ..ecdsa import raw_to_der
from ..errors import InputError
from ..keys.primitives import hash_of
from ..keys.private import PrivateMaterial
from .signer import Signer


def _bytes(data: object) -> bytes:
    """A Buffer's bytes, as cryptography's own keys take; `bytes` alone would make five zeros of a 5."""
    return bytes(memoryview(data))  # type: ignore[arg-type]  # TypeError, as from cryptography


class _Base:
    """What every adapter has in common: no private bytes, and a Signer."""

    _signer: Signer

    def __init__(self, signer: Signer) -> None:
        self._signer = signer

    def public_key(self) -> Any:
        return self._signer.public_key.material

    def private_bytes(self, *_args: object, **_options: object) -> NoReturn:
        raise InputError("key-not-exportable", "the private key's bytes are not in this process")

    private_bytes_raw = private_numbers = private_bytes

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce__(self) -> NoReturn:
        raise InputError("key-not-exportable", "a key that signs elsewhere can't be pickled")

    def __repr__(self) -> str:
        key = self._signer.public_key
        return f"<private key of {key.algorithm.name} {key.kid}, held by its signer>"

    @property
    def _row(self) -> Algorithm:
        return self._signer.public_key.algorithm

    def _sign_hashed(self, data: object, algorithm: object) -> bytes:
        """Sign a message with the row's own hash, or its digest if that is what `Prehashed` says."""
        digest = algorithm._algorithm if isinstance(algorithm, Prehashed) else algorithm  # noqa: SLF001 - it has no public name
        expected = hash_of(self._row).name
        if not isinstance(digest, hashes.HashAlgorithm) or digest.name != expected:
            raise InputError("hash-refused", f"{self._row.name} signs {expected} alone")
        message = _bytes(data)
        if not isinstance(algorithm, Prehashed):
            return self._signer.sign(message)
        if len(message) != digest.digest_size:
            raise InputError("payload-invalid", f"a digest of {digest.name} has {digest.digest_size} bytes")
        return self._signer.sign_prehashed(message)


class _ECKey(_Base, ec.EllipticCurvePrivateKey):
    @property
    def curve(self) -> ec.EllipticCurve:
        curve: ec.EllipticCurve = self.public_key().curve
        return curve

    @property
    def key_size(self) -> int:
        return self.curve.key_size

    def exchange(self, *_args: object, **_options: object) -> NoReturn:
        raise InputError("operation-refused", "the key signs; it can't agree on a secret")

    def sign(self, data: object, signature_algorithm: ec.EllipticCurveSignatureAlgorithm) -> bytes:
        if not isinstance(signature_algorithm, ec.ECDSA):
            raise InputError("hash-refused", "an EC key signs ECDSA alone")
        if signature_algorithm.deterministic_signing:
            raise InputError("operation-refused", "the signer draws its own nonce: it can't sign deterministic ECDSA")
        return raw_to_der(self._sign_hashed(data, signature_algorithm.algorithm), self._row)


class _RSAKey(_Base, rsa.RSAPrivateKey):
    @property
    def key_size(self) -> int:
        size: int = self.public_key().key_size
        return size

    def decrypt(self, *_args: object, **_options: object) -> NoReturn:
        raise InputError("operation-refused", "the key signs; it can't decrypt")

    def sign(self, data: object, padding: padding.AsymmetricPadding, algorithm: object) -> bytes:
        _check_padding(padding, self._row)
        return self._sign_hashed(data, algorithm)


def _check_padding(given: padding.AsymmetricPadding, row: Algorithm) -> None:
    if row.family is Family.RSA_PKCS1:
        if not isinstance(given, padding.PKCS1v15):
            raise InputError("padding-refused", f"{row.name} pads by PKCS #1 v1.5 alone")
        return
    if not isinstance(given, padding.PSS) or row.hash is None:
        raise InputError("padding-refused", f"{row.name} pads by PSS alone")
    mgf, salt = given.mgf, given._salt_length  # noqa: SLF001 - it has no public name
    if not isinstance(mgf, padding.MGF1) or mgf._algorithm.name != row.hash.name:  # noqa: SLF001 - the same
        raise InputError("padding-refused", f"{row.name} uses MGF1 with {row.hash.name}")
    # By its type: a copy of the marker means the same.
    if not isinstance(salt, type(padding.PSS.DIGEST_LENGTH)) and salt != row.hash.digest_size:
        raise InputError("padding-refused", f"{row.name} has a salt of {row.hash.digest_size} bytes")


class _Ed25519Key(_Base, ed25519.Ed25519PrivateKey):
    def sign(self, data: object) -> bytes:
        return self._signer.sign(_bytes(data))


class _MLDSAKey(_Base):
    def sign(self, data: object, context: object = None) -> bytes:
        if context is not None and _bytes(context) != b"":
            raise InputError("operation-refused", "KMS signs ML-DSA with an empty context alone")
        return self._signer.sign(_bytes(data))

    def sign_mu(self, mu: object) -> bytes:
        return self._signer.sign_prehashed(_bytes(mu))


class _MLDSA44Key(_MLDSAKey, mldsa.MLDSA44PrivateKey):
    pass


class _MLDSA65Key(_MLDSAKey, mldsa.MLDSA65PrivateKey):
    pass


class _MLDSA87Key(_MLDSAKey, mldsa.MLDSA87PrivateKey):
    pass


_ADAPTERS: Final[dict[type, Any]] = {
    ec.EllipticCurvePublicKey: _ECKey,
    rsa.RSAPublicKey: _RSAKey,
    ed25519.Ed25519PublicKey: _Ed25519Key,
    mldsa.MLDSA44PublicKey: _MLDSA44Key,
    mldsa.MLDSA65PublicKey: _MLDSA65Key,
    mldsa.MLDSA87PublicKey: _MLDSA87Key,
}


@checked
def as_private_key(signer: Signer) -> PrivateMaterial:
    """The Signer as a `cryptography` private key: give it to PyJWT, joserfc, or a CSR or certificate builder.

    Signing with another hash, padding or salt than the key's algorithm has raises InputError (``hash-refused``,
    ``padding-refused``); what needs the private key itself, or a deterministic nonce (RFC 6979), raises
    ``key-not-exportable`` or ``operation-refused``.

    Args:
        signer: Who signs; of a source, which may change its key, what its `current()` gives: whoever uses the private
            key also names its kid, and the two must not part.

    Raises:
        InputError: ``usage``: what is no Signer.

    >>> from cryptography.hazmat.primitives import hashes
    >>> from kmsjose.signers import LocalSigner
    >>> signer = LocalSigner(ec.generate_private_key(ec.SECP256R1()))
    >>> key = as_private_key(signer)
    >>> key.public_key().verify(key.sign(b"m", ec.ECDSA(hashes.SHA256())), b"m", ec.ECDSA(hashes.SHA256()))
    """
    if not isinstance(signer, Signer):
        raise InputError(
            "usage", "as_private_key is of one key: give a Signer; of a source, the one that current() gives"
        )
    key: PrivateMaterial = _ADAPTERS[signer.public_key.algorithm.public_key_type](signer)
    return key
