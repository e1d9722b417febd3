"""What every step begins with: the lock, and a rotation that is settled."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ...algorithms import Algorithm
from ...errors import RotationError
from ..calls import KMSClient
from .key import Stage
from .listing import unknown
from .lock import Lock, held
from .names import active_alias
from .settle import settle
from .state import Rotation, read


@contextmanager
def step(
    client: KMSClient, name: str, *, target: str | None = None, rsa: Algorithm | None = None
) -> Iterator[tuple[Rotation, Lock]]:
    """A rotation as it stands, for the length of the block changed by nobody else.

    Args:
        client: A boto3 KMS client.
        name: Of the rotation.
        target: The ARN of a key for the lock, if the rotation has none yet.
        rsa: See `settle`.

    Raises:
        RotationError: ``nothing-staged``: every key waits for its deletion; ``locked``; ``unsettled``: the alias has
            just moved.
        InputError: ``usage``.
        KMSError: as AWS answers; ``not-found``: the name has no key at all.
    """
    rotation = read(client, name)
    target = anchor(rotation) or target
    if target is None and not rotation.keys:
        raise unknown(client, rotation.name)
    if target is None:
        raise RotationError("nothing-staged", f"{rotation.name} has no key that is to stay")
    with held(client, rotation.name, target, rotation.clock) as lock:
        rotation = settle(client, read(client, name), rsa)
        if not rotation.is_settled:
            raise RotationError(
                "unsettled", f"KMS tells two keys of {active_alias(rotation.name)}, which has just moved"
            )
        yield rotation, lock


def anchor(rotation: Rotation) -> str | None:
    """The ARN of a key that can be tagged, for the lock to point to; None if there is none."""
    living = [key for key in rotation.keys if not key.is_going]
    active = [key for key in living if key.stage is Stage.ACTIVE]
    return next((key.arn for key in active + living), None)
