"""Run the benchmarks: `python -m tests.benchmarks [ROUNDS]`."""

from __future__ import annotations

import platform
import sys

from . import cose, imports, memory, sign, verify


def main() -> None:
    """Print every table."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    print(f"Python {platform.python_version()}, {rounds} rounds, medians")
    verify.main(rounds, batch=5)
    cose.main(rounds, batch=5)
    sign.main(rounds, batch=2)
    imports.main(max(rounds // 20, 3))
    memory.main()


if __name__ == "__main__":
    main()
