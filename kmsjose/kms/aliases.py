"""Names of KMS keys, which can be moved from one key to another."""

from __future__ import annotations

from ..arguments import checked
from ..errors import KMSError
from .calls import KMSClient, call
from .description import resolve
from .done import UNANSWERED
from .identifiers import alias_name


@checked
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
        if error.code in UNANSWERED and _is_named(client, arn, name):
            return None
        if error.code != "already-exists":
            raise
    else:
        return None
    previous = resolve(client, name)
    if previous != arn:
        _move(client, arn, name)
    return previous


def _move(client: KMSClient, arn: str, name: str) -> None:
    try:
        call(client, "UpdateAlias", AliasName=name, TargetKeyId=arn)
    except KMSError as error:
        if error.code not in UNANSWERED or not _is_named(client, arn, name):
            raise


def refuse_taken(client: KMSClient, name: str, operation: str = "CreateKey") -> None:
    """Refuse an alias that another key has, before a new key is made that would go without its name.

    Args:
        client: A boto3 KMS client.
        name: The full name.
        operation: What is not done.

    Raises:
        KMSError: ``already-exists``, or as AWS answers.
    """
    try:
        arn = resolve(client, name)
    except KMSError as error:
        # Who may not describe keys learns from CreateAlias itself.
        if error.code not in {"not-found", "access-denied"}:
            raise
        return
    raise KMSError("already-exists", f"{name} is the name of {arn}; nothing was made", operation=operation)


def name_new_key(client: KMSClient, arn: str, name: str) -> None:
    """Give a new key a name that is free.

    Args:
        client: A boto3 KMS client.
        arn: Of the key.
        name: The full name.

    Raises:
        KMSError: as AWS answers; ``already-exists`` if another key has the name.
    """
    try:
        call(client, "CreateAlias", AliasName=name, TargetKeyId=arn)
    except KMSError:
        # An answer may be lost after the name was given; trying again then says that it is taken.
        if not _is_named(client, arn, name):
            raise


def _is_named(client: KMSClient, arn: str, name: str) -> bool:
    try:
        return resolve(client, name) == arn
    except KMSError:
        return False


@checked
def delete_alias(client: KMSClient, alias: str) -> bool:
    """Remove a name; its key stays. Returns whether there was such a name, as far as KMS tells.

    Raises:
        InputError: ``usage``.
        KMSError: as AWS answers.
    """
    name = alias_name(alias)
    try:
        call(client, "DeleteAlias", AliasName=name)
    except KMSError as error:
        if error.code == "not-found":
            return False
        if error.code not in UNANSWERED or not _is_gone(client, name):
            raise
    return True


def _is_gone(client: KMSClient, name: str) -> bool:
    try:
        resolve(client, name)
    except KMSError as error:
        return error.code == "not-found"
    return False
