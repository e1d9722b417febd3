"""CreateAlias, UpdateAlias, DeleteAlias and ListAliases."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from .keys import Alias, KeyRecord
from .paging import page
from .refusals import Refusal, invalid
from .region import DYING, Region
from .requests import Request

_NAME: Final = re.compile(r"alias/[a-zA-Z0-9/_-]+")
_RESERVED: Final = "alias/aws/"


def create_alias(region: Region, request: Request) -> Mapping[str, object]:
    """CreateAlias: the one call that fails if the name is taken."""
    name = _new_name(request)
    with region.store.changing():
        record = _target(region, request)
        region.refuse_states(record, *DYING)
        aliases = region.store.aliases()
        if name in aliases and region.living(aliases[name].target) is not None:
            raise Refusal("AlreadyExistsException", f"An alias with the name {region.arn(name)} already exists")
        now = region.clock()
        region.store.save_aliases({**aliases, name: Alias(record.id, now, now)})
    return {}


def update_alias(region: Region, request: Request) -> Mapping[str, object]:
    """UpdateAlias: to a key of the same kind and usage."""
    name = _new_name(request)
    with region.store.changing():
        alias = region.alias(name)
        record = _target(region, request)
        region.refuse_states(record, *DYING)
        before = region.living(alias.target)
        if before is not None and _nature(before) != _nature(record):
            raise invalid(
                f"Alias {region.arn(name)} cannot move from {before.arn} ({_told(before)}) to "
                f"{record.arn} ({_told(record)}): both keys must be of the same type and usage."
            )
        moved = replace(alias, target=record.id, updated=region.clock())
        region.store.save_aliases({**region.store.aliases(), name: moved})
    return {}


def delete_alias(region: Region, request: Request) -> Mapping[str, object]:
    """DeleteAlias: whatever the state of its key."""
    name = _new_name(request)
    with region.store.changing():
        region.alias(name)
        left = {other: alias for other, alias in region.store.aliases().items() if other != name}
        region.store.save_aliases(left)
    return {}


def list_aliases(region: Region, request: Request) -> Mapping[str, object]:
    """ListAliases: by name, of all keys or of one."""
    wanted = region.key(request.text("KeyId")).id if request.has("KeyId") else None
    aliases = {
        name: alias
        for name, alias in region.store.aliases().items()
        if (wanted is None or alias.target == wanted) and region.living(alias.target) is not None
    }
    shown, following = page(request, sorted(aliases), 50, most=100)
    return {"Aliases": [_entry(region, name, aliases[name]) for name in shown], **following}


def _entry(region: Region, name: str, alias: Alias) -> Mapping[str, object]:
    return {
        "AliasName": name,
        "AliasArn": region.arn(name),
        "TargetKeyId": alias.target,
        "CreationDate": alias.created,
        "LastUpdatedDate": alias.updated,
    }


def _new_name(request: Request) -> str:
    name = request.text("AliasName")
    if not name.startswith("alias/"):
        raise invalid(
            'Alias must start with the prefix "alias/". Please see '
            "https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html"
        )
    if name.startswith(_RESERVED):
        raise Refusal("NotAuthorizedException")
    if not _NAME.fullmatch(name):
        raise Refusal("InvalidAliasNameException", f"{name} contains invalid characters for an alias")
    return name


def _target(region: Region, request: Request) -> KeyRecord:
    identifier = request.text("TargetKeyId")
    if identifier.startswith("alias/") or ":alias/" in identifier:
        raise invalid("Aliases must refer to keys. Not aliases")
    return region.key(identifier)


def _nature(record: KeyRecord) -> tuple[str, str]:
    return record.facts.kind, record.usage


def _told(record: KeyRecord) -> str:
    return ", ".join(_nature(record))
