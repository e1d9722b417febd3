"""How a key or an alias may be named in a KMS call."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

from ..arguments import checked
from ..errors import InputError, KMSError

_ARN: Final = re.compile(r"arn:(aws[a-z-]*):kms:([a-z0-9-]+):(\d{12}):((?:key|alias)/[A-Za-z0-9/_-]+)")
_KEY_ID: Final = re.compile(r"[A-Za-z0-9-]{1,256}")
_ALIAS: Final = re.compile(r"alias/[A-Za-z0-9/_-]{1,250}")
_RESERVED: Final = "alias/aws/"


@dataclass(frozen=True, slots=True)
class Arn:
    """The ARN of a KMS key or alias, of any partition.

    Attributes:
        partition: ``aws``, ``aws-us-gov``, ``aws-cn`` and the like.
        region: The region that the key is in.
        account: The account's 12 digits.
        resource: ``key/…`` or ``alias/…``.
    """

    partition: str
    region: str
    account: str
    resource: str

    @classmethod
    @checked
    def parse(cls, text: str) -> Arn | None:
        """The parts of an ARN, or None if the text is not one.

        >>> Arn.parse("arn:aws-cn:kms:cn-north-1:111122223333:alias/issuer").region
        'cn-north-1'
        """
        match = _ARN.fullmatch(text)
        return None if match is None else cls(*match.groups())

    def __str__(self) -> str:
        return f"arn:{self.partition}:kms:{self.region}:{self.account}:{self.resource}"


def check_key_id(key: str) -> None:
    """Refuse what can't be a key id (``mrk-`` ids too), key ARN, alias name or alias ARN.

    Raises:
        InputError: ``usage``.
    """
    if not isinstance(key, str) or not (_KEY_ID.fullmatch(key) or _ALIAS.fullmatch(key) or _ARN.fullmatch(key)):
        raise InputError("usage", f"{str(key)[:80]!r} is no key id, key ARN, alias name (alias/x) or alias ARN")


def check_answered(asked: str, arn: object, operation: str) -> str:
    """The ARN of an answer, if it can be that of the key that was asked for.

    Args:
        asked: Key id, key ARN, alias name or alias ARN.
        arn: What KMS names the key by; an alias of an account and region is of a key there.
        operation: That was called.

    Raises:
        KMSError: ``unexpected-answer``: no ARN of a key, or of another one.
    """
    answered = Arn.parse(arn) if isinstance(arn, str) else None
    if answered is None or not answered.resource.startswith("key/"):
        raise KMSError("unexpected-answer", "KMS answered without the key's ARN", operation=operation)
    given = Arn.parse(asked) or replace(answered, resource=asked if asked.startswith("alias/") else f"key/{asked}")
    if given.resource.startswith("alias/"):
        given = replace(given, resource=answered.resource)
    if given != answered:
        raise KMSError("unexpected-answer", f"KMS answered for {answered}, not for {asked}", operation=operation)
    return str(answered)


def alias_name(name: str) -> str:
    """The full name of an alias: ``alias/`` may be left out.

    Raises:
        InputError: ``usage``: characters that an alias can't have, or the prefix that AWS keeps for itself.

    >>> alias_name("issuer")
    'alias/issuer'
    """
    full = name if name.startswith("alias/") else "alias/" + name
    if not _ALIAS.fullmatch(full):
        raise InputError("usage", f"{name[:80]!r} is no alias: letters, digits, '/', '_' and '-', at most 250 of them")
    if full.startswith(_RESERVED):
        raise InputError("usage", f"aliases that begin with {_RESERVED} are AWS's own")
    return full
