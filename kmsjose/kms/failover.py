"""Opens a multi-Region key in several regions at once, so that signing goes on where one of them is down."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from ..arguments import DAY, check_seconds, checked
from ..errors import InputError, KMSError
from ..keys.public_key import PublicKey
from ..signers.failover import OF_ONE_PLACE, Failover, same_key
from ..signers.signer import Signer
from .audit import AuditHook
from .calls import KMSClient, region_of
from .identifiers import Arn
from .tagged import open_tagged

_MULTI_REGION_ID: Final = re.compile(r"mrk-[A-Za-z0-9]{1,252}")


@checked
def open_failover(
    clients: Sequence[KMSClient],
    key: str,
    alg: str | None = None,
    kid: str | bytes | None = None,
    *,
    pause: float = 30.0,
    longest_pause: float = 300.0,
    audit: AuditHook | None = None,
    verify: bool = False,
    clock: Callable[[], float] = time.monotonic,
) -> Failover:
    """Open a multi-Region key in each client's region, as `open_tagged` does, and sign in the first one that works.

    A region that can't be reached now, or where the tags may not be listed, is opened when it is first needed, and its
    key is compared then. Each region that is down costs its client's timeouts once, so give clients that don't wait
    long.

    Args:
        clients: Boto3 KMS clients of different regions, in the order in which they are to be used.
        key: The key's id, ``mrk-…``, or its ARN in any region.
        alg: The JOSE name; None takes that of the key's tag, or the one that a key of its type has.
        kid: The key id to publish, text or bytes; None takes that of the key's tag, or the RFC 7638 thumbprint.
        pause: Seconds that a region which fails is left alone at first; it doubles while it fails.
        longest_pause: Seconds at most.
        audit: Told of each signature before it is released, wherever it was made.
        verify: Verify each signature before it is released; the first one of each signer always is.
        clock: Seconds that never go back.

    Raises:
        InputError: ``usage``: not a multi-Region key, no client, two of one region, regions whose keys differ, or a
            pause of no time or over a day; and as `open_tagged`.
        KMSError: as AWS answers, if no region does.
    """
    check_seconds(DAY, pause=pause, longest_pause=longest_pause)
    key_id = _key_id(key)
    _check_regions(clients)
    opened: list[Signer | None] = []
    errors: list[KMSError] = []
    for client in clients:
        try:
            opened.append(open_tagged(client, key_id, alg, kid, audit=audit, verify=verify))
        except KMSError as error:
            if error.code not in OF_ONE_PLACE:
                raise
            opened.append(None)
            errors.append(error)
    public_key = next((signer.public_key for signer in opened if signer is not None), None)
    if public_key is None:
        raise errors[-1]
    signers = [
        _Late(
            region_of(client),
            key_id,
            public_key,
            partial(open_tagged, client, key_id, alg, kid, audit=audit, verify=verify),
        )
        if signer is None
        else signer
        for client, signer in zip(clients, opened, strict=True)
    ]
    failover = Failover(signers, pause=pause, longest_pause=longest_pause, clock=clock)
    late = [signer for signer in signers if isinstance(signer, _Late)]
    for signer, why in zip(late, errors, strict=True):
        failover.pause(signer, why)
    return failover


def _key_id(key: str) -> str:
    arn = Arn.parse(key)
    key_id = key if arn is None else arn.resource.removeprefix("key/")
    if not _MULTI_REGION_ID.fullmatch(key_id):
        raise InputError(
            "usage",
            f"{key[:80]!r} is no multi-Region key: give its id, mrk-…, or its ARN; an alias is another in each region",
        )
    return key_id


def _check_regions(clients: Sequence[KMSClient]) -> None:
    regions = [region_of(client) for client in clients]
    if not regions:
        raise InputError("usage", "give a client of each region")
    for region in regions:
        if regions.count(region) > 1:
            raise InputError("usage", f"two of the clients are of {region}: give one of each region")


class _Late:
    """The Signer of a region that could not be reached when the key was opened."""

    def __init__(self, region: str, key_id: str, public_key: PublicKey, opener: Callable[[], Signer]) -> None:
        self._region = region
        self._key_id = key_id
        self._public_key = public_key
        self._opener = opener
        self._opened: Signer | None = None

    @property
    def public_key(self) -> PublicKey:
        """What the key is elsewhere, and must be here."""
        return self._public_key

    def sign(self, message: bytes) -> bytes:
        """As `KMSSigner.sign`."""
        return self._signer().sign(message)

    def sign_prehashed(self, prehashed: bytes) -> bytes:
        """As `KMSSigner.sign_prehashed`."""
        return self._signer().sign_prehashed(prehashed)

    def _signer(self) -> Signer:
        # Without a lock, for to wait for another call's timeout helps nobody; opening twice does no harm.
        if self._opened is None:
            self._opened = self._open()
        return self._opened

    def _open(self) -> Signer:
        try:
            signer = self._opener()
        except InputError as error:
            raise self._other_key(error.message) from error
        if not same_key(signer.public_key, self._public_key):
            raise self._other_key("its public key, algorithm or kid differs")
        return signer

    def _other_key(self, why: str) -> KMSError:
        return KMSError("unexpected-answer", f"{self._key_id} is not the same key in {self._region}: {why}")

    def __repr__(self) -> str:
        return f"<signer of {self._key_id} in {self._region}>"
