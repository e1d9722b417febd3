"""CBOR as far as it can be read, malformed or not, by a walk over its heads. Nothing here may lead to trust.

The strict reader, `kmsjose.cbor`, refuses at the first fault; this one goes on, and notes each.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from ..cbor_heads import ARRAY, BYTES, MAP, MAX_DEPTH, SIMPLE, TAG, TEXT
from .cbor_item import NOTHING, Item, is_shortest, sized
from .escape import json_text

#: Items that are read of one input.
MAX_ITEMS: Final = 4096
_MAX_NOTES: Final = 20
_BREAK: Final = 0xFF
_INDEFINITE: Final = 31
_MAY_BE_INDEFINITE: Final = (BYTES, TEXT, ARRAY, MAP)


@dataclass(slots=True)
class Budget:
    """What may still be read of an input, and what was odd so far."""

    left: int = MAX_ITEMS
    notes: dict[str, None] = field(default_factory=dict)

    def note(self, told: str) -> None:
        """Keep what is odd, once, and not without end."""
        if len(self.notes) < _MAX_NOTES:
            self.notes[told] = None


def read(data: bytes | memoryview, budget: Budget, depth: int = 0) -> Item:
    """The first data item, or what can be read of it.

    Args:
        data: The item, and what stands behind it.
        budget: Shared by all that is read of one input.
        depth: Containers that it stands in already.
    """
    walk = _Walk(memoryview(data), budget)
    item = walk.item(depth)
    item.whole = not walk.stopped
    item.rest = len(data) - walk.position if item.whole else 0
    if item.rest:
        budget.note(f"what stands behind the data item is no part of it: {sized(item.rest)}")
    return item


class _Walk:
    """A walk over the heads; what stops it leaves nothing behind that could be read."""

    def __init__(self, data: memoryview, budget: Budget) -> None:
        self.data = data
        self.budget = budget
        self.position = 0
        self.stopped = False

    def item(self, depth: int) -> Item:
        start = self.position
        if self.budget.left <= 0:
            return self._stop("the rest is not shown", f"it has over {MAX_ITEMS} items, and the rest is not looked at")
        if start >= len(self.data):
            return self._cut_off()
        self.budget.left -= 1
        major, low = self.data[start] >> 5, self.data[start] & 31
        if low > 27 and (low < _INDEFINITE or major not in _MAY_BE_INDEFINITE):
            return self._stop("the rest can't be read", "a head is reserved, or a break stands where an item should")
        width = 1 << low - 24 if 24 <= low <= 27 else 0
        self.position += 1 + width
        if self.position > len(self.data):
            return self._cut_off()
        value = int.from_bytes(self.data[start + 1 : self.position]) if width else low
        indefinite = low == _INDEFINITE
        item = Item(major, 0 if indefinite else value, width, indefinite, start)
        self._check_head(item)
        if content := _CONTENT.get(major):
            content(self, item, depth)
        return item

    def _check_head(self, item: Item) -> None:
        if item.indefinite:
            self.budget.note("a length is indefinite")
        if item.major == SIMPLE:
            if item.width == 1 and item.value < 32:
                item.flaw = "no such simple value"
                self.budget.note("a simple value is written in two bytes that need one")
        elif not is_shortest(item):
            self.budget.note("a head is not in its shortest form")

    def string(self, item: Item, depth: int) -> None:
        if item.indefinite:
            self._pieces(item, depth)
            return
        item.content = self.data[self.position : self.position + item.value]
        self.position += len(item.content)
        if missing := item.value - len(item.content):
            item.flaw = f"cut off: {sized(missing)} missing"
            self._cut_off()
        if item.major == TEXT:
            try:
                str(item.content, "utf-8")
            except UnicodeDecodeError:
                item.flaw = item.flaw or "not UTF-8"
                self.budget.note("text is not UTF-8")

    def _pieces(self, item: Item, depth: int) -> None:
        while not self.stopped and not self._at_break():
            if self.position < len(self.data) and not self._is_piece(item.major):
                told = "a string of indefinite length holds what is no piece of it"
                item.items.append(self._stop("the rest can't be read", told))
            else:
                item.items.append(self._nested(depth))
        item.content = memoryview(b"".join(piece.content for piece in item.items))

    def _is_piece(self, major: int) -> bool:
        initial = self.data[self.position]
        return initial >> 5 == major and initial & 31 != _INDEFINITE

    def container(self, item: Item, depth: int) -> None:
        count = {MAP: 2 * item.value, TAG: 1}.get(item.major, item.value)
        while not self.stopped and (item.indefinite or len(item.items) < count):
            if item.indefinite and self._at_break():
                break
            item.items.append(self._nested(depth))
        if item.major == MAP:
            self._check_labels(item)

    def _nested(self, depth: int) -> Item:
        if depth >= MAX_DEPTH:
            return self._stop("the rest is not shown", f"containers are nested over {MAX_DEPTH} deep")
        return self.item(depth + 1)

    def _at_break(self) -> bool:
        if self.position >= len(self.data) or self.data[self.position] != _BREAK:
            return False
        self.position += 1
        return True

    def _check_labels(self, item: Item) -> None:
        labels = [label for label in item.items[::2] if label.major != NOTHING]
        if len(item.items) % 2 and len(labels) == len(item.items[::2]):
            item.items.append(Item(NOTHING, flaw="no value"))
            self.budget.note("a map ends with a label that has no value")
        seen = set()
        for label in labels:
            known = label.label
            if known is None:
                label.flaw = label.flaw or "no integer or text"
                self.budget.note("a label is neither an integer nor text")
            elif known in seen:
                label.flaw = label.flaw or "stands more than once"
                told = json_text(known[:64] if isinstance(known, str) else known, indent=None)
                self.budget.note(f"the label {told} stands more than once in a map")
            seen.add(known)

    def _cut_off(self) -> Item:
        return self._stop("the data ends here", "the data ends within an item; it may have been cut off")

    def _stop(self, flaw: str, note: str) -> Item:
        self.stopped = True
        self.position = len(self.data)
        self.budget.note(note)
        return Item(NOTHING, start=self.position, flaw=flaw)


_CONTENT: Final[dict[int, Callable[[_Walk, Item, int], None]]] = {
    BYTES: _Walk.string,
    TEXT: _Walk.string,
    ARRAY: _Walk.container,
    MAP: _Walk.container,
    TAG: _Walk.container,
}
