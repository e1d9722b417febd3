"""Try a change with a few of its tests first: to collect them all takes longer than to run those that notice it."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterable

from mutmut.runners.harness import PytestRunner

_FEW = 40


def install() -> None:
    """Have mutmut run some tests of a changed function, quick and slow ones, and the others where those let it pass."""
    run_all = PytestRunner.run_tests

    def run_tests(self: PytestRunner, *, mutant_name: str | None, tests: Iterable[str]) -> int:
        # As it ends, pytest collects garbage. What was there before the fork is none, and walking it takes long.
        gc.freeze()
        _forget_results()
        names = list(tests)
        step = len(names) // _FEW
        if mutant_name is None or step < 2:
            return run_all(self, mutant_name=mutant_name, tests=names)
        few = names[::step]
        return run_all(self, mutant_name=mutant_name, tests=few) or run_all(
            self, mutant_name=mutant_name, tests=[name for at, name in enumerate(names) if at % step]
        )

    PytestRunner.run_tests = run_tests


def _forget_results() -> None:
    """What the unchanged functions answered is kept in caches, and would stand for what a changed one answers."""
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == "kmsjose":
            for value in vars(module).values():
                if hasattr(value, "cache_clear"):
                    value.cache_clear()
