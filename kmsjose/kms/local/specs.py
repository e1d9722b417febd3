"""The KeySpecs that can be created: what each may be used for, and how its key is made.

What a signing key can do comes from the table of algorithms; only the making of a key is added here.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa, rsa

from ...algorithms import TABLE, by_key_spec
from ...keys.private import PrivateMaterial

#: KeyUsage to the member of an answer that lists what the key can do.
ABILITY: Final[Mapping[str, str]] = {
    "SIGN_VERIFY": "SigningAlgorithms",
    "ENCRYPT_DECRYPT": "EncryptionAlgorithms",
    "GENERATE_VERIFY_MAC": "MacAlgorithms",
    "KEY_AGREEMENT": "KeyAgreementAlgorithms",
}


@dataclass(frozen=True, slots=True)
class Secret:
    """The material of an HMAC key.

    Attributes:
        content: Its bytes.
    """

    content: bytes = field(repr=False)


#: What a key is made of.
Material = PrivateMaterial | Secret


@dataclass(frozen=True, slots=True)
class Spec:
    """One KeySpec.

    Attributes:
        name: As AWS names it.
        kind: An alias moves only between keys of one kind: ``asymmetric``, ``symmetric`` or ``HMAC``.
        usages: Each KeyUsage that it may have, with the algorithms of that usage as AWS lists them.
        generate: Makes a key; None for keys that are only described.
    """

    name: str
    kind: str
    usages: Mapping[str, tuple[str, ...]]
    generate: Callable[[], Material] | None = None


_HMAC_BITS: Final = {f"HMAC_{bits}": bits for bits in (224, 256, 384, 512)}
_RSA_BITS: Final = {"RSA_2048": 2048, "RSA_3072": 3072, "RSA_4096": 4096}

_GENERATE: Final[dict[str, Callable[[], PrivateMaterial]]] = {
    **{name: partial(rsa.generate_private_key, 65537, bits) for name, bits in _RSA_BITS.items()},
    **{
        name: partial(ec.generate_private_key, row.curve)
        for row in TABLE
        if row.curve is not None
        for name in row.key_specs
    },
    "ECC_NIST_EDWARDS25519": ed25519.Ed25519PrivateKey.generate,
    "ML_DSA_44": mldsa.MLDSA44PrivateKey.generate,
    "ML_DSA_65": mldsa.MLDSA65PrivateKey.generate,
    "ML_DSA_87": mldsa.MLDSA87PrivateKey.generate,
}

# What AWS lists beside the table's rows: usages other than signing, and Ed25519ph, which no JOSE or COSE name means.
_BESIDE: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    **{name: {"ENCRYPT_DECRYPT": ("RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256")} for name in _RSA_BITS},
    **{name: {"KEY_AGREEMENT": ("ECDH",)} for name in ("ECC_NIST_P256", "ECC_NIST_P384", "ECC_NIST_P521")},
    "ECC_NIST_EDWARDS25519": {"SIGN_VERIFY": ("ED25519_PH_SHA_512",)},
}


def _signing(name: str) -> Spec:
    beside = dict(_BESIDE.get(name, {}))
    signing = tuple(sorted(row.kms_algorithm for row in by_key_spec(name))) + beside.pop("SIGN_VERIFY", ())
    return Spec(name, "asymmetric", {"SIGN_VERIFY": signing, **beside}, _GENERATE[name])


def _hmac(bits: int) -> Spec:
    usages = {"GENERATE_VERIFY_MAC": (f"HMAC_SHA_{bits}",)}
    return Spec(f"HMAC_{bits}", "HMAC", usages, lambda: Secret(secrets.token_bytes(bits // 8)))


_ALL: Final = (
    Spec("SYMMETRIC_DEFAULT", "symmetric", {"ENCRYPT_DECRYPT": ("SYMMETRIC_DEFAULT",)}),
    *(_hmac(bits) for bits in _HMAC_BITS.values()),
    *(_signing(name) for name in _GENERATE),
)

#: Every KeySpec that can be created.
SPECS: Final[Mapping[str, Spec]] = {spec.name: spec for spec in _ALL}


def fits(key: object, name: str) -> bool:
    """Whether material is that of a key of a KeySpec: of its type, its curve and, for RSA and HMAC, its size."""
    if isinstance(key, Secret):
        return _HMAC_BITS.get(name) == len(key.content) * 8
    public_key = getattr(key, "public_key", None)
    if public_key is None or not any(row.fits(public_key()) for row in by_key_spec(name)):
        return False
    return getattr(key, "key_size", None) == _RSA_BITS[name] if name in _RSA_BITS else True


def spki(key: PrivateMaterial) -> bytes:
    """The public half in the form that GetPublicKey answers with."""
    return key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
