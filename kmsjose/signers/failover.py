"""One key in several places: signs in the first of them that works, and comes back to the first when that does."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from ..arguments import DAY, check_seconds, checked
from ..errors import InputError, KMSError
from ..forks import renewed_in_child
from ..keys.public_key import PublicKey
from .signer import Signer

_LOG: Final = logging.getLogger("kmsjose.signers")
#: The errors of one place: the same call may be answered in another. What is wrong with the call itself is not here.
OF_ONE_PLACE: Final = frozenset({
    "connection", "unavailable", "throttled", "credentials", "access-denied",
    "not-found", "disabled", "invalid-state", "not-ready", "unexpected-answer",
})  # fmt: skip
#: Doubling stops here, long after any pause has reached its longest.
_MOST_DOUBLINGS: Final = 20


@dataclass(slots=True, eq=False)
class _Place:
    """Where the key is.

    Attributes:
        signer: What signs there.
        failures: How often in a row it failed, each time after a pause; 0 while it works.
        until: The end of its pause, by the clock.
    """

    signer: Signer
    failures: int = 0
    until: float = 0.0


class Failover:
    """A SignerSource of one key that several Signers sign with, each in another place.

    A place that fails is left alone for a while. Then one call tries it again, while the others go on elsewhere; if it
    works, it is used as before, and if not, the pause doubles. When no place that works is left, those in their pause
    are tried too, before the error is raised; if they fail, their pause stays as it is. Safe to use from any thread.

    Args:
        signers: In the order in which they are to be used.
        pause: Seconds that a place is left alone at first, at most a day.
        longest_pause: Seconds at most, a day at most.
        clock: Seconds that never go back.

    Raises:
        InputError: ``usage``: no signer, or of different public keys, algorithms or kids; a pause of no time or
            over a day.

    >>> from cryptography.hazmat.primitives.asymmetric import ed25519
    >>> from kmsjose.signers import LocalSigner
    >>> key = ed25519.Ed25519PrivateKey.generate()
    >>> signer = Failover([LocalSigner(key), LocalSigner(key)]).current()
    >>> signer.public_key.verify(b"message", signer.sign(b"message"))
    """

    @checked
    def __init__(
        self,
        signers: Sequence[Signer],
        *,
        pause: float = 30.0,
        longest_pause: float = 300.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        check_seconds(DAY, pause=pause, longest_pause=longest_pause)
        keys = [signer.public_key for signer in signers]
        if not keys:
            raise InputError("usage", "a failover needs a signer at least")
        for key in keys[1:]:
            if not same_key(key, keys[0]):
                raise InputError("usage", "the signers of a failover must have one public key, algorithm and kid")
        self._places = tuple(map(_Place, signers))
        self._pause = pause
        self._longest_pause = longest_pause
        self._clock = clock
        self._lock = threading.Lock()
        renewed_in_child(self, Failover._unlock)
        self._signer = _Wherever(self._sign, keys[0])

    def current(self) -> Signer:
        """The Signer that signs wherever the key works; it is always the same, as is its key."""
        return self._signer

    @checked
    def pause(self, signer: Signer, error: KMSError) -> None:
        """Leave the place of a signer alone, as if it had just failed."""
        for place in self._places:
            if place.signer is signer:
                self._failed(place, place.failures, error)

    def _unlock(self) -> None:
        self._lock = threading.Lock()

    def _sign(self, how: Callable[[Signer], bytes]) -> bytes:
        errors: list[tuple[_Place, KMSError]] = []
        paused = []
        for place in self._places:
            failures = self._turn(place)
            if failures is None:
                paused.append(place)
                continue
            try:
                answer = _asked(place, how)
            except BaseException:
                self._give_back(place, failures)
                raise
            if not isinstance(answer, KMSError):
                self._works(place, failures)
                return answer
            self._failed(place, failures, answer)
            errors.append((place, answer))
        for place in paused:
            failures = place.failures
            answer = _asked(place, how)
            if not isinstance(answer, KMSError):
                self._works(place, failures)
                return answer
            # Its pause is not over: how many calls come within it says nothing of how long it will be down.
            errors.append((place, answer))
        raise _all_failed(errors)

    def _turn(self, place: _Place) -> int | None:
        """How often a place has failed, for who may try it, or None in its pause.

        When that is over, who asks first may, and it begins anew for the others.
        """
        with self._lock:
            if place.failures:
                now = self._clock()
                if now < place.until:
                    return None
                place.until = now + self._length(place.failures)
            return place.failures

    def _give_back(self, place: _Place, failures: int) -> None:
        """Let another call try a place of which this one has learned nothing."""
        with self._lock:
            if place.failures == failures:
                place.until = self._clock()

    def _length(self, failures: int) -> float:
        doublings = min(failures - 1, _MOST_DOUBLINGS)
        return min(self._pause * (1 << doublings), self._longest_pause)

    def _failed(self, place: _Place, failures: int, error: KMSError) -> None:
        with self._lock:
            # Of calls that were under way together, the first has said it.
            if place.failures != failures:
                return
            place.failures = failures + 1
            pause = self._length(place.failures)
            place.until = self._clock() + pause
        _LOG.warning("%r fails (%s): left alone for %g seconds", place.signer, error.aws_code or error.code, pause)

    def _works(self, place: _Place, failures: int) -> None:
        if not failures:
            return
        with self._lock:
            if place.failures != failures:
                return
            place.failures = 0
        _LOG.warning("%r works again", place.signer)

    def __repr__(self) -> str:
        return f"<Failover of {', '.join(repr(place.signer) for place in self._places)}>"


class _Wherever:
    """The Signer of a Failover."""

    __slots__ = ("_public_key", "_try")

    def __init__(self, attempt: Callable[[Callable[[Signer], bytes]], bytes], public_key: PublicKey) -> None:
        self._try = attempt
        self._public_key = public_key

    @property
    def public_key(self) -> PublicKey:
        """What verifies the signatures."""
        return self._public_key

    def sign(self, message: bytes) -> bytes:
        """The raw signature of a signing input.

        Raises:
            InputError: as the signers do; no other place is tried.
            KMSError: of the last place, if none signed.
        """
        return self._try(lambda signer: signer.sign(message))

    def sign_prehashed(self, prehashed: bytes) -> bytes:
        """The raw signature of a digest, or for ML-DSA of a mu.

        Raises:
            InputError: as the signers do; no other place is tried.
            KMSError: of the last place, if none signed.
        """
        return self._try(lambda signer: signer.sign_prehashed(prehashed))

    def __repr__(self) -> str:
        return f"<signer of a failover {self._public_key.algorithm.name} {self._public_key.kid!r}>"


def same_key(one: PublicKey, other: PublicKey) -> bool:
    """Whether two public keys have one material, algorithm and kid."""
    return (one.spki, one.algorithm, one.kid) == (other.spki, other.algorithm, other.kid)


def _asked(place: _Place, how: Callable[[Signer], bytes]) -> bytes | KMSError:
    """The signature that a place gives, or its error if that is one of the place; any other is raised."""
    try:
        return how(place.signer)
    except KMSError as error:
        if error.code not in OF_ONE_PLACE:
            raise
        return error


def _all_failed(errors: Sequence[tuple[_Place, KMSError]]) -> KMSError:
    """The error of the last place, with what every place said."""
    *_, (_, last) = errors
    if len(errors) == 1:
        return last
    told = "; ".join(f"{place.signer!r}: {error.message}" for place, error in errors)
    error = KMSError(
        last.code,
        f"none of {len(errors)} places signed: {told}",
        operation=last.operation,
        aws_code=last.aws_code,
        request_id=last.request_id,
        retryable=any(error.retryable for _, error in errors),
    )
    error.__cause__ = last
    return error
