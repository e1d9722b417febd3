"""Tags that a person gives to a key that is there: what it signs by and as, and the person's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ..algorithms import by_name
from ..arguments import checked
from ..errors import InputError
from .calls import KMSClient, call
from .description import KeyInfo, info_of
from .identifiers import check_key_id
from .tags import ALG, KID, PREFIX, ROTATION, check_kid, read_tags, write_tags

_SET_BY_HAND: Final = (ALG, KID)


@checked
def tag_key(client: KMSClient, key: str, tags: Mapping[str, str]) -> str:
    """Give a key tags, those of the same name are replaced; returns its ARN.

    By the tag ``kmsjose:alg`` an RSA key that was made elsewhere says what it signs by, and by ``kmsjose:kid`` any key
    under which kid it is published: whoever opens it from then on need not say it. Every other tag of this package is
    written by the package alone, and of a key that belongs to a rotation neither changes any more.

    Args:
        client: A boto3 KMS client.
        key: Key id, key ARN, alias name or alias ARN.
        tags: Names to values; at least one.

    Raises:
        InputError: ``usage``: a tag that can't be given; ``alg-unknown``, ``alg-unsupported-by-key``.
        KMSError: as AWS answers.

    >>> from kmsjose import kms
    >>> client = kms.connect(local=":memory:")
    >>> made = client.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["Arn"]
    >>> arn = tag_key(client, made, {"kmsjose:alg": "RS256"})
    >>> kms.open_tagged(client, arn).public_key.algorithm.name
    'RS256'
    """
    check_key_id(key)
    _check(tags)
    info = info_of(call(client, "DescribeKey", KeyId=key))
    if ALG in tags:
        _check_algorithm(info, tags[ALG])
    if not {ALG, KID}.isdisjoint(tags):
        _refuse_change(tags, read_tags(client, info.arn))
    write_tags(client, info.arn, tags)
    return info.arn


def _check(tags: Mapping[str, str]) -> None:
    if not tags:
        raise InputError("usage", "no tag is given")
    for name in tags:
        if name.startswith(PREFIX) and name not in _SET_BY_HAND:
            raise InputError("usage", f"the tag {name[:80]} is not given by hand, but {' and '.join(_SET_BY_HAND)} are")
    if KID in tags:
        check_kid(tags[KID])
    if ALG in tags:
        by_name(tags[ALG])


def _check_algorithm(info: KeyInfo, alg: str) -> None:
    row = by_name(alg)
    if row not in info.algorithms:
        can = ", ".join(one.name for one in info.algorithms) or f"sign by none: its usage is {info.usage}"
        raise InputError("alg-unsupported-by-key", f"a key of {info.spec} can't do {row.name}, but {can}")


def _refuse_change(tags: Mapping[str, str], there: Mapping[str, str]) -> None:
    """Refuse to say another thing of a key that is published by what it said before."""
    for name in _SET_BY_HAND:
        if ROTATION in there and name in there and tags.get(name, there[name]) != there[name]:
            raise InputError(
                "usage", f"the key belongs to the rotation {there[ROTATION]}, and its {name} stays {there[name]}"
            )
