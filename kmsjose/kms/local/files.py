"""Where the embedded KMS keeps its files: the interface, and the form of it that keeps nothing on disk."""

from __future__ import annotations

import threading
from collections.abc import Hashable
from contextlib import AbstractContextManager
from typing import Protocol

from ...forks import renewed_in_child


class Files(Protocol):
    """Named files, each written as a whole or not at all; a name is ``folder/file``."""

    def stamp(self, name: str) -> Hashable | None:
        """What a file's content is known by while it does not change; None if there is no such file."""
        ...

    def read(self, name: str) -> bytes | None:
        """A file's content; None if there is no such file."""
        ...

    def write(self, name: str, content: bytes) -> None:
        """Put a whole content in the place of whatever was there; only within `exclusive`."""
        ...

    def remove(self, name: str) -> None:
        """Take a file away, if it is there; only within `exclusive`."""
        ...

    def names(self, folder: str) -> list[str]:
        """The files of a folder, without what an interrupted write has left."""
        ...

    def folders(self) -> list[str]:
        """The folders, in order."""
        ...

    def exclusive(self, *, making: bool = False) -> AbstractContextManager[None]:
        """Be the only one who changes anything, in this process and beside others. It does not nest.

        Args:
            making: Whether a first key may come of it, for which alone a missing place is made.
        """
        ...

    def sweep(self, folder: str) -> None:
        """Remove what interrupted writes have left; only within `exclusive`."""
        ...

    def describe(self, name: str) -> str:
        """A file's name as a person finds it."""
        ...


class MemoryFiles:
    """Files in the memory of this process."""

    def __init__(self) -> None:
        self._contents: dict[str, tuple[int, bytes]] = {}
        self._lock = threading.Lock()
        renewed_in_child(self, MemoryFiles._unlock)
        self._writes = 0

    def _unlock(self) -> None:
        self._lock = threading.Lock()

    def stamp(self, name: str) -> Hashable | None:
        """See `Files`."""
        entry = self._contents.get(name)
        return None if entry is None else entry[0]

    def read(self, name: str) -> bytes | None:
        """See `Files`."""
        entry = self._contents.get(name)
        return None if entry is None else entry[1]

    def write(self, name: str, content: bytes) -> None:
        """See `Files`."""
        self._writes += 1
        self._contents[name] = (self._writes, content)

    def remove(self, name: str) -> None:
        """See `Files`."""
        self._contents.pop(name, None)

    def names(self, folder: str) -> list[str]:
        """See `Files`."""
        prefix = folder + "/"
        return [name.removeprefix(prefix) for name in list(self._contents) if name.startswith(prefix)]

    def folders(self) -> list[str]:
        """See `Files`."""
        return sorted({name.partition("/")[0] for name in list(self._contents)})

    def exclusive(self, *, making: bool = False) -> AbstractContextManager[None]:  # noqa: ARG002 - memory is there
        """See `Files`."""
        return _Held(self._lock)

    def sweep(self, folder: str) -> None:
        """See `Files`: nothing is ever left."""

    def describe(self, name: str) -> str:
        """See `Files`."""
        return name


class _Held:
    """A lock as a context that gives nothing, where a lock itself would give a bool."""

    def __init__(self, lock: threading.Lock) -> None:
        self._lock = lock

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()
