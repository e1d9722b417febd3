"""Users and roles of a ministack that enforces IAM, and the policies as far as it knows them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import boto3

REGION = "eu-west-1"


@dataclass(frozen=True)
class Account:
    """A ministack with IAM, as the account's root sees it."""

    url: str

    def client(self, service: str, *credentials: str) -> Any:
        """The client of the root, or of who has these: key id, secret and, of a session, its token."""
        key, secret, token = (*(credentials or ("test", "test")), None)[:3]
        return boto3.client(
            service,
            region_name=REGION,
            endpoint_url=self.url,
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            aws_session_token=token,
        )

    def user(self, name: str, document: Any = None) -> tuple[str, Any]:
        """A new user with a policy: its ARN, and its KMS client."""
        iam = self.client("iam")
        arn = iam.create_user(UserName=name)["User"]["Arn"]
        if document is not None:
            iam.put_user_policy(UserName=name, PolicyName="kmsjose", PolicyDocument=json.dumps(document))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return arn, self.client("kms", key["AccessKeyId"], key["SecretAccessKey"])

    def role(self, name: str, document: Any) -> Any:
        """The KMS client of one who has assumed a new role with a policy."""
        iam = self.client("iam")
        trust = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::000000000000:root"}, "Action": "sts:AssumeRole"}
        trusted = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trusted)["Role"]["Arn"]
        iam.put_role_policy(RoleName=name, PolicyName="kmsjose", PolicyDocument=json.dumps(document))
        given = self.client("sts").assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
        return self.client("kms", given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])


def known(document: dict[str, Any]) -> dict[str, Any]:
    """A policy as far as ministack knows what is in it.

    A request has none of KMS's own condition keys there, so that a condition on them is never met. What is done to an
    alias is checked against ``*``, and a key that is named by its alias against the ARN of that alias.
    """
    return {**document, "Statement": [_known(statement) for statement in document["Statement"]]}


def _known(statement: dict[str, Any]) -> dict[str, Any]:
    conditions = {
        operator: {name: values for name, values in compared.items() if not name.startswith("kms:")}
        for operator, compared in statement.get("Condition", {}).items()
    }
    resources = _many(statement["Resource"])
    only_aliases = all(":alias/" in resource for resource in resources)
    named = [resource.replace(":key/*", ":alias/*") for resource in resources if resource.endswith(":key/*")]
    return {
        **statement,
        "Resource": "*" if only_aliases else resources + named,
        "Condition": {operator: compared for operator, compared in conditions.items() if compared},
    }


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
