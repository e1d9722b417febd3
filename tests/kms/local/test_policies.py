"""Key policies: what is one, and which would lock everybody out."""

from __future__ import annotations

import json
from typing import Any

import pytest

ROOT = "arn:aws:iam::111122223333:root"
ALL = {"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "kms:*", "Resource": "*"}

OPEN: list[Any] = [
    [ALL],
    ALL,
    [{**ALL, "Principal": "*"}],
    [{**ALL, "Principal": {"AWS": "*"}}],
    [{**ALL, "Principal": {"AWS": ["arn:aws:iam::999999999999:root", "111122223333"]}}],
    [{**ALL, "Principal": {"AWS": "arn:aws:iam::111122223333:role/admin"}}],
    [{**ALL, "Action": ["kms:Sign", "kms:PutKeyPolicy"]}],
    [{**ALL, "Action": "kms:Put*"}],
    [{**ALL, "Action": "*"}],
    [{**ALL, "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}],
    [ALL, {**ALL, "Effect": "Deny", "Principal": {"AWS": "arn:aws:iam::111122223333:role/signer"}}],
    [ALL, {**ALL, "Effect": "Deny", "Principal": "*", "Action": "kms:Sign"}],
    [ALL, {**ALL, "Effect": "Deny", "Principal": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}],
    [{"Effect": "Allow", "Principal": {"AWS": ROOT}, "NotAction": "kms:Sign", "Resource": "*"}],
]
LOCKED: list[Any] = [
    [],
    [{**ALL, "Action": "kms:Sign"}],
    [{**ALL, "Principal": {"AWS": "arn:aws:iam::999999999999:root"}}],
    [{**ALL, "Principal": {"Service": "lambda.amazonaws.com"}}],
    [{**ALL, "Effect": "Deny"}],
    [ALL, {**ALL, "Effect": "Deny", "Principal": "*"}],
    [ALL, {**ALL, "Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "kms:PutKeyPolicy"}],
    [{"Effect": "Allow", "Principal": {"AWS": ROOT}, "NotAction": "kms:Put*", "Resource": "*"}],
    [{"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "kms:*"}],
    [{"Effect": "Allow", "Principal": {"AWS": ROOT}, "Resource": "*"}],
]
NONE = ["x", "[]", "{}", '{"Statement": 5}', '{"Statement": ["x"]}', '{"Statement": [{"Effect": "allow"}]}',
        json.dumps({"Statement": [{**ALL, "Effect": "Maybe"}]}), "[" * 3000,
        json.dumps({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})]  # fmt: skip


def _policy(statements: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


@pytest.mark.parametrize("statements", OPEN)
def test_one_by_which_somebody_of_the_account_can_change_it_is_taken(client, create, statements):
    arn = create(client, Policy=_policy(statements))
    client.put_key_policy(KeyId=arn, Policy=_policy(statements))
    assert json.loads(client.get_key_policy(KeyId=arn)["Policy"])["Statement"] == statements


@pytest.mark.parametrize("statements", LOCKED)
def test_one_that_would_lock_everybody_out_is_refused_unless_that_is_meant(client, create, aws_refuses, statements):
    arn, policy = create(client), _policy(statements)
    text = "The new key policy will not allow you to update the key policy in the future."
    with aws_refuses("MalformedPolicyDocumentException", text):
        client.put_key_policy(KeyId=arn, Policy=policy)
    with aws_refuses("MalformedPolicyDocumentException", text):
        create(client, Policy=policy)
    client.put_key_policy(KeyId=arn, Policy=policy, BypassPolicyLockoutSafetyCheck=True)
    assert client.get_key_policy(KeyId=arn)["Policy"] == policy


@pytest.mark.parametrize("policy", NONE)
def test_what_is_no_policy_is_refused_even_if_the_check_is_bypassed(client, create, aws_refuses, policy):
    with aws_refuses("MalformedPolicyDocumentException", "The new key policy is not a policy document."):
        client.put_key_policy(KeyId=create(client), Policy=policy, BypassPolicyLockoutSafetyCheck=True)


def test_the_default_policy_of_every_partition_is_one(connect, create, tmp_path):
    for region in ("eu-west-1", "cn-north-1", "us-gov-west-1"):
        client = connect(tmp_path, region=region)
        arn = create(client)
        client.put_key_policy(KeyId=arn, Policy=client.get_key_policy(KeyId=arn)["Policy"])
