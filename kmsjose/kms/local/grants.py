"""CreateGrant, ListGrants, ListRetirableGrants, RetireGrant and RevokeGrant: grants are kept, but never applied."""

from __future__ import annotations

import json
import re
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Final

from .grantable import check_grant
from .keys import Grant, KeyRecord
from .paging import page
from .refusals import Refusal, invalid, not_found
from .region import ACCOUNT, Region
from .requests import Request
from .usage import refuse_dry_run

_ID: Final = re.compile(r"[0-9a-f]{64}")
_GIVEN: Final = (
    "GranteePrincipal", "GranteeServicePrincipal", "RetiringPrincipal", "RetiringServicePrincipal",
    "Operations", "Constraints", "Name",
)  # fmt: skip
_MOST, _DEFAULT = 100, 50


def create_grant(region: Region, request: Request) -> Mapping[str, object]:
    """CreateGrant: one of the same name and content is not made twice."""
    with region.store.changing():
        record = region.key(request.text("KeyId"))
        region.refuse_unusable(record)
        check_grant(record, request)
        refuse_dry_run(request)
        given = {name: request.members[name] for name in _GIVEN if request.has(name)}
        grants = region.store.grants(record.id)
        grant = next((known for known in grants if "Name" in given and known.given == given), None)
        if grant is None:
            grant = Grant(secrets.token_hex(32), region.clock(), given)
            region.store.save_grants(record.id, [*grants, grant])
    return {"GrantId": grant.id, "GrantToken": _token(record, grant)}


def list_grants(region: Region, request: Request) -> Mapping[str, object]:
    """ListGrants: of one key."""
    record = region.key(request.text("KeyId"))
    wanted = request.text("GrantId") if request.has("GrantId") else None
    grants = [
        (record, grant)
        for grant in region.store.grants(record.id)
        if wanted in (None, grant.id) and _agrees(grant, request, "GranteePrincipal", "GranteeServicePrincipal")
    ]
    return _listing(region, request, grants)


def list_retirable_grants(region: Region, request: Request) -> Mapping[str, object]:
    """ListRetirableGrants: of all keys, those that one principal may retire."""
    if request.has("RetiringPrincipal") == request.has("RetiringServicePrincipal"):
        raise invalid("You must specify either RetiringPrincipal or RetiringServicePrincipal, but not both.")
    living = filter(None, map(region.living, region.store.key_ids()))
    grants = [
        (record, grant)
        for record in living
        for grant in region.store.grants(record.id)
        if _agrees(grant, request, "RetiringPrincipal", "RetiringServicePrincipal")
    ]
    return _listing(region, request, grants)


def revoke_grant(region: Region, request: Request) -> Mapping[str, object]:
    """RevokeGrant: by the id of the key and of the grant."""
    return _remove(region, request, request.text("KeyId"), request.text("GrantId"))


def retire_grant(region: Region, request: Request) -> Mapping[str, object]:
    """RetireGrant: by a token, or by the id of the key and of the grant."""
    named = request.has("KeyId") and request.has("GrantId")
    if named == request.has("GrantToken") or request.has("KeyId") != request.has("GrantId"):
        raise invalid("You must specify either a grant token, or both a key ID and a grant ID.")
    if named:
        return revoke_grant(region, request)
    return _remove(region, request, *_named_by(request.text("GrantToken")))


def refuse_junk_tokens(request: Request) -> None:
    """Refuse a request with a grant token that no CreateGrant has answered.

    One of another key or of a grant that is gone is none: it only permits nothing.

    Raises:
        Refusal: ``InvalidGrantTokenException``.
    """
    for token in request.items("GrantTokens"):
        _named_by(str(token))


def _remove(region: Region, request: Request, key: str, grant_id: str) -> Mapping[str, object]:
    with region.store.changing():
        record = region.key(key)
        if _ID.fullmatch(grant_id) is None:
            raise Refusal("InvalidGrantIdException", f"The grant ID {grant_id} is not valid.")
        grants = region.store.grants(record.id)
        left = [grant for grant in grants if grant.id != grant_id]
        if len(left) == len(grants):
            raise not_found(f"Grant ID {grant_id} not found")
        refuse_dry_run(request)
        region.store.save_grants(record.id, left)
    return {}


def _listing(region: Region, request: Request, grants: Iterable[tuple[KeyRecord, Grant]]) -> Mapping[str, object]:
    known = {f"{grant.created:020.6f} {grant.id}": (record, grant) for record, grant in grants}
    shown, following = page(request, sorted(known), _DEFAULT, most=_MOST)
    return {"Grants": [_entry(region, *known[name]) for name in shown], **following}


def _entry(region: Region, record: KeyRecord, grant: Grant) -> Mapping[str, object]:
    return {
        **grant.given,
        "KeyId": record.arn,
        "GrantId": grant.id,
        "CreationDate": grant.created,
        "IssuingAccount": f"arn:{region.partition}:iam::{ACCOUNT}:root",
    }


def _agrees(grant: Grant, request: Request, *members: str) -> bool:
    return all(grant.given.get(name) == request.text(name) for name in members if request.has(name))


def _token(record: KeyRecord, grant: Grant) -> str:
    """A token that names its grant; each differs from the one before, and all of a grant mean the same."""
    content = json.dumps([record.arn, grant.id, secrets.token_hex(16)]).encode()
    return urlsafe_b64encode(_sum(content) + content).decode()


def _named_by(token: str) -> tuple[str, str]:
    try:
        content = urlsafe_b64decode(token.encode("ascii"))
    except ValueError:
        content = b""
    size = len(_sum(b""))
    if content[:size] != _sum(content[size:]):
        raise Refusal("InvalidGrantTokenException", "The grant token is not valid.")
    arn, grant_id, _ = json.loads(content[size:])
    return arn, grant_id


def _sum(content: bytes) -> bytes:
    return sha256(b"grant of the embedded KMS of kmsjose" + content).digest()[:16]
