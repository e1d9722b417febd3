"""Key material as it is wrapped for an import into KMS, and forms of it that KMS does not take."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from typing import Any

from cryptography.hazmat.primitives import hashes, keywrap
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa, padding, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_public_key,
)

FOREVER: Mapping[str, Any] = {"ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}
MAKERS: Mapping[str, Callable[[], Any]] = {
    "ECC_NIST_P256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "ECC_NIST_P384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "ECC_NIST_P521": lambda: ec.generate_private_key(ec.SECP521R1()),
    "ECC_SECG_P256K1": lambda: ec.generate_private_key(ec.SECP256K1()),
    "ECC_NIST_EDWARDS25519": ed25519.Ed25519PrivateKey.generate,
    "RSA_2048": lambda: rsa.generate_private_key(65537, 2048),
    "ML_DSA_44": mldsa.MLDSA44PrivateKey.generate,
    "ML_DSA_65": mldsa.MLDSA65PrivateKey.generate,
    "ML_DSA_87": mldsa.MLDSA87PrivateKey.generate,
}
_OAEP = {
    name: padding.OAEP(padding.MGF1(used), used, None)
    for name, used in (("SHA_1", hashes.SHA1()), ("SHA_256", hashes.SHA256()))
}


def pkcs8(key: Any) -> bytes:
    """A private key as KMS takes it."""
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def spki(key: Any) -> bytes:
    """Its public half as KMS answers with it."""
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _traditional(spec: str) -> bytes:
    return MAKERS[spec]().private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())


def _pem() -> bytes:
    return MAKERS["ECC_NIST_P256"]().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _encrypted() -> bytes:
    return MAKERS["ECC_NIST_P256"]().private_bytes(Encoding.DER, PrivateFormat.PKCS8, BestAvailableEncryption(b"pw"))


WRONG_FORMS: Mapping[str, tuple[str, Callable[[], bytes]]] = {
    "SEC 1": ("ECC_NIST_P256", lambda: _traditional("ECC_NIST_P256")),
    "PKCS #1": ("RSA_2048", lambda: _traditional("RSA_2048")),
    "PEM": ("ECC_NIST_P256", _pem),
    "encrypted": ("ECC_NIST_P256", _encrypted),
    "JWK": ("ECC_NIST_P256", lambda: json.dumps({"kty": "EC", "crv": "P-256", "d": "AA"}).encode()),
    "public": ("ECC_NIST_P256", lambda: spki(MAKERS["ECC_NIST_P256"]())),
}


def wrap(parameters: Mapping[str, Any], material: bytes, algorithm: str = "RSA_AES_KEY_WRAP_SHA_256") -> bytes:
    """Material, wrapped by what GetParametersForImport answered."""
    public = load_der_public_key(parameters["PublicKey"])
    oaep = _OAEP["SHA_256" if algorithm.endswith("SHA_256") else "SHA_1"]
    if algorithm.startswith("RSAES_OAEP"):
        return public.encrypt(material, oaep)
    aes = os.urandom(32)
    return public.encrypt(aes, oaep) + keywrap.aes_key_wrap_with_padding(aes, material)


def import_material(
    client: Any,
    key: str,
    material: bytes,
    algorithm: str = "RSA_AES_KEY_WRAP_SHA_256",
    wrapping: str = "RSA_2048",
    **options: Any,
) -> Any:
    """Import material into a key, for good unless something else is asked for."""
    parameters = client.get_parameters_for_import(KeyId=key, WrappingAlgorithm=algorithm, WrappingKeySpec=wrapping)
    return client.import_key_material(
        KeyId=key,
        ImportToken=parameters["ImportToken"],
        EncryptedKeyMaterial=wrap(parameters, material, algorithm),
        **(options or FOREVER),
    )
