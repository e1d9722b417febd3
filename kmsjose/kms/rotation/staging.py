"""The first step of a rotation: the key that is to sign next."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ...algorithms import Algorithm, by_name
from ...arguments import checked
from ...errors import InputError, KMSError, RotationError
from ..calls import KMSClient, call
from ..description import info_of
from ..lifecycle import key_parameters, key_spec
from ..making import make_key, marked
from ..tags import ALG, PREFIX, ROTATION, read_tags, remove_tags, write_tags
from .key import RotationKey
from .names import check_name
from .settle import enlist, settle
from .state import Rotation, read
from .step import anchor, step

#: A secret of the rotation that is on the key being made, and on one that is there already: by it, a key whose maker
#: was killed is known for its own.
STAGING: Final = "kmsjose:staging"
#: AWS takes 50 tags, and the rest are the rotation's own.
_MOST_TAGS: Final = 35


@dataclass(frozen=True, slots=True)
class _Order:
    """What the new key is to be."""

    name: str
    row: Algorithm
    bits: int | None
    description: str
    tags: Mapping[str, str]
    multi_region: bool
    policy: str | None

    def make(self, client: KMSClient, secret: str) -> str:
        spec = key_spec(self.row, self.bits)
        parameters = key_parameters(spec, self.description, self.policy, multi_region=self.multi_region)
        own = {ROTATION: self.name, STAGING: secret, **({ALG: self.row.name} if len(self.row.key_specs) > 1 else {})}
        return make_key(client, parameters, {**self.tags, **own}, mark=STAGING)


@checked
def stage(
    client: KMSClient,
    name: str,
    alg: str | None = None,
    *,
    bits: int | None = None,
    description: str = "",
    tags: Mapping[str, str] | None = None,
    multi_region: bool | None = None,
    policy: str | None = None,
    active_alg: str | None = None,
) -> RotationKey:
    """Make the key that is to sign next; if one is waiting for its promotion, it is that one and none is made.

    Args:
        client: A boto3 KMS client.
        name: Of the rotation, with or without ``alias/``.
        alg: The JOSE name of what it is to sign by; None takes that of the key that signs now.
        bits: Of an RSA key: 2048, 3072 (the default) or 4096.
        description: For people.
        tags: Beside those of the rotation, at most 35.
        multi_region: Make a primary key that can be replicated; None does as the key that signs now.
        policy: A key policy as JSON; None takes the account's default.
        active_alg: The JOSE name of what the key signs by that signs now, if it is an RSA key whose tags do not say it.

    Raises:
        InputError: ``usage``; ``alg-required``: there is no key whose algorithm could be taken, or an RSA key does not
            say by what it signs; ``alg-unknown``.
        RotationError: ``locked``; ``unsettled``; ``other-staged``: what is staged is of another algorithm.
        KMSError: as AWS answers.

    >>> from kmsjose import kms
    >>> client = kms.connect(local=":memory:")
    >>> key = stage(client, "issuer", "ES256")
    >>> stage(client, "issuer").arn == key.arn
    True
    """
    name = check_name(name)
    own = _checked(tags or {})
    rsa = by_name(active_alg) if active_alg is not None else None
    before = read(client, name)
    order = _Order(
        name=name,
        row=_algorithm(before, alg, rsa),
        bits=bits,
        description=description,
        tags=own,
        multi_region=_is_multi_region(before) if multi_region is None else multi_region,
        policy=policy,
    )
    first = None
    if anchor(before) is None:
        # A lock points to a key. Two who make the first one at once make two, and the later one is for the next time.
        first = order.make(client, secrets.token_hex())
        enlist(client, name, first)
    with step(client, name, target=first, rsa=rsa) as (rotation, _):
        if rotation.staged is not None and rotation.staged.arn != first:
            return _wanted(rotation.staged, order.row)
        return _take_in(client, rotation, first or _make(client, rotation, order))


def _checked(tags: Mapping[str, str]) -> Mapping[str, str]:
    if any(tag.startswith(PREFIX) for tag in tags):
        raise InputError("usage", f"tags that begin with {PREFIX} are written by the rotation itself")
    if len(tags) > _MOST_TAGS:
        raise InputError("usage", f"a key of a rotation has at most {_MOST_TAGS} tags beside those of the rotation")
    return tags


def _algorithm(rotation: Rotation, alg: str | None, rsa: Algorithm | None) -> Algorithm:
    """What the new key is to sign by; a key that signs now must say by what it does."""
    key = rotation.active
    if key is not None and key.info.algorithms and key.algorithm is None and rsa is None:
        raise InputError("alg-required", f"the RSA key {key.arn}, which signs now, does not say by what it signs")
    if alg is not None:
        return by_name(alg)
    rows = [one.algorithm for one in (rotation.staged, key) if one is not None and one.algorithm is not None]
    if rows or rsa is not None:
        return rows[0] if rows else rsa  # type: ignore[return-value]  # one of the two is there
    raise InputError("alg-required", f"{rotation.name} has no key yet: name the algorithm of its first")


def _is_multi_region(rotation: Rotation) -> bool:
    return rotation.active is not None and rotation.active.info.multi_region


def _wanted(staged: RotationKey, row: Algorithm) -> RotationKey:
    """The key that is staged, if it is of the algorithm that was asked for."""
    if staged.algorithm is not row:
        raise RotationError("other-staged", f"the key {staged.arn} is staged, and does not do {row.name}")
    return staged


def _make(client: KMSClient, rotation: Rotation, order: _Order) -> str:
    """A new key, or one whose maker was killed before he could take it in."""
    told = [(key.info.tags or {}).get(STAGING) for key in rotation.keys]
    secret = next((text for text in told if text), None)
    if secret is not None:
        found = _left_behind(client, rotation, order, secret)
        if found is not None:
            return found
    else:
        secret = secrets.token_hex()
        write_tags(client, str(anchor(rotation)), {STAGING: secret})
    return order.make(client, secret)


def _take_in(client: KMSClient, rotation: Rotation, arn: str) -> RotationKey:
    """Let a key belong to the rotation, and forget the secret by which it was known."""
    enlist(client, rotation.name, arn)
    after = settle(client, read(client, rotation.name))
    for key in after.keys:
        if STAGING in (key.info.tags or {}) and not key.is_going:
            remove_tags(client, key.arn, [STAGING])
    made = next((key for key in after.keys if key.arn == arn), None)
    if made is None:
        raise KMSError("not-found", f"KMS does not list the key {arn} yet: stage again in some seconds")
    return made


def _left_behind(client: KMSClient, rotation: Rotation, order: _Order, secret: str) -> str | None:
    named = set(rotation.aliases.targets.values())
    return next((arn for arn in marked(client, STAGING, secret, named) if _is_as_ordered(client, arn, order)), None)


def _is_as_ordered(client: KMSClient, arn: str, order: _Order) -> bool:
    try:
        tags = read_tags(client, arn)
        info = info_of(call(client, "DescribeKey", KeyId=arn))
    except KMSError as error:
        if error.code in ("access-denied", "not-found"):
            return False  # It is somebody else's, or gone.
        raise
    if tags.get(ROTATION) != order.name:
        return False
    is_as_ordered = info.spec == key_spec(order.row, order.bits) and info.multi_region is order.multi_region
    return is_as_ordered and info.state == "Enabled" and tags.get(ALG, order.row.name) == order.row.name
