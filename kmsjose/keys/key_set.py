"""The keys that a verifier trusts, looked up by (kid, algorithm)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol

from ..algorithms import Algorithm
from ..arguments import checked, refuse_misuse
from ..encoding import JSONObject
from ..errors import InputError, VerificationError
from .entries import Skipped, kid_of_jwk, read_each
from .jwk import accepted_uses, all_from_jwk, read_jwk
from .kids import text_of_kid
from .public_key import PublicKey

if TYPE_CHECKING:
    from .did_document import Purpose

#: Members of a DID document that are no JWK Set's.
_DID_MEMBERS: Final = frozenset({"verificationMethod", "assertionMethod", "authentication", "didDocument"})


class KeyFinder(Protocol):
    """Whatever knows trusted keys by (kid, algorithm): a KeySet, or what finds them elsewhere."""

    def find(self, kid: str | None, algorithm: Algorithm) -> PublicKey:
        """The key that a token's header asks for.

        Raises:
            VerificationError: ``key-not-found``, ``key-ambiguous``, ``alg-mismatch``.
        """
        ...


@dataclass(frozen=True, slots=True)
class KeySet:
    """The public keys that a verifier trusts.

    Args:
        keys: Public keys; equal ones may repeat.
        skipped: What an import left out.

    Raises:
        InputError: ``key-conflict``: one kid and algorithm with two materials.

    >>> from cryptography.hazmat.primitives.asymmetric import ec
    >>> key = PublicKey.of(ec.derive_private_key(1, ec.SECP256R1()).public_key(), kid="a")
    >>> keys = KeySet([key])
    >>> KeySet.from_jwks(keys.to_jwks()) == keys
    True
    """

    keys: tuple[PublicKey, ...]
    skipped: tuple[Skipped, ...] = field(default=(), compare=False)
    _by_kid: dict[tuple[str, Algorithm], PublicKey] = field(init=False, repr=False, compare=False)

    @checked
    def __init__(self, keys: Iterable[PublicKey], skipped: Iterable[Skipped] = ()) -> None:
        by_kid: dict[tuple[str, Algorithm], PublicKey] = {}
        for key in keys:
            known = by_kid.setdefault((key.kid, key.algorithm), key)
            if known.spki != key.spki:
                raise InputError("key-conflict", f"two {key.algorithm.name} keys have the kid {key.kid[:64]!r}")
        object.__setattr__(self, "keys", tuple(by_kid.values()))
        object.__setattr__(self, "skipped", tuple(skipped))
        object.__setattr__(self, "_by_kid", by_kid)

    def __iter__(self) -> Iterator[PublicKey]:
        return iter(self.keys)

    def __len__(self) -> int:
        return len(self.keys)

    @classmethod
    @checked
    def from_jwks(
        cls,
        jwks: Mapping[str, object] | str | bytes,
        algorithms: Iterable[str] = (),
        *,
        uses: str | Collection[str] = (),
    ) -> KeySet:
        """The keys of a JWK Set; what is not understood is skipped, with its reason (RFC 7517 section 5).

        Args:
            jwks: A JWK Set, as a mapping or JSON.
            algorithms: What an RSA JWK without ``alg`` may verify: it becomes one key for each.
            uses: What the ``use`` of a key may be besides ``sig``, as ``jwt-svid`` in SPIFFE bundles.

        Raises:
            InputError: ``key-invalid``: not a JWK Set; ``key-private``: it holds a private key; ``key-conflict``;
                ``alg-unknown``: a name in `algorithms`; ``usage``: `uses` are not texts, or have ``enc``.
        """
        read = partial(all_from_jwk, uses=accepted_uses(uses))
        members = read_jwk(jwks)
        entries = members.get("keys")
        if not isinstance(entries, list):
            told = ": KeySet.from_did_document reads a DID document" if _DID_MEMBERS & members.keys() else ""
            raise InputError("key-invalid", f"a JWK Set has a list named keys{told}")
        return cls(*read_each(entries, algorithms, read, kid_of_jwk))

    @checked
    def to_jwks(self, *, fully_specified: bool = False) -> JSONObject:
        """The JWK Set, ready to publish (RFC 7517 section 5).

        Args:
            fully_specified: Write RFC 9864 names.

        Raises:
            InputError: ``key-conflict``: one kid would stand twice, as that of an RSA key for two algorithms would.
        """
        return {"keys": [key.to_jwk(fully_specified=fully_specified) for key in self._distinct()]}

    @classmethod
    @checked
    def from_cose_keyset(cls, keyset: bytes, algorithms: Iterable[str] = ()) -> KeySet:
        """The keys of a COSE_KeySet; what is not understood is skipped, with its reason (RFC 9052 section 7).

        Args:
            keyset: Its CBOR.
            algorithms: JOSE names: what an RSA key without alg may verify; it becomes one key for each.

        Raises:
            InputError: ``key-invalid``: not a COSE_KeySet; ``key-private``: it holds a private key; ``key-conflict``;
                ``alg-unknown``: a name in `algorithms`.
        """
        from .cose_key import all_from_cose_key, entries_of_keyset, kid_of_cose_key

        return cls(*read_each(entries_of_keyset(keyset), algorithms, all_from_cose_key, kid_of_cose_key))

    @checked
    def to_cose_keyset(self, *, fully_specified: bool = False) -> bytes:
        """The COSE_KeySet in CBOR, ready to publish (RFC 9052 section 7).

        Args:
            fully_specified: Write RFC 9864 numbers.

        Raises:
            InputError: ``usage``: there are no keys, and a COSE_KeySet has at least one; ``key-conflict``: one kid
                would stand twice.
        """
        from ..cbor import array

        if not self.keys:
            raise InputError("usage", "a COSE_KeySet has at least one key")
        return array(key.to_cose_key(fully_specified=fully_specified) for key in self._distinct())

    @classmethod
    @checked
    def from_did_document(
        cls,
        document: Mapping[str, object] | str | bytes,
        algorithms: Iterable[str] = (),
        *,
        purpose: Purpose = "assertionMethod",
        now: datetime | None = None,
    ) -> KeySet:
        """The keys of a DID document that are for a purpose; the rest is skipped, each with its reason.

        The kid of a key is the id of its verification method, in full (DID Core section 5.2). A method whose id or
        controller is of another DID is skipped, and so is one whose ``expires`` or ``revoked`` is over, or a reference
        to a method that is not there. A method that is repeated as it is counts once.

        Args:
            document: A DID document, as a mapping or JSON.
            algorithms: What an RSA key without ``alg`` may verify: it becomes one key for each.
            purpose: ``assertionMethod`` signs credentials and tokens, ``authentication`` presentations.
            now: The time to go by, with its time zone; None takes the clock.

        Raises:
            InputError: ``key-invalid``: not a DID document; ``key-private``: it holds a private key; ``key-conflict``:
                methods that differ have one id; ``alg-unknown``: a name in `algorithms`; ``usage``: `now` has no time
                zone.
        """
        from .did_document import methods_of

        methods = methods_of(document, purpose, now)
        keys, skipped = read_each(methods.entries, algorithms, methods.read, methods.id_of)
        return cls(keys, [*skipped, *methods.astray])

    def find(self, kid: str | bytes | None, algorithm: Algorithm) -> PublicKey:
        """The key that a token's header asks for; without a kid there must be exactly one of its algorithm.

        Args:
            kid: As text, or as the bytes that it is in COSE.
            algorithm: The row of the header's alg.

        Raises:
            VerificationError: ``key-not-found``, ``key-ambiguous``, ``alg-mismatch``: the kid is of another algorithm.
        """
        if kid is not None:
            try:
                key = self._by_kid.get((kid, algorithm))  # type: ignore[arg-type]  # bytes find nothing here
            except TypeError as error:
                refuse_misuse(KeySet.find, locals(), error)
                raise
            if key is not None:
                return key
            if isinstance(kid, bytes):
                return self.find(text_of_kid(kid), algorithm)
            if any(key.kid == kid for key in self.keys):
                raise VerificationError("alg-mismatch", f"the key that the token names does not do {algorithm.name}")
            raise VerificationError("key-not-found", self._why_not(kid))
        fitting = [key for key in self.keys if key.algorithm is algorithm]
        if len(fitting) > 1:
            raise VerificationError(
                "key-ambiguous", f"the token has no kid, and {len(fitting)} keys do {algorithm.name}"
            )
        if not fitting:
            told = f"no trusted key does {algorithm.name}"
            raise VerificationError("alg-mismatch" if self.keys else "key-not-found", told + self._left_out())
        return fitting[0]

    def _why_not(self, kid: str) -> str:
        """Why there is no key of a kid, as far as an import knows."""
        for skipped in self.skipped:
            if skipped.kid == kid:
                return f"the key {kid[:64]!r} is in the set, but it was skipped: {skipped.reason}"
        return f"no trusted key has the token's kid{self._left_out()}"

    def _left_out(self) -> str:
        if not self.skipped:
            return ""
        return f"; {len(self.skipped)} of the set were skipped, and the first because {self.skipped[0].reason}"

    def _distinct(self) -> tuple[PublicKey, ...]:
        """The keys, each of a kid of its own, as whoever looks a key up by it needs them (RFC 7517 section 4.5)."""
        seen: dict[str, PublicKey] = {}
        for key in self.keys:
            other = seen.setdefault(key.kid, key)
            if other is not key:
                both = f"{other.algorithm.name} and {key.algorithm.name}"
                raise InputError("key-conflict", f"the kid {key.kid[:64]!r} would be published twice, for {both}")
        return self.keys


def trusted_key(
    keys: KeyFinder | PublicKey, kid: str | None, algorithm: Algorithm, allowed: Collection[Algorithm] | None
) -> PublicKey:
    """The trusted key that a header asks for.

    Raises:
        VerificationError: ``alg-not-allowed``, ``alg-mismatch``, ``key-not-found``, ``key-ambiguous``.
    """
    if allowed is not None and algorithm not in allowed:
        raise VerificationError("alg-not-allowed", f"{algorithm.name} is not among the algorithms to accept")
    key = keys.find(kid, algorithm)
    if key.algorithm is not algorithm:
        raise VerificationError("alg-mismatch", f"the key that was found does not do {algorithm.name}")
    return key
