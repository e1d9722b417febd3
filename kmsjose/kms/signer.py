"""A Signer whose key stays in AWS KMS."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ..algorithms import Algorithm, by_key_spec, by_name
from ..errors import InputError, KMSError
from ..keys.public_key import PublicKey
from ..signers.signing_input import KMSMessage, kms_to_raw, message_to_kms, prehashed_to_kms
from .calls import call
from .identifiers import check_key_id

if TYPE_CHECKING:
    from .calls import KMSClient


class KMSSigner:
    """Signs with one KMS key, by its ARN, by one algorithm; make it with `open`.

    Attributes:
        key_arn: The ARN that the key id, alias or ARN given to `open` stood for at that moment.
    """

    __slots__ = ("_client", "_grants", "_public_key", "key_arn")

    def __init__(
        self, client: KMSClient, key_arn: str, public_key: PublicKey, grant_tokens: Sequence[str] = ()
    ) -> None:
        self._client = client
        self.key_arn = key_arn
        self._public_key = public_key
        self._grants: dict[str, list[str]] = {"GrantTokens": list(grant_tokens)} if grant_tokens else {}

    @classmethod
    def open(
        cls,
        client: KMSClient,
        key: str,
        alg: str | None = None,
        kid: str | None = None,
        *,
        grant_tokens: Sequence[str] = (),
    ) -> KMSSigner:
        """Resolve a key once, by one GetPublicKey call; from then on every signature is by its ARN.

        Args:
            client: A boto3 KMS client of the key's region, as `kms.connect` makes one.
            key: Key id, key ARN, alias name (``alias/x``) or alias ARN.
            alg: The JOSE name; an RSA key needs it, every other has one.
            kid: The key id to publish; None takes the RFC 7638 thumbprint.
            grant_tokens: For a grant that is not yet seen everywhere.

        Raises:
            InputError: ``usage`` for what can't be a key id, ``key-usage``, ``alg-required``, ``alg-unknown``,
                ``alg-unsupported-by-key``.
            KMSError: ``not-found``, ``disabled``, ``access-denied`` and the like.
        """
        if alg is not None:
            by_name(alg)
        return cls.from_answer(client, get_public_key(client, key, grant_tokens), alg, kid, grant_tokens=grant_tokens)

    @classmethod
    def from_answer(
        cls,
        client: KMSClient,
        answer: Mapping[str, object],
        alg: str | None = None,
        kid: str | None = None,
        *,
        grant_tokens: Sequence[str] = (),
    ) -> KMSSigner:
        """The signer of a key whose GetPublicKey was answered already; see `open`.

        Args:
            client: A boto3 KMS client of the key's region.
            answer: What `get_public_key` gave.
            alg: As for `open`.
            kid: As for `open`.
            grant_tokens: As for `open`.

        Raises:
            InputError: ``key-usage``, ``alg-required``, ``alg-unknown``, ``alg-unsupported-by-key``.
            KMSError: ``unexpected-answer``.
        """
        row = _row(answer, None if alg is None else by_name(alg))
        public_key = PublicKey.from_der(_bytes(answer, "PublicKey"), row.name, kid or "")
        return cls(client, arn_of(answer), public_key, grant_tokens)

    @property
    def public_key(self) -> PublicKey:
        """What verifies the signatures."""
        return self._public_key

    def sign(self, message: bytes) -> bytes:
        """The raw signature of a signing input: its digest or mu is sent, or the bytes where the algorithm needs them.

        Raises:
            InputError: ``message-too-large``: Ed25519 over 4096 bytes, before any call.
            KMSError: as AWS answers; ``unexpected-answer`` if it is for another key or algorithm.
        """
        return self._sign(message_to_kms(self._public_key, message))

    def sign_prehashed(self, prehashed: bytes) -> bytes:
        """The raw signature of a digest, or for ML-DSA of a mu.

        Raises:
            InputError: ``prehash-unsupported`` for Ed25519.
            KMSError: as `sign`.
        """
        return self._sign(prehashed_to_kms(self._public_key.algorithm, prehashed))

    def _sign(self, message: KMSMessage) -> bytes:
        answer = call(self._client, "Sign", KeyId=self.key_arn, **message, **self._grants)
        if answer.get("KeyId") != self.key_arn or answer.get("SigningAlgorithm") != message["SigningAlgorithm"]:
            raise KMSError("unexpected-answer", "KMS signed with another key or algorithm than asked", operation="Sign")
        return _raw(_bytes(answer, "Signature"), self._public_key.algorithm)

    def __repr__(self) -> str:
        return f"<KMSSigner {self._public_key.algorithm.name} {self.key_arn}>"


def get_public_key(client: KMSClient, key: str, grant_tokens: Sequence[str] = ()) -> Mapping[str, object]:
    """What KMS answers to GetPublicKey.

    Args:
        client: A boto3 KMS client of the key's region.
        key: Key id, key ARN, alias name (``alias/x``) or alias ARN.
        grant_tokens: For a grant that is not yet seen everywhere.

    Raises:
        InputError: ``usage``.
        KMSError: as AWS answers.
    """
    check_key_id(key)
    grants = {"GrantTokens": list(grant_tokens)} if grant_tokens else {}
    return call(client, "GetPublicKey", KeyId=key, **grants)


def arn_of(answer: Mapping[str, object]) -> str:
    """The ARN of the key that an answer to GetPublicKey is of.

    Raises:
        KMSError: ``unexpected-answer``.
    """
    arn = answer.get("KeyId")
    if not isinstance(arn, str) or not arn:
        raise KMSError("unexpected-answer", "KMS answered without the key's ARN", operation="GetPublicKey")
    return arn


def _row(answer: Mapping[str, object], wanted: Algorithm | None) -> Algorithm:
    usage = answer.get("KeyUsage")
    if not usage:
        raise KMSError("unexpected-answer", "KMS answered without KeyUsage", operation="GetPublicKey")
    if usage != "SIGN_VERIFY":
        raise InputError("key-usage", f"the key's usage is {usage}")
    spec = str(answer.get("KeySpec") or answer.get("CustomerMasterKeySpec"))
    rows = by_key_spec(spec)
    if not rows:
        raise InputError("alg-unsupported-by-key", f"no algorithm here uses a key of {spec}")
    if wanted is None:
        if len(rows) > 1:
            raise InputError("alg-required", f"a key of {spec} can do {', '.join(row.name for row in rows)}")
        return rows[0]
    if wanted not in rows:
        raise InputError(
            "alg-unsupported-by-key",
            f"a key of {spec} can't do {wanted.name}, but {', '.join(row.name for row in rows)}",
        )
    return wanted


def _raw(signature: bytes, row: Algorithm) -> bytes:
    try:
        return kms_to_raw(signature, row)
    except ValueError as error:
        raise KMSError("unexpected-answer", f"KMS answered what is no signature: {error}", operation="Sign") from error


def _bytes(answer: Mapping[str, object], name: str) -> bytes:
    value = answer.get(name)
    if not isinstance(value, bytes):
        raise KMSError("unexpected-answer", f"KMS answered without {name}")
    return value
