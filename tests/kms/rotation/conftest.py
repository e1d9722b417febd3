"""An issuer whose key is rotated, with a KMS whose time the test tells."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from kmsjose import KeySet, jwt, kms
from kmsjose.errors import RotationError
from kmsjose.kms import rotation
from kmsjose.kms.local import Faults, attach

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass
class Clock:
    now: float = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now

    def advance(self, span: timedelta) -> None:
        self.now += span.total_seconds()


@dataclass
class Issuer:
    """The KMS, the clock, what goes wrong, and what is published."""

    client: Any
    clock: Clock
    faults: Faults
    published: KeySet = field(default_factory=lambda: KeySet([]))
    name: str = "issuer"

    def publish(self) -> KeySet:
        names = {*rotation.names(self.client), self.name}
        self.published = rotation.keys_to_publish(self.client, names, self.published)
        return self.published

    def read(self) -> rotation.Rotation:
        return rotation.read(self.client, self.name)

    def stages(self) -> list[str]:
        return [key.stage.value for key in self.read().keys]

    def token(self) -> str:
        return jwt.sign({"sub": "alice"}, kms.open_tagged(self.client, f"alias/{self.name}"))

    def start(self) -> rotation.RotationKey:
        """A first key that signs and is published."""
        rotation.stage(self.client, self.name, "ES256")
        key = rotation.promote_unseen(self.client, self.name)
        self.publish()
        self.clock.advance(timedelta(minutes=1))
        return key

    def promote(self, cache_time: timedelta = HOUR) -> rotation.RotationKey:
        """See the staged key published, let the caches pass, and promote it."""
        published = self.publish()
        with pytest.raises(RotationError) as caught:
            rotation.promote(self.client, self.name, published, cache_time)
        assert caught.value.code == "not-due"
        self.clock.advance(cache_time + timedelta(seconds=1))
        return rotation.promote(self.client, self.name, published, cache_time)

    def living(self) -> list[str]:
        """The ARNs of all keys of the account that do not wait for their deletion."""
        return [info.arn for info in kms.list_keys(self.client) if info.state != "PendingDeletion"]


@pytest.fixture
def issuer() -> Issuer:
    faults, clock = Faults(), Clock()
    client = kms.connect(local=":memory:", max_attempts=1)
    attach(client, ":memory:", faults=faults, clock=clock)
    return Issuer(client, clock, faults)


@pytest.fixture
def not_yet(refused: Callable[..., Any]) -> Callable[[str], Any]:
    """``with not_yet(code):`` states that a step can't be done now."""
    return lambda code: refused(code, RotationError)
