"""Related multi-Region keys: those of one id in the regions of one place.

Which of them there are, and which is the primary, is read from their records and kept nowhere else, so that no kill
between two writes can leave them at odds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .keys import KeyRecord
from .store import Store

#: Seconds of a day.
DAY: Final = 86_400


def related(store: Store, record: KeyRecord, now: float) -> Mapping[str, KeyRecord]:
    """The living keys of a multi-Region key's id by their regions, itself among them; of another key nothing."""
    return {name: key for name, key in _recorded(store, record).items() if not settled(store, key, now).gone(now)}


def primary_of(keys: Mapping[str, KeyRecord]) -> str:
    """The region of the primary among related keys."""
    return max(keys, key=lambda name: keys[name].promoted)


def has_replicas(store: Store, record: KeyRecord, now: float) -> bool:
    """Whether a key is a primary of which replicas live."""
    keys = related(store, record, now)
    return len(keys) > 1 and keys[primary_of(keys)].arn == record.arn


def settled(store: Store, record: KeyRecord, now: float) -> KeyRecord:
    """The same key, with the date of its deletion if it waited for replicas and they are gone."""
    if record.window is None or record.deletion is not None:
        return record
    replicas = [key for key in _recorded(store, record).values() if key.arn != record.arn]
    if not all(replica.gone(now) for replica in replicas):
        return record
    last = max((replica.deletion for replica in replicas if replica.deletion is not None), default=now)
    return record.to_be_deleted(last + record.window * DAY)


def awaited(store: Store, record: KeyRecord, now: float) -> bool:
    """Whether the date of a key that is gone still counts, for its primary waits from then on."""
    return any(
        key.window is not None and key.arn != record.arn and not settled(store, key, now).gone(now)
        for key in _recorded(store, record).values()
    )


def _recorded(store: Store, record: KeyRecord) -> dict[str, KeyRecord]:
    if not record.multi_region:
        return {}
    found = {name: other.record(record.id) for name, other in store.beside().items()}
    return {name: key for name, key in found.items() if key is not None}
