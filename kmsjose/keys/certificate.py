"""A certificate, read whole: whatever is wrong with its form shows here, and nowhere later (RFC 5280 section 4)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization

from ..algorithms import TABLE, select
from ..arguments import checked
from ..errors import InputError, VerificationError
from .extensions import BAD_FORM, Extensions, name_unreadable
from .public_key import PublicKey

#: Bytes of a certificate in DER; one of ML-DSA-87 has about 8,000.
MAX_CERTIFICATE_SIZE: Final = 65536
_HASHES: Final = frozenset(row.hash.name for row in TABLE if row.hash is not None)
_BEGIN: Final = b"-----BEGIN CERTIFICATE-----"


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate of version 3, by whatever it is asked for here.

    Attributes:
        der: The certificate itself.
        native: As `cryptography` has it.
        subject: Whom it certifies; it may be empty.
        issuer: Who issued it.
        not_before: The first second of its validity.
        not_after: The last second of its validity.
        spki: Its public key, as DER SubjectPublicKeyInfo.
    """

    der: bytes
    native: x509.Certificate = field(repr=False, compare=False)
    subject: x509.Name = field(compare=False)
    issuer: x509.Name = field(compare=False)
    not_before: datetime = field(compare=False)
    not_after: datetime = field(compare=False)
    spki: bytes = field(repr=False, compare=False)
    _extensions: Extensions | None = field(repr=False, compare=False)

    def __repr__(self) -> str:
        return f"<Certificate of {self.subject.rfc4514_string()!r} until {self.not_after:%Y-%m-%d}>"

    @classmethod
    @checked
    def from_der(cls, der: bytes) -> Certificate:
        """Read a certificate.

        Raises:
            VerificationError: ``certificate-invalid``.
        """
        try:
            size = len(der)
        except TypeError:
            raise VerificationError("certificate-invalid", "a certificate is bytes") from None
        if size > MAX_CERTIFICATE_SIZE:
            raise VerificationError("certificate-invalid", f"a certificate is over {MAX_CERTIFICATE_SIZE} bytes")
        try:
            return cls.of(x509.load_der_x509_certificate(der))
        except BAD_FORM as error:
            raise VerificationError("certificate-invalid", "what should be a certificate is none") from error

    @classmethod
    @checked
    def of(cls, native: x509.Certificate) -> Certificate:
        """The same of a certificate that `cryptography` has loaded, which parses each part as it is asked for.

        Raises:
            ValueError: or another of `BAD_FORM`.
        """
        return cls(
            native.public_bytes(serialization.Encoding.DER),
            native,
            native.subject,
            native.issuer,
            native.not_valid_before_utc,
            native.not_valid_after_utc,
            native.public_key().public_bytes(
                serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
            ),
            Extensions.of(native),
        )

    @property
    def extensions(self) -> Extensions:
        """What its extensions say of its use.

        Raises:
            VerificationError: ``certificate-invalid``: one of them can't be read, which makes no difference to its key.
        """
        if self._extensions is None:
            raise VerificationError(
                "certificate-invalid", f"the extension {name_unreadable(self.native)} of a certificate can't be read"
            )
        return self._extensions

    @property
    def is_ca(self) -> bool:
        """Whether its key may sign certificates (RFC 5280 sections 4.2.1.3 and 4.2.1.9)."""
        constraints, usage = self.extensions.basic_constraints, self.extensions.key_usage
        return constraints is not None and constraints.ca and (usage is None or usage.key_cert_sign)

    @property
    def may_sign(self) -> bool:
        """Whether its key may sign what is no certificate (RFC 5280 section 4.2.1.3)."""
        usage = self.extensions.key_usage
        return usage is None or usage.digital_signature or usage.content_commitment

    @property
    def path_length(self) -> int | None:
        """How many CAs may stand between it and a leaf; None does not say."""
        constraints = self.extensions.basic_constraints
        return None if constraints is None else constraints.path_length

    @property
    def is_self_issued(self) -> bool:
        """Whether its issuer has the name of its subject."""
        return self.subject == self.issuer

    @property
    def is_self_signed(self) -> bool:
        """Whether its own key signed it, as that of a root did; under a hash that is not accepted its names say so."""
        return self.is_self_issued and (not self._is_strong or self._is_of(self))

    @checked
    def is_signed_by(self, issuer: Certificate) -> bool:
        """Whether its issuer is the subject of another certificate, whose key signed it by an algorithm known here."""
        return self._is_strong and is_known(issuer.native.public_key()) and self._is_of(issuer)

    @property
    def _is_strong(self) -> bool:
        try:
            return is_strong(self.native.signature_hash_algorithm)
        except BAD_FORM:
            return False

    def _is_of(self, issuer: Certificate) -> bool:
        """Whether its issuer is the subject of another certificate, whose key signed it, of whatever kind it is."""
        try:
            self.native.verify_directly_issued_by(issuer.native)
        except (InvalidSignature, *BAD_FORM):
            return False
        return True


def is_strong(digest: hashes.HashAlgorithm | None) -> bool:
    """Whether a certificate's or request's hash is one of the table's; None stands for a primitive that has its own."""
    return digest is None or digest.name in _HASHES


def is_known(material: object) -> bool:
    """Whether an algorithm of the table uses such a key, of a size that is accepted."""
    rows = select(lambda row: row.fits(material))
    try:
        return bool(rows) and PublicKey.of(material, rows[0].name) is not None
    except InputError:
        return False


def certificates_of_pem(pem: str | bytes, at_most: int) -> tuple[Certificate, ...]:
    """The certificates in a PEM text, in its order; what stands between them is left aside (RFC 7468 section 5).

    Args:
        pem: One certificate or more.
        at_most: More are refused before any is read.

    Raises:
        InputError: ``certificate-invalid``; ``key-private``: it holds a private key too.
    """
    with refused_as_input():
        try:
            data = pem.encode() if isinstance(pem, str) else bytes(memoryview(pem))
            number = data.count(_BEGIN)
            if b"PRIVATE KEY-----" in data:
                raise InputError("key-private", "the PEM holds a private key")
            if not 1 <= number <= at_most:
                raise VerificationError(
                    "certificate-invalid", f"the PEM holds {number} certificates, not 1 to {at_most}"
                )
            loaded = x509.load_pem_x509_certificates(data)
        except BAD_FORM as error:
            raise VerificationError("certificate-invalid", "the PEM holds what is no certificate") from error
        return tuple(Certificate.from_der(one.public_bytes(serialization.Encoding.DER)) for one in loaded)


@contextmanager
def refused_as_input() -> Iterator[None]:
    """A verdict on what the caller gave is an error of the caller's.

    Raises:
        InputError: with the code of the verdict.
    """
    try:
        yield
    except VerificationError as error:
        raise InputError(error.code, error.message) from error
