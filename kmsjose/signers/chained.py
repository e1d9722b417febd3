"""A Signer whose tokens carry the certificate chain of its key."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from ..arguments import checked
from ..errors import InputError
from ..keys.certificate import refused_as_input
from ..keys.chain import Chain, Profile, check_chain
from ..keys.public_key import PublicKey
from ..words import counted
from .signer import Signer


class ChainedSigner:
    """Signs as another Signer does; its public key has a certificate chain. Make it with `with_chain`."""

    __slots__ = ("_public_key", "_signer")

    @checked
    def __init__(self, signer: Signer, x5c: tuple[bytes, ...]) -> None:
        self._signer = signer
        self._public_key = replace(signer.public_key, x5c=x5c, chained=True)

    @property
    def public_key(self) -> PublicKey:
        """What verifies the signatures, with its chain."""
        return self._public_key

    @checked
    def sign(self, message: bytes) -> bytes:
        """The raw signature of a signing input."""
        return self._signer.sign(message)

    @checked
    def sign_prehashed(self, prehashed: bytes) -> bytes:
        """The raw signature of a digest or mu."""
        return self._signer.sign_prehashed(prehashed)

    def __repr__(self) -> str:
        return f"<ChainedSigner of {self._signer!r}, with {counted(len(self._public_key.x5c), 'certificate')}>"


@checked
def with_chain(
    signer: Signer, chain: Chain, *, profile: Profile | None = None, now: datetime | None = None
) -> ChainedSigner:
    """The same Signer with a chain that is checked now and then written into every token: as x5c, in COSE as x5chain.

    The kid stays what it was. When the chain ends, open the Signer again with the renewed one.

    Args:
        signer: Who signs; of a source, which may change its key and so has no one chain, what its `current()` gives.
        chain: The key's own certificate first (RFC 7515 section 4.1.6, RFC 9360 section 2).
        profile: Further rules, for example `check_haip`.
        now: The time to go by, with its time zone; None takes the clock.

    Raises:
        InputError: ``chain-invalid``, ``certificate-expired``, ``certificate-not-yet-valid``; ``usage``: a time without
            its time zone, or what is no Signer.
    """
    if not isinstance(signer, Signer):
        raise InputError("usage", "a chain is of one key: give a Signer; of a source, the one that current() gives")
    with refused_as_input():
        check_chain(chain, signer.public_key, at=now)
        if profile is not None:
            profile(chain)
    return ChainedSigner(signer, chain.to_der())
