"""RSA keys that are restricted to PSS, as X.509 names them: `cryptography` reads them as plain RSA keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cryptography import x509
from cryptography.x509.oid import PublicKeyAlgorithmOID

from ..algorithms import Algorithm, Family, select

#: DER of the object identifiers, without their tag and length (RFC 4055 sections 2.1, 2.2 and 3).
_PSS: Final = bytes.fromhex("2a864886f70d01010a")
_MGF1: Final = bytes.fromhex("2a864886f70d010108")
_HASHES: Final = {
    bytes.fromhex("608648016503040201"): "sha256",
    bytes.fromhex("608648016503040202"): "sha384",
    bytes.fromhex("608648016503040203"): "sha512",
}
_SEQUENCE: Final = 0x30
_VERSION, _HASH, _MASK, _SALT, _TRAILER = 0xA0, 0xA0, 0xA1, 0xA2, 0xA3
#: The salt and the trailer of parameters that name none (RFC 4055 section 3.1).
_SALT_20: Final = b"\x02\x01\x14"
_TRAILER_1: Final = b"\x02\x01\x01"


def rows_of_spki(spki: bytes) -> tuple[Algorithm, ...] | None:
    """What an RSA key of id-RSASSA-PSS may do: the PS row of its parameters, or all three; None where it is not one.

    Args:
        spki: DER SubjectPublicKeyInfo, or RSAPublicKey, that `cryptography` has read.
    """
    return _rows(next(_members(spki))[1])


def rows_of_certificate(certificate: x509.Certificate) -> tuple[Algorithm, ...] | None:
    """The same of a certificate's key."""
    if certificate.public_key_algorithm_oid != PublicKeyAlgorithmOID.RSASSA_PSS:
        return None
    members = list(_members(next(_members(certificate.tbs_certificate_bytes))[1]))
    # RFC 5280 section 4.1: the serial number, three others and the subject before it, and in version 3 the version.
    return _rows(members[6 if members[0][0] == _VERSION else 5][1])


def rows_of_request(request: x509.CertificateSigningRequest) -> tuple[Algorithm, ...] | None:
    """The same of the key of a certificate request."""
    # RFC 2986 section 4.1: the version and the subject before it.
    _, _, (_, spki), *_ = _members(next(_members(request.tbs_certrequest_bytes))[1])
    return _rows(spki)


def _rows(spki: bytes) -> tuple[Algorithm, ...] | None:
    tag, algorithm = next(_members(spki))
    if tag != _SEQUENCE:
        return None  # It is the modulus of a bare RSAPublicKey (RFC 8017 appendix A.1.1).
    (_, identifier), *parameters = _members(algorithm)
    if identifier != _PSS:
        return None
    rows = select(lambda row: row.family is Family.RSA_PSS)
    return tuple(row for row in rows if _allows(parameters[0][1], row)) if parameters else rows


def _allows(parameters: bytes, row: Algorithm) -> bool:
    """Whether a signature of a row has the hashes, and at least the salt, that a key's parameters ask for."""
    try:
        given = dict(_members(parameters))
        mask, mask_hash = _members(next(_members(given[_MASK]))[1])
        hashes = {_hash_of(next(_members(given[_HASH]))[1]), _hash_of(mask_hash[1])}
        least_salt = int.from_bytes(next(_members(given.get(_SALT, _SALT_20)))[1])
    except (KeyError, IndexError, StopIteration, ValueError):
        return False  # Where a hash is left out, it is SHA-1.
    return (
        row.hash is not None
        and hashes == {row.hash.name}
        and mask[1] == _MGF1
        and least_salt <= row.hash.digest_size
        and given.get(_TRAILER, _TRAILER_1) == _TRAILER_1
    )


def _hash_of(algorithm: bytes) -> str | None:
    return _HASHES.get(next(_members(algorithm))[1])


def _members(content: bytes) -> Iterator[tuple[int, bytes]]:
    """The tag and the content of each member of a constructed type, in DER (X.690 section 8.1)."""
    while content:
        size = content[1] & 0x7F if content[1] & 0x80 else 0
        start = 2 + size
        end = start + (int.from_bytes(content[2:start]) if size else content[1])
        yield content[0], content[start:end]
        content = content[end:]
