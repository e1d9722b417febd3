"""The contract of AWS's own client on the embedded KMS."""

from __future__ import annotations

import pytest
from boto3.session import Session
from botocore.config import Config

from kmsjose import kms
from kmsjose.kms.local import attach
from tests.contracts.kms_api import KMSAPIContract


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("keys")


@pytest.fixture(scope="module")
def client(folder):
    return kms.connect(local=folder)


@pytest.fixture(scope="module")
def unchecked(folder):
    session = Session(aws_access_key_id="x", aws_secret_access_key="x", region_name="eu-west-1")
    client = session.client("kms", config=Config(parameter_validation=False))
    attach(client, folder)
    return client


class TestEmbeddedAPI(KMSAPIContract):
    pass
