"""GetKeyLastUsage, and the record of when a key was last used that it answers from."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Final

from .keys import KeyRecord, Usage
from .region import Region
from .requests import Request

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
    """Remember that a key was used now, by a request."""
    if _is_new(region, record):
        with region.store.changing():
            if _is_new(region, record):  # Somebody else may have written meanwhile.
                usage = Usage(request.operation, region.clock(), str(uuid.uuid4()), request.id)
                region.store.save_usage(record.id, usage)


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
