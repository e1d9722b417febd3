"""Multi-Region keys: one id and one material in several regions, and everything else of each its own."""

from __future__ import annotations

import json
import os
import re

import pytest
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives import hashes, keywrap
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_der_public_key

DAY = 86_400
SIGNING = {"Message": b"m", "SigningAlgorithm": "ECDSA_SHA_256"}


class Clock:
    now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def ireland(connect, tmp_path, clock):
    return connect(tmp_path, clock=clock)


@pytest.fixture
def frankfurt(connect, tmp_path, clock):
    return connect(tmp_path, region="eu-central-1", clock=clock)


@pytest.fixture
def primary(ireland, create):
    return create(ireland, MultiRegion=True, Description="primary", Tags=[{"TagKey": "a", "TagValue": "1"}])


@pytest.fixture
def replica(ireland, primary):
    return _replicate(ireland, primary)["ReplicaKeyMetadata"]["Arn"]


def _replicate(client, key, region="eu-central-1", **options):
    return client.replicate_key(KeyId=key, ReplicaRegion=region, **options)


def _told(client, key):
    return client.describe_key(KeyId=key)["KeyMetadata"]


def _import(client, arn, key):
    given = client.get_parameters_for_import(
        KeyId=arn, WrappingAlgorithm="RSA_AES_KEY_WRAP_SHA_256", WrappingKeySpec="RSA_2048"
    )
    aes = os.urandom(32)
    oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
    material = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    wrapped = load_der_public_key(given["PublicKey"]).encrypt(aes, oaep)
    client.import_key_material(
        KeyId=arn,
        ImportToken=given["ImportToken"],
        EncryptedKeyMaterial=wrapped + keywrap.aes_key_wrap_with_padding(aes, material),
        ExpirationModel="KEY_MATERIAL_DOES_NOT_EXPIRE",
    )


class TestReplicate:
    def test_a_replica_has_the_id_and_the_material_of_its_primary(self, ireland, frankfurt, primary, replica):
        assert replica == primary.replace("eu-west-1", "eu-central-1")
        key_id = primary.rpartition("/")[2]
        answers = [client.get_public_key(KeyId=key_id) for client in (ireland, frankfurt)]
        assert answers[0]["PublicKey"] == answers[1]["PublicKey"]
        assert [answer["KeyId"] for answer in answers] == [primary, replica]
        signature = frankfurt.sign(KeyId=replica, **SIGNING)["Signature"]
        assert ireland.verify(KeyId=primary, Signature=signature, **SIGNING)["SignatureValid"]

    def test_both_tell_which_of_them_is_the_primary(self, ireland, frankfurt, primary, replica):
        _replicate(ireland, primary, "us-east-1")
        told = _told(ireland, primary)["MultiRegionConfiguration"]
        assert told == {
            "MultiRegionKeyType": "PRIMARY",
            "PrimaryKey": {"Arn": primary, "Region": "eu-west-1"},
            "ReplicaKeys": [
                {"Arn": replica, "Region": "eu-central-1"},
                {"Arn": primary.replace("eu-west-1", "us-east-1"), "Region": "us-east-1"},
            ],
        }
        assert _told(frankfurt, replica)["MultiRegionConfiguration"] == {**told, "MultiRegionKeyType": "REPLICA"}

    def test_what_is_of_each_key_alone_is_given_to_the_replica(self, ireland, frankfurt, primary):
        account = {"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:*", "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [account]})
        tags = [{"TagKey": "b", "TagValue": "2"}]
        ireland.create_alias(AliasName="alias/a", TargetKeyId=primary)
        answer = _replicate(ireland, primary, Description="replica", Tags=tags, Policy=policy)
        replica = answer["ReplicaKeyMetadata"]["Arn"]
        assert (answer["ReplicaTags"], answer["ReplicaPolicy"]) == (tags, policy)
        assert answer["ReplicaKeyMetadata"] == _told(frankfurt, replica)
        assert _told(frankfurt, replica)["Description"] == "replica"
        assert frankfurt.list_resource_tags(KeyId=replica)["Tags"] == tags
        assert frankfurt.get_key_policy(KeyId=replica)["Policy"] == policy
        assert frankfurt.list_aliases()["Aliases"] == []
        frankfurt.disable_key(KeyId=replica)
        ireland.sign(KeyId=primary, **SIGNING)

    def test_by_default_a_replica_has_no_tags_no_description_and_its_own_default_policy(self, ireland, primary):
        answer = _replicate(ireland, primary)
        assert answer["ReplicaTags"] == []
        assert answer["ReplicaKeyMetadata"]["Description"] == ""
        assert '"kms:*"' in answer["ReplicaPolicy"]

    def test_a_region_has_one_replica_at_most(self, ireland, primary, replica, aws_refuses):
        with aws_refuses("AlreadyExistsException"):
            _replicate(ireland, primary)
        with aws_refuses("AlreadyExistsException"):
            _replicate(ireland, primary, "eu-west-1")

    def test_only_a_primary_is_replicated(self, ireland, frankfurt, create, replica, aws_refuses):
        with aws_refuses("UnsupportedOperationException", f"{replica} is not a multi-Region primary key."):
            _replicate(frankfurt, replica, "us-east-1")
        single = create(ireland)
        with aws_refuses("UnsupportedOperationException", f"{single} is not a multi-Region key."):
            _replicate(ireland, single)

    @pytest.mark.parametrize("region", ["cn-north-1", "us-gov-west-1", "nowhere-1", "xx-nowhere-1", "Frankfurt"])
    def test_the_region_is_one_of_the_same_partition(self, ireland, primary, aws_refuses, region):
        with aws_refuses("ValidationException"):
            _replicate(ireland, primary, region)

    @pytest.mark.parametrize(
        "change, code",
        [("disable_key", "DisabledException"), ("schedule_key_deletion", "KMSInvalidStateException")],
    )
    def test_a_key_that_cannot_be_used_is_not_replicated(self, ireland, primary, aws_refuses, change, code):
        getattr(ireland, change)(KeyId=primary)
        with aws_refuses(code):
            _replicate(ireland, primary)

    def test_of_a_key_without_its_file_no_replica_is_made(self, ireland, frankfurt, primary, tmp_path, aws_refuses):
        (tmp_path / "eu-west-1" / f"{primary.rpartition('/')[2]}.pem").unlink()
        with aws_refuses("KMSInvalidStateException"):
            _replicate(ireland, primary)
        assert frankfurt.list_keys()["Keys"] == []

    def test_the_replica_outlives_the_clients(self, connect, primary, replica, tmp_path):
        connect(tmp_path, region="eu-central-1").sign(KeyId=replica, **SIGNING)

    def test_in_memory_a_replica_is_told_of(self, client, create):
        arn = create(client, MultiRegion=True)
        replica = _replicate(client, arn)["ReplicaKeyMetadata"]["Arn"]
        assert _told(client, arn)["MultiRegionConfiguration"]["ReplicaKeys"] == [
            {"Arn": replica, "Region": "eu-central-1"}
        ]


class TestImported:
    @pytest.fixture
    def key(self):
        return ec.generate_private_key(ec.SECP256R1())

    @pytest.fixture
    def primary(self, ireland, create, key):
        arn = create(ireland, MultiRegion=True, Origin="EXTERNAL")
        _import(ireland, arn, key)
        return arn

    def test_the_replica_waits_for_the_same_material(self, frankfurt, primary, replica, key, aws_refuses):
        assert _told(frankfurt, replica)["KeyState"] == "PendingImport"
        with aws_refuses("KMSInvalidStateException", f"{replica} is pending import."):
            frankfurt.sign(KeyId=replica, **SIGNING)
        with aws_refuses("IncorrectKeyMaterialException"):
            _import(frankfurt, replica, ec.generate_private_key(ec.SECP256R1()))
        _import(frankfurt, replica, key)
        signature = frankfurt.sign(KeyId=replica, **SIGNING)["Signature"]
        key.public_key().verify(signature, b"m", ec.ECDSA(hashes.SHA256()))

    def test_a_primary_without_material_is_not_replicated(self, ireland, create, aws_refuses):
        with aws_refuses("KMSInvalidStateException"):
            _replicate(ireland, create(ireland, MultiRegion=True, Origin="EXTERNAL"))


class TestDeletion:
    def test_a_primary_waits_until_its_replicas_are_gone(
        self, ireland, frankfurt, primary, replica, clock, aws_refuses
    ):
        answer = ireland.schedule_key_deletion(KeyId=primary, PendingWindowInDays=7)
        assert answer["KeyState"] == "PendingReplicaDeletion"
        assert "DeletionDate" not in answer
        told = _told(ireland, primary)
        assert (told["KeyState"], told["PendingDeletionWindowInDays"]) == ("PendingReplicaDeletion", 7)
        assert "DeletionDate" not in told
        with aws_refuses("KMSInvalidStateException", f"{primary} is pending replica deletion."):
            ireland.sign(KeyId=primary, **SIGNING)
        clock.now += 365 * DAY
        assert _told(ireland, primary)["KeyState"] == "PendingReplicaDeletion"
        frankfurt.sign(KeyId=replica, **SIGNING)

        frankfurt.schedule_key_deletion(KeyId=replica, PendingWindowInDays=10)
        gone = clock.now + 10 * DAY
        clock.now = gone - 1
        assert _told(ireland, primary)["KeyState"] == "PendingReplicaDeletion"
        clock.now = gone + 1
        told = _told(ireland, primary)
        assert (told["KeyState"], told["DeletionDate"].timestamp()) == ("PendingDeletion", gone + 7 * DAY)
        assert told["MultiRegionConfiguration"]["ReplicaKeys"] == []
        clock.now = gone + 7 * DAY
        with aws_refuses("NotFoundException"):
            ireland.describe_key(KeyId=primary)

    def test_the_wait_is_the_same_whoever_opens_the_folder_meanwhile(
        self, connect, ireland, primary, replica, clock, tmp_path
    ):
        ireland.schedule_key_deletion(KeyId=primary, PendingWindowInDays=7)
        frankfurt = connect(tmp_path, region="eu-central-1", clock=clock)
        frankfurt.schedule_key_deletion(KeyId=replica, PendingWindowInDays=7)
        end = clock.now + 14 * DAY
        clock.now += 8 * DAY
        for region in ("eu-central-1", "eu-west-1"):
            connect(tmp_path, region=region, clock=clock)
        assert _told(ireland, primary)["DeletionDate"].timestamp() == end
        clock.now = end
        for region in ("eu-west-1", "eu-central-1"):
            connect(tmp_path, region=region, clock=clock)
        assert [file.name for file in tmp_path.rglob("*") if file.is_file()] == [".lock"]

    def test_a_primary_that_waits_can_be_kept(self, ireland, primary, replica):
        ireland.schedule_key_deletion(KeyId=primary)
        ireland.cancel_key_deletion(KeyId=primary)
        assert _told(ireland, primary)["KeyState"] == "Disabled"
        ireland.enable_key(KeyId=primary)
        ireland.sign(KeyId=primary, **SIGNING)

    @pytest.mark.parametrize("operation", ["enable_key", "disable_key", "schedule_key_deletion"])
    def test_a_primary_that_waits_is_not_changed(self, ireland, primary, replica, aws_refuses, operation):
        ireland.schedule_key_deletion(KeyId=primary)
        with aws_refuses("KMSInvalidStateException", f"{primary} is pending replica deletion."):
            getattr(ireland, operation)(KeyId=primary)

    def test_a_replica_is_deleted_by_itself_and_can_be_made_again(self, ireland, frankfurt, primary, replica, clock):
        answer = frankfurt.schedule_key_deletion(KeyId=replica, PendingWindowInDays=7)
        assert answer["KeyState"] == "PendingDeletion"
        clock.now += 7 * DAY
        assert _told(ireland, primary)["MultiRegionConfiguration"]["ReplicaKeys"] == []
        assert _replicate(ireland, primary)["ReplicaKeyMetadata"]["Arn"] == replica
        frankfurt.sign(KeyId=replica, **SIGNING)


class TestUpdatePrimaryRegion:
    def test_the_two_change_places(self, ireland, frankfurt, primary, replica, aws_refuses):
        ireland.update_primary_region(KeyId=primary, PrimaryRegion="eu-central-1")
        told = _told(ireland, primary)["MultiRegionConfiguration"]
        assert told["MultiRegionKeyType"] == "REPLICA"
        assert told["PrimaryKey"] == {"Arn": replica, "Region": "eu-central-1"}
        assert told["ReplicaKeys"] == [{"Arn": primary, "Region": "eu-west-1"}]
        with aws_refuses("UnsupportedOperationException"):
            _replicate(ireland, primary, "us-east-1")
        _replicate(frankfurt, replica, "us-east-1")
        frankfurt.update_primary_region(KeyId=replica, PrimaryRegion="eu-west-1")
        assert _told(ireland, primary)["MultiRegionConfiguration"]["MultiRegionKeyType"] == "PRIMARY"

    @pytest.mark.parametrize("region", ["us-east-1", "eu-west-1"])
    def test_the_new_primary_is_a_replica(self, ireland, primary, replica, aws_refuses, region):
        with aws_refuses("UnsupportedOperationException"):
            ireland.update_primary_region(KeyId=primary, PrimaryRegion=region)

    def test_the_new_primary_can_be_used(self, ireland, frankfurt, primary, replica, aws_refuses):
        frankfurt.disable_key(KeyId=replica)
        with aws_refuses("DisabledException"):
            ireland.update_primary_region(KeyId=primary, PrimaryRegion="eu-central-1")


class TestOldFolders:
    NEW = ("promoted", "window")

    def test_a_record_of_an_earlier_version_is_read(self, connect, create, tmp_path):
        arn = create(connect(tmp_path), MultiRegion=True)
        file = tmp_path / "eu-west-1" / f"{arn.rpartition('/')[2]}.json"
        record = json.loads(file.read_bytes())
        file.write_text(json.dumps({name: value for name, value in record.items() if name not in self.NEW}))
        client = connect(tmp_path)
        client.sign(KeyId=arn, **SIGNING)
        replica = _replicate(client, arn)["ReplicaKeyMetadata"]["Arn"]
        assert _told(client, arn)["MultiRegionConfiguration"]["MultiRegionKeyType"] == "PRIMARY"
        connect(tmp_path, region="eu-central-1").sign(KeyId=replica, **SIGNING)

    @pytest.mark.parametrize("change", [{"spec": None}, {"more": 1}, {"promoted": "1"}, {"window": "7"}])
    def test_a_record_of_other_members_is_not(self, connect, create, tmp_path, change):
        arn = create(connect(tmp_path))
        file = tmp_path / "eu-west-1" / f"{arn.rpartition('/')[2]}.json"
        record = {**json.loads(file.read_bytes()), **change}
        file.write_text(json.dumps({name: value for name, value in record.items() if (name, value) != ("spec", None)}))
        with pytest.raises(ClientError, match=re.escape(str(file))):
            connect(tmp_path).describe_key(KeyId=arn)
