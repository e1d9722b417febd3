"""A genuine boto3 client before the embedded KMS, and how AWS's errors are stated."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from os import PathLike
from typing import Any

import pytest
from boto3.session import Session
from botocore.config import Config
from botocore.exceptions import ClientError

from kmsjose.kms.local import attach


@pytest.fixture(scope="session")
def session() -> Session:
    return Session(aws_access_key_id="x", aws_secret_access_key="x", region_name="eu-west-1")


@pytest.fixture(scope="session")
def connect(session: Session) -> Callable[..., Any]:
    """A client of a folder, or of memory."""

    def make(where: str | PathLike[str] = ":memory:", *, region: str = "eu-west-1", **options: Any) -> Any:
        config = Config(retries={"mode": "standard", "total_max_attempts": 3})
        client = session.client("kms", region_name=region, config=config)
        attach(client, where, **options)
        return client

    return make


@pytest.fixture
def client(connect: Callable[..., Any]) -> Any:
    """A client whose KMS is empty and keeps nothing."""
    return connect()


@pytest.fixture(scope="session")
def create() -> Callable[..., str]:
    """Make a signing key and give its ARN."""

    def make(client: Any, spec: str = "ECC_NIST_P256", usage: str = "SIGN_VERIFY", **options: Any) -> str:
        return client.create_key(KeySpec=spec, KeyUsage=usage, **options)["KeyMetadata"]["Arn"]

    return make


@pytest.fixture(scope="session")
def aws_refuses() -> Callable[..., AbstractContextManager[None]]:
    """``with aws_refuses(code, text):`` states that a call is answered by this error; no text means any."""

    @contextmanager
    def expect(code: str, text: str | None = None) -> Iterator[None]:
        with pytest.raises(ClientError) as caught:
            yield
        error = caught.value.response["Error"]
        assert error["Code"] == code, error
        if text is not None:
            assert error["Message"] == text
        assert caught.value.response["ResponseMetadata"]["RequestId"]

    return expect
