"""The command as a person runs it: arguments and stdin in; stdout, stderr and the exit status out."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from kmsjose import KeySet, KMSSigner, kms
from kmsjose.cli import main


@dataclass(frozen=True)
class Ran:
    """What a command did."""

    status: int
    stdout: bytes
    stderr: str

    @property
    def text(self) -> str:
        return self.stdout.decode("utf-8")

    @property
    def line(self) -> str:
        """The one line on stdout."""
        assert self.text.count("\n") == 1, self
        return self.text.removesuffix("\n")

    @property
    def json(self) -> Any:
        return json.loads(self.stdout)

    def ok(self) -> Ran:
        assert self.status == 0, self
        assert "error[" not in self.stderr
        return self

    def refused(self, status: int, code: str) -> Ran:
        """It failed so, with one line on stderr, and wrote no data."""
        assert self.status == status, self
        assert self.stdout == b""
        last = self.stderr.removesuffix("\n").split("\n")[-1]
        assert last.startswith(f"error[{code}]: "), self
        assert self.stderr.count("error[") == 1
        assert last.endswith(")")
        assert last.isprintable()
        return self


Run = Callable[..., Ran]


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No setting of the machine reaches a command."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "KMSJOSE_", "_KMSJOSE")):
            monkeypatch.delenv(name)
    nowhere = str(tmp_path_factory.getbasetemp() / "none")
    monkeypatch.setenv("AWS_CONFIG_FILE", nowhere)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", nowhere)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


class _Stdin(io.TextIOWrapper):
    """Standard input of given bytes, a pipe: it can't seek."""

    def __init__(self, data: bytes) -> None:
        raw = io.BytesIO(data)
        raw.seekable = lambda: False  # type: ignore[method-assign]
        super().__init__(raw)


@pytest.fixture
def run(capsysbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command by its own entry point."""

    def run_one(*arguments: str | Path, stdin: bytes | str = b"") -> Ran:
        data = stdin.encode() if isinstance(stdin, str) else stdin
        capsysbinary.readouterr()
        monkeypatch.setattr(sys, "stdin", _Stdin(data))
        status = main([str(argument) for argument in arguments])
        out, err = capsysbinary.readouterr()
        return Ran(status, out, err.decode("utf-8"))

    return run_one


@dataclass(frozen=True)
class Keys:
    """A folder with a key of each kind, and their public halves."""

    folder: Path
    client: Any
    arns: Mapping[str, str]
    jwks: Path


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    """Keys that no test changes: issuer (ES256), ed, rsa, and two that can't sign, disabled and dying."""
    folder = tmp_path_factory.mktemp("cli") / "keys"
    client = kms.connect(local=folder)
    algorithms = {"issuer": "ES256", "ed": "EdDSA", "rsa": "PS256", "disabled": "ES384", "dying": "ES384"}
    arns = {
        alias: kms.create_key(client, alg, alias=alias, bits=2048 if alias == "rsa" else None)
        for alias, alg in algorithms.items()
    }
    # As an RSA key that was made elsewhere, which does not remember what it signs by.
    client.untag_resource(KeyId=arns["rsa"], TagKeys=["kmsjose:alg"])
    signers = [KMSSigner.open(client, arns[name], algorithms[name]) for name in ("issuer", "ed", "rsa")]
    kms.disable_key(client, arns["disabled"])
    kms.schedule_deletion(client, arns["dying"], 7)
    jwks = folder.parent / "jwks.json"
    jwks.write_text(json.dumps(KeySet(signer.public_key for signer in signers).to_jwks()))
    return Keys(folder, client, arns, jwks)


@pytest.fixture
def local(run: Run, made: Keys, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command with those keys; making its client, which takes longest, is left out."""
    genuine = kms.connect

    def connect(**arguments: Any) -> Any:
        return made.client if arguments["local"] == str(made.folder) else genuine(**arguments)

    monkeypatch.setattr(kms, "connect", connect)

    def run_local(*arguments: str | Path, stdin: bytes | str = b"") -> Ran:
        return run("--local", made.folder, *arguments, stdin=stdin)

    return run_local


@pytest.fixture
def fresh(run: Run, tmp_path: Path) -> Iterator[Run]:
    """Run the command with a folder of its own, without a key."""

    def run_fresh(*arguments: str | Path, stdin: bytes | str = b"") -> Ran:
        return run("--local", tmp_path / "keys", *arguments, stdin=stdin)

    return run_fresh
