"""A SignerSource that follows an alias from key to key while a service runs."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from ..arguments import checked
from ..errors import InputError, KMSError
from ..forks import renewed_in_child
from ..keys.public_key import PublicKey
from ..signers.signer import Signer
from .audit import AuditHook
from .calls import KMSClient
from .signer import KMSSigner
from .tagged import open_tagged

#: How long a signer is used before the alias is looked up again.
TTL: Final = timedelta(minutes=5)
#: For how long a signer is used on, if the alias can't be looked up: less than what a rotation allows as its handover.
MAX_STALE: Final = timedelta(minutes=45)
#: The share of the TTL by which instances differ, so that they do not all ask at once.
_JITTER: Final = 0.1
#: Seconds until the next try, after the alias could not be looked up.
_RETRY: Final = 10.0
#: Seconds that must be between two looks for the reason that the key is out of use.
_SOONEST: Final = 1.0
#: The errors of Sign by which KMS says that the key is out of use.
_OUT_OF_USE: Final = frozenset({"disabled", "invalid-state", "not-ready", "not-found"})
_LOG: Final = logging.getLogger("kmsjose.kms")


@dataclass(frozen=True, slots=True)
class _Resolved:
    """What the alias stood for, and when: by a clock that never jumps, and one that goes on while a machine sleeps."""

    signer: Signer
    key_arn: str
    steady: float
    wall: float

    def age(self) -> float:
        """Seconds since then, by the clock that went further."""
        return max(time.monotonic() - self.steady, time.time() - self.wall)


class AliasSource:
    """Gives the signer of the key that an alias stands for; make it with `follow`. It can be shared between threads.

    The signer is replaced as a whole, so a kid and its signature can't part. One thread looks the alias up when it is
    time, and the others go on meanwhile.
    """

    @checked
    def __init__(self, open_signer: Callable[[], KMSSigner], alias: str, ttl: float, max_stale: float) -> None:
        self._open = open_signer
        self._alias = alias
        self._ttl = ttl
        self._max_stale = max_stale
        self._looking = threading.Lock()
        self._failure: KMSError | InputError | None = None
        self._resolved = self._resolve()
        self._due_age = ttl * _less()
        renewed_in_child(self, AliasSource._look_anew)

    @property
    def key_arn(self) -> str:
        """The ARN of the key that is used now."""
        return self._resolved.key_arn

    @property
    def failure(self) -> KMSError | InputError | None:
        """Why the alias could not be looked up the last time; None if it could."""
        return self._failure

    def current(self) -> Signer:
        """The signer to use now.

        Raises:
            KMSError: ``stale-alias``: the alias could not be looked up for so long that another key may have taken its
                place, and the old one may no longer be published; `failure` is its cause.
        """
        resolved = self._resolved
        age = resolved.age()
        if age >= self._due_age:
            self._look_once(resolved, wait=age >= self._max_stale)
            resolved = self._resolved
            age = resolved.age()
        if age >= self._max_stale and (failure := self._failure) is not None:
            raise KMSError(
                "stale-alias", f"{self._alias} can't be looked up since {age:.0f} seconds: {failure.code}"
            ) from failure
        return resolved.signer

    def _look_once(self, before: _Resolved, *, wait: bool) -> None:
        """Look the alias up, unless another thread is at it; then it is waited for only if one has to."""
        looking = self._looking
        if not looking.acquire(blocking=wait):
            return
        try:
            if self._resolved is before and before.age() >= self._due_age:
                self._look(before)
        finally:
            looking.release()

    def _look_anew(self) -> None:
        """Forget, in a child of this process, the thread that was at it; and look at another time than its siblings."""
        self._looking = threading.Lock()
        self._due_age *= _less()

    def _look(self, before: _Resolved) -> None:
        try:
            found = self._resolve()
        except (KMSError, InputError) as error:
            if self._failure is None or self._failure.code != error.code:
                _LOG.warning(
                    "%s can't be looked up (%s): still signing with %s", self._alias, error.code, before.key_arn
                )
            self._failure = error
            self._due_age = before.age() + min(_RETRY, self._ttl)
            return
        if found.key_arn != before.key_arn:
            _LOG.info("%s has moved from %s to %s", self._alias, before.key_arn, found.key_arn)
        elif self._failure is not None:
            _LOG.info("%s can be looked up again", self._alias)
        self._resolved = found
        self._failure = None
        self._due_age = self._ttl * _less()

    def _resolve(self) -> _Resolved:
        # Taken first: what the alias stands for is at least as new as that.
        steady, wall = time.monotonic(), time.time()
        signer = self._open()
        return _Resolved(_Followed(signer, self._told_out_of_use), signer.key_arn, steady, wall)

    def _told_out_of_use(self, signer: Signer) -> None:
        """Look the alias up before the next signature, but not for each one of a key that stays out of use."""
        resolved = self._resolved
        if resolved.signer is signer and resolved.age() >= _SOONEST and self._failure is None:
            self._due_age = 0.0

    def __repr__(self) -> str:
        return f"<AliasSource {self._alias} {self._resolved.key_arn}>"


def _less() -> float:
    """A factor that differs from instance to instance."""
    return 1 - _JITTER * random.random()  # noqa: S311 - it spreads load, and hides nothing


class _Followed:
    """A signer that tells its source when KMS says that its key is out of use."""

    __slots__ = ("_signer", "_tell")

    def __init__(self, signer: KMSSigner, tell: Callable[[Signer], None]) -> None:
        self._signer = signer
        self._tell = tell

    @property
    def public_key(self) -> PublicKey:
        return self._signer.public_key

    @property
    def key_arn(self) -> str:
        return self._signer.key_arn

    def sign(self, message: bytes) -> bytes:
        return self._told(self._signer.sign, message)

    def sign_prehashed(self, prehashed: bytes) -> bytes:
        return self._told(self._signer.sign_prehashed, prehashed)

    def _told(self, sign: Callable[[bytes], bytes], data: bytes) -> bytes:
        try:
            return sign(data)
        except KMSError as error:
            if error.code in _OUT_OF_USE:
                self._tell(self)
            raise

    def __repr__(self) -> str:
        return repr(self._signer)


@checked
def follow(
    client: KMSClient,
    alias: str,
    alg: str | None = None,
    *,
    ttl: timedelta = TTL,
    max_stale: timedelta = MAX_STALE,
    audit: AuditHook | None = None,
    verify: bool = False,
) -> AliasSource:
    """A source of signers that follows an alias: give it wherever a signer is taken.

    The alias is looked up now, and again every `ttl`, less up to a tenth. If that fails, the source goes on with the
    key that it has, logs it, and tries again every ten seconds.

    Args:
        client: A boto3 KMS client.
        alias: Alias name (``alias/x``) or alias ARN; a key id or ARN does as well, but never moves.
        alg: The JOSE name, for an RSA key whose tags name none. Of every other key the tags ``kmsjose:alg`` and
            ``kmsjose:kid`` say what they do, or the key itself.
        ttl: How long a signer is used before the alias is looked up again.
        max_stale: For how long a signer is used on, if the alias can't be looked up.
        audit: Told of each signature before it is released, for example a `kms.AuditLog`.
        verify: Verify each signature before it is released; the first one of each signer always is.

    Raises:
        InputError: ``usage``: the times are not 0 < `ttl` <= `max_stale`; and as `KMSSigner.open`.
        KMSError: as AWS answers.

    >>> from kmsjose import jwt, kms
    >>> client = kms.connect(local=":memory:")
    >>> key = kms.create_key(client, "ES256", alias="issuer")
    >>> source = follow(client, "alias/issuer")
    >>> token = jwt.sign({"sub": "alice"}, source)
    >>> source.key_arn == key
    True
    """
    if not timedelta(0) < ttl <= max_stale:
        raise InputError("usage", "ttl is more than 0 and at most max_stale")

    def open_signer() -> KMSSigner:
        try:
            return open_tagged(client, alias, audit=audit, verify=verify)
        except InputError as error:
            if error.code != "alg-required" or alg is None:
                raise
        return open_tagged(client, alias, alg, audit=audit, verify=verify)

    return AliasSource(open_signer, alias, ttl.total_seconds(), max_stale.total_seconds())
