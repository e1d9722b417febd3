"""Our keys in joserfc: a registry of its own that knows every algorithm here, AKP and ML-DSA (RFC 9964) among them.

joserfc's global registry is left alone. Its key constructors are semi-internal, so this is their one user.

    >>> from cryptography.hazmat.primitives.asymmetric import ec
    >>> from joserfc import jws
    >>> from kmsjose import LocalSigner
    >>> signer = LocalSigner(ec.generate_private_key(ec.SECP256R1()))
    >>> token = jws.serialize_compact({"alg": "ES256"}, b"hello", signing_key(signer), registry=registry())
    >>> jws.deserialize_compact(token, verifying_key(signer.public_key), registry=registry()).payload
    b'hello'
"""

from __future__ import annotations

from typing import Any, ClassVar, Final

from joserfc.jwk import ECKey, Key, OKPKey, RSAKey
from joserfc.jws import JWSAlgModel, JWSRegistry  # type: ignore[attr-defined]  # the model is there, but not in its __all__
from joserfc.registry import KeyParameter

from ..algorithms import BY_NAME, TABLE, Algorithm, Family
from ..errors import VerificationError
from ..keys import PublicKey
from ..signers import Signer, as_private_key
from .compact import MAX_TOKEN_SIZE
from .header import MAX_HEADER_SIZE


class AKPKey(OKPKey):
    """A key of type AKP (RFC 9964 section 3); of OKP's class, since joserfc asks for one of its own."""

    key_type = "AKP"
    value_registry: ClassVar[dict[str, KeyParameter]] = {
        "alg": KeyParameter("Algorithm", "str", private=False, required=True),
        "pub": KeyParameter("Public Key", "str", private=False, required=True),
    }

    @property
    def curve_name(self) -> Any:
        """The algorithm, which takes a curve's place."""
        return self.get("alg")

    @property
    def is_private(self) -> bool:
        """Whether it can sign."""
        return hasattr(self.raw_value, "sign")

    @property
    def private_key(self) -> Any:
        """What signs, or None."""
        return self.raw_value if self.is_private else None

    @property
    def public_key(self) -> Any:
        """What verifies."""
        raw: Any = self.raw_value
        return raw.public_key() if self.is_private else raw


class MLDSA(JWSAlgModel):
    """ML-DSA of one parameter set for joserfc (RFC 9964 section 4).

    Args:
        row: The row of the parameter set.
    """

    key_type = "AKP"
    recommended = True

    def __init__(self, row: Algorithm) -> None:
        self.name = row.name
        self.description = f"{row.name} of FIPS 204"
        self._row = row

    def sign(self, msg: bytes, key: Any) -> bytes:
        """The raw signature of a signing input."""
        signature: bytes = key.get_op_key("sign").sign(msg)
        return signature

    def verify(self, msg: bytes, sig: bytes, key: Any) -> bool:
        """Whether a raw signature is good: joserfc's interface asks for a bool."""
        try:
            PublicKey.of(key.get_op_key("verify"), self._row.name).verify(msg, sig)
        except VerificationError:
            return False
        return True


_KEYS: Final[dict[str, Any]] = {"EC": ECKey, "RSA": RSAKey, "OKP": OKPKey, "AKP": AKPKey}
_ML_DSA: Final = {row.name: MLDSA(row) for row in TABLE if row.family is Family.ML_DSA}


class _Registry(JWSRegistry):
    algorithms = {  # noqa: RUF012 - joserfc declares it for instances, so mypy refuses ClassVar
        name: _ML_DSA.get(name) or JWSRegistry.algorithms[name] for name in BY_NAME
    }
    recommended = list(BY_NAME)  # noqa: RUF012 - as above
    max_header_length = MAX_HEADER_SIZE
    max_payload_length = MAX_TOKEN_SIZE
    max_signature_length = 2 * max(row.signature_size for row in TABLE)  # joserfc measures it in base64url


def registry() -> JWSRegistry:
    """A joserfc registry of every algorithm here and no other, with limits that hold certificates and ML-DSA."""
    return _Registry(strict_check_header=False)


def signing_key(signer: Signer) -> Key:
    """A Signer as a private key of joserfc: the key never comes into the process.

    Args:
        signer: Who signs.
    """
    return _key(signer.public_key, as_private_key(signer))


def verifying_key(key: PublicKey) -> Key:
    """A public key as joserfc's.

    Args:
        key: The public key.
    """
    return _key(key, key.material)


def _key(public_key: PublicKey, native: object) -> Key:
    jwk = public_key.to_jwk()
    if public_key.algorithm.fully_specified is not None:
        # A joserfc key that names EdDSA would refuse Ed25519, and the other way round.
        del jwk["alg"]
    key: Key = _KEYS[public_key.algorithm.kty](native, jwk)
    return key
