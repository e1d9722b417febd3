"""Fuzz: `python -m tests.fuzz [TARGET...] [--seconds N] [--processes N] [--corpus DIR]`; without TARGET, every one."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .engine import Run, fuzz
from .targets import TARGETS

_COLUMNS = "{:<14}{:>10}{:>9}{:>8}{:>8}{:>10}"


def main() -> int:
    """Fuzz, print a line a target as it ends, and say what was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description="Fuzz what reads, guided by coverage.")
    parser.add_argument("target", nargs="*", help=f"all, or some of {', '.join(TARGETS)}", metavar="TARGET")
    parser.add_argument("--seconds", type=int, default=60, help="of each target (60)")
    parser.add_argument("--processes", type=int, default=2, help="at a time (2)")
    parser.add_argument("--corpus", type=Path, help="where inputs that reach something new are kept")
    given = parser.parse_args()
    names = list(TARGETS) if given.target in ([], ["all"]) else given.target
    if unknown := set(names) - TARGETS.keys():
        parser.error(f"no target: {', '.join(sorted(unknown))}")
    print(_COLUMNS.format("target", "runs", "per s", "cov", "corpus", "findings"), flush=True)
    with ThreadPoolExecutor(given.processes) as pool:
        runs = list(_shown(pool.map(lambda name: fuzz(name, given.seconds, corpus=given.corpus), names)))
    for run in runs:
        for found in run.findings:
            print(f"{run.target}: {found}")
    return any(run.findings for run in runs)


def _shown(runs: Iterable[Run]) -> Iterable[Run]:
    for run in runs:
        speed = round(run.runs / run.seconds) if run.seconds else 0
        print(_COLUMNS.format(run.target, run.runs, speed, run.coverage, run.corpus, len(run.findings)), flush=True)
        yield run


if __name__ == "__main__":
    sys.exit(main())
