"""Certificates for the tests of keys."""

from __future__ import annotations

import datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import NameOID


@pytest.fixture(scope="session")
def certify(private_keys):
    """A certificate of a public key, issued by the session's ES256 key."""

    def make(public_key) -> x509.Certificate:
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
        start = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(public_key)
            .serial_number(7)
            .not_valid_before(start)
            .not_valid_after(start + datetime.timedelta(days=3650))
        )
        return builder.sign(private_keys["ES256"], hashes.SHA256())

    return make
