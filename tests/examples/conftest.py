"""The examples of the guide, loaded as they stand, on an embedded KMS with a rotation of their own."""

from __future__ import annotations

import importlib
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from kmsjose import KeySet, KMSSigner, kms
from kmsjose.encoding import b64url_decode, json_object
from kmsjose.kms import rotation
from kmsjose.kms.local import Faults
from kmsjose.publishing.folder import exclusive, write_tree
from kmsjose.publishing.published import published_keys
from kmsjose.publishing.tree import JWKS, tree

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"
#: What would tell an outsider of the inside.
INSIDE = ("arn:", "kms", "denied", "disabled", "111122223333", "eu-west-1", "not authorized", "traceback", "request")


def framework(name: str) -> ModuleType:
    """A framework, without which a test is skipped, but in CI."""
    return importlib.import_module(name) if os.environ.get("CI") else pytest.importorskip(name)


def tells_nothing(text: str) -> bool:
    """Whether an answer to an outsider is free of what only the inside may know."""
    return not any(word in text.lower() for word in INSIDE)


def tampered(token: str) -> str:
    """The token with other claims."""
    header, payload, signature = token.split(".")
    return f"{header}.{payload[:-8]}{'AAAAAAAA' if payload[-8:] != 'AAAAAAAA' else 'BBBBBBBB'}.{signature}"


def kid(token: str) -> str:
    """By which key a token says that it was signed."""
    return str(json_object(b64url_decode(token.partition(".")[0].encode()))["kid"])


@dataclass(frozen=True)
class World:
    """What is around an example: whoever rotates and publishes the keys, and a KMS that can be made to fail."""

    keys: Path
    site: Path
    client: Any
    faults: Faults

    @property
    def jwks(self) -> Path:
        """The file of the published keys."""
        return self.site / JWKS

    @property
    def published(self) -> KeySet:
        return published_keys(self.site)

    @property
    def signer(self) -> KMSSigner:
        """A signer of the key that the alias stands for."""
        return KMSSigner.open(self.client, "alias/issuer")

    def publish(self) -> None:
        with exclusive(self.site):
            write_tree(self.site, tree(rotation.keys_to_publish(self.client, ["issuer"], self.published)))

    def rotate(self) -> None:
        """A new key takes the place of the one before, without the waits of a real rotation."""
        rotation.stage(self.client, "issuer", "ES256")
        self.publish()
        rotation.promote_unseen(self.client, "issuer")
        rotation.retire(self.client, "issuer")
        self.publish()

    def forbid(self, operation: str | None = None) -> None:
        """Let the KMS of the example refuse an operation from now on, or each."""
        told = "User arn:aws:iam::111122223333:user/x is not authorized"
        self.faults.error("AccessDeniedException", operation, message=told)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    keys, faults = tmp_path / "keys", Faults()
    world = World(keys, tmp_path / "site", kms.connect(local=keys), faults)
    world.rotate()
    monkeypatch.setattr(kms, "connect", partial(kms.connect, faults=faults))
    monkeypatch.setenv("KMSJOSE_LOCAL", str(keys))
    monkeypatch.setenv("SIGNING_KEY", "alias/issuer")
    monkeypatch.setenv("JWKS_FILE", str(world.jwks))
    monkeypatch.setenv("ISSUER", "https://issuer.example")
    monkeypatch.setenv("AUDIENCE", "https://api.example")
    return world


@pytest.fixture
def ten_minutes_pass(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """A function: what an example looked up before is ten minutes old, as after a sleep; tokens age no further."""
    later = SimpleNamespace(monotonic=time.monotonic, time=lambda: time.time() + 600)

    def pass_by() -> None:
        for module in ("kmsjose.kms.following", "kmsjose.keys.moment"):
            monkeypatch.setattr(f"{module}.time", later)

    return pass_by


@pytest.fixture
def load(world: World, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], ModuleType]:
    """A function: the name of an example -> its module, as a new process has it."""

    def load_one(name: str) -> ModuleType:
        spec = spec_from_file_location(name, EXAMPLES / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        module = module_from_spec(spec)
        monkeypatch.setitem(sys.modules, name, module)
        spec.loader.exec_module(module)
        return module

    return load_one
