"""What is told of keys and changed of what is told: DescribeKey, ListKeys, descriptions and tags."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from ..tags import foreign_in
from .keys import KeyRecord
from .paging import page
from .refusals import Refusal
from .region import ACCOUNT, DYING, Region
from .related import primary_of, related
from .requests import Request
from .rotations import material_id
from .specs import ABILITY

_MOST_TAGS: Final = 50


def describe_key(region: Region, request: Request) -> Mapping[str, object]:
    """DescribeKey: of a key in any state."""
    return {"KeyMetadata": metadata(region, region.key_or_alias(request.text("KeyId")))}


def list_keys(region: Region, request: Request) -> Mapping[str, object]:
    """ListKeys: by key id."""
    living = [key_id for key_id in region.store.key_ids() if region.living(key_id) is not None]
    shown, following = page(request, living, 100)
    return {"Keys": [{"KeyId": key_id, "KeyArn": region.arn("key/" + key_id)} for key_id in shown], **following}


def metadata(region: Region, record: KeyRecord) -> Mapping[str, object]:
    """The KeyMetadata of a key."""
    state = record.state(region.clock())
    told: dict[str, object] = {
        "AWSAccountId": ACCOUNT,
        "KeyId": record.id,
        "Arn": record.arn,
        "CreationDate": record.created,
        "Enabled": state == "Enabled",
        "Description": record.description,
        "KeyUsage": record.usage,
        "KeyState": state,
        "Origin": record.origin,
        "KeyManager": "CUSTOMER",
        "CustomerMasterKeySpec": record.spec,
        "KeySpec": record.spec,
        ABILITY[record.usage]: record.algorithms,
        "MultiRegion": record.multi_region,
    }
    if record.deletion is not None:
        told["DeletionDate"] = record.deletion
    elif record.window is not None:
        told["PendingDeletionWindowInDays"] = record.window
    if record.facts.kind == "symmetric" and record.has_material(region.clock()):
        told["CurrentKeyMaterialId"] = material_id(record)
    if record.origin == "EXTERNAL" and record.has_material(region.clock()):
        told["ExpirationModel"] = "KEY_MATERIAL_DOES_NOT_EXPIRE" if record.expires is None else "KEY_MATERIAL_EXPIRES"
        if record.expires is not None:
            told["ValidTo"] = record.expires
    if record.multi_region:
        told["MultiRegionConfiguration"] = _configuration(region, record)
    return told


def _configuration(region: Region, record: KeyRecord) -> Mapping[str, object]:
    keys = related(region.store, record, region.clock())
    primary = primary_of(keys)
    return {
        "MultiRegionKeyType": "PRIMARY" if primary == region.name else "REPLICA",
        "PrimaryKey": {"Arn": keys[primary].arn, "Region": primary},
        "ReplicaKeys": [{"Arn": key.arn, "Region": name} for name, key in keys.items() if name != primary],
    }


def update_key_description(region: Region, request: Request) -> Mapping[str, object]:
    """UpdateKeyDescription."""
    description = request.text("Description")
    with region.store.changing():
        record = region.key(request.text("KeyId"))
        region.refuse_states(record, *DYING)
        region.store.save_record(replace(record, description=description))
    return {}


def tag_resource(region: Region, request: Request) -> Mapping[str, object]:
    """TagResource: new tags are added, those of the same name replaced."""
    tags = tags_of(request)
    with region.store.changing():
        record = region.key(request.text("KeyId"))
        region.refuse_states(record, *DYING)
        merged = {**record.tags, **tags}
        if len(merged) > _MOST_TAGS:
            raise Refusal("LimitExceededException", f"A key has at most {_MOST_TAGS} tags.")
        region.store.save_record(replace(record, tags=merged))
    return {}


def untag_resource(region: Region, request: Request) -> Mapping[str, object]:
    """UntagResource: a name that is not there is no error."""
    names = set(request.items("TagKeys"))
    with region.store.changing():
        record = region.key(request.text("KeyId"))
        region.refuse_states(record, *DYING)
        left = {name: value for name, value in record.tags.items() if name not in names}
        region.store.save_record(replace(record, tags=left))
    return {}


def list_resource_tags(region: Region, request: Request) -> Mapping[str, object]:
    """ListResourceTags: by name."""
    tags = region.key(request.text("KeyId")).tags
    shown, following = page(request, sorted(tags), _MOST_TAGS, most=_MOST_TAGS)
    return {"Tags": [{"TagKey": name, "TagValue": tags[name]} for name in shown], **following}


def tags_of(request: Request) -> dict[str, str]:
    """The tags that a request brings.

    Raises:
        Refusal: ``TagException``.
    """
    tags = dict(_pairs(request.items("Tags")))
    if len(tags) < len(request.items("Tags")):
        raise Refusal("TagException", "Duplicate tag keys")
    if any(name.lower().startswith("aws:") for name in tags):
        raise Refusal("TagException", "aws: prefixed tag key names are not allowed for external use.")
    if any(foreign_in(name + value) for name, value in tags.items()):
        raise Refusal("TagException", "A tag holds letters, digits, spaces and _.:/=+-@ alone.")
    if len(tags) > _MOST_TAGS:
        raise Refusal("TagException", f"A key has at most {_MOST_TAGS} tags.")
    return tags


def _pairs(entries: Iterable[object]) -> Iterable[tuple[str, str]]:
    for entry in entries:
        if isinstance(entry, dict):
            yield str(entry.get("TagKey", "")), str(entry.get("TagValue", ""))
