"""The lock of a rotation: an alias, since CreateAlias is the one call of KMS that fails if something is there."""

from __future__ import annotations

import logging
import os
import re
import secrets
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from typing import Final

from ...errors import KMSError, RotationError
from ..calls import KMSClient, call
from ..tags import read_tags, remove_tags, write_tags
from .clock import Clock, kms_clock, read_time, written
from .names import LAST_GENERATION, LockAlias, aliases_of, lock_alias

#: The tag of the key that a lock points to: generation, owner and expiry.
LOCK: Final = "kmsjose:lock"
#: For how long a lock keeps others away if its owner was killed.
LEASE: Final = timedelta(minutes=5)
#: What must be left of it before a call that matters.
_RESERVE: Final = timedelta(minutes=1)
_WRITTEN: Final = re.compile(r"(\d{1,9}) (\S+) (\S+)", re.ASCII)
_LOG: Final = logging.getLogger("kmsjose.kms")


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock that is held.

    Attributes:
        client: A boto3 KMS client.
        expires: When others may take over.
        clock: The time of KMS.
    """

    client: KMSClient
    expires: datetime
    clock: Clock

    def check(self) -> None:
        """Make sure that nobody has taken over, before a call that matters.

        Raises:
            RotationError: ``locked``: the step took so long that somebody may have.
            KMSError: as AWS answers.
        """
        # KMS is asked anew: the clocks of a machine may stand still while it sleeps.
        if kms_clock(self.client).now() > self.expires - _RESERVE:
            raise RotationError("locked", "the step took so long that another may have begun")


@contextmanager
def held(client: KMSClient, name: str, target: str, clock: Clock) -> Iterator[Lock]:
    """Be the only rotator for the length of the block.

    Args:
        client: A boto3 KMS client.
        name: Of the rotation.
        target: The ARN of a key for the lock to point to.
        clock: The time of KMS.

    Raises:
        RotationError: ``locked``: somebody else is at work, or was killed less than the `LEASE` ago.
        KMSError: as AWS answers.
    """
    expired = aliases_of(client, name).locks
    for other in expired:
        _refuse_live(client, name, other, clock)
    generation = _next_generation(expired)
    alias = lock_alias(name, generation)
    # Taken before the lock is made: what others reckon from its making is no earlier.
    expires = clock.now() + LEASE
    try:
        call(client, "CreateAlias", AliasName=alias, TargetKeyId=target)
    except KMSError as error:
        if error.code == "already-exists":
            raise RotationError(
                "locked",
                f"another rotator of {name} was faster, or KMS's answer to this one got lost; "
                f"in both cases go on after {written(expires)}",
            ) from error
        raise
    lock = Lock(client, expires, clock)
    try:
        write_tags(client, target, {LOCK: f"{generation} {_owner()} {written(lock.expires)}"})
        _refuse_others(client, name, generation, expired)
        for old in expired:
            _delete_alias(client, lock_alias(name, old.generation))
        yield lock
    finally:
        _release(client, alias, target, lock.expires)


def holder(client: KMSClient, lock: LockAlias, clock: Clock) -> tuple[str, datetime]:
    """Who holds a lock, and until when.

    Raises:
        KMSError: as AWS answers.
    """
    # Whatever a tag says: no lock is longer than this.
    end = (lock.created or clock.start) + LEASE
    told = _WRITTEN.fullmatch(read_tags(client, lock.key_id).get(LOCK, ""))
    if told is None or int(told[1]) != lock.generation:
        # Its owner was killed, or is just about to write who it is.
        return "unknown", end
    with suppress(ValueError):
        end = min(end, read_time(told[3]) or end)
    return told[2], end


def _next_generation(locks: Sequence[LockAlias]) -> int:
    """The number of the next lock: all who see the same locks have the same, and one of them is first."""
    numbers = {lock.generation for lock in locks}
    following = max(numbers, default=0) + 1
    return following if following <= LAST_GENERATION else next(n for n in count(1) if n not in numbers)


def _refuse_live(client: KMSClient, name: str, lock: LockAlias, clock: Clock) -> None:
    owner, expires = holder(client, lock, clock)
    if clock.now() < expires:
        raise RotationError(
            "locked",
            f"{owner} is at work on {name}; if it was killed, go on after {written(expires)}, "
            f"or remove {lock_alias(name, lock.generation)} by `kmsjose key unalias` once nobody is",
        )


def _refuse_others(client: KMSClient, name: str, mine: int, expired: tuple[LockAlias, ...]) -> None:
    """Give way if somebody else has locked meanwhile: of two who took over at once, one at most goes on."""
    known = {(lock.generation, lock.created) for lock in expired}
    for lock in aliases_of(client, name).locks:
        if lock.generation != mine and (lock.generation, lock.created) not in known:
            raise RotationError("locked", f"another rotator of {name} has locked at the same time")


def _release(client: KMSClient, alias: str, target: str, expires: datetime) -> None:
    with suppress(KMSError):
        if kms_clock(client).now() >= expires:
            return  # By now it may be the next owner's, if that has the same number.
    for undo in (partial(remove_tags, client, target, [LOCK]), partial(_delete_alias, client, alias)):
        try:
            undo()
        except KMSError as error:
            # The step itself is done, or its own error is on its way; the lock ends by itself.
            _LOG.warning("%s could not be cleaned up (%s); it ends after %s", alias, error.code, LEASE)


def _delete_alias(client: KMSClient, alias: str) -> None:
    try:
        call(client, "DeleteAlias", AliasName=alias)
    except KMSError as error:
        if error.code != "not-found":
            raise


def _owner() -> str:
    """This process, in characters that a tag can hold."""
    host = re.sub(r"[^A-Za-z0-9.-]", "-", socket.gethostname())[:64]
    return f"{host}:{os.getpid()}:{secrets.token_hex(4)}"
