"""Runs of one target: its seeds laid out, a process that fuzzes, and what that says of itself."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from .findings import CRASHES
from .targets import TARGETS

#: Seconds and MiB after which libFuzzer ends the process, and keeps the input.
_HANGS, _MEMORY = 20, 1500
#: Bytes of the longest input.
_LONGEST: Final = 16_384
#: Seconds beside those of fuzzing: to load, to try the seeds, to end.
_BESIDE: Final = 120
_MOST_WORDS: Final = 500
_WORD: Final = re.compile(rb'"([A-Za-z0-9+/_.:#-]{1,40})"')
_STATUS: Final = re.compile(r"#(\d+)\s+\S+\s+cov: (\d+) ft: (\d+) corp: (\d+)/\S+")
_DONE: Final = re.compile(r"Done (\d+) runs")


@dataclass(slots=True)
class Run:
    """What a run of one target came to.

    Attributes:
        target: Its name.
        runs: Inputs that were tried.
        seconds: How long.
        coverage: Branches of the package that were reached.
        corpus: Inputs, each of which reaches something that no other does.
        findings: What was found, in words.
    """

    target: str
    runs: int
    seconds: float
    coverage: int
    corpus: int
    findings: list[str]


def fuzz(target: str, seconds: int, *, corpus: Path | None = None) -> Run:
    """Fuzz a target for so many seconds; a process that libFuzzer ends early is followed by another.

    Args:
        target: Its name.
        seconds: How long.
        corpus: Where inputs that reach something new are kept; None forgets them.
    """
    with tempfile.TemporaryDirectory() as place:
        folder = (corpus or Path(place)) / target
        folder.mkdir(parents=True, exist_ok=True)
        inputs = [*TARGETS[target].seeds(), *crashes(target)]
        for data in inputs:
            (folder / sha256(data).hexdigest()).write_bytes(data)
        words = Path(place) / "words"
        words.write_text(_dictionary(inputs))
        whole = Run(target, 0, 0.0, 0, 0, [])
        end = time.monotonic() + seconds
        while (left := int(end - time.monotonic())) > 0:
            _add(whole, *_process(target, folder, words, left))
        return whole


def crashes(target: str) -> list[bytes]:
    """Inputs that were found once."""
    folder = CRASHES / target
    return [file.read_bytes() for file in sorted(folder.iterdir())] if folder.is_dir() else []


def _dictionary(inputs: Iterable[bytes]) -> str:
    """The words that the inputs have in quotes, in libFuzzer's form: it puts them where a byte alone would not do."""
    words = {word for data in inputs for word in _WORD.findall(data)}
    return "".join(f'"\\x22{word.decode()}\\x22"\n' for word in sorted(words)[:_MOST_WORDS])


def _process(target: str, corpus: Path, words: Path, seconds: int) -> tuple[str, float]:
    found = CRASHES / target
    found.mkdir(parents=True, exist_ok=True)
    dictionary = [f"-dict={words}"] if words.read_text() else []
    options = [
        f"-max_total_time={seconds}", f"-max_len={_LONGEST}", f"-timeout={_HANGS}", f"-rss_limit_mb={_MEMORY}",
        f"-artifact_prefix={found}/", "-verbosity=1", *dictionary, str(corpus),
    ]  # fmt: skip
    command = [sys.executable, "-m", "tests.fuzz.child", target, str(found), *options]
    begun = time.monotonic()
    try:
        done = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=seconds + _BESIDE, check=False
        )
        output = done.stdout
    except subprocess.TimeoutExpired as error:
        output = (error.stdout or b"") + b"\nFINDING the process did not end\n"
    if not any(found.iterdir()):
        found.rmdir()
    return output.decode(errors="replace"), time.monotonic() - begun


def _add(whole: Run, output: str, seconds: float) -> None:
    states = _STATUS.findall(output)
    if not states:
        raise RuntimeError(f"{whole.target} did not start:\n{output[-2000:]}")
    runs, coverage, _, corpus = map(int, states[-1])
    done = _DONE.search(output)
    whole.runs += int(done[1]) if done else runs
    whole.seconds += seconds
    whole.coverage, whole.corpus = max(whole.coverage, coverage), max(whole.corpus, corpus)
    lines = output.splitlines()
    told = [line.removeprefix("FINDING ") for line in lines if line.startswith("FINDING ")]
    told += [line for line in lines if "ERROR: libFuzzer" in line]
    whole.findings += [line for line in told if line not in whole.findings]
