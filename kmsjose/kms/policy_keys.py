"""The keys of a policy, as the names that were given stand for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..algorithms import Algorithm, by_name
from ..arguments import checked
from ..errors import InputError, KMSError
from .calls import KMSClient, call
from .description import KeyInfo, info_of, readable_tags
from .identifiers import Arn, check_key_id
from .tags import ALG


@dataclass(frozen=True, slots=True)
class PolicyKey:
    """A key as a policy speaks of it.

    Attributes:
        arn: The key's ARN.
        alias: ``alias/…`` if the policy is to follow this name, None if it is for this one key.
        spec: Its KeySpec.
        algorithms: What it is to sign by, at least one.
    """

    arn: Arn
    alias: str | None
    spec: str
    algorithms: tuple[Algorithm, ...]


@checked
def read_policy_keys(client: KMSClient, keys: Sequence[str], alg: str | None = None) -> list[PolicyKey]:
    """Look keys up for `iam_policy` and `key_policy`.

    Args:
        client: A boto3 KMS client.
        keys: Key ids, key ARNs, alias names or alias ARNs. What is given by an alias is granted by that alias.
        alg: The JOSE name that the RSA keys among them sign by. Without it, that is what the tag ``kmsjose:alg`` says,
            or else every algorithm of the key.

    Raises:
        InputError: ``usage``, ``key-usage``, ``alg-unknown``, ``alg-unsupported-by-key``.
        KMSError: as AWS answers.
    """
    wanted = None if alg is None else by_name(alg)
    found = [_read(client, key, wanted) for key in keys]
    if wanted is not None and not any(wanted in key.algorithms for key in found):
        raise InputError("alg-unsupported-by-key", f"none of the keys can do {alg}")
    return found


def _read(client: KMSClient, key: str, wanted: Algorithm | None) -> PolicyKey:
    check_key_id(key)
    info = info_of(call(client, "DescribeKey", KeyId=key))
    arn = Arn.parse(info.arn)
    if arn is None:
        raise KMSError("unexpected-answer", "KMS answered with what is no key ARN", operation="DescribeKey")
    named = Arn.parse(key)
    name = key if named is None else named.resource
    alias = name if name.startswith("alias/") else None
    return PolicyKey(arn, alias, info.spec, _algorithms(client, info, wanted))


def _algorithms(client: KMSClient, info: KeyInfo, wanted: Algorithm | None) -> tuple[Algorithm, ...]:
    rows = info.algorithms
    if not rows:
        if info.usage != "SIGN_VERIFY":
            raise InputError("key-usage", f"the usage of {info.arn} is {info.usage}")
        raise InputError("alg-unsupported-by-key", f"no algorithm here uses a key of {info.spec}: {info.arn}")
    if len(rows) == 1:
        return rows
    if wanted is not None:
        return (wanted,) if wanted in rows else rows
    tagged = (readable_tags(client, info.arn) or {}).get(ALG)
    return tuple(row for row in rows if tagged in row.names) or rows
