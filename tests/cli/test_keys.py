"""`kmsjose key` and `kmsjose export`."""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64decode
from unittest.mock import ANY

import pytest

from kmsjose import KeySet, PublicKey, kms
from kmsjose.algorithms import TABLE
from kmsjose.kms.making import REQUEST
from kmsjose.kms.tags import KID
from kmsjose.publishing.tree import JWKS

ARN = re.compile(r"arn:aws:kms:eu-west-1:\d{12}:key/[0-9a-f-]{36}")


def test_create_prints_the_arn_and_nothing_else(fresh):
    made = fresh("key", "create", "--alg", "ES256").ok()
    assert ARN.fullmatch(made.line)
    assert made.stderr == ""


class TestRemembered:
    """What an RSA key signs by is said once: when it is made, or by a tag."""

    @pytest.fixture
    def access(self, fresh):
        return fresh("key", "create", "--alg", "RS256", "--bits", "2048", "--alias", "access").ok().line

    @pytest.fixture
    def elsewhere(self, tmp_path):
        client = kms.connect(local=tmp_path / "keys")
        arn = client.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["Arn"]
        kms.set_alias(client, arn, "access")
        return arn

    def test_every_command_knows_what_a_key_was_made_for(self, fresh, access, tmp_path):
        site = tmp_path / "site"
        token = fresh("jwt", "sign", "--key", "alias/access", "--lifetime", "5m", stdin="{}").ok().line
        (jwk,) = fresh("export", "alias/access").ok().json["keys"]
        assert jwk["alg"] == "RS256"
        fresh("publish", site, "--key", "alias/access").ok()
        jwks = site / ".well-known" / "jwks.json"
        fresh("jwt", "verify", "--keys", jwks, stdin=token).ok()
        assert "RS256, kid " in fresh("doctor", "alias/access", "--jwks", jwks).ok().text
        assert "BEGIN CERTIFICATE REQUEST" in fresh("key", "csr", "alias/access", "--subject", "CN=x").ok().text
        fresh("jws", "sign", "--key", access, stdin="content").ok()
        fresh("cose", "sign", "--key", access, "--out", tmp_path / "x.cose", stdin="content").ok()
        fresh("vc", "issue", "--key", access, stdin=CREDENTIAL).ok()

    def test_its_rotation_goes_on_by_it(self, fresh, access, tmp_path):
        fresh("rotate", "stage", "access", "--bits", "2048").ok()
        keys = fresh("rotate", "status", "access", "--json").ok().json["keys"]
        assert [key["alg"] for key in keys] == ["RS256", "RS256"]
        fresh("publish", tmp_path / "site", "--name", "access").ok()

    def test_another_algorithm_is_still_taken_where_it_is_named(self, fresh, access):
        header = fresh("jwt", "sign", "--key", access, "--alg", "PS512", stdin="{}").ok().line.split(".")[0]
        assert json.loads(urlsafe_b64decode(header + "=="))["alg"] == "PS512"

    def test_a_key_that_was_made_elsewhere_is_told_by_a_tag(self, fresh, elsewhere):
        refused = fresh("jwt", "sign", "--key", "alias/access", stdin="{}").refused(2, "alg-required")
        assert "kmsjose key tag KEY kmsjose:alg=PS256" in refused.stderr
        told = fresh("key", "tag", "alias/access", "kmsjose:alg=RS256", "kmsjose:kid=2019-key", "team=identity").ok()
        assert (told.stdout, told.stderr) == (b"", f"Tagged: {elsewhere}\n")
        (jwk,) = fresh("export", "alias/access").ok().json["keys"]
        assert (jwk["alg"], jwk["kid"]) == ("RS256", "2019-key")
        assert fresh("key", "show", elsewhere, "--json").ok().json["tags"]["team"] == "identity"
        fresh("key", "tag", "alias/access", "kmsjose:alg=PS256").ok()
        assert fresh("export", "alias/access").ok().json["keys"][0]["alg"] == "PS256"

    @pytest.mark.parametrize(
        "tags, status, code",
        [
            ((), 2, "usage"),
            (("kmsjose:alg",), 2, "usage"),
            (("kmsjose:alg=PS256", "kmsjose:alg=PS384"), 2, "usage"),
            (("kmsjose:alg=HS256",), 2, "alg-unknown"),
            (("kmsjose:alg=",), 2, "alg-unknown"),
            (("kmsjose:alg=ES256",), 2, "alg-unsupported-by-key"),
            (("kmsjose:kid=",), 2, "usage"),
            (("kmsjose:kid=did:web:issuer.example#key-1",), 2, "usage"),
            (("kmsjose:replaced=2026-01-31T12:00:00Z",), 2, "usage"),
            (("kmsjose:rotation=issuer",), 2, "usage"),
            (("aws:x=y",), 3, "invalid-request"),
        ],
    )
    def test_a_tag_that_cannot_be_is_refused(self, fresh, elsewhere, tags, status, code):
        fresh("key", "tag", "alias/access", *tags).refused(status, code)
        assert fresh("key", "show", elsewhere, "--json").ok().json["tags"] == {}

    def test_a_key_of_a_rotation_stays_what_it_is_published_as(self, fresh, access):
        fresh("rotate", "stage", "access", "--bits", "2048").ok()
        for tag in ("kmsjose:alg=PS256", "kmsjose:kid=other"):
            fresh("key", "tag", access, tag).refused(2, "usage")
        fresh("key", "tag", access, "kmsjose:alg=RS256", "team=identity").ok()


class TestDoneBefore:
    """A command that is repeated finds its work done, and says how things are."""

    @pytest.fixture
    def arn(self, fresh):
        return fresh("key", "create", "--alg", "ES256", "--alias", "issuer").ok().line

    @pytest.mark.parametrize("command", ["enable", "disable", "delete"])
    def test_twice_is_as_once(self, fresh, arn, command):
        first, second = (fresh("key", command, arn).ok().stderr for _ in range(2))
        assert first == second

    def test_a_key_that_is_kept_twice_stays_as_it_is(self, fresh, arn):
        fresh("key", "delete", arn).ok()
        first, second = (fresh("key", "undelete", arn).ok().stderr for _ in range(2))
        assert first == second
        assert f"Kept, but disabled: {arn}" in first
        fresh("key", "enable", arn).ok()
        assert fresh("key", "undelete", arn).ok().stderr == f"It does not wait for its deletion: {arn}\n"
        assert fresh("key", "show", arn, "--json").ok().json["state"] == "Enabled"

    def test_a_name_that_is_gone_is_told_as_such(self, fresh, arn):
        assert "is gone" in fresh("key", "unalias", "issuer").ok().stderr
        assert fresh("key", "unalias", "issuer").ok().stderr == "No key has the name alias/issuer.\n"


CREDENTIAL = json.dumps(
    {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "type": ["VerifiableCredential"],
        "issuer": "https://issuer.example",
        "credentialSubject": {"id": "did:example:alice"},
    }
)


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
    assert shown["tags"] == {"team": "identity", "a": "b=c", "kmsjose:alg": "PS256", REQUEST: ANY}
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


def test_keys_of_one_kid_are_published_nowhere(fresh, tmp_path):
    client = kms.connect(local=tmp_path / "keys")
    arns = [
        client.create_key(KeySpec=spec, KeyUsage="SIGN_VERIFY", Tags=[{"TagKey": KID, "TagValue": "2026"}])[
            "KeyMetadata"
        ]["Arn"]
        for spec in ("ECC_NIST_P256", "ECC_NIST_P384")
    ]
    for form in ("jwks", "cose-keyset"):
        assert (
            "'2026'"
            in fresh("export", *arns, "--as", form, "--out", tmp_path / "out").refused(2, "key-conflict").stderr
        )
    fresh("publish", tmp_path / "site", "--key", arns[0], "--key", arns[1]).refused(2, "key-conflict")
    assert not (tmp_path / "out").exists()
    assert list((tmp_path / "site").rglob("*")) == []
    fresh("publish", tmp_path / "site", "--key", arns[0]).ok()
    fresh("publish", tmp_path / "site", "--key", arns[0], "--key", arns[1]).refused(2, "key-conflict")
    assert [jwk["alg"] for jwk in json.loads((tmp_path / "site" / JWKS).read_text())["keys"]] == ["ES256"]


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
