"""The one door to AWS: every call of KMS goes through here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from time import sleep
from typing import Final, Protocol

from botocore import xform_name

from ..errors import InputError, KMSError
from .aws_errors import modules_of, translated
from .connections import own_connections


class KMSClient(Protocol):
    """A boto3 KMS client: `connect` makes one, and any that the caller already has will do."""

    @property
    def meta(self) -> object:
        """What boto3 tells of the client; its region, for one."""
        ...


#: What an answer always has; boto3 takes one that is cut short for a success without it.
_MEMBERS: Final = {
    "Sign": "Signature", "GetPublicKey": "PublicKey", "DescribeKey": "KeyMetadata", "ListKeys": "Keys",
    "ListAliases": "Aliases", "ListResourceTags": "Tags", "GetParametersForImport": "ImportToken",
    "CreateKey": "KeyMetadata", "ReplicateKey": "ReplicaKeyMetadata",
}  # fmt: skip
#: A second call of these would make a second key.
_ONCE: Final = frozenset({"CreateKey", "ReplicateKey"})
#: Seconds before each further call, after an answer that was cut short.
_PAUSES: Final = (0.1, 0.3)


def call(client: KMSClient, operation: str, **parameters: object) -> Mapping[str, object]:
    """Call a KMS operation and return its answer.

    Args:
        client: A boto3 KMS client.
        operation: As AWS names it, ``GetPublicKey``.
        parameters: As AWS names them.

    Raises:
        KMSError: whatever went wrong, with AWS's code and request id; botocore's exception is its cause.
        InputError: ``usage``: not a KMS client.
    """
    method = getattr(client, xform_name(operation), None)
    if method is None:
        raise InputError("usage", "the client is not a boto3 KMS client")
    own_connections(client)
    for pause in (*(() if operation in _ONCE else _PAUSES), None):
        with translated(operation, region_of(client), str(parameters.get("KeyId", ""))):
            answer = _whole_answer(method, parameters, _MEMBERS.get(operation))
        if answer is not None:
            return answer
        if pause is not None:
            sleep(pause)
    raise KMSError(
        "connection", f"{operation}: the answer was cut short, or is none of KMS", operation=operation, retryable=True
    )


def _whole_answer(
    method: Callable[..., Mapping[str, object]], parameters: Mapping[str, object], member: str | None
) -> Mapping[str, object] | None:
    """The answer of a call, or None for one that was cut short."""
    try:
        answer = method(**parameters)
    except (AttributeError, TypeError, ValueError, RuntimeError, OverflowError) as error:
        # botocore has no class for an answer that its parser can't take.
        modules = modules_of(error)
        if "botocore.parsers" not in modules and modules[-1] != "botocore.endpoint":
            raise
        return None
    return answer if member is None or member in answer else None


def pages(client: KMSClient, operation: str, member: str, **parameters: object) -> Iterator[Mapping[str, object]]:
    """Every entry of a listing, page by page as they are asked for.

    Args:
        client: A boto3 KMS client.
        operation: A listing, ``ListKeys``.
        member: The list in its answer, ``Keys``.
        parameters: As AWS names them.

    Raises:
        KMSError: as `call`.
    """
    marker: dict[str, object] = {}
    while True:
        answer = call(client, operation, **parameters, **marker)
        entries = answer.get(member)
        if not isinstance(entries, list):
            raise KMSError("unexpected-answer", f"KMS answered without {member}", operation=operation)
        yield from entries
        following = answer.get("NextMarker")
        if not answer.get("Truncated") or not following or following == marker.get("Marker"):
            return
        marker = {"Marker": following}


def region_of(client: KMSClient) -> str:
    """The region that a client calls."""
    return str(getattr(client.meta, "region_name", "") or "")
