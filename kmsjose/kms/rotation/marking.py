"""A key is marked as revoked, and disabled: by calls that may be repeated, and that no step of a rotation undoes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from ...errors import KMSError, KmsJoseError, RotationError
from ..calls import KMSClient, call
from ..description import KeyInfo, info_of
from ..replication import other_regions
from ..tags import KID, ROTATION, read_tags, write_tags
from .clock import kms_clock, written
from .key import REVOKED
from .names import Aliases
from .records import digest, gone_alias, revoked_alias
from .searching import thumbprint_of
from .settle import enlist
from .state import id_of

_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True)
class Target:
    """A key that is to be revoked, as KMS describes it.

    Attributes:
        info: With its tags, as far as they could be read.
        kids: The digests by which it may be known to who publishes.
        kid: For people; None if it is not known.
        regions: Where it has copies.
        failed: What could not be asked.
    """

    info: KeyInfo
    kids: frozenset[str]
    kid: str | None
    regions: tuple[str, ...]
    failed: tuple[KMSError, ...]

    @property
    def is_going(self) -> bool:
        """Whether it waits for its deletion, and can't be changed any more."""
        return "Deletion" in self.info.state

    @property
    def may_sign(self) -> bool:
        """Whether it signs, or will once KMS has made it ready."""
        return not self.is_going and self.info.state not in ("Disabled", "PendingImport")


def describe(client: KMSClient, key_id: str, aliases: Aliases, kid: str | None = None) -> Target:
    """Look at a key that is to be revoked.

    Args:
        client: A boto3 KMS client.
        key_id: Its id.
        aliases: Of the rotation.
        kid: What somebody has called it; its key id and its ARN say nothing.

    Raises:
        KMSError: as AWS answers.
    """
    described = call(client, "DescribeKey", KeyId=key_id)
    failed: list[KMSError] = []
    tags = _tried(lambda: read_tags(client, key_id), failed)
    info = info_of(described, (), tags)
    given = kid if kid is not None and id_of(kid) != key_id else None
    names = [given, (tags or {}).get(KID)]
    recorded = aliases.records.of_key(key_id)
    if recorded is None or recorded not in _by_digest(names):
        names.append(_tried(lambda: thumbprint_of(client, info), failed))
    known = _by_digest(names)
    if not known and recorded is None and any(error.retryable for error in failed):
        # Of a key that is disabled the kid could not be asked any more.
        raise _half_done(info.arn, failed, "still signs")
    kids = set(known) or {digest(key_id)} if recorded is None else {recorded, *_by_digest([given])}
    # Where neither a record nor the tags could be read, it may be published by yet another kid.
    is_sure = recorded is not None or (known and tags is not None)
    return Target(
        info=info,
        kids=frozenset(kids),
        kid=known.get(recorded or "") or next(iter(known.values()), None),
        regions=other_regions(described),
        failed=() if is_sure else tuple(failed),
    )


def take_out(client: KMSClient, name: str, target: Target, aliases: Aliases) -> None:
    """Mark a key as revoked, and disable it; what fails does not keep the rest from being done.

    Args:
        client: A boto3 KMS client.
        name: Of the rotation.
        target: The key.
        aliases: Of the rotation.

    Raises:
        RotationError: ``unmarked``.
        KMSError: as AWS answers; the message says whether the key is disabled.
    """
    failed: list[KmsJoseError] = list(target.failed)
    for do in _calls(client, name, target, aliases):
        try:
            do()
        except (KMSError, RotationError) as error:
            failed.append(error)
    if failed:
        signs = any(getattr(error, "operation", None) == "DisableKey" for error in failed)
        state = "still signs" if signs else "signs no more, but could not be marked everywhere"
        raise _half_done(target.kid or target.info.arn, failed, state)


def _calls(client: KMSClient, name: str, target: Target, aliases: Aliases) -> Iterator[Callable[[], object]]:
    """What is to be done. Marked first: of a key that is disabled, the kid may not be known any more."""
    info = target.info
    for of in sorted(target.kids - set(aliases.records.revoked)):
        yield partial(_mark, client, name, of, target, aliases)
    if target.is_going:
        return
    if target.may_sign:
        yield partial(_disable, client, info.arn)
    yield partial(_tag, client, name, target)
    if id_of(info.arn) not in aliases.members:
        yield partial(enlist, client, name, info.arn)


def _mark(client: KMSClient, name: str, of: str, target: Target, aliases: Aliases) -> None:
    if target.is_going or not _name(client, revoked_alias(name, of), target.info.arn):
        mark_gone(client, name, of, aliases)


def mark_gone(client: KMSClient, name: str, of: str, aliases: Aliases) -> None:
    """Mark a kid as revoked whose key can have no new alias: by an alias of another key of the rotation.

    Args:
        client: A boto3 KMS client.
        name: Of the rotation.
        of: The kid's digest.
        aliases: Of the rotation.

    Raises:
        RotationError: ``unmarked``: no key of the rotation can have one.
        KMSError: as AWS answers.
    """
    for key_id in (*filter(None, [aliases.active]), *sorted(aliases.members - {aliases.active})):
        if _name(client, gone_alias(name, of), key_id):
            return
    raise RotationError(
        "unmarked", f"{name} has no key that stays, by which KMS could remember that this one is revoked"
    )


def _name(client: KMSClient, alias: str, key: str) -> bool:
    """Whether the alias is there now; some keys can have no new one."""
    try:
        call(client, "CreateAlias", AliasName=alias, TargetKeyId=key)
    except KMSError as error:
        if error.code in ("invalid-state", "not-ready", "not-found", "limit-exceeded"):
            return False
        if error.code != "already-exists":
            raise
    return True


def _disable(client: KMSClient, arn: str) -> None:
    try:
        call(client, "DisableKey", KeyId=arn)
    except KMSError as error:
        # A key that has no material, or waits for its deletion by now, does not sign either.
        stuck = error.code in ("invalid-state", "not-ready")
        if not stuck or info_of(call(client, "DescribeKey", KeyId=arn)).state == "Enabled":
            raise


def _tag(client: KMSClient, name: str, target: Target) -> None:
    expected = {REVOKED: written(kms_clock(client).mark())}
    tags = target.info.tags
    if tags is not None:  # Else what is there would be written over.
        expected[ROTATION] = name
        if target.kid is not None and digest(target.kid) in target.kids:
            expected[KID] = target.kid
    missing = {tag: value for tag, value in expected.items() if tag not in (tags or {})}
    if missing:
        write_tags(client, target.info.arn, missing)


def _half_done(key: str, failed: Sequence[KmsJoseError], state: str) -> KmsJoseError:
    """The error of a key that could not be revoked as a whole: of what failed, disabling it counts most."""
    worst = next((one for one in failed if getattr(one, "operation", None) == "DisableKey"), failed[0])
    if not isinstance(worst, KMSError):
        return worst
    error = KMSError(
        worst.code,
        f"the key {key} {state}: {worst.message}",
        operation=worst.operation,
        aws_code=worst.aws_code,
        request_id=worst.request_id,
        retryable=worst.retryable,
    )
    error.__cause__ = worst
    return error


def _tried(ask: Callable[[], _Answer], failed: list[KMSError]) -> _Answer | None:
    """What a question is answered, or None; a key is revoked whether or not it can be asked about."""
    try:
        return ask()
    except KMSError as error:
        failed.append(error)
        return None


def _by_digest(kids: Iterable[str | None]) -> dict[str, str]:
    return {digest(kid): kid for kid in kids if kid is not None}
