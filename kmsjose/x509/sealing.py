"""The signature of a request or certificate by a Signer."""

from __future__ import annotations

from typing import Protocol, TypeVar

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from ..keys.primitives import padding_of
from ..keys.private import PrivateMaterial
from ..signers import Signer, as_private_key

_Sealed_co = TypeVar("_Sealed_co", covariant=True)
_Padding = padding.PSS | padding.PKCS1v15


class _Builder(Protocol[_Sealed_co]):
    """A builder of `cryptography` that has all but the signature."""

    def sign(
        self,
        private_key: PrivateMaterial,
        algorithm: hashes.SHA256 | hashes.SHA384 | hashes.SHA512 | None,
        *,
        rsa_padding: _Padding | None = None,
    ) -> _Sealed_co: ...


def sealed(builder: _Builder[_Sealed_co], signer: Signer) -> _Sealed_co:
    """What a builder makes, signed by the one algorithm that the Signer's key has.

    Raises:
        InputError: ``message-too-large``: over 4096 bytes for Ed25519.
        KMSError: the KMS call failed.
    """
    row = signer.public_key.algorithm
    how = padding_of(row) if row.kty == "RSA" else None
    return builder.sign(as_private_key(signer), row.hash, rsa_padding=how)  # type: ignore[arg-type]  # the table's own
