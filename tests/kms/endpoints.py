"""ministack, and microburst before it, as servers that the tests start and stop, in an environment of their own.

ministack pins a botocore of its own, so it can't be installed beside the package.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import subprocess
import time
import urllib.request
import venv
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

REQUIREMENTS = ("ministack==1.5.33", "cryptography>=50,<51", "microburst==0.10.*")
_READY_SECONDS = 30


def environment(folder: Path) -> Path:
    """The interpreter of an environment with both servers, made once; several test processes may ask at once.

    Args:
        folder: Where it is kept between runs.
    """
    given = os.environ.get("KMSJOSE_MINISTACK_PYTHON")
    if given:
        return Path(given)
    python = folder / "venv" / "bin" / "python"
    done = folder / "requirements.json"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists() or json.loads(done.read_text()) != list(REQUIREMENTS):
            venv.create(folder / "venv", with_pip=True, clear=True)
            subprocess.run(
                [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *REQUIREMENTS],
                check=True,
                timeout=600,
                env=_environ({}),
            )
            done.write_text(json.dumps(REQUIREMENTS))
    return python


@contextmanager
def ministack(python: Path, **more: str) -> Iterator[str]:
    """The URL of a ministack that runs for the length of the block.

    Args:
        python: The interpreter of the environment.
        more: Settings beside those that every test has, or in their place.
    """
    port = free_port()
    settings = {
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "SERVICES": "kms",
        **more,
    }
    url = f"http://127.0.0.1:{port}"
    with _running([str(python), "-m", "ministack"], settings, f"{url}/_ministack/ready"):
        yield url


@contextmanager
def microburst(python: Path, upstream: str) -> Iterator[str]:
    """The URL of a microburst before another endpoint; `rules` tells it what to spoil."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [str(python.with_name("microburst")), "--upstream", upstream, "--host", "127.0.0.1"]
    with _running([*command, "--port", str(port), "--no-resign"], {}, f"{url}/_microburst/rules"):
        yield url


def rules(url: str, *entries: Mapping[str, object]) -> None:
    """Tell a microburst what to spoil; without entries, nothing."""
    request = urllib.request.Request(
        f"{url}/_microburst/rules",
        data=json.dumps(entries).encode(),
        headers={"content-type": "application/json"},
        method="POST",
    )
    with urllib.request.urlopen(request, timeout=10):
        pass


def free_port() -> int:
    """A port of this machine that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _running(command: list[str], settings: Mapping[str, str], ready: str) -> Iterator[None]:
    process = subprocess.Popen(
        command, env=_environ(settings), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait(process, ready)
        yield
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


def _environ(settings: Mapping[str, str]) -> dict[str, str]:
    # What the tests' own environment sets for Python must not reach another interpreter.
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "AWS_"))}
    return {**kept, **settings}


def _wait(process: subprocess.Popen[bytes], ready: str) -> None:
    end = time.monotonic() + _READY_SECONDS
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with status {process.returncode}")
        try:
            with urllib.request.urlopen(ready, timeout=2):
                return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("the server did not become ready")
