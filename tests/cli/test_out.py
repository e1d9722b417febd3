"""`--out`: wherever data comes out, it can become a file, whole or not at all."""

from __future__ import annotations

import json

import pytest
import rich_click as click

from kmsjose.cli.main import kmsjose


def every_command(group=kmsjose, path=()):
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from every_command(command, (*path, name))
        else:
            yield (*path, name), command


#: What prints nothing but the name of a key or file, or nothing at all.
WITHOUT = {
    "demo", "publish", "key create", "key alias", "key unalias", "key enable", "key disable", "key delete",
    "key undelete", "key import", "key replicate", "rotate stage", "rotate promote", "rotate retire", "rotate drop",
}  # fmt: skip


def test_every_command_of_which_data_comes_out_has_it():
    without = {
        " ".join(path)
        for path, command in every_command()
        if not any("--out" in parameter.opts for parameter in command.params)
    }
    assert without <= WITHOUT | {"rotate revoke", "key tag"}


@pytest.fixture
def signed(local, tmp_path):
    """A token in a file."""
    token = tmp_path / "token"
    local("jwt", "sign", "--key", "alias/issuer", "--lifetime", "5m", "--out", token, stdin='{"sub": "alice"}').ok()
    return token


@pytest.mark.parametrize("arguments", [
    ("jwt", "verify", "--keys", "KEYS", "TOKEN"), ("jws", "verify", "--keys", "KEYS", "TOKEN"),
    ("inspect", "TOKEN"), ("inspect", "--json", "TOKEN"), ("key", "list"), ("key", "list", "--json"),
    ("key", "show", "alias/issuer"), ("policy", "alias/issuer"), ("export", "alias/issuer"),
])  # fmt: skip
def test_the_file_has_what_stdout_has(local, made, signed, tmp_path, arguments):
    places = {"KEYS": made.jwks, "TOKEN": signed}
    words = [places.get(word, word) for word in arguments]
    printed = local(*words).ok()
    silent = local(*words, "--out", tmp_path / "out").ok()
    assert silent.stdout == b""
    assert silent.stderr == printed.stderr
    if arguments[0] != "inspect":
        assert (tmp_path / "out").read_bytes() == printed.stdout
    assert local(*words, "--out", "-").ok().stdout[:20] == printed.stdout[:20]


@pytest.mark.parametrize("command", [("jws", "sign"), ("jwt", "sign"), ("vc", "issue")], ids=" ".join)
def test_what_is_signed_can_become_a_file(local, tmp_path, command):
    document = {
        "@context": ["https://www.w3.org/ns/credentials/v2"], "type": ["VerifiableCredential"],
        "issuer": "https://issuer.example", "credentialSubject": {"name": "Alice"},
    }  # fmt: skip
    out = tmp_path / "out"
    ran = local(*command, "--key", "alias/issuer", "--out", out, stdin=json.dumps(document)).ok()
    assert ran.stdout == b""
    assert out.read_text().count(".") == 2
    assert out.read_text().endswith("\n")


def test_what_fails_leaves_the_file_as_it_was(local, made, signed, tmp_path):
    out = tmp_path / "out"
    local("jwt", "verify", "--keys", made.jwks, "--issuer", "x", "--out", out, signed).refused(1, "claim-missing")
    assert not out.exists()
    out.write_text("before")
    local("jwt", "sign", "--key", "alias/nobody", "--out", out, stdin="{}").refused(3, "not-found")
    assert out.read_text() == "before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "token"]


def test_what_is_read_is_not_replaced(local, made, signed):
    before = signed.read_bytes()
    for words in (("jwt", "verify", "--keys", made.jwks), ("jws", "verify", "--keys", made.jwks), ("inspect",)):
        local(*words, "--out", signed, signed).refused(2, "usage")
    local("jwt", "verify", "--keys", made.jwks, "--out", made.jwks, signed).refused(2, "usage")
    assert signed.read_bytes() == before


def test_a_place_where_no_file_can_be_is_refused_before_anything_is_signed(local, tmp_path, monkeypatch):
    monkeypatch.setattr("kmsjose.kms.KMSSigner.open", lambda *_, **__: pytest.fail("a key is asked"))
    for command in (("jwt", "sign"), ("cwt", "sign"), ("cose", "sign"), ("jws", "sign")):
        for out, code in (
            ("", "usage"),
            (tmp_path, "file-unwritable"),
            (tmp_path / "no" / "out", "file-unwritable"),
            (tmp_path / ("x" * 300), "file-unwritable"),
            ("x/" * 3000, "file-unwritable"),
        ):
            local(*command, "--key", "alias/issuer", "--out", out, stdin="{}").refused(2, code)


def test_a_file_that_cannot_be_written_is_told(local, signed, tmp_path):
    local("inspect", "--out", tmp_path / "nowhere" / "out", signed).refused(2, "file-unwritable")
    local("inspect", "--out", tmp_path, signed).refused(2, "file-unwritable")
    ran = local("inspect", "--out", "x" * 300, signed)
    ran.refused(2, "file-unwritable")
    assert f"{'x' * 300} can't be written" in ran.stderr


def test_content_that_you_have_is_not_written_again(local, made, tmp_path):
    (tmp_path / "content").write_text("content")
    token = local("jws", "sign", "--key", "alias/issuer", "--detached", tmp_path / "content").ok().stdout
    options = ("--keys", made.jwks, "--payload", tmp_path / "content")
    local("jws", "verify", *options, "--out", tmp_path / "out", stdin=token).refused(2, "usage")
    assert not (tmp_path / "out").exists()


def test_a_verdict_is_written_though_it_is_no(local, tmp_path):
    out = tmp_path / "out"
    ran = local("doctor", "alias/disabled", "--json", "--out", out)
    assert ran.status == 1
    assert ran.stdout == b""
    assert json.loads(out.read_bytes())["ok"] is False


@pytest.mark.parametrize("name, why", [("folder", "it is a folder"), ("missing/claims.json", "its folder is missing")])
def test_where_no_file_can_be(local, made, tmp_path, name, why):
    (tmp_path / "folder").mkdir()
    told = local("export", "alias/issuer", "--out", tmp_path / name).refused(2, "file-unwritable").stderr
    assert f"can't be written: {why} (" in told
