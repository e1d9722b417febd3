"""The last step of a rotation: a key of which no token lives is disabled, watched, and only then deleted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from ...errors import RotationError
from ..calls import KMSClient, call
from ..description import date_of
from ..lifecycle import MAX_WINDOW, check_window
from ..tags import write_tags
from .clock import Clock, written
from .lock import Lock
from .names import member_alias
from .retiring import last_used
from .state import DISABLED, RotationKey, Stage
from .step import step
from .times import WATCH, check_spans


@dataclass(frozen=True, slots=True)
class LetGo:
    """A key that `drop` brought a step further.

    Attributes:
        arn: The key's ARN.
        kid: Its kid, if it is known.
        watched_until: It is disabled, and drop goes on after this; None if it has gone on.
        deletion: When KMS deletes it; None if it is only disabled yet.
    """

    arn: str
    kid: str | None
    watched_until: datetime | None
    deletion: datetime | None


def drop(
    client: KMSClient,
    name: str,
    watch: timedelta = WATCH,
    token_lifetime: timedelta | None = None,
    days: int = MAX_WINDOW,
) -> tuple[LetGo, ...]:
    """Let go the keys that were retired: first they are disabled and watched, by a later call scheduled for deletion.

    Args:
        client: A boto3 KMS client.
        name: Of the rotation, with or without ``alias/``.
        watch: How long a key stays disabled before its deletion is scheduled.
        token_lifetime: The longest life of a token, if it is longer than what the key was retired with.
        days: 7 to 30, from the scheduling to the deletion.

    Returns:
        The keys that came a step further; none if there is none to let go.

    Raises:
        RotationError: ``not-due``, ``in-use``: none could come a step further; ``nothing-staged``, ``locked``.
        InputError: ``window-invalid``, ``usage``.
        KMSError: as AWS answers.
    """
    check_window(days)
    check_spans(watch, token_lifetime or timedelta(0))
    with step(client, name) as (rotation, lock):
        let_go, refused = [], []
        for key in rotation.out_of_use:
            if key.stage is not Stage.DROPPED:
                try:
                    _check_expired(client, key, token_lifetime, lock.clock)
                    gone = _disable(client, key, watch, lock) or _delete(client, key, watch, days, lock)
                except RotationError as error:
                    if error.code == "locked":
                        raise
                    refused.append(error)
                    continue
                let_go.append(gone)
                if gone.deletion is None:
                    continue
            # Deletion was scheduled, just now or before a step was killed: the key is no member any more.
            call(client, "DeleteAlias", AliasName=member_alias(rotation.name, key.id))
        if refused and not let_go:
            raise refused[0]
        return tuple(let_go)


def _check_expired(client: KMSClient, key: RotationKey, token_lifetime: timedelta | None, clock: Clock) -> None:
    """Refuse a key of which a token may live."""
    if key.published_until is None or key.token_lifetime is None:
        raise RotationError("not-due", f"the key {key.kid} was replaced, but not retired yet")
    now = clock.now()
    if now <= key.published_until:
        raise RotationError("not-due", f"tokens of the key {key.kid} may live until {written(key.published_until)}")
    used = last_used(client, key)
    lifetime = max(key.token_lifetime, token_lifetime or key.token_lifetime)
    if used is not None and now <= used + lifetime:
        raise RotationError(
            "in-use",
            f"the key {key.kid} signed at {written(used)}, after another had replaced it; "
            f"its last token may live until {written(used + lifetime)}",
        )


def _disable(client: KMSClient, key: RotationKey, watch: timedelta, lock: Lock) -> LetGo | None:
    """Disable the key and begin to watch, unless that was done; a clock that told the future begins it anew."""
    now = lock.clock.now()
    if not key.enabled and key.disabled is not None and key.disabled <= now + timedelta(seconds=2):
        return None
    if key.enabled:
        lock.check()
        call(client, "DisableKey", KeyId=key.arn)
    write_tags(client, key.arn, {DISABLED: written(now)})
    return LetGo(key.arn, key.kid, now + watch, None)


def _delete(client: KMSClient, key: RotationKey, watch: timedelta, days: int, lock: Lock) -> LetGo:
    due = (key.disabled or lock.clock.now()) + watch
    if lock.clock.now() < due:
        raise RotationError("not-due", f"the key {key.kid} is disabled and watched until {written(due)}")
    lock.check()
    answer = call(client, "ScheduleKeyDeletion", KeyId=key.arn, PendingWindowInDays=days)
    deletion = date_of(answer.get("DeletionDate")) or lock.clock.now() + timedelta(days=days)
    return LetGo(key.arn, key.kid, None, deletion)
