"""Write down what the aliases say and the tags do not yet: after a step that was killed, or a move by hand."""

from __future__ import annotations

from ...algorithms import Algorithm
from ...errors import InputError, KMSError
from ..calls import KMSClient, call
from ..description import resolve
from ..signer import KMSSigner
from ..tags import ALG, KID, ROTATION, remove_tags, write_tags
from .clock import written
from .key import OUT_OF_USE, PROMOTED, REPLACED, RotationKey, Stage
from .names import member_alias
from .records import digest, kid_alias
from .state import Rotation, id_of, read


def settle(client: KMSClient, rotation: Rotation, rsa: Algorithm | None = None) -> Rotation:
    """The rotation, with everything about its keys written down; while KMS tells two things of it, nothing is.

    Args:
        client: A boto3 KMS client.
        rotation: As it was read while the lock was held.
        rsa: What the RSA keys sign by that do not say it.

    Raises:
        InputError: ``key-usage``: the alias was put on a key that can't sign.
        KMSError: as AWS answers; ``rotation-damaged``: the kid of a key was changed.
    """
    if not rotation.is_settled:
        return rotation
    changes = [_settle_key(client, rotation, key, rsa) for key in rotation.keys if not key.is_going]
    return read(client, rotation.name) if any(changes) else rotation


def enlist(client: KMSClient, name: str, arn: str) -> None:
    """Give a key the alias that says that it belongs to the rotation.

    Raises:
        KMSError: as AWS answers.
    """
    try:
        call(client, "CreateAlias", AliasName=member_alias(name, id_of(arn)), TargetKeyId=arn)
    except KMSError as error:
        if error.code != "already-exists":  # Its name has the key's id, so it is this key's.
            raise


def _settle_key(client: KMSClient, rotation: Rotation, key: RotationKey, rsa: Algorithm | None) -> bool:
    if not key.info.algorithms:
        raise InputError("key-usage", f"{key.arn}, which {rotation.name} has, is no signing key")
    if not key.member:
        enlist(client, rotation.name, key.arn)
    tags = key.info.tags or {}
    missing = {name: value for name, value in _expected(client, rotation, key, rsa).items() if name not in tags}
    kid = key.kid or missing.get(KID)
    recorded = kid is not None and _record_kid(client, rotation, key, kid)
    if missing:
        write_tags(client, key.arn, missing)
    stale = [name for name in OUT_OF_USE if name in tags] if key.stage is Stage.ACTIVE else []
    if stale:
        remove_tags(client, key.arn, stale)
    return bool(missing or recorded or stale or not key.member)


def _record_kid(client: KMSClient, rotation: Rotation, key: RotationKey, kid: str) -> bool:
    """Whether the kid of a key had to be recorded: in an alias, which who may write tags alone can't change."""
    if key.revoked is not None:
        return False  # It is never published again, whatever its kid.
    records = rotation.aliases.records
    records.check_kid(key.id, kid)
    if records.of_key(key.id) is not None:
        return False
    alias = kid_alias(rotation.name, digest(kid))
    try:
        call(client, "CreateAlias", AliasName=alias, TargetKeyId=key.arn)
    except KMSError as error:
        # It may be there already, though KMS does not list it yet.
        if error.code != "already-exists" or resolve(client, alias) != key.arn:
            raise
    return True


def _expected(client: KMSClient, rotation: Rotation, key: RotationKey, rsa: Algorithm | None) -> dict[str, str]:
    """The tags that the key is to have, where they can be known; those that it has are not changed."""
    now = written(rotation.clock.mark())
    expected = {ROTATION: rotation.name}
    if key.enabled and key.kid is None:
        # A thumbprint is the same for each algorithm of the key.
        expected[KID] = KMSSigner.open(client, key.arn, key.info.algorithms[0].name).public_key.kid
    if key.stage is Stage.ACTIVE:
        expected[PROMOTED] = now
    if key.stage is Stage.REPLACED:
        expected[REPLACED] = now
    if rsa is not None and rsa in key.info.algorithms and key.algorithm is None:
        expected[ALG] = rsa.name
    return expected
