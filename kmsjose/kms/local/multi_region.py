"""ReplicateKey and UpdatePrimaryRegion: one key in several regions, each of which is a folder beside the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from .describing import metadata, tags_of
from .keys import KeyRecord
from .policies import default_policy, policy_of
from .refusals import Refusal, invalid, unsupported
from .region import Region
from .related import primary_of, related
from .requests import Request
from .usage import material_of


def replicate_key(region: Region, request: Request) -> Mapping[str, object]:
    """ReplicateKey: the same id and material elsewhere; imported material has to be imported there once more."""
    tags, given = tags_of(request), policy_of(request) if request.has("Policy") else None
    there = _elsewhere(region, request.text("ReplicaRegion"))
    policy = default_policy(there) if given is None else given
    with region.store.changing():
        record = _primary(region, request)
        if there.living(record.id) is not None:
            raise Refusal("AlreadyExistsException", f"The key {there.arn('key/' + record.id)} already exists.")
        replica = replace(
            record,
            arn=there.arn("key/" + record.id),
            description=request.text("Description", ""),
            policy=policy,
            tags=tags,
            created=region.clock(),
            material="",
            expires=None,
            promoted=-1,
        )
        if record.facts.generate is not None and record.origin == "AWS_KMS":
            there.store.save_material(replica.id, material_of(region, record))
        there.store.save_record(replica)
    return {
        "ReplicaKeyMetadata": metadata(there, replica),
        "ReplicaPolicy": policy,
        "ReplicaTags": [{"TagKey": name, "TagValue": tags[name]} for name in sorted(tags)],
    }


def update_primary_region(region: Region, request: Request) -> Mapping[str, object]:
    """UpdatePrimaryRegion: a replica becomes the primary, and the primary a replica."""
    there = _elsewhere(region, request.text("PrimaryRegion"))
    with region.store.changing():
        record = _primary(region, request)
        replica = there.living(record.id)
        if replica is None or there.name == region.name:
            raise unsupported(f"{record.arn} has no replica in {there.name}.")
        there.refuse_unusable(replica)
        # One write, so there is never none or more than one.
        there.store.save_record(replace(replica, promoted=record.promoted + 1))
    return {}


def _primary(region: Region, request: Request) -> KeyRecord:
    record = region.key(request.text("KeyId"))
    if not record.multi_region:
        raise unsupported(f"{record.arn} is not a multi-Region key.")
    if primary_of(related(region.store, record, region.clock())) != region.name:
        raise unsupported(f"{record.arn} is not a multi-Region primary key.")
    region.refuse_unusable(record)
    return record


def _elsewhere(region: Region, name: str) -> Region:
    from botocore.exceptions import UnknownRegionError
    from botocore.session import Session

    try:
        partition = Session().get_partition_for_region(name)
    except UnknownRegionError:
        raise invalid(f"{name} is not a region.") from None
    if partition != region.partition:
        raise invalid(f"{name} is not a region of the partition {region.partition}.")
    return region.beside(name)
