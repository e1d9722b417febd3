"""What a person reads: tables and headings, with nothing from outside that could steer a terminal."""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Iterable, Sequence

from . import streams, tables
from .escape import json_text, visible


def table(
    names: Sequence[str],
    rows: Iterable[Sequence[str]],
    whole: Collection[str] = (),
    *,
    wide: bool,
    more: Collection[str] = (),
) -> None:
    """Print rows below their columns' names, one line each.

    Args:
        names: Of the columns.
        rows: Their cells.
        whole: Columns that are never cut, so that they can be copied.
        wide: Print all of every cell and column, in lines of any length; else what fits into those of the terminal.
        more: Columns that are printed if it is wide alone.
    """
    chosen = [place for place, name in enumerate(names) if wide or name not in more]
    shown = [[visible(row[place]) for place in chosen] for row in rows]
    titles = [names[place] for place in chosen]
    first, *others = tables.lines(titles, shown, whole, None if wide else shutil.get_terminal_size().columns)
    heading(first)
    for line in others:
        print_line(line)


def heading(text: str) -> None:
    """Print a heading, bold on a terminal."""
    streams.write(f"\033[1m{visible(text)}\033[0m\n" if _styled() else f"{visible(text)}\n")


def print_line(text: str) -> None:
    """Print a line."""
    streams.write(f"{visible(text)}\n")


def print_json(value: object) -> None:
    """Print a JSON value for people and machines alike."""
    streams.write(json_text(value) + "\n")


def _styled() -> bool:
    return streams.is_terminal() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
