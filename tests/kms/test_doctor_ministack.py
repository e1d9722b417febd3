"""What is found on someone else's KMS, over HTTP, by callers with more rights and fewer."""

from __future__ import annotations

import pytest

from kmsjose import KeySet, KMSSigner, kms
from tests.kms import endpoints
from tests.kms.account import REGION, Account, known

pytestmark = pytest.mark.interop


@pytest.fixture(scope="module")
def account(request):
    python = endpoints.environment(request.config.cache.mkdir("ministack"))
    with endpoints.ministack(python, AUTH="true", SERVICES="kms,iam,sts") as url:
        yield Account(url)


@pytest.fixture
def root(account):
    return account.client("kms")


@pytest.fixture
def arn(root, unique):
    return kms.create_key(root, "ES256", alias=unique)


def examined(client, key, **options):
    return {check.name: check for check in kms.examine(client, key, **options)}


def failed(checks):
    return [check.name for check in checks.values() if check.status == "failed"]


def test_nothing_is_wrong_for_the_root(account, root, arn, unique, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", account.url)
    keys = KeySet([KMSSigner.open(root, arn).public_key])
    checks = examined(root, f"alias/{unique}", load=lambda _alg: keys)
    assert failed(checks) == []
    assert checks["credentials"].what == "arn:aws:iam::000000000000:root"
    assert checks["endpoint"].what == account.url
    assert checks["clock"].status == "ok"
    assert checks["published"].status == "ok"
    assert "no dry run" in checks["sign"].what


def test_a_signer_with_its_policy_alone_is_well(account, root, arn, unique):
    (key,) = kms.read_policy_keys(root, [arn])
    _, client = account.user(unique, known(kms.iam_policy("signer", [key])))
    checks = examined(client, arn)
    assert failed(checks) == []
    assert checks["key"].status == "skipped"
    assert checks["public-key"].status == "ok"


def test_a_publisher_is_told_that_it_may_not_sign(account, root, arn, unique):
    (key,) = kms.read_policy_keys(root, [arn])
    _, client = account.user(unique, known(kms.iam_policy("publisher", [key])))
    checks = examined(client, arn)
    assert failed(checks) == ["sign"]
    assert f"user/{unique} is not authorized to perform: kms:Sign" in checks["sign"].what


def test_a_stranger_is_told_what_to_ask_for(account, arn, unique):
    _, client = account.user(unique)
    checks = examined(client, arn)
    assert failed(checks) == ["public-key"]
    assert "kms:GetPublicKey" in checks["public-key"].advice


def test_credentials_that_nobody_knows(account, arn, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", account.url)
    client = kms.connect(
        region=REGION, endpoint_url=account.url, credentials=kms.Credentials("AKIAEXAMPLE", "wrong"), max_attempts=1
    )
    checks = examined(client, arn)
    assert failed(checks) == ["credentials"]
    assert "InvalidClientTokenId" in checks["credentials"].what


def test_a_disabled_key(root, arn):
    kms.disable_key(root, arn)
    assert failed(examined(root, arn)) == ["state"]
