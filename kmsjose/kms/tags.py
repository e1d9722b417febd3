"""The tags by which a key says what its bare material does not: its kid, and by which algorithm it signs."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from typing import Final

from ..algorithms import by_key_spec
from ..errors import InputError, KMSError
from ..keys.public_key import PublicKey
from .calls import KMSClient, call, pages

#: The kid that the key signs with; a key without it has its RFC 7638 thumbprint.
KID: Final = "kmsjose:kid"
#: The JOSE name of the one algorithm that the key signs by; only an RSA key needs it.
ALG: Final = "kmsjose:alg"
#: The name, without ``alias/``, of the rotation that the key belongs to.
ROTATION: Final = "kmsjose:rotation"
#: What the name of every tag that this package writes begins with.
PREFIX: Final = "kmsjose:"
#: What AWS takes in a tag, beside letters, digits and whitespace.
_SIGNS: Final = "+-=._:/@"
_LONGEST_VALUE: Final = 256


def tags_of(public_key: PublicKey, spec: str) -> dict[str, str]:
    """The tags that say what the bare material of a key does not.

    Args:
        public_key: With the kid and the algorithm that it is to be known by.
        spec: Its KeySpec.

    Raises:
        InputError: ``usage``: a tag can't hold the kid.

    >>> from cryptography.hazmat.primitives.asymmetric import ec
    >>> key = PublicKey.of(ec.derive_private_key(1, ec.SECP256R1()).public_key(), kid="2026")
    >>> tags_of(key, "ECC_NIST_P256")
    {'kmsjose:kid': '2026'}
    """
    tags = {}
    thumbprint = public_key.thumbprint()
    if public_key.kid != thumbprint:
        check_kid(public_key.kid, f" here, for example its thumbprint {thumbprint}")
        tags[KID] = public_key.kid
    if len(by_key_spec(spec)) > 1:
        tags[ALG] = public_key.algorithm.name
    return tags


def foreign_in(text: str) -> list[str]:
    """The characters of a text that AWS takes neither in a tag's name nor in its value, sorted.

    >>> foreign_in("did:web:issuer.example#key-1")
    ['#']
    """
    return sorted({c for c in text if unicodedata.category(c)[0] not in "LNZ" and c not in _SIGNS})


def check_kid(kid: str, other: str = "") -> None:
    """Refuse a kid that a tag can't hold.

    Args:
        kid: The kid.
        other: Which other may be given, for the message.

    Raises:
        InputError: ``usage``.
    """
    if not kid:
        why = "that is empty names no key"
    elif foreign := foreign_in(kid):
        why = f"can't hold {foreign[0]!r}"
    elif len(kid) > _LONGEST_VALUE:
        why = f"holds {_LONGEST_VALUE} characters at most"
    else:
        return
    raise InputError(
        "usage",
        f"a tag of AWS {why}, so the key can't remember the kid {kid[:80]!r}: give it another{other}, and name this "
        "one where you sign",
    )


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
    entries = [{"TagKey": name, "TagValue": value} for name, value in tags.items()]
    try:
        call(client, "TagResource", KeyId=arn, Tags=entries)
    except KMSError as error:
        if error.code != "limit-exceeded":
            raise
        raise KMSError(
            error.code,
            f"the key {arn} has no room for its tags {', '.join(tags)}: remove others from it",
            operation=error.operation,
            aws_code=error.aws_code,
            request_id=error.request_id,
        ) from error


def remove_tags(client: KMSClient, arn: str, names: Iterable[str]) -> None:
    """Take tags from a key; one that is not there is no error.

    Raises:
        KMSError: as AWS answers.
    """
    call(client, "UntagResource", KeyId=arn, TagKeys=list(names))
