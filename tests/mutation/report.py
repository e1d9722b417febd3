"""What the tests let pass, apart from what is listed as harmless."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from mutmut.mutation.data import SourceFileMutationData
from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.stats import status_by_exit_code
from mutmut.utils.file_utils import walk_mutatable_files

_HARMLESS = Path(__file__).with_name("harmless.toml")
#: A change whose tests never end, or that ends the process, does not pass unnoticed.
_NOTICED = {"killed", "timeout", "segfault"}
_AT_LEAST = 0.98


@dataclass(frozen=True, slots=True)
class Change:
    """One line of a function that was changed, by its text: numbers move with every edit."""

    function: str
    was: str
    becomes: str

    def __str__(self) -> str:
        return f"{self.function}\n  - {self.was}\n  + {self.becomes}"


def _change(name: str, path: Path) -> Change:
    lines = [line for line in get_diff_for_mutant(name, path=path).splitlines() if line[:3] not in {"---", "+++"}]
    sides = (" ".join(line[1:].strip() for line in lines if line.startswith(sign)) for sign in "-+")
    module, _, mangled = name.partition("__mutmut_")[0].rpartition(".")
    return Change(f"{module}.{mangled.removeprefix('x_').removeprefix('xǁ').replace('ǁ', '.')}", *sides)


def _verdicts(names: tuple[str, ...]) -> Iterator[tuple[Path, str, str]]:
    for path in walk_mutatable_files():
        data = SourceFileMutationData(path=path)
        data.load()
        for name, status in data.exit_code_by_key.items():
            if not names or any(fnmatch(name, pattern) for pattern in names):
                yield path, name, status_by_exit_code[status]


def report(names: tuple[str, ...] = ()) -> int:
    """Print a table by module and every change that is left, and give the exit status."""
    entries = tomllib.loads(_HARMLESS.read_text())["harmless"]
    harmless = {Change(entry["function"], entry["was"], entry["becomes"]) for entry in entries}
    counts: dict[Path, Counter[str]] = {}
    left, stale = [], set(harmless)
    for path, name, verdict in _verdicts(names):
        kind = "killed" if verdict in _NOTICED else "untried" if verdict == "not checked" else "left"
        if kind == "left" and (change := _change(name, path)) in harmless:
            kind = "harmless"
            stale.discard(change)
        elif kind == "left":
            left.append((name, verdict, change))
        counts.setdefault(path, Counter())[kind] += 1
    for name, verdict, change in left:
        print(f"{verdict}: {name}\n  {change}\n")
    print(f"{'module':50} changes  killed  harmless  left  untried")
    for path, row in sorted([*counts.items(), (Path("all"), sum(counts.values(), Counter()))]):
        print(
            f"{path!s:50} {row.total():7} {row['killed']:7} {row['harmless']:9} {row['left']:5} {row['untried']:8}",
        )
    total = sum(counts.values(), Counter())
    if not names and stale:
        print(*(f"listed as harmless, but not left: {change}" for change in stale), sep="\n")
    decided = total["killed"] + total["left"]
    print(f"killed of what is not harmless: {total['killed'] / max(decided, 1):.2%}; required: {_AT_LEAST:.0%}")
    return int(total["killed"] < _AT_LEAST * decided or bool(total["untried"]) or (not names and bool(stale)))
