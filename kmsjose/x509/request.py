"""Certificate requests in PKCS #10: what a key asks a CA for, signed by that key (RFC 2986)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from ..algorithms import Material
from ..arguments import checked
from ..errors import InputError
from ..keys.certificate import is_known, is_strong
from ..keys.extensions import BAD_FORM
from ..keys.pss import rows_of_request
from ..keys.public_key import PublicKey
from ..signers import Signer, SignerSource, current
from .names import alternative_names, check_name, name, names_of
from .sealing import sealed

#: Bytes of a request that are read.
MAX_REQUEST_SIZE: Final = 65536
_BEGIN: Final = re.compile(rb"-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----")
#: The tag of a sequence, with which every request in DER begins, and no PEM does.
_DER: Final = b"\x30"


@checked
@dataclass(frozen=True, slots=True)
class Request:
    """What a CA is asked to certify. Look at the names before you issue: who asks chose them.

    Args:
        material: The public key, as `cryptography` holds it.
        subject: Whom the certificate is for; it may be empty if there are other names.
        sans: The other names, each with its kind: ``uri:https://issuer.example``.

    Raises:
        InputError: ``name-invalid``; ``key-invalid``: no algorithm here uses such a key.
    """

    material: Material = field(repr=False)
    subject: x509.Name
    sans: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not is_known(self.material):
            raise InputError("key-invalid", "no algorithm here uses a key of this type, curve or size")
        check_name(self.subject)
        if alternative_names(self.sans) is None and not list(self.subject):
            raise InputError("name-invalid", "there is neither a subject nor another name")

    @classmethod
    @checked
    def of(cls, key: PublicKey, subject: str, sans: Iterable[str] = ()) -> Request:
        """The request for a key that needs no proof, since it is known whose it is.

        Args:
            key: To be certified.
            subject: As RFC 4514 writes it: ``CN=issuer,O=Example``.
            sans: The other names, each with its kind.

        Raises:
            InputError: ``name-invalid``.
        """
        return cls(key.material, name(subject), tuple(sans))


@checked
def csr(signer: Signer | SignerSource, subject: str, sans: Iterable[str] = ()) -> str:
    """A certificate request in PEM: the public key, the names, and a signature by the key (RFC 2986 section 4).

    Args:
        signer: Of the key to be certified, and by it.
        subject: As RFC 4514 writes it: ``CN=issuer,O=Example``.
        sans: The other names, each with its kind: ``dns:``, ``uri:``, ``ip:`` or ``email:``.

    Raises:
        InputError: ``name-invalid``; ``message-too-large``: Ed25519 with over 4096 bytes of names.
        KMSError: the KMS call failed.
    """
    by = current(signer)
    request = Request.of(by.public_key, subject, sans)
    builder = x509.CertificateSigningRequestBuilder().subject_name(request.subject)
    if (names := alternative_names(request.sans)) is not None:
        builder = builder.add_extension(names, critical=not list(request.subject))
    return sealed(builder, by).public_bytes(serialization.Encoding.PEM).decode()


@checked
def read_request(pem: str | bytes) -> Request:
    """What a certificate request asks for, after its own signature was verified (RFC 2986 section 4.2).

    That proves that who asks has the key, and nothing about the names. Of the extensions it asks for, the other names
    are read; what the certificate allows is for the CA to say.

    Args:
        pem: One request in PEM, by its old label ``NEW CERTIFICATE REQUEST`` too (RFC 7468 section 7), or in DER.

    Raises:
        InputError: ``request-invalid``, ``name-invalid``; ``key-invalid``: no algorithm here uses such a key.
    """
    try:
        data = pem.encode() if isinstance(pem, str) else bytes(memoryview(pem))
        loaded = _loader(data)(data)
        material, subject, extensions = loaded.public_key(), loaded.subject, loaded.extensions
        digest = loaded.signature_hash_algorithm
    except BAD_FORM as error:
        raise InputError("request-invalid", "it holds no certificate request that is known here") from error
    if rows_of_request(loaded) is not None:
        raise InputError(
            "request-invalid",
            "the key is restricted to PSS (RFC 4055), which a certificate that is made here can't say",
        )
    if digest is not None and not is_strong(digest):
        weak = digest.name.upper()
        raise InputError("request-invalid", f"the request is signed with {weak}, which is not accepted: use SHA-256")
    if not _is_signed(loaded):
        raise InputError("request-invalid", "the request is not signed by its own key")
    return Request(material, subject, names_of(extensions))  # type: ignore[arg-type]  # its check makes sure of a Material


def _loader(data: bytes) -> Callable[[bytes], x509.CertificateSigningRequest]:
    if len(data) > MAX_REQUEST_SIZE:
        raise InputError("request-invalid", f"a request is over {MAX_REQUEST_SIZE} bytes")
    number = len(_BEGIN.findall(data))
    if number > 1:
        raise InputError("request-invalid", f"the PEM holds {number} requests: give each alone")
    return x509.load_pem_x509_csr if number or data[:1] != _DER else x509.load_der_x509_csr


def _is_signed(request: x509.CertificateSigningRequest) -> bool:
    try:
        return request.is_signature_valid
    except BAD_FORM:
        return False
