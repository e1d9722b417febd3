"""The examples of the guide, loaded as they stand, on an embedded KMS with a key of their own."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

from kmsjose import KMSSigner, kms
from kmsjose.kms.local import Faults, attach

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


@dataclass(frozen=True)
class World:
    """What is around an example: its key, its settings, and a KMS that can be made to fail."""

    folder: Path
    signer: KMSSigner

    def fail(self, client: object) -> None:
        """Let the KMS of a client refuse every call from now on."""
        faults = Faults()
        faults.error("AccessDeniedException", message="User arn:aws:iam::111122223333:user/x is not authorized")
        attach(client, self.folder, faults=faults)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    folder = tmp_path / "keys"
    client = kms.connect(local=folder)
    arn = kms.create_key(client, "ES256", alias="issuer")
    monkeypatch.setenv("KMSJOSE_LOCAL", str(folder))
    monkeypatch.setenv("SIGNING_KEY", "alias/issuer")
    monkeypatch.setenv("ISSUER", "https://issuer.example")
    monkeypatch.setenv("AUDIENCE", "https://api.example")
    return World(folder, KMSSigner.open(client, arn))


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
