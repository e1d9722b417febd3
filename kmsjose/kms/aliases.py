"""Names of KMS keys, which can be moved from one key to another."""

from __future__ import annotations

from ..errors import KMSError
from .calls import KMSClient, call
from .description import resolve
from .identifiers import alias_name


def set_alias(client: KMSClient, key: str, alias: str) -> str | None:
    """Give a key a name, or move the name to it; returns the ARN of the key that had the name, if one did.

    Args:
        client: A boto3 KMS client.
        key: Key id, ARN or alias of the key that is to have it.
        alias: With or without ``alias/``.

    Raises:
        InputError: ``usage``.
        KMSError: as AWS answers.
    """
    name = alias_name(alias)
    arn = resolve(client, key)
    try:
        call(client, "CreateAlias", AliasName=name, TargetKeyId=arn)
    except KMSError as error:
        if error.code != "already-exists":
            raise
    else:
        return None
    previous = resolve(client, name)
    if previous != arn:
        call(client, "UpdateAlias", AliasName=name, TargetKeyId=arn)
    return previous


def delete_alias(client: KMSClient, alias: str) -> None:
    """Remove a name; its key stays.

    Raises:
        InputError: ``usage``.
        KMSError: as AWS answers.
    """
    call(client, "DeleteAlias", AliasName=alias_name(alias))
