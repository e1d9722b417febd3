"""The one seam: whatever signs is a Signer; whatever may change its key over time is a SignerSource."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from ..arguments import checked
from ..errors import InputError
from ..keys.public_key import PublicKey


@runtime_checkable
class Signer(Protocol):
    """Signs with one key by one algorithm, in the raw form that JOSE and COSE carry."""

    @property
    def public_key(self) -> PublicKey:
        """What verifies the signatures; it never changes."""
        ...

    def sign(self, message: bytes) -> bytes:
        """The raw signature of a signing input.

        Raises:
            InputError: ``message-too-large``: more than the key's place can sign.
            KMSError: the KMS call failed.
        """
        ...

    def sign_prehashed(self, prehashed: bytes) -> bytes:
        """The raw signature of a digest, or for ML-DSA of a mu, as `PublicKey.hasher` gives.

        Raises:
            InputError: ``prehash-unsupported`` for Ed25519.
            KMSError: the KMS call failed.
        """
        ...


@runtime_checkable
class SignerSource(Protocol):
    """Gives the Signer of the moment; it is asked once for each token, so a kid and its signature can't part."""

    def current(self) -> Signer:
        """The Signer to use now."""
        ...


@checked
def signer_of(given: Signer | SignerSource | PublicKey) -> Signer:
    """The Signer to use now, where a key that can only be prepared for may stand too.

    Raises:
        InputError: ``usage``: it is a public key.
    """
    if isinstance(given, PublicKey):
        raise InputError("usage", "a public key can't sign: give its Signer")
    return current(given)


@checked
def current(signer: Signer | SignerSource) -> Signer:
    """The Signer itself, or the one that its source gives now."""
    # Not isinstance: that of a Protocol costs more than the rest of preparing a token.
    return signer.current() if hasattr(signer, "current") else signer
