"""The public keys of rotations that verifiers need now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations

from ...arguments import checked
from ...errors import KMSError, RotationError
from ...keys.key_set import KeySet
from ...keys.public_key import PublicKey
from ..calls import KMSClient, pages
from ..description import readable_tags, resolve
from ..signer import KMSSigner
from ..tags import KID
from .key import REVOKED, RotationKey, Stage
from .names import aliases_of, names_in
from .records import digest, is_mark
from .retiring import last_used
from .state import Found, Rotation, id_of, look, rotation_of


@checked
def keys_to_publish(client: KMSClient, names: Iterable[str], previous: KeySet) -> KeySet:
    """The keys that are staged or active, and those out of use whose tokens may still live; the oldest first.

    A key that is revoked is never among them.

    Args:
        client: A boto3 KMS client.
        names: Of the rotations, or one.
        previous: What is published now: a key that KMS no longer gives out, since it is disabled, is taken from there.

    Raises:
        InputError: ``usage``; ``alg-required``: an RSA key does not say by what it signs; ``key-conflict``.
        KMSError: as AWS answers; ``key-disabled``: a key must be published, but is neither given out nor in `previous`;
            ``rotation-damaged``: a tag was changed, for example the kid of a key.
    """
    each = (names,) if isinstance(names, str) else dict.fromkeys(names)
    return keys_of(client, [look(client, name) for name in each], previous)


def keys_of(client: KMSClient, found: Sequence[Found], previous: KeySet) -> KeySet:
    """As `keys_to_publish`, of rotations that were looked at already.

    Raises:
        InputError, KMSError: as `keys_to_publish`.
    """
    rotations = [rotation_of(one) for one in found]
    for rotation in rotations:
        _check_kids(rotation)
    pairs = [(rotation, key) for rotation in rotations for key in rotation.keys if is_needed(client, rotation, key)]
    pairs.sort(key=lambda pair: (pair[1].info.created or pair[0].clock.start, pair[1].arn))
    keys = (_public(client, rotation, key, previous) for rotation, key in pairs)
    revoked = frozenset(of for one in found for of in one.revoked)
    return KeySet(key for key in keys if key is not None and digest(key.kid) not in revoked)


def check_not_revoked(client: KMSClient, key: str) -> None:
    """Refuse a key that a rotation has revoked, whoever asks for it.

    Args:
        client: A boto3 KMS client.
        key: Key id, key ARN, alias name or alias ARN.

    Raises:
        RotationError: ``revoked``.
        InputError: ``usage``.
        KMSError: as AWS answers.
    """
    arn = resolve(client, key)
    tags = readable_tags(client, arn) or {}
    entries = list(pages(client, "ListAliases", "Aliases", KeyId=arn))
    if REVOKED in tags or any(is_mark(str(entry["AliasName"])) for entry in entries):
        raise RotationError("revoked", f"the key {arn} is revoked")
    for name in names_in(entries):
        records = aliases_of(client, name).records  # A mark may be another key's.
        if records.kid_digest(id_of(arn), tags.get(KID)) in records.revoked:
            raise RotationError("revoked", f"the key {arn} is revoked")


def public_key_of(client: KMSClient, key: RotationKey) -> PublicKey:
    """The public key of a key that is enabled.

    Raises:
        InputError: ``alg-required``: an RSA key does not say by what it signs.
        KMSError: as AWS answers.
    """
    alg = key.algorithm.name if key.algorithm is not None else None
    return KMSSigner.open(client, key.arn, alg, key.kid).public_key


def _check_kids(rotation: Rotation) -> None:
    """Refuse a kid that was changed, and one that two keys have: who writes tags must not name a key as another."""
    for key in rotation.keys:
        if key.kid is not None and key.revoked is None:
            rotation.aliases.records.check_kid(key.id, key.kid)
    for one, other in combinations(rotation.keys, 2):
        if one.kid is not None and one.kid == other.kid and None in (one.revoked, other.revoked):
            raise KMSError("rotation-damaged", f"the keys {one.id} and {other.id} have one kid, {one.kid[:64]!r}")


def is_needed(client: KMSClient, rotation: Rotation, key: RotationKey) -> bool:
    """Whether verifiers need a key now.

    Raises:
        KMSError: as AWS answers.
    """
    now = rotation.clock.start
    if key.revoked is not None:
        return False
    if key.stage in (Stage.ACTIVE, Stage.STAGED):
        return True
    if key.stage is Stage.DROPPED and not key.was_used:
        return False
    if key.published_until is None or now <= key.published_until:
        # A key that waits for its deletion before it was retired may have tokens that live.
        return True
    if key.enabled and key.disabled is not None:
        return True  # Somebody missed it, and has enabled it again.
    used = last_used(client, key)  # A signer that does not follow the alias may go on with it.
    return used is not None and key.token_lifetime is not None and now <= used + key.token_lifetime


def _public(client: KMSClient, rotation: Rotation, key: RotationKey, previous: KeySet) -> PublicKey | None:
    if key.enabled:
        public_key = public_key_of(client, key)
        rotation.aliases.records.check_kid(key.id, public_key.kid)
        return public_key
    recorded = rotation.aliases.records.of_key(key.id) or (digest(key.kid) if key.kid is not None else None)
    known = next((one for one in previous if digest(one.kid) == recorded and one.algorithm is key.algorithm), None)
    if known is None and key.stage is not Stage.STAGED:
        raise KMSError(
            "key-disabled",
            f"the {key.stage} key {key.arn} must be published, but is {key.info.state}, and is not published now",
        )
    return known
