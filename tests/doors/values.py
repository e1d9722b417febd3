"""What is given to a public call in place of what it asks for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final


class Anything:
    """Of no type that any call asks for."""

    def __repr__(self) -> str:
        return "Anything()"


def _nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


#: Given by default: one of each kind that once came out as a foreign exception.
SAMPLE: Final[dict[str, Any]] = {
    "None": None,
    "number": 5,
    "huge number": 10**400,
    "empty text": "",
    "text": "x\x1b\n",
    "bytes": b"\xff\x00",
    "list": [None],
    "mapping": {None: None},
    "anything": Anything(),
}
#: Given besides, where every combination is tried.
MORE: Final[dict[str, Any]] = {
    "zero": 0,
    "negative": -1,
    "fraction": 1.5,
    "no number": float("nan"),
    "infinite": float("inf"),
    "true": True,
    "half a character": "\ud800",
    "zero byte": "a\x00b",
    "huge text": "x" * 1_000_000,
    "no bytes": b"",
    "huge bytes": b"\xff" * 1_000_000,
    "empty list": [],
    "list of texts": ["x"],
    "list of numbers": [10**400],
    "huge list": ["x"] * 100_000,
    "deep list": _nested(5_000),
    "empty mapping": {},
    "mapping of text": {"x": "x"},
    "deep mapping": {"x": _nested(5_000)},
    "pair": ("x", 5),
    "set": {5},
    "class": dict,
    "function": lambda *_: None,
    "naive time": datetime(2026, 1, 1),  # noqa: DTZ001
    "last time": datetime.max.replace(tzinfo=UTC),
    "first time": datetime.min.replace(tzinfo=UTC),
    "long span": timedelta.max,
    "negative span": timedelta.min,
    "exception": ValueError("x"),
}
