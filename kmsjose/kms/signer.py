"""A Signer whose key stays in AWS KMS."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from ..algorithms import Algorithm, by_key_spec, by_name
from ..arguments import checked
from ..errors import InputError, KMSError, VerificationError
from ..keys.public_key import PublicKey
from ..signers.signing_input import KMSMessage, kms_to_raw, message_to_kms, prehashed_to_kms
from .audit import report
from .calls import call
from .identifiers import check_answered, check_key_id
from .tags import ALG, KID, read_tags

if TYPE_CHECKING:
    from .audit import AuditHook
    from .calls import KMSClient

_MOST_GRANTS: Final = 10


class KMSSigner:
    """Signs with one KMS key, by its ARN, by one algorithm; make it with `open`.

    Attributes:
        key_arn: The ARN that the key id, alias or ARN given to `open` stood for at that moment.
    """

    __slots__ = ("_audit", "_client", "_grants", "_public_key", "_verify_all", "_verify_next", "key_arn")

    @checked
    def __init__(
        self,
        client: KMSClient,
        key_arn: str,
        public_key: PublicKey,
        grant_tokens: Sequence[str] = (),
        *,
        audit: AuditHook | None = None,
        verify: bool = False,
    ) -> None:
        self._client = client
        self.key_arn = key_arn
        self._public_key = public_key
        self._grants = _grants(grant_tokens)
        self._audit = audit
        self._verify_all = verify
        self._verify_next = True

    @classmethod
    @checked
    def open(
        cls,
        client: KMSClient,
        key: str,
        alg: str | None = None,
        kid: str | bytes | None = None,
        *,
        grant_tokens: Sequence[str] = (),
        audit: AuditHook | None = None,
        verify: bool = False,
    ) -> KMSSigner:
        """Resolve a key once, by one GetPublicKey call; from then on every signature is by its ARN.

        An RSA key may remember its algorithm and its kid in tags: they are read where `alg` is not given.

        Args:
            client: A boto3 KMS client of the key's region, as `kms.connect` makes one.
            key: Key id, key ARN, alias name (``alias/x``) or alias ARN.
            alg: The JOSE name; an RSA key without the tag ``kmsjose:alg`` needs it, every other has one.
            kid: The key id to publish, text or bytes; None takes the RFC 7638 thumbprint.
            grant_tokens: For a grant that is not yet seen everywhere.
            audit: Told of each signature before it is released, for example a `kms.AuditLog`.
            verify: Verify each signature before it is released; the first one always is.

        Raises:
            InputError: ``usage`` for what can't be a key id, ``key-usage`` for a key that is not made for signing,
                ``alg-required``, ``alg-unknown``, ``alg-unsupported-by-key``.
            KMSError: as AWS answers, ``not-found`` for one; ``unexpected-answer``: it answers for another key.
        """
        if alg is not None:
            by_name(alg)  # Before any call.
        answer = public_key_answer(client, key, grant_tokens)
        tags = _remembered(client, answer) if alg is None else {}
        return cls.of_answer(client, answer, alg, kid, tags, grant_tokens=grant_tokens, audit=audit, verify=verify)

    @classmethod
    @checked
    def of_answer(
        cls,
        client: KMSClient,
        answer: Mapping[str, object],
        alg: str | None,
        kid: str | bytes | None,
        tags: Mapping[str, str] | None = None,
        *,
        grant_tokens: Sequence[str] = (),
        audit: AuditHook | None = None,
        verify: bool = False,
    ) -> KMSSigner:
        """A signer of the key that an answer of GetPublicKey tells of, by its tags what is not given; see `open`.

        Raises:
            InputError, KMSError: as `open`.
        """
        known = tags or {}
        named = known.get(ALG) if alg is None else alg
        try:
            row = _row(answer, None if named is None else by_name(named))
        except InputError as error:
            if alg is None and named is not None:
                raise InputError(error.code, f"the key's tag {ALG} is {named[:40]!r}: {error.message}") from error
            raise
        known_as = (known.get(KID) if kid is None else kid) or ""
        public_key = PublicKey.from_der(_bytes(answer, "PublicKey", "GetPublicKey"), row.name, known_as)
        return cls(client, str(answer["KeyId"]), public_key, grant_tokens, audit=audit, verify=verify)

    @property
    def public_key(self) -> PublicKey:
        """What verifies the signatures."""
        return self._public_key

    @checked
    def sign(self, message: bytes) -> bytes:
        """The raw signature of a signing input: its digest or mu is sent, or the bytes where the algorithm needs them.

        Raises:
            InputError: ``message-too-large``: Ed25519 over 4096 bytes, before any call.
            KMSError: as AWS answers; ``unexpected-answer`` if it is for another key or algorithm, or does not verify;
                ``audit-failed`` if it could not be recorded.
        """
        return self._sign(message_to_kms(self._public_key, message), message)

    @checked
    def sign_prehashed(self, prehashed: bytes) -> bytes:
        """The raw signature of a digest, or for ML-DSA of a mu.

        Raises:
            InputError: ``prehash-unsupported`` for Ed25519.
            KMSError: as `sign`.
        """
        return self._sign(prehashed_to_kms(self._public_key.algorithm, prehashed), None)

    def _sign(self, sent: KMSMessage, message: bytes | None) -> bytes:
        answer = call(self._client, "Sign", KeyId=self.key_arn, **sent, **self._grants)
        if answer.get("KeyId") != self.key_arn or answer.get("SigningAlgorithm") != sent["SigningAlgorithm"]:
            raise KMSError("unexpected-answer", "KMS signed with another key or algorithm than asked", operation="Sign")
        signature = _raw(_bytes(answer, "Signature", "Sign"), self._public_key.algorithm)
        if self._verify_next:
            _check_signature(self._public_key, sent, signature)
            self._verify_next = self._verify_all
        if self._audit is not None:
            report(self._audit, self.key_arn, self._public_key, sent, message, answer)
        return signature

    def __repr__(self) -> str:
        return f"<KMSSigner {self._public_key.algorithm.name} {self.key_arn}>"


def _grants(tokens: Sequence[str]) -> dict[str, list[str]]:
    """The parameter of a KMS call that passes grant tokens, of which KMS takes ten."""
    if not tokens:
        return {}
    of_texts = not isinstance(tokens, (str, bytes)) and len(tokens) <= _MOST_GRANTS
    if not of_texts or not all(isinstance(token, str) for token in tokens):
        raise InputError("usage", f"grant tokens are texts in a list, at most {_MOST_GRANTS}")
    return {"GrantTokens": list(tokens)}


def public_key_answer(client: KMSClient, key: str, grant_tokens: Sequence[str] = ()) -> Mapping[str, object]:
    """What GetPublicKey answers for a key id, key ARN, alias name or alias ARN.

    Raises:
        InputError: ``usage``; ``key-usage``: a symmetric key.
        KMSError: as AWS answers; ``unexpected-answer``: for another key.
    """
    check_key_id(key)
    grants = _grants(grant_tokens)
    try:
        answer = call(client, "GetPublicKey", KeyId=key, **grants)
    except KMSError as error:
        if error.code != "unsupported" or error.aws_code != "UnsupportedOperationException":
            raise
        raise InputError("key-usage", "the key is symmetric, for encryption or HMAC, and has no public key") from error
    check_answered(key, answer.get("KeyId"), "GetPublicKey")
    return answer


def _remembered(client: KMSClient, answer: Mapping[str, object]) -> Mapping[str, str]:
    """The tags of a key that could sign by several algorithms, if they may be listed; every other needs none."""
    if answer.get("KeyUsage") != "SIGN_VERIFY" or len(by_key_spec(str(_spec_of(answer)))) < 2:
        return {}
    try:
        return read_tags(client, str(answer.get("KeyId")))
    except KMSError as error:
        if error.code not in ("access-denied", "unsupported"):
            raise
        return {}


def _spec_of(answer: Mapping[str, object]) -> object:
    return answer.get("KeySpec") or answer.get("CustomerMasterKeySpec")


def _row(answer: Mapping[str, object], wanted: Algorithm | None) -> Algorithm:
    usage = answer.get("KeyUsage")
    if not usage:
        raise KMSError("unexpected-answer", "KMS answered without KeyUsage", operation="GetPublicKey")
    if usage != "SIGN_VERIFY":
        raise InputError("key-usage", f"the key's usage is {usage}")
    spec = _spec_of(answer)
    if not isinstance(spec, str):
        raise KMSError("unexpected-answer", "KMS answered without KeySpec", operation="GetPublicKey")
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


def _check_signature(public_key: PublicKey, sent: KMSMessage, signature: bytes) -> None:
    verify = public_key.verify if sent["MessageType"] == "RAW" else public_key.verify_prehashed
    try:
        verify(sent["Message"], signature)
    except VerificationError as error:
        raise KMSError(
            "unexpected-answer", "KMS answered a signature that the key's public half does not verify", operation="Sign"
        ) from error


def _bytes(answer: Mapping[str, object], name: str, operation: str) -> bytes:
    value = answer.get(name)
    if not isinstance(value, bytes):
        raise KMSError("unexpected-answer", f"KMS answered without {name}", operation=operation)
    return value
