"""What AWS's own KMS client meets, call by call, whoever answers: the embedded KMS, ministack over HTTP, or AWS."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import pytest
from botocore.exceptions import ClientError

ALIASES, TAGS = 100, 50


@contextmanager
def refused(code: str, part: str = "") -> Iterator[None]:
    """State that a call is answered by an error of this code, with this in its message."""
    with pytest.raises(ClientError) as caught:
        yield
    error = caught.value.response["Error"]
    assert (error["Code"], part in error["Message"]) == (code, True), error


class KMSAPIContract:
    """Subclass it, and give it the fixtures ``client`` and ``unchecked``, which sends what the model refuses."""

    #: What the endpoint does not do, each by name and with its reason.
    lacks: ClassVar[dict[str, str]] = {}

    def need(self, what: str) -> None:
        """Leave a test out where the endpoint lacks what it is about."""
        if what in self.lacks:
            pytest.skip(f"{what}: {self.lacks[what]}")

    @pytest.fixture
    def make(self, client: Any) -> Callable[..., str]:
        """Make a key and give its ARN; an EC signing key unless something else is asked for."""

        def create(spec: str = "ECC_NIST_P256", usage: str = "SIGN_VERIFY", **options: Any) -> str:
            return client.create_key(KeySpec=spec, KeyUsage=usage, **options)["KeyMetadata"]["Arn"]

        return create

    @pytest.fixture
    def symmetric(self, make: Callable[..., str]) -> str:
        """The ARN of a new symmetric encryption key."""
        return make("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT")

    # what a request may be

    def test_every_fault_of_a_request_is_in_one_message(self, unchecked):
        self.need("all-faults")
        with pytest.raises(ClientError) as caught:
            unchecked.sign(KeyId="k" * 2049, Message=bytes(4097), SigningAlgorithm="ECDSA")
        error = caught.value.response["Error"]
        assert error["Code"] == "ValidationException"
        assert error["Message"].startswith("3 validation errors detected: Value ")
        faults = error["Message"].partition(": ")[2].split("; ")
        assert sorted(fault.partition(" at ")[2].partition(" ")[0] for fault in faults) == [
            "'keyId'", "'message'", "'signingAlgorithm'",
        ]  # fmt: skip
        with refused("ValidationException", "1 validation error detected: Value null at 'targetKeyId'"):
            unchecked.create_alias(AliasName="alias/a")

    # listings

    def test_a_listing_of_aliases_has_at_most_100_at_once(self, client):
        self.need("alias-limit")
        client.list_aliases(Limit=ALIASES)
        with refused("ValidationException", "less than or equal to 100"):
            client.list_aliases(Limit=ALIASES + 1)

    def test_a_listing_of_tags_has_at_most_50_at_once(self, client, make):
        self.need("tag-limit")
        key = make()
        client.list_resource_tags(KeyId=key, Limit=TAGS)
        with refused("ValidationException", "less than or equal to 50"):
            client.list_resource_tags(KeyId=key, Limit=TAGS + 1)

    # names

    def test_names_that_aws_keeps_for_itself_are_refused(self, client, make, unique):
        self.need("reserved-aliases")
        key = make()
        with refused("NotAuthorizedException"):
            client.create_alias(AliasName=f"alias/aws/{unique}", TargetKeyId=key)
        with refused("NotAuthorizedException"):
            client.update_alias(AliasName=f"alias/aws/{unique}", TargetKeyId=key)
        with refused("NotAuthorizedException"):
            client.delete_alias(AliasName=f"alias/aws/{unique}")

    def test_a_name_that_only_begins_like_those_is_free(self, client, make, unique):
        client.create_alias(AliasName=f"alias/aws-{unique}", TargetKeyId=make())

    # policies

    def test_a_key_has_one_policy_and_its_name_is_default(self, client, make):
        answer = client.list_key_policies(KeyId=make())
        assert (answer["PolicyNames"], answer["Truncated"]) == (["default"], False)

    @pytest.mark.parametrize("principal", [{"AWS": "arn:aws:iam::999999999999:root"}, {"Service": "s3.amazonaws.com"}])
    def test_a_policy_that_nobody_of_the_account_could_change_is_refused(self, client, make, principal):
        self.need("lockout")
        statement = {"Effect": "Allow", "Principal": principal, "Action": "kms:*", "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        with refused("MalformedPolicyDocumentException", "update the key policy in the future"):
            make(Policy=policy)
        with refused("MalformedPolicyDocumentException", "update the key policy in the future"):
            client.put_key_policy(KeyId=make(), Policy=policy)

    # custom key stores

    def test_a_custom_key_store_that_does_not_exist_is_not_found(self, client):
        self.need("key-stores")
        with refused("CustomKeyStoreNotFoundException"):
            client.create_key(Origin="AWS_CLOUDHSM", CustomKeyStoreId="cks-1234567890abcdef0")

    def test_no_signing_key_is_made_in_a_custom_key_store(self, make):
        self.need("key-stores")
        with refused("ValidationException"):
            make(CustomKeyStoreId="cks-1234567890abcdef0")

    # rotation of key material

    def test_the_current_material_of_symmetric_keys_alone_has_an_id(self, client, symmetric, make):
        material = client.describe_key(KeyId=symmetric)["KeyMetadata"]["CurrentKeyMaterialId"]
        assert len(bytes.fromhex(material)) == 32
        assert client.describe_key(KeyId=symmetric)["KeyMetadata"]["CurrentKeyMaterialId"] == material
        assert "CurrentKeyMaterialId" not in client.describe_key(KeyId=make())["KeyMetadata"]

    def test_automatic_rotation_is_switched_on_and_off(self, client, symmetric):
        client.enable_key_rotation(KeyId=symmetric)
        assert client.get_key_rotation_status(KeyId=symmetric)["KeyRotationEnabled"] is True
        client.disable_key_rotation(KeyId=symmetric)
        assert client.get_key_rotation_status(KeyId=symmetric)["KeyRotationEnabled"] is False

    def test_what_was_never_rotated_has_its_first_material_alone(self, client, symmetric):
        self.need("list-rotations")
        assert client.list_key_rotations(KeyId=symmetric)["Rotations"] == []
        (entry,) = client.list_key_rotations(KeyId=symmetric, IncludeKeyMaterial="ALL_KEY_MATERIAL")["Rotations"]
        current = client.describe_key(KeyId=symmetric)["KeyMetadata"]["CurrentKeyMaterialId"]
        assert (entry["KeyMaterialId"], entry["KeyMaterialState"]) == (current, "CURRENT")

    @pytest.mark.parametrize("operation", ["enable_key_rotation", "disable_key_rotation", "list_key_rotations"])
    def test_the_material_of_signing_keys_is_not_rotated(self, client, make, operation):
        self.need("rotation-kinds")
        with refused("UnsupportedOperationException"):
            getattr(client, operation)(KeyId=make())

    # use

    def test_the_last_use_of_a_key_is_told_with_its_request(self, client, make):
        self.need("last-usage")
        key = make()
        signed = client.sign(KeyId=key, Message=b"m", SigningAlgorithm="ECDSA_SHA_256")
        usage = client.get_key_last_usage(KeyId=key)["KeyLastUsage"]
        assert (usage["Operation"], usage["KmsRequestId"]) == ("Sign", signed["ResponseMetadata"]["RequestId"])
        assert usage["CloudTrailEventId"] != usage["KmsRequestId"]
