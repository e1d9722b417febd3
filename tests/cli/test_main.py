"""The command as a whole: help, completion, errors that become one line, and what a process of its own does."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import rich_click as click

from kmsjose import __version__, jwt
from kmsjose.cli import main as entry
from kmsjose.cli.main import kmsjose

#: What this issue of the command has; later work adds to it.
COMMANDS = {
    "demo": None,
    "key": {
        "create",
        "list",
        "show",
        "alias",
        "unalias",
        "tag",
        "enable",
        "disable",
        "delete",
        "undelete",
        "import",
        "replicate",
        "csr",
        "cert",
    },
    "rotate": {"stage", "promote", "retire", "revoke", "drop", "list", "status"},
    "publish": None,
    "export": None,
    "jws": {"sign", "verify"},
    "jwt": {"sign", "verify"},
    "cose": {"sign", "verify"},
    "cwt": {"sign", "verify"},
    "vc": {"issue", "verify"},
    "policy": None,
    "doctor": None,
    "audit": {"join"},
    "inspect": None,
}


def every_command(group=kmsjose, path=()):
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from every_command(command, (*path, name))
        yield (*path, name)


def process(*arguments, stdin=b"", **environment):
    """The command in a process of its own."""
    code = "import sys; from kmsjose.cli import main; sys.exit(main())"
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "KMSJOSE_"))}
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        input=stdin,
        capture_output=True,
        env={**inherited, **environment},
        timeout=60,
        check=False,
    )


def test_there_are_these_commands_in_this_order():
    assert list(kmsjose.commands) == list(COMMANDS)
    for name, under in COMMANDS.items():
        assert under is None or set(kmsjose.commands[name].commands) == under


def test_the_version(run):
    assert run("--version").ok().line == f"kmsjose {__version__}"


def test_without_a_command_there_is_help(run):
    assert "Usage: kmsjose" in run().ok().text
    run("key").refused(2, "usage")


@pytest.mark.parametrize("path", list(every_command()), ids=" ".join)
def test_every_command_has_help_with_examples_that_are_real(run, path):
    shown = run(*path, "--help").ok()
    assert shown.stderr == ""
    command = kmsjose
    for name in path:
        command = command.commands[name]
    assert command.help
    if isinstance(command, click.Group):
        return
    assert "Examples:" in shown.text
    examples = re.findall(r"kmsjose ([^|<>]*)", command.epilog)
    assert examples
    assert any(example.split()[: len(path)] == list(path) for example in examples)
    options = {option for parameter in (*command.params, *kmsjose.params) for option in parameter.opts}
    assert set(re.findall(r"(?<=\s)--[a-z-]+", command.epilog)) <= options


@pytest.mark.parametrize("arguments", [
    ["nonsense"], ["--nonsense"], ["key", "nonsense"], ["key", "import"], ["cose", "sign"], ["--local"],
    ["demo", "extra"], ["--fips=yes", "demo"], ["key", "list", "--jsn"], ["--region"],
])  # fmt: skip
def test_wrong_usage_is_one_line(run, arguments):
    ran = run(*arguments).refused(2, "usage")
    assert ran.stderr.count("\n") == 1
    assert "--help" in ran.stderr


def test_local_keys_and_aws_exclude_each_other(run, tmp_path, monkeypatch):
    run("--local", tmp_path, "--profile", "x", "key", "list").refused(2, "usage")
    assert (
        "--fips is for AWS, but --local is given"
        in run("--local", tmp_path, "--fips", "key", "list").refused(2, "usage").stderr
    )
    monkeypatch.setenv("KMSJOSE_LOCAL", str(tmp_path))
    assert run("key", "list").ok().stderr == "There are no keys here.\n"
    assert "KMSJOSE_LOCAL" in run("--profile", "x", "key", "list").refused(2, "usage").stderr


def test_without_local_it_is_aws_and_never_a_folder(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run("key", "list").refused(3, "configuration")
    run("--region", "eu-west-1", "key", "list").refused(3, "credentials")
    run("--profile", "nobody", "key", "list").refused(3, "configuration")
    assert list(tmp_path.iterdir()) == []


def test_an_endpoint_that_refuses(run, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    run("--region", "eu-west-1", "--endpoint-url", "http://127.0.0.1:9", "key", "list").refused(3, "connection")


def test_an_interrupt(run, monkeypatch):
    def interrupt(*_arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr("kmsjose.cli.streams.read", interrupt)
    run("inspect").refused(130, "interrupted")


def test_a_defect_is_told_in_one_line_without_content(run, monkeypatch):
    def fail(*_arguments):
        raise RuntimeError("secret\ncontent")

    monkeypatch.setattr("kmsjose.cli.streams.read", fail)
    told = run("inspect").refused(3, "internal").stderr
    assert "RuntimeError at test_main.py:" in told
    assert "secret" not in told


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device here")
def test_an_output_that_takes_nothing():
    with Path("/dev/full").open("wb") as full:
        code = "import sys; from kmsjose.cli import main; sys.exit(main(['--version']))"
        ran = subprocess.run([sys.executable, "-c", code], stdout=full, stderr=subprocess.PIPE, check=False)
    assert ran.returncode == 2
    assert ran.stderr.count(b"\n") == 1
    assert ran.stderr.startswith(b"error[")


def test_a_reader_that_has_enough(signers):
    code = "import os, sys; from kmsjose.cli import main; sys.exit(main(['inspect']))"
    reader, writer = os.pipe()
    os.close(reader)
    token = jwt.sign({"sub": "alice"}, signers["ES256"]).encode()
    ran = subprocess.run([sys.executable, "-c", code], input=token, stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert (ran.returncode, ran.stderr) == (0, b"")


def test_verifying_and_inspecting_load_no_boto3(signers, tmp_path):
    keys = tmp_path / "jwk.json"
    keys.write_text(json.dumps(signers["ES256"].public_key.to_jwk()))
    code = (
        "import sys; from kmsjose.cli import main; status = main();"
        "loaded = {'boto3', 'botocore', 'kmsjose.kms'} & sys.modules.keys(); sys.exit(status or bool(loaded) * 99)"
    )
    token = jwt.sign({"sub": "alice"}, signers["ES256"]).encode()
    for arguments in (["jwt", "verify", "--no-exp"], ["jws", "verify"], ["inspect"], ["--help"]):
        with_keys = ["--keys", str(keys)] if "verify" in arguments else []
        ran = subprocess.run(
            [sys.executable, "-c", code, *arguments, *with_keys], input=token, capture_output=True, check=False
        )
        assert ran.returncode == 0, ran


def test_help_loads_no_cryptography():
    code = "import sys; from kmsjose.cli import main; main(['--help']); sys.exit('cryptography' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0


def test_the_entry_point_gives_the_exit_status(tmp_path):
    made = process("--local", tmp_path, "key", "create", "--alg", "ES256")
    assert (made.returncode, made.stderr) == (0, b"")
    refused = process("key", "show", "alias/nobody", KMSJOSE_LOCAL=str(tmp_path))
    assert refused.returncode == 3
    assert refused.stderr.startswith(b"error[not-found]: ")
    assert entry.__module__ == "kmsjose.cli.main"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_can_complete(shell):
    script = process(_KMSJOSE_COMPLETE=f"{shell}_source")
    assert script.returncode == 0
    assert b"kmsjose" in script.stdout


@pytest.mark.parametrize("words, expected", [
    (["kmsjose", "k"], {"key"}),
    (["kmsjose", "key", "un"], {"unalias", "undelete"}),
    (["kmsjose", "key", "create", "--alg", "es2"], {"ES256", "ES256K"}),
    (["kmsjose", "jws", "verify", "--po"], {"--policy"}),
])  # fmt: skip
def test_what_is_completed(words, expected):
    ran = process(_KMSJOSE_COMPLETE="bash_complete", COMP_WORDS=" ".join(words), COMP_CWORD=str(len(words) - 1))
    assert {line.partition(",")[2] for line in ran.stdout.decode().splitlines()} == expected


@pytest.mark.parametrize("arguments", [["--version"], ["inspect", "-"], ["jws", "verify"]])
def test_a_closed_stdout_is_no_defect_of_ours(arguments):
    """As after ``>&-`` in a shell."""
    program = f"import sys; sys.stdout = None; from kmsjose.cli import main; sys.exit(main({arguments!r}))"
    done = subprocess.run(
        [sys.executable, "-c", program], input=b'{"kty": "oct"}', capture_output=True, timeout=60, check=False
    )
    assert done.returncode in (0, 2)
    assert b"internal" not in done.stderr
