"""The last step of a rotation: a key of which no token lives is disabled, watched, and only then deleted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from ...arguments import checked
from ...errors import RotationError
from ..calls import KMSClient, call
from ..lifecycle import MAX_WINDOW, check_window, schedule
from ..tags import write_tags
from .clock import Clock, written
from .key import DISABLED, MISSED, RotationKey, Stage
from .lock import Lock
from .retiring import last_used
from .state import Rotation, signing_key
from .step import step
from .times import WATCH, check_spans


@dataclass(frozen=True, slots=True)
class Dropped:
    """A key that `drop` brought a step further.

    Attributes:
        arn: The key's ARN.
        kid: Its kid, if it is known.
        scheduled: Whether its deletion is scheduled; else it is disabled, and watched.
        until: When KMS deletes it, or until when it is watched; None if its replicas have to be deleted before.
        revoked: Whether it was revoked, so that it is not to be enabled again.
    """

    arn: str
    kid: str | None
    scheduled: bool
    until: datetime | None
    revoked: bool = False


@checked
def drop(
    client: KMSClient,
    name: str,
    watch: timedelta = WATCH,
    token_lifetime: timedelta | None = None,
    days: int = MAX_WINDOW,
) -> tuple[Dropped, ...]:
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
        RotationError: ``not-due``, ``in-use``: none could come a step further; ``nothing-staged``, ``locked``,
            ``unsettled``.
        InputError: ``window-invalid``, ``usage``.
        KMSError: as AWS answers.
    """
    check_window(days)
    check_spans(watch, token_lifetime or timedelta(0))
    with step(client, name) as (rotation, lock):
        dropped, refused = [], []
        for key in rotation.out_of_use:
            try:
                dropped += _drop(client, rotation, key, _Waits(watch, token_lifetime, days), lock)
            except RotationError as error:
                if error.code == "locked":
                    raise
                refused.append(error)
        if refused and not dropped:
            raise refused[0]
        return tuple(dropped)


@dataclass(frozen=True, slots=True)
class _Waits:
    watch: timedelta
    token_lifetime: timedelta | None
    days: int


def _drop(client: KMSClient, rotation: Rotation, key: RotationKey, waits: _Waits, lock: Lock) -> list[Dropped]:
    """Bring a key a step further."""
    if key.stage is Stage.DROPPED:
        return []  # Its aliases go with it, and stay for as long as its deletion can be taken back.
    _check_expired(client, key, waits.token_lifetime, lock.clock)
    _check_unused(client, rotation, key, lock)
    if key.enabled or key.disabled is None or lock.clock.is_ahead(key.disabled):
        return [_disable(client, key, waits.watch, lock)]
    _check_watched(client, key, waits.watch, lock.clock)
    lock.check()
    return [Dropped(key.arn, key.kid, scheduled=True, until=schedule(client, key.arn, waits.days))]


def _check_expired(client: KMSClient, key: RotationKey, token_lifetime: timedelta | None, clock: Clock) -> None:
    """Refuse a key of which a token may live."""
    if key.revoked is not None:
        return
    if key.published_until is None or key.token_lifetime is None:
        raise RotationError(
            "not-due", f"the key {key.kid} was replaced, but not retired: run `kmsjose rotate retire` first"
        )
    now = clock.now()
    if now <= key.published_until:
        raise RotationError("not-due", f"tokens of the key {key.kid} may live until {written(key.published_until)}")
    used = last_used(client, key)
    lifetime = max(key.token_lifetime, token_lifetime or key.token_lifetime)
    if used is None or now > used + lifetime:
        return
    end = written(used + lifetime)
    if key.replaced is not None and used <= key.replaced:
        raise RotationError("not-due", f"the last token of the key {key.kid} may live until {end}")
    raise RotationError(
        "in-use",
        f"the key {key.kid} signed at {written(used)}, after another had replaced it; "
        f"its last token may live until {end}",
    )


def _check_unused(client: KMSClient, rotation: Rotation, key: RotationKey, lock: Lock) -> None:
    """Refuse a key that serves another purpose, that was missed, or that the alias has moved back to just now."""
    others = rotation.aliases.others(rotation.name, key.id)
    if others:
        raise RotationError("in-use", f"the key {key.kid} is also {', '.join(others)}")
    if signing_key(client, rotation.name) == key.arn:
        raise RotationError("in-use", f"the key {key.kid} is the one that signs")
    if key.enabled and (key.disabled is not None or key.missed is not None):
        write_tags(client, key.arn, {MISSED: written(lock.clock.mark())})
        raise RotationError(
            "in-use",
            f"the key {key.kid} was enabled again while it was watched; once it is not missed any more, go on by "
            f"`kmsjose key disable {key.arn}`",
        )


def _disable(client: KMSClient, key: RotationKey, watch: timedelta, lock: Lock) -> Dropped:
    """Disable the key and begin to watch; one that was disabled by hand is watched from now, too."""
    if key.enabled:
        lock.check()
        call(client, "DisableKey", KeyId=key.arn)
    disabled = lock.clock.mark()
    write_tags(client, key.arn, {DISABLED: written(disabled)})
    until = disabled + watch
    return Dropped(key.arn, key.kid, scheduled=False, until=until, revoked=key.revoked is not None)


def _check_watched(client: KMSClient, key: RotationKey, watch: timedelta, clock: Clock) -> None:
    """Refuse a key that is not watched for long enough: since it was disabled, or last missed or used."""
    times = (key.disabled, key.missed, last_used(client, key))
    due = max(time for time in times if time is not None) + watch
    if clock.now() < due:
        raise RotationError("not-due", f"the key {key.kid} is disabled and watched until {written(due)}")
