"""The tags by which a key says what its bare material does not: its kid, and by which algorithm it signs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from .calls import KMSClient, call, pages

#: The kid that the key signs with; a key without it has its RFC 7638 thumbprint.
KID: Final = "kmsjose:kid"
#: The JOSE name of the one algorithm that the key signs by; only an RSA key needs it.
ALG: Final = "kmsjose:alg"
#: The name, without ``alias/``, of the rotation that the key belongs to.
ROTATION: Final = "kmsjose:rotation"
#: What the name of every tag that this package writes begins with.
PREFIX: Final = "kmsjose:"


def read_tags(client: KMSClient, arn: str) -> dict[str, str]:
    """The tags of a key.

    Args:
        client: A boto3 KMS client.
        arn: Key ARN or id.

    Raises:
        KMSError: as AWS answers.
    """
    return {str(tag["TagKey"]): str(tag["TagValue"]) for tag in pages(client, "ListResourceTags", "Tags", KeyId=arn)}


def write_tags(client: KMSClient, arn: str, tags: Mapping[str, str]) -> None:
    """Give a key tags, all of them in one call; those of the same name are replaced.

    Raises:
        KMSError: as AWS answers.
    """
    call(client, "TagResource", KeyId=arn, Tags=[{"TagKey": name, "TagValue": value} for name, value in tags.items()])


def remove_tags(client: KMSClient, arn: str, names: Iterable[str]) -> None:
    """Take tags from a key; one that is not there is no error.

    Raises:
        KMSError: as AWS answers.
    """
    call(client, "UntagResource", KeyId=arn, TagKeys=list(names))
