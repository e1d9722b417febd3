"""The public keys of rotations that verifiers need now."""

from __future__ import annotations

from collections.abc import Iterable

from ...errors import KMSError
from ...keys.key_set import KeySet
from ...keys.public_key import PublicKey
from ..calls import KMSClient
from ..signer import KMSSigner
from .key import RotationKey, Stage
from .retiring import last_used
from .state import Rotation, read


def keys_to_publish(client: KMSClient, names: Iterable[str], previous: KeySet) -> KeySet:
    """The keys that are staged or active, and those out of use whose tokens may still live; the oldest first.

    Args:
        client: A boto3 KMS client.
        names: Of the rotations.
        previous: What is published now: a key that KMS no longer gives out, since it is disabled, is taken from there.

    Raises:
        InputError: ``usage``; ``alg-required``: an RSA key does not say by what it signs; ``key-conflict``.
        KMSError: as AWS answers; ``key-disabled``: a key must be published, but is neither given out nor in `previous`.
    """
    rotations = [read(client, name) for name in names]
    pairs = [(rotation, key) for rotation in rotations for key in rotation.keys if _is_needed(client, rotation, key)]
    pairs.sort(key=lambda pair: (pair[1].info.created or pair[0].clock.start, pair[1].arn))
    found = (_public(client, key, previous) for _, key in pairs)
    return KeySet(key for key in found if key is not None)


def known_kids(client: KMSClient, names: Iterable[str]) -> frozenset[str]:
    """The kids of all keys of rotations, those too that need not be published any more.

    Raises:
        InputError: ``usage``.
        KMSError: as AWS answers.
    """
    return frozenset(key.kid for name in names for key in read(client, name).keys if key.kid)


def public_key_of(client: KMSClient, key: RotationKey) -> PublicKey:
    """The public key of a key that is enabled.

    Raises:
        InputError: ``alg-required``: an RSA key does not say by what it signs.
        KMSError: as AWS answers.
    """
    alg = key.algorithm.name if key.algorithm is not None else None
    return KMSSigner.open(client, key.arn, alg, key.kid).public_key


def _is_needed(client: KMSClient, rotation: Rotation, key: RotationKey) -> bool:
    now = rotation.clock.start
    if key.stage in (Stage.ACTIVE, Stage.STAGED):
        return True
    if key.revoked is not None or (key.stage is Stage.DROPPED and not key.was_used):
        return False
    if key.published_until is None or now <= key.published_until:
        # A key that waits for its deletion before it was retired may have tokens that live.
        return True
    if key.enabled and key.disabled is not None:
        return True  # Somebody missed it, and has enabled it again.
    used = last_used(client, key)  # A signer that does not follow the alias may go on with it.
    return used is not None and key.token_lifetime is not None and now <= used + key.token_lifetime


def _public(client: KMSClient, key: RotationKey, previous: KeySet) -> PublicKey | None:
    if key.enabled:
        return public_key_of(client, key)
    known = next((one for one in previous if one.kid == key.kid and one.algorithm is key.algorithm), None)
    if known is None and key.stage is not Stage.STAGED:
        raise KMSError(
            "key-disabled",
            f"the {key.stage} key {key.arn} must be published, but is {key.info.state}, and is not published now",
        )
    return known
