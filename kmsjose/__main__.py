"""The program: `kmsjose`, and `python -m kmsjose`.

Nothing else is imported before an interrupt is taken care of, because loading what the command needs takes a moment.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import Final, NoReturn

_STATUS: Final = 130
_LINE: Final = b"error[interrupted]: stopped before the start (run it again)\n"


def _quit(_signal: int = 0, _frame: FrameType | None = None) -> NoReturn:
    # While modules load there is nothing to undo, and an exception could be caught or printed on its way.
    try:
        os.write(2, _LINE)
    finally:
        os._exit(_STATUS)


try:
    # It takes the longest of what is loaded before it is used.
    import signal
except KeyboardInterrupt:
    _quit()


def main() -> int:
    """Run the command that the process was given, and return its exit status."""
    # A process in the background ignores interrupts, and goes on doing so.
    listens = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if listens:
        signal.signal(signal.SIGINT, _quit)
    from .cli import main as run

    if listens:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    return run()


if __name__ == "__main__":
    sys.exit(main())
