"""A public key: exactly one algorithm, a kid, and the material that verifies."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from cryptography.hazmat.primitives import serialization

from ..algorithms import Algorithm, Material, by_name, select
from ..arguments import FOREIGN, checked, refuse_misuse
from ..encoding import JSON
from ..errors import InputError, VerificationError
from ..payload import Payload, chunks_of
from .kids import kid_as_text
from .primitives import PRIMITIVES, Hasher, Verifier
from .pss import rows_of_spki
from .unreadable import UNREADABLE


@checked
@dataclass(frozen=True, slots=True)
class PublicKey:
    """What verifies the signatures of one key by one algorithm.

    Args:
        material: The key as `cryptography` holds it.
        algorithm: The one algorithm that it verifies.
        kid: The key id, text or bytes; "" takes the RFC 7638 thumbprint. Bytes that are no UTF-8 name a key in COSE
            alone, and are kept as text with lone surrogates.
        x5c: DER certificates, the key's own first (RFC 7517 section 4.7).
        chained: Whether the headers of its tokens carry the `x5c`. `with_chain` says so, after checking it.

    Raises:
        InputError: ``key-invalid``: the material is not of the algorithm; an RSA modulus is too small or too large; or
            anybody could sign by the key, as by an Ed25519 point of small order or a modulus with a small factor;
            ``usage``: a kid that is neither text nor bytes.

    >>> from cryptography.hazmat.primitives.asymmetric import ec
    >>> key = PublicKey.of(ec.derive_private_key(1, ec.SECP256R1()).public_key())
    >>> key.algorithm.name, key.kid[:8]
    ('ES256', 'xx0BcA-w')
    """

    material: Material = field(repr=False, compare=False)
    algorithm: Algorithm
    kid: str = ""
    x5c: tuple[bytes, ...] = field(default=(), repr=False)
    chained: bool = field(default=False, repr=False, kw_only=True)
    spki: bytes = field(init=False, repr=False)
    _verify: Verifier = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.algorithm.fits(self.material):
            raise InputError("key-invalid", f"the key is not one of {self.algorithm.name}")
        primitive = PRIMITIVES[self.algorithm.family]
        primitive.check(self.material)
        spki = self.material.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        object.__setattr__(self, "spki", spki)
        object.__setattr__(self, "_verify", primitive.verifier(self.material, self.algorithm))
        object.__setattr__(self, "kid", kid_as_text(self.kid) or self.thumbprint())

    @classmethod
    @checked
    def of(
        cls,
        material: object,
        alg: str | None = None,
        kid: str | bytes = "",
        x5c: tuple[bytes, ...] = (),
        *,
        rows: tuple[Algorithm, ...] | None = None,
    ) -> PublicKey:
        """A public key of a `cryptography` key; `alg` may be left out where one choice is left.

        `rows` are what a restricted key may do (RFC 4055 section 1.2); None stands for all that its type can.

        Raises:
            InputError: ``key-invalid``, ``alg-required``, ``alg-unknown``, ``alg-unsupported-by-key``.
        """
        if rows is None:
            rows = select(lambda row: row.fits(material))
        if not rows:
            raise InputError("key-invalid", "no algorithm here uses a key of this type or curve, or so restricted")
        row = rows[0] if alg is None else by_name(alg)
        if alg is None and len(rows) > 1:
            raise InputError("alg-required", "the key can do " + ", ".join(row.name for row in rows))
        if row not in rows:
            raise InputError(
                "alg-unsupported-by-key", f"the key can't do {row.name}, but {', '.join(r.name for r in rows)}"
            )
        return cls(material, row, kid_as_text(kid), x5c)  # type: ignore[arg-type]  # a row fits it, so it is a Material

    @classmethod
    @checked
    def from_der(cls, spki: bytes, alg: str | None = None, kid: str | bytes = "") -> PublicKey:
        """A public key of DER SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7).

        Raises:
            InputError: as `of`.
        """
        try:
            material = serialization.load_der_public_key(spki)
        except UNREADABLE as error:
            raise InputError("key-invalid", "the key is not a DER SubjectPublicKeyInfo") from error
        return cls.of(material, alg, kid, rows=rows_of_spki(spki))

    @classmethod
    @checked
    def from_pem(cls, pem: bytes | str, alg: str | None = None, kid: str | bytes = "") -> PublicKey:
        """A public key of PEM: a ``PUBLIC KEY``, or a ``CERTIFICATE`` (its chain becomes `x5c`, unchecked).

        Raises:
            InputError: as `of`, and ``key-private`` for a private key; ``key-invalid`` for over ten certificates too.
        """
        from .pem import one_from_pem

        return one_from_pem(pem, alg, kid)

    @classmethod
    @checked
    def from_jwk(
        cls, jwk: Mapping[str, object] | str | bytes, alg: str | None = None, *, uses: str | Collection[str] = ()
    ) -> PublicKey:
        """The one public key of a JWK (RFC 7517 section 4).

        Args:
            jwk: A mapping or JSON.
            alg: The JOSE name of the algorithm, for an RSA JWK that names none.
            uses: What its ``use`` may be besides ``sig``.

        Raises:
            InputError: ``key-invalid``, ``key-private``, ``alg-required``, ``alg-unsupported-by-key``; ``usage``: what
                `uses` can't have.
        """
        from .jwk import one_from_jwk

        return one_from_jwk(jwk, alg, uses)

    @checked
    def to_jwk(self, *, fully_specified: bool = False, bare: bool = False) -> dict[str, JSON]:
        """The JWK, with kid, use, alg, and x5c if there is one (RFC 7517 section 4).

        Args:
            fully_specified: Write the RFC 9864 name, ``Ed25519`` for ``EdDSA``.
            bare: Write the members alone that make the key, which are those of its thumbprint (RFC 7638 section 3.2),
                as a ``jwk`` header or a ``cnf`` claim has them.

        Raises:
            InputError: ``key-invalid``: the kid is of bytes that are no text, as only a COSE_Key can have it.
        """
        from .jwk import to_jwk

        return to_jwk(self, fully_specified=fully_specified, bare=bare)

    @classmethod
    @checked
    def from_cose_key(cls, key: Mapping[int, object] | bytes, alg: str | None = None) -> PublicKey:
        """The one public key of a COSE_Key (RFC 9052 section 7).

        Args:
            key: Its CBOR, or a mapping of its labels.
            alg: The JOSE name of the algorithm, for an RSA key that names none.

        Raises:
            InputError: ``key-invalid``, ``key-private``, ``alg-required``, ``alg-unsupported-by-key``.
        """
        from .cose_key import one_from_cose_key

        return one_from_cose_key(key, alg)

    @checked
    def to_cose_key(self, *, fully_specified: bool = False, bare: bool = False) -> bytes:
        """The COSE_Key, with kid, alg and key_ops, in CBOR (RFC 9052 section 7).

        It has no parameter for a certificate chain, so `x5c` stays behind.

        Args:
            fully_specified: Write the RFC 9864 number, -9 for -7.
            bare: Write the parameters that make the key alone, which are those of its thumbprint (RFC 9679 section 4).
        """
        from ..cbor import dumps
        from .cose_key import to_cose_key

        return dumps(to_cose_key(self, fully_specified=fully_specified, bare=bare))

    def to_pem(self) -> str:
        """PEM of the SubjectPublicKeyInfo (RFC 7468 section 13)."""
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return self.material.public_bytes(serialization.Encoding.PEM, form).decode()

    def thumbprint(self) -> str:
        """The SHA-256 JWK thumbprint, base64url (RFC 7638)."""
        from .jwk import thumbprint

        return thumbprint(self.material, self.algorithm)

    def thumbprint_uri(self) -> str:
        """The JWK thumbprint as a URI (RFC 9278)."""
        return "urn:ietf:params:oauth:jwk-thumbprint:sha-256:" + self.thumbprint()

    def cose_thumbprint(self) -> bytes:
        """The SHA-256 COSE Key Thumbprint, 32 bytes (RFC 9679 section 3)."""
        from .cose_key import cose_thumbprint

        return cose_thumbprint(self)

    def find(self, kid: str | bytes | None, algorithm: Algorithm) -> PublicKey:
        """The key itself where a token's header asks for it, which makes a single key a `KeyFinder`.

        Raises:
            VerificationError: ``key-not-found``: the token names another kid; ``alg-mismatch``.
        """
        if kid is not None and kid != self.kid and kid_as_text(kid) != self.kid:
            raise VerificationError("key-not-found", "no trusted key has the token's kid")
        if algorithm is not self.algorithm:
            raise VerificationError("alg-mismatch", f"the trusted key does not do {algorithm.name}")
        return self

    def verify(self, message: bytes, signature: bytes) -> None:
        """Verify a raw signature of a message; returning is the good verdict.

        Args:
            message: The signing input.
            signature: In the JOSE and COSE form: r‖s of fixed width for ECDSA.

        Raises:
            VerificationError: ``signature-size``, ``signature-invalid``.
        """
        try:
            self._verify(message, signature)
        except FOREIGN as error:
            refuse_misuse(PublicKey.verify, locals(), error)
            raise

    @checked
    def verify_prehashed(self, prehashed: bytes, signature: bytes) -> None:
        """Verify a raw signature of a digest, or for ML-DSA of a mu (64 bytes), as `hasher` gives.

        Raises:
            VerificationError: ``signature-size``, ``signature-invalid``.
            InputError: ``prehash-unsupported`` for Ed25519, ``payload-invalid`` for a wrong length.
        """
        primitive = PRIMITIVES[self.algorithm.family]
        try:
            primitive.prehashed_verifier(self.material, self.algorithm)(prehashed, signature)
        except ValueError as error:
            raise InputError("payload-invalid", "the digest has not the size of its algorithm's hash") from error

    @checked
    def verify_payload(self, payload: Payload, signature: bytes) -> None:
        """Verify a raw signature of a payload of any size; for Ed25519, which reads it twice, it is held in memory.

        Raises:
            VerificationError: ``signature-size``, ``signature-invalid``.
            InputError: ``payload-invalid``.
        """
        if isinstance(payload, bytes):
            self.verify(payload, signature)
        elif self.algorithm.message_type == "RAW":
            self.verify(b"".join(chunks_of(payload)), signature)
        else:
            self.verify_prehashed(self.prehash(payload), signature)

    def hasher(self) -> Hasher:
        """A running digest, or for ML-DSA a running mu (FIPS 204 section 6.2, empty context).

        Raises:
            InputError: ``prehash-unsupported`` for Ed25519.
        """
        return PRIMITIVES[self.algorithm.family].hasher(self.material, self.algorithm)

    @checked
    def prehash(self, payload: Payload) -> bytes:
        """The digest or mu of a payload that is read in chunks.

        Raises:
            InputError: ``prehash-unsupported``, ``payload-invalid``.
        """
        hasher = self.hasher()
        for chunk in chunks_of(payload):
            hasher.update(chunk)
        return hasher.digest()
