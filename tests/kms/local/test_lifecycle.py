"""What keys are made as, the states they go through, and what is told of them."""

from __future__ import annotations

import json

import pytest
from botocore.config import Config

from kmsjose.kms.local import attach
from kmsjose.kms.local.server import OPERATIONS

DAY = 86_400
NOWHERE = "00000000-0000-4000-8000-000000000000"


class Clock:
    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


def _sign(client, key):
    return client.sign(KeyId=key, Message=b"m", SigningAlgorithm="ECDSA_SHA_256")


def _state(client, key):
    return client.describe_key(KeyId=key)["KeyMetadata"]["KeyState"]


class TestCreateKey:
    def test_default_is_symmetric(self, client):
        made = client.create_key()["KeyMetadata"]
        assert (made["KeySpec"], made["KeyUsage"]) == ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT")
        assert made["EncryptionAlgorithms"] == ["SYMMETRIC_DEFAULT"]

    def test_everything_given_is_told(self, client):
        statement = {"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "*", "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        made = client.create_key(
            CustomerMasterKeySpec="ECC_NIST_P256",
            KeyUsage="SIGN_VERIFY",
            Description="of the issuer",
            Tags=[{"TagKey": "team", "TagValue": "id"}],
            Policy=policy,
        )["KeyMetadata"]
        assert made == client.describe_key(KeyId=made["KeyId"])["KeyMetadata"]
        assert made["Description"] == "of the issuer"
        assert (made["KeyState"], made["Enabled"], made["KeyManager"]) == ("Enabled", True, "CUSTOMER")
        assert client.get_key_policy(KeyId=made["KeyId"])["Policy"] == policy
        assert client.list_resource_tags(KeyId=made["KeyId"])["Tags"] == [{"TagKey": "team", "TagValue": "id"}]

    def test_multi_region(self, client, create):
        arn = create(client, MultiRegion=True)
        told = client.describe_key(KeyId=arn)["KeyMetadata"]
        assert told["KeyId"].startswith("mrk-")
        assert told["MultiRegionConfiguration"]["PrimaryKey"] == {"Arn": arn, "Region": "eu-west-1"}
        assert _sign(client, told["KeyId"])["KeyId"] == arn

    @pytest.mark.parametrize(
        "options,code,text",
        [
            ({"KeySpec": "ECC_NIST_P256"}, "ValidationException", None),
            (
                {"KeySpec": "ECC_NIST_P256", "KeyUsage": "ENCRYPT_DECRYPT"},
                "ValidationException",
                "KeyUsage ENCRYPT_DECRYPT is not compatible with KeySpec ECC_NIST_P256",
            ),
            ({"KeySpec": "HMAC_256", "CustomerMasterKeySpec": "HMAC_256"}, "ValidationException", None),
            ({"KeySpec": "NO_SUCH_SPEC"}, "ValidationException", None),
            ({"KeySpec": "SM2", "KeyUsage": "SIGN_VERIFY"}, "UnsupportedOperationException", None),
            ({"Origin": "AWS_CLOUDHSM"}, "UnsupportedOperationException", None),
            ({"Policy": "{"}, "MalformedPolicyDocumentException", None),
            ({"Tags": [{"TagKey": "a", "TagValue": ""}] * 2}, "TagException", None),
            ({"Tags": [{"TagKey": "aws:a", "TagValue": ""}]}, "TagException", None),
            ({"Tags": [{"TagKey": "team", "TagValue": "a#b"}]}, "TagException", None),
            ({"Tags": [{"TagKey": "a%b", "TagValue": ""}]}, "TagException", None),
            ({"Tags": [{"TagKey": "team", "TagValue": "a\nb"}]}, "TagException", None),
            ({"Tags": [{"TagKey": "a" * 129, "TagValue": ""}]}, "ValidationException", None),
        ],
    )
    def test_refused(self, client, aws_refuses, options, code, text):
        with aws_refuses(code, text):
            client.create_key(**options)
        assert client.list_keys()["Keys"] == []


class TestStates:
    def test_disabled(self, client, create, aws_refuses):
        arn = create(client)
        client.disable_key(KeyId=arn)
        assert _state(client, arn) == "Disabled"
        for call in (_sign, lambda client, key: client.get_public_key(KeyId=key)):
            with aws_refuses("DisabledException", f"{arn} is disabled."):
                call(client, arn)
        client.enable_key(KeyId=arn)
        _sign(client, arn)

    def test_pending_deletion(self, client, create, aws_refuses):
        arn = create(client)
        answer = client.schedule_key_deletion(KeyId=arn, PendingWindowInDays=7)
        assert (answer["KeyId"], answer["KeyState"]) == (arn, "PendingDeletion")
        told = client.describe_key(KeyId=arn)["KeyMetadata"]
        assert told["DeletionDate"] == answer["DeletionDate"]
        assert told["Enabled"] is False
        refused = (
            _sign,
            lambda client, key: client.get_public_key(KeyId=key),
            lambda client, key: client.enable_key(KeyId=key),
            lambda client, key: client.disable_key(KeyId=key),
            lambda client, key: client.schedule_key_deletion(KeyId=key),
            lambda client, key: client.create_alias(AliasName="alias/a", TargetKeyId=key),
            lambda client, key: client.tag_resource(KeyId=key, Tags=[{"TagKey": "a", "TagValue": "b"}]),
            lambda client, key: client.update_key_description(KeyId=key, Description="d"),
        )
        for call in refused:
            with aws_refuses("KMSInvalidStateException", f"{arn} is pending deletion."):
                call(client, arn)
        assert client.cancel_key_deletion(KeyId=arn)["KeyId"] == arn
        assert _state(client, arn) == "Disabled"
        with aws_refuses("KMSInvalidStateException", f"{arn} is not pending deletion."):
            client.cancel_key_deletion(KeyId=arn)
        client.enable_key(KeyId=arn)
        _sign(client, arn)

    def test_pending_import(self, client, create, aws_refuses):
        arn = create(client, Origin="EXTERNAL")
        assert _state(client, arn) == "PendingImport"
        for call in (
            _sign,
            lambda client, key: client.get_public_key(KeyId=key),
            lambda client, key: client.enable_key(KeyId=key),
        ):
            with aws_refuses("KMSInvalidStateException", f"{arn} is pending import."):
                call(client, arn)
        client.create_alias(AliasName="alias/a", TargetKeyId=arn)

    @pytest.mark.parametrize("days", [1, 6, 31, 365, 366])
    def test_window(self, client, create, aws_refuses, days):
        with aws_refuses("ValidationException"):
            client.schedule_key_deletion(KeyId=create(client), PendingWindowInDays=days)

    def test_deletion_waits_30_days_by_default(self, client, create):
        assert client.schedule_key_deletion(KeyId=create(client))["PendingWindowInDays"] == 30

    @pytest.mark.parametrize("kept", ["folder", ":memory:"])
    def test_a_key_past_its_date_is_gone_with_its_aliases(self, connect, create, aws_refuses, tmp_path, clock, kept):
        where = tmp_path if kept == "folder" else kept
        client = connect(where, clock=clock)
        arn, other = create(client), create(client)
        client.create_alias(AliasName="alias/a", TargetKeyId=arn)
        client.create_alias(AliasName="alias/b", TargetKeyId=other)
        client.schedule_key_deletion(KeyId=arn, PendingWindowInDays=7)
        clock.now += 7 * DAY - 1
        assert _state(client, arn) == "PendingDeletion"
        clock.now += 2
        with aws_refuses("NotFoundException", f"Key '{arn}' does not exist"):
            client.describe_key(KeyId=arn)
        with aws_refuses("NotFoundException"):
            client.cancel_key_deletion(KeyId=arn)
        with aws_refuses("NotFoundException"):
            client.sign(KeyId="alias/a", Message=b"m", SigningAlgorithm="ECDSA_SHA_256")
        with aws_refuses("NotFoundException"):
            client.update_alias(AliasName="alias/a", TargetKeyId=other)
        assert [entry["KeyArn"] for entry in client.list_keys()["Keys"]] == [other]
        assert [entry["AliasName"] for entry in client.list_aliases()["Aliases"]] == ["alias/b"]
        client.create_alias(AliasName="alias/a", TargetKeyId=other)

    def test_its_files_go_when_the_folder_is_next_opened(self, connect, create, tmp_path, clock):
        client = connect(tmp_path, clock=clock)
        arn = create(client)
        client.create_alias(AliasName="alias/a", TargetKeyId=arn)
        client.schedule_key_deletion(KeyId=arn, PendingWindowInDays=7)
        clock.now += 8 * DAY
        connect(tmp_path, clock=clock)
        left = {file.name for file in (tmp_path / "eu-west-1").iterdir()}
        assert left == {"aliases.json"}
        assert json.loads((tmp_path / "eu-west-1" / "aliases.json").read_bytes()) == {}


class TestNames:
    @pytest.mark.parametrize(
        "name,code,text",
        [
            ("nonsense", "NotFoundException", "Invalid keyId 'nonsense'"),
            (NOWHERE, "NotFoundException", f"Key 'arn:aws:kms:eu-west-1:111122223333:key/{NOWHERE}' does not exist"),
            ("alias/none", "NotFoundException", "Alias arn:aws:kms:eu-west-1:111122223333:alias/none is not found."),
            (f"arn:aws:kms:us-east-1:111122223333:key/{NOWHERE}", "NotFoundException", "Invalid arn us-east-1"),
            (f"arn:aws-cn:kms:eu-west-1:111122223333:key/{NOWHERE}", "NotFoundException", None),
            (f"arn:aws:kms:eu-west-1:999999999999:key/{NOWHERE}", "AccessDeniedException", None),
            ("arn:aws:s3:::bucket", "InvalidArnException", None),
        ],
    )
    def test_not_found(self, client, aws_refuses, name, code, text):
        with aws_refuses(code, text):
            client.describe_key(KeyId=name)

    def test_not_found_is_a_modelled_exception(self, client):
        with pytest.raises(client.exceptions.NotFoundException):
            client.get_public_key(KeyId=NOWHERE)

    @pytest.mark.parametrize(
        "operation", ["enable_key", "disable_key", "schedule_key_deletion", "cancel_key_deletion", "get_key_policy"]
    )
    def test_aliases_are_not_taken_everywhere(self, client, create, aws_refuses, operation):
        arn = create(client)
        client.create_alias(AliasName="alias/a", TargetKeyId=arn)
        with aws_refuses("NotFoundException", "Invalid keyId 'alias/a'"):
            getattr(client, operation)(KeyId="alias/a")
        with aws_refuses("InvalidArnException"):
            getattr(client, operation)(KeyId=arn.partition("key/")[0] + "alias/a")

    @pytest.mark.parametrize(
        "region,partition",
        [("eu-west-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")],
    )
    def test_regions_and_partitions(self, connect, create, aws_refuses, tmp_path, region, partition):
        arn = create(connect(tmp_path, region=region))
        assert arn.startswith(f"arn:{partition}:kms:{region}:111122223333:key/")
        elsewhere = connect(tmp_path, region="us-west-2")
        assert elsewhere.list_keys()["Keys"] == []
        with aws_refuses("NotFoundException"):
            elsewhere.describe_key(KeyId=arn)


class TestRotation:
    def test_not_for_signing_keys(self, client, create, aws_refuses):
        arn = create(client)
        with aws_refuses("UnsupportedOperationException"):
            client.enable_key_rotation(KeyId=arn)
        assert client.get_key_rotation_status(KeyId=arn)["KeyRotationEnabled"] is False

    def test_not_for_imported_keys(self, client, create, aws_refuses):
        arn = create(client, Origin="EXTERNAL")
        text = f"{arn} origin is EXTERNAL which is not valid for this operation."
        with aws_refuses("UnsupportedOperationException", text):
            client.get_key_rotation_status(KeyId=arn)

    def test_of_symmetric_keys(self, client):
        key = client.create_key()["KeyMetadata"]["KeyId"]
        client.enable_key_rotation(KeyId=key, RotationPeriodInDays=100)
        assert client.get_key_rotation_status(KeyId=key)["RotationPeriodInDays"] == 100


class TestWhatIsTold:
    def test_keys_in_pages(self, client, create):
        arns = sorted(create(client) for _ in range(7))
        pages = list(client.get_paginator("list_keys").paginate(PaginationConfig={"PageSize": 3}))
        assert [len(page["Keys"]) for page in pages] == [3, 3, 1]
        assert [key["KeyArn"] for page in pages for key in page["Keys"]] == arns

    def test_exactly_one_page(self, client, create):
        for _ in range(3):
            create(client)
        answer = client.list_keys(Limit=3)
        assert answer["Truncated"] is False
        assert "NextMarker" not in answer

    def test_bad_marker(self, client, aws_refuses):
        with aws_refuses("InvalidMarkerException"):
            client.list_keys(Marker="x")
        with aws_refuses("ValidationException"):
            client.list_keys(Limit=1001)

    def test_tags(self, client, create, aws_refuses):
        arn = create(client)
        client.tag_resource(KeyId=arn, Tags=[{"TagKey": f"k{n}", "TagValue": str(n)} for n in range(4)])
        client.tag_resource(KeyId=arn, Tags=[{"TagKey": "k0", "TagValue": "new"}])
        client.untag_resource(KeyId=arn, TagKeys=["k1", "none"])
        pages = client.get_paginator("list_resource_tags").paginate(KeyId=arn, PaginationConfig={"PageSize": 2})
        tags = [(tag["TagKey"], tag["TagValue"]) for page in pages for tag in page["Tags"]]
        assert tags == [("k0", "new"), ("k2", "2"), ("k3", "3")]
        with aws_refuses("LimitExceededException"):
            client.tag_resource(KeyId=arn, Tags=[{"TagKey": f"x{n}", "TagValue": ""} for n in range(48)])

    def test_policy_and_description(self, client, create, aws_refuses):
        arn = create(client)
        assert "arn:aws:iam::111122223333:root" in client.get_key_policy(KeyId=arn, PolicyName="default")["Policy"]
        client.put_key_policy(KeyId=arn, Policy='{"Statement": []}', BypassPolicyLockoutSafetyCheck=True)
        assert client.get_key_policy(KeyId=arn)["Policy"] == '{"Statement": []}'
        with aws_refuses("NotFoundException", "No such policy exists"):
            client.get_key_policy(KeyId=arn, PolicyName="other")
        client.update_key_description(KeyId=arn, Description="new")
        assert client.describe_key(KeyId=arn)["KeyMetadata"]["Description"] == "new"


def test_other_operations_are_refused_by_name(client, create, aws_refuses):
    with aws_refuses("UnknownOperationException", "The embedded KMS does not do Encrypt."):
        client.encrypt(KeyId=create(client), Plaintext=b"x")


def test_every_operation_is_the_service_models(client):
    assert set(OPERATIONS) <= set(client.meta.service_model.operation_names)


def test_what_botocore_does_not_check_the_service_does(session, aws_refuses):
    unchecked = session.client("kms", config=Config(parameter_validation=False))
    attach(unchecked, ":memory:")
    with aws_refuses("ValidationException"):
        unchecked.describe_key()
    with aws_refuses("ValidationException"):
        unchecked.describe_key(KeyId="")


def test_the_last_attached_answers_alone(connect, create, tmp_path):
    client = connect()
    attach(client, tmp_path)
    create(client)
    assert len(client.list_keys()["Keys"]) == 1
    assert len(list((tmp_path / "eu-west-1").glob("*.pem"))) == 1
