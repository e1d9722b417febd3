"""Certificates: signed by their own key, or by that of a CA (RFC 5280 section 4)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from ..arguments import checked
from ..claims import seconds, with_zone
from ..errors import InputError
from ..keys.certificate import Certificate, refused_as_input
from ..keys.chain import MAX_CERTIFICATES, Chain, check_certifies, check_issuers, check_path
from ..signers import Signer, SignerSource, current
from .names import alternative_names
from .request import Request
from .role import CA, Leaf, Role
from .sealing import sealed

#: By how much a certificate begins earlier than its making, for verifiers whose clocks are behind.
BACKDATE: Final = timedelta(minutes=5)
#: RFC 5280 section 4.1.2.5: earlier years have no form.
_FIRST_YEAR: Final = 1950
_Validity = tuple[datetime, datetime]


@checked
def self_signed(
    signer: Signer | SignerSource,
    subject: str,
    sans: Iterable[str] = (),
    *,
    lifetime: timedelta,
    role: Role = Leaf(),  # noqa: B008 - it can't be changed
    now: datetime | None = None,
) -> Chain:
    """A certificate that is signed by the key that it is of: a root CA's, or one for tests.

    Args:
        signer: Of the key to be certified, and by it.
        subject: As RFC 4514 writes it: ``CN=issuer,O=Example``; not empty, for it is the issuer too.
        sans: The other names, each with its kind: ``dns:``, ``uri:``, ``ip:`` or ``email:``.
        lifetime: How long it is valid from now on, at least a second; it begins five minutes earlier.
        role: What the key may do: `Leaf` or `CA`.
        now: The time to go by, with its time zone; None takes the clock.

    Raises:
        InputError: ``name-invalid``, ``lifetime-invalid``, ``usage``; ``message-too-large`` for Ed25519.
        KMSError: the KMS call failed.
    """
    by = current(signer)
    request = Request.of(by.public_key, subject, sans)
    _check_subject(request, role)
    validity = _validity(_moment(now), lifetime)
    return Chain((_issued(by, request.subject, _identifier(request), request, role, validity),))


@checked
def issue(
    ca: Signer | SignerSource,
    ca_chain: Chain,
    request: Request,
    *,
    lifetime: timedelta,
    role: Role = Leaf(),  # noqa: B008 - it can't be changed
    now: datetime | None = None,
) -> Chain:
    """A certificate that a CA signs, followed by those of the CAs above it up to the root, which is left out.

    It has the names of the request; change them with `dataclasses.replace` where they are not what you certify.

    Args:
        ca: The Signer of the CA.
        ca_chain: The CA's own certificate first; it must be valid now.
        request: For whom, as `read_request` or `Request.of` gives it.
        lifetime: How long it is valid from now on, at least a second, and not beyond its CAs.
        role: What the key may do: `Leaf` or `CA`.
        now: The time to go by, with its time zone; None takes the clock.

    Raises:
        InputError: ``chain-invalid``: it is not of the CA's key, or the CA may not issue such a certificate;
            ``certificate-expired``, ``certificate-not-yet-valid``; ``name-invalid``, ``lifetime-invalid``, ``usage``;
            ``message-too-large`` for Ed25519.
        KMSError: the KMS call failed.
    """
    by, above = current(ca), ca_chain.certificates
    issuer = ca_chain.leaf
    moment = _moment(now)
    with refused_as_input():
        check_certifies(ca_chain, by.public_key)
        check_path(above, at=moment)
        check_issuers(above, below=role.depth, first=1)
    following = [certificate for certificate in above if not certificate.is_self_signed]
    if len(following) >= MAX_CERTIFICATES:
        raise InputError("chain-invalid", f"a chain has at most {MAX_CERTIFICATES} certificates")
    _check_subject(request, role)
    if request.subject == issuer.subject:
        raise InputError("name-invalid", "the subject is that of the CA itself")
    validity = _validity(moment, lifetime, above)
    return Chain((_issued(by, issuer.subject, _identifier_of(issuer), request, role, validity), *following))


def _moment(now: datetime | None) -> datetime:
    # A certificate knows whole seconds alone; a float would round the last of all times up, beyond the year 9999.
    moment = datetime.fromtimestamp(seconds(None), UTC) if now is None else with_zone(now).astimezone(UTC)
    return moment.replace(microsecond=0)


def _check_subject(request: Request, role: Role) -> None:
    if isinstance(role, CA) and not list(request.subject):
        raise InputError("name-invalid", "a CA has a subject (RFC 5280 section 4.1.2.6)")


def _validity(now: datetime, lifetime: timedelta, above: Iterable[Certificate] = ()) -> _Validity:
    if not isinstance(lifetime, timedelta) or lifetime < timedelta(seconds=1):
        raise InputError("lifetime-invalid", "a lifetime is a timedelta of at least a second")
    try:
        begins, ends = now - BACKDATE, now + lifetime
        if begins.year < _FIRST_YEAR:
            raise OverflowError
    except OverflowError:
        raise InputError("lifetime-invalid", f"a certificate lies in the years {_FIRST_YEAR} to 9999") from None
    for certificate in above:
        begins = max(begins, certificate.not_before)
        if ends > certificate.not_after:
            raise InputError(
                "lifetime-invalid", f"the certificate would outlive its CA, which ends at {certificate.not_after}"
            )
    return begins, ends.replace(microsecond=0)


def _issued(
    signer: Signer,
    issuer: x509.Name,
    issuer_identifier: x509.SubjectKeyIdentifier,
    request: Request,
    role: Role,
    validity: _Validity,
) -> Certificate:
    if not list(issuer):
        raise InputError("name-invalid", "who issues a certificate has a name (RFC 5280 section 4.1.2.4)")
    builder = (
        x509.CertificateBuilder()
        .serial_number(x509.random_serial_number())
        .issuer_name(issuer)
        .subject_name(request.subject)
        .public_key(request.material)
        .not_valid_before(validity[0])
        .not_valid_after(validity[1])
        .add_extension(_identifier(request), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuer_identifier), critical=False
        )
    )
    for extension in role.extensions():
        builder = builder.add_extension(extension, critical=True)
    if (names := alternative_names(request.sans)) is not None:
        builder = builder.add_extension(names, critical=not list(request.subject))
    return Certificate.from_der(sealed(builder, signer).public_bytes(serialization.Encoding.DER))


def _identifier(request: Request) -> x509.SubjectKeyIdentifier:
    return x509.SubjectKeyIdentifier.from_public_key(request.material)


def _identifier_of(issuer: Certificate) -> x509.SubjectKeyIdentifier:
    extensions = issuer.native.extensions
    try:
        return extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    except x509.ExtensionNotFound:
        return x509.SubjectKeyIdentifier.from_public_key(issuer.native.public_key())
