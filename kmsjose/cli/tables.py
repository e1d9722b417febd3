"""Rows of cells below the names of their columns, as wide as a terminal and no wider, one line each."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterator, Sequence
from typing import Final

#: Between two columns.
_GAP: Final = "  "
#: What stands for what is cut of a cell.
_CUT: Final = "…"
#: A column is not cut below so many characters.
_NARROWEST: Final = 8


def lines(
    names: Sequence[str], rows: Sequence[Sequence[str]], whole: Collection[str] = (), width: int | None = None
) -> Iterator[str]:
    """The lines of a table, its names first.

    Args:
        names: Of the columns.
        rows: Their cells.
        whole: Columns that are never cut, so that they can be copied.
        width: Characters of a line; None cuts nothing.

    >>> for line in lines(("NAME", "KEY"), [("a name of many words", "1234")], ("KEY",), 15):
    ...     print(line)
    NAME       KEY
    a name o…  1234
    """
    widths = [max(map(columns_of, column)) for column in zip(names, *rows, strict=True)]
    if width is not None:
        _narrow(widths, [name not in whole for name in names], width - len(_GAP) * (len(names) - 1))
    for row in (names, *rows):
        cells = [_fitted(cell, size) for cell, size in zip(row, widths, strict=True)]
        yield _GAP.join(
            cell + " " * (size - columns_of(cell)) for cell, size in zip(cells, widths, strict=True)
        ).rstrip()


def _padded(cell: str, width: int) -> str:
    return cell + " " * (width - columns_of(cell))


def columns_of(text: str) -> int:
    """The columns that a text takes on a terminal."""
    if text.isascii():
        return len(text)
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"F", "W"} else 1


def _narrow(widths: list[int], may: Sequence[bool], width: int) -> None:
    """Take columns from the widest ones until all of them fit, or none can be narrowed."""
    while sum(widths) > width:
        place = max((place for place in range(len(widths)) if may[place]), key=widths.__getitem__, default=None)
        if place is None or widths[place] <= _NARROWEST:
            return
        widths[place] -= 1


def _fitted(cell: str, width: int) -> str:
    if columns_of(cell) <= width:
        return cell
    kept, left = "", width - len(_CUT)
    for character in cell:
        left -= _columns(character)
        if left < 0:
            break
        kept += character
    return kept + _CUT
