"""The key of a rotation that a kid names, in whatever state its tags and aliases are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ...errors import KMSError, RotationError
from ..calls import KMSClient, call, pages
from ..description import KeyInfo, info_of
from ..signer import KMSSigner
from ..tags import KID, ROTATION, read_tags
from .names import Aliases
from .records import digest


def key_named(client: KMSClient, name: str, kid: str, aliases: Aliases) -> str | None:
    """The id of the key that has a kid, or None if KMS has none.

    The kid that was recorded when a key joined counts most, then the public key itself, and its tag last. A key that
    has lost the alias by which it belongs to the rotation is looked for among all keys.

    Args:
        client: A boto3 KMS client.
        name: Of the rotation.
        kid: Its kid, or its key id or ARN.
        aliases: Of the rotation.

    Raises:
        RotationError: ``key-unknown``: the key is not one of this rotation.
        KMSError: as AWS answers; ``rotation-damaged``: several keys say that they have it.
    """
    records, of = aliases.records, digest(kid)
    mark = records.revoked.get(of)
    recorded = records.kids.get(of) or (mark.key_id if mark else None)
    if recorded is not None:
        return recorded
    members = sorted(aliases.members | ({aliases.active} if aliases.active else set()))
    found = _among(client, members, kid)
    if found is None:
        others = (str(entry["KeyId"]) for entry in pages(client, "ListKeys", "Keys"))
        found = _among(client, (key_id for key_id in others if key_id not in members), kid)
        if found is not None:
            _check_ours(client, name, found, aliases)
    return found


def thumbprint_of(client: KMSClient, info: KeyInfo) -> str | None:
    """The thumbprint of a key's public key; None if KMS does not give it out.

    Raises:
        KMSError: as AWS answers.
    """
    if info.state != "Enabled" or not info.algorithms:
        return None
    # It is the same for each algorithm of the key.
    return KMSSigner.open(client, info.arn, info.algorithms[0].name).public_key.thumbprint()


def _among(client: KMSClient, key_ids: Iterable[str], kid: str) -> str | None:
    tagged = []
    for key_id, is_certain in _evidence(client, key_ids, kid):
        if is_certain:
            return key_id
        tagged.append(key_id)
    if len(tagged) > 1:
        raise KMSError(
            "rotation-damaged", f"the keys {', '.join(tagged)} have the kid {kid[:64]!r}: name the key by its id"
        )
    return tagged[0] if tagged else None


def _evidence(client: KMSClient, key_ids: Iterable[str], kid: str) -> Iterator[tuple[str, bool]]:
    """The keys that a kid may name, and whether it certainly does: a tag alone may be anybody's word."""
    for key_id in key_ids:
        if key_id == kid.rpartition("/")[2]:
            yield key_id, True
        try:
            if thumbprint_of(client, info_of(call(client, "DescribeKey", KeyId=key_id))) == kid:
                yield key_id, True
            elif read_tags(client, key_id).get(KID) == kid:
                yield key_id, False
        except KMSError as error:
            if error.code not in ("access-denied", "not-found"):
                raise  # Else it is somebody else's, or gone.


def _check_ours(client: KMSClient, name: str, key_id: str, aliases: Aliases) -> None:
    """Refuse a key that is another's: what is called by the wrong name is not to be disabled."""
    of = read_tags(client, key_id).get(ROTATION)
    others = aliases.others(name, key_id)
    if of == name or (of is None and not others):
        return
    what = f"of the rotation {of}" if of is not None else ", ".join(others)
    raise RotationError("key-unknown", f"the key {key_id} is none of {name}: it is {what}")
