"""What a person reads: tables and headings, with nothing from outside that could steer a terminal."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Sequence

from . import streams
from .escape import json_text, visible


def table(names: Sequence[str], rows: Iterable[Sequence[str]], whole: Collection[str] = ()) -> None:
    """Print rows below their columns' names: as a table on a terminal, else in aligned columns that are never cut.

    Args:
        names: Of the columns.
        rows: Their cells.
        whole: Columns that are not broken on a terminal, so that they can be copied.
    """
    shown = [[visible(cell) for cell in row] for row in rows]
    if _styled():
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        grid = Table(box=None, pad_edge=False, header_style="bold")
        for name in names:
            grid.add_column(name, overflow="fold", no_wrap=name in whole)
        for row in shown:
            # Text, because a plain string would be read as rich's markup.
            grid.add_row(*map(Text, row))
        Console().print(grid)
        return
    widths = [max(map(len, column)) for column in zip(names, *shown, strict=True)]
    for row in (list(names), *shown):
        print_line("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


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
