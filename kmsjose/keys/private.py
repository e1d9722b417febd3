"""A private key as it is read from a file, before it signs or moves into KMS: PKCS#8, its older forms, or a JWK."""

from __future__ import annotations

from base64 import b64decode
from dataclasses import dataclass, field, replace
from typing import Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa, rsa

from ..algorithms import by_name, select
from ..arguments import checked
from ..errors import InputError
from .kids import kid_as_text
from .password_cost import check_cost
from .unreadable import UNREADABLE

#: What `cryptography` holds a private key that can sign in.
PrivateMaterial = (
    ec.EllipticCurvePrivateKey
    | rsa.RSAPrivateKey
    | ed25519.Ed25519PrivateKey
    | mldsa.MLDSA44PrivateKey
    | mldsa.MLDSA65PrivateKey
    | mldsa.MLDSA87PrivateKey
)

_PEM: Final = b"-----BEGIN "
_PRIVATE: Final = b"PRIVATE KEY-----"
_ENCRYPTED: Final = b"-----BEGIN ENCRYPTED PRIVATE KEY-----"


@dataclass(frozen=True, slots=True, eq=False)
class PrivateKey:
    """A private key, with what its file says of it; it equals itself alone.

    Attributes:
        material: The key as `cryptography` holds it.
        alg: The JOSE name of its algorithm, where a JWK gives one.
        kid: Its key id, where a JWK gives one.
    """

    material: PrivateMaterial = field(repr=False)
    alg: str | None = None
    kid: str | None = None

    @checked
    def named(self, alg: str | None, kid: str | bytes | None) -> PrivateKey:
        """The same key, with an algorithm and a kid that are given in place of its own.

        Raises:
            InputError: ``alg-unknown``; ``alg-unsupported-by-key``: the key names another algorithm.
        """
        if alg is not None and self.alg is not None and by_name(alg) is not by_name(self.alg):
            raise InputError("alg-unsupported-by-key", f"the JWK is not a key of {by_name(alg).name}, but {self.alg}")
        return replace(self, alg=self.alg if alg is None else alg, kid=kid_as_text(kid) if kid else self.kid)


@checked
def read_private_key(data: bytes, password: str | bytes | None = None) -> PrivateKey:
    """The private key of a file's content.

    Args:
        data: PKCS#8 in PEM or DER (RFC 5958, RFC 7468), encrypted or not; what OpenSSL calls traditional, SEC 1 or
            PKCS #1; or a private JWK (RFC 7517).
        password: Of an encrypted key; text is its UTF-8.

    Raises:
        InputError: ``key-invalid``: none of these, of a type that no algorithm here uses, or encrypted so that a
            password takes more than some seconds to try; ``password``: it is encrypted and there is none, or a wrong
            one; or there is one, and it is not encrypted.

    >>> key = ed25519.Ed25519PrivateKey.generate()
    >>> form = serialization.PrivateFormat.PKCS8
    >>> read_private_key(key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))
    PrivateKey(alg=None, kid=None)
    """
    # PEM last: a kid in a JWK may hold what it begins with.
    if data.lstrip()[:1] == b"{":
        from .private_jwk import private_from_jwk

        if password is not None:
            raise InputError("password", "a JWK is not encrypted")
        return private_from_jwk(data)
    material = load_private_key(data, password)
    if not select(lambda row: row.fits(material.public_key())):
        raise InputError("key-invalid", "no algorithm here uses a key of this type or curve")
    return PrivateKey(material)


def load_private_key(data: bytes, password: str | bytes | None) -> PrivateMaterial:
    """The private key in PEM or DER, of whatever type it is.

    Raises:
        InputError: as `read_private_key`.
    """
    if _PEM in data:
        _check_blocks(data)
    try:
        return _loaded(data, password.encode() if isinstance(password, str) else password)
    except TypeError:
        code, told = "password", f"the private key is {'encrypted' if password is None else 'not encrypted'}"
    except UNREADABLE:
        code, told = "key-invalid", "it is no private key that can be read"
        if password is not None and _is_encrypted(data):
            code, told = "password", "the password is not that of the private key, or the key is damaged"
    # Not within the clause: what failed may quote what it could not parse, and that may be key material.
    raise InputError(code, told)


def _loaded(data: bytes, password: bytes | None) -> PrivateMaterial:
    load = serialization.load_pem_private_key if _PEM in data else serialization.load_der_private_key
    if password is not None and _ENCRYPTED in data and _is_encrypted(data):
        data, load = _der_of_encrypted(data), serialization.load_der_private_key
    if password is not None and load is serialization.load_der_private_key:
        check_cost(data)
    return load(data, password)  # type: ignore[return-value]  # the caller checks that a row fits


def _der_of_encrypted(pem: bytes) -> bytes:
    """The key of a PEM text that was found to be encrypted: what is loaded is then exactly what is checked."""
    _, rest, *others = b"\n".join(pem.splitlines()).split(_ENCRYPTED)
    if others:
        raise InputError("key-invalid", "it is no private key that can be read: its label stands more than once")
    content = rest.partition(_ENCRYPTED.replace(b"BEGIN", b"END"))[0].lstrip()
    # Headers go before an empty line (RFC 1421 section 4.4), and base64 has no colon.
    headers, _, body = content.partition(b"\n\n")
    if b":" not in headers:
        body = content
    elif b"Proc-Type:" in headers:
        raise ValueError("it says in two ways how it is encrypted")
    return b64decode(b"".join(body.split()), validate=True)


def _is_encrypted(data: bytes) -> bool:
    """Whether a private key lacks its password, which is said before anything else."""
    try:
        _loaded(data, None)
    except TypeError:
        return True
    except UNREADABLE:
        pass
    return False


def _check_blocks(pem: bytes) -> None:
    blocks = sum(line.startswith(_PEM) and _PRIVATE in line for line in map(bytes.strip, pem.splitlines()))
    if blocks != 1:
        several = "several private keys: give each alone" if blocks else "no private key"
        raise InputError("key-invalid", f"the PEM holds {several}")
