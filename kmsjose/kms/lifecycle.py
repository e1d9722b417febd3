"""The life of a KMS key: create, enable, disable, delete, and take the deletion back."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final, NoReturn

from ..algorithms import Algorithm, by_key_spec, by_name
from ..arguments import checked
from ..errors import InputError, KMSError
from .aliases import name_new_key, refuse_taken
from .calls import KMSClient
from .description import date_of, resolve
from .done import GOING, KEPT, bring_to
from .identifiers import alias_name
from .making import make_key
from .tags import ALG

#: Bits of a new RSA key; 3072 match the strength of P-256, and 2048 are to be given up after 2030 (NIST SP 800-57).
DEFAULT_RSA_BITS: Final = 3072
#: Days that a key waits for its deletion.
MIN_WINDOW, MAX_WINDOW = 7, 30


@checked
def create_key(
    client: KMSClient,
    alg: str,
    *,
    bits: int | None = None,
    alias: str | None = None,
    description: str = "",
    tags: Mapping[str, str] | None = None,
    multi_region: bool = False,
    policy: str | None = None,
) -> str:
    """Make a signing key and return its ARN.

    If an answer of KMS gets lost, the key that was made unseen is found by the tag ``kmsjose:request``; a second one,
    which a repeated request has made, is scheduled for deletion. An RSA key remembers `alg` in the tag ``kmsjose:alg``.
    If the caller may not tag keys, the key is made without these tags.

    Args:
        client: A boto3 KMS client.
        alg: The JOSE name of what it is to sign by, which an RSA key remembers; KMS would do every RSA algorithm.
        bits: Of an RSA key: 2048, 3072 (the default) or 4096.
        alias: A name for it, with or without ``alias/``; it must be free.
        description: For people.
        tags: For billing and access control.
        multi_region: Make a primary key that can be replicated.
        policy: A key policy as JSON; None takes the account's default.

    Raises:
        InputError: ``alg-unknown``, ``usage``.
        KMSError: as AWS answers; ``already-exists`` for an alias that is taken, before anything is made; ``half-done``
            if the key was made but its alias refused: the message has its ARN.

    >>> from kmsjose import kms
    >>> client = kms.connect(local=":memory:")
    >>> create_key(client, "ES256", alias="issuer")[:33]
    'arn:aws:kms:eu-west-1:11112222333'
    """
    row = by_name(alg)
    parameters = key_parameters(key_spec(row, bits), description, policy, multi_region=multi_region)
    remembered = _remembered(row, tags or {})
    name = None if alias is None else alias_name(alias)
    if name is not None:
        refuse_taken(client, name)
    arn = make_key(client, parameters, tags or {}, remembered)
    if name is not None:
        try:
            name_new_key(client, arn, name)
        except KMSError as error:
            raise half_done(
                f"the key {arn} was made, but not its alias {name}: {error.message}; name it by "
                f"`kmsjose key alias {arn} NAME`, or undo it by `kmsjose key delete {arn}`",
                error,
            ) from error
    return arn


def _remembered(row: Algorithm, tags: Mapping[str, str]) -> dict[str, str]:
    """The tag by which the key remembers its algorithm, if it could do another."""
    if tags.get(ALG, row.name) not in row.names:
        raise InputError("usage", f"the tag {ALG} is not {row.name}, which the key is made for: leave it out")
    return {ALG: row.name} if len(by_key_spec(row.key_specs[0])) > 1 else {}


def key_parameters(spec: str, description: str, policy: str | None, *, multi_region: bool) -> dict[str, object]:
    """The parameters of a CreateKey call that makes a signing key, but for its tags.

    Args:
        spec: Its KeySpec.
        description: For people.
        policy: A key policy as JSON; None takes the account's default.
        multi_region: Whether it is to be a primary key that can be replicated.
    """
    parameters: dict[str, object] = {
        "KeySpec": spec,
        "KeyUsage": "SIGN_VERIFY",
        **own_parameters(description, None, policy),
    }
    return {**parameters, "MultiRegion": True} if multi_region else parameters


def own_parameters(description: str, tags: Mapping[str, str] | None, policy: str | None) -> dict[str, object]:
    """The parameters that every key has for itself, a replica too."""
    parameters: dict[str, object] = {}
    if description:
        parameters["Description"] = description
    if tags:
        parameters["Tags"] = [{"TagKey": key, "TagValue": value} for key, value in tags.items()]
    if policy is not None:
        parameters["Policy"] = policy
    return parameters


def key_spec(row: Algorithm, bits: int | None) -> str:
    """The KeySpec of a new key.

    Args:
        row: What it is to sign by.
        bits: Of an RSA key; None takes 3072.

    Raises:
        InputError: ``usage``: there is no such key.
    """
    if len(row.key_specs) == 1:
        if bits is not None:
            raise InputError("usage", f"bits are for RSA; a key of {row.name} has one size")
        return row.key_specs[0]
    wanted = f"RSA_{bits or DEFAULT_RSA_BITS}"
    if wanted not in row.key_specs:
        raise InputError("usage", f"an RSA key has 2048, 3072 or 4096 bits, not {bits}")
    return wanted


def half_done(told: str, error: BaseException) -> KMSError:
    """The error of what was made before a failure, and stays: ``half-done``.

    Args:
        told: What exists, and how to undo it.
        error: The failure; that of a call lends its request id.
    """
    return KMSError(
        "half-done",
        told,
        operation=getattr(error, "operation", None),
        aws_code=getattr(error, "aws_code", None),
        request_id=getattr(error, "request_id", None),
    )


@checked
def enable_key(client: KMSClient, key: str) -> str:
    """Let a disabled key sign again; returns its ARN.

    Raises:
        InputError: ``usage``.
        KMSError: as AWS answers; ``invalid-state`` while it waits for its deletion.
    """
    return _brought(client, "EnableKey", key, ("Enabled",))


@checked
def disable_key(client: KMSClient, key: str) -> str:
    """Stop a key from signing until it is enabled; returns its ARN.

    Raises:
        InputError: ``usage``.
        KMSError: as AWS answers.
    """
    return _brought(client, "DisableKey", key, ("Disabled",))


@checked
def schedule_deletion(client: KMSClient, key: str, days: int = MAX_WINDOW) -> tuple[str, datetime | None]:
    """Delete a key after a waiting time in which it can't sign; returns its ARN and the date.

    A key that waits already goes on waiting, to the date that is returned.

    Args:
        client: A boto3 KMS client.
        key: Key id, ARN or alias; an alias is resolved first.
        days: 7 to 30.

    Raises:
        InputError: ``window-invalid``, ``usage``.
        KMSError: as AWS answers.
    """
    check_window(days)
    arn = resolve(client, key)
    return arn, schedule(client, arn, days)


def schedule(client: KMSClient, arn: str, days: int) -> datetime | None:
    """Let a key wait for its deletion; returns the date, or None if its replicas have to be deleted before.

    Args:
        client: A boto3 KMS client.
        arn: Of the key.
        days: 7 to 30.

    Raises:
        KMSError: as AWS answers.
    """
    answer = bring_to(client, "ScheduleKeyDeletion", arn, GOING, PendingWindowInDays=days)
    return date_of(answer.get("DeletionDate"))


def check_window(days: int) -> None:
    """Refuse a waiting time before a deletion that KMS does not have.

    Raises:
        InputError: ``window-invalid``.
    """
    if isinstance(days, bool) or not isinstance(days, int) or not MIN_WINDOW <= days <= MAX_WINDOW:
        raise InputError("window-invalid", f"{days} days is not a waiting time that KMS has")


@checked
def cancel_deletion(client: KMSClient, key: str) -> str:
    """Keep a key that waits for its deletion; it stays disabled until it is enabled. Returns its ARN.

    A key that does not wait is kept already, and its state is not changed.

    Raises:
        InputError: ``usage``.
        KMSError: as AWS answers.
    """
    return _brought(client, "CancelKeyDeletion", key, KEPT)


@checked
def enable_rotation(client: KMSClient, key: str) -> NoReturn:  # noqa: ARG001 - the shape of its siblings
    """KMS rotates no asymmetric key by itself: this always says so, and what to do instead.

    Raises:
        InputError: ``rotation-unsupported``.
    """
    raise InputError("rotation-unsupported", f"{key} is a signing key, and KMS can't rotate those automatically")


def _brought(client: KMSClient, operation: str, key: str, states: Collection[str]) -> str:
    # These operations take no alias, and the ARN that is returned names the key that was meant.
    arn = resolve(client, key)
    bring_to(client, operation, arn, states)
    return arn
