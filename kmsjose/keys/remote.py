"""The keys that an issuer publishes at a URL: kept for as long as it says, and fetched again when they change."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from copy import copy
from datetime import timedelta
from typing import Final

from ..algorithms import Algorithm, by_name
from ..arguments import checked
from ..errors import FetchError, InputError, VerificationError
from . import freshness
from .attempts import Attempts
from .fetch import MAX_SIZE, TIMEOUT, check_limits, fetch
from .held import Held
from .https_url import HttpsURL
from .jwk import accepted_uses
from .key_set import KeySet
from .moment import Moment, now
from .public_key import PublicKey

__all__ = ["RemoteKeys"]

_LOG: Final = logging.getLogger("kmsjose.keys")
_ACCEPT: Final = "application/jwk-set+json, application/json;q=0.9, */*;q=0.1"
#: An entity tag that can be sent back (RFC 9110 section 8.8.3).
_ETAG: Final = re.compile(r'(?:W/)?"[!#-~]*"')
#: The codes of a lookup that newer keys may answer otherwise.
_MAYBE_NEW: Final = frozenset({"key-not-found", "alg-mismatch"})
#: Seconds that a token of an unknown kid waits for a fetch of another thread: enough for a host that is well, and too
#: few for such tokens to occupy every thread while it hangs.
_PATIENCE: Final = 1.0
_NO_TIME: Final = timedelta(0)
_SECOND: Final = timedelta(seconds=1)


class RemoteKeys:
    """The keys of a JWK Set at an https URL (RFC 7517 section 5), for wherever a `KeySet` is taken.

    They are fetched when they are first asked for, and stay fresh for as long as the answer's headers say, within
    bounds. Then one thread fetches them again, while the others use what is there. A kid or algorithm that they do not
    have makes them be fetched before their time, as often as `cooldown` allows.

    If a fetch fails, the keys of the one before it stay in use for `max_stale`, with a warning of the logger
    ``kmsjose.keys``. Where the answer says that there are no such keys (404, 410, a JWK Set without one that can be
    used), they are used for as long as they are fresh. Where it holds a private key, they are dropped at once.

    Make one for each issuer, once. It is safe between threads. A lookup may wait for the network, so in asyncio verify
    in a thread.

    Args:
        url: Of scheme https, or http where the host is 127.0.0.0/8, ::1 or localhost; without user and password.
        algorithms: What an RSA JWK without ``alg`` may verify: it becomes one key for each.
        uses: What the ``use`` of a key may be besides ``sig``.
        timeout: Seconds for one fetch in all.
        max_size: Bytes of the JWK Set.
        ca_bundle: The CAs to trust: a PEM file or a folder as OpenSSL has it; None takes that of ``SSL_CERT_FILE`` or
            ``REQUESTS_CA_BUNDLE``, else the system's.
        default_age: How long keys are fresh if the answer does not say.
        min_age: How long they are fresh at least, whatever the answer says; a second or more.
        max_age: How long at most.
        max_stale: How long keys that are not fresh may be used, for want of others; 0 for not at all.
        cooldown: The pause before a fetch for an unknown kid, and the longest after failures; a second or more.
        clock: For tests: gives the moment.

    Raises:
        InputError: ``usage``: an argument that can't be used, the URL for one; ``alg-unknown``: a name in `algorithms`.

    >>> RemoteKeys("https://issuer.example/jwks.json")
    <RemoteKeys https://issuer.example/jwks.json>
    """

    @checked
    def __init__(
        self,
        url: str,
        *,
        algorithms: Iterable[str] = (),
        uses: str | Collection[str] = (),
        timeout: float = TIMEOUT,
        max_size: int = MAX_SIZE,
        ca_bundle: str | os.PathLike[str] | None = None,
        default_age: timedelta = timedelta(minutes=5),
        min_age: timedelta = timedelta(minutes=1),
        max_age: timedelta = timedelta(days=1),
        max_stale: timedelta = timedelta(days=1),
        cooldown: timedelta = timedelta(seconds=30),
        clock: Callable[[], Moment] = now,
    ) -> None:
        self._name = HttpsURL.parse(url)
        self._algorithms = tuple(by_name(name).name for name in algorithms)
        self._uses = accepted_uses(uses)
        check_limits(timeout, max_size)
        spans = (default_age, min_age, max_age, max_stale, cooldown)
        if not all(isinstance(span, timedelta) and span >= _NO_TIME for span in spans):
            raise InputError("usage", "the ages and the cooldown are timedeltas, and not negative")
        if not _SECOND <= min_age <= max_age or cooldown < _SECOND:
            raise InputError("usage", "min_age and cooldown are at least a second, and max_age is not below min_age")
        self._url, self._timeout, self._max_size, self._ca_bundle = url, timeout, max_size, ca_bundle
        self._default_age, self._min_age, self._max_age, self._max_stale, pause = (s.total_seconds() for s in spans)
        self._clock = clock
        self._held: Held | None = None
        self._attempts = Attempts(self._load, timeout, pause, clock)

    def find(self, kid: str | bytes | None, algorithm: Algorithm) -> PublicKey:
        """The key that a token's header asks for.

        Raises:
            VerificationError: as `KeySet.find`.
            FetchError: There are no keys that may be used, and they can't be fetched.
        """
        held = self._held
        if held is None or not held.is_fresh(self._clock()):
            held = self._usable()
        try:
            return held.keys.find(kid, algorithm)
        except VerificationError as error:
            if error.code not in _MAYBE_NEW:
                raise
            self._attempts.attempt_early(_PATIENCE)
            latest = self._held
            if latest is None:
                raise self._refusal() from None
            if latest.keys is held.keys:
                raise
        return latest.keys.find(kid, algorithm)

    def key_set(self) -> KeySet:
        """The keys as they are now; what was left out of them is in their `skipped`.

        Raises:
            FetchError: as `find`.
        """
        return self._usable().keys

    def refresh(self) -> KeySet:
        """Fetch the keys now, however fresh they are; if that fails, those of before are used as in `find`.

        Raises:
            FetchError: The URL can't be fetched, or gives no keys that can be used.
        """
        self._attempts.attempt_at_once(self._longest_wait)
        if self._attempts.failure is not None or self._held is None:
            raise self._refusal()
        return self._held.keys

    def __iter__(self) -> Iterator[PublicKey]:
        return iter(self.key_set())

    def __repr__(self) -> str:
        return f"<RemoteKeys {self._name}>"

    @property
    def _longest_wait(self) -> float:
        return self._timeout + _PATIENCE

    def _usable(self) -> Held:
        """The keys that are fresh, or are fetched now, or may be used for want of those."""
        held, moment = self._held, self._clock()
        if held is not None and held.is_fresh(moment):
            return held
        others_wait = held is None or not held.is_usable(moment)
        self._attempts.attempt(self._longest_wait if others_wait else 0)
        latest = self._held
        if latest is None or (latest.is_of(held) and not latest.is_usable(self._clock())):
            raise self._refusal()
        return latest

    def _refusal(self) -> FetchError:
        if self._attempts.failure is not None:
            return copy(self._attempts.failure)
        return FetchError("too-slow", f"{self._name}: another thread is still fetching it", retryable=True)

    def _load(self) -> None:
        before, moment = self._held, self._clock()
        try:
            self._held = self._fetched(before, moment)
        except FetchError as error:
            if before is not None:
                left, fate = before.after(error)
                # Unless another thread, that took this one for lost, has fetched newer ones.
                if self._held is before:
                    self._held = left
                _LOG.warning(
                    "%s (%s); the keys that were fetched %d seconds ago are %s",
                    error.message,
                    error.code,
                    before.since.until(moment),
                    fate,
                )
            raise

    def _fetched(self, before: Held | None, moment: Moment) -> Held:
        answer = fetch(
            self._url,
            timeout=self._timeout,
            max_size=self._max_size,
            ca_bundle=self._ca_bundle,
            etag=None if before is None else before.etag,
            accept=_ACCEPT,
        )
        stated = freshness.lifetime(answer.headers, moment.wall)
        age = min(max(self._default_age if stated is None else stated, self._min_age), self._max_age)
        if before is not None and answer.status == 304:
            return Held(before.keys, before.etag, moment, age, self._max_stale)
        etag = answer.headers.get("etag", "")
        keys = self._read(answer.body)
        return Held(keys, etag if _ETAG.fullmatch(etag) else None, moment, age, self._max_stale)

    def _read(self, body: bytes) -> KeySet:
        try:
            keys = KeySet.from_jwks(body, self._algorithms, uses=self._uses)
        except InputError as error:
            raise unusable(str(self._name), error) from error
        if not keys:
            reason = keys.skipped[0].reason if keys.skipped else "it is empty"
            raise FetchError("no-keys", f"{self._name} holds no key that can be used: {reason}")
        return keys


def unusable(name: str, error: InputError) -> FetchError:
    """The error of what a URL gives, where the keys in it can't be used.

    Args:
        name: The URL, without its query.
        error: What is wrong with the keys.
    """
    code = error.code if error.code in FetchError.codes else "bad-content"
    return FetchError(code, f"{name}: {error.message}")
