"""Every error of boto3 becomes one of ours, with what an operator needs at three in the morning."""

from __future__ import annotations

import logging
import socket
import threading
import time
import traceback

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from kmsjose import InputError, KMSError, KMSSigner, kms
from kmsjose.kms.aws_errors import AWS_CODES
from kmsjose.kms.calls import call
from tests.kms.endpoints import free_port

CREDENTIALS = kms.Credentials("test", "secret-of-the-test")


@pytest.fixture
def signer(kmsjose_signer):
    return kmsjose_signer("ES256")


@pytest.fixture
def impatient(kmsjose_faults):
    """A signer whose client tries once."""
    client = kms.connect(local=":memory:", faults=kmsjose_faults, max_attempts=1)
    return KMSSigner.open(client, kms.create_key(client, "ES256"))


@pytest.mark.parametrize("aws_code, code", [(aws, ours) for ours, codes in AWS_CODES.items() for aws in codes])
def test_each_code_of_aws_has_its_code_of_ours(impatient, kmsjose_faults, aws_code, code):
    kmsjose_faults.error(aws_code, "Sign", message="what AWS says")
    with pytest.raises(KMSError) as caught:
        impatient.sign(b"message")
    error = caught.value
    assert (error.code, error.aws_code, error.operation) == (code, aws_code, "Sign")
    assert error.retryable == (code in {"throttled", "unavailable"})
    assert error.request_id
    assert "what AWS says" in str(error)
    assert error.hint in str(error)
    assert isinstance(error.__cause__, ClientError)
    assert error.exit_status == 3


@pytest.mark.parametrize(
    "message, code",
    [
        ("arn:aws:kms:eu-west-1:111122223333:key/1 is creating.", "not-ready"),
        ("arn:aws:kms:eu-west-1:111122223333:key/1 is Updating.", "not-ready"),
        ("arn:aws:kms:eu-west-1:111122223333:key/1 is pending import.", "not-ready"),
        ("arn:aws:kms:eu-west-1:111122223333:key/1 is pending deletion.", "invalid-state"),
        ("arn:aws:kms:eu-west-1:111122223333:key/1 is pending replica deletion.", "invalid-state"),
        ("arn:aws:kms:eu-west-1:111122223333:key/1 is not pending deletion.", "invalid-state"),
        ("", "invalid-state"),
    ],
)
@pytest.mark.parametrize("operation", ["GetPublicKey", "Sign"])
def test_a_key_that_is_not_ready_is_told_from_one_that_is_going(impatient, kmsjose_faults, operation, message, code):
    kmsjose_faults.error("KMSInvalidStateException", operation, message=message)
    with pytest.raises(KMSError) as caught:
        KMSSigner.open(impatient._client, impatient.key_arn).sign(b"message")
    assert (caught.value.code, caught.value.retryable) == (code, code == "not-ready")
    assert ("undelete" in str(caught.value)) == (code == "invalid-state")


def test_every_error_that_the_service_model_gives_these_operations_is_known(kmsjose_client):
    model = kmsjose_client.meta.service_model
    operations = ("CreateKey", "GetPublicKey", "Sign", "DescribeKey", "ListKeys", "ListAliases", "ListResourceTags",
                  "CreateAlias", "UpdateAlias", "DeleteAlias", "EnableKey", "DisableKey", "ScheduleKeyDeletion",
                  "CancelKeyDeletion")  # fmt: skip
    named = {shape.name for name in operations for shape in model.operation_model(name).error_shapes}
    # Keys in a custom key store are not made here, so their errors stay what they are: "failed", with AWS's message.
    foreign = {name for name in named if name.startswith(("CustomKeyStore", "CloudHsm", "Xks"))}
    assert named - foreign <= {aws for codes in AWS_CODES.values() for aws in codes}


@pytest.mark.parametrize("status, code", [(400, "failed"), (429, "throttled"), (500, "unavailable")])
def test_a_code_that_is_not_known_goes_by_its_status(impatient, kmsjose_faults, status, code):
    kmsjose_faults.error("SomethingNewException", "Sign", status=status)
    with pytest.raises(KMSError) as caught:
        impatient.sign(b"message")
    assert caught.value.code == code


def test_throttling_is_retried(signer, kmsjose_faults):
    kmsjose_faults.clear()
    kmsjose_faults.throttle("Sign", times=2)
    signer.sign(b"message")
    assert kmsjose_faults.calls == ["Sign"] * 3


def test_throttling_until_the_retries_end_says_so_and_may_be_tried_again(kmsjose_faults):
    client = kms.connect(local=":memory:", faults=kmsjose_faults, max_attempts=2)
    signer = KMSSigner.open(client, kms.create_key(client, "ES256"))
    kmsjose_faults.throttle("Sign")
    with pytest.raises(KMSError) as caught:
        signer.sign(b"message")
    assert (caught.value.code, caught.value.retryable) == ("throttled", True)
    assert kmsjose_faults.calls.count("Sign") == 2


@pytest.mark.parametrize("fault", ["drop", "timeout", "refuse"])
def test_a_connection_that_fails_is_retried_and_then_reported(kmsjose_faults, fault):
    client = kms.connect(local=":memory:", faults=kmsjose_faults, max_attempts=2)
    signer = KMSSigner.open(client, kms.create_key(client, "ES256"))
    getattr(kmsjose_faults, fault)("Sign")
    with pytest.raises(KMSError) as caught:
        signer.sign(b"message")
    assert (caught.value.code, caught.value.retryable) == ("connection", True)
    assert caught.value.aws_code is None
    assert isinstance(caught.value.__cause__, BotoCoreError)
    assert kmsjose_faults.calls.count("Sign") == 2


def test_an_endpoint_that_refuses_is_a_connection_error():
    url = f"http://127.0.0.1:{free_port()}"
    client = kms.connect(region="eu-west-1", endpoint_url=url, credentials=CREDENTIALS, max_attempts=1)
    with pytest.raises(KMSError) as caught:
        KMSSigner.open(client, "alias/issuer")
    assert caught.value.code == "connection"


def test_an_endpoint_that_hangs_is_given_up():
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        client = kms.connect(
            region="eu-west-1", endpoint_url=url, credentials=CREDENTIALS, max_attempts=1, read_timeout=0.2
        )
        with pytest.raises(KMSError) as caught:
            KMSSigner.open(client, "alias/issuer")
    assert caught.value.code == "connection"


def test_an_endpoint_that_speaks_no_kms_is_reported():
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer():
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
                time.sleep(0.1)

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        client = kms.connect(region="eu-west-1", endpoint_url=url, credentials=CREDENTIALS, max_attempts=1)
        with pytest.raises(KMSError):
            KMSSigner.open(client, "alias/issuer")
        thread.join(5)


def test_no_credentials_is_said(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", "none")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "none")
    client = kms.connect(region="eu-west-1", max_attempts=1)
    with pytest.raises(KMSError) as caught:
        KMSSigner.open(client, "alias/issuer")
    assert caught.value.code == "credentials"


def test_credentials_that_have_expired_are_said(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret-of-the-test")
    monkeypatch.setenv("AWS_CREDENTIAL_EXPIRATION", "2020-01-01T00:00:00Z")
    client = kms.connect(region="eu-west-1", max_attempts=1, endpoint_url=f"http://127.0.0.1:{free_port()}")
    with pytest.raises(KMSError) as caught:
        KMSSigner.open(client, "alias/issuer")
    assert (caught.value.code, caught.value.operation) == ("credentials", "GetPublicKey")


def test_the_wrong_region_is_named_with_the_right_one(kmsjose_client):
    with pytest.raises(KMSError) as caught:
        KMSSigner.open(kmsjose_client, "arn:aws:kms:us-east-1:111122223333:key/00000000-0000-4000-8000-000000000000")
    assert caught.value.code == "not-found"
    assert "the key's ARN is of us-east-1, but the client calls eu-west-1" in caught.value.message


def test_a_key_id_that_is_not_found_is_reported_with_the_region_that_was_asked(kmsjose_client):
    with pytest.raises(KMSError) as caught:
        KMSSigner.open(kmsjose_client, "alias/nobody")
    assert "eu-west-1" in caught.value.message


def test_a_parameter_that_boto3_refuses_is_neither_quoted_nor_chained(kmsjose_client):
    with pytest.raises(KMSError) as caught:
        call(
            kmsjose_client,
            "Sign",
            KeyId="alias/x",
            Message={"content": "of the message"},
            SigningAlgorithm="ECDSA_SHA_256",
        )
    assert caught.value.code == "invalid-request"
    assert "of the message" not in "".join(traceback.format_exception(caught.value))


def test_what_is_no_client_is_refused():
    with pytest.raises(InputError) as caught:
        KMSSigner.open(object(), "alias/issuer")
    assert caught.value.code == "usage"


def test_messages_of_several_lines_become_one(signer, kmsjose_faults):
    kmsjose_faults.error("AccessDeniedException", "Sign", message="User: arn\n is not authorized\r\n" + "x" * 2000)
    with pytest.raises(KMSError) as caught:
        signer.sign(b"message")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 800


def test_nothing_of_ours_logs_the_message_or_the_key(signer, caplog):
    caplog.set_level(logging.DEBUG, "kmsjose")
    signer.sign(b"content of the message")
    assert not [record for record in caplog.records if record.name.startswith("kmsjose")]


def test_a_listing_is_read_to_its_end(kmsjose_client):
    made = {kms.create_key(kmsjose_client, "ES256") for _ in range(130)}
    assert {info.arn for info in kms.list_keys(kmsjose_client)} == made
