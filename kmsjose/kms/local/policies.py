"""GetKeyPolicy, PutKeyPolicy and ListKeyPolicies, and what a key policy must be: it is kept, but never applied."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Final

from .paging import page
from .refusals import Refusal, not_found
from .region import ACCOUNT, Region
from .requests import Request

_NAME: Final = "default"
_CHANGING: Final = "kms:putkeypolicy"


def list_key_policies(region: Region, request: Request) -> Mapping[str, object]:
    """ListKeyPolicies: there is one, ``default``."""
    region.key(request.text("KeyId"))
    shown, following = page(request, [_NAME], 100)
    return {"PolicyNames": shown, **following}


def get_key_policy(region: Region, request: Request) -> Mapping[str, object]:
    """GetKeyPolicy: of the one policy, ``default``."""
    record = region.key(request.text("KeyId"))
    _check_name(request)
    return {"Policy": record.policy, "PolicyName": _NAME}


def put_key_policy(region: Region, request: Request) -> Mapping[str, object]:
    """PutKeyPolicy."""
    policy = policy_of(request)
    with region.store.changing():
        record = region.key(request.text("KeyId"))
        _check_name(request)
        region.store.save_record(replace(record, policy=policy))
    return {}


def policy_of(request: Request) -> str:
    """The policy that a request brings.

    Raises:
        Refusal: ``MalformedPolicyDocumentException``: it is no policy, or nobody of the account could change it again.
    """
    policy = request.text("Policy")
    statements = _statements(policy)
    if not request.flag("BypassPolicyLockoutSafetyCheck") and not _can_be_changed(statements):
        text = "The new key policy will not allow you to update the key policy in the future."
        raise Refusal("MalformedPolicyDocumentException", text)
    return policy


def default_policy(region: Region) -> str:
    """The policy of a key that is made without one: the account may do everything."""
    statement = {
        "Sid": "Enable IAM User Permissions",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:{region.partition}:iam::{ACCOUNT}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    return json.dumps({"Version": "2012-10-17", "Id": "key-default-1", "Statement": [statement]}, indent=2)


def _statements(policy: str) -> list[Mapping[str, object]]:
    try:
        document = json.loads(policy)
    except (ValueError, RecursionError):
        document = None
    given = document.get("Statement") if isinstance(document, dict) else None
    statements = [given] if isinstance(given, dict) else given
    if not isinstance(statements, list) or not all(_is_statement(statement) for statement in statements):
        raise Refusal("MalformedPolicyDocumentException", "The new key policy is not a policy document.")
    return statements


def _is_statement(statement: object) -> bool:
    return (
        isinstance(statement, dict)
        and statement.get("Effect") in ("Allow", "Deny")
        and ("Principal" in statement or "NotPrincipal" in statement)
    )


def _can_be_changed(statements: Iterable[Mapping[str, object]]) -> bool:
    """Whether somebody of the account is left who may change the policy.

    Which identity calls, and what a condition says, is nothing that the embedded KMS knows: one that may be allowed is
    taken for allowed.
    """
    told = [statement for statement in statements if _is_of_changing(statement)]
    denied = any(
        statement["Effect"] == "Deny" and not statement.get("Condition") and _everybody(statement.get("Principal"))
        for statement in told
    )
    return not denied and any(statement["Effect"] == "Allow" and _is_of_account(statement) for statement in told)


def _is_of_changing(statement: Mapping[str, object]) -> bool:
    if not statement.get("Resource") and not statement.get("NotResource"):
        return False  # Without a resource a statement has no effect.
    if "NotAction" in statement:
        return not _matches(statement["NotAction"])
    return _matches(statement.get("Action"))


def _matches(actions: object) -> bool:
    return any(fnmatchcase(_CHANGING, action.lower()) for action in _texts(actions))


def _is_of_account(statement: Mapping[str, object]) -> bool:
    if "NotPrincipal" in statement or _everybody(statement.get("Principal")):
        return True
    return any(name == ACCOUNT or f"::{ACCOUNT}:" in name for name in _principals(statement.get("Principal")))


def _everybody(principal: object) -> bool:
    return principal == "*" or "*" in _principals(principal)


def _principals(principal: object) -> list[str]:
    return _texts(principal.get("AWS")) if isinstance(principal, dict) else []


def _texts(value: object) -> list[str]:
    entries = value if isinstance(value, list) else [value]
    return [entry for entry in entries if isinstance(entry, str)]


def _check_name(request: Request) -> None:
    if request.text("PolicyName", _NAME) != _NAME:
        raise not_found("No such policy exists")
