"""What a folder is to publish next, by what KMS knows of rotations and by what the folder remembers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..errors import InputError, KmsJoseError, RotationError
from ..keys import KeySet, PublicKey
from ..kms import KMSClient
from ..kms.rotation.listing import unknown
from ..kms.rotation.published import keys_of
from ..kms.rotation.records import digest
from ..kms.rotation.state import Found, look
from .folder import Directory
from .published import published_issuer, published_keys
from .revoked import RevokedKey, of_key, revoked_among, revoked_file, revoked_keys
from .tree import tree


@dataclass(frozen=True, slots=True)
class Publication:
    """What a folder is to publish.

    Attributes:
        previous: What it publishes now.
        keys: What it is to publish.
        issuer: Whose keys they are; None if it is not known.
        revoked: What it is to remember as revoked.
        withheld: Keys that their rotations would have published, but that the folder remembers as revoked.
        refused: Why nothing new is published; what is revoked leaves the folder all the same.
    """

    previous: KeySet
    keys: KeySet
    issuer: str | None
    revoked: frozenset[RevokedKey]
    withheld: tuple[PublicKey, ...] = ()
    refused: KmsJoseError | None = None

    @property
    def files(self) -> dict[str, bytes]:
        """The files to be written, as `write_tree` takes them; none where nothing changes.

        Raises:
            InputError: as `tree`.
        """
        if self.refused is not None and self.keys == self.previous:
            return {}
        return {**tree(self.keys, self.issuer, empty=True), **revoked_file(self.revoked)}

    def check(self) -> None:
        """Raise what was refused, once the files are written.

        Raises:
            RotationError, InputError, KMSError: as `plan` says.
        """
        if self.refused is not None:
            raise self.refused


def plan(
    client: KMSClient,
    directory: Directory,
    names: Sequence[str],
    *,
    issuer: str | None = None,
    beside: Iterable[PublicKey] = (),
    withdraw: Iterable[str] = (),
) -> Publication:
    """What a folder is to publish: the keys of rotations, and some beside them. Call it within `exclusive`.

    A key that is revoked, by what KMS or the folder knows, is not among them. A key that the folder publishes and that
    nothing here accounts for is refused: nobody knows whether it may be trusted. Then the publication has this error as
    ``refused``, and takes nothing but revoked keys from the folder.

    Args:
        client: A boto3 KMS client.
        directory: The folder.
        names: Of the rotations, with or without ``alias/``.
        issuer: The https URL of the issuer; None is that of what the folder holds.
        beside: Other keys to publish; what it raises as it is gone through keeps no revoked key in the folder.
        withdraw: Kids of keys that the folder is never to publish again, and that no rotation accounts for.

    Raises:
        InputError: ``usage``; what `published_keys`, `published_issuer` and `revoked_keys` raise.
        RotationError: ``accounted``: a key that is to be withdrawn is one of a rotation: it has to be revoked there.
        KMSError: as AWS answers; ``not-found``: a name has no key.
    """
    previous, before = published_keys(directory), published_issuer(directory)
    if issuer is not None and before is not None and issuer != before:
        raise InputError("usage", f"{directory} is that of {before}: publish another issuer into another folder")
    memory = revoked_keys(directory)
    found = [look(client, name) for name in names]
    of_kms = frozenset(of for one in found for of in one.revoked)
    gone = revoked_among(previous, memory) | {of_key(key) for key in previous if digest(key.kid) in of_kms}
    gone |= _withdrawn(previous, memory | gone, found, frozenset(withdraw), directory)
    revoked = memory | gone
    left = Publication(previous, _without(previous, revoked), issuer or before, revoked)
    try:
        _check_names(client, found, revoked)
        current = keys_of(client, found, previous)
        others = tuple(beside)
        _check_beside(others, revoked, of_kms)
        keys = KeySet([*_without(current, revoked), *others])
        _check_accounted(left.keys, keys, found)
    except KmsJoseError as error:
        return Publication(previous, left.keys, left.issuer, revoked, refused=error)
    withheld = tuple(key for key in current if key not in keys.keys)
    return Publication(previous, keys, left.issuer, revoked, withheld)


def _check_names(client: KMSClient, found: Sequence[Found], revoked: frozenset[RevokedKey]) -> None:
    """Refuse a name that has no key, as a mistyped one; but a folder may outlive the last key of its one rotation."""
    if len(found) == 1 and revoked:
        return
    for one in found:
        if not one.keys:
            raise unknown(client, one.name)


def _withdrawn(
    previous: KeySet, known: frozenset[RevokedKey], found: Sequence[Found], kids: frozenset[str], directory: Directory
) -> frozenset[RevokedKey]:
    """The keys that are to be withdrawn by their kids."""
    owners = {one.kid_digest(key): (one.name, key) for one in found for key in one.keys}
    for kid in sorted(kids - {one.kid for one in known}):
        if all(key.kid != kid for key in previous):
            raise InputError("usage", f"{directory} publishes no key with the kid {kid[:64]!r}")
        name, key = owners.get(digest(kid), (None, None))
        # A key that waits for its deletion can't be marked in KMS, so there is no other way to take it out.
        if key is not None and "Deletion" not in key.state:
            raise RotationError(
                "accounted", f"{kid} is a key of the rotation {name}: run `kmsjose rotate revoke {name} --key {kid}`"
            )
    return frozenset(of_key(key) for key in previous if key.kid in kids)


def _without(keys: KeySet, revoked: Iterable[RevokedKey]) -> KeySet:
    out = {(one.kid, one.thumbprint) for one in revoked_among(keys, revoked)}
    return KeySet(key for key in keys if (key.kid, key.thumbprint()) not in out)


def _check_beside(beside: Sequence[PublicKey], revoked: Iterable[RevokedKey], of_kms: frozenset[str]) -> None:
    for key in beside:
        if digest(key.kid) in of_kms or any(one.is_of(key) for one in revoked):
            raise RotationError("revoked", f"the key {key.kid} is revoked")


def _check_accounted(left: KeySet, keys: KeySet, found: Sequence[Found]) -> None:
    """Refuse keys of the folder that nothing here accounts for: perhaps they are revoked, and nothing tells it now."""
    accounted = {digest(key.kid) for key in keys} | {one.kid_digest(key) for one in found for key in one.keys}
    unknown = [key.kid for key in left if digest(key.kid) not in accounted]
    if unknown:
        raise RotationError(
            "unaccounted",
            f"no rotation here accounts for {', '.join(unknown[:5])}{', ...' if len(unknown) > 5 else ''}, published "
            f"until now; nothing new is published",
        )
