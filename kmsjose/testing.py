"""pytest fixtures for code that signs with kmsjose: pytest finds them once the package is installed.

============================ ==========================================================================
``kmsjose_faults``           the switchboard of the embedded KMS's faults
``kmsjose_client``           a boto3 client of an embedded KMS that keeps nothing
``kmsjose_signer``           a function: the name of an algorithm -> a KMSSigner of a new key, or of the one made before
``kmsjose_each_signer``      a KMSSigner; the test runs once for every algorithm
============================ ==========================================================================

Example::

    def test_my_issuer(kmsjose_signer):
        token = my_issuer.issue(kmsjose_signer("ES256"))
        ...

    def test_throttled(kmsjose_signer, kmsjose_faults):
        signer = kmsjose_signer("ES256")
        kmsjose_faults.throttle("Sign")
        with pytest.raises(KMSError):
            my_issuer.issue(signer)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from .algorithms import TABLE

if TYPE_CHECKING:
    from .kms import KMSClient, KMSSigner
    from .kms.local import Faults

__all__ = ["kmsjose_client", "kmsjose_each_signer", "kmsjose_faults", "kmsjose_signer"]

#: Bits of RSA keys: the smallest, since their making is what takes time.
_RSA_BITS = 2048


@pytest.fixture
def kmsjose_faults() -> Faults:
    """The faults of `kmsjose_client`; nothing goes wrong until the test says so."""
    from .kms.local import Faults

    return Faults()


@pytest.fixture
def kmsjose_client(kmsjose_faults: Faults) -> KMSClient:
    """A boto3 client of an embedded KMS of this test alone."""
    from .kms import connect

    return connect(local=":memory:", faults=kmsjose_faults)


@pytest.fixture
def kmsjose_signer(kmsjose_client: KMSClient) -> Callable[[str], KMSSigner]:
    """A function from the name of an algorithm to a KMSSigner; each has a key of its own, made when first asked for."""
    from .algorithms import by_name
    from .kms import KMSSigner, create_key

    made: dict[str, KMSSigner] = {}

    def signer(alg: str) -> KMSSigner:
        row = by_name(alg)
        if row.name not in made:
            bits = _RSA_BITS if len(row.key_specs) > 1 else None
            arn = create_key(kmsjose_client, row.name, bits=bits)
            made[row.name] = KMSSigner.open(kmsjose_client, arn, row.name)
        return made[row.name]

    return signer


@pytest.fixture(params=[row.name for row in TABLE])
def kmsjose_each_signer(request: pytest.FixtureRequest, kmsjose_signer: Callable[[str], KMSSigner]) -> KMSSigner:
    """A KMSSigner: the test that asks for it runs once for every algorithm."""
    return kmsjose_signer(request.param)
