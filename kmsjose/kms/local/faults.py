"""Faults on demand: a switchboard by which a test makes the embedded KMS fail as AWS and the network do.

>>> faults = Faults()
>>> faults.throttle("Sign", times=2)
>>> faults.error("NotFoundException", "GetPublicKey", times=1)
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NoReturn, TypedDict, Unpack

from ...arguments import checked
from ...forks import renewed_in_child
from .refusals import Refusal

#: What happens to a call: given its URL, raise what the client is to meet, or just do something first.
Effect = Callable[[str], object]


class When(TypedDict, total=False):
    """Which calls of its operation a rule strikes: all of them, unless this says less."""

    probability: float
    times: int | None
    seed: int


@dataclass(slots=True)
class _Rule:
    effect: Effect
    operation: str | None = None
    answered: bool = False
    probability: float = 1.0
    times: int | None = None
    seed: int = 0
    _dice: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._dice = random.Random(self.seed)  # noqa: S311 - faults are to be repeatable, not secret

    def strikes(self, operation: str) -> bool:
        if self.times == 0 or self.operation not in (None, operation) or self._dice.random() >= self.probability:
            return False
        if self.times is not None:
            self.times -= 1
        return True


class Faults:
    """Rules of what goes wrong, and a record of what was called; safe to use from any thread.

    Each method that adds a rule takes, to say when it strikes: `operation` (as AWS names it; None for all of them),
    `probability` (1 if left out) with the `seed` of its dice, and `times` (without end if left out). Of several rules
    each has its turn, in the order of their adding, until one raises.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        renewed_in_child(self, Faults._unlock)
        self._rules: list[_Rule] = []
        self._calls: list[str] = []

    def _unlock(self) -> None:
        self._lock = threading.Lock()

    @property
    def calls(self) -> list[str]:
        """Every operation that was called, each attempt of a retried call for itself."""
        with self._lock:
            return list(self._calls)

    @checked
    def add(
        self, effect: Effect, operation: str | None = None, *, answered: bool = False, **when: Unpack[When]
    ) -> None:
        """Add a rule; the other methods are this one with a ready effect.

        Args:
            effect: What happens: it is given the URL of the call, and may raise or return.
            operation: As AWS names it; None for all.
            answered: Whether it happens once the call was done, instead of before.
            when: See the class.
        """
        with self._lock:
            self._rules.append(_Rule(effect, operation, answered, **when))

    @checked
    def lose(self, operation: str | None = None, **when: Unpack[When]) -> None:
        """Do what was asked, and close the connection before the answer came."""
        self.add(_drop, operation, answered=True, **when)

    def clear(self) -> None:
        """Forget every rule and every call."""
        with self._lock:
            self._rules.clear()
            self._calls.clear()

    @checked
    def error(
        self,
        code: str,
        operation: str | None = None,
        *,
        message: str = "injected",
        status: int = 400,
        **when: Unpack[When],
    ) -> None:
        """Answer with an error.

        Args:
            code: AWS's error code.
            operation: As AWS names it; None for all.
            message: Its message.
            status: The HTTP status.
            when: See the class.
        """

        def effect(_url: str) -> NoReturn:
            raise Refusal(code, message, status)

        self.add(effect, operation, **when)

    @checked
    def throttle(self, operation: str | None = None, **when: Unpack[When]) -> None:
        """Answer that the rate is exceeded."""
        self.error("ThrottlingException", operation, message="Rate exceeded", **when)

    @checked
    def unavailable(self, operation: str | None = None, **when: Unpack[When]) -> None:
        """Answer with an internal error, HTTP 500."""
        self.error("KMSInternalException", operation, message="Internal error", status=500, **when)

    @checked
    def drop(self, operation: str | None = None, **when: Unpack[When]) -> None:
        """Close the connection before an answer came."""
        self.add(_drop, operation, **when)

    @checked
    def timeout(self, operation: str | None = None, **when: Unpack[When]) -> None:
        """Let the client wait for an answer in vain; no time passes."""
        self.add(_time_out, operation, **when)

    @checked
    def refuse(self, operation: str | None = None, **when: Unpack[When]) -> None:
        """Refuse the connection."""
        self.add(_refuse, operation, **when)

    @checked
    def before(self, operation: str, callback: Callable[[], object], *, times: int | None = 1) -> None:
        """Do something just before an operation: for example move an alias between two calls.

        Args:
            operation: As AWS names it.
            callback: It may call KMS itself.
            times: How often; None for each time.
        """
        self.add(lambda _url: callback(), operation, times=times)

    @checked
    def meet(self, operation: str, url: str) -> None:
        """Let every rule that strikes a call have its effect; the embedded KMS asks this before each answer."""
        with self._lock:
            self._calls.append(operation)
        self._strike(operation, url, answered=False)

    @checked
    def leave(self, operation: str, url: str) -> None:
        """Let the rules of lost answers have their effect; the embedded KMS asks this once it has done a call."""
        self._strike(operation, url, answered=True)

    def _strike(self, operation: str, url: str, *, answered: bool) -> None:
        with self._lock:
            rules = [rule for rule in self._rules if rule.answered is answered]
        for rule in rules:
            with self._lock:
                struck = rule.strikes(operation)
            # Outside the lock, for an effect may call KMS.
            if struck:
                rule.effect(url)


def _drop(url: str) -> NoReturn:
    from botocore.exceptions import ConnectionClosedError

    raise ConnectionClosedError(endpoint_url=url)


def _time_out(url: str) -> NoReturn:
    from botocore.exceptions import ReadTimeoutError

    raise ReadTimeoutError(endpoint_url=url)


def _refuse(url: str) -> NoReturn:
    from botocore.exceptions import EndpointConnectionError

    raise EndpointConnectionError(endpoint_url=url)
