"""The use of a key: what it needs, and GetKeyLastUsage with the record of the last one."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Final

from .keys import KeyRecord, Usage
from .refusals import Refusal, damaged, unless_read_only
from .region import Region
from .requests import Request
from .specs import Material

#: A use is recorded if the last one on record is this many seconds away: a file need not be written for each signature.
_RESOLUTION: Final = 1.0


def get_key_last_usage(region: Region, request: Request) -> Mapping[str, object]:
    """GetKeyLastUsage: when a key last signed or verified; its tracking begins with the key."""
    record = region.key(request.text("KeyId"))
    usage = region.store.usage(record.id)
    return {
        "KeyId": record.id,
        "KeyLastUsage": {} if usage is None else _told(usage),
        "TrackingStartDate": record.created,
        "KeyCreationDate": record.created,
    }


def note_usage(region: Region, record: KeyRecord, request: Request) -> None:
    """Remember that a key was used now, by a request; where nothing can be written it is not."""
    if _is_new(region, record):
        with unless_read_only(), region.store.changing():
            if _is_new(region, record):  # Somebody else may have written meanwhile.
                usage = Usage(request.operation, region.clock(), str(uuid.uuid4()), request.id)
                region.store.save_usage(record.id, usage)


def refuse_usage(record: KeyRecord, request: Request, usage: str) -> None:
    """Raise what AWS says of a key that is not for an operation.

    Raises:
        Refusal: ``InvalidKeyUsageException``.
    """
    if record.usage != usage:
        text = f"{record.arn} key usage is {record.usage} which is not valid for {request.operation}."
        raise Refusal("InvalidKeyUsageException", text)


def refuse_dry_run(request: Request) -> None:
    """Raise what AWS says when everything but the deed was done.

    Raises:
        Refusal: ``DryRunOperationException``.
    """
    if request.flag("DryRun"):
        raise Refusal("DryRunOperationException", "The request would have succeeded, but the DryRun option is set.")


def material_of(region: Region, record: KeyRecord) -> Material:
    """The material of a key that has some.

    Raises:
        Refusal: ``KMSInvalidStateException``: it is missing.
    """
    key = region.store.material(record)
    if key is None:
        raise damaged(f"the key {record.arn}", "its private key is missing; restore it, or move the key away")
    return key


def _told(usage: Usage) -> Mapping[str, object]:
    ids = {"CloudTrailEventId": usage.event, "KmsRequestId": usage.request}
    return {
        "Operation": usage.operation,
        "Timestamp": usage.time,
        **{name: value for name, value in ids.items() if value},
    }


def _is_new(region: Region, record: KeyRecord) -> bool:
    last = region.store.usage(record.id)
    return last is None or abs(region.clock() - last.time) >= _RESOLUTION
