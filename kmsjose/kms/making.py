"""CreateKey, of which an answer may get lost: every key is marked, so that one which was made unseen is found again.

KMS takes no token by which a repeated CreateKey would be known for the same. boto3 repeats one that was not answered,
and then there are two keys.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Collection, Iterator, Mapping
from typing import Final

from ..errors import KMSError
from .calls import KMSClient, call, pages
from .description import info_of
from .done import UNANSWERED
from .tags import read_tags

#: The tag of a key that says by which request it was made.
REQUEST: Final = "kmsjose:request"
_SHORTEST_WINDOW: Final = 7
_LOG: Final = logging.getLogger("kmsjose.kms")


def make_key(
    client: KMSClient,
    parameters: Mapping[str, object],
    tags: Mapping[str, str],
    wanted: Mapping[str, str] | None = None,
    mark: str = REQUEST,
) -> str:
    """Make one key, and return its ARN; a second one that a repeated request has made is scheduled for deletion.

    Args:
        client: A boto3 KMS client.
        parameters: Of CreateKey, without its tags.
        tags: Those that the key must have.
        wanted: Those that it has if the caller may tag keys; otherwise it is made without them, and that is logged.
        mark: The tag that tells this request from every other; if `tags` has none of this name, a random one is wanted.

    Raises:
        KMSError: as AWS answers; ``connection`` and ``unavailable`` say which key may have been made all the same.
    """
    token = tags.get(mark) or secrets.token_hex(8)
    wished = dict(wanted or {}) if mark in tags else {**(wanted or {}), mark: token}
    try:
        answer = call(client, "CreateKey", **parameters, **_as_parameter({**tags, **wished}))
    except KMSError as error:
        if error.code == "access-denied" and wished:
            return _make_without(client, parameters, tags, wished, error)
        if error.code not in UNANSWERED:
            raise
        return _found_again(client, mark, token, error)
    arn = info_of(answer).arn
    if _was_repeated(answer):
        _discard_others(client, mark, token, arn)
    return arn


def marked(client: KMSClient, mark: str, token: str, named: Collection[str]) -> Iterator[str]:
    """The ARNs of the keys that have a tag of this value, and no alias.

    Args:
        client: A boto3 KMS client.
        mark: The tag's name.
        token: Its value.
        named: The ids of the keys that have an alias.

    Raises:
        KMSError: as AWS answers; the tags of a key that is somebody else's, or gone, are passed over.
    """
    for entry in pages(client, "ListKeys", "Keys"):
        if str(entry["KeyId"]) not in named and _has(client, str(entry["KeyId"]), mark, token):
            yield str(entry["KeyArn"])


def _make_without(
    client: KMSClient,
    parameters: Mapping[str, object],
    tags: Mapping[str, str],
    wished: Mapping[str, str],
    denied: KMSError,
) -> str:
    """Make a key without the tags that it need not have."""
    try:
        arn = info_of(call(client, "CreateKey", **parameters, **_as_parameter(tags))).arn
    except KMSError as error:
        if error.code == "access-denied":
            raise denied from error  # All that was asked for is to be granted.
        if error.code not in UNANSWERED:
            raise
        raise _unsure(error, "see `kmsjose key list`") from error
    _LOG.warning("the key %s has no tag %s: kms:TagResource is not granted", arn, ", ".join(wished))
    return arn


def _as_parameter(tags: Mapping[str, str]) -> dict[str, object]:
    return {"Tags": [{"TagKey": name, "TagValue": value} for name, value in tags.items()]} if tags else {}


def _was_repeated(answer: Mapping[str, object]) -> bool:
    metadata = answer.get("ResponseMetadata")
    return bool(isinstance(metadata, Mapping) and metadata.get("RetryAttempts"))


def _found_again(client: KMSClient, mark: str, token: str, error: KMSError) -> str:
    """The key that was made though no answer came."""
    try:
        first, *others = _unnamed(client, mark, token)
    except (KMSError, ValueError):
        raise _unsure(error, f"it has the tag {mark}={token}, and no alias") from error
    for other in others:
        _discard(client, other)
    return first


def _unsure(error: KMSError, which: str) -> KMSError:
    """The error after which nobody knows whether a key was made."""
    return KMSError(
        error.code,
        f"{error.message}; a key may have been made all the same: {which}",
        operation=error.operation,
        aws_code=error.aws_code,
        request_id=error.request_id,
        retryable=error.retryable,
    )


def _discard_others(client: KMSClient, mark: str, token: str, arn: str) -> None:
    try:
        for other in _unnamed(client, mark, token):
            if other != arn:
                _discard(client, other)
    except KMSError as error:
        _LOG.warning(
            "CreateKey was repeated, and a second key may have been made (%s): it has the tag %s=%s, and is not %s",
            error.code, mark, token, arn,
        )  # fmt: skip


def _unnamed(client: KMSClient, mark: str, token: str) -> list[str]:
    named = {str(alias.get("TargetKeyId")) for alias in pages(client, "ListAliases", "Aliases")}
    return list(marked(client, mark, token, named))


def _discard(client: KMSClient, arn: str) -> None:
    call(client, "ScheduleKeyDeletion", KeyId=arn, PendingWindowInDays=_SHORTEST_WINDOW)
    _LOG.warning("CreateKey was repeated and made a second key, %s: it is scheduled for deletion", arn)


def _has(client: KMSClient, key_id: str, mark: str, token: str) -> bool:
    try:
        return read_tags(client, key_id).get(mark) == token
    except KMSError as error:
        if error.code in ("access-denied", "not-found"):
            return False
        raise
