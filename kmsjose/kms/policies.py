"""The least IAM policy and key policy of each role, made of the table of permissions. Nothing here calls AWS.

A key that was given by an alias is granted by that alias, so that the policies stay right when the alias moves; a key
that was given by its id or ARN is granted by its ARN.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Final

from ..arguments import checked
from ..encoding import JSON, JSONObject
from ..errors import InputError
from .identifiers import Arn
from .permissions import Role, Target, grants_of
from .policy_keys import PolicyKey
from .statements import LIMITS, allow, statement, statements

#: Characters that IAM takes of a managed policy, and KMS of a key policy, the spaces between them not counted.
MAX_IAM_POLICY: Final = 6144
MAX_KEY_POLICY: Final = 32768
_PRINCIPAL: Final = re.compile(
    r"arn:(aws[a-z-]*):(?:iam|sts)::\d{12}:(?:root|(?:user|role|assumed-role)/[\w+=,.@/-]{1,512})", re.ASCII
)


@checked
def iam_policy(role: Role, keys: Sequence[PolicyKey]) -> JSONObject:
    """The least IAM policy of a role: what its work on these keys needs.

    Args:
        role: Whose policy it is.
        keys: As `read_policy_keys` gives them, at least one; for the rotator, each by its alias.

    Raises:
        InputError: ``usage``: no key, a rotator without an alias, or more keys than fit into one policy.
    """
    if not keys:
        raise InputError("usage", "a policy needs a key")
    nameless = next((key.arn for key in keys if key.alias is None), None)
    if role == "rotator" and nameless is not None:
        raise InputError("usage", f"a rotator moves an alias: give {nameless} as alias/NAME")
    return _document([made for grant in grants_of(role) for made in statements(grant, keys)], MAX_IAM_POLICY)


@checked
def key_policy(key: PolicyKey, principals: Mapping[Role, Sequence[str]]) -> JSONObject:
    """The key policy of a key: its account keeps every right, so nobody is locked out, and each role has its own.

    Args:
        key: As `read_policy_keys` gives it.
        principals: For each role the ARNs of those who play it, at least one; `default_principal` gives one.

    Raises:
        InputError: ``usage``: a principal that is none, or of another partition.
    """
    made = [allow("Account", ["kms:*"], ["*"], {}, [_in_account(key.arn, "root")])]
    for role, arns in principals.items():
        _check_principals(arns, key.arn)
        made += [
            statement(grant, 1, ["*"], LIMITS[grant.limit]([key]), arns)
            for grant in grants_of(role)
            if grant.target is Target.KEY
        ]
    return _document(made, MAX_KEY_POLICY)


@checked
def default_principal(role: Role, key: PolicyKey) -> str:
    """The ARN of the IAM role of the key's account that is named after the role: ``kmsjose-signer``."""
    return _in_account(key.arn, f"role/kmsjose-{role}")


def _in_account(arn: Arn, resource: str) -> str:
    return f"arn:{arn.partition}:iam::{arn.account}:{resource}"


def _check_principals(principals: Sequence[str], arn: Arn) -> None:
    if not principals:
        raise InputError("usage", "a role without a principal has no part in a key policy: leave it out")
    for principal in principals:
        match = _PRINCIPAL.fullmatch(principal)
        if match is None:
            raise InputError("usage", f"{principal[:80]!r} is no ARN of an IAM user or role, or of an account's root")
        if match[1] != arn.partition:
            raise InputError(
                "usage", f"{principal[:80]} is of the partition {match[1]}, but the key of {arn.partition}"
            )


def _document(made: Sequence[JSONObject], limit: int) -> JSONObject:
    entries: list[JSON] = [*made]
    document: JSONObject = {"Version": "2012-10-17", "Statement": entries}
    size = len(json.dumps(document, separators=(",", ":")))
    if size > limit:
        raise InputError(
            "usage", f"the policy has {size} characters, and AWS takes {limit}: give fewer keys or principals"
        )
    return document
