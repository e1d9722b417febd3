"""An evaluator of IAM policies, written after AWS's description and apart from the package, as an oracle for it.

It knows what the policies here need, and raises on what it does not know, so that nothing is passed over in silence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

#: What is known of a request: single values, or lists for keys that have several.
Context = Mapping[str, "str | list[str]"]


def allows(document: Mapping[str, Any], action: str, resource: str, context: Context, principal: str = "") -> bool:
    """Whether a policy allows an action on a resource.

    Args:
        document: An IAM policy, or with `principal` a resource's policy.
        action: ``kms:Sign``.
        resource: An ARN, or ``*`` where an action names none.
        context: The condition keys of the request.
        principal: The ARN of the caller.
    """
    assert document["Version"] == "2012-10-17"
    return any(_applies(statement, action, resource, context, principal) for statement in document["Statement"])


def _applies(statement: Mapping[str, Any], action: str, resource: str, context: Context, principal: str) -> bool:
    assert statement["Effect"] == "Allow"
    assert set(statement) <= {"Sid", "Effect", "Principal", "Action", "Resource", "Condition"}
    assert ("Principal" in statement) == bool(principal)
    if principal and principal not in _many(statement["Principal"]["AWS"]):
        return False
    return (
        any(_like(action, pattern) for pattern in _many(statement["Action"]))
        and any(_like(resource, pattern) for pattern in _many(statement["Resource"]))
        and all(
            _holds(operator, context.get(name), _many(wanted))
            for operator, compared in statement.get("Condition", {}).items()
            for name, wanted in compared.items()
        )
    )


def _holds(operator: str, actual: str | list[str] | None, wanted: Iterable[str]) -> bool:
    wanted = list(wanted)
    if operator == "Null":
        return (actual is None) == (wanted == ["true"])
    if operator.endswith("IfExists"):
        return actual is None or _holds(operator.removesuffix("IfExists"), actual, wanted)
    quantifier, _, simple = operator.rpartition(":")
    compare = {
        "StringEquals": lambda value, pattern: value == pattern,
        "StringLike": _like,
        "NumericGreaterThanEquals": lambda value, least: int(value) >= int(least),
    }[simple]
    values = _many(actual or [])
    met = [any(compare(value, pattern) for pattern in wanted) for value in values]
    if quantifier == "ForAnyValue":
        return any(met)
    if quantifier == "ForAllValues":
        return all(met)
    assert quantifier == ""
    # Without a quantifier a key has one value, and one that is absent equals nothing.
    assert not isinstance(actual, list), f"{operator} is not for a key of several values"
    return bool(met) and met[0]


def _like(value: str, pattern: str) -> bool:
    return re.fullmatch(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."), value) is not None


def _many(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
