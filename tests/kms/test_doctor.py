"""Each thing that may be wrong with a key is found, said, and followed by what to do; the rest is still looked at."""

from __future__ import annotations

import datetime
import os
import socket
import threading
import time
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import boto3
import pytest

from kmsjose import InputError, KeySet, KMSError, KMSSigner, PublicKey, kms
from kmsjose.algorithms import TABLE
from kmsjose.kms.local import attach
from kmsjose.kms.tags import write_tags
from tests.kms.endpoints import free_port

CREDENTIALS = kms.Credentials("AKIDEXAMPLE", "secret-of-the-test")
NAMES = [
    "credentials", "region", "endpoint", "key", "clock", "state", "material", "names", "public-key", "fips", "sign",
    "published",
]  # fmt: skip
STATUSES = {"ok", "warning", "failed", "skipped"}


@pytest.fixture
def arn(kmsjose_client):
    return kms.create_key(kmsjose_client, "ES256", alias="issuer")


@pytest.fixture(autouse=True)
def no_environment(monkeypatch):
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", "none")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "none")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


def examined(client, key, **options):
    """The checks by name, which are always the same and in the same order."""
    checks = list(kms.examine(client, key, **options))
    assert [check.name for check in checks] == NAMES
    assert {check.status for check in checks} <= STATUSES
    assert all(check.what for check in checks)
    assert all(check.what.isprintable() and check.advice.isprintable() for check in checks)
    assert all(check.advice for check in checks if check.status in {"warning", "failed"})
    return {check.name: check for check in checks}


def only_failed(checks, name):
    """The one check that failed."""
    assert [check.name for check in checks.values() if check.status == "failed"] == [name]
    return checks[name]


def statuses(checks, status):
    return [check.name for check in checks.values() if check.status == status]


# all is well


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_nothing_is_wrong_with_a_key_that_signs(kmsjose_client, kmsjose_faults, row):
    arn = kms.create_key(kmsjose_client, row.name, bits=2048 if row.kty == "RSA" else None, alias="issuer")
    checks = examined(kmsjose_client, "alias/issuer", alg=row.name)
    assert statuses(checks, "skipped") == ["credentials", "fips", "published"]
    assert set(statuses(checks, "ok")) == set(NAMES) - {"credentials", "fips", "published"}
    assert checks["key"].what == arn
    assert checks["public-key"].what.startswith(f"{row.name}, kid ")


def test_nothing_is_signed_and_nothing_changed(kmsjose_client, kmsjose_faults, arn):
    kmsjose_faults.clear()
    examined(kmsjose_client, arn)
    assert set(kmsjose_faults.calls) == {"DescribeKey", "ListResourceTags", "ListAliases", "GetPublicKey", "Sign"}
    assert kmsjose_faults.calls.count("Sign") == 1
    used = kmsjose_client.get_key_last_usage(KeyId=arn)
    assert not used.get("KeyLastUsage", {}).get("Operation")


def test_the_embedded_kms_is_called_what_it_is_and_sts_is_not_asked(kmsjose_client, arn, monkeypatch):
    looked_up = []
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *_: looked_up.append(host) or [])
    checks = examined(kmsjose_client, arn)
    assert looked_up == []
    assert checks["credentials"].what == "the embedded KMS asks for none"
    assert "not for production" in checks["endpoint"].what


def test_the_checks_are_made_as_they_are_asked_for(kmsjose_client, kmsjose_faults, arn):
    kmsjose_faults.clear()
    assert next(iter(kms.examine(kmsjose_client, arn))).name == "credentials"
    assert kmsjose_faults.calls == []


@pytest.mark.parametrize("key, alg, code", [("not a key", None, "usage"), ("alias/issuer", "HS256", "alg-unknown")])
def test_what_cannot_be_meant_is_refused_before_any_check(kmsjose_client, key, alg, code):
    with pytest.raises(InputError) as caught:
        kms.examine(kmsjose_client, key, alg=alg)
    assert caught.value.code == code


# the key


def test_a_key_that_is_not_there(kmsjose_client):
    checks = examined(kmsjose_client, "alias/nobody")
    assert "NotFoundException" in only_failed(checks, "key").what
    assert checks["clock"].status == "ok"
    assert checks["sign"].what == "needs public-key"


def test_a_disabled_key(kmsjose_client, arn):
    kms.disable_key(kmsjose_client, arn)
    checks = examined(kmsjose_client, "alias/issuer")
    found = only_failed(checks, "state")
    assert found.what == "the key is Disabled"
    assert f"kmsjose key enable {arn}" in found.advice
    assert checks["names"].status == "ok"
    assert checks["public-key"].what == "needs state"


def test_a_key_that_waits_for_its_deletion(kmsjose_client, arn):
    _, date = kms.schedule_deletion(kmsjose_client, arn, 7)
    found = only_failed(examined(kmsjose_client, arn), "state")
    assert f"{date:%Y-%m-%d %H:%M}" in found.what
    assert f"kmsjose key undelete {arn}" in found.advice


def test_a_key_without_material(kmsjose_client):
    made = kmsjose_client.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY", Origin="EXTERNAL")
    found = only_failed(examined(kmsjose_client, made["KeyMetadata"]["Arn"]), "state")
    assert "PendingImport" in found.what
    assert "import" in found.advice


def test_imported_material_that_ends_soon(kmsjose_client, arn, monkeypatch):
    ends = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=29)
    later = ends + datetime.timedelta(days=10)
    for date, status in ((ends, "warning"), (later, "ok")):

        def imported(parsed, date=date, **_):
            parsed["KeyMetadata"] |= {"Origin": "EXTERNAL", "ValidTo": date}

        kmsjose_client.meta.events.register("after-call.kms.DescribeKey", imported, unique_id="imported")
        check = examined(kmsjose_client, arn)["material"]
        assert check.status == status
        assert f"{date:%Y-%m-%d %H:%M}" in check.what
        kmsjose_client.meta.events.unregister("after-call.kms.DescribeKey", unique_id="imported")


def test_a_multi_region_key_tells_its_regions(kmsjose_client):
    arn = kms.create_key(kmsjose_client, "ES256", multi_region=True)
    assert "multi-Region, primary in eu-west-1" in examined(kmsjose_client, arn)["state"].what


@pytest.mark.parametrize("spec, usage", [("HMAC_256", "GENERATE_VERIFY_MAC"), ("RSA_2048", "ENCRYPT_DECRYPT")])
def test_a_key_that_is_not_for_signing(kmsjose_client, spec, usage):
    made = kmsjose_client.create_key(KeySpec=spec, KeyUsage=usage)
    checks = examined(kmsjose_client, made["KeyMetadata"]["Arn"], alg="PS256")
    assert only_failed(checks, "public-key").advice
    assert checks["sign"].status == "skipped"


def test_an_rsa_key_needs_its_algorithm_or_its_tag(kmsjose_client):
    arn = kmsjose_client.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["Arn"]
    checks = examined(kmsjose_client, arn)
    assert checks["public-key"].status == "warning"
    assert "--alg" in checks["public-key"].advice
    assert checks["sign"].what == "the algorithm is not known"
    write_tags(kmsjose_client, arn, {"kmsjose:alg": "PS384", "kmsjose:kid": "2026"})
    assert examined(kmsjose_client, arn)["public-key"].what == "PS384, kid 2026"
    assert examined(kmsjose_client, arn, alg="PS512")["public-key"].what == "PS512, kid 2026"


def test_an_algorithm_that_the_key_cannot_do(kmsjose_client, arn):
    assert "PS256" in only_failed(examined(kmsjose_client, arn, alg="PS256"), "public-key").what


def test_an_old_key_and_a_nameless_one_are_pointed_out(kmsjose_client, arn):
    nameless = kms.create_key(kmsjose_client, "ES256")
    assert "no alias" in examined(kmsjose_client, nameless)["names"].what
    check = examined(kmsjose_client, arn, clock=lambda: time.time() + 366 * 86400)["names"]
    assert check.status == "warning"
    assert "over a year ago" in check.what


# permissions


def test_who_may_not_describe_keys_may_still_sign(kmsjose_client, kmsjose_faults, arn):
    for operation in ("DescribeKey", "ListResourceTags", "ListAliases"):
        kmsjose_faults.error("AccessDeniedException", operation)
    checks = examined(kmsjose_client, "alias/issuer")
    assert statuses(checks, "failed") == []
    assert checks["key"].status == checks["state"].status == "skipped"
    assert checks["public-key"].status == "warning"
    assert checks["sign"].status == "ok"


def test_with_the_policy_of_a_signer_the_tags_tell_the_kid_and_the_algorithm(kmsjose_client, kmsjose_faults):
    tags = {"kmsjose:kid": "2019-key", "kmsjose:alg": "PS384"}
    kms.create_key(kmsjose_client, "PS384", bits=2048, alias="issuer", tags=tags)
    published = KeySet([kms.open_tagged(kmsjose_client, "alias/issuer").public_key])
    for operation in ("DescribeKey", "ListAliases"):
        kmsjose_faults.error("AccessDeniedException", operation)
    checks = examined(kmsjose_client, "alias/issuer", load=lambda _alg: published)
    assert checks["public-key"].what == "PS384, kid 2019-key"
    assert checks["sign"].status == checks["published"].status == "ok"


@pytest.mark.parametrize("operations", [("ListResourceTags",), ("ListResourceTags", "DescribeKey")])
def test_without_the_tags_no_kid_is_compared_but_one_that_is_given(kmsjose_client, kmsjose_faults, arn, operations):
    write_tags(kmsjose_client, arn, {"kmsjose:kid": "2019-key"})
    published = KeySet([kms.open_tagged(kmsjose_client, arn).public_key])
    for operation in operations:
        kmsjose_faults.error("AccessDeniedException", operation)
    checks = examined(kmsjose_client, "alias/issuer", load=lambda _alg: published)
    assert statuses(checks, "failed") == []
    assert "kms:ListResourceTags" in checks["public-key"].advice
    assert (checks["published"].status, "--kid" in checks["published"].advice) == ("skipped", True)
    checks = examined(kmsjose_client, "alias/issuer", kid="2019-key", load=lambda _alg: published)
    assert checks["public-key"].status == checks["published"].status == "ok"


def test_tags_and_aliases_that_may_not_be_listed_are_no_failure(kmsjose_client, kmsjose_faults, arn):
    for operation in ("ListResourceTags", "ListAliases"):
        kmsjose_faults.error("AccessDeniedException", operation)
    checks = examined(kmsjose_client, arn)
    assert statuses(checks, "failed") == []
    assert checks["names"].status == "skipped"


@pytest.mark.parametrize("operation, name", [("GetPublicKey", "public-key"), ("Sign", "sign")])
def test_a_permission_that_is_missing_is_named(kmsjose_client, kmsjose_faults, arn, operation, name):
    kmsjose_faults.error("AccessDeniedException", operation, message=f"not authorized to perform: kms:{operation}")
    found = only_failed(examined(kmsjose_client, arn), name)
    assert f"not authorized to perform: kms:{operation}" in found.what
    assert f"kms:{operation}" in found.advice
    assert "kmsjose policy" in found.advice


def test_an_endpoint_that_signs_in_a_dry_run_says_nothing_of_permissions(kmsjose_client, arn):
    def without_dry_run(params, **_):
        params.pop("DryRun", None)

    kmsjose_client.meta.events.register("provide-client-params.kms.Sign", without_dry_run)
    check = examined(kmsjose_client, arn)["sign"]
    assert check.status == "skipped"
    assert "no dry run" in check.what


# the way to KMS


@pytest.mark.parametrize(
    "fault, said", [("throttle", "Rate exceeded"), ("drop", "closed"), ("timeout", "timeout"), ("refuse", "connect")]
)
@pytest.mark.parametrize("operation, name", [("DescribeKey", "key"), ("GetPublicKey", "public-key"), ("Sign", "sign")])
def test_a_call_that_fails_is_one_failed_check(kmsjose_faults, fault, said, operation, name):
    client = kms.connect(local=":memory:", faults=kmsjose_faults, max_attempts=1)
    arn = kms.create_key(client, "ES256", alias="issuer")
    getattr(kmsjose_faults, fault)(operation)
    found = only_failed(examined(client, arn), name)
    assert said in found.what


@pytest.mark.parametrize("key, said", [
    ("arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab", "us-east-1"),
    ("arn:aws:kms:us-east-1:111122223333:alias/issuer", "us-east-1"),
    ("arn:aws-cn:kms:cn-north-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab", "aws-cn"),
])  # fmt: skip
def test_a_key_of_another_region_or_partition_is_seen_before_any_call(kmsjose_client, kmsjose_faults, key, said):
    checks = examined(kmsjose_client, key)
    assert said in only_failed(checks, "region").what
    assert checks["key"].what == "needs region"
    assert kmsjose_faults.calls == []


@pytest.mark.parametrize("offset, status", [
    (0, "ok"), (25, "ok"), (-25, "ok"), (60, "warning"), (-60, "warning"), (400, "failed"), (-400, "failed"),
])  # fmt: skip
def test_clocks_that_differ(kmsjose_client, offset, status):
    attach(kmsjose_client, ":memory:", clock=lambda: time.time() + offset)
    arn = kms.create_key(kmsjose_client, "ES256", alias="issuer")
    check = examined(kmsjose_client, arn)["clock"]
    assert check.status == status
    if status != "ok":
        assert ("behind" if offset > 0 else "ahead") in check.what


def test_the_clock_is_told_by_a_refusal_too(kmsjose_client, kmsjose_faults):
    attach(kmsjose_client, ":memory:", clock=lambda: time.time() + 400, faults=kmsjose_faults)
    kmsjose_faults.error("InvalidSignatureException", "DescribeKey", message="Signature expired")
    checks = examined(kmsjose_client, "alias/issuer")
    assert statuses(checks, "failed") == ["key", "clock"]


@pytest.mark.parametrize("date", ["", "yesterday", "Tue, 99 Foo 2026 00:00:00 GMT"])
def test_a_time_that_cannot_be_read_is_not_checked(kmsjose_client, arn, date):
    def mangled(parsed, **_):
        parsed["ResponseMetadata"]["HTTPHeaders"]["date"] = date

    kmsjose_client.meta.events.register("after-call.kms", mangled)
    assert examined(kmsjose_client, arn)["clock"].status == "skipped"


def test_no_credentials_is_one_failed_check():
    client = kms.connect(region="eu-west-1", max_attempts=1)
    checks = examined(client, "alias/issuer")
    assert "no AWS credentials" in only_failed(checks, "credentials").what
    assert checks["key"].what == "needs credentials"
    assert checks["endpoint"].what == "https://kms.eu-west-1.amazonaws.com"


def test_an_endpoint_url_of_sts_that_is_none_is_no_failure(monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", "garbage")
    client = kms.connect(region="eu-west-1", credentials=CREDENTIALS)
    attach(client, ":memory:")
    monkeypatch.setattr("kmsjose.kms.doctor.identity.is_embedded", lambda _client: False)
    found = next(iter(kms.examine(client, kms.create_key(client, "ES256"))))
    assert (found.name, found.status, "endpoint URL" in found.what) == ("credentials", "skipped", True)


def test_a_role_that_may_not_be_assumed_is_no_matter_of_the_key(monkeypatch):
    from botocore.exceptions import ClientError

    denied = {"Error": {"Code": "AccessDenied", "Message": "not authorized to perform: sts:AssumeRole"}}

    class STS:
        def assume_role(self, **_):
            raise ClientError(denied, "AssumeRole")

    genuine = boto3.session.Session.client

    def client(self, service, **options):
        return STS() if service == "sts" else genuine(self, service, **options)

    monkeypatch.setattr(boto3.session.Session, "client", client)
    role = "arn:aws:iam::111122223333:role/signer"
    connected = kms.connect(region="eu-west-1", credentials=CREDENTIALS, role_arn=role)
    found = next(iter(kms.examine(connected, "alias/issuer")))
    assert (found.name, found.status) == ("credentials", "failed")
    assert "sts:AssumeRole" in found.what
    assert "sts:AssumeRole" in found.advice
    assert "trust policy" in found.advice


def test_credentials_that_have_expired(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret-of-the-test")
    monkeypatch.setenv("AWS_CREDENTIAL_EXPIRATION", "2020-01-01T00:00:00Z")
    client = kms.connect(region="eu-west-1", max_attempts=1)
    assert "expired" in only_failed(examined(client, "alias/issuer"), "credentials").what


def test_credentials_that_end_soon(monkeypatch):
    ends = datetime.datetime.now(datetime.UTC) + datetime.timedelta(minutes=14)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret-of-the-test")
    monkeypatch.setenv("AWS_CREDENTIAL_EXPIRATION", ends.isoformat())
    client = kms.connect(region="eu-west-1", max_attempts=1, endpoint_url=f"http://127.0.0.1:{free_port()}")
    check = examined(client, "alias/issuer")["credentials"]
    assert check.status == "warning"
    assert f"{ends:%H:%M} UTC" in check.what


def test_credentials_for_another_endpoint_are_not_shown_to_aws():
    client = kms.connect(
        region="eu-west-1", credentials=CREDENTIALS, max_attempts=1, endpoint_url=f"http://127.0.0.1:{free_port()}"
    )
    checks = examined(client, "alias/issuer")
    assert checks["credentials"].status == "ok"
    assert "STS was not asked" in checks["credentials"].what
    assert only_failed(checks, "key")
    assert checks["clock"].status == "skipped"


def test_an_sts_that_does_not_answer_is_no_failure(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", f"http://127.0.0.1:{silent.getsockname()[1]}")
        monkeypatch.setattr("kmsjose.kms.doctor.identity._STS_SECONDS", 0.2)
        client = kms.connect(region="eu-west-1", credentials=CREDENTIALS, max_attempts=1)
        assert examined(client, "alias/issuer")["credentials"].status == "skipped"


class _Refusing(BaseHTTPRequestHandler):
    """AWS STS, a quarter of an hour ahead: no signature is good for it."""

    def do_POST(self):
        error = "<Code>SignatureDoesNotMatch</Code><Message>Signature expired</Message>"
        body = f"<ErrorResponse><Error>{error}</Error></ErrorResponse>".encode()
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response_only(403)
        self.send_header("date", formatdate(time.time() + 900, usegmt=True))
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def test_a_clock_by_which_no_signature_is_good_is_told_beside_the_credentials(monkeypatch):
    with HTTPServer(("127.0.0.1", 0), _Refusing) as server:
        thread = threading.Thread(target=server.handle_request, daemon=True)
        thread.start()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
        client = kms.connect(region="eu-west-1", credentials=CREDENTIALS, max_attempts=1)
        checks = examined(client, "alias/issuer")
        thread.join(10)
    assert statuses(checks, "failed") == ["credentials", "clock"]
    assert "SignatureDoesNotMatch" in checks["credentials"].what
    assert "behind" in checks["clock"].what


# FIPS


def test_fips_that_an_endpoint_url_has_dropped(monkeypatch):
    monkeypatch.setenv("AWS_USE_FIPS_ENDPOINT", "true")
    url = f"http://127.0.0.1:{free_port()}"
    client = kms.connect(region="us-east-1", credentials=CREDENTIALS, max_attempts=1, endpoint_url=url)
    found = examined(client, "alias/issuer")["endpoint"]
    assert found.status == "failed"
    assert url in found.what


@pytest.mark.parametrize("row", [row for row in TABLE if row.kty != "RSA"], ids=lambda row: row.name)
def test_fips_in_force_and_an_algorithm_that_it_does_not_cover(row, monkeypatch):
    """The calls of a client for the FIPS endpoint are answered by the embedded KMS, which the checks are not told."""
    client = kms.connect(region="us-east-1", credentials=CREDENTIALS, fips=True)
    attach(client, ":memory:")
    client.meta.events.unregister("kmsjose.embedded", unique_id="kmsjose.embedded")
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", f"http://127.0.0.1:{free_port()}")
    checks = examined(client, kms.create_key(client, row.name, alias="issuer"))
    assert checks["endpoint"].what == "https://kms-fips.us-east-1.amazonaws.com, FIPS 140-3"
    assert checks["fips"].status == ("ok" if row.fips.value == "approved" else "warning")
    assert row.name in checks["fips"].what


# what is published


@pytest.fixture
def mine(kmsjose_client, arn):
    return KMSSigner.open(kmsjose_client, arn).public_key


def other(client, kid):
    made = KMSSigner.open(client, kms.create_key(client, "ES256"))
    return PublicKey.of(made.public_key.material, "ES256", kid)


def test_a_published_key_is_in_agreement(kmsjose_client, mine):
    keys = KeySet([mine, other(kmsjose_client, "next")])
    check = examined(kmsjose_client, "alias/issuer", load=lambda _alg: keys)["published"]
    assert check.status == "ok"
    assert mine.kid in check.what


def test_a_key_that_is_not_published(kmsjose_client, mine):
    keys = KeySet([other(kmsjose_client, "next")])
    found = only_failed(examined(kmsjose_client, "alias/issuer", load=lambda _alg: keys), "published")
    assert mine.kid in found.what
    assert "kmsjose export" in found.advice


def test_a_kid_that_is_published_with_another_key(kmsjose_client, mine):
    keys = KeySet([other(kmsjose_client, mine.kid)])
    found = only_failed(examined(kmsjose_client, "alias/issuer", load=lambda _alg: keys), "published")
    assert "another key" in found.what


def test_a_key_that_is_published_under_another_kid_than_its_tag_says(kmsjose_client, arn, mine):
    write_tags(kmsjose_client, arn, {"kmsjose:kid": "2026"})
    found = only_failed(examined(kmsjose_client, "alias/issuer", load=lambda _alg: KeySet([mine])), "published")
    assert "signs as 2026" in found.what
    renamed = PublicKey.of(mine.material, "ES256", "2026")
    assert examined(kmsjose_client, arn, load=lambda _alg: KeySet([renamed]))["published"].status == "ok"


def test_an_rsa_key_that_is_published_for_another_algorithm(kmsjose_client):
    arn = kms.create_key(kmsjose_client, "PS256", bits=2048, alias="reports")
    keys = KeySet([KMSSigner.open(kmsjose_client, arn, "RS256").public_key])
    found = only_failed(examined(kmsjose_client, "alias/reports", alg="PS256", load=lambda _alg: keys), "published")
    assert "RS256" in found.what
    assert "PS256" in found.what


def test_an_alias_that_has_moved_to_an_unpublished_key(kmsjose_client, mine):
    kms.set_alias(kmsjose_client, kms.create_key(kmsjose_client, "ES256"), "issuer")
    only_failed(examined(kmsjose_client, "alias/issuer", load=lambda _alg: KeySet([mine])), "published")


def test_published_keys_that_cannot_be_read_are_one_failed_check(kmsjose_client, arn):
    def load(_alg):
        raise InputError("file-unreadable", "jwks.json can't be read: No such file or directory")

    found = only_failed(examined(kmsjose_client, arn, load=load), "published")
    assert "jwks.json" in found.what


def test_a_file_of_published_keys_that_is_not_there_is_one_failed_check(kmsjose_client, arn):
    def load(_alg):
        return KeySet.from_jwks(Path("/nowhere/jwks.json").read_text())

    assert "No such file" in only_failed(examined(kmsjose_client, arn, load=load), "published").what


def test_a_kid_that_no_tag_can_hold_is_compared_if_it_is_given(kmsjose_client, arn):
    kid = "did:web:issuer.example#key-1"
    published = KeySet([KMSSigner.open(kmsjose_client, arn, kid=kid).public_key])
    only_failed(examined(kmsjose_client, arn, load=lambda _alg: published), "published")
    assert examined(kmsjose_client, arn, kid=kid, load=lambda _alg: published)["published"].status == "ok"


def test_a_published_rsa_key_that_names_no_algorithm_is_read_for_that_of_the_signer(kmsjose_client):
    arn = kms.create_key(kmsjose_client, "PS384", bits=2048)
    jwk = kms.open_tagged(kmsjose_client, arn).public_key.to_jwk()
    del jwk["alg"]
    found = examined(kmsjose_client, arn, load=lambda alg: KeySet.from_jwks({"keys": [jwk]}, [alg]))["published"]
    assert (found.status, "PS384" in found.what) == ("ok", True)


def test_where_no_client_can_be_made_that_is_the_finding():
    first, *rest = kms.unreachable(KMSError("configuration", "connect: You must specify a region."))
    assert (first.name, first.status) == ("client", "failed")
    assert "region" in first.what
    assert [check.name for check in rest] == NAMES
    assert {check.status for check in rest} == {"skipped"}
