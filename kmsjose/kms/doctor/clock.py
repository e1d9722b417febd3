"""This machine's clock against that of AWS."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from botocore.exceptions import ClientError

from ...errors import KMSError
from ..rotation.clock import time_of
from .case import Case, Finding, failed, ok, skipped, warning

#: Seconds by which the clocks may differ: AWS refuses a request that is further off than the second.
_NOTICED: Final = 30
_REFUSED: Final = 300


def clock(case: Case) -> Finding:
    """How far the clocks are apart."""
    if case.heard is None:
        return skipped("no answer had the time")
    theirs, ours = case.heard
    # An answer tells whole seconds.
    ahead = round(ours - theirs)
    if abs(ahead) <= _NOTICED:
        return ok(f"this machine's clock is right to {max(abs(ahead), 1)} s")
    what = f"this machine's clock is {abs(ahead)} s {'ahead of' if ahead > 0 else 'behind'} that of AWS"
    if abs(ahead) > _REFUSED:
        return failed(
            what, "set the clock (NTP): AWS refuses requests that are 5 minutes off, and iat and exp are wrong"
        )
    return warning(what, "set the clock (NTP): iat and exp of what is signed are off by as much")


def listen(case: Case, answer: Mapping[str, object] | KMSError) -> None:
    """Note the time that an answer of AWS tells, be it an error."""
    if isinstance(answer, KMSError):
        cause = answer.__cause__
        answer = dict(cause.response) if isinstance(cause, ClientError) else {}
    told = time_of(answer)
    if told is not None:
        case.heard = (told.timestamp(), case.clock())
