"""A folder that can't be written, and one that is not there: what only reads works, and makes nothing."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from kmsjose import KMSSigner, jws, kms
from kmsjose.errors import InputError

CHANGES = {
    "create_key": lambda client, key: client.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY"),
    "disable_key": lambda client, key: client.disable_key(KeyId=key),
    "schedule_key_deletion": lambda client, key: client.schedule_key_deletion(KeyId=key),
    "create_alias": lambda client, key: client.create_alias(AliasName="alias/b", TargetKeyId=key),
    "tag_resource": lambda client, key: client.tag_resource(KeyId=key, Tags=[{"TagKey": "a", "TagValue": "b"}]),
}


@pytest.fixture(params=[errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOSPC, errno.ENOENT])
def read_only(request, connect, create, tmp_path, monkeypatch):
    """A folder with a key, as it is on a file system without writing: whoever is root could write anywhere else."""
    folder = tmp_path / "keys"
    client = connect(folder)
    client.create_alias(AliasName="alias/a", TargetKeyId=create(client))
    opened, made = os.open, Path.mkdir

    def refuse(path):
        raise OSError(request.param, os.strerror(request.param), str(path))

    def open_to_read(path, flags, *more, **options):
        return refuse(path) if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) else opened(path, flags, *more, **options)

    def make(path, *more, **options):
        return made(path, *more, **options) if path.exists() else refuse(path)

    monkeypatch.setattr(os, "open", open_to_read)
    monkeypatch.setattr(Path, "mkdir", make)
    monkeypatch.setattr(Path, "unlink", lambda path, missing_ok=False: refuse(path))
    return folder


def test_keys_are_listed_shown_exported_and_sign(read_only):
    client = kms.connect(local=read_only)
    (info,) = kms.list_keys(client)
    assert info.aliases == ("alias/a",)
    signer = KMSSigner.open(client, "alias/a")
    assert jws.verify(jws.sign(b"payload", signer), signer.public_key).payload == b"payload"
    assert client.get_key_last_usage(KeyId=info.arn)["KeyLastUsage"] == {}


@pytest.mark.parametrize("change", CHANGES)
def test_what_changes_a_key_says_that_it_can_not(read_only, change):
    client = kms.connect(local=read_only)
    key = client.describe_key(KeyId="alias/a")["KeyMetadata"]["Arn"]
    with pytest.raises(InputError) as caught:
        CHANGES[change](client, key)
    assert caught.value.code == "file-unwritable"
    assert str(read_only) in caught.value.message
    assert kms.describe_key(client, key).state == "Enabled"


def test_a_folder_that_can_not_be_made_says_so_to_whoever_makes_a_key(connect, create, tmp_path, monkeypatch):
    def refuse(path, *more, **options):
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    client = connect(tmp_path / "keys")
    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(InputError) as caught:
        create(client)
    assert caught.value.code == "file-unwritable"


@pytest.mark.parametrize(
    "call",
    [
        lambda client: client.list_keys(),
        lambda client: client.list_aliases(),
        lambda client: client.describe_key(KeyId="alias/a"),
        lambda client: client.sign(KeyId="alias/a", Message=b"m", SigningAlgorithm="ECDSA_SHA_256"),
        lambda client: client.disable_key(KeyId="00000000-0000-4000-8000-000000000000"),
        lambda client: client.delete_alias(AliasName="alias/a"),
        lambda client: client.create_key(KeySpec="ECC_NIST_P256"),
        lambda client: client.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY", Policy="{}"),
    ],
)
def test_what_makes_no_key_makes_no_folder(connect, tmp_path, call):
    client = connect(tmp_path / "a" / "typo")
    try:
        call(client)
    except client.exceptions.ClientError as error:
        assert error.response["Error"]["Code"] in {
            "NotFoundException", "ValidationException", "MalformedPolicyDocumentException",
        }  # fmt: skip
    assert list(tmp_path.iterdir()) == []


def test_a_key_that_another_process_makes_in_a_missing_folder_is_seen(connect, create, tmp_path):
    early = connect(tmp_path / "keys")
    assert early.list_keys()["Keys"] == []
    arn = create(connect(tmp_path / "keys"))
    assert [key["KeyArn"] for key in early.list_keys()["Keys"]] == [arn]
    early.disable_key(KeyId=arn)
