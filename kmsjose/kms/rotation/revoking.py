"""Revoking a key: out of use and out of publication at once, in whatever state its rotation is.

It takes no lock, for whoever was killed in another step would keep it for minutes. Each call may be repeated, and no
other step undoes it.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...arguments import checked
from ...errors import InputError, KMSError, RotationError
from ..calls import KMSClient
from .listing import unknown
from .marking import describe, mark_gone, take_out
from .names import Aliases, aliases_of, check_name
from .records import digest
from .searching import key_named
from .state import id_of, read, signing_key


@dataclass(frozen=True, slots=True)
class Revoked:
    """A key that is revoked: it signs no more, and is published no more.

    Attributes:
        kid: Its kid; None if it can't be known any more.
        arn: Its ARN; None if KMS has deleted it.
        state: What it is in KMS now, ``Disabled`` or on its way out; None if KMS has deleted it.
        disabled: Whether it was enabled until now.
        signed: Whether the alias stands for it, so that nothing signs now.
        staged: The kid of the key that can take its place at once, where there is one.
        regions: Where it has copies that still sign.
        aliases: What else it is called.
    """

    kid: str | None
    arn: str | None
    state: str | None
    disabled: bool
    signed: bool
    staged: str | None
    regions: tuple[str, ...]
    aliases: tuple[str, ...]


@checked
def revoke(client: KMSClient, name: str, kid: str | None = None) -> Revoked:
    """Take a key out at once, whatever tokens of it still live: for a key that is lost.

    It is disabled, and marked so that nobody publishes it again. A key that waits for its deletion already is marked
    alone. Every token that it signed is refused as soon as verifiers read the published set again.

    Args:
        client: A boto3 KMS client.
        name: Of the rotation, with or without ``alias/``.
        kid: Which key, by its kid, its key id or its ARN; None is the one that signs.

    Raises:
        RotationError: ``nothing-signs``: there is none that signs; ``unsettled``: the alias has just moved: name the
            key; ``key-unknown``: KMS has no such key: the kid is marked, and not published again; ``unmarked``: KMS
            takes no mark, since the rotation has no key that stays.
        InputError: ``usage``.
        KMSError: as AWS answers; what could be done all the same, is done; ``not-found``: the name has no key at all.

    >>> from kmsjose import kms
    >>> from kmsjose.kms.rotation import promote_unseen, stage
    >>> client = kms.connect(local=":memory:")
    >>> key = stage(client, "issuer", "ES256")
    >>> revoke(client, "issuer", promote_unseen(client, "issuer").kid).state
    'Disabled'
    """
    name = check_name(name)
    if kid == "":
        raise InputError("usage", "a kid that is empty names no key")
    aliases = aliases_of(client, name)
    signing = signing_key(client, name)
    if kid is None:
        found = id_of(_signing(client, name, aliases, signing))
    else:
        named = key_named(client, name, kid, aliases)
        if named is None:
            return _revoke_unknown(client, name, kid, aliases)
        found = named
    target = describe(client, found, aliases, kid)
    take_out(client, name, target, aliases)
    signed = signing == target.info.arn
    return Revoked(
        kid=target.kid,
        arn=target.info.arn,
        state="Disabled" if target.may_sign else target.info.state,
        disabled=target.may_sign,
        signed=signed,
        staged=_staged(client, name) if signed else None,
        regions=target.regions,
        aliases=tuple(alias for alias in aliases.others(name, found) if alias != f"alias/{name}"),
    )


def _signing(client: KMSClient, name: str, aliases: Aliases, signing: str | None) -> str:
    if signing is None and not aliases.members:
        raise unknown(client, name)
    if signing is None:
        raise RotationError("nothing-signs", f"alias/{name} is the alias of no key")
    if aliases.active not in (None, id_of(signing)):
        raise RotationError("unsettled", f"alias/{name} has just moved: name the key by --key")
    return signing


def _revoke_unknown(client: KMSClient, name: str, kid: str, aliases: Aliases) -> Revoked:
    """Mark a kid of which KMS has no key: it may have been deleted, or mistyped."""
    if aliases.active is None and not aliases.members:
        raise unknown(client, name)
    if digest(kid) not in aliases.records.revoked:
        mark_gone(client, name, digest(kid), aliases)
        raise RotationError(
            "key-unknown",
            f"KMS has no key of {name} with the kid {kid[:64]!r}, so nothing was disabled; "
            "that kid is published no more",
        )
    return Revoked(kid, None, None, disabled=False, signed=False, staged=None, regions=(), aliases=())


def _staged(client: KMSClient, name: str) -> str | None:
    """The key that can take over; where it can't be known, there is nothing to say of it."""
    try:
        staged = read(client, name).staged
    except KMSError:
        return None
    return staged.kid if staged is not None and staged.enabled else None
