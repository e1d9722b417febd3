"""Every option and argument of every command, given what it does not ask for: a line of an error, no traceback."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import click
import pytest

from kmsjose import kms
from kmsjose.cli.main import kmsjose

from .conftest import Keys, Run

VALUES = ["", "x\x1b\n", "-1", "9" * 400, "\udcff", "x" * 50_000]
#: So that a value is not hidden behind what is missing.
NEEDED = {"key": "alias/issuer", "alg": "ES256", "name": "issuer", "keys": "alias/issuer"}


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name), command


ALL = [one for one in commands(kmsjose) if one[0] != ("demo",)]


def written(parameter: click.Parameter, value: str) -> list[str]:
    if isinstance(parameter, click.Option):
        return [parameter.opts[0]] if parameter.is_flag else [f"{max(parameter.opts, key=len)}={value}"]
    return [value]


@pytest.fixture
def copied(run: Run, made: Keys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command with a copy of the keys, since some commands change them; one client serves all its runs."""
    folder = tmp_path / "keys"
    shutil.copytree(made.folder, folder)
    client, genuine = kms.connect(local=folder), kms.connect

    def connect(**arguments: Any) -> Any:
        return client if arguments["local"] == str(folder) else genuine(**arguments)

    monkeypatch.setattr(kms, "connect", connect)
    monkeypatch.chdir(tmp_path)
    return partial(run, "--local", folder)


@pytest.mark.parametrize("path, command", ALL, ids=[" ".join(path) for path, _ in ALL])
def test_each_is_answered_by_a_line(copied, path, command):
    parameters = [one for one in command.params if one.name != "help"]
    for parameter in parameters:
        needed = [
            text
            for other in parameters
            if other is not parameter and other.required
            for text in written(other, NEEDED.get(str(other.name), "x"))
        ]
        for value in VALUES:
            ran = copied(*path, *needed, *written(parameter, value), stdin="{}")
            assert ran.status in (0, 1, 2, 3), (parameter.name, value[:20], ran)
            assert "Traceback" not in ran.stderr, (parameter.name, value[:20], ran)
            assert ran.status == 0 or len(ran.stderr) < 5_000, (parameter.name, value[:20], len(ran.stderr))
