"""THE table of roles: what each may do, on what, and within which limits. Policies and documentation are made of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final, Literal, get_args

Role = Literal["signer", "publisher", "rotator", "administrator"]

#: Every role, from the one that signs to the one that decides who does.
ROLES: Final[tuple[Role, ...]] = get_args(Role)


class Target(Enum):
    """What an action is done to; the value says it to people."""

    ACCOUNT = "no key: `*`"
    KEY = "the keys"
    ALIAS = "their aliases"
    ANY_KEY = "every key of the account and region"


class Limit(Enum):
    """Under which conditions an action is allowed; the value says it to people."""

    NONE = "–"
    SIGNING = "`kms:SigningAlgorithm` and `kms:MessageType` are those of the key's algorithms"
    SIGNING_KEY = "`kms:KeyUsage` is `SIGN_VERIFY`"
    SUCCESSOR = (
        "`kms:KeyUsage`, `kms:KeySpec` and the new key's tag `kmsjose:rotation` are those of the rotation, and its "
        "`kms:KeyOrigin` is `AWS_KMS`"
    )
    JOINING = (
        "the tag `kmsjose:rotation` that is given is that of the rotation; a key that exists already has no alias, not "
        "this tag of another rotation, and `kms:KeyUsage` and `kms:KeySpec` are those of the rotation"
    )
    NEW_KEY = "the key has no alias, as a key that is being made"
    OWN_TAGS = "every name in `aws:TagKeys` begins with `kmsjose:`"
    LONGEST_WAIT = "`kms:ScheduleKeyDeletionPendingWindowInDays` is 30"


@dataclass(frozen=True, slots=True)
class Grant:
    """One row: some actions that a role may do to one kind of target within one limit.

    Attributes:
        role: Who.
        name: What it is for; with the role it is the statement's Sid.
        target: To what.
        limit: Under which conditions.
        actions: As AWS names them, without ``kms:``.
    """

    role: Role
    name: str
    target: Target
    limit: Limit
    actions: tuple[str, ...]


def _grant(role: Role, name: str, target: Target, limit: Limit, *actions: str) -> Grant:
    return Grant(role, name, target, limit, actions)


_ALIAS_ACTIONS: Final = ("CreateAlias", "UpdateAlias", "DeleteAlias")

#: Every row. What is done to an alias is done to its key as well, so AWS asks for it twice.
GRANTS: Final[tuple[Grant, ...]] = (
    _grant("signer", "Read", Target.KEY, Limit.NONE, "GetPublicKey", "ListResourceTags"),
    _grant("signer", "Sign", Target.KEY, Limit.SIGNING, "Sign"),
    _grant("publisher", "Find", Target.ACCOUNT, Limit.NONE, "ListAliases"),
    _grant(
        "publisher", "Read", Target.KEY, Limit.NONE,
        "DescribeKey", "GetKeyLastUsage", "GetPublicKey", "ListResourceTags",
    ),
    _grant("rotator", "Find", Target.ACCOUNT, Limit.NONE, "ListAliases", "ListKeys"),
    _grant(
        "rotator", "Read", Target.KEY, Limit.NONE, "DescribeKey", "GetKeyLastUsage", "GetPublicKey", "ListResourceTags"
    ),
    _grant("rotator", "Create", Target.ACCOUNT, Limit.SUCCESSOR, "CreateKey"),
    _grant("rotator", "Join", Target.ANY_KEY, Limit.JOINING, "TagResource"),
    _grant("rotator", "Note", Target.KEY, Limit.OWN_TAGS, "TagResource", "UntagResource"),
    _grant("rotator", "Alias", Target.ALIAS, Limit.NONE, *_ALIAS_ACTIONS),
    _grant("rotator", "Manage", Target.KEY, Limit.NONE, *_ALIAS_ACTIONS, "DisableKey", "EnableKey"),
    _grant("rotator", "Drop", Target.KEY, Limit.LONGEST_WAIT, "ScheduleKeyDeletion"),
    _grant("administrator", "Find", Target.ACCOUNT, Limit.NONE, "ListAliases", "ListKeys"),
    _grant("administrator", "Create", Target.ACCOUNT, Limit.SIGNING_KEY, "CreateKey"),
    _grant(
        "administrator", "Read", Target.KEY, Limit.NONE,
        "DescribeKey", "GetKeyLastUsage", "GetKeyPolicy", "GetPublicKey", "ListKeyPolicies", "ListResourceTags",
    ),
    _grant(
        "administrator", "Manage", Target.KEY, Limit.NONE, *_ALIAS_ACTIONS,
        "EnableKey", "DisableKey", "ScheduleKeyDeletion", "CancelKeyDeletion",
        "PutKeyPolicy", "TagResource", "UntagResource", "UpdateKeyDescription",
        "GetParametersForImport", "ImportKeyMaterial", "DeleteImportedKeyMaterial",
        "ReplicateKey", "UpdatePrimaryRegion",
    ),
    _grant("administrator", "Tag", Target.ANY_KEY, Limit.NEW_KEY, "TagResource"),
    _grant("administrator", "Alias", Target.ALIAS, Limit.NONE, *_ALIAS_ACTIONS),
)  # fmt: skip


def grants_of(role: Role) -> tuple[Grant, ...]:
    """The rows of a role.

    >>> [action for grant in grants_of("signer") for action in grant.actions]
    ['GetPublicKey', 'ListResourceTags', 'Sign']
    """
    return tuple(grant for grant in GRANTS if grant.role == role)
