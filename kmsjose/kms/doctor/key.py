"""The key itself: what it is, in which state, and for how long."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from ...errors import KMSError
from ..calls import call, pages
from ..description import date_of, info_of
from .case import Case, Finding, failed, failed_by, ok, skipped, warning
from .clock import listen

_SOON: Final = timedelta(days=30)
_OLD: Final = timedelta(days=365)
_NOT_DESCRIBED: Final = skipped("the key may not be described")

_KEEP: Final = "keep it while there is time: `kmsjose key undelete {arn}`, then `kmsjose key enable {arn}`"

#: KeyState to what to do about it.
_STATES: Final[Mapping[str, str]] = {
    "Disabled": "`kmsjose key enable {arn}`, or sign with the key that replaced it",
    "PendingDeletion": _KEEP,
    "PendingReplicaDeletion": _KEEP,
    "PendingImport": "import its key material, again if that has expired",
    "Creating": "wait: it is being made",
    "Updating": "wait: its primary region is being changed",
}


def key(case: Case) -> Finding:
    """Whether KMS knows the key, and which one that is."""
    try:
        answer = call(case.client, "DescribeKey", KeyId=case.key)
        listen(case, answer)
        arn = info_of(answer).arn
    except KMSError as error:
        listen(case, error)
        if error.code == "access-denied":
            return skipped("the caller may not describe the key, which a signer need not")
        return failed_by(error)
    metadata = answer["KeyMetadata"]
    case.metadata = metadata if isinstance(metadata, Mapping) else None
    return ok(arn)


def state(case: Case) -> Finding:
    """Whether the key may be used now."""
    if case.metadata is None:
        return _NOT_DESCRIBED
    name = str(case.metadata.get("KeyState"))
    if name == "Enabled":
        return ok(f"enabled{_regions(case.metadata)}")
    deletion = date_of(case.metadata.get("DeletionDate"))
    when = "" if deletion is None else f", and is gone after {deletion.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    advice = _STATES.get(name, "see what AWS says of this state").format(arn=case.metadata["Arn"])
    return failed(f"the key is {name}{when}", advice)


def material(case: Case) -> Finding:
    """Where the private key comes from, and whether it stays."""
    if case.metadata is None:
        return _NOT_DESCRIBED
    origin = str(case.metadata.get("Origin") or "AWS_KMS")
    expires = date_of(case.metadata.get("ValidTo"))
    if expires is None:
        return ok("made by KMS" if origin == "AWS_KMS" else f"of origin {origin}, without an end")
    what = f"imported, and gone after {expires.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    if expires - _now(case) < _SOON:
        return warning(what, "import it again before that, with a later end, or rotate")
    return ok(what)


def names(case: Case) -> Finding:
    """By which aliases the key is known, and how old it is."""
    if case.metadata is None:
        return _NOT_DESCRIBED
    try:
        found = [
            str(entry["AliasName"])
            for entry in pages(case.client, "ListAliases", "Aliases", KeyId=case.metadata["Arn"])
        ]
    except KMSError as error:
        return skipped(f"the aliases were not listed: {error.message}")
    what = f"known as {', '.join(sorted(found))}" if found else "known by no alias"
    created = date_of(case.metadata.get("CreationDate"))
    if created is None:
        return ok(what)
    what += f", made on {created.astimezone(UTC):%Y-%m-%d}"
    if _now(case) - created > _OLD:
        return warning(f"{what}, over a year ago", "KMS does not rotate signing keys by itself: plan a new key")
    if not found:
        return warning(
            what, "give it an alias, so that services need not change when the key does: `kmsjose key alias`"
        )
    return ok(what)


def _regions(metadata: Mapping[str, object]) -> str:
    configuration = metadata.get("MultiRegionConfiguration")
    if not isinstance(configuration, Mapping):
        return ""
    primary, replicas = configuration.get("PrimaryKey"), configuration.get("ReplicaKeys")
    places = [str(entry.get("Region")) for entry in replicas or [] if isinstance(entry, Mapping)]
    of = f", primary in {primary.get('Region')}" if isinstance(primary, Mapping) else ""
    return f"; multi-Region{of}, replicas in {', '.join(places) if places else 'no other region'}"


def _now(case: Case) -> datetime:
    return datetime.fromtimestamp(case.clock(), UTC)
