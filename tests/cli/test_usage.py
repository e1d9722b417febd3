"""The command line as people use it: help that can be pasted from, options given wrongly, interrupts, no traceback."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys

import pytest
import rich_click as click

from kmsjose import __version__, kms
from kmsjose.cli.command import Command, InOrder, examples
from kmsjose.cli.main import kmsjose
from kmsjose.cli.tables import columns_of, lines
from kmsjose.words import counted


def every_command(group=kmsjose, path=()):
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from every_command(command, (*path, name))
        yield (*path, name)


EVERY = [(), *every_command()]


def command_of(path):
    command = kmsjose
    for name in path:
        command = command.commands[name]
    return command


def parsed(arguments):
    """The context of a command line that was parsed and not run."""
    context = kmsjose.make_context("kmsjose", [*arguments])
    while isinstance(context.command, click.Group):
        name, command, rest = context.command.resolve_command(context, [*context._protected_args, *context.args])
        context = command.make_context(name, rest, parent=context)
    return context


def process(code, *arguments, stdin=b"", **options):
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        input=stdin, capture_output=True, timeout=60, check=False, **options,
    )  # fmt: skip


@pytest.mark.parametrize("path", EVERY, ids=" ".join)
def test_every_command_is_read_and_shown_by_the_same_rules(path):
    assert isinstance(command_of(path), (Command, InOrder))


@pytest.mark.parametrize("path", EVERY, ids=" ".join)
def test_h_is_help(run, path):
    assert run(*path, "-h").ok().text == run(*path, "--help").ok().text


@pytest.mark.parametrize("path", EVERY, ids=" ".join)
def test_help_fits_80_columns_and_breaks_no_word(run, path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    text = run(*path, "--help").ok().text
    assert max(map(len, text.splitlines())) <= 80
    shown = set(re.sub("[│╭╮╰╯─]", " ", text).split())
    command = command_of(path)
    prose = [command.help or "", *(str(getattr(parameter, "help", "") or "") for parameter in command.params)]
    names = [name for parameter in command.params for name in parameter.opts if name.startswith("--")]
    with_value = [each for each in command.params if isinstance(each, click.Option) and not each.is_flag]
    values = [each.make_metavar(click.Context(command)) for each in with_value]
    assert set(" ".join([*prose, *names, *values]).split()) <= shown


@pytest.mark.parametrize("path", EVERY, ids=" ".join)
def test_the_examples_of_a_help_text_can_be_pasted(run, path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    shown = run(*path, "--help").ok().text
    if "Examples:" not in shown:
        assert isinstance(command_of(path), click.Group)
        return
    script = shown.partition("Examples:")[2]
    assert subprocess.run(["bash", "-n"], input=script.encode(), check=False).returncode == 0
    lines = [line.strip() for line in script.replace("\\\n", " ").splitlines() if line.strip()]
    commands = [line for line in lines if not line.startswith("#")]
    assert commands
    for line in commands:
        words = shlex.split(line.replace("|", " | "), comments=False)
        if words[0] == "eval":
            continue
        for part in " ".join(map(shlex.quote, words)).split(" '|' "):
            own = shlex.split(part)
            if own[0] == "kmsjose":
                own = own[: min((own.index(sign) for sign in (">", "<") if sign in own), default=len(own))]
                context = parsed(own[1:])
                assert not path or context.command_path == " ".join(("kmsjose", *path))


@pytest.mark.parametrize("path", EVERY, ids=" ".join)
def test_no_example_parts_an_option_from_its_value(path):
    text = command_of(path).epilog or ""
    options = [parameter for parameter in command_of(path).params if isinstance(parameter, click.Option)]
    with_value = {name for option in options if not option.is_flag for name in option.opts}
    ends = {line.removesuffix(" \\").split()[-1] for line in text.splitlines() if line.endswith(" \\")}
    assert not ends & with_value


def test_what_explains_an_example_stands_above_it_as_a_comment():
    assert examples("kmsjose demo", "kmsjose x     why", f"kmsjose y --a '1 2' {'z' * 70}").split("\n") == [
        "Examples:", "", "  kmsjose demo", "  # why", "  kmsjose x", "  kmsjose y --a '1 2' \\", f"      {'z' * 70}",
    ]  # fmt: skip


@pytest.mark.parametrize("arguments, option", [
    (["jwt", "verify", "--keys", "a", "--keys", "b"], "--keys"),
    (["jwt", "sign", "--key", "a", "--key=b"], "--key"),
    (["vc", "verify", "--keys", "a", "--issuer", "x", "--issuer", "x"], "--issuer"),
    (["--region", "a", "--region", "b", "key", "list"], "--region"),
    (["cose", "verify", "--keys", "a", "--payload", "x", "--payload", "y"], "--payload"),
    (["key", "create", "--alg", "ES256", "--alg", "ES384"], "--alg"),
    (["rotate", "drop", "issuer", "--days", "7", "--days", "8"], "--days"),
])  # fmt: skip
def test_an_option_that_takes_one_value_is_given_once(run, arguments, option):
    told = run(*arguments).refused(2, "usage").stderr
    assert f"{option} takes one value, and is given several times" in told


@pytest.mark.parametrize("arguments", [
    ["jws", "sign", "--key", "a", "--key", "b", "file"],
    ["jwt", "verify", "--keys", "a", "--alg", "ES256", "--alg", "ES384"],
    ["key", "create", "--alg", "ES256", "--tag", "a=1", "--tag", "b=2"],
    ["key", "list", "--json", "--json"],
])  # fmt: skip
def test_an_option_that_takes_several_values_may_be_repeated(arguments):
    assert parsed(arguments).params


@pytest.mark.parametrize("arguments, option, rest", [
    (["key", "list", "--local", "keys"], "--local", " key list"),
    (["key", "--local", "keys", "list"], "--local", " key"),
    (["jwt", "sign", "--key", "a", "--region=eu-west-1"], "--region", " jwt sign"),
    (["export", "a", "--profile", "x"], "--profile", " export"),
    (["vc", "issue", "--fips"], "--fips", " vc issue"),
    (["doctor", "a", "--endpoint-url", "x"], "--endpoint-url", " doctor"),
    (["rotate", "stage", "x", "--role-arn", "x"], "--role-arn", " rotate stage"),
    (["jws", "sign", "--audit-log", "x"], "--audit-log", " jws sign"),
])  # fmt: skip
def test_an_option_that_stands_before_the_command_is_told_its_place(run, arguments, option, rest):
    told = run(*arguments).refused(2, "usage").stderr
    assert f"{option} stands before the command: kmsjose {option} ...{rest} ..." in told
    assert "Did you mean" not in told


def test_a_mistyped_option_is_told_with_the_one_that_is_nearest(run):
    told = run("jwt", "verify", "--key", "jwks.json").refused(2, "usage").stderr
    assert "No such option '--key'. Did you mean '--keys'? (see" in told


def test_a_mistyped_option_is_told_as_such(run):
    told = run("key", "list", "--jsn").refused(2, "usage").stderr
    assert "stands before" not in told
    assert "--help" in told


@pytest.mark.parametrize("arguments", [
    ["key", "show"], ["key", "delete"], ["doctor"], ["policy"], ["export"], ["jwt", "sign"], ["cose", "sign"],
])  # fmt: skip
def test_a_missing_key_is_told_with_what_lists_them(run, arguments):
    assert "`kmsjose key list` lists them" in run(*arguments).refused(2, "usage").stderr


def test_the_package_is_a_program():
    ran = subprocess.run([sys.executable, "-m", "kmsjose", "--version"], capture_output=True, timeout=60, check=False)
    assert (ran.returncode, ran.stdout.decode(), ran.stderr) == (0, f"kmsjose {__version__}\n", b"")
    ran = subprocess.run([sys.executable, "-m", "kmsjose", "nonsense"], capture_output=True, timeout=60, check=False)
    assert ran.returncode == 2
    assert ran.stderr.startswith(b"error[usage]: ")


#: An interrupt in the moment in which a module begins to load.
INTERRUPTED = """
import os, signal, sys

class Interrupt:
    def find_spec(self, name, path=None, target=None):
        if name == {name!r}:
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupt())
from kmsjose.__main__ import main
sys.exit(main())
"""


@pytest.mark.parametrize("name, arguments", [
    ("kmsjose.cli", ["--version"]),
    ("kmsjose.cli.main", ["--version"]),
    ("rich_click", ["--version"]),
    ("click.core", ["key", "list"]),
    ("kmsjose.cli.streams", ["inspect"]),
    ("kmsjose.cli.vc", ["inspect"]),
    ("kmsjose.cli.inspect_tokens", ["inspect"]),
    ("cryptography.hazmat.primitives", ["inspect"]),
    ("kmsjose.jose.jwt", ["jwt", "verify", "--keys", "keys", "token"]),
])  # fmt: skip
def test_an_interrupt_in_any_instant_is_one_line(name, arguments):
    ran = process(INTERRUPTED.format(name=name), *arguments, stdin=b"a.b.c")
    assert ran.returncode == 130
    assert ran.stdout == b""
    assert ran.stderr.startswith(b"error[interrupted]: ")
    assert ran.stderr.count(b"\n") == 1


def test_a_process_that_ignores_interrupts_goes_on():
    ignored = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n"
    ran = process(ignored + INTERRUPTED.format(name="rich_click"), "--version")
    assert (ran.returncode, ran.stderr) == (0, b"")


class TestTables:
    def test_a_table_fits_80_columns_and_says_what_it_cuts(self, run, tmp_path, monkeypatch):
        monkeypatch.setenv("COLUMNS", "80")
        client = kms.connect(local=tmp_path / "keys")
        monkeypatch.setattr(kms, "connect", lambda **_: client)
        where = ("--local", tmp_path / "keys")
        name = "a-name-that-takes-many-columns-of-a-line"
        run(*where, "key", "create", "--alg", "PS256", "--bits", "2048", "--alias", name).ok()
        arn = run(*where, "key", "create", "--alg", "ES256", "--alias", "short").ok().line
        narrow = run(*where, "key", "list").ok().text.splitlines()
        assert max(map(len, narrow)) <= 80
        assert len(narrow) == 3
        assert sum("…" in line for line in narrow) == 1
        assert any(arn.rpartition("/")[2] in line for line in narrow)
        wide = run(*where, "key", "list", "--wide").ok().text
        assert "alias/a-name-that-takes-many-columns-of-a-line " in wide
        assert "PS256 PS384 PS512 RS256 RS384 RS512" in wide
        assert "…" not in wide

    @pytest.mark.parametrize("width", [20, 40, 60, 80])
    def test_cells_are_cut_from_the_widest(self, width):
        rows = [("a" * 30, "b" * 10, "c" * 50), ("a", "b", "c")]
        shown = list(lines(("ONE", "TWO", "THREE"), rows, ("TWO",), width))
        assert max(map(len, shown)) <= max(width, 8 + 2 + 10 + 2 + 8)
        assert "b" * 10 in shown[1]

    def test_without_a_width_nothing_is_cut(self):
        assert list(lines(("ONE",), [("a" * 300,)])) == ["ONE", "a" * 300]

    def test_a_table_without_rows_is_its_names(self):
        assert list(lines(("ONE", "TWO"), [], (), 80)) == ["ONE  TWO"]

    def test_characters_of_two_columns_are_counted_as_such(self):
        shown = list(lines(("ONE", "TWO"), [("鍵" * 20, "x"), ("é" * 3, "y")], (), 20))
        assert all(columns_of(line) <= 20 for line in shown)
        assert shown[2] == "é" * 3 + " " * 12 + "  y"


@pytest.mark.parametrize("number, told", [(0, "0 lines are bad"), (1, "1 line is bad"), (2, "2 lines are bad")])
def test_one_thing_is_told_as_one(number, told):
    assert counted(number, "line is bad", "lines are bad") == told
