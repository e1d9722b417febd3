"""The record of each signature: what it says, when it is made, and that no signature leaves without it."""

from __future__ import annotations

import asyncio
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256, sha384
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmsjose import InputError, KMSError, KMSSigner, jws, jwt, kms
from kmsjose.kms import SignatureRecord, audit

SECRET = "a-claim-that-nobody-else-may-see"


@pytest.fixture
def records():
    return []


@pytest.fixture
def audited(kmsjose_client, kmsjose_signer, records):
    """A function: the name of an algorithm -> a KMSSigner that tells `records`."""

    def open_again(alg):
        return KMSSigner.open(kmsjose_client, kmsjose_signer(alg).key_arn, alg, audit=records.append)

    return open_again


def test_a_signature_is_told_with_all_that_identifies_it(audited, records):
    signer = audited("ES256")
    before = datetime.now(UTC)
    signer.sign(b"message")
    (record,) = records
    assert before <= record.time <= datetime.now(UTC)
    assert record.key_arn == signer.key_arn
    assert record.kid == signer.public_key.kid
    assert record.alg == "ES256"
    assert record.signing_input_sha256 == sha256(b"message").hexdigest()
    assert (record.prehashed, record.label) == (None, None)


def test_the_request_id_is_that_of_the_answer(kmsjose_client, audited, records):
    answers = []
    kmsjose_client.meta.events.register("after-call.kms.Sign", lambda parsed, **_: answers.append(parsed))
    signer = audited("ES256")
    for number in range(3):
        signer.sign(b"message %d" % number)
    assert [record.request_id for record in records] == [answer["ResponseMetadata"]["RequestId"] for answer in answers]
    assert len({record.request_id for record in records}) == 3


@pytest.mark.parametrize("size", [1, 4096, 4097])
def test_the_digest_is_that_of_the_signing_input_for_every_algorithm(row, audited, records, size):
    if size > row.raw_up_to and row.message_type == "RAW":
        return
    audited(row.name).sign(bytes(size))
    assert records[0].signing_input_sha256 == sha256(bytes(size)).hexdigest()
    assert records[0].prehashed is None


def test_the_digest_of_a_token_is_that_of_its_signing_input(audited, records):
    token = jwt.sign({"sub": "alice"}, audited("ES384"), lifetime=timedelta(minutes=5))
    assert records[0].signing_input_sha256 == sha256(token.rpartition(".")[0].encode()).hexdigest()


def test_a_prehashed_payload_is_told_by_the_digest_that_was_sent(row, audited, records):
    if not row.prehashed_size:
        return
    signer = audited(row.name)
    prehashed = signer.public_key.prehash(BytesIO(b"payload"))
    signer.sign_prehashed(prehashed)
    told = (records[0].signing_input_sha256, records[0].prehashed)
    if row.hash is None:
        assert told == (None, f"mu:{prehashed.hex()}")
    elif row.hash.name == "sha256":
        assert told == (sha256(b"payload").hexdigest(), None)
    else:
        assert told == (None, f"{row.hash.name}:{prehashed.hex()}")


def test_a_prehashed_payload_of_sha384_is_named_so(audited, records):
    audited("ES384").sign_prehashed(sha384(b"payload").digest())
    assert records[0].prehashed == f"sha384:{sha384(b'payload').hexdigest()}"


def test_a_file_of_any_size_is_told_too(audited, records):
    jws.sign(BytesIO(bytes(100_000)), audited("ES512"), detached=True)
    assert records[0].prehashed.startswith("sha512:")


def test_no_content_is_in_a_record(row, audited, records):
    jws.sign(SECRET.encode(), audited(row.name), header={"note": SECRET})
    jwt.sign({"sub": SECRET}, audited(row.name))
    told = "".join(map(repr, records)) + "".join(record.to_json() for record in records)
    assert len(records) == 2
    assert SECRET not in told
    assert SECRET.encode().hex() not in told


class TestAHookThatFails:
    @pytest.fixture
    def failing(self, kmsjose_client, kmsjose_signer):
        def fail(record):
            raise OSError(28, f"No space left for {record.kid}")

        return KMSSigner.open(kmsjose_client, kmsjose_signer("ES256").key_arn, audit=fail)

    def test_keeps_the_signature_back(self, failing, kmsjose_faults, refused):
        kmsjose_faults.clear()
        with refused("audit-failed", KMSError) as caught:
            failing.sign(b"message")
        assert isinstance(caught.value.__cause__, OSError)
        assert kmsjose_faults.calls == ["Sign"]

    def test_keeps_that_of_a_digest_back(self, failing, refused):
        with refused("audit-failed", KMSError):
            failing.sign_prehashed(bytes(32))

    def test_is_told_with_the_request_id_that_cloudtrail_has(self, failing, kmsjose_client, refused):
        answers = []
        kmsjose_client.meta.events.register("after-call.kms.Sign", lambda parsed, **_: answers.append(parsed))
        with refused("audit-failed", KMSError) as caught:
            failing.sign(b"message")
        assert caught.value.request_id == answers[0]["ResponseMetadata"]["RequestId"]
        assert caught.value.operation == "Sign"
        assert not caught.value.retryable

    def test_is_not_quoted_if_it_is_not_ours(self, kmsjose_client, kmsjose_signer, refused):
        def fail(record):
            raise RuntimeError(SECRET)

        signer = KMSSigner.open(kmsjose_client, kmsjose_signer("ES256").key_arn, audit=fail)
        with refused("audit-failed", KMSError) as caught:
            signer.sign(b"message")
        assert SECRET not in str(caught.value)
        assert "RuntimeError" in str(caught.value)

    def test_that_is_interrupted_releases_nothing_either(self, kmsjose_client, kmsjose_signer):
        def interrupt(record):
            raise KeyboardInterrupt

        signer = KMSSigner.open(kmsjose_client, kmsjose_signer("ES256").key_arn, audit=interrupt)
        with pytest.raises(KeyboardInterrupt):
            signer.sign(b"message")


def test_what_kms_refuses_is_no_signature(audited, kmsjose_client, records, refused):
    signer = audited("ES256")
    kms.disable_key(kmsjose_client, signer.key_arn)
    with refused("disabled", KMSError):
        signer.sign(b"message")
    assert records == []


def test_an_answer_that_is_refused_is_no_signature(kmsjose_client, audited, records, refused):
    signer = audited("ES256")
    kmsjose_client.meta.events.register("after-call.kms.Sign", lambda parsed, **_: parsed.update(KeyId="another"))
    with refused("unexpected-answer", KMSError):
        signer.sign(b"message")
    assert records == []


def test_an_answer_without_a_request_id_is_told_without_one(kmsjose_client, audited, records):
    kmsjose_client.meta.events.register("after-call.kms.Sign", lambda parsed, **_: parsed.pop("ResponseMetadata"))
    audited("ES256").sign(b"message")
    assert records[0].request_id is None


def test_the_constructor_takes_a_hook_too(kmsjose_client, kmsjose_signer, records):
    opened = kmsjose_signer("ES256")
    KMSSigner(kmsjose_client, opened.key_arn, opened.public_key, audit=records.append).sign(b"message")
    assert len(records) == 1


class TestALabel:
    def test_is_put_on_what_is_signed_within_its_block(self, audited, records):
        signer = audited("ES256")
        signer.sign(b"before")
        with audit.label("tenant-42"):
            signer.sign(b"within")
            with audit.label("tenant-43"):
                signer.sign(b"deeper")
            signer.sign(b"within again")
        signer.sign(b"after")
        assert [record.label for record in records] == [None, "tenant-42", "tenant-43", "tenant-42", None]

    def test_ends_with_its_block_even_if_that_fails(self, audited, records):
        signer = audited("ES256")
        with pytest.raises(ZeroDivisionError), audit.label("tenant-42"):
            raise ZeroDivisionError
        signer.sign(b"after")
        assert records[0].label is None

    def test_is_of_its_thread_alone(self, audited, records):
        signer = audited("ES256")
        together = threading.Barrier(4, timeout=30)

        def work(name):
            with audit.label(name):
                together.wait()
                signer.sign(name.encode())
                together.wait()

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(work, "abcd"))
        assert {record.label: record.signing_input_sha256 for record in records} == {
            name: sha256(name.encode()).hexdigest() for name in "abcd"
        }

    def test_goes_with_its_task_and_into_its_threads(self, audited, records):
        signer = audited("ES256")

        async def work(name):
            with audit.label(name):
                await asyncio.sleep(0)
                await asyncio.to_thread(signer.sign, name.encode())
                await asyncio.sleep(0)
                signer.sign(name.encode())

        async def all_at_once():
            await asyncio.gather(*map(work, "abcd"))

        asyncio.run(all_at_once())
        assert len(records) == 8
        assert all(record.signing_input_sha256 == sha256(record.label.encode()).hexdigest() for record in records)

    def test_that_is_left_in_another_context_does_no_harm(self, audited, records):
        """As a framework does that runs the two halves of a dependency in two threads."""
        block = audit.label("tenant-42")
        with ThreadPoolExecutor(1) as pool:
            pool.submit(block.__enter__).result(30)
        block.__exit__(None, None, None)
        audited("ES256").sign(b"message")
        assert records[0].label is None

    def test_of_a_generator_that_another_thread_ends_leaves_that_ones_label_alone(self, audited, records):
        signer = audited("ES256")

        def generator():
            with audit.label("tenant-1"):
                yield

        started = generator()
        with ThreadPoolExecutor(1) as pool:
            pool.submit(next, started).result(30)
        with audit.label("tenant-2"):
            started.close()
            signer.sign(b"message")
        signer.sign(b"message")
        assert [record.label for record in records] == ["tenant-2", None]

    @pytest.mark.parametrize(
        "text", ["", "x" * 257, "two\nlines", "tab\there", "\x1b[31m", "a\u202eb", "\ud800", "\u2028", None, 7, b"x"]
    )
    def test_that_is_too_long_or_cannot_be_seen_is_refused(self, text, refused):
        with refused("usage", InputError), audit.label(text):
            pass

    @pytest.mark.parametrize("text", ["x", "x" * 256, "Müller & Söhne", "租户 42", '"quoted" \\'])
    def test_may_be_anything_else(self, text, audited, records):
        with audit.label(text):
            audited("ES256").sign(b"message")
        assert json.loads(records[0].to_json())["label"] == text


texts = st.text(max_size=20)
times = st.datetimes(timezones=st.just(UTC))


@given(
    st.builds(
        SignatureRecord, times, texts, texts, texts,
        st.none() | texts, st.none() | texts, st.none() | texts, st.none() | texts,
    )
)  # fmt: skip
def test_a_record_is_one_line_of_ascii_that_reads_back(record):
    line = record.to_json()
    assert line.isascii()
    assert line.isprintable()
    assert SignatureRecord.from_json(line.encode()) == record


def test_the_time_is_utc_to_the_microsecond():
    when = datetime(2026, 1, 2, 8, 34, 5, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    record = SignatureRecord(when, "a", "k", "ES256", None, None, None, None)
    assert json.loads(record.to_json())["time"] == "2026-01-02T03:04:05.000000Z"


GOOD = SignatureRecord(datetime(2026, 1, 2, tzinfo=UTC), "arn", "k", "ES256", "id", "ab", None, None).to_json()


def test_a_member_that_a_later_version_adds_is_left_aside():
    assert SignatureRecord.from_json(GOOD.replace("{", '{"later":[1],', 1).encode()).alg == "ES256"


@pytest.mark.parametrize("change", [
    {"time": None}, {"time": "yesterday"}, {"time": "2026-01-02T00:00:00"}, {"time": 7}, {"key_arn": None},
    {"kid": 1}, {"alg": None}, {"request_id": 7}, {"label": ["x"]}, {"prehashed": {}}, {"signing_input_sha256": True},
    {"time": "0001-01-01T00:00:00+14:00"},
])  # fmt: skip
def test_a_member_of_another_type_is_no_record(change, refused):
    with refused("json-invalid", InputError):
        SignatureRecord.from_json(json.dumps({**json.loads(GOOD), **change}).encode())


@pytest.mark.parametrize("name", json.loads(GOOD))
def test_a_line_that_lacks_a_member_is_no_record(name, refused):
    members = json.loads(GOOD)
    del members[name]
    with refused("json-invalid", InputError):
        SignatureRecord.from_json(json.dumps(members).encode())


@given(st.binary(max_size=200) | st.text(max_size=50).map(str.encode) | st.integers(0, len(GOOD)).map(
    lambda end: GOOD[:end].encode()))  # fmt: skip
def test_any_other_line_is_our_error(line):
    try:
        record = SignatureRecord.from_json(line)
    except InputError as error:
        assert error.code == "json-invalid"
    else:
        assert record.to_json() == GOOD
