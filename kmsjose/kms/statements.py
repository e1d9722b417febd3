"""A grant as statements of a policy: which resources it is for, and under which conditions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import count
from typing import Final

from ..encoding import JSON, JSONObject
from .lifecycle import MAX_WINDOW
from .permissions import Grant, Limit, Role, Target
from .policy_keys import PolicyKey
from .tags import PREFIX, ROTATION

#: The operators of a condition, each with what it compares and the values.
Condition = Mapping[str, Mapping[str, Sequence[str]]]
Keys = Sequence[PolicyKey]


def statements(grant: Grant, keys: Keys) -> Iterator[JSONObject]:
    """The statements of a grant: one for each kind of key that its limit tells apart, and each way to say which keys.

    Args:
        grant: Whose statements they are.
        keys: Of the role.
    """
    number = count(1)
    for alike in _alike(keys, _TOLD_APART.get(grant.limit, lambda _key: None)):
        limit = LIMITS[grant.limit](alike)
        for resources, where in _TARGETS[grant.target](grant.role, alike):
            yield statement(grant, next(number), resources, _both(where, limit))


def statement(
    grant: Grant, number: int, resources: Sequence[str], condition: Condition, who: Sequence[str] = ()
) -> JSONObject:
    """One statement of a grant.

    Args:
        grant: Whose statement it is.
        number: From 1, within the grant; a document names each statement differently.
        resources: ARNs, or ``*``.
        condition: All that must be true.
        who: The principals, in a key policy alone.
    """
    sid = f"{grant.role.capitalize()}{grant.name}{number if number > 1 else ''}"
    return allow(sid, [f"kms:{action}" for action in grant.actions], resources, condition, who)


def allow(
    sid: str, actions: Sequence[str], resources: Sequence[str], condition: Condition, who: Sequence[str] = ()
) -> JSONObject:
    """A statement that allows, as AWS writes it."""
    written: JSONObject = {"Sid": sid, "Effect": "Allow"}
    if who:
        written["Principal"] = {"AWS": _one_or_all(who)}
    written["Action"] = _one_or_all(actions)
    written["Resource"] = _one_or_all(resources)
    if condition:
        written["Condition"] = {
            operator: {name: _one_or_all(values) for name, values in compared.items()}
            for operator, compared in condition.items()
        }
    return written


def _one_or_all(values: Iterable[str]) -> JSON:
    distinct: list[JSON] = [*dict.fromkeys(values)]
    return distinct[0] if len(distinct) == 1 else distinct


def _both(one: Condition, other: Condition) -> Condition:
    return {operator: {**one.get(operator, {}), **other.get(operator, {})} for operator in {**one, **other}}


def _alike(keys: Keys, told_apart: Callable[[PolicyKey], object]) -> Iterable[Keys]:
    groups: dict[object, list[PolicyKey]] = {}
    for key in keys:
        groups.setdefault(told_apart(key), []).append(key)
    return groups.values()


# What a grant is for: resources, and a condition that narrows them.

_Where = Iterator[tuple[Sequence[str], Condition]]


def _any_resource(_role: Role, _keys: Keys) -> _Where:
    yield ["*"], {}


def _any_key(_role: Role, keys: Keys) -> _Where:
    yield [_beside(key, "key/*") for key in keys], {}


def _aliases(_role: Role, keys: Keys) -> _Where:
    # A key that was not given by a name may get any: whoever names a key needs the right to the key as well.
    # What else is below a name may be another rotation.
    yield [_beside(key, name) for key in keys for name in (_names(key, "/key/*", "/lock/*") or ["alias/*"])], {}


def _keys(role: Role, keys: Keys) -> _Where:
    nameless = [str(key.arn) for key in keys if key.alias is None]
    if nameless:
        yield nameless, {}
    named = [key for key in keys if key.alias is not None]
    for followed in _alike(named, lambda key: (key.arn.partition, key.arn.region, key.arn.account)):
        place = [_beside(followed[0], "key/*")]
        names = [name for key in followed for name in _names(key, "/key/*")]
        yield place, {"ForAnyValue:StringLike": {"kms:ResourceAliases": names}}
        if role == "rotator":
            # A new key has its tag from the start, and its first alias by the rotator itself.
            yield place, {"StringEquals": {f"aws:ResourceTag/{ROTATION}": _rotations(followed)}}


def _beside(key: PolicyKey, resource: str) -> str:
    return str(replace(key.arn, resource=resource))


def _names(key: PolicyKey, *below: str) -> list[str]:
    """The alias and those below it, by which a rotation names each of its keys, the coming and the past ones too."""
    return [] if key.alias is None else [key.alias, *(key.alias + part for part in below)]


def _rotations(keys: Keys) -> list[str]:
    return [key.alias.removeprefix("alias/") for key in keys if key.alias is not None]


_TARGETS: Final[Mapping[Target, Callable[[Role, Keys], _Where]]] = {
    Target.ACCOUNT: _any_resource,
    Target.KEY: _keys,
    Target.ALIAS: _aliases,
    Target.ANY_KEY: _any_key,
}

# Limits, as conditions.


def _signing(keys: Keys) -> Condition:
    rows = [row for key in keys for row in key.algorithms]
    return {
        "StringEquals": {
            "kms:SigningAlgorithm": [row.kms_algorithm for row in rows],
            "kms:MessageType": [name for row in rows for name in row.message_types],
        }
    }


def _kind(keys: Keys) -> dict[str, Sequence[str]]:
    return {"kms:KeyUsage": ["SIGN_VERIFY"], "kms:KeySpec": [key.spec for key in keys]}


#: Material from outside could be known to whoever brings it in.
_MADE_BY_KMS: Final[Mapping[str, Sequence[str]]] = {"kms:KeyOrigin": ["AWS_KMS"]}


def _tag_that_is_given(keys: Keys) -> dict[str, Sequence[str]]:
    return {f"aws:RequestTag/{ROTATION}": _rotations(keys)}


def _joining(keys: Keys) -> Condition:
    # A key that is being made has no alias. One that others use has, or the tag of another rotation, so that nothing
    # can draw it into this one.
    return {
        "StringEquals": _tag_that_is_given(keys),
        "StringEqualsIfExists": {**_kind(keys), **_MADE_BY_KMS, f"aws:ResourceTag/{ROTATION}": _rotations(keys)},
        "Null": {"kms:ResourceAliases": ["true"]},
    }


#: The condition that a limit stands for, given the keys.
LIMITS: Final[Mapping[Limit, Callable[[Keys], Condition]]] = {
    Limit.NONE: lambda _: {},
    Limit.SIGNING: _signing,
    Limit.SIGNING_KEY: lambda _: {"StringEquals": {"kms:KeyUsage": ["SIGN_VERIFY"]}},
    Limit.SUCCESSOR: lambda keys: {
        "StringEquals": {**_kind(keys), **_tag_that_is_given(keys)},
        "StringEqualsIfExists": _MADE_BY_KMS,
    },
    Limit.JOINING: _joining,
    Limit.NEW_KEY: lambda _: {"Null": {"kms:ResourceAliases": ["true"]}},
    Limit.OWN_TAGS: lambda _: {"ForAllValues:StringLike": {"aws:TagKeys": [f"{PREFIX}*"]}},
    Limit.LONGEST_WAIT: lambda _: {
        "NumericGreaterThanEquals": {"kms:ScheduleKeyDeletionPendingWindowInDays": [str(MAX_WINDOW)]}
    },
}
#: What keys must have in common to stand in one statement of a limit.
_TOLD_APART: Final[Mapping[Limit, Callable[[PolicyKey], object]]] = {
    Limit.SIGNING: lambda key: key.algorithms,
    Limit.SUCCESSOR: lambda key: key.spec,
    Limit.JOINING: lambda key: key.spec,
}
