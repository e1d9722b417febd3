"""``--policy``: which signatures must be good, and how the verdict on each is told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..errors import InputError, PolicyError, VerificationError
from . import streams

if TYPE_CHECKING:
    from ..keys import PublicKey
    from ..keys.policy import Judged, Policy


def policy_of(written: str) -> Policy:
    """The policy that was written.

    Raises:
        InputError: ``usage``.
    """
    if written in {"all", "any"}:
        return "all" if written == "all" else "any"
    kids = [name for name in written.split(",") if name]
    if not kids:
        raise InputError("usage", "--policy names no kid")
    return kids


def check_one(policy: Policy, key: PublicKey) -> None:
    """Tell who made the one signature of a message, and refuse it if the policy asks for others.

    Raises:
        PolicyError: ``policy-unmet``.
    """
    if not isinstance(policy, str) and set(policy) != {key.kid}:
        raise PolicyError("policy-unmet", f"the one signature is by {key.kid[:64]!r}", ((key.kid, None),))
    streams.say(f"good: {key.algorithm.name} by {key.kid}")


@contextmanager
def verdicts_told() -> Iterator[None]:
    """Put the verdict on each signature into the one line of a policy that was not met.

    Raises:
        VerificationError: ``policy-unmet``.
    """
    try:
        yield
    except PolicyError as error:
        told = ", ".join(f"{(kid or 'no kid')[:64]}: {code or 'good'}" for kid, code in error.verdicts)
        raise VerificationError("policy-unmet", f"{error.message}; {told}") from error


def told_verdicts(verdicts: Iterable[Judged]) -> None:
    """Tell the verdict on each signature of a message that met its policy."""
    for verdict in verdicts:
        if verdict.key is not None:
            streams.say(f"good: {verdict.key.algorithm.name} by {verdict.key.kid}")
        else:
            streams.say(f"{verdict.error}: by {verdict.kid or 'no kid'}")
