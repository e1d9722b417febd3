"""The audit log as a file: whole lines from many at once, and what may happen to a file meanwhile."""

from __future__ import annotations

import json
import os
import resource
import signal
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from kmsjose import InputError, KMSError, KMSSigner, kms
from kmsjose.kms import AuditLog, SignatureRecord


@pytest.fixture
def path(tmp_path):
    return tmp_path / "audit.log"


def record(number=0, label=None):
    return SignatureRecord(datetime.now(UTC), "arn", "kid", "ES256", f"request-{number}", "ab" * 32, None, label)


def request_ids(path):
    # An empty line means nothing; writers that met half a line at once may leave one.
    return [SignatureRecord.from_json(line).request_id for line in path.read_bytes().splitlines() if line]


def test_each_signature_is_a_line(path, kmsjose_client, kmsjose_signer):
    signer = KMSSigner.open(kmsjose_client, kmsjose_signer("ES256").key_arn, audit=AuditLog(path))
    with kms.audit.label("tenant-42"):
        signer.sign(b"one")
    signer.sign(b"two")
    first, second = path.read_bytes().splitlines(keepends=True)
    assert first.endswith(b"\n")
    assert second.endswith(b"\n")
    assert json.loads(first)["label"] == "tenant-42"
    assert SignatureRecord.from_json(second).key_arn == signer.key_arn


def test_a_new_log_is_its_owners_alone(path):
    AuditLog(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_log_that_is_there_keeps_its_lines_and_permissions(path):
    AuditLog(path)(record(1))
    path.chmod(0o640)
    AuditLog(path)(record(2))
    assert request_ids(path) == ["request-1", "request-2"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_log_that_waits_for_the_disk_has_the_same_lines(path):
    log = AuditLog(path, fsync=True)
    log(record(1))
    log(record(2))
    assert request_ids(path) == ["request-1", "request-2"]


def test_a_renamed_log_is_begun_anew(path, tmp_path):
    log = AuditLog(path)
    log(record(1))
    path.rename(tmp_path / "audit.log.1")
    log(record(2))
    assert request_ids(tmp_path / "audit.log.1") == ["request-1"]
    assert request_ids(path) == ["request-2"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_relative_path_is_that_of_the_folder_of_its_making(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    log = AuditLog("audit.log")
    monkeypatch.chdir("/")
    log(record(1))
    assert request_ids(path) == ["request-1"]


def test_half_a_line_that_a_crash_left_spoils_no_other(path):
    log = AuditLog(path)
    log(record(1))
    with path.open("ab") as file:
        file.write(record(2).to_json().encode()[:40])
    log(record(3))
    first, torn, third = path.read_bytes().splitlines()
    assert SignatureRecord.from_json(first).request_id == "request-1"
    assert len(torn) == 40
    assert SignatureRecord.from_json(third).request_id == "request-3"


def test_a_disk_that_takes_half_a_record_is_told_and_spoils_no_other(path, refused):
    """A limit on the size of files cuts a write short as a full disk does."""
    log = AuditLog(path)
    log(record(1))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 10, before[1]))
    try:
        with refused("file-unwritable", InputError):
            log(record(2))
        with refused("file-unwritable", InputError):
            log(record(3))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    log(record(4))
    lines = path.read_bytes().splitlines()
    assert SignatureRecord.from_json(lines[0]).request_id == "request-1"
    assert SignatureRecord.from_json(lines[-1]).request_id == "request-4"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")  # noqa: PTH110 - no file
def test_a_full_disk_keeps_the_signature_back(path, kmsjose_client, kmsjose_signer, monkeypatch, refused):
    log = AuditLog(path)
    signer = KMSSigner.open(kmsjose_client, kmsjose_signer("ES256").key_arn, audit=log)
    monkeypatch.setattr(log.__class__, "_open", lambda self: os.open("/dev/full", os.O_RDWR))
    with refused("audit-failed", KMSError) as caught:
        signer.sign(b"message")
    assert str(path) in str(caught.value)
    assert "No space left" in str(caught.value)


def test_a_link_is_not_followed(path, tmp_path, refused):
    (tmp_path / "elsewhere").write_bytes(b"")
    path.symlink_to(tmp_path / "elsewhere")
    with refused("file-unwritable", InputError):
        AuditLog(path)
    path.unlink()
    path.symlink_to(tmp_path / "not there")
    with refused("file-unwritable", InputError):
        AuditLog(path)
    assert not (tmp_path / "not there").exists()


def test_a_link_that_takes_the_logs_place_is_not_followed(path, tmp_path, refused):
    log = AuditLog(path)
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    with refused("file-unwritable", InputError):
        log(record(1))
    assert (tmp_path / "elsewhere").read_bytes() == b""


@pytest.mark.parametrize("where", ["", ".", "no/such/folder/audit.log", "with\0null", "/dev/null"])
def test_what_cannot_be_a_log_is_refused_when_it_is_made(tmp_path, monkeypatch, where, refused):
    monkeypatch.chdir(tmp_path)
    with refused("file-unwritable", InputError):
        AuditLog(where)


def test_a_pipe_without_a_reader_makes_nobody_wait(path, refused):
    os.mkfifo(path)
    with refused("file-unwritable", InputError):
        AuditLog(path)


def test_a_log_says_where_it_is(path):
    assert repr(AuditLog(path)) == f"<AuditLog {path}>"


WRITER = """
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from kmsjose.kms import AuditLog, SignatureRecord

log, process, each = AuditLog(sys.argv[1]), sys.argv[2], int(sys.argv[3])

def write(thread):
    for number in range(each):
        name = f"{process}-{thread}-{number}"
        log(SignatureRecord(datetime.now(UTC), "arn", "kid", "ES256", name, None, None, "x" * (number % 200)))

with ThreadPoolExecutor(4) as pool:
    list(pool.map(write, range(4)))
"""


def test_lines_of_many_threads_and_processes_stay_whole_while_the_log_is_rotated(path, tmp_path):
    processes, threads, each = 3, 4, 2000
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, path, str(number), str(each)]) for number in range(processes)
    ]
    rotated = 0
    for writer in writers:
        while True:
            try:
                assert writer.wait(0.05) == 0
                break
            except subprocess.TimeoutExpired:
                if path.exists() and rotated < 200:
                    path.rename(tmp_path / f"audit.log.{rotated}")
                    rotated += 1
    lines = [line for file in sorted(tmp_path.iterdir()) for line in request_ids(file)]
    assert rotated
    assert len(lines) == processes * threads * each
    assert set(lines) == {
        f"{process}-{thread}-{number}"
        for process in range(processes)
        for thread in range(threads)
        for number in range(each)
    }


def test_threads_that_sign_at_once_leave_a_line_each(path, kmsjose_client, kmsjose_signer):
    signer = KMSSigner.open(kmsjose_client, kmsjose_signer("ES256").key_arn, audit=AuditLog(path))
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: signer.sign(b"%d" % number), range(100)))
    assert len(set(request_ids(path))) == 100
