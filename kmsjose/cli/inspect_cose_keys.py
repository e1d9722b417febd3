"""What a COSE_Key or COSE_KeySet holds; what is private in it is never shown."""

from __future__ import annotations

from collections.abc import Callable

from ..algorithms import TABLE
from ..encoding import b64url_encode
from ..errors import InputError
from ..keys.cose_key import KID, KTY, SYMMETRIC, all_from_cose_key, entries_of_keyset, read_cose_key
from ..keys.kids import kid_of_text
from ..words import counted
from .cbor_item import Item, plain_map
from .cose_shapes import KEY, annotate, holds_private, is_key
from .inspect_keys import HOLDS_PRIVATE
from .item_json import as_json
from .lenient import Reading
from .lenient_cbor import Budget


def of_key(data: bytes, root: Item, key: Item, now: float, budget: Budget) -> Reading:
    """What a COSE_Key holds.

    Args:
        data: The key, with the tags before it and what stands behind.
        root: All of that, as it was read.
        key: The key alone.
        now: The time to tell others by.
        budget: That of the input.
    """
    annotate(key, KEY, now, budget)
    reading = Reading("COSE_Key", decoded={"key": as_json(key)})
    _add_refusal(reading, root, lambda: read_cose_key(data))
    _add(reading, key, "")
    return reading


def of_keyset(data: bytes, root: Item, keyset: Item, now: float, budget: Budget) -> Reading:
    """What a COSE_KeySet holds; the arguments are those of `of_key`."""
    reading = Reading(f"COSE_KeySet, {counted(len(keyset.items), 'key')}")
    _add_refusal(reading, root, lambda: entries_of_keyset(data))
    kids = []
    for position, key in enumerate(keyset.items, 1):
        name = f"key {position}"
        annotate(key, KEY, now, budget)
        reading.decoded[name] = as_json(key)
        if is_key(key):
            _add(reading, key, name)
            kids.append(plain_map(key).get(KID))
        else:
            reading.odd.append(f"{name}: it is no map that names a key type")
    for kid in sorted({kid for kid in kids if isinstance(kid, bytes) and kids.count(kid) > 1}):
        reading.odd.append(f"kid {kid[:64].decode('utf-8', 'replace')!r} stands more than once")
    return reading


def _add_refusal(reading: Reading, root: Item, check: Callable[[], object]) -> None:
    if not root.whole:
        # What is amiss is told already.
        return
    try:
        check()
    except InputError as error:
        reading.odd.append(f"form: {error.message}")


def _add(reading: Reading, item: Item, name: str) -> None:
    prefix = f"{name}: " if name else ""
    if holds_private(item):
        reading.odd.append(prefix + HOLDS_PRIVATE)
    # What is private is not in this.
    key = plain_map(item)
    if key.get(KTY) == SYMMETRIC:
        reading.odd.append(f"{prefix}it is a symmetric key, which is of no use here")
        return
    try:
        keys = all_from_cose_key(key, [row.name for row in TABLE])
    except InputError as error:
        reading.odd.append(prefix + error.message)
        return
    thumbprint = keys[0].thumbprint()
    of_name = f" of {name}" if name else ""
    reading.parts[f"thumbprint{of_name}"] = thumbprint
    reading.parts[f"COSE thumbprint{of_name}"] = b64url_encode(keys[0].cose_thumbprint()).decode()
    if len(keys) > 1:
        reading.odd.append(f"{prefix}it names no alg, so a verifier must be told which of the RSA algorithms it is for")
    if KID not in key:
        reading.odd.append(f"{prefix}it has no kid")
    elif key[KID] != kid_of_text(thumbprint):
        reading.odd.append(f"{prefix}its kid is not its RFC 7638 thumbprint, which is no fault")
