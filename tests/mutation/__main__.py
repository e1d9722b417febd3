"""Run the tests against every changed copy of what decides about trust, and say which changes they let pass.

    python -m tests.mutation [--report] [NAME ...]

NAME is a pattern of mutmut's names, for example ``kmsjose.claims*``; all by default, and what was tried before is not
tried again until its function changes. ``--report`` runs nothing. The exit status is 1 if fewer than 98% of the changes
are killed, those aside that ``harmless.toml`` names with a reason, or if an entry there fits none that is left.
"""

from __future__ import annotations

import sys

from mutmut import __main__ as mutmut

from . import few_first, operators
from .report import report


def main(arguments: list[str]) -> int:
    """The exit status of what the command line asks for."""
    operators.install()
    few_first.install()
    names = tuple(argument for argument in arguments if not argument.startswith("-"))
    if "--report" not in arguments:
        mutmut._run(names, max_children=None)
    return report(names)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
