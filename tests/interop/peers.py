"""Third-party verifiers, each in an environment of its own.

What they depend on can't be installed beside the package, or is not Python. The programs that call them are run by
their own interpreters; each reads JSON from stdin and writes JSON.
"""

from __future__ import annotations

import fcntl
import json
import subprocess
import venv
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

# Neither takes the cbor2 that the package needs: python-cwt says so, and pycose 1.1.0 finds tuples in it for lists.
PYTHON_CWT = ("cwt==3.3.0", "cbor2==5.9.0", "cryptography>=50,<51")
PYCOSE = ("pycose==1.1.0", "cbor2==5.9.0", "cryptography>=50,<51")
AUTH0_COSE = ("@auth0/cose@1.0.2",)
COSE_KIT = ("cose-kit@1.7.1",)


def python_peer(folder: Path, requirements: tuple[str, ...]) -> Path:
    """The interpreter of an environment with these requirements, made once; several test processes may ask at once.

    Args:
        folder: Where it is kept between runs.
        requirements: What pip installs in it.
    """
    python = folder / "venv" / "bin" / "python"

    def make() -> None:
        venv.create(folder / "venv", with_pip=True, clear=True)
        command = [str(python), "-I", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *requirements]
        subprocess.run(command, check=True, timeout=600, stdin=subprocess.DEVNULL)

    _once(folder, requirements, make)
    return python


def npm_peer(folder: Path, packages: tuple[str, ...]) -> Path:
    """A folder with these packages of npm in it, made once; several test processes may ask at once.

    Args:
        folder: Where it is kept between runs.
        packages: What npm installs in it.
    """

    def make() -> None:
        # Its own package.json, so that npm looks for none above; not --prefix, which would hide npm's configuration.
        (folder / "package.json").write_text("{}", "utf-8")
        # Scripts only build what is faster than JavaScript.
        command = ["npm", "install", "--silent", "--ignore-scripts", "--no-audit", "--no-fund"]
        subprocess.run([*command, *packages], cwd=folder, check=True, timeout=300, stdin=subprocess.DEVNULL)

    _once(folder, packages, make)
    return folder


def python_command(python: Path, program: str) -> list[str]:
    """The command of a program beside this module, away from what the tests' own environment sets for Python."""
    return [str(python), "-I", str(Path(__file__).with_name(program))]


def node_command(program: str) -> list[str]:
    """The command of a program beside this module. It imports from the folder that it is run in."""
    return ["node", "--input-type=module", "--eval", Path(__file__).with_name(program).read_text(encoding="utf-8")]


def run(command: Sequence[str], folder: Path, told: object, timeout: float = 60) -> dict[str, Any]:
    """What a program answers.

    Args:
        command: The program.
        folder: Where it runs.
        told: What it reads.
        timeout: Seconds that it may take.
    """
    answer = subprocess.run(
        command, cwd=folder, input=json.dumps(told), text=True, capture_output=True, timeout=timeout, check=False
    )
    assert answer.returncode == 0, answer.stderr
    verdicts: dict[str, Any] = json.loads(answer.stdout)
    return verdicts


def _once(folder: Path, wanted: tuple[str, ...], make: Callable[[], None]) -> None:
    done = folder / "requirements.json"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists() or json.loads(done.read_text()) != list(wanted):
            done.unlink(missing_ok=True)
            make()
            done.write_text(json.dumps(wanted))
