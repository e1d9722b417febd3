"""The second step of a rotation: the alias moves to the key that every verifier knows by now."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from ...arguments import checked
from ...errors import RotationError
from ...keys.key_set import KeySet
from ...keys.public_key import PublicKey
from ..aliases import set_alias
from ..calls import KMSClient
from ..tags import remove_tags, write_tags
from .clock import written
from .key import SEEN, RotationKey
from .lock import Lock
from .names import active_alias
from .published import public_key_of
from .settle import settle
from .state import Rotation, read
from .step import step
from .times import CACHE_TIME, check_spans

#: The states of a key on which KMS is at work; they pass by themselves.
_COMING: Final = ("Creating", "Updating")


@checked
def promote(client: KMSClient, name: str, published: KeySet, cache_time: timedelta = CACHE_TIME) -> RotationKey:
    """Let the staged key sign, if verifiers had the time to learn of it; returns the key that signs now.

    The key must be in what is published now, and must have been there, whenever this looked, for as long as verifiers
    keep a JWK Set. The first look begins the wait, so this is to be repeated.

    Args:
        client: A boto3 KMS client.
        name: Of the rotation, with or without ``alias/``.
        published: The JWK Set as verifiers get it at this moment.
        cache_time: How long they keep it.

    Raises:
        RotationError: ``not-published``, ``not-due``, ``nothing-staged``, ``key-unusable``, ``locked``, ``unsettled``.
        InputError: ``usage``.
        KMSError: as AWS answers.
    """
    check_spans(cache_time)
    with step(client, name) as (rotation, lock):
        key = rotation.staged
        if key is None:
            return _active(rotation)
        _check_seen(client, key, published, cache_time, lock)
        return _promote(client, rotation, key, lock)


@checked
def promote_unseen(client: KMSClient, name: str) -> RotationKey:
    """Let the staged key sign at once, whether verifiers know it or not: for a first key, or when the old one is lost.

    Args:
        client: A boto3 KMS client.
        name: Of the rotation, with or without ``alias/``.

    Raises:
        RotationError: ``nothing-staged``, ``key-unusable``, ``locked``, ``unsettled``.
        InputError: ``usage``.
        KMSError: as AWS answers.
    """
    with step(client, name) as (rotation, lock):
        if rotation.staged is None:
            raise RotationError("nothing-staged", f"{rotation.name} has no key that waits for its promotion")
        return _promote(client, rotation, rotation.staged, lock)


def _active(rotation: Rotation) -> RotationKey:
    """The key that signs, where there is nothing to promote: perhaps it was done before."""
    if rotation.active is None:
        raise RotationError("nothing-staged", f"{rotation.name} has no key to promote")
    return rotation.active


def _check_seen(client: KMSClient, key: RotationKey, published: KeySet, cache_time: timedelta, lock: Lock) -> None:
    _check_usable(key)
    now = lock.clock.now()
    if not _is_in(public_key_of(client, key), published):
        if key.seen is not None:
            # Who has fetched the set meanwhile does not know the key: the wait begins anew.
            remove_tags(client, key.arn, [SEEN])
        raise RotationError("not-published", f"the staged key {key.kid} is not in the published JWK Set")
    seen = key.seen
    if seen is None or lock.clock.is_ahead(seen):
        write_tags(client, key.arn, {SEEN: written(lock.clock.mark())})
        seen = now if not cache_time else lock.clock.mark()
    due = seen + cache_time
    if now < due:
        raise RotationError(
            "not-due", f"the staged key {key.kid} is published since {written(seen)}; promote it after {written(due)}"
        )


def _is_in(key: PublicKey, published: KeySet) -> bool:
    return any((one.kid, one.algorithm, one.spki) == (key.kid, key.algorithm, key.spki) for one in published)


def _check_usable(key: RotationKey) -> None:
    if key.info.state in _COMING:
        raise RotationError("unsettled", f"KMS is still at work on the staged key {key.arn}: it is {key.info.state}")
    if key.info.state == "PendingImport":
        raise RotationError(
            "key-unusable",
            f"the staged key {key.arn} has no material: give it some by `kmsjose key import FILE --into {key.arn}`",
        )
    if not key.enabled:
        raise RotationError("key-unusable", f"the staged key {key.arn} is {key.info.state}")


def _promote(client: KMSClient, rotation: Rotation, key: RotationKey, lock: Lock) -> RotationKey:
    _check_usable(key)
    lock.check()
    set_alias(client, key.arn, active_alias(rotation.name))
    # If this is where it ends, the next step writes down what the alias says.
    after = settle(client, read(client, rotation.name))
    return next((one for one in after.keys if one.arn == key.arn), key)
