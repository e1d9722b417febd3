"""The third step of a rotation in a hurry: the keys that were replaced go at once, whatever tokens of theirs live."""

from __future__ import annotations

from ...arguments import checked
from ...errors import RotationError
from ..calls import KMSClient
from .key import RotationKey
from .marking import describe, take_out
from .published import is_needed
from .state import read
from .step import step


@checked
def revoke_replaced(client: KMSClient, name: str) -> tuple[RotationKey, ...]:
    """Revoke the keys that were replaced: they are disabled, and published no more.

    Every token that they signed is refused as soon as verifiers read the published set again. Keys that wait for their
    deletion, and are not published any more, are passed over.

    Args:
        client: A boto3 KMS client.
        name: Of the rotation, with or without ``alias/``.

    Returns:
        The keys that are revoked.

    Raises:
        RotationError: ``nothing-replaced``; ``unmarked``; ``nothing-staged``, ``locked``, ``unsettled``.
        InputError: ``usage``.
        KMSError: as AWS answers.
    """
    with step(client, name) as (rotation, lock):
        for key in rotation.out_of_use:
            if not key.is_going or is_needed(client, rotation, key):
                target = describe(client, key.id, rotation.aliases)
                lock.check()
                take_out(client, rotation.name, target, rotation.aliases)
        revoked = tuple(key for key in read(client, name).keys if key.revoked is not None)
    if not revoked:
        raise RotationError("nothing-replaced", f"no key of {name} was replaced; the key that signs is not revoked")
    return revoked
