"""What a child of `os.fork` makes anew: of the threads that have a lock or a connection, it has one at most."""

from __future__ import annotations

import os
from collections.abc import Callable, MutableMapping
from typing import Any, Final, TypeVar
from weakref import WeakKeyDictionary

T = TypeVar("T")

_RENEWALS: Final[MutableMapping[object, Callable[[Any], None]]] = WeakKeyDictionary()


def renewed_in_child(owner: T, renew: Callable[[T], None]) -> None:
    """In each child that this process forks from now on, make anew what another thread may be in the midst of.

    Args:
        owner: What has locks or connections; it is kept alive by nothing here.
        renew: Called with it in the child, before anything else runs there. It waits for nothing and can't fail.

    >>> class Counter: lock = "held by a thread"
    >>> counter = Counter()
    >>> renewed_in_child(counter, lambda counter: setattr(counter, "lock", "free"))
    >>> _renew_all()  # as it is done in the child
    >>> counter.lock
    'free'
    """
    _RENEWALS[owner] = renew


def is_renewed_in_child(owner: object) -> bool:
    """Whether `renewed_in_child` was called for it."""
    return owner in _RENEWALS


def _renew_all() -> None:
    for owner, renew in list(_RENEWALS.items()):
        renew(owner)


if hasattr(os, "register_at_fork"):  # nothing forks on Windows
    os.register_at_fork(after_in_child=_renew_all)
