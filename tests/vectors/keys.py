"""The fixed keys of the vectors, private JWKs in `vectors/keys.json`, and a Signer that signs the same each time."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa, rsa

from kmsjose import PublicKey, VerificationError
from kmsjose.algorithms import TABLE, Algorithm, Family, by_name
from kmsjose.ecdsa import der_to_raw
from kmsjose.encoding import b64url_decode, b64url_encode
from kmsjose.keys.primitives import hash_of, padding_of

FOLDER = Path(__file__).resolve().parents[2] / "vectors"

_ML_DSA = {
    "ML-DSA-44": mldsa.MLDSA44PrivateKey,
    "ML-DSA-65": mldsa.MLDSA65PrivateKey,
    "ML-DSA-87": mldsa.MLDSA87PrivateKey,
}
_RSA_MEMBERS = ("n", "e", "d", "p", "q", "dp", "dq", "qi")


def encode(data: bytes) -> str:
    """base64url as text."""
    return b64url_encode(data).decode()


def decode(text: str) -> bytes:
    """The bytes of base64url text."""
    return b64url_decode(text.encode())


def load(jwk: Mapping[str, Any]) -> Any:
    """The `cryptography` key of a private JWK."""
    return _LOADERS[jwk["kty"]](jwk)


def _ec(jwk: Mapping[str, Any]) -> Any:
    return ec.derive_private_key(int.from_bytes(decode(jwk["d"])), by_name(jwk["alg"]).curve)


def _okp(jwk: Mapping[str, Any]) -> Any:
    return ed25519.Ed25519PrivateKey.from_private_bytes(decode(jwk["d"]))


def _akp(jwk: Mapping[str, Any]) -> Any:
    return _ML_DSA[jwk["alg"]].from_seed_bytes(decode(jwk["priv"]))


def _rsa(jwk: Mapping[str, Any]) -> Any:
    n, e, d, p, q, dp, dq, qi = (int.from_bytes(decode(jwk[name])) for name in _RSA_MEMBERS)
    return rsa.RSAPrivateNumbers(p, q, d, dp, dq, qi, rsa.RSAPublicNumbers(e, n)).private_key()


_LOADERS: dict[str, Callable[[Mapping[str, Any]], Any]] = {"EC": _ec, "OKP": _okp, "AKP": _akp, "RSA": _rsa}


def make_all(kept: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """A private JWK for every algorithm: from a hash of its name, but for RSA's one key, which is kept once made."""
    rsa_key = load(kept["RS256"]) if "RS256" in kept else rsa.generate_private_key(65537, 2048)
    return {row.name: _make(row, rsa_key) for row in TABLE}


def _make(row: Algorithm, rsa_key: rsa.RSAPrivateKey) -> dict[str, Any]:
    seed = sha256(b"kmsjose vector key of " + row.name.encode()).digest()
    private: dict[str, Any]
    if row.kty == "RSA":
        numbers = rsa_key.private_numbers()
        values = (numbers.d, numbers.p, numbers.q, numbers.dmp1, numbers.dmq1, numbers.iqmp)
        private = {name: _uint(value) for name, value in zip(_RSA_MEMBERS[2:], values, strict=True)}
        material: Any = rsa_key.public_key()
    elif row.kty == "EC":
        key = ec.derive_private_key(int.from_bytes(seed), row.curve)
        private = {"d": encode(key.private_numbers().private_value.to_bytes(row.coordinate_size))}
        material = key.public_key()
    else:
        member = "priv" if row.kty == "AKP" else "d"
        private = {member: encode(seed)}
        material = load({"kty": row.kty, "alg": row.name, member: encode(seed)}).public_key()
    return {**PublicKey.of(material, row.name).to_jwk(), **private}


def _uint(value: int) -> str:
    return encode(value.to_bytes((value.bit_length() + 7) // 8))


class VectorSigner:
    """Signs deterministically where the algorithm can, and else gives the signature that is kept for the same message.

    Args:
        jwk: A private JWK.
        kept: Signatures of an earlier run, by `kept_name`; new ones are added.
        kid: Another kid than the thumbprint.
    """

    def __init__(self, jwk: Mapping[str, Any], kept: dict[str, str], kid: str = "") -> None:
        self._private_key = load(jwk)
        self._kept = kept
        self.public_key = PublicKey.of(self._private_key.public_key(), jwk["alg"], kid)
        #: What KMS would have answered to the last call: DER for ECDSA.
        self.answered = b""

    def sign(self, message: bytes) -> bytes:
        """The raw signature."""
        row = self.public_key.algorithm
        self.answered = self._sign(message, row)
        return der_to_raw(self.answered, row) if row.family is Family.ECDSA else self.answered

    def sign_prehashed(self, prehashed: bytes) -> bytes:
        """The vectors sign whole messages."""
        raise NotImplementedError

    def _sign(self, message: bytes, row: Algorithm) -> bytes:
        key = self._private_key
        if row.family is Family.ECDSA:
            return key.sign(message, ec.ECDSA(hash_of(row), deterministic_signing=True))
        if row.family is Family.RSA_PKCS1:
            return key.sign(message, padding_of(row), hash_of(row))
        if row.family is Family.ED25519:
            return key.sign(message)
        name = kept_name(self.public_key, message)
        if name not in self._kept or not _verifies(self.public_key, message, decode(self._kept[name])):
            self._kept[name] = encode(
                key.sign(message, padding_of(row), hash_of(row)) if row.hash else key.sign(message)
            )
        return decode(self._kept[name])


def kept_name(key: PublicKey, message: bytes) -> str:
    """What a signature is kept under."""
    return sha256(key.thumbprint().encode() + key.algorithm.name.encode() + message).hexdigest()


def _verifies(key: PublicKey, message: bytes, signature: bytes) -> bool:
    try:
        key.verify(message, signature)
    except VerificationError:
        return False
    return True


def read(name: str) -> Any:
    """A file of vectors, or nothing if there is none yet."""
    path = FOLDER / name
    return json.loads(path.read_text("utf-8")) if path.exists() else {}
