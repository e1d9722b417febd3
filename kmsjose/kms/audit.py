"""One record for each signature: when, by which key and request, of what digest, for whom; never the content."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

from ..arguments import checked
from ..encoding import json_object
from ..errors import InputError, KMSError, KmsJoseError, VerificationError
from ..keys.public_key import PublicKey
from ..signers.signing_input import KMSMessage

__all__ = ["MAX_LABEL", "AuditHook", "SignatureRecord", "label"]

#: Characters of a label.
MAX_LABEL: Final = 256
_SHA256: Final = "sha256"
#: What ML-DSA signs in the place of a digest.
_MU: Final = "mu"

_label: Final[ContextVar[str | None]] = ContextVar("kmsjose_audit_label", default=None)


@dataclass(frozen=True, slots=True)
class SignatureRecord:
    """A signature that KMS made and that was checked to be of the key and algorithm that were asked for.

    Attributes:
        time: When its answer was there, in UTC.
        key_arn: The key that signed.
        kid: The key id that the key is published by.
        alg: The JOSE name of the algorithm.
        request_id: AWS's id of the Sign request, which CloudTrail has too; None if the answer had none.
        signing_input_sha256: SHA-256 of the signing input in hex; None where only another digest of it was at hand.
        prehashed: In that case what was sent: ``sha384:``, ``sha512:`` or, for ML-DSA, ``mu:``, and hex; else None.
        label: What the caller put on it by `label`, or None.
    """

    time: datetime
    key_arn: str
    kid: str
    alg: str
    request_id: str | None
    signing_input_sha256: str | None
    prehashed: str | None
    label: str | None

    def to_json(self) -> str:
        """One line of ASCII, without its end: the attributes as a JSON object, the time as ISO 8601 in UTC.

        >>> when = datetime(2026, 1, 2, 3, 4, 5, 6, UTC)
        >>> record = SignatureRecord(when, "arn", "kid", "ES256", "id", "ab", None, "tenant-42")
        >>> record.to_json()[:58]
        '{"time":"2026-01-02T03:04:05.000006Z","key_arn":"arn","kid'
        """
        # To the microsecond even if there are none, so that all lines sort as text.
        time = self.time.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        texts = {name: getattr(self, name) for name in _TEXTS}
        return json.dumps({"time": time, **texts}, separators=(",", ":"))

    @classmethod
    @checked
    def from_json(cls, line: bytes) -> SignatureRecord:
        """The record of a line; members that are not known are left aside.

        Raises:
            InputError: ``json-invalid``: it is no record.
        """
        try:
            members = json_object(line)
            texts = {name: members[name] for name in _TEXTS}
            if not all(_is_text(name, value) for name, value in texts.items()):
                raise TypeError("a member has another type")
            return cls(time_of(members["time"]), **texts)  # type: ignore[arg-type]  # their types were looked at
        except (VerificationError, KeyError, TypeError, ValueError) as error:
            raise InputError("json-invalid", "a line of the audit log is no record of a signature") from error


_TEXTS: Final = tuple(name for name in SignatureRecord.__slots__ if name != "time")
_MAY_BE_NONE: Final = frozenset({"request_id", "signing_input_sha256", "prehashed", "label"})


def _is_text(name: str, value: object) -> bool:
    return isinstance(value, str) or (value is None and name in _MAY_BE_NONE)


def time_of(text: object) -> datetime:
    """The time that ISO 8601 tells with its zone, in UTC.

    Raises:
        ValueError: it is no text, no time, or without its zone.

    >>> time_of("2026-01-02T05:04:05+02:00")
    datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)
    """
    try:
        time = datetime.fromisoformat(text)  # type: ignore[arg-type]  # TypeError is an answer
        if time.tzinfo is not None:
            return time.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        pass
    raise ValueError("a time is not ISO 8601 with its zone")


#: What is told of each signature, before it is released; if it raises, the signature is not released.
AuditHook = Callable[[SignatureRecord], None]


@checked
@contextmanager
def label(text: str) -> Iterator[None]:
    """Put a label on every signature within the block, in this thread or task: a tenant, a user, a ticket.

    What asyncio starts from the block has it too, as does `asyncio.to_thread`; a thread that is started by hand, or
    kept in a pool, has its own. Do not yield from a generator within the block: who goes on with the generator need not
    be in the same thread or task, and what runs in between has the label too.

    Args:
        text: 1 to 256 characters, none of them a control or an unseen one.

    Raises:
        InputError: ``usage``.
    """
    if not isinstance(text, str) or not 0 < len(text) <= MAX_LABEL or not text.isprintable():
        raise InputError("usage", f"an audit label is 1 to {MAX_LABEL} characters that can be seen")
    token = _label.set(text)
    try:
        yield
    finally:
        # Where a framework leaves the block in another context than it entered it, that one's label is its own.
        with suppress(ValueError):
            _label.reset(token)


def report(
    hook: AuditHook,
    key_arn: str,
    public_key: PublicKey,
    sent: KMSMessage,
    message: bytes | None,
    answer: Mapping[str, object],
) -> None:
    """Tell a hook of a signature.

    Args:
        hook: Whom to tell.
        key_arn: The key that signed.
        public_key: Of that key.
        sent: What was sent to KMS.
        message: The signing input, or None where only its digest or mu is here.
        answer: Of KMS, checked.

    Raises:
        KMSError: ``audit-failed``, whatever the hook raised.
    """
    metadata = answer.get("ResponseMetadata")
    found = metadata.get("RequestId") if isinstance(metadata, Mapping) else None
    request_id = found if isinstance(found, str) and found else None
    digest, prehashed = _digests(public_key, sent, message)
    record = SignatureRecord(
        datetime.now(UTC),
        key_arn,
        public_key.kid,
        public_key.algorithm.name,
        request_id,
        digest,
        prehashed,
        _label.get(),
    )
    try:
        hook(record)
    except Exception as error:
        # The text of a foreign exception may quote anything; its type and the chained cause must do.
        why = error.message if isinstance(error, KmsJoseError) else type(error).__name__
        raise KMSError(
            "audit-failed",
            f"KMS signed, but it could not be recorded: {why}",
            operation="Sign",
            request_id=request_id,
        ) from error


def _digests(public_key: PublicKey, sent: KMSMessage, message: bytes | None) -> tuple[str | None, str | None]:
    """The SHA-256 of the signing input, or else what is known of it."""
    row = public_key.algorithm
    name = _MU if row.hash is None else row.hash.name
    if name == _SHA256:
        return sent["Message"].hex(), None  # that is what was sent
    if message is not None:
        return sha256(message).hexdigest(), None
    return None, f"{name}:{sent['Message'].hex()}"
