"""Sign, Verify and GetPublicKey."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from ...algorithms import TABLE, Algorithm, Family
from ...keys.primitives import hash_of, padding_of
from ...keys.private import PrivateMaterial
from .keys import KeyRecord
from .refusals import Refusal, invalid, unsupported
from .region import Region
from .requests import Request
from .specs import ABILITY, spki
from .usage import material_of, note_usage, refuse_dry_run, refuse_usage

_MU_SIZE: Final = 64


@dataclass(frozen=True, slots=True)
class _Scheme:
    """How a family does one MessageType; `Any` is the `cryptography` key of that family.

    Attributes:
        size: The size that the message must have, 0 for any.
        sign: Of a private key, a row and a message: the signature as KMS gives it.
        verify: Of a public key, a row, a message and a signature; raises InvalidSignature.
    """

    size: Callable[[Algorithm], int]
    sign: Callable[[Any, Algorithm, bytes], bytes]
    verify: Callable[[Any, Algorithm, bytes, bytes], None]


_Hash = hashes.HashAlgorithm | Prehashed


def _prehashed(row: Algorithm) -> _Hash:
    return Prehashed(hash_of(row))


def _any_size(_row: Algorithm) -> int:
    return 0


def _digest_size(row: Algorithm) -> int:
    return hash_of(row).digest_size


def _ecdsa(hash_for: Callable[[Algorithm], _Hash], size: Callable[[Algorithm], int]) -> _Scheme:
    return _Scheme(
        size,
        lambda key, row, message: key.sign(message, ec.ECDSA(hash_for(row))),
        lambda key, row, message, signature: key.verify(signature, message, ec.ECDSA(hash_for(row))),
    )


def _rsa(hash_for: Callable[[Algorithm], _Hash], size: Callable[[Algorithm], int]) -> _Scheme:
    return _Scheme(
        size,
        lambda key, row, message: key.sign(message, padding_of(row), hash_for(row)),
        lambda key, row, message, signature: key.verify(signature, message, padding_of(row), hash_for(row)),
    )


_PLAIN: Final = _Scheme(
    _any_size,
    lambda key, _row, message: key.sign(message),
    lambda key, _row, message, signature: key.verify(signature, message),
)
_MU: Final = _Scheme(
    lambda _row: _MU_SIZE,
    lambda key, _row, mu: key.sign_mu(mu),
    lambda key, _row, mu, signature: key.verify_mu(signature, mu),
)

_SCHEMES: Final[Mapping[tuple[Family, str], _Scheme]] = {
    (Family.ECDSA, "RAW"): _ecdsa(hash_of, _any_size),
    (Family.ECDSA, "DIGEST"): _ecdsa(_prehashed, _digest_size),
    (Family.RSA_PKCS1, "RAW"): _rsa(hash_of, _any_size),
    (Family.RSA_PKCS1, "DIGEST"): _rsa(_prehashed, _digest_size),
    (Family.RSA_PSS, "RAW"): _rsa(hash_of, _any_size),
    (Family.RSA_PSS, "DIGEST"): _rsa(_prehashed, _digest_size),
    (Family.ED25519, "RAW"): _PLAIN,
    (Family.ML_DSA, "RAW"): _PLAIN,
    (Family.ML_DSA, "EXTERNAL_MU"): _MU,
}

# KMS names an algorithm by KeySpec and SigningAlgorithm together.
_ROWS: Final = {(spec, row.kms_algorithm): row for row in TABLE for spec in row.key_specs}


def sign(region: Region, request: Request) -> Mapping[str, object]:
    """Sign: DER for ECDSA, with s as it comes; raw for the rest."""
    record, row, scheme = _prepare(region, request)
    message = request.blob("Message")
    key = private_key_of(region, record)
    refuse_dry_run(request)
    signature = scheme.sign(key, row, message)
    note_usage(region, record, request)
    return {
        "KeyId": record.arn,
        "Signature": signature,
        "SigningAlgorithm": row.kms_algorithm,
    }


def verify(region: Region, request: Request) -> Mapping[str, object]:
    """Verify: an answer means yes, a signature that is wrong is an error."""
    record, row, scheme = _prepare(region, request)
    message, signature = request.blob("Message"), request.blob("Signature")
    key = private_key_of(region, record)
    refuse_dry_run(request)
    try:
        scheme.verify(key.public_key(), row, message, signature)
    except InvalidSignature:
        raise Refusal("KMSInvalidSignatureException") from None
    note_usage(region, record, request)
    return {"KeyId": record.arn, "SignatureValid": True, "SigningAlgorithm": row.kms_algorithm}


def get_public_key(region: Region, request: Request) -> Mapping[str, object]:
    """GetPublicKey: of any asymmetric key that is enabled."""
    record = region.key_or_alias(request.text("KeyId"))
    region.refuse_unusable(record)
    if record.facts.kind != "asymmetric":
        raise unsupported(f"{record.arn} key spec is {record.spec} which is not valid for GetPublicKey.")
    return {
        "KeyId": record.arn,
        "PublicKey": spki(private_key_of(region, record)),
        "CustomerMasterKeySpec": record.spec,
        "KeySpec": record.spec,
        "KeyUsage": record.usage,
        ABILITY[record.usage]: record.algorithms,
    }


def _prepare(region: Region, request: Request) -> tuple[KeyRecord, Algorithm, _Scheme]:
    """The key, its row and its scheme, once everything but the signature is known to be right."""
    record = region.key_or_alias(request.text("KeyId"))
    region.refuse_unusable(record)
    refuse_usage(record, request, "SIGN_VERIFY")
    row = _row(record, request.text("SigningAlgorithm"))
    message_type = request.text("MessageType", "RAW")
    scheme = _SCHEMES.get((row.family, message_type))
    if scheme is None:
        raise invalid(f"Message type {message_type} is incompatible with key spec {record.spec}.")
    size = scheme.size(row)
    if size and len(request.blob("Message")) != size:
        raise invalid(f"Digest is invalid length for algorithm {row.kms_algorithm}.")
    return record, row, scheme


def _row(record: KeyRecord, algorithm: str) -> Algorithm:
    if algorithm not in record.algorithms:
        raise Refusal("InvalidKeyUsageException", f"Algorithm {algorithm} is incompatible with key spec {record.spec}.")
    row = _ROWS.get((record.spec, algorithm))
    if row is None:
        raise unsupported(f"The embedded KMS does not do {algorithm}, which is neither JOSE's nor COSE's EdDSA.")
    return row


def private_key_of(region: Region, record: KeyRecord) -> PrivateMaterial:
    """The private key of an asymmetric key that has one.

    Raises:
        Refusal: ``KMSInvalidStateException``: it is missing.
    """
    return material_of(region, record)  # type: ignore[return-value]  # that of an asymmetric key is nothing else
