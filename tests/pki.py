"""Certificates of any kind, wrong ones too: made by `cryptography`'s own builder, and so not by what is tested."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from kmsjose.keys import Certificate

NOW = datetime(2026, 6, 1, 12, 0, 0, tzinfo=UTC)
USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


def named(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)] if text else [])


def usage(*allowed: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{one: one in allowed for one in USAGES})


class Entity:
    """Someone who has a key, and a name."""

    def __init__(self, name: str, key=None) -> None:
        self.name = name
        self.key = key or ec.generate_private_key(ec.SECP256R1())

    def certify(
        self,
        other: Entity,
        *extensions: x509.ExtensionType,
        ca: bool | None = None,
        path_length: int | None = None,
        critical: bool = True,
        before: timedelta = timedelta(days=1),
        after: timedelta = timedelta(days=1),
        digest=None,
    ) -> Certificate:
        """A certificate of someone, or of itself; `ca` of None has no basicConstraints."""
        builder = (
            x509.CertificateBuilder()
            .subject_name(named(other.name))
            .issuer_name(named(self.name))
            .public_key(other.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOW - before)
            .not_valid_after(NOW + after)
        )
        if ca is not None:
            builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=path_length), critical=True)
        for extension in extensions:
            builder = builder.add_extension(extension, critical=critical)
        hashed = isinstance(self.key, ec.EllipticCurvePrivateKey) or hasattr(self.key, "decrypt")
        signed = builder.sign(self.key, digest or (hashes.SHA256() if hashed else None))
        return Certificate.from_der(signed.public_bytes(Encoding.DER))
