"""What the shell completes where a key or a rotation is named."""

from __future__ import annotations

import pytest

from kmsjose import kms
from kmsjose.cli.main import kmsjose, main
from kmsjose.kms import rotation

_CLIENTS = {}


@pytest.fixture
def completed(capsysbinary, monkeypatch):
    """What is completed of a command line of which the last word is begun; a folder's client is made once."""
    genuine = kms.connect
    monkeypatch.setattr(kms, "connect", lambda **given: _CLIENTS.get(given["local"]) or genuine(**given))

    def complete(*words):
        monkeypatch.setenv("_KMSJOSE_COMPLETE", "bash_complete")
        monkeypatch.setenv("COMP_WORDS", " ".join(["kmsjose", *map(str, words)]))
        monkeypatch.setenv("COMP_CWORD", str(len(words)))
        capsysbinary.readouterr()
        main([])
        out, err = capsysbinary.readouterr()
        assert err == b""
        return [line.partition(",")[2] for line in out.decode().splitlines() if line]

    return complete


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Keys of some names, and a rotation."""
    folder = tmp_path_factory.mktemp("completion") / "keys"
    client = kms.connect(local=folder)
    for alias in ("issuer", "issuer-old", "release"):
        kms.create_key(client, "ES256", alias=alias)
    rotation.stage(client, "turning", "ES256")
    _CLIENTS[str(folder)] = client
    return folder


@pytest.mark.parametrize("words", [
    ("jwt", "sign", "--key"), ("jws", "sign", "--key"), ("cose", "sign", "--key"), ("cwt", "sign", "--key"),
    ("vc", "issue", "--key"), ("export",), ("key", "show"), ("key", "enable"), ("key", "delete"), ("key", "alias"),
    ("key", "csr"), ("key", "cert"), ("key", "replicate"), ("key", "import", "f", "--into"), ("doctor",), ("policy",),
    ("publish", "site", "--key"), ("key", "unalias"), ("export", "alias/release"),
])  # fmt: skip
def test_aliases_are_completed_wherever_a_key_is_named(completed, folder, words):
    assert completed("--local", folder, *words, "alias/i") == ["alias/issuer", "alias/issuer-old"]
    assert completed("--local", folder, *words, "alias/r") == ["alias/release"]
    assert completed("--local", folder, *words, "alias/x") == []


@pytest.mark.parametrize("words", [
    ("rotate", "stage"), ("rotate", "promote"), ("rotate", "retire"), ("rotate", "drop"), ("rotate", "status"),
    ("publish", "site", "--name"),
])  # fmt: skip
def test_rotations_are_completed_where_one_is_named(completed, folder, words):
    assert completed("--local", folder, *words, "") == ["turning"]


def test_the_folder_may_be_that_of_the_environment(completed, folder, monkeypatch):
    monkeypatch.setenv("KMSJOSE_LOCAL", str(folder))
    assert completed("jwt", "sign", "--key", "alias/rel") == ["alias/release"]


def test_where_nothing_can_be_asked_nothing_is_completed(completed, tmp_path, monkeypatch):
    assert completed("--local", tmp_path / "nowhere", "key", "show", "") == []
    assert not (tmp_path / "nowhere").exists()
    assert completed("key", "show", "") == []
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    assert completed("--region", "eu-west-1", "--endpoint-url", "http://127.0.0.1:9", "key", "show", "") == []


def test_files_are_completed_where_one_is_named():
    paths = [
        parameter
        for group, name in (("jwt", "verify"), ("cose", "verify"), ("key", "import"))
        for parameter in kmsjose.commands[group].commands[name].params
        if parameter.name in {"file", "payload", "out", "keys", "policy", "password_file"}
        and parameter.metavar != "all|any|KID,..."
    ]
    assert len(paths) > 8
    assert {parameter.type.shell_complete(None, parameter, "")[0].type for parameter in paths} == {"file"}
