"""Certificate chains: the leaf's key signs tokens, and each certificate is issued by the next (RFC 5280 section 6.1).

Revocation is not looked at, and neither are policies or names: a CA with constraints on names is refused, and so is one
whose constraints on policies are critical.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Final

from cryptography.hazmat.primitives import serialization

from ..arguments import checked
from ..claims import with_zone
from ..errors import VerificationError
from .certificate import Certificate, certificates_of_pem
from .pss import rows_of_certificate
from .public_key import PublicKey

#: Certificates of one chain that are looked at.
MAX_CERTIFICATES: Final = 10


@checked
@dataclass(frozen=True, slots=True)
class Chain:
    """Certificates, the leaf first; that they are read says nothing of their belonging together.

    Args:
        certificates: At least one, at most ten.

    Raises:
        VerificationError: ``chain-invalid``: none, or too many.
    """

    certificates: tuple[Certificate, ...]

    def __post_init__(self) -> None:
        if not 1 <= len(self.certificates) <= MAX_CERTIFICATES:
            raise VerificationError(
                "chain-invalid", f"a chain has 1 to {MAX_CERTIFICATES} certificates, not {len(self.certificates)}"
            )

    def __iter__(self) -> Iterator[Certificate]:
        return iter(self.certificates)

    def __len__(self) -> int:
        return len(self.certificates)

    def __repr__(self) -> str:
        return f"<Chain of {len(self)}: {self.leaf!r}>"

    @classmethod
    @checked
    def from_pem(cls, pem: str | bytes) -> Chain:
        """The chain of a PEM text: the leaf first, each certificate followed by its issuer's.

        Raises:
            InputError: ``certificate-invalid``; ``key-private``: the PEM holds a private key too.
        """
        return cls(certificates_of_pem(pem, MAX_CERTIFICATES))

    @classmethod
    @checked
    def from_der(cls, certificates: Sequence[bytes]) -> Chain:
        """The chain of DER certificates, as x5c and x5chain carry them.

        Raises:
            VerificationError: ``certificate-invalid``, ``chain-invalid``.
        """
        if len(certificates) > MAX_CERTIFICATES:
            raise VerificationError("chain-invalid", f"a chain of over {MAX_CERTIFICATES} certificates is not read")
        return cls(tuple(Certificate.from_der(der) for der in certificates))

    @property
    def leaf(self) -> Certificate:
        """The first certificate."""
        return self.certificates[0]

    @checked
    def public_key(self, alg: str | None = None, kid: str | bytes = "") -> PublicKey:
        """The leaf's key, with the chain as its `x5c`, which no token carries; it is only as trustworthy as the chain.

        Args:
            alg: The JOSE name; needed for RSA alone.
            kid: The key id; "" takes the RFC 7638 thumbprint.

        Raises:
            InputError: as `PublicKey.of`.
        """
        native = self.leaf.native
        return PublicKey.of(native.public_key(), alg, kid, self.to_der(), rows=rows_of_certificate(native))

    def to_der(self) -> tuple[bytes, ...]:
        """The certificates in DER, as `PublicKey.x5c` has them."""
        return tuple(certificate.der for certificate in self)

    def to_pem(self) -> str:
        """The certificates in PEM, in their order (RFC 7468 section 5)."""
        return "".join(c.native.public_bytes(serialization.Encoding.PEM).decode() for c in self)


#: What a profile asks of a chain: it raises VerificationError (``chain-invalid``).
Profile = Callable[[Chain], None]


@checked
def check_chain(chain: Chain, key: PublicKey, *, at: datetime | None = None) -> None:
    """Check that a chain certifies a key that signs tokens, down from its last certificate.

    Whether that one is to be trusted, and for what purposes, are other questions: see `check_trust`.

    Args:
        chain: The leaf first.
        key: That signs.
        at: The time at which all of them must be valid, with its time zone; None takes the clock.

    Raises:
        VerificationError: ``chain-invalid``, ``certificate-expired``, ``certificate-not-yet-valid``.
        InputError: ``usage``: a time without its time zone.
    """
    check_certifies(chain, key)
    check_leaf(chain.leaf)
    check_path(chain.certificates, at=at)


@checked
def check_haip(chain: Chain) -> None:
    """The rules of the OpenID4VC High Assurance Interoperability Profile for x5c: no self-signed certificate.

    The leaf is issued by a CA, and the trust anchor is left out, for a verifier must have it from elsewhere.

    Raises:
        VerificationError: ``chain-invalid``.
    """
    if chain.leaf.is_self_signed:
        raise VerificationError("chain-invalid", "HAIP: the leaf is self-signed: let a CA issue it")
    if any(certificate.is_self_signed for certificate in chain):
        raise VerificationError("chain-invalid", "HAIP: the root is in the chain: leave it out")


def check_certifies(chain: Chain, key: PublicKey) -> None:
    """Check that the leaf is of a key.

    Raises:
        VerificationError: ``chain-invalid``.
    """
    if chain.leaf.spki != key.spki:
        others = any(certificate.spki == key.spki for certificate in chain)
        told = "a later certificate is: put it first" if others else "see that it is that of the key that signs"
        raise VerificationError("chain-invalid", f"the first certificate is not of the key; {told}")
    rows = rows_of_certificate(chain.leaf.native)
    if rows is not None and key.algorithm not in rows:
        raise VerificationError(
            "chain-invalid", f"the certificate's key is restricted to PSS, not {key.algorithm.name}"
        )


def check_leaf(leaf: Certificate) -> None:
    """Check that a leaf's key may sign tokens (RFC 5280 section 4.2.1.3).

    Raises:
        VerificationError: ``chain-invalid``.
    """
    if not leaf.may_sign:
        raise VerificationError("chain-invalid", "the leaf's keyUsage does not allow digitalSignature")


def check_path(certificates: Sequence[Certificate], *, at: datetime | None = None) -> None:
    """Check that each certificate is valid at a time, and issued by the next, which may do that.

    Raises:
        VerificationError: ``chain-invalid``, ``certificate-expired``, ``certificate-not-yet-valid``.
        InputError: ``usage``: a time without its time zone.
    """
    moment = datetime.now(UTC) if at is None else with_zone(at)
    for place, certificate in enumerate(certificates, 1):
        if certificate.extensions.not_understood:
            named = certificate.extensions.not_understood[0]
            raise VerificationError(
                "chain-invalid", f"certificate {place} has the extension {named[:64]}, which is not understood"
            )
        if moment < certificate.not_before:
            raise VerificationError(
                "certificate-not-yet-valid", f"certificate {place} begins at {certificate.not_before.isoformat()}"
            )
        if moment > certificate.not_after:
            raise VerificationError(
                "certificate-expired", f"certificate {place} ended at {certificate.not_after.isoformat()}"
            )
    check_issuers(certificates[1:], below=0, first=2)
    for place, (certificate, issuer) in enumerate(pairwise(certificates), 1):
        if not certificate.is_signed_by(issuer):
            raise VerificationError("chain-invalid", f"certificate {place} is not issued by certificate {place + 1}")


def check_issuers(certificates: Iterable[Certificate], *, below: int, first: int) -> None:
    """Check that each certificate may issue the one below it (RFC 5280 sections 4.2.1.3 and 4.2.1.9).

    Args:
        certificates: Of CAs, each issued by the next.
        below: How many further CAs stand below the first of them.
        first: Its place in the chain, for messages.

    Raises:
        VerificationError: ``chain-invalid``.
    """
    for place, certificate in enumerate(certificates, first):
        if not certificate.is_ca:
            raise VerificationError("chain-invalid", f"certificate {place} is not of a CA that may issue certificates")
        if certificate.path_length is not None and below > certificate.path_length:
            raise VerificationError(
                "chain-invalid",
                f"certificate {place} allows {certificate.path_length} CAs below it, and there would be {below}",
            )
        below += not certificate.is_self_issued
