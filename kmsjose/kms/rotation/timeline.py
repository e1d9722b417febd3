"""What may be done next with a rotation, and when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from ...arguments import checked
from .key import RotationKey, Stage
from .state import Rotation
from .times import CACHE_TIME, WATCH, check_spans


@dataclass(frozen=True, slots=True)
class NextStep:
    """A step that a rotation waits for.

    Attributes:
        step: ``stage``, ``publish``, ``promote``, ``retire`` or ``drop``.
        key: The key that it is about, or None.
        due: When it may be done; None is now.
        why: In a few words.
    """

    step: str
    key: RotationKey | None
    due: datetime | None
    why: str


@checked
def next_steps(
    rotation: Rotation, cache_time: timedelta = CACHE_TIME, watch: timedelta = WATCH
) -> tuple[NextStep, ...]:
    """What may be done next, and when; for a rotation at rest that is to stage a new key, whenever it pleases.

    Args:
        rotation: As `read` gives it.
        cache_time: How long verifiers keep the JWK Set.
        watch: How long a key stays disabled before its deletion is scheduled.

    Raises:
        InputError: ``usage``: a time that makes no sense.
    """
    check_spans(cache_time, watch)
    steps = [step for key in rotation.keys for step in _of_key(key, cache_time, watch)]
    if rotation.active is not None and rotation.active.revoked is not None and rotation.staged is None:
        steps.insert(0, NextStep("stage", None, None, "the key that signs is revoked"))
    now = rotation.clock.start
    ready = [NextStep(step.step, step.key, _later(step.due, now), step.why) for step in steps]
    return tuple(ready) or (NextStep("stage", None, None, "when a new key is wanted"),)


def _of_key(key: RotationKey, cache_time: timedelta, watch: timedelta) -> Iterator[NextStep]:
    if key.stage is Stage.STAGED and not key.enabled:
        yield NextStep("promote", key, None, f"once it can be used: in KMS it is {key.info.state}")
    elif key.stage is Stage.STAGED and key.seen is None:
        yield NextStep("publish", key, None, "verifiers must learn of the key")
        yield NextStep("promote", key, None, "a first look at what is published begins the wait")
    elif key.stage is Stage.STAGED and key.seen is not None:
        yield NextStep("promote", key, key.seen + cache_time, "every verifier has read the published set again")
    elif key.stage is Stage.REPLACED:
        yield NextStep("retire", key, None, "it is published without end until then")
    elif key.stage in (Stage.RETIRED, Stage.DISABLED):
        yield NextStep("drop", key, _drop_due(key, watch), _drop_why(key))


def _drop_due(key: RotationKey, watch: timedelta) -> datetime | None:
    return key.disabled + watch if key.disabled else key.revoked or key.published_until


def _drop_why(key: RotationKey) -> str:
    if key.enabled and key.disabled is not None:
        return "somebody has enabled it again; disable it once it is not missed any more"
    if key.disabled is None and key.revoked is not None:
        return "it is revoked; it is watched for a while before its deletion"
    if key.disabled is None:
        return "the last token has expired; it is disabled then"
    return "nobody missed it; its deletion is scheduled then"


def _later(due: datetime | None, now: datetime) -> datetime | None:
    return due if due is not None and due > now else None
