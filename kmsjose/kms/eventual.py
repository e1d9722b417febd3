"""KMS is eventually consistent: what was just made may not be there for some seconds."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from typing import Final, TypeVar

from ..errors import KMSError

_T = TypeVar("_T")
#: Seconds between the attempts, about six in all.
PAUSES: Final = (0.2, 0.4, 0.8, 1.6, 3.2)


def eventually(action: Callable[[], _T], codes: Collection[str] = ("not-found", "invalid-state", "not-ready")) -> _T:
    """What an action gives, which is done again for some seconds while KMS does not see what was just made.

    Args:
        action: Calls KMS; it may be done several times.
        codes: The errors after which it is done again.

    Raises:
        KMSError: as the action, at once or in the end.
    """
    for pause in PAUSES:
        try:
            return action()
        except KMSError as error:
            if error.code not in codes:
                raise
        time.sleep(pause)
    return action()
