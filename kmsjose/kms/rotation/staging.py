"""The first step of a rotation: the key that is to sign next."""

from __future__ import annotations

from collections.abc import Mapping

from ...algorithms import Algorithm, by_name
from ...errors import InputError, KMSError, RotationError
from ..calls import KMSClient, call, pages
from ..description import info_of
from ..lifecycle import create_key
from ..tags import ALG, ROTATION, read_tags
from .names import check_name, member_alias
from .settle import enlist, settle
from .state import PROMOTED, Rotation, RotationKey, read
from .step import step


def stage(
    client: KMSClient,
    name: str,
    alg: str | None = None,
    *,
    bits: int | None = None,
    description: str = "",
    tags: Mapping[str, str] | None = None,
    multi_region: bool = False,
    policy: str | None = None,
) -> RotationKey:
    """Make the key that is to sign next; if one is waiting for its promotion, it is that one and none is made.

    Args:
        client: A boto3 KMS client.
        name: Of the rotation, with or without ``alias/``.
        alg: The JOSE name of what it is to sign by; None takes that of the key that signs now.
        bits: Of an RSA key: 2048, 3072 (the default) or 4096.
        description: For people.
        tags: Beside those of the rotation.
        multi_region: Make a primary key that can be replicated.
        policy: A key policy as JSON; None takes the account's default.

    Raises:
        InputError: ``usage``; ``alg-required``: there is no key whose algorithm could be taken; ``alg-unknown``.
        RotationError: ``locked``; ``other-staged``: what is staged is of another algorithm.
        KMSError: as AWS answers.

    >>> from kmsjose import kms
    >>> client = kms.connect(local=":memory:")
    >>> key = stage(client, "issuer", "ES256")
    >>> stage(client, "issuer").arn == key.arn
    True
    """
    name = check_name(name)
    before = read(client, name)
    row = _algorithm(before, alg)
    own = {**(tags or {}), ROTATION: name, **({ALG: row.name} if len(row.key_specs) > 1 else {})}

    def make() -> str:
        found = _left_behind(client, before, row)
        if found is not None:
            return found
        return create_key(
            client, row.name, bits=bits, description=description, tags=own, multi_region=multi_region, policy=policy
        )

    # A lock points to a key. Of two who make the first one at once, the other's is found by the next who looks.
    first = None if before.keys else make()
    with step(client, name, target=first, alg=by_name(alg) if alg else None) as (rotation, _):
        if rotation.staged is not None:
            return _wanted(rotation, rotation.staged, row)
        arn = first or make()
        enlist(client, name, arn)
        after = settle(client, read(client, name))
        return next((key for key in after.keys if key.arn == arn), None) or _unseen(arn)


def _wanted(rotation: Rotation, staged: RotationKey, row: Algorithm) -> RotationKey:
    """The key that is staged, if it is of the algorithm that was asked for."""
    if staged.algorithm is not row:
        raise RotationError(
            "other-staged",
            f"the key {staged.arn}, {member_alias(rotation.name, staged.id)}, is staged, and does not do {row.name}",
        )
    return staged


def _unseen(arn: str) -> RotationKey:
    raise KMSError("not-found", f"the key {arn} was made, but KMS does not list it yet: stage again in some seconds")


def _algorithm(rotation: Rotation, alg: str | None) -> Algorithm:
    if alg is not None:
        return by_name(alg)
    key = rotation.staged or rotation.active
    if key is None:
        raise InputError("alg-required", f"{rotation.name} has no key yet: name the algorithm of its first")
    if key.algorithm is None:
        raise InputError("alg-required", f"the RSA key {key.arn} does not say by what it signs")
    return key.algorithm


def _left_behind(client: KMSClient, rotation: Rotation, row: Algorithm) -> str | None:
    """A key of the rotation that has no alias yet, since whoever made it was killed."""
    for entry in pages(client, "ListKeys", "Keys"):
        key_id = str(entry["KeyId"])
        if key_id not in rotation.aliases.aliased and _is_unused(client, key_id, rotation.name, row):
            return str(entry["KeyArn"])
    return None


def _is_unused(client: KMSClient, key_id: str, name: str, row: Algorithm) -> bool:
    try:
        tags = read_tags(client, key_id)
        if tags.get(ROTATION) != name or PROMOTED in tags or tags.get(ALG, row.name) != row.name:
            return False
        info = info_of(call(client, "DescribeKey", KeyId=key_id))
    except KMSError as error:
        if error.code in ("access-denied", "not-found"):
            return False  # It is somebody else's, or gone.
        raise
    return info.state == "Enabled" and row in info.algorithms
