"""The policies on an IAM that someone else has written: ministack checks each call over HTTP against them.

What it does not know is taken out of the policies here, and left to the evaluator of `test_policies`.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError

from kmsjose import KMSError, KMSSigner, jws, kms
from kmsjose.kms.permissions import GRANTS, ROLES
from kmsjose.kms.tags import write_tags
from tests.contracts.roles import RolesContract
from tests.kms import endpoints
from tests.kms.account import Account, known

pytestmark = pytest.mark.interop
EVERY_ACTION = sorted({action for grant in GRANTS for action in grant.actions})
#: What is asked of the key, or of what is named in it, beside its KeyId.
PARAMETERS: dict[str, dict[str, Any]] = {
    "Sign": {"Message": bytes(32), "MessageType": "DIGEST", "SigningAlgorithm": "ECDSA_SHA_256"},
    "CreateKey": {
        "KeySpec": "ECC_NIST_P256",
        "KeyUsage": "SIGN_VERIFY",
        "Tags": [{"TagKey": "kmsjose:rotation", "TagValue": "issuer"}],
    },
    "TagResource": {"Tags": [{"TagKey": "kmsjose:rotation", "TagValue": "issuer"}]},
    "UntagResource": {"TagKeys": ["kmsjose:lock"]},
    "ScheduleKeyDeletion": {"PendingWindowInDays": 30},
    "PutKeyPolicy": {"PolicyName": "default"},
    "GetKeyPolicy": {"PolicyName": "default"},
    "UpdateKeyDescription": {"Description": "for tests"},
    "GetParametersForImport": {"WrappingAlgorithm": "RSA_AES_KEY_WRAP_SHA_256", "WrappingKeySpec": "RSA_4096"},
    "ImportKeyMaterial": {"ImportToken": b"none", "EncryptedKeyMaterial": b"none"},
    "ReplicateKey": {"ReplicaRegion": "eu-central-1"},
    "UpdatePrimaryRegion": {"PrimaryRegion": "eu-central-1"},
    "CreateAlias": {"AliasName": "alias/issuer/key/new"},
    "UpdateAlias": {"AliasName": "alias/issuer"},
    "DeleteAlias": {"AliasName": "alias/issuer/key/new"},
}
WITHOUT_KEY = {"CreateKey", "ListKeys", "ListAliases", "DeleteAlias"}
#: What ministack has no operation for, or not for a key of this kind: it says so once the caller is let through.
REFUSED_OTHERWISE = {
    "GetKeyLastUsage": "InvalidAction",
    "UpdatePrimaryRegion": "InvalidAction",
    "DeleteImportedKeyMaterial": "UnsupportedOperationException",
    "GetParametersForImport": "UnsupportedOperationException",
    "ImportKeyMaterial": "UnsupportedOperationException",
    "ReplicateKey": "UnsupportedOperationException",
}
#: In what order they leave a key usable for those that follow.
LAST = ["DisableKey", "EnableKey", "ScheduleKeyDeletion", "CancelKeyDeletion", "PutKeyPolicy"]


@pytest.fixture(scope="module")
def account(request):
    python = endpoints.environment(request.config.cache.mkdir("ministack"))
    with endpoints.ministack(python, AUTH="true", SERVICES="kms,iam,sts") as url:
        yield Account(url)


@pytest.fixture(scope="module")
def root(account):
    return account.client("kms")


@pytest.fixture
def arn(root):
    """A key that no other test touches, in a rotation."""
    return kms.create_key(root, "ES256", tags={"kmsjose:rotation": "issuer"})


def attempt(client: Any, action: str, arn: str, policy: str) -> str:
    """Call an operation; the error's code, or "" if it was done."""
    parameters = dict(PARAMETERS.get(action, {}))
    if action == "PutKeyPolicy":
        parameters["Policy"] = policy
    if action not in WITHOUT_KEY:
        parameters["TargetKeyId" if action.endswith("Alias") else "KeyId"] = arn
    try:
        getattr(client, xform_name(action))(**parameters)
    except ClientError as error:
        return error.response["Error"]["Code"]
    return ""


def permitted(client: Any, root: Any, arn: str) -> set[str]:
    """The operations of the whole table that a caller is not denied."""
    policy = root.get_key_policy(KeyId=arn, PolicyName="default")["Policy"]
    ordered = [action for action in EVERY_ACTION if action not in LAST] + LAST
    outcomes = {action: attempt(client, action, arn, policy) for action in ordered}
    let_through = {action for action, code in outcomes.items() if code != "AccessDeniedException"}
    assert {action: outcomes[action] for action in let_through} == {
        action: REFUSED_OTHERWISE.get(action, "") for action in let_through
    }
    return let_through


def part(role: str) -> set[str]:
    return {action for grant in GRANTS if grant.role == role for action in grant.actions}


@pytest.mark.parametrize("role", ROLES)
def test_a_user_with_the_iam_policy_of_a_role_may_do_its_part_and_nothing_else(account, root, arn, unique, role):
    kms.set_alias(root, arn, "issuer")
    (key,) = kms.read_policy_keys(root, ["alias/issuer"])
    _, client = account.user(unique, known(kms.iam_policy(role, [key])))
    assert permitted(client, root, arn) == part(role)


@pytest.mark.parametrize("role", ["signer", "publisher", "administrator"])
def test_who_assumes_a_role_for_one_key_may_touch_no_other(account, root, arn, unique, role):
    (key,) = kms.read_policy_keys(root, [arn])
    client = account.role(unique, known(kms.iam_policy(role, [key])))
    assert permitted(client, root, arn) == part(role)
    other = kms.create_key(root, "ES256")
    # A key that has no alias may be tagged, since a new one is.
    without_key = {"ListKeys", "ListAliases", "CreateKey", "CreateAlias", "UpdateAlias", "DeleteAlias", "TagResource"}
    assert permitted(client, root, other) == part(role) & without_key


def test_a_user_whose_part_stands_in_the_key_policy_alone_needs_no_other(account, root, arn, unique):
    users = {role: account.user(f"{unique}-{role}") for role in ROLES}
    (key,) = kms.read_policy_keys(root, [arn])
    document = kms.key_policy(key, {role: [user] for role, (user, _) in users.items()})
    root.put_key_policy(KeyId=arn, PolicyName="default", Policy=json.dumps(known(document)))
    of_keys = set(EVERY_ACTION) - {"ListKeys", "ListAliases", "CreateKey", "CreateAlias", "UpdateAlias", "DeleteAlias"}
    for role, (_, client) in users.items():
        assert permitted(client, root, arn) == part(role) & of_keys


def test_a_key_policy_as_it_is_written_leaves_the_account_in_charge(account, root, unique):
    arn, _ = account.user(unique)
    (key,) = kms.read_policy_keys(root, [kms.create_key(root, "ES256")])
    policy = json.dumps(kms.key_policy(key, {"administrator": [arn]}))
    made = kms.create_key(root, "ES256", policy=policy)
    KMSSigner.open(root, made).sign(b"message")
    _, client = account.user(f"{unique}-by-iam", known(kms.iam_policy("signer", kms.read_policy_keys(root, [made]))))
    assert jws.sign(b"payload", KMSSigner.open(client, made))


def test_a_rotator_makes_keys_of_its_rotation_alone(account, root, arn, unique):
    kms.set_alias(root, arn, "issuer")
    (key,) = kms.read_policy_keys(root, ["alias/issuer"])
    _, client = account.user(unique, known(kms.iam_policy("rotator", [key])))
    assert kms.create_key(client, "ES256", tags={"kmsjose:rotation": "issuer", "kmsjose:kid": "2026"})
    for tags in ({}, {"kmsjose:rotation": "payments"}, {"team": "issuer"}):
        with pytest.raises(KMSError) as caught:
            kms.create_key(client, "ES256", tags=tags)
        assert caught.value.code == "access-denied"
    with pytest.raises(KMSError) as caught:
        write_tags(client, arn, {"team": "identity"})
    assert caught.value.code == "access-denied"


def test_a_service_that_may_sign_signs(account, root, arn, unique):
    kms.set_alias(root, arn, unique)
    (key,) = kms.read_policy_keys(root, [arn])
    client = account.role(unique, known(kms.iam_policy("signer", [key])))
    signer = KMSSigner.open(client, arn)
    assert jws.verify(jws.sign(b"payload", signer), signer.public_key).payload == b"payload"


class TestRolesOverHTTP(RolesContract):
    @pytest.fixture
    def name(self, unique):
        return unique

    @pytest.fixture
    def acting(self, account, root, name):
        def client(role: str) -> Any:
            keys = kms.read_policy_keys(root, [f"alias/{name}"])
            return account.user(f"{name}-{role}", known(kms.iam_policy(role, keys)))[1]

        return client
