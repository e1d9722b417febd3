"""Runs what the guides and the README show, so that a reader can rely on it.

Python blocks run in their order, as one program a page; those that begin with ``>>>`` are doctests. In ``console``
blocks the lines after ``$`` that call kmsjose, or make a file for it, are run, and what they print is compared with
what stands below, where ``...`` stands for anything. Each page has a folder of its own to work in.
``<!-- skip: next -->`` leaves out the block that follows, for example one that needs an AWS account.
"""

from __future__ import annotations

import os
import subprocess
from doctest import ELLIPSIS, NORMALIZE_WHITESPACE, OutputChecker
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sybil import Example, Sybil
from sybil.parsers.markdown import CodeBlockParser, PythonCodeBlockParser, SkipParser

_PROMPT = "$ "
#: What else is run: the commands that make or change a file for those of kmsjose.
_PREPARE = ("echo ", "head ", "printf ")


def enter_folder(namespace: dict[str, Any]) -> None:
    """Give a page an empty folder to work in."""
    namespace["_before"], namespace["_folder"] = Path.cwd(), TemporaryDirectory()
    os.chdir(namespace["_folder"].name)


def leave_folder(namespace: dict[str, Any]) -> None:
    """Go back, and remove the folder."""
    os.chdir(namespace["_before"])
    namespace["_folder"].cleanup()


def run_console(example: Example) -> str | None:
    """Run the kmsjose commands of a block; returns what differs, or None."""
    for command, expected in commands(example.parsed):
        if "kmsjose " not in command and not command.startswith(_PREPARE):
            continue
        # S602: a guide's own commands, with the pipes that a shell gives them.
        done = subprocess.run(  # noqa: S602
            command, shell=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
        printed = done.stdout
        if expected and not OutputChecker().check_output(expected, printed, ELLIPSIS | NORMALIZE_WHITESPACE):
            return f"{command}\nshould print:\n{expected}\nbut prints:\n{printed}"
        if not expected and done.returncode:
            return f"{command}\nends with status {done.returncode}:\n{printed}"
    return None


def commands(block: str) -> list[tuple[str, str]]:
    """The commands of a console block, each with the output that is shown below it."""
    found: list[tuple[str, str]] = []
    for line in str(block).splitlines(keepends=True):
        if line.startswith(_PROMPT):
            found.append((line.removeprefix(_PROMPT).strip(), ""))
        elif found:
            command, output = found.pop()
            continued = command.endswith("\\") and not output
            found.append((f"{command}\n{line.rstrip()}", "") if continued else (command, output + line))
    return found


pytest_collect_file = Sybil(
    parsers=[
        SkipParser(),
        PythonCodeBlockParser(doctest_optionflags=ELLIPSIS),
        CodeBlockParser("console", run_console),
    ],
    path=str(Path(__file__).resolve().parents[2]),
    patterns=["README.md", "docs/iam.md", "docs/guides/*.md"],
    setup=enter_folder,
    teardown=leave_folder,
).pytest()
