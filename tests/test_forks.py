"""A process that forks while its threads are busy: the child goes on by itself, on connections of its own."""

from __future__ import annotations

import hashlib
import json
import os
import threading
import time
from base64 import b64decode, b64encode
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from kmsjose import KMSError, KMSSigner, LocalSigner, RemoteKeys, kms
from kmsjose.ecdsa import raw_to_der
from kmsjose.errors import FetchError
from kmsjose.file_lock import lock, unlock
from kmsjose.forks import renewed_in_child
from kmsjose.keys.attempts import Attempts
from kmsjose.keys.moment import now
from kmsjose.kms.local import Faults
from kmsjose.kms.local.files import MemoryFiles
from tests.forking import PATIENCE, busy, ended, forked, succeeds_in_child

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")

ARN = "arn:aws:kms:eu-west-1:111122223333:key/00000000-0000-4000-8000-000000000001"


def test_a_child_makes_anew_what_is_alive_and_its_parent_nothing():
    class Owner:
        pid = os.getpid()

    owner, gone = Owner(), Owner()
    for one in (owner, gone):
        renewed_in_child(one, lambda one: setattr(one, "pid", os.getpid()))
    del one, gone

    def child():
        assert owner.pid == os.getpid()

    assert succeeds_in_child(child)
    assert owner.pid == os.getpid()


class TestFollow:
    @pytest.fixture
    def following(self, kmsjose_client):
        kms.create_key(kmsjose_client, "ES256", alias="issuer")
        return kms.follow(kmsjose_client, "alias/issuer")

    def test_a_child_looks_the_alias_up_again_while_a_thread_of_its_parent_does(
        self, following, kmsjose_client, kmsjose_faults
    ):
        moved = kms.create_key(kmsjose_client, "ES256")
        kms.set_alias(kmsjose_client, moved, "issuer")
        following._due_age = 0.0

        def look(within):
            kmsjose_faults.before("GetPublicKey", within)
            following.current()

        def child():
            kmsjose_faults.clear()
            assert following.current().key_arn == moved

        with busy(look):
            assert succeeds_in_child(child)

    def test_a_child_that_has_to_wait_for_a_look_does_not_wait_for_that_of_its_parent(
        self, following, kmsjose_client, kmsjose_faults
    ):
        following._due_age, following._max_stale = 0.0, 1e-9

        def look(within):
            kmsjose_faults.before("GetPublicKey", within)
            following.current()

        def child():
            kmsjose_faults.clear()
            following.current().sign(b"message")

        with busy(look):
            assert succeeds_in_child(child)

    def test_children_look_at_other_times_than_their_parent(self, following):
        before = following._due_age

        def child():
            assert 0.89 * before < following._due_age < before

        assert succeeds_in_child(child)
        assert following._due_age == before

    def test_a_look_that_forks_itself_ends_in_both(self, following, kmsjose_faults):
        following._due_age = 0.0
        children = []
        kmsjose_faults.before("GetPublicKey", lambda: children.append(os.fork()))
        try:
            following.current().sign(b"message")
        finally:
            if children == [0]:
                os._exit(0 if following._looking.acquire(blocking=False) else 1)
        assert [ended(child) for child in children] == [0]


def test_a_child_makes_its_own_attempt_while_a_thread_of_its_parent_is_at_one():
    works = []

    def work():
        works.pop()()

    attempts = Attempts(work, longest=3600, cooldown=1, clock=now)

    def fetch(within):
        works.append(within)
        attempts.attempt(0)

    def child():
        done = []
        works.append(lambda: done.append(True))
        attempts.attempt(PATIENCE)
        assert done == [True]

    with busy(fetch):
        assert succeeds_in_child(child)


def test_a_child_fetches_keys_while_a_thread_of_its_parent_does(signers, monkeypatch):
    keys = RemoteKeys("https://issuer.example/jwks.json")
    held = []

    def fetch(*_, **__):
        if held:
            held.pop()()
        raise FetchError("unreachable", "in this process", retryable=True)

    monkeypatch.setattr("kmsjose.keys.remote.fetch", fetch)

    def in_thread(within):
        held.append(within)
        with pytest.raises(FetchError):
            keys.key_set()

    def child():
        with pytest.raises(FetchError) as caught:
            keys.key_set()
        assert caught.value.code == "unreachable"

    with busy(in_thread):
        assert succeeds_in_child(child)


@pytest.mark.parametrize("make", [Faults, MemoryFiles])
def test_a_child_uses_an_embedded_kms_whose_lock_a_thread_of_its_parent_has(make):
    owner = make()

    def hold(within):
        with owner._lock:
            within()

    def child():
        with owner._lock:
            pass

    with busy(hold):
        assert succeeds_in_child(child)


def test_a_child_makes_keys_in_memory_of_its_own(kmsjose_client):
    arn = kms.create_key(kmsjose_client, "ES256")

    def child():
        KMSSigner.open(kmsjose_client, arn).sign(b"message")
        kms.create_key(kmsjose_client, "ES256")

    assert succeeds_in_child(child)
    assert [info.arn for info in kms.list_keys(kmsjose_client)] == [arn]


def test_a_lock_of_a_file_ends_with_its_owner_although_a_child_was_forked_meanwhile(tmp_path):
    path = tmp_path / ".lock"
    path.touch()
    first = os.open(path, os.O_RDWR)
    lock(first, str(path), PATIENCE)
    begun, end = os.pipe()
    child = forked(lambda: os.read(begun, 1))
    unlock(first)
    os.close(first)
    second = os.open(path, os.O_RDWR)
    try:
        lock(second, str(path), 0)
    finally:
        os.write(end, b"x")
        assert ended(child) == 0
        for descriptor in (second, begun, end):
            os.close(descriptor)


class SlowKMS:
    """A KMS over plain HTTP that keeps connections, and answers in its own time."""

    def __init__(self, signer: LocalSigner):
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_POST(self):
                asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
                if self.headers["x-amz-target"].endswith(".Sign"):
                    time.sleep(0.002)
                    raw = signer.sign_prehashed(b64decode(asked["Message"]))
                    signature = b64encode(raw_to_der(raw, signer.public_key.algorithm)).decode()
                    answer = {"Signature": signature, "SigningAlgorithm": asked["SigningAlgorithm"]}
                else:
                    spki = b64encode(signer.public_key.spki).decode()
                    answer = {"PublicKey": spki, "KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY"}
                body = json.dumps({"KeyId": ARN, **answer}).encode()
                self.send_response(200)
                self.send_header("content-type", "application/x-amz-json-1.1")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            block_on_close = False  # connections are kept by whoever made them

        self.server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture(scope="module")
def slow_kms(signers):
    kms = SlowKMS(signers["ES256"])
    yield kms.url
    kms.server.shutdown()
    kms.server.server_close()


@pytest.fixture
def client(slow_kms):
    return kms.connect(region="eu-west-1", endpoint_url=slow_kms, credentials=kms.Credentials("test", "test"))


def _sign_and_verify(signer, name, times):
    for number in range(times):
        message = hashlib.sha256(f"{name} {number}".encode()).digest()
        signer.public_key.verify(message, signer.sign(message))


def test_children_and_threads_that_share_a_client_each_get_their_own_signatures(client):
    signer = KMSSigner.open(client, ARN)
    _sign_and_verify(signer, "parent", 1)  # a connection is open now
    done = []

    def in_thread(name):
        _sign_and_verify(signer, name, 20)
        done.append(name)

    children = [forked(lambda name=f"child {i}": _sign_and_verify(signer, name, 20)) for i in range(3)]
    threads = [threading.Thread(target=in_thread, args=(f"thread {i}",)) for i in range(2)]
    for thread in threads:
        thread.start()
    assert [ended(child) for child in children] == [0, 0, 0]
    for thread in threads:
        thread.join(PATIENCE)
    assert sorted(done) == ["thread 0", "thread 1"]


def test_a_child_has_no_connection_of_its_parent_in_its_pool(client):
    """The names are botocore's own: a new one of its releases is found out here."""
    signer = KMSSigner.open(client, ARN)
    session = client._endpoint.http_session
    before = session._manager
    assert len(before.pools) == 1

    def child():
        assert session._manager is not before
        assert len(session._manager.pools) == 0
        assert session._manager.pool_classes_by_scheme == before.pool_classes_by_scheme
        assert session._proxy_managers == {}
        signer.sign(b"message")
        assert len(session._manager.pools) == 1

    assert succeeds_in_child(child)
    assert session._manager is before


def test_a_client_that_the_caller_made_is_made_anew_too(slow_kms):
    import boto3

    theirs = boto3.client(
        "kms", region_name="eu-west-1", endpoint_url=slow_kms, aws_access_key_id="x", aws_secret_access_key="x"
    )
    signer = KMSSigner.open(theirs, ARN)
    before = theirs._endpoint.http_session._manager

    def child():
        assert theirs._endpoint.http_session._manager is not before
        signer.sign(b"message")

    assert succeeds_in_child(child)


def test_a_child_renews_the_credentials_of_a_role_while_a_thread_of_its_parent_does(slow_kms):
    client = kms.connect(
        region="eu-west-1",
        endpoint_url=slow_kms,
        credentials=kms.Credentials("test", "test"),
        role_arn="arn:aws:iam::111122223333:role/issuer",
        max_attempts=1,
    )
    credentials = client._request_signer._credentials
    answer = {"access_key": "A", "secret_key": "s", "token": "t", "expiry_time": "2099-01-01T00:00:00+00:00"}

    def renew(within):
        def get():
            within()
            return answer

        credentials._refresh_using = get
        credentials.get_frozen_credentials()

    def child():
        credentials._refresh_using = lambda: answer
        assert credentials.get_frozen_credentials().access_key == "A"

    with busy(renew):
        assert succeeds_in_child(child)


def test_an_error_of_kms_is_the_same_in_a_child(kmsjose_client, kmsjose_faults):
    signer = KMSSigner.open(kmsjose_client, kms.create_key(kmsjose_client, "ES256"))
    kmsjose_faults.error("DisabledException", "Sign")

    def child():
        with pytest.raises(KMSError) as caught:
            signer.sign(b"message")
        assert caught.value.code == "disabled"

    assert succeeds_in_child(child)
