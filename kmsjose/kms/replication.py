"""Multi-Region keys: the same key in several regions, each with an ARN, a policy, tags and a state of its own."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from typing import Final

from ..arguments import checked
from ..errors import InputError, KMSError
from .calls import KMSClient, call
from .description import KeyInfo, describe_key, info_of
from .identifiers import Arn, check_key_id
from .lifecycle import own_parameters
from .tags import ALG, KID, read_tags

_CREATING: Final = "Creating"
_PAUSE: Final = 0.5


@checked
def replicate_key(
    client: KMSClient,
    key: str,
    region: str,
    *,
    description: str = "",
    tags: Mapping[str, str] | None = None,
    policy: str | None = None,
) -> str:
    """Make a replica of a multi-Region key in another region, and return the replica's ARN.

    The replica has the same key id and the same public key. KMS copies neither tags nor aliases; the tags that say the
    kid and the algorithm are given to the replica too, so that it is opened as the primary is. For some seconds the
    replica is `Creating` and can't sign: `wait_for_replica` waits. The replica of a key that was imported has no key
    material: `import_material` puts the same one into it. A replica that is there already is returned as it is, as long
    as nothing of its own is asked for.

    Args:
        client: A boto3 KMS client of the primary's region.
        key: Key id, key ARN, alias name or alias ARN of the primary.
        region: Where the replica is to be, ``eu-central-1``; in the same partition.
        description: For people.
        tags: For billing and access control.
        policy: A key policy as JSON; None takes the account's default, whatever the primary has.

    Raises:
        InputError: ``usage``.
        KMSError: as AWS answers; ``already-exists`` if there was a replica before, and `description`, `tags` or
            `policy` is given; ``unsupported`` for a key that is of one region, or itself a replica.

    >>> from kmsjose import kms
    >>> client = kms.connect(local=":memory:")
    >>> arn = kms.create_key(client, "ES256", multi_region=True)
    >>> replicate_key(client, arn, "eu-central-1") == arn.replace("eu-west-1", "eu-central-1")
    True
    """
    own = sorted({KID, ALG} & set(tags or ()))
    if own:
        raise InputError("usage", f"the replica gets the tag {own[0]} of the primary: do not give another")
    check_key_id(key)
    described = call(client, "DescribeKey", KeyId=key)
    arn = info_of(described).arn
    if there := _replica_in(described, region):
        if not (description or tags or policy):
            return there
        raise KMSError(
            "already-exists",
            f"{there} is the replica there, and may have another description, other tags or another policy; "
            "nothing was made",
            operation="ReplicateKey",
        )
    copied = {name: value for name, value in read_tags(client, arn).items() if name in {KID, ALG}}
    parameters = own_parameters(description, {**(tags or {}), **copied}, policy)
    try:
        answer = call(client, "ReplicateKey", KeyId=arn, ReplicaRegion=region, **parameters)
    except KMSError:
        # An answer may be lost after the replica was made; trying again then says that it is there.
        made_all_the_same = _made_in(client, arn, region)
        if made_all_the_same is None:
            raise
        return made_all_the_same
    replica = info_of({"KeyMetadata": answer.get("ReplicaKeyMetadata")}).arn
    primary, made = Arn.parse(arn), Arn.parse(replica)
    if primary is None or made is None or (made.region, made.resource) != (region, primary.resource):
        raise KMSError("unexpected-answer", f"KMS answered with {replica}, which is no replica there of {arn}")
    return replica


def _made_in(client: KMSClient, arn: str, region: str) -> str | None:
    try:
        return _replica_in(call(client, "DescribeKey", KeyId=arn), region)
    except KMSError:
        return None


def _replica_in(described: Mapping[str, object], region: str) -> str | None:
    """The ARN of the replica that a key is said to have in a region."""
    metadata = described.get("KeyMetadata")
    configuration = metadata.get("MultiRegionConfiguration") if isinstance(metadata, Mapping) else None
    replicas = configuration.get("ReplicaKeys") if isinstance(configuration, Mapping) else None
    return next((str(replica["Arn"]) for replica in replicas or () if replica.get("Region") == region), None)


def other_regions(described: Mapping[str, object]) -> tuple[str, ...]:
    """The other regions that a multi-Region key has copies in, sorted.

    Args:
        described: KMS's answer to DescribeKey.
    """
    own = Arn.parse(info_of(described).arn)
    metadata = described.get("KeyMetadata")
    configuration = metadata.get("MultiRegionConfiguration") if isinstance(metadata, Mapping) else None
    if not isinstance(configuration, Mapping):
        return ()
    copies = [configuration.get("PrimaryKey") or {}, *(configuration.get("ReplicaKeys") or ())]
    regions = {str(copy["Region"]) for copy in copies if copy.get("Region")}
    return tuple(sorted(regions - {own.region if own else ""}))


@checked
def wait_for_replica(client: KMSClient, replica: str, timeout: float = 60.0) -> KeyInfo:
    """Wait until a replica is made, and describe it: it is `Enabled` then, or `PendingImport`.

    Args:
        client: A boto3 KMS client of the replica's region.
        replica: Key id or ARN.
        timeout: Seconds; the wait has an end.

    Raises:
        InputError: ``usage``: the timeout is not finite.
        KMSError: as AWS answers; ``unavailable`` if it is still not made.
    """
    if not timeout < math.inf:
        raise InputError("usage", "a timeout is a finite number of seconds")
    end = time.monotonic() + timeout
    while True:
        info = _described(client, replica)
        if info is not None and info.state != _CREATING:
            return info
        if time.monotonic() >= end:
            raise KMSError("unavailable", f"the replica {replica} is not made yet", retryable=True)
        time.sleep(_PAUSE)


def _described(client: KMSClient, replica: str) -> KeyInfo | None:
    try:
        return describe_key(client, replica)
    except KMSError as error:
        if error.code != "not-found":
            raise
        return None
