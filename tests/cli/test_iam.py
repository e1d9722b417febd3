"""`kmsjose policy`."""

from __future__ import annotations

import json

import pytest

from kmsjose import kms
from kmsjose.cli.iam import _ROLES
from kmsjose.kms.permissions import ROLES

SIGNER = "arn:aws:iam::111122223333:role/tokens"


def test_the_command_knows_the_roles_of_the_table():
    assert _ROLES == ROLES


def test_without_options_there_is_everything(local, made):
    written = local("policy", "alias/issuer").ok()
    keys = kms.read_policy_keys(made.client, ["alias/issuer"])
    principals = {role: [kms.default_principal(role, keys[0])] for role in ROLES}
    assert written.json == {
        "iam": {role: kms.iam_policy(role, keys) for role in ROLES},
        "key": {made.arns["issuer"]: kms.key_policy(keys[0], principals)},
    }
    assert written.stderr == ""


def test_a_role_alone_is_a_document_that_iam_takes(local, made):
    document = local("policy", "alias/issuer", "--role", "signer").ok().json
    assert document == kms.iam_policy("signer", kms.read_policy_keys(made.client, ["alias/issuer"]))
    assert set(document) == {"Version", "Statement"}


def test_a_key_policy_is_taken_by_key_create(fresh, tmp_path):
    fresh("key", "create", "--alg", "ES256", "--alias", "issuer").ok()
    written = fresh(
        "policy", "alias/issuer", "--key-policy", "--role", "signer", "--principal", f"signer={SIGNER}"
    ).ok()
    assert [statement["Sid"] for statement in written.json["Statement"]] == ["Account", "SignerRead", "SignerSign"]
    assert written.json["Statement"][1]["Principal"] == {"AWS": SIGNER}
    policy = tmp_path / "policy.json"
    policy.write_bytes(written.stdout)
    assert fresh("key", "create", "--alg", "ES256", "--policy", policy).ok().line


def test_principals_take_the_place_of_the_roles_that_are_named_after_their_parts(local):
    other = "arn:aws:iam::444455556666:user/ci"
    principals = ["--principal", f"signer={SIGNER}", "--principal", f"signer={other}"]
    document = local("policy", "alias/issuer", "--key-policy", *principals).ok().json
    by_sid = {statement["Sid"]: statement["Principal"]["AWS"] for statement in document["Statement"]}
    assert by_sid["SignerSign"] == [SIGNER, other]
    assert by_sid["PublisherRead"] == "arn:aws:iam::111122223333:role/kmsjose-publisher"


def test_a_key_that_was_not_given_by_an_alias_has_no_rotator(local, made):
    written = local("policy", made.arns["issuer"], "alias/ed").ok()
    assert set(written.json["iam"]) == {"signer", "publisher", "administrator"}
    assert written.stderr.startswith("note: no IAM policy for a rotator")
    assert len(written.json["key"]) == 2
    local("policy", made.arns["issuer"], "--role", "rotator").refused(2, "usage")


def test_an_rsa_key_is_narrowed_to_one_algorithm(local):
    written = local("policy", "alias/rsa", "--role", "signer").ok()
    assert "note: alias/rsa may sign by 6 algorithms: name one with --alg" in written.stderr
    narrow = local("policy", "alias/rsa", "alias/issuer", "--role", "signer", "--alg", "PS256").ok()
    assert narrow.stderr == ""
    assert "RSASSA_PSS_SHA_256" in narrow.text
    assert "PKCS1" not in narrow.text


@pytest.mark.parametrize("arguments, status, code", [
    ([], 2, "usage"),
    (["alias/issuer", "--role", "king"], 2, "usage"),
    (["alias/issuer", "--role", "signer", "--role", "publisher"], 2, "usage"),
    (["alias/issuer", "alias/ed", "--key-policy"], 2, "usage"),
    (["alias/issuer", "--role", "signer", "--principal", f"signer={SIGNER}"], 2, "usage"),
    (["alias/issuer", "--key-policy", "--principal", SIGNER], 2, "usage"),
    (["alias/issuer", "--key-policy", "--principal", f"king={SIGNER}"], 2, "usage"),
    (["alias/issuer", "--key-policy", "--principal", "signer=*"], 2, "usage"),
    (["alias/issuer", "--key-policy", "--principal", "signer="], 2, "usage"),
    (["alias/issuer", "--key-policy", "--role", "publisher", "--principal", f"signer={SIGNER}"], 2, "usage"),
    (["alias/issuer", "--alg", "PS256"], 2, "alg-unsupported-by-key"),
    (["alias/nobody"], 3, "not-found"),
    (["not a key"], 2, "usage"),
])  # fmt: skip
def test_what_it_refuses(local, arguments, status, code):
    local("policy", *arguments).refused(status, code)


def test_a_policy_is_written_for_a_key_that_cannot_sign_now(local):
    assert json.loads(local("policy", "alias/disabled", "--role", "signer").ok().text)["Statement"]
