"""What KMS tells of its keys."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from ..algorithms import Algorithm, by_key_spec
from ..arguments import checked
from ..errors import KMSError
from .calls import KMSClient, call, pages
from .identifiers import check_answered, check_key_id
from .tags import read_tags

_FIRST: Final = datetime(1970, 1, 1, tzinfo=UTC)
_END: Final = datetime(9000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class KeyInfo:
    """What KMS tells of a key.

    Attributes:
        arn: The key's ARN.
        spec: Its KeySpec, ``ECC_NIST_P256``.
        usage: Its KeyUsage, ``SIGN_VERIFY``.
        state: Its KeyState, ``Enabled``.
        description: As given when it was made.
        aliases: Their names, sorted.
        multi_region: Whether it is a multi-Region key.
        origin: ``AWS_KMS``, or ``EXTERNAL`` for imported material.
        created: When it was made.
        deletion: When it will be deleted, or None.
        tags: Its tags; None where they were not asked for, or may not be listed.
    """

    arn: str
    spec: str
    usage: str
    state: str
    description: str
    aliases: tuple[str, ...]
    multi_region: bool
    origin: str
    created: datetime | None
    deletion: datetime | None
    tags: Mapping[str, str] | None = None

    @property
    def algorithms(self) -> tuple[Algorithm, ...]:
        """What the key can sign by, each with its FIPS standing; nothing for a key of another usage."""
        return by_key_spec(self.spec) if self.usage == "SIGN_VERIFY" else ()


@checked
def list_keys(client: KMSClient) -> Iterator[KeyInfo]:
    """Every key of the account and region with its aliases, each described as it is reached.

    Raises:
        KMSError: as AWS answers.
    """
    aliases: dict[str, list[str]] = defaultdict(list)
    for alias in pages(client, "ListAliases", "Aliases"):
        aliases[str(alias.get("TargetKeyId"))].append(str(alias["AliasName"]))
    for key in pages(client, "ListKeys", "Keys"):
        answer = call(client, "DescribeKey", KeyId=key["KeyArn"])
        yield info_of(answer, aliases.get(str(key["KeyId"]), ()))


@checked
def describe_key(client: KMSClient, key: str) -> KeyInfo:
    """A key with its aliases and tags.

    Args:
        client: A boto3 KMS client.
        key: Key id, key ARN, alias name or alias ARN.

    Raises:
        InputError: ``usage``.
        KMSError: as AWS answers.
    """
    check_key_id(key)
    answer = call(client, "DescribeKey", KeyId=key)
    arn = check_answered(key, info_of(answer).arn, "DescribeKey")
    aliases = [str(alias["AliasName"]) for alias in pages(client, "ListAliases", "Aliases", KeyId=arn)]
    return info_of(answer, aliases, readable_tags(client, arn))


def readable_tags(client: KMSClient, arn: str) -> Mapping[str, str] | None:
    """The tags of a key, or None if they may not be listed.

    Raises:
        KMSError: as AWS answers, but for ``access-denied``.
    """
    try:
        return read_tags(client, arn)
    except KMSError as error:
        if error.code != "access-denied":
            raise
        return None


@checked
def resolve(client: KMSClient, key: str) -> str:
    """The ARN of the key that an id, ARN or alias stands for now.

    Raises:
        InputError: ``usage``.
        KMSError: as AWS answers.
    """
    check_key_id(key)
    return check_answered(key, info_of(call(client, "DescribeKey", KeyId=key)).arn, "DescribeKey")


def info_of(
    answer: Mapping[str, object], aliases: Iterable[str] = (), tags: Mapping[str, str] | None = None
) -> KeyInfo:
    """What an answer with KeyMetadata says.

    Raises:
        KMSError: ``unexpected-answer``.
    """
    metadata = answer.get("KeyMetadata")
    if not isinstance(metadata, Mapping) or not metadata.get("Arn"):
        raise KMSError("unexpected-answer", "KMS answered without the key's metadata")
    return KeyInfo(
        arn=str(metadata["Arn"]),
        spec=str(metadata.get("KeySpec") or metadata.get("CustomerMasterKeySpec")),
        usage=str(metadata.get("KeyUsage")),
        state=str(metadata.get("KeyState")),
        description=str(metadata.get("Description") or ""),
        aliases=tuple(sorted(aliases)),
        multi_region=bool(metadata.get("MultiRegion")),
        origin=str(metadata.get("Origin") or "AWS_KMS"),
        created=date_of(metadata.get("CreationDate")),
        deletion=date_of(metadata.get("DeletionDate")),
        tags=tags,
    )


def date_of(value: object) -> datetime | None:
    """A date of an answer in UTC, where it has one that makes sense."""
    try:
        date = value.astimezone(UTC) if isinstance(value, datetime) else None
    except OverflowError:
        return None
    return date if date is not None and is_sane(date) else None


def is_sane(date: datetime) -> bool:
    """Whether a date, with its zone, is one that others can be reckoned from: it is neither before 1970 nor after 8999.

    >>> is_sane(datetime(9999, 12, 31, tzinfo=UTC))
    False
    """
    return _FIRST <= date < _END
