"""Whether a certificate chain leads to someone who is trusted (RFC 5280 section 6.1)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Final

from ..arguments import checked
from ..errors import InputError, VerificationError
from .certificate import Certificate, certificates_of_pem
from .chain import Chain, check_leaf, check_path

#: Trust anchors that are read of one file.
MAX_ANCHORS: Final = 1000
_ANY_PURPOSE: Final = "2.5.29.37.0"


@checked
def read_anchors(pem: str | bytes) -> tuple[Certificate, ...]:
    """The trust anchors of a PEM text, in any order.

    Raises:
        InputError: ``certificate-invalid``; ``key-private``: the PEM holds a private key too.
    """
    return certificates_of_pem(pem, MAX_ANCHORS)


@checked
def check_trust(
    chain: Chain,
    anchors: Sequence[Certificate],
    *,
    purposes: Collection[str] = (),
    at: datetime | None = None,
) -> None:
    """Check that a chain of a key that signs tokens leads to a trust anchor, which may be in it or outside it.

    A certificate that says what its key is for, in extendedKeyUsage, critical or not, must name one of `purposes`; of
    a CA, anyExtendedKeyUsage will do. Without `purposes` it is refused: a certificate of a web server signs no tokens
    (RFC 5280 section 4.2.1.12).

    Args:
        chain: The leaf first.
        anchors: What is trusted, as `read_anchors` reads it.
        purposes: Object identifiers, as of `kmsjose.x509.Leaf`; a certificate may be for any of them.
        at: The time at which all certificates must be valid, the anchor's too; None takes the clock.

    Raises:
        VerificationError: ``chain-untrusted``; ``chain-invalid``, ``certificate-expired``,
            ``certificate-not-yet-valid``.
        InputError: ``usage``: a time without its time zone; `purposes` are one text.
    """
    if isinstance(purposes, str):
        raise InputError("usage", "purposes are a list of object identifiers, and not one text")
    check_leaf(chain.leaf)
    refusal = VerificationError("chain-untrusted", "the chain does not lead to a trust anchor")
    for path in _paths(chain.certificates, anchors):
        try:
            check_path(path, at=at)
            _check_purposes(path, purposes)
        except VerificationError as error:
            refusal = error
        else:
            return
    raise refusal


def _check_purposes(path: Sequence[Certificate], purposes: Collection[str]) -> None:
    for place, certificate in enumerate(path, 1):
        known = purposes if place == 1 else (*purposes, _ANY_PURPOSE)
        named_purposes = certificate.extensions.purposes
        if named_purposes is not None and named_purposes.isdisjoint(known):
            named = min(named_purposes)
            raise VerificationError(
                "chain-invalid",
                f"certificate {place} is for other purposes, {named[:64]} for one; see its extendedKeyUsage",
            )


def _paths(certificates: tuple[Certificate, ...], anchors: Sequence[Certificate]) -> Iterator[tuple[Certificate, ...]]:
    """The ways from a leaf to an anchor; there are several where a CA has renewed its certificate."""
    for end, certificate in enumerate(certificates, 1):
        if certificate in anchors:
            yield certificates[:end]
        for anchor in anchors:
            if anchor.subject == certificate.issuer and certificate.is_signed_by(anchor):
                yield (*certificates[:end], anchor)
