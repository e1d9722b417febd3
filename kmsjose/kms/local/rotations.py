"""The rotation of key material, which symmetric encryption keys alone have; the embedded KMS never rotates any."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Final

from .keys import KeyRecord
from .paging import page
from .refusals import unsupported
from .region import DYING, Region
from .requests import Request

_YEAR: Final = 365


def enable_key_rotation(region: Region, request: Request) -> Mapping[str, object]:
    """EnableKeyRotation: of symmetric encryption keys alone."""
    return _switch(region, request, int(request.number("RotationPeriodInDays", _YEAR)))


def disable_key_rotation(region: Region, request: Request) -> Mapping[str, object]:
    """DisableKeyRotation: of symmetric encryption keys alone."""
    return _switch(region, request, None)


def get_key_rotation_status(region: Region, request: Request) -> Mapping[str, object]:
    """GetKeyRotationStatus: asymmetric keys answer that they have none."""
    record = region.key(request.text("KeyId"))
    _refuse_imported(record)
    rotates = record.rotation is not None and record.state(region.clock()) not in DYING
    status: dict[str, object] = {"KeyId": record.id, "KeyRotationEnabled": rotates}
    if record.rotation is not None:
        status["RotationPeriodInDays"] = record.rotation
    return status


def list_key_rotations(region: Region, request: Request) -> Mapping[str, object]:
    """ListKeyRotations: of symmetric encryption keys alone, and never more than the first material."""
    record = region.key(request.text("KeyId"))
    _refuse_kind(record, request)
    whole = request.text("IncludeKeyMaterial", "ROTATIONS_ONLY") == "ALL_KEY_MATERIAL"
    materials = [material_id(record)] if whole and record.has_material(region.clock()) else []
    shown, following = page(request, materials, 100)
    entries = [{"KeyId": record.arn, "KeyMaterialId": name, "KeyMaterialState": "CURRENT"} for name in shown]
    return {"Rotations": entries, **following}


def material_id(record: KeyRecord) -> str:
    """What the current material of a symmetric encryption key is known by."""
    return sha256(f"{record.id} 1".encode()).hexdigest()


def _switch(region: Region, request: Request, days: int | None) -> Mapping[str, object]:
    with region.store.changing():
        record = region.key(request.text("KeyId"))
        _refuse_imported(record)
        _refuse_kind(record, request)
        region.refuse_states(record, "Disabled", *DYING)
        region.store.save_record(replace(record, rotation=days))
    return {}


def _refuse_kind(record: KeyRecord, request: Request) -> None:
    if record.facts.kind != "symmetric":
        raise unsupported(f"{record.arn} key spec is {record.spec} which is not valid for {request.operation}.")


def _refuse_imported(record: KeyRecord) -> None:
    if record.origin != "AWS_KMS":
        raise unsupported(f"{record.arn} origin is {record.origin} which is not valid for this operation.")
