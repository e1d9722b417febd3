"""GenerateMac and VerifyMac, of HMAC keys: what no signature of this package is ever made by."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from hashlib import sha224, sha256, sha384, sha512
from typing import Final

from .keys import KeyRecord
from .refusals import Refusal, damaged
from .region import Region
from .requests import Request
from .specs import Secret
from .usage import material_of, note_usage, refuse_dry_run, refuse_usage

_HASHES: Final = {"HMAC_SHA_224": sha224, "HMAC_SHA_256": sha256, "HMAC_SHA_384": sha384, "HMAC_SHA_512": sha512}


def generate_mac(region: Region, request: Request) -> Mapping[str, object]:
    """GenerateMac."""
    record, mac = _mac(region, request)
    refuse_dry_run(request)
    note_usage(region, record, request)
    return {"KeyId": record.arn, "Mac": mac, "MacAlgorithm": request.text("MacAlgorithm")}


def verify_mac(region: Region, request: Request) -> Mapping[str, object]:
    """VerifyMac: an answer means yes, a MAC that is wrong is an error."""
    record, mac = _mac(region, request)
    refuse_dry_run(request)
    if not hmac.compare_digest(mac, request.blob("Mac")):
        raise Refusal("KMSInvalidMacException")
    note_usage(region, record, request)
    return {"KeyId": record.arn, "MacValid": True, "MacAlgorithm": request.text("MacAlgorithm")}


def _mac(region: Region, request: Request) -> tuple[KeyRecord, bytes]:
    record = region.key_or_alias(request.text("KeyId"))
    region.refuse_unusable(record)
    refuse_usage(record, request, "GENERATE_VERIFY_MAC")
    algorithm = request.text("MacAlgorithm")
    if algorithm not in record.algorithms:
        raise Refusal("InvalidKeyUsageException", f"Algorithm {algorithm} is incompatible with key spec {record.spec}.")
    key = material_of(region, record)
    if not isinstance(key, Secret):
        raise damaged(f"the key {record.arn}", "its material is no HMAC key")
    return record, hmac.digest(key.content, request.blob("Message"), _HASHES[algorithm])
