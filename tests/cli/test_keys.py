"""`kmsjose key` and `kmsjose export`."""

from __future__ import annotations

import json
import re

import pytest

from kmsjose import KeySet, PublicKey
from kmsjose.algorithms import TABLE

ARN = re.compile(r"arn:aws:kms:eu-west-1:\d{12}:key/[0-9a-f-]{36}")


def test_create_prints_the_arn_and_nothing_else(fresh):
    made = fresh("key", "create", "--alg", "ES256").ok()
    assert ARN.fullmatch(made.line)
    assert made.stderr == ""


def test_create_takes_everything_at_once(fresh, tmp_path):
    policy = tmp_path / "policy.json"
    account = {"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:*", "Resource": "*"}
    policy.write_text(json.dumps({"Version": "2012-10-17", "Statement": [account]}))
    arn = fresh("key", "create", "--alg", "PS256", "--bits", "2048", "--alias", "issuer", "--description", "Tokens",
                "--tag", "team=identity", "--tag", "a=b=c", "--multi-region", "--policy", policy).ok().line  # fmt: skip
    shown = fresh("key", "show", "alias/issuer", "--json").ok().json
    assert shown["arn"] == arn
    assert shown["spec"] == "RSA_2048"
    assert shown["description"] == "Tokens"
    assert shown["tags"] == {"team": "identity", "a": "b=c"}
    assert shown["multi_region"] is True
    assert arn.rpartition("/")[2].startswith("mrk-")


def test_the_life_of_a_key(fresh):
    arn = fresh("key", "create", "--alg", "EdDSA").ok().line
    other = fresh("key", "create", "--alg", "EdDSA").ok().line
    assert fresh("key", "alias", arn, "issuer").ok().stderr == f"The new name alias/issuer is that of {arn}.\n"
    assert fresh("key", "alias", arn, "issuer").ok().stderr == f"The name alias/issuer was that of {arn} already.\n"
    moved = fresh("key", "alias", other, "alias/issuer").ok()
    assert moved.stderr == f"The name alias/issuer is now that of {other}; before, it was that of {arn}.\n"
    assert fresh("key", "disable", "alias/issuer").ok().stderr == f"Disabled: {other}\n"
    fresh("jwt", "sign", "--key", other, stdin="{}").refused(3, "disabled")
    assert fresh("key", "enable", "alias/issuer").ok().stderr == f"Enabled: {other}\n"
    deletion = fresh("key", "delete", "alias/issuer", "--days", "7").ok()
    assert re.match(rf"Deletion on \d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\dZ: {other}\n", deletion.stderr)
    assert "to be deleted" in fresh("key", "show", other).ok().text
    fresh("jwt", "sign", "--key", other, stdin="{}").refused(3, "invalid-state")
    kept = fresh("key", "undelete", "alias/issuer").ok()
    assert kept.stderr == f"Kept, but disabled: {other}\nTo let it sign again: kmsjose key enable {other}\n"
    assert fresh("key", "unalias", "issuer").ok().stderr == "The name alias/issuer is gone; its key stays.\n"
    fresh("key", "show", "alias/issuer").refused(3, "not-found")


def test_a_list_for_people_names_every_key(local, made):
    lines = local("key", "list").ok().text.splitlines()
    assert lines[0].split() == ["ALIAS", "KEY", "ID", "ALG", "STATE"]
    assert len(lines) == 1 + len(made.arns)
    rows = {line.split()[0]: line for line in lines[1:]}
    assert rows["alias/issuer"].split() == ["alias/issuer", made.arns["issuer"].rpartition("/")[2], "ES256", "Enabled"]
    assert rows["alias/rsa"].split()[2:4] == ["PS256", "+5"]
    assert rows["alias/disabled"].endswith("Disabled")


def test_a_list_for_machines_has_everything(local, made):
    found = local("key", "list", "--json").ok().json
    assert {entry["arn"] for entry in found} == set(made.arns.values())
    issuer = next(entry for entry in found if entry["aliases"] == ["alias/issuer"])
    assert issuer["algorithms"] == [{"name": "ES256", "fips": "approved"}]


def test_an_empty_list_says_so(fresh):
    nothing = fresh("key", "list").ok()
    assert (nothing.text, nothing.stderr) == ("", "There are no keys here.\n")
    assert fresh("key", "list", "--json").ok().json == []


def test_a_key_shows_its_algorithms_with_their_fips_standing(local):
    shown = local("key", "show", "alias/ed").ok().text
    assert re.search(r"^signs EdDSA +FIPS 140-3: not covered by certificate 4884$", shown, re.MULTILINE)
    assert re.search(r"^state +Enabled$", shown, re.MULTILINE)


def test_what_a_description_holds_cannot_steer_the_terminal(fresh):
    arn = fresh("key", "create", "--alg", "EdDSA", "--description", "\x1b[31mred\u202e").ok().line
    assert "\\x1b[31mred\\u202e" in fresh("key", "show", arn).ok().text
    assert fresh("key", "show", arn, "--json").ok().json["description"] == "\x1b[31mred\u202e"


@pytest.mark.parametrize("arguments, code", [
    (["--alg", "HS256"], "alg-unknown"),
    (["--alg", "ES256", "--bits", "2048"], "usage"),
    (["--alg", "PS256", "--bits", "1024"], "usage"),
    (["--alg", "PS256", "--bits", "many"], "usage"),
    (["--alg", "ES256", "--tag", "team"], "usage"),
    (["--alg", "ES256", "--tag", "a=1", "--tag", "a=2"], "usage"),
    (["--alg", "ES256", "--alias", "with space"], "usage"),
    (["--alg", "ES256", "--alias", "alias/aws/mine"], "usage"),
    (["--alg", "ES256", "--policy", "/nowhere/policy.json"], "file-unreadable"),
    ([], "usage"),
])  # fmt: skip
def test_create_refuses_before_a_key_is_made(fresh, arguments, code):
    fresh("key", "create", *arguments).refused(2, code)
    assert fresh("key", "list", "--json").ok().json == []


def test_create_refuses_a_policy_that_is_not_json(fresh, tmp_path):
    policy = tmp_path / "policy.json"
    policy.write_text("{not json")
    fresh("key", "create", "--alg", "ES256", "--policy", policy).refused(2, "json-invalid")


def test_an_unknown_algorithm_is_answered_with_those_that_are_known(fresh):
    told = fresh("key", "create", "--alg", "RS1").refused(2, "alg-unknown").stderr
    assert all(row.name in told for row in TABLE)


def test_an_alias_that_is_taken_is_refused_before_a_key_is_made(fresh):
    arn = fresh("key", "create", "--alg", "ES256", "--alias", "issuer").ok().line
    told = fresh("key", "create", "--alg", "ES256", "--alias", "issuer").refused(3, "already-exists").stderr
    assert arn in told
    assert [entry["arn"] for entry in fresh("key", "list", "--json").ok().json] == [arn]


def test_an_alias_that_fails_leaves_a_key_that_the_error_names(fresh, monkeypatch):
    from kmsjose.errors import KMSError
    from kmsjose.kms import aliases

    genuine = aliases.call

    def call(client, operation, **parameters):
        if operation == "CreateAlias":
            raise KMSError("access-denied", "CreateAlias: AccessDeniedException", operation=operation)
        return genuine(client, operation, **parameters)

    monkeypatch.setattr(aliases, "call", call)
    told = fresh("key", "create", "--alg", "ES256", "--alias", "issuer").refused(3, "half-done").stderr
    arn = ARN.search(told)
    assert arn is not None
    fresh("key", "show", arn[0]).ok()


def test_a_table_on_a_terminal_takes_no_markup(fresh, monkeypatch):
    arn = fresh("key", "create", "--alg", "ES256", "--alias", "issuer", "--description", "[red]x[/red]").ok().line
    monkeypatch.setattr("kmsjose.cli.screen._styled", lambda: True)
    monkeypatch.setenv("COLUMNS", "120")
    listed = fresh("key", "list").ok().text
    assert arn.rpartition("/")[2] in listed
    assert "Enabled" in listed
    assert "[red]x[/red]" in fresh("key", "show", arn).ok().text


@pytest.mark.parametrize("command", ["show", "enable", "disable", "delete", "undelete"])
def test_a_key_that_is_not_there(local, command):
    local("key", command, "alias/nobody").refused(3, "not-found")
    local("key", command, "not a key").refused(2, "usage")
    local("key", command).refused(2, "usage")


@pytest.mark.parametrize("days", ["6", "31", "soon"])
def test_a_window_that_kms_does_not_have(local, days):
    local("key", "delete", "alias/issuer", "--days", days).refused(2, "usage" if days == "soon" else "window-invalid")


def test_a_folder_that_cannot_be(run, tmp_path):
    (tmp_path / "file").write_text("")
    run("--local", tmp_path / "file", "key", "list").refused(2, "file-unreadable")
    run("--local", "", "key", "list").refused(2, "usage")


def test_export_gives_a_jwk_set(local, made):
    exported = local("export", "alias/issuer", "alias/ed", "alias/rsa", "--alg", "PS256").ok()
    assert exported.json == json.loads(made.jwks.read_text())
    assert [key.algorithm.name for key in KeySet.from_jwks(exported.stdout)] == ["ES256", "EdDSA", "PS256"]


def test_export_names_a_key_as_it_signs(local):
    assert local("export", "alias/issuer", "--kid", "2026").ok().json["keys"][0]["kid"] == "2026"
    local("export", "alias/issuer", "alias/ed", "--kid", "2026").refused(2, "usage")


def test_export_gives_one_key_as_jwk_or_pem(local):
    jwk = PublicKey.from_jwk(local("export", "alias/issuer", "--as", "jwk").ok().stdout)
    pem = PublicKey.from_pem(local("export", "alias/issuer", "--as", "pem").ok().stdout)
    assert jwk == pem


@pytest.mark.parametrize("arguments, status, code", [
    (["alias/rsa"], 2, "alg-required"),
    (["alias/rsa", "--alg", "ES256"], 2, "alg-unsupported-by-key"),
    (["alias/issuer", "--alg", "PS256"], 2, "alg-unsupported-by-key"),
    (["alias/issuer", "alias/ed", "--alg", "PS256"], 2, "alg-unsupported-by-key"),
    (["alias/issuer", "alias/ed", "--alg", "nonsense"], 2, "alg-unknown"),
    (["alias/issuer", "alias/ed", "--as", "jwk"], 2, "usage"),
    (["alias/issuer", "alias/ed", "--as", "pem"], 2, "usage"),
    (["alias/issuer", "alias/ed", "--as", "cose-key"], 2, "usage"),
    (["alias/nobody"], 3, "not-found"),
    (["alias/disabled"], 3, "disabled"),
    (["alias/dying"], 3, "invalid-state"),
    ([], 2, "usage"),
])  # fmt: skip
def test_export_refuses(local, arguments, status, code):
    local("export", *arguments).refused(status, code)
