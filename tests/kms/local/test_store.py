"""What is kept survives other processes, kills and damage, and is nobody else's to read."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import stat
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from kmsjose.errors import InputError
from tests.rfc8410 import as_pem, pkcs8

PRELUDE = """
import os, signal, sys
from boto3.session import Session
from kmsjose.kms.local import attach
session = Session(aws_access_key_id="x", aws_secret_access_key="x", region_name="eu-west-1")
def connect():
    client = session.client("kms")
    attach(client, sys.argv[1])
    return client
def create(client, **options):
    return client.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY", **options)["KeyMetadata"]["KeyId"]
"""

MANY = """
client, name = connect(), sys.argv[2]
print("ready", flush=True)
for number in range(int(sys.argv[3])):
    key = create(client)
    client.create_alias(AliasName=f"alias/{name}-{number}", TargetKeyId=key)
    client.tag_resource(KeyId=key, Tags=[{"TagKey": "of", "TagValue": name}])
"""

# A child for every step that changes the folder: it kills itself just before the step.
KILLED = """
def work(client):
    first, second = create(client), create(client, MultiRegion=True)
    client.create_alias(AliasName=f"alias/{first}", TargetKeyId=first)
    client.update_alias(AliasName=f"alias/{first}", TargetKeyId=second)
    client.disable_key(KeyId=first)
    client.delete_alias(AliasName=f"alias/{first}")

def check(client):
    keys = {entry["KeyId"] for page in client.get_paginator("list_keys").paginate() for entry in page["Keys"]}
    for key in keys:
        if client.describe_key(KeyId=key)["KeyMetadata"]["Enabled"]:
            client.sign(KeyId=key, Message=b"m", SigningAlgorithm="ECDSA_SHA_256")
    for page in client.get_paginator("list_aliases").paginate():
        assert {alias["TargetKeyId"] for alias in page["Aliases"]} <= keys
    return keys

def check_files(keys):
    folder = sys.argv[1] + "/eu-west-1"
    files = set(os.listdir(folder)) if os.path.exists(folder) else set()
    used = {key + ".used" for key in keys}
    assert files - {"aliases.json"} - used == {key + end for key in keys for end in (".pem", ".json")}, files

def kill_at(step):
    left = step
    def hook(event, arguments):
        nonlocal left
        if event in ("open", "os.rename", "os.remove") and str(arguments[0]).startswith(sys.argv[1]):
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(hook)

client, step = connect(), 0
while True:
    child = os.fork()
    if not child:
        kill_at(step)
        work(client)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    # First as one sees it who was there before, then as one who opens the folder anew, and sweeps it.
    assert check(client) == check(newcomer := connect())
    check_files(check(newcomer))
    if not status:
        break
    assert os.WTERMSIG(status) == signal.SIGKILL, status
    step += 1
print(step)
"""


def _start(script: str, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", PRELUDE + script, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _files(folder: Path) -> list[Path]:
    return [file for file in folder.rglob("*") if file.is_file()]


def _consistent(client) -> set[str]:
    """Check that every key and alias is whole, and give the aliases."""
    keys = {entry["KeyId"] for page in client.get_paginator("list_keys").paginate() for entry in page["Keys"]}
    for key in keys:
        client.sign(KeyId=key, Message=b"m", SigningAlgorithm="ECDSA_SHA_256")
    aliases = [alias for page in client.get_paginator("list_aliases").paginate() for alias in page["Aliases"]]
    assert {alias["TargetKeyId"] for alias in aliases} <= keys
    return {alias["AliasName"] for alias in aliases}


def test_keys_outlive_the_client(connect, create, tmp_path):
    first = connect(tmp_path / "new" / "keys")
    arn = create(first, Description="kept")
    first.create_alias(AliasName="alias/a", TargetKeyId=arn)
    second = connect(tmp_path / "new" / "keys")
    assert second.describe_key(KeyId="alias/a")["KeyMetadata"] == first.describe_key(KeyId=arn)["KeyMetadata"]
    assert second.get_public_key(KeyId=arn)["PublicKey"] == first.get_public_key(KeyId=arn)["PublicKey"]


def test_memory_is_not_shared(connect, create):
    create(connect())
    assert connect().list_keys()["Keys"] == []


def test_only_the_owner_can_read(connect, create, tmp_path):
    previous = os.umask(0)
    try:
        client = connect(tmp_path / "keys")
        arn = create(client)
        client.create_alias(AliasName="alias/a", TargetKeyId=arn)
        external = create(client, Origin="EXTERNAL")
        client.get_parameters_for_import(
            KeyId=external, WrappingAlgorithm="RSA_AES_KEY_WRAP_SHA_256", WrappingKeySpec="RSA_2048"
        )
    finally:
        os.umask(previous)
    files = _files(tmp_path / "keys")
    assert {file.suffix for file in files} == {".pem", ".json", ""}
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    for folder in (tmp_path / "keys", tmp_path / "keys" / "eu-west-1"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_the_first_line_says_what_the_key_is_for(connect, create, tmp_path):
    create(connect(tmp_path))
    (pem,) = tmp_path.rglob("*.pem")
    first, second = pem.read_text().splitlines()[:2]
    assert "development only, never for production" in first
    assert second == "-----BEGIN PRIVATE KEY-----"


def test_clients_see_each_others_changes_at_once(connect, create, tmp_path):
    one, two = connect(tmp_path), connect(tmp_path)
    first, second = create(one), create(two)
    one.create_alias(AliasName="alias/a", TargetKeyId=first)
    for target in (second, first) * 10:
        one.update_alias(AliasName="alias/a", TargetKeyId=target)
        assert two.describe_key(KeyId="alias/a")["KeyMetadata"]["Arn"] == target
    two.disable_key(KeyId=first)
    assert one.describe_key(KeyId=first)["KeyMetadata"]["KeyState"] == "Disabled"


@pytest.mark.parametrize("kept", ["folder", ":memory:"])
def test_threads_lose_nothing(connect, create, tmp_path, kept):
    client = connect(tmp_path if kept == "folder" else kept)

    def work(number: int) -> None:
        client.create_alias(AliasName=f"alias/{number}", TargetKeyId=create(client))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(40)))
    assert len(_consistent(client)) == 40


def test_two_processes_lose_nothing(connect, tmp_path):
    workers = [_start(MANY, tmp_path, name, 15) for name in ("one", "two")]
    for worker in workers:
        _, errors = worker.communicate(timeout=60)
        assert worker.returncode == 0, errors
    expected = {f"alias/{name}-{number}" for name in ("one", "two") for number in range(15)}
    assert _consistent(connect(tmp_path)) == expected


def test_killed_at_every_step(tmp_path):
    worker = _start(KILLED, tmp_path)
    output, errors = worker.communicate(timeout=120)
    assert worker.returncode == 0, errors
    assert int(output) > 20


def test_killed_at_any_time(connect, tmp_path):
    for pause in (0.02, 0.07):
        worker = _start(MANY, tmp_path, f"run{pause}".replace(".", "-"), 10_000)
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
        time.sleep(pause)
        worker.send_signal(signal.SIGKILL)
        worker.communicate()
        _consistent(connect(tmp_path))
    assert not [file for file in _files(tmp_path) if file.name.startswith(".unfinished")]


def test_what_a_killed_process_left_is_cleared_away(connect, create, tmp_path):
    arn = create(connect(tmp_path))
    folder = tmp_path / "eu-west-1"
    (folder / ".unfinished-aliases.json").write_bytes(b"{")
    (folder / "00000000-0000-4000-8000-000000000000.pem").write_bytes(b"no record was written")
    client = connect(tmp_path)
    assert [entry["KeyArn"] for entry in client.list_keys()["Keys"]] == [arn]
    assert sorted(file.suffix for file in folder.iterdir()) == [".json", ".pem"]


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"\xff\xfe\xfd", b'{"id": 1}', b"[" * 100_000, as_pem(pkcs8("Ed25519", 31))],
)
@pytest.mark.parametrize("end", [".json", ".pem"])
def test_a_damaged_file_is_named(connect, create, aws_refuses, tmp_path, content, end):
    client = connect(tmp_path)
    arn, other = create(client), create(client)
    file = tmp_path / "eu-west-1" / (arn.partition("key/")[2] + end)
    file.write_bytes(content)
    with pytest.raises(client.exceptions.KMSInvalidStateException, match=str(file)):
        client.sign(KeyId=arn, Message=b"m", SigningAlgorithm="ECDSA_SHA_256")
    connect(tmp_path).sign(KeyId=other, Message=b"m", SigningAlgorithm="ECDSA_SHA_256")


def test_damaged_aliases_are_named(connect, create, tmp_path):
    client = connect(tmp_path)
    client.create_alias(AliasName="alias/a", TargetKeyId=create(client))
    file = tmp_path / "eu-west-1" / "aliases.json"
    entries = json.loads(file.read_bytes())
    entries["alias/a"]["target"] = 7
    file.write_text(json.dumps(entries))
    with pytest.raises(client.exceptions.KMSInvalidStateException, match=str(file)):
        client.describe_key(KeyId="alias/a")


def test_a_material_of_another_key_is_refused(connect, create, tmp_path):
    client = connect(tmp_path)
    first, second = create(client), create(client, "ECC_NIST_P384")
    one, two = (tmp_path / "eu-west-1" / (arn.partition("key/")[2] + ".pem") for arn in (first, second))
    one.write_bytes(two.read_bytes())
    with pytest.raises(client.exceptions.KMSInvalidStateException, match="no private key of ECC_NIST_P256"):
        client.get_public_key(KeyId=first)


def test_a_missing_material_is_told(connect, create, tmp_path):
    client = connect(tmp_path)
    arn = create(client)
    next(tmp_path.rglob("*.pem")).unlink()
    with pytest.raises(client.exceptions.KMSInvalidStateException, match="private key is missing"):
        client.get_public_key(KeyId=arn)


def test_a_full_disk_is_told(connect, create, tmp_path, monkeypatch):
    client = connect(tmp_path)

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(client.exceptions.KMSInvalidStateException, match="No space left on device"):
        create(client)
    monkeypatch.undo()
    assert client.list_keys()["Keys"] == []


def test_a_folder_that_somebody_keeps_locked_is_told_within_bounds(connect, create, aws_refuses, tmp_path, monkeypatch):
    monkeypatch.setattr("kmsjose.kms.local.folder.PATIENCE", 0.05)
    client = connect(tmp_path)
    arn = create(client)
    with (tmp_path / ".lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        with aws_refuses("DependencyTimeoutException"):
            client.disable_key(KeyId=arn)
        with pytest.raises(InputError) as caught:
            connect(tmp_path)
        assert client.describe_key(KeyId=arn)["KeyMetadata"]["Enabled"]
    assert caught.value.code == "folder-busy"
    assert str(tmp_path / ".lock") in caught.value.message
    client.disable_key(KeyId=arn)


def test_a_folder_that_can_not_be_one(connect, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(InputError) as caught:
        connect(tmp_path / "file")
    assert caught.value.code == "file-unreadable"


def test_no_repr_shows_a_key(connect, create, tmp_path):
    client = connect(tmp_path)
    create(client)
    secret = next(tmp_path.rglob("*.pem")).read_text().splitlines()[2]
    (handler,) = client.meta.events._emitter._lookup_cache["before-send.kms.CreateKey"]
    shown = [handler, handler._region, handler._region.store, handler._region.store._parsed]
    assert not any(secret in repr(thing) for thing in shown)
