"""One region of the embedded KMS: its names, its clock, and how a KeyId leads to a key."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from . import related
from .keys import Alias, KeyRecord
from .refusals import Refusal, not_found
from .store import Store

#: The account that owns every key.
ACCOUNT: Final = "111122223333"
#: The states of a key that is to be deleted: few operations take it.
DYING: Final = ("PendingDeletion", "PendingReplicaDeletion")
_KEY_ID: Final = re.compile(r"mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_ARN: Final = re.compile(r"arn:([a-z-]+):kms:([a-z0-9-]+):(\d{12}):(key|alias)/([a-zA-Z0-9/_-]+)")

#: What AWS says about a key in a state that an operation can't have.
_IN_STATE: Final[Mapping[str, tuple[str, str]]] = {
    "Disabled": ("DisabledException", "is disabled."),
    "PendingDeletion": ("KMSInvalidStateException", "is pending deletion."),
    "PendingReplicaDeletion": ("KMSInvalidStateException", "is pending replica deletion."),
    "PendingImport": ("KMSInvalidStateException", "is pending import."),
}


@dataclass(frozen=True, slots=True)
class Region:
    """One region.

    Attributes:
        name: For example ``eu-west-1``.
        partition: ``aws``, ``aws-cn``, ``aws-us-gov`` and the like.
        store: What is kept.
        clock: Seconds since 1970.
    """

    name: str
    partition: str
    store: Store
    clock: Callable[[], float]

    def arn(self, resource: str) -> str:
        """The ARN of ``key/…`` or ``alias/…`` here."""
        return f"arn:{self.partition}:kms:{self.name}:{ACCOUNT}:{resource}"

    def key(self, identifier: str) -> KeyRecord:
        """The key that a key id or key ARN names.

        Raises:
            Refusal: ``NotFoundException``, ``InvalidArnException``, ``AccessDeniedException``.
        """
        resource = self._resource(identifier)
        if resource.startswith("alias/"):
            if identifier.startswith("arn:"):
                raise Refusal("InvalidArnException", f"{identifier} is not the ARN of a key")
            raise not_found(f"Invalid keyId '{identifier}'")
        return self._by_id(resource.removeprefix("key/"))

    def key_or_alias(self, identifier: str) -> KeyRecord:
        """The key that a key id, key ARN, alias name or alias ARN names.

        Raises:
            Refusal: As `key`.
        """
        resource = self._resource(identifier)
        if resource.startswith("alias/"):
            return self._by_id(self.alias(resource).target)
        return self._by_id(resource.removeprefix("key/"))

    def alias(self, name: str) -> Alias:
        """What an alias stands for.

        Raises:
            Refusal: ``NotFoundException``, also if its key is gone.
        """
        alias = self.store.aliases().get(name)
        if alias is None or self.living(alias.target) is None:
            raise not_found(f"Alias {self.arn(name)} is not found.")
        return alias

    def living(self, key_id: str) -> KeyRecord | None:
        """The record of a key whose deletion date has not passed, or None."""
        record = self.store.record(key_id)
        if record is None:
            return None
        record = related.settled(self.store, record, self.clock())
        return None if record.gone(self.clock()) else record

    def beside(self, name: str) -> Region:
        """Another region in the same place."""
        return Region(name, self.partition, self.store.of(name), self.clock)

    def sweep(self) -> None:
        """Remove what is past its time; the record of a replica stays as long as its primary waits for that."""
        self.store.sweep(self.clock(), self._gone_for_good)

    def _gone_for_good(self, key_id: str) -> bool:
        try:
            record = self.store.record(key_id)
            if record is None or self.living(key_id) is not None:
                return False
            return not related.awaited(self.store, record, self.clock())
        except Refusal:
            return False  # Whoever uses the key is told; nobody else needs to stop for it.

    def refuse_states(self, record: KeyRecord, *states: str) -> None:
        """Raise what AWS says of a key that is in one of some states.

        Raises:
            Refusal: ``DisabledException`` or ``KMSInvalidStateException``.
        """
        state = record.state(self.clock())
        if state in states:
            code, text = _IN_STATE[state]
            raise Refusal(code, f"{record.arn} {text}")

    def refuse_unusable(self, record: KeyRecord) -> None:
        """Raise what AWS says of a key that can't be used now.

        Raises:
            Refusal: As `refuse_states`.
        """
        self.refuse_states(record, *_IN_STATE)

    def _by_id(self, key_id: str) -> KeyRecord:
        record = self.living(key_id)
        if record is None:
            raise not_found(f"Key '{self.arn('key/' + key_id)}' does not exist")
        return record

    def _resource(self, identifier: str) -> str:
        """``key/…`` or ``alias/…`` of this region."""
        if identifier.startswith("alias/"):
            return identifier
        if not identifier.startswith("arn:"):
            if _KEY_ID.fullmatch(identifier) is None:
                raise not_found(f"Invalid keyId '{identifier}'")
            return "key/" + identifier
        parts = _ARN.fullmatch(identifier)
        if parts is None:
            raise Refusal("InvalidArnException", f"Invalid arn {identifier}")
        partition, region, account, kind, name = parts.groups()
        if (partition, region) != (self.partition, self.name):
            raise not_found(f"Invalid arn {region}")
        if account != ACCOUNT:
            raise Refusal(
                "AccessDeniedException",
                f"User: {self._user()} is not authorized to perform this operation on this resource because the "
                "resource does not exist in this Region, no resource-based policies allow access, or a "
                "resource-based policy explicitly denies access",
            )
        if kind == "key" and _KEY_ID.fullmatch(name) is None:
            raise not_found(f"Invalid keyId '{name}'")
        return f"{kind}/{name}"

    def _user(self) -> str:
        return f"arn:{self.partition}:iam::{ACCOUNT}:root"
