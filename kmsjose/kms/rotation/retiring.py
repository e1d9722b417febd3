"""The third step of a rotation: a key that signs no more stays published while a token of it may live."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from ...arguments import checked
from ...errors import KMSError
from ..calls import KMSClient, call
from ..description import date_of
from ..tags import write_tags
from .clock import Clock, written
from .key import LIFETIME, UNTIL, RotationKey, Stage
from .state import read
from .step import step
from .times import HANDOVER, TOKEN_LIFETIME, check_spans


@checked
def retire(
    client: KMSClient, name: str, token_lifetime: timedelta = TOKEN_LIFETIME, handover: timedelta = HANDOVER
) -> tuple[RotationKey, ...]:
    """Say until when the keys that were replaced stay published: as long as a token of theirs may live.

    The time runs from the end of the handover, or from the last signature if that was later. Repeated, this can only
    extend it.

    Args:
        client: A boto3 KMS client.
        name: Of the rotation, with or without ``alias/``.
        token_lifetime: The longest life of a token.
        handover: How long after the promotion a signer may still have used the old key.

    Returns:
        The keys that are retired; none if no key was replaced.

    Raises:
        RotationError: ``nothing-staged``, ``locked``, ``unsettled``.
        InputError: ``usage``.
        KMSError: as AWS answers.
    """
    check_spans(token_lifetime, handover)
    with step(client, name) as (rotation, _):
        for key in rotation.out_of_use:
            if not key.is_going and key.disabled is None and key.revoked is None:
                _retire(client, key, token_lifetime, _replaced(key, rotation.clock) + handover)
        after = read(client, name)
        out = (Stage.RETIRED, Stage.DISABLED)
        return tuple(key for key in after.keys if key.stage in out and key.revoked is None)


def last_used(client: KMSClient, key: RotationKey) -> datetime | None:
    """When a key last signed, as far as KMS has a record: None says nothing.

    Raises:
        KMSError: as AWS answers, but for an endpoint that does not know the call.
    """
    try:
        usage = call(client, "GetKeyLastUsage", KeyId=key.arn).get("KeyLastUsage")
    except KMSError as error:
        if error.code == "unsupported":
            return None
        raise
    return date_of(usage.get("Timestamp")) if isinstance(usage, Mapping) else None


def _replaced(key: RotationKey, clock: Clock) -> datetime:
    """When another had taken the key's place: no later than now, whatever a clock or a hand has written."""
    return clock.mark() if key.replaced is None or clock.is_ahead(key.replaced) else key.replaced


def _retire(client: KMSClient, key: RotationKey, token_lifetime: timedelta, handed_over: datetime) -> None:
    lifetime = max(token_lifetime, key.token_lifetime or token_lifetime)
    last = max(handed_over, last_used(client, key) or handed_over)
    until = max(last + lifetime, key.published_until or last)
    if until != key.published_until or lifetime != key.token_lifetime:
        seconds = -(-lifetime // timedelta(seconds=1))
        write_tags(client, key.arn, {UNTIL: written(until), LIFETIME: str(seconds)})
