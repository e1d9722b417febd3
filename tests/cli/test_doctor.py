"""`kmsjose doctor`."""

from __future__ import annotations

import json

import pytest

from kmsjose import KeySet, KMSSigner


def lines(ran):
    """Status and text of each check by its name."""
    found = {}
    for line in ran.text.splitlines():
        status, _, rest = line.partition(" ")
        if status:
            name, _, what = rest.strip().partition(" ")
            found[name] = (status, what.strip())
    return found


def test_a_key_that_is_well(local, made):
    ran = local("doctor", "alias/issuer", "--jwks", made.jwks).ok()
    found = lines(ran)
    assert found["key"] == ("ok", made.arns["issuer"])
    assert found["published"][0] == found["sign"][0] == "ok"
    assert ran.stderr == ""
    assert "->" not in ran.text


def test_a_key_that_is_disabled_is_followed_by_what_to_do(local, made):
    ran = local("doctor", "alias/disabled")
    assert (ran.status, ran.stderr) == (1, "1 check failed.\n")
    assert lines(ran)["state"] == ("failed", "the key is Disabled")
    advice = ran.text.splitlines()[[line.split()[:1] for line in ran.text.splitlines()].index(["failed"]) + 1]
    assert advice.split()[0] == "->"
    assert f"kmsjose key enable {made.arns['disabled']}" in advice


def test_a_warning_does_not_fail(local):
    ran = local("doctor", "alias/rsa").ok()
    assert lines(ran)["public-key"][0] == "warning"
    assert lines(local("doctor", "alias/rsa", "--alg", "PS256").ok())["sign"] == ("ok", "the caller may sign")


def test_machines_have_a_stable_shape(local, made):
    ran = local("doctor", "alias/dying", "--json")
    assert ran.status == 1
    told = ran.json
    assert (told["key"], told["ok"]) == ("alias/dying", False)
    assert all(set(check) == {"name", "status", "what", "advice"} for check in told["checks"])
    assert [check["name"] for check in told["checks"]] == [
        "credentials", "region", "endpoint", "key", "clock", "state", "material", "names", "public-key", "fips",
        "sign", "published",
    ]  # fmt: skip
    assert local("doctor", "alias/issuer", "--json").ok().json["ok"] is True


def test_keys_that_are_published_without_this_one(local, made, tmp_path):
    jwks = tmp_path / "jwks.json"
    jwks.write_text(json.dumps(KeySet([KMSSigner.open(made.client, "alias/ed").public_key]).to_jwks()))
    ran = local("doctor", "alias/issuer", "--jwks", jwks)
    assert ran.status == 1
    assert lines(ran)["published"][0] == "failed"


def test_published_keys_that_cannot_be_read_leave_the_other_checks(local, tmp_path):
    ran = local("doctor", "alias/issuer", "--jwks", tmp_path / "none.json")
    assert ran.status == 1
    assert "none.json" in lines(ran)["published"][1]
    assert lines(ran)["sign"][0] == "ok"


def test_a_key_that_is_not_there_is_a_finding(local):
    ran = local("doctor", "alias/nobody")
    assert ran.status == 1
    assert lines(ran)["key"][0] == "failed"


def test_an_arn_of_another_region(local, made):
    ran = local("doctor", made.arns["issuer"].replace("eu-west-1", "us-east-1"))
    assert ran.status == 1
    assert "--region us-east-1" in ran.text


def test_without_credentials_or_a_region_the_command_says_so(run):
    ran = run("--region", "eu-west-1", "doctor", "alias/issuer")
    assert ran.status == 1
    assert lines(ran)["credentials"] == ("failed", "there are no AWS credentials")
    ran = run("doctor", "alias/issuer")
    assert ran.status == 1
    assert lines(ran)["client"][0] == "failed"
    ran = run("--profile", "nobody", "doctor", "alias/issuer", "--json")
    assert (ran.status, ran.json["ok"], ran.json["checks"][0]["name"]) == (1, False, "client")


def test_fips_that_the_environment_takes_away_is_a_finding(run, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_KMS", "http://127.0.0.1:9")
    ran = run("--region", "us-east-1", "--fips", "doctor", "alias/issuer")
    assert ran.status == 1
    assert "FIPS" in lines(ran)["client"][1]


def test_an_endpoint_that_refuses_is_given_up_soon(run, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret-of-the-test")
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    ran = run("--region", "eu-west-1", "--endpoint-url", "http://127.0.0.1:9", "doctor", "alias/issuer")
    assert ran.status == 1
    assert lines(ran)["key"][0] == "failed"
    assert "secret-of-the-test" not in ran.text + ran.stderr


def test_what_aws_says_cannot_steer_the_terminal(made, run, monkeypatch, tmp_path):
    from kmsjose import kms

    faults = kms.local.Faults()
    client = kms.connect(local=":memory:", faults=faults)
    faults.error("AccessDeniedException", "GetPublicKey", message="\x1b[31mred\u202e")
    kms.create_key(client, "ES256", alias="issuer")
    monkeypatch.setattr(kms, "connect", lambda **_: client)
    ran = run("--local", tmp_path, "doctor", "alias/issuer")
    assert ran.status == 1
    assert "\\x1b[31mred\\u202e" in ran.text
    assert "\x1b" not in ran.text


@pytest.mark.parametrize("arguments, code", [
    ([], "usage"), (["not a key"], "usage"), (["alias/issuer", "--alg", "HS256"], "alg-unknown"),
])  # fmt: skip
def test_what_it_refuses(local, arguments, code):
    local("doctor", *arguments).refused(2, code)


def test_a_kid_that_is_given_is_the_one_that_is_compared(local, made, tmp_path):
    jwks = tmp_path / "jwks.json"
    kid = "did:web:issuer.example#key-1"
    jwks.write_bytes(local("export", "alias/issuer", "--kid", kid).ok().stdout)
    assert local("doctor", "alias/issuer", "--jwks", jwks).status == 1
    assert f"kid {kid} is published" in local("doctor", "alias/issuer", "--kid", kid, "--jwks", jwks).ok().text
    local("doctor", "alias/issuer", "--kid", "").refused(2, "usage")


def test_a_credential_process_that_is_not_there_is_a_finding(run, monkeypatch, tmp_path):
    config = tmp_path / "config"
    config.write_text("[default]\nregion = eu-west-1\ncredential_process = /nowhere/program\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    ran = run("doctor", "alias/issuer")
    assert ran.status == 1
    assert "failed   client       connect: the credentials can't be had" in ran.text
    run("key", "list").refused(3, "credentials")
