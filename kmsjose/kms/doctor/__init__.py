"""Why does it not sign: a list of checks of one key, in the order in which one thing depends on another."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from ...algorithms import by_name
from ...arguments import checked, refuse_misuse
from ...errors import KmsJoseError
from ...keys import KeySet
from ..calls import KMSClient
from ..identifiers import check_key_id
from .case import Case, Check, Finding, failed_by, skipped
from .clock import clock as compare_clocks
from .identity import credentials
from .key import key as describe
from .key import material, names, state
from .published import published
from .signing import fips, public_key, sign
from .target import endpoint, region

__all__ = ["Check", "examine", "unreachable"]


@dataclass(frozen=True, slots=True)
class _Step:
    """A check, and the checks without which it makes no sense."""

    name: str
    look: Callable[[Case], Finding]
    needs: tuple[str, ...] = ()


_STEPS: Final = (
    _Step("credentials", credentials),
    _Step("region", region),
    _Step("endpoint", endpoint),
    _Step("key", describe, ("credentials", "region")),
    _Step("clock", compare_clocks),
    _Step("state", state, ("key",)),
    _Step("material", material, ("key",)),
    _Step("names", names, ("key",)),
    _Step("public-key", public_key, ("key", "state")),
    _Step("fips", fips, ("public-key",)),
    _Step("sign", sign, ("public-key",)),
    _Step("published", published, ("public-key",)),
)


@checked
def examine(
    client: KMSClient,
    key: str,
    *,
    alg: str | None = None,
    kid: str | None = None,
    load: Callable[[str], KeySet] | None = None,
    clock: Callable[[], float] = time.time,
) -> Iterator[Check]:
    """Look at everything that signing with a key needs, and say of each what it is and what to do; nothing is signed.

    A check that fails leaves out those that need it. The checks are made as they are asked for.

    Args:
        client: A boto3 KMS client.
        key: Key id, key ARN, alias name or alias ARN.
        alg: The JOSE name that the key is to sign by; an RSA key needs it, or the tag ``kmsjose:alg``.
        kid: The kid that it is to sign with; None takes that of the tag ``kmsjose:kid``, else the RFC 7638 thumbprint.
        load: Reads the keys that are published, to compare them; it is told the JOSE name that the key signs by, for a
            published RSA key that names none. None compares none.
        clock: Seconds since 1970 on this machine.

    Raises:
        InputError: ``usage``: what can't be a key id; ``alg-unknown``.

    >>> from kmsjose import kms
    >>> client = kms.connect(local=":memory:")
    >>> arn = kms.create_key(client, "ES256", alias="issuer")
    >>> [check.name for check in examine(client, "alias/issuer") if check.status == "ok"]
    ['region', 'endpoint', 'key', 'clock', 'state', 'material', 'names', 'public-key', 'sign']
    """
    refuse_misuse(examine, locals())  # here, since the checks are made one by one, as they are asked for
    check_key_id(key)
    if alg is not None:
        by_name(alg)
    return _examined(Case(client, key, alg, kid, load, clock))


@checked
def unreachable(error: KmsJoseError) -> Iterator[Check]:
    """The same list where not even a client could be made.

    Args:
        error: Why it could not.
    """
    yield _named("client", failed_by(error))
    yield from (_named(step.name, skipped("needs client")) for step in _STEPS)


def _examined(case: Case) -> Iterator[Check]:
    out: set[str] = set()
    for step in _STEPS:
        missing = next((name for name in step.needs if name in out), None)
        finding = step.look(case) if missing is None else skipped(f"needs {missing}")
        if missing is not None or finding.status == "failed":
            out.add(step.name)
        yield _named(step.name, finding)


def _named(name: str, finding: Finding) -> Check:
    return Check(name, finding.status, finding.what, finding.advice)
