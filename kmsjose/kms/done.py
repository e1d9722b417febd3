"""What is done is done: an answer of KMS may get lost, and the repeated call then finds its work done."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from ..errors import KMSError
from .calls import KMSClient, call

#: After these errors nobody knows whether KMS did what was asked.
UNANSWERED: Final = frozenset({"connection", "unavailable"})
#: The states of a key that waits for its deletion.
GOING: Final = ("PendingDeletion", "PendingReplicaDeletion")
#: The states to which a key comes back that is kept.
KEPT: Final = ("Disabled", "Enabled", "PendingImport")


def bring_to(
    client: KMSClient, operation: str, arn: str, states: Collection[str], **parameters: object
) -> Mapping[str, object]:
    """Call an operation that brings a key into a state, and take it for done if the key is found in that state.

    Args:
        client: A boto3 KMS client.
        operation: As AWS names it, ``CancelKeyDeletion``.
        arn: Of the key.
        states: The KeyStates in which its work is done.
        parameters: Beside the KeyId.

    Returns:
        The answer, or the KeyMetadata of a key for which nothing was left to do.

    Raises:
        KMSError: as AWS answers.
    """
    try:
        return call(client, operation, KeyId=arn, **parameters)
    except KMSError as error:
        found = _metadata(client, arn) if error.code in {"invalid-state", "not-ready", *UNANSWERED} else {}
        if found.get("KeyState") not in states:
            raise
    return found


def _metadata(client: KMSClient, arn: str) -> Mapping[str, object]:
    """What KMS tells of the key; nothing if it does not."""
    try:
        found = call(client, "DescribeKey", KeyId=arn).get("KeyMetadata")
    except KMSError:
        return {}
    return found if isinstance(found, Mapping) else {}
