"""The states that a key of a rotation can be in, each made as the steps of a rotation or somebody's hand leave it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from kmsjose import KeySet, kms
from kmsjose.kms.local.files import MemoryFiles
from kmsjose.kms.rotation.clock import Clock, kms_clock, written
from kmsjose.kms.rotation.records import digest, kid_alias
from kmsjose.kms.rotation.settle import enlist

DAY = timedelta(days=1)
NAME = "issuer"


class Snapshots(MemoryFiles):
    """Files in memory that can be put back as they were."""

    def take(self) -> Mapping[str, tuple[int, bytes]]:
        return dict(self._contents)

    def put_back(self, taken: Mapping[str, tuple[int, bytes]]) -> None:
        self._contents = dict(taken)


class Made:
    """A key that a test has made: its ARN, its id and its public key."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.arn = kms.create_key(client, "ES256")
        self.id = self.arn.rpartition("/")[2]
        self.public_key = kms.KMSSigner.open(client, self.arn).public_key
        self.kid = self.public_key.kid

    @property
    def clock(self) -> Clock:
        return kms_clock(self.client)

    def join(self) -> None:
        """What `stage` leaves."""
        enlist(self.client, NAME, self.arn)
        kms.set_alias(self.client, self.arn, kid_alias(NAME, digest(self.kid)))
        self.tag(rotation=NAME, kid=self.kid)

    def tag(self, **tags: str) -> None:
        entries = [{"TagKey": f"kmsjose:{name.replace('_', '-')}", "TagValue": value} for name, value in tags.items()]
        self.client.tag_resource(KeyId=self.arn, Tags=entries)

    def untag(self, *names: str) -> None:
        self.client.untag_resource(KeyId=self.arn, TagKeys=[f"kmsjose:{name}" for name in names])

    def unname(self, *kinds: str) -> None:
        """Remove aliases: ``member`` is that by which it belongs to the rotation, ``kid`` the record of its kid."""
        names = {"member": f"{NAME}/key/{self.id}", "kid": kid_alias(NAME, digest(self.kid)).removeprefix("alias/")}
        for kind in kinds:
            kms.delete_alias(self.client, names[kind])

    # What the steps leave.

    def stage(self) -> None:
        self.join()

    def activate(self) -> None:
        self.join()
        self.tag(promoted=self.time(-2))
        kms.set_alias(self.client, self.arn, NAME)

    def replace(self) -> None:
        self.join()
        self.tag(promoted=self.time(-3), replaced=self.time(-1))

    def retire(self) -> None:
        self.replace()
        self.tag(published_until=self.time(1), token_lifetime="86400")

    def disable(self) -> None:
        self.replace()
        self.tag(published_until=self.time(-0.5), token_lifetime="3600", disabled=self.time(0))
        kms.disable_key(self.client, self.arn)

    def drop(self) -> None:
        self.disable()
        kms.schedule_deletion(self.client, self.arn)

    def time(self, days: float) -> str:
        return written(self.clock.now() + timedelta(days=days))


def _after(before: Callable[[Made], None], *changes: Callable[[Made], object]) -> Callable[[Made], None]:
    def make(key: Made) -> None:
        before(key)
        for change in changes:
            change(key)

    return make


def _schedule(key: Made) -> None:
    kms.schedule_deletion(key.client, key.arn, 7)


def _switch_off(key: Made) -> None:
    kms.disable_key(key.client, key.arn)


#: Of each state, how a key comes into it. A deleted key is one that waits for its deletion, until the clock goes on.
STATES: Mapping[str, Callable[[Made], None]] = {
    "staged": Made.stage,
    "staged, disabled": _after(Made.stage, _switch_off),
    "active": Made.activate,
    "active, disabled": _after(Made.activate, _switch_off),
    "active, pending deletion": _after(Made.activate, _schedule),
    "active, by its alias alone": lambda key: kms.set_alias(key.client, key.arn, NAME),
    "active, no tags": _after(Made.activate, lambda key: key.untag("kid", "rotation", "promoted")),
    "replaced": Made.replace,
    "replaced, disabled": _after(Made.replace, _switch_off),
    "replaced, pending deletion": _after(Made.replace, _schedule),
    "retired": Made.retire,
    "disabled": Made.disable,
    "pending deletion": Made.drop,
    "deleted": Made.drop,
    "missing member alias": _after(Made.replace, lambda key: key.unname("member")),
    "missing kid alias": _after(Made.replace, lambda key: key.unname("kid")),
    "missing aliases": _after(Made.replace, lambda key: key.unname("member", "kid")),
    "missing aliases, disabled": _after(Made.replace, lambda key: key.unname("member", "kid"), _switch_off),
    "missing kid": _after(Made.replace, lambda key: key.untag("kid")),
    "missing kid, disabled": _after(Made.replace, lambda key: key.untag("kid"), _switch_off),
    "missing tags": _after(Made.replace, lambda key: key.untag("kid", "rotation", "promoted", "replaced")),
    "missing tags and kid alias": _after(
        Made.replace, lambda key: key.untag("kid", "rotation", "promoted", "replaced"), lambda key: key.unname("kid")
    ),
    "changed kid": _after(Made.replace, lambda key: key.tag(kid="another")),
    "changed kid, disabled": _after(Made.replace, lambda key: key.tag(kid="another"), _switch_off),
    "changed time": _after(Made.replace, lambda key: key.tag(replaced="yesterday")),
    "changed lifetime": _after(Made.retire, lambda key: key.tag(token_lifetime="-5")),
}
#: Of a rotation, one key at most.
ACTIVE = frozenset(state for state in STATES if state.startswith("active"))


def published(*keys: Made) -> KeySet:
    return KeySet([key.public_key for key in keys])
