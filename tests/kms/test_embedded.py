"""The contracts of KMS, of a rotation and of a Signer on the embedded KMS."""

from __future__ import annotations

import pytest

from kmsjose import KMSSigner, kms
from kmsjose.algorithms import TABLE
from tests.contracts.kms import KMSContract
from tests.contracts.rotation import RotationContract
from tests.contracts.signer import SignerContract


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("keys")


@pytest.fixture(scope="module")
def client(folder):
    return kms.connect(local=folder)


@pytest.fixture(scope="module")
def elsewhere(folder):
    return kms.connect(local=folder, region="us-east-1")


@pytest.fixture(scope="module", params=[row.name for row in TABLE])
def signer(request, client, key):
    return KMSSigner.open(client, key(request.param), request.param)


class TestEmbeddedKMS(KMSContract):
    pass


class TestRotation(RotationContract):
    pass


class TestKMSSigner(SignerContract):
    pass
