"""The life of a key: CreateKey, enabling and disabling, and deletion."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from .describing import metadata, tags_of
from .keys import KeyRecord
from .policies import default_policy, policy_of
from .refusals import Refusal, constraint, invalid, unsupported
from .region import DYING, Region
from .related import DAY, has_replicas
from .requests import Request
from .specs import SPECS, Spec

_LEAST_WINDOW, _MOST_WINDOW = 7, 30
_ORIGINS: Final = ("AWS_KMS", "EXTERNAL")


def create_key(region: Region, request: Request) -> Mapping[str, object]:
    """CreateKey: with material, unless its origin is EXTERNAL."""
    spec = _spec(request)
    usage = _usage(request, spec)
    multi_region = request.flag("MultiRegion")
    _refuse_key_store(request, spec, multi_region=multi_region)
    origin = request.text("Origin", "AWS_KMS")
    if origin not in _ORIGINS:
        raise unsupported(f"The embedded KMS has no keys of origin {origin}.")
    key_id = f"mrk-{uuid.uuid4().hex}" if multi_region else str(uuid.uuid4())
    record = KeyRecord(
        id=key_id,
        arn=region.arn("key/" + key_id),
        spec=spec.name,
        usage=usage,
        origin=origin,
        multi_region=multi_region,
        description=request.text("Description", ""),
        policy=policy_of(request) if request.has("Policy") else default_policy(region),
        tags=tags_of(request),
        created=region.clock(),
    )
    # Making an RSA key takes long, so nobody is kept waiting for it.
    key = spec.generate() if spec.generate is not None and origin == "AWS_KMS" else None
    with region.store.changing(making=True):
        if key is not None:
            region.store.save_material(record.id, key)
        region.store.save_record(record)
    return {"KeyMetadata": metadata(region, record)}


def enable_key(region: Region, request: Request) -> Mapping[str, object]:
    """EnableKey."""
    return _switch(region, request, enabled=True)


def disable_key(region: Region, request: Request) -> Mapping[str, object]:
    """DisableKey."""
    return _switch(region, request, enabled=False)


def schedule_key_deletion(region: Region, request: Request) -> Mapping[str, object]:
    """ScheduleKeyDeletion: after 7 to 30 days the key and its aliases are gone; a primary waits for its replicas."""
    days = int(request.number("PendingWindowInDays", _MOST_WINDOW))
    if days < _LEAST_WINDOW:
        raise constraint(f"'{days}'", "PendingWindowInDays", f"have value greater than or equal to {_LEAST_WINDOW}")
    if days > _MOST_WINDOW:
        raise constraint(f"'{days}'", "PendingWindowInDays", f"have value less than or equal to {_MOST_WINDOW}")
    date = region.clock() + days * DAY
    with region.store.changing():
        record = region.key(request.text("KeyId"))
        region.refuse_states(record, *DYING)
        waits = has_replicas(region.store, record, region.clock())
        dying = record.to_be_deleted_last(days) if waits else record.to_be_deleted(date)
        region.store.save_record(dying)
    told = {"KeyId": record.arn, "KeyState": dying.state(region.clock()), "PendingWindowInDays": days}
    return told if waits else {**told, "DeletionDate": date}


def cancel_key_deletion(region: Region, request: Request) -> Mapping[str, object]:
    """CancelKeyDeletion: the key is left disabled."""
    with region.store.changing():
        record = region.key(request.text("KeyId"))
        if record.state(region.clock()) not in DYING:
            raise Refusal("KMSInvalidStateException", f"{record.arn} is not pending deletion.")
        region.store.save_record(record.kept())
    return {"KeyId": record.arn}


def _switch(region: Region, request: Request, *, enabled: bool) -> Mapping[str, object]:
    with region.store.changing():
        record = region.key(request.text("KeyId"))
        region.refuse_states(record, *DYING, "PendingImport")
        region.store.save_record(replace(record, enabled=enabled))
    return {}


def _spec(request: Request) -> Spec:
    if request.has("KeySpec") and request.has("CustomerMasterKeySpec"):
        raise invalid(
            "You cannot specify KeySpec and CustomerMasterKeySpec in the same request. "
            "CustomerMasterKeySpec is deprecated."
        )
    name = request.text("KeySpec", request.text("CustomerMasterKeySpec", "SYMMETRIC_DEFAULT"))
    if name not in SPECS:
        raise unsupported(f"The embedded KMS has no keys of spec {name}.")
    return SPECS[name]


def _usage(request: Request, spec: Spec) -> str:
    default = "ENCRYPT_DECRYPT" if spec.kind == "symmetric" else ""
    usage = request.text("KeyUsage", default)
    if not usage:
        raise invalid("You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.")
    if usage not in spec.usages:
        raise invalid(f"KeyUsage {usage} is not compatible with KeySpec {spec.name}")
    return usage


def _refuse_key_store(request: Request, spec: Spec, *, multi_region: bool) -> None:
    if request.has("XksKeyId") and request.text("Origin", "AWS_KMS") != "EXTERNAL_KEY_STORE":
        raise invalid("You cannot specify XksKeyId unless the Origin is EXTERNAL_KEY_STORE.")
    if request.has("CustomKeyStoreId"):
        if spec.kind != "symmetric" or multi_region:
            raise invalid("Only symmetric encryption keys of a single Region can be made in a custom key store.")
        raise Refusal("CustomKeyStoreNotFoundException", "The embedded KMS has no custom key stores.")
