"""Answers that are cut short on their way: boto3 takes many of them for a success without its members."""

from __future__ import annotations

import json
import threading
from base64 import b64decode, b64encode
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from kmsjose import KMSError, KMSSigner, kms
from kmsjose.ecdsa import raw_to_der
from kmsjose.kms.calls import call

ARN = "arn:aws:kms:eu-west-1:111122223333:key/00000000-0000-4000-8000-000000000001"
#: How often a call is made in all.
CALLS = 3

#: What arrives of an answer: its content, and whether its length is that of the whole.
CUTS = {
    "half, by its length": lambda whole: (whole[: len(whole) // 2], True),
    "half": lambda whole: (whole[: len(whole) // 2], False),
    "nothing": lambda whole: (b"", False),
    "one byte": lambda whole: (whole[:1], False),
    "a page of a proxy": lambda _whole: (b"<html>Bad gateway</html>", False),
    "a list": lambda _whole: (b"[]", False),
    "null": lambda _whole: (b"null", False),
    "half a character": lambda _whole: (b'{"KeyId": "\xc3', False),
    "bytes that are none": lambda _whole: (b'{"Signature": "A", "PublicKey": "A"}', False),
    "a number": lambda _whole: (b'{"Signature": 5, "PublicKey": 5}', False),
    "without its members": lambda _whole: (b"{}", False),
}


class Endpoint:
    """A KMS over plain HTTP that has one key and cuts as many of its answers as it is told to."""

    def __init__(self, signer):
        self.signer = signer
        self.cut, self.left, self.calls = None, 0, []
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_POST(self):
                asked = self.rfile.read(int(self.headers["content-length"]))
                operation = self.headers["x-amz-target"].partition(".")[2]
                endpoint.calls.append(operation)
                whole = json.dumps(endpoint.answer(operation, json.loads(asked))).encode()
                content, full_length = whole, False
                if endpoint.left:
                    endpoint.left -= 1
                    content, full_length = endpoint.cut(whole)
                self.send_response(200)
                self.send_header("content-type", "application/x-amz-json-1.1")
                self.send_header("content-length", str(len(whole if full_length else content)))
                self.end_headers()
                self.wfile.write(content)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def answer(self, operation, asked):
        key = self.signer.public_key
        if operation == "GetPublicKey":
            spki = b64encode(key.spki).decode()
            return {"KeyId": ARN, "PublicKey": spki, "KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY"}
        if operation == "Sign":
            raw = self.signer.sign_prehashed(b64decode(asked["Message"]))
            signature = b64encode(raw_to_der(raw, key.algorithm)).decode()
            return {"KeyId": ARN, "Signature": signature, "SigningAlgorithm": asked["SigningAlgorithm"]}
        return {"KeyMetadata": {"Arn": ARN}, "Keys": [], "Aliases": [], "Tags": []}

    def client(self):
        return kms.connect(
            region="eu-west-1",
            endpoint_url=f"http://127.0.0.1:{self.server.server_port}",
            credentials=kms.Credentials("test", "test"),
            max_attempts=1,
        )

    def cut_next(self, cut, times):
        self.cut, self.left = cut, times
        self.calls.clear()


@pytest.fixture(scope="module")
def endpoint(signers):
    endpoint = Endpoint(signers["ES256"])
    yield endpoint
    endpoint.server.shutdown()
    endpoint.server.server_close()


@pytest.fixture(autouse=True)
def from_the_beginning(endpoint, monkeypatch):
    endpoint.cut_next(None, 0)
    monkeypatch.setattr("kmsjose.kms.calls.sleep", lambda _seconds: None)


@pytest.mark.parametrize("cut", CUTS.values(), ids=CUTS)
class TestCut:
    def test_a_signature_is_asked_for_again(self, endpoint, cut):
        signer = KMSSigner.open(endpoint.client(), ARN)
        endpoint.cut_next(cut, CALLS - 1)
        signer.public_key.verify(b"message", signer.sign(b"message"))
        assert endpoint.calls == ["Sign"] * CALLS

    def test_a_public_key_is_asked_for_again(self, endpoint, cut):
        endpoint.cut_next(cut, CALLS - 1)
        assert KMSSigner.open(endpoint.client(), ARN).public_key == endpoint.signer.public_key
        assert endpoint.calls == ["GetPublicKey"] * CALLS

    def test_it_ends_as_a_broken_connection_does(self, endpoint, cut):
        signer = KMSSigner.open(endpoint.client(), ARN)
        endpoint.cut_next(cut, 99)
        with pytest.raises(KMSError) as caught:
            signer.sign(b"message")
        error = caught.value
        assert (error.code, error.operation, error.retryable) == ("connection", "Sign", True)
        assert endpoint.calls == ["Sign"] * CALLS


@pytest.mark.parametrize("operation", ["DescribeKey", "ListKeys", "ListAliases", "ListResourceTags"])
def test_whatever_is_only_read_is_read_again(endpoint, operation):
    parameters = {"KeyId": ARN} if operation in {"DescribeKey", "ListResourceTags"} else {}
    endpoint.cut_next(CUTS["half"], CALLS - 1)
    assert call(endpoint.client(), operation, **parameters)
    assert endpoint.calls == [operation] * CALLS


def test_a_key_is_not_made_a_second_time(endpoint):
    endpoint.cut_next(CUTS["half"], 99)
    with pytest.raises(KMSError) as caught:
        call(endpoint.client(), "CreateKey")
    assert caught.value.code == "connection"
    assert endpoint.calls == ["CreateKey"]


def test_an_answer_that_has_no_members_is_whole(endpoint):
    endpoint.cut_next(CUTS["nothing"], 99)
    call(endpoint.client(), "EnableKey", KeyId=ARN)
    assert endpoint.calls == ["EnableKey"]
