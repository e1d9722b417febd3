"""THE table: everything that is true of an algorithm stands in one row, and nowhere else.

RFC 7518 section 3.1, RFC 8037, RFC 8812, RFC 9053, RFC 9864, RFC 9964; the KMS columns follow AWS's service model.

    >>> by_name("ES256").kms_algorithm
    'ECDSA_SHA_256'
    >>> by_name("Ed25519") is by_name("EdDSA")
    True
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import Enum
from typing import Final, Literal

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa, rsa

from .arguments import checked, refuse_misuse
from .errors import InputError

__all__ = [
    "BY_COSE",
    "BY_NAME",
    "COSE_HASHES",
    "COSE_SHA256",
    "TABLE",
    "Algorithm",
    "Family",
    "Fips",
    "Material",
    "MessageType",
    "accepted",
    "by_key_spec",
    "by_name",
    "select",
]

MessageType = Literal["DIGEST", "RAW", "EXTERNAL_MU"]

#: What `cryptography` holds a public key in.
Material = (
    ec.EllipticCurvePublicKey
    | rsa.RSAPublicKey
    | ed25519.Ed25519PublicKey
    | mldsa.MLDSA44PublicKey
    | mldsa.MLDSA65PublicKey
    | mldsa.MLDSA87PublicKey
)


class Family(Enum):
    """The primitive that an algorithm uses: which `cryptography` calls sign and verify."""

    ECDSA = "ECDSA"
    RSA_PKCS1 = "RSASSA-PKCS1-v1_5"
    RSA_PSS = "RSASSA-PSS"
    ED25519 = "Ed25519"
    ML_DSA = "ML-DSA"


class Fips(Enum):
    """An algorithm's standing under FIPS 140-3 as AWS states it for its KMS HSMs (certificate 4884)."""

    APPROVED = "approved"
    BLOCKCHAIN_ONLY = "secp256k1: approved for blockchain use only"
    NOT_COVERED = "not covered by certificate 4884"


@dataclass(frozen=True, slots=True, eq=False)
class Algorithm:
    """One row of the table; there is one object a row, so rows compare by identity.

    Attributes:
        name: The JOSE ``alg`` that is written by default.
        fully_specified: The fully specified JOSE name (RFC 9864) where it differs from `name`.
        cose: The COSE number that is written by default.
        cose_fully_specified: The fully specified COSE number (RFC 9864) where it differs from `cose`.
        family: The primitive.
        kty: The JWK key type.
        cose_kty: The COSE key type.
        crv: The JWK curve name, None where the key type has none.
        cose_crv: The COSE curve number.
        curve: The `cryptography` curve of an ECDSA row.
        public_key_type: The `cryptography` class of its public keys.
        hash: The hash that the message goes through, None where the primitive does its own.
        key_specs: The KMS KeySpecs that can do it.
        kms_algorithm: The KMS SigningAlgorithm.
        message_type: The KMS MessageType for a message of any size; ``RAW`` alone means at most 4096 bytes.
        raw_up_to: Up to this many bytes the message itself is sent (as ``RAW``); 0 where it never is.
        coordinate_size: Bytes of r, of s and of each coordinate for ECDSA, of the key for Ed25519; else 0.
        signature_size: Bytes of the raw signature; 0 for RSA, where it is the modulus's.
        low_s: Whether signing puts s into the lower half (verifying takes both).
        fips: FIPS 140-3 standing.
    """

    name: str
    fully_specified: str | None
    cose: int
    cose_fully_specified: int | None
    family: Family
    kty: str
    cose_kty: int
    crv: str | None
    cose_crv: int | None
    curve: ec.EllipticCurve | None
    public_key_type: type[Material]
    hash: hashes.HashAlgorithm | None
    key_specs: tuple[str, ...]
    kms_algorithm: str
    message_type: MessageType
    raw_up_to: int
    coordinate_size: int
    signature_size: int
    low_s: bool
    fips: Fips

    @property
    def names(self) -> tuple[str, ...]:
        """Every JOSE name of the row, the default one first."""
        return (self.name,) if self.fully_specified is None else (self.name, self.fully_specified)

    @property
    def cose_numbers(self) -> tuple[int, ...]:
        """Every COSE number of the row, the default one first."""
        return (self.cose,) if self.cose_fully_specified is None else (self.cose, self.cose_fully_specified)

    @property
    def prehashed_size(self) -> int:
        """Bytes of what `sign_prehashed` takes: the digest, or ML-DSA's mu; 0 where the message itself is signed."""
        if self.hash is not None:
            return self.hash.digest_size
        return _MU_SIZE if self.message_type == "EXTERNAL_MU" else 0

    @property
    def message_types(self) -> tuple[MessageType, ...]:
        """Every KMS MessageType that a message is sent as, by its size."""
        return ("RAW", self.message_type) if self.raw_up_to and self.message_type != "RAW" else (self.message_type,)

    @checked
    def fits(self, material: object) -> bool:
        """Whether a `cryptography` public key is of this row's type and curve."""
        if not isinstance(material, self.public_key_type):
            return False
        return self.curve is None or getattr(material, "curve").name == self.curve.name  # noqa: B009 - of EC keys only

    def __reduce__(self) -> tuple[Callable[[str], Algorithm], tuple[str]]:
        return by_name, (self.name,)

    def __repr__(self) -> str:
        return f"<Algorithm {self.name}>"


_KMS_MESSAGE_LIMIT: Final = 4096
_MU_SIZE: Final = 64
_RSA_SPECS: Final = ("RSA_2048", "RSA_3072", "RSA_4096")


def _ecdsa(name: str, cose: int, full: int | None, crv: str, cose_crv: int, curve: ec.EllipticCurve,
           digest: hashes.HashAlgorithm, spec: str, size: int, fips: Fips = Fips.APPROVED) -> Algorithm:  # fmt: skip
    return Algorithm(
        name, None, cose, full, Family.ECDSA, "EC", 2, crv, cose_crv, curve, ec.EllipticCurvePublicKey, digest,
        (spec,),
        f"ECDSA_SHA_{digest.digest_size * 8}", "DIGEST", 0, size, 2 * size, fips is Fips.BLOCKCHAIN_ONLY, fips,
    )  # fmt: skip


def _rsa(name: str, cose: int, family: Family, kms_prefix: str, digest: hashes.HashAlgorithm) -> Algorithm:
    return Algorithm(
        name, None, cose, None, family, "RSA", 3, None, None, None, rsa.RSAPublicKey, digest, _RSA_SPECS,
        f"{kms_prefix}_SHA_{digest.digest_size * 8}", "DIGEST", 0, 0, 0, False, Fips.APPROVED,
    )  # fmt: skip


def _ml_dsa(name: str, cose: int, public_key_type: type[Material], signature_size: int) -> Algorithm:
    return Algorithm(
        name, None, cose, None, Family.ML_DSA, "AKP", 7, None, None, None, public_key_type, None,
        (name.replace("-", "_"),),
        "ML_DSA_SHAKE_256", "EXTERNAL_MU", _KMS_MESSAGE_LIMIT, 0, signature_size, False, Fips.NOT_COVERED,
    )  # fmt: skip


#: Every row, in the order in which they are shown.
TABLE: Final[tuple[Algorithm, ...]] = (
    _ecdsa("ES256", -7, -9, "P-256", 1, ec.SECP256R1(), hashes.SHA256(), "ECC_NIST_P256", 32),
    _ecdsa("ES384", -35, -51, "P-384", 2, ec.SECP384R1(), hashes.SHA384(), "ECC_NIST_P384", 48),
    _ecdsa("ES512", -36, -52, "P-521", 3, ec.SECP521R1(), hashes.SHA512(), "ECC_NIST_P521", 66),
    _ecdsa("ES256K", -47, None, "secp256k1", 8, ec.SECP256K1(), hashes.SHA256(), "ECC_SECG_P256K1", 32, Fips.BLOCKCHAIN_ONLY),
    Algorithm(
        "EdDSA", "Ed25519", -8, -19, Family.ED25519, "OKP", 1, "Ed25519", 6, None,
        ed25519.Ed25519PublicKey, None, ("ECC_NIST_EDWARDS25519",),
        "ED25519_SHA_512", "RAW", _KMS_MESSAGE_LIMIT, 32, 64, False, Fips.NOT_COVERED,
    ),
    _rsa("PS256", -37, Family.RSA_PSS, "RSASSA_PSS", hashes.SHA256()),
    _rsa("PS384", -38, Family.RSA_PSS, "RSASSA_PSS", hashes.SHA384()),
    _rsa("PS512", -39, Family.RSA_PSS, "RSASSA_PSS", hashes.SHA512()),
    _rsa("RS256", -257, Family.RSA_PKCS1, "RSASSA_PKCS1_V1_5", hashes.SHA256()),
    _rsa("RS384", -258, Family.RSA_PKCS1, "RSASSA_PKCS1_V1_5", hashes.SHA384()),
    _rsa("RS512", -259, Family.RSA_PKCS1, "RSASSA_PKCS1_V1_5", hashes.SHA512()),
    _ml_dsa("ML-DSA-44", -48, mldsa.MLDSA44PublicKey, 2420),
    _ml_dsa("ML-DSA-65", -49, mldsa.MLDSA65PublicKey, 3309),
    _ml_dsa("ML-DSA-87", -50, mldsa.MLDSA87PublicKey, 4627),
)  # fmt: skip

#: JOSE name to row; both names of Ed25519 lead to one row.
BY_NAME: Final[dict[str, Algorithm]] = {name: row for row in TABLE for name in row.names}
#: COSE number to row; a fully specified number leads to the row of its curve.
BY_COSE: Final[dict[int, Algorithm]] = {number: row for row in TABLE for number in row.cose_numbers}
#: What names a digest where nobody asks for another.
COSE_SHA256: Final = -16
#: COSE number to hash, for what is named by its digest (RFC 9054 section 2): x5t and hash envelopes.
COSE_HASHES: Final[dict[int, hashes.HashAlgorithm]] = {
    COSE_SHA256: hashes.SHA256(),
    -43: hashes.SHA384(),
    -44: hashes.SHA512(),
}


def by_name(name: str) -> Algorithm:
    """The row of a JOSE ``alg`` name.

    Raises:
        InputError: ``alg-unknown``.
    """
    try:
        return BY_NAME[name]
    except (KeyError, TypeError):
        told = repr(name[:40]) if isinstance(name, str) else f"by what is of type {type(name).__name__}"
        raise InputError("alg-unknown", f"no algorithm is called {told}") from None


def accepted(names: Collection[str] | None) -> frozenset[Algorithm] | None:
    """The rows that a verifier accepts, None for whatever its keys do; one name may stand for itself.

    Raises:
        InputError: ``alg-unknown``.
    """
    if names is None:
        return None
    try:
        return frozenset(by_name(name) for name in ((names,) if isinstance(names, str) else names))
    except TypeError as error:
        refuse_misuse(accepted, locals(), error)
        raise


@checked
def select(test: Callable[[Algorithm], bool]) -> tuple[Algorithm, ...]:
    """Every row that passes a test, in the table's order.

    >>> [row.name for row in select(lambda row: "ECC_NIST_P256" in row.key_specs)]
    ['ES256']
    """
    return tuple(row for row in TABLE if test(row))


def by_key_spec(key_spec: str) -> tuple[Algorithm, ...]:
    """The rows that a KMS KeySpec can do: six for RSA, one for every other signing key, none for the rest."""
    return select(lambda row: key_spec in row.key_specs)
