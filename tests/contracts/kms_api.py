"""What AWS's own KMS client meets, call by call, whoever answers: the embedded KMS, ministack over HTTP, or AWS."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from kmsjose import KMSSigner
from kmsjose.errors import KmsJoseError
from tests.contracts import wrapped

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

    # imported material

    @pytest.mark.parametrize("spec", ["ECC_NIST_P256", "ECC_NIST_P384", "ECC_NIST_EDWARDS25519", "RSA_2048"])
    @pytest.mark.parametrize("algorithm", ["RSA_AES_KEY_WRAP_SHA_1", "RSA_AES_KEY_WRAP_SHA_256"])
    def test_material_of_each_kind_comes_below_an_aes_key(self, client, make, spec, algorithm):
        self.import_and_sign(client, make(spec, Origin="EXTERNAL"), spec, algorithm, "RSA_2048")

    @pytest.mark.parametrize("algorithm", ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"])
    @pytest.mark.parametrize("spec, wrapping", [("ECC_NIST_P384", "RSA_2048"), ("ECC_NIST_P521", "RSA_3072")])
    def test_what_has_room_comes_below_rsa_alone(self, client, make, spec, wrapping, algorithm):
        self.import_and_sign(client, make(spec, Origin="EXTERNAL"), spec, algorithm, wrapping)

    def import_and_sign(self, client: Any, key: str, spec: str, algorithm: str, wrapping: str) -> None:
        """Import a new key, and see that it is that key which signs from then on."""
        private = wrapped.MAKERS[spec]()
        wrapped.import_material(client, key, wrapped.pkcs8(private), algorithm, wrapping)
        answer = client.get_public_key(KeyId=key)
        assert answer["PublicKey"] == wrapped.spki(private)
        client.sign(KeyId=key, Message=b"m", SigningAlgorithm=answer["SigningAlgorithms"][0])

    @pytest.mark.parametrize(
        "spec, algorithm, wrapping",
        [
            ("RSA_2048", "RSAES_OAEP_SHA_256", "RSA_4096"),
            ("RSA_2048", "RSAES_OAEP_SHA_1", "RSA_4096"),
            ("ECC_NIST_P521", "RSAES_OAEP_SHA_1", "RSA_2048"),
            ("ECC_NIST_P256", "RSAES_PKCS1_V1_5", "RSA_2048"),
        ],
    )
    def test_a_wrapping_that_aws_does_not_do_is_refused(self, client, make, spec, algorithm, wrapping):
        self.need("wrapping-limits")
        key = make(spec, Origin="EXTERNAL")
        with refused("UnsupportedOperationException"):
            client.get_parameters_for_import(KeyId=key, WrappingAlgorithm=algorithm, WrappingKeySpec=wrapping)

    @pytest.mark.parametrize("form", ["SEC 1", "PKCS #1", "PEM", "encrypted", "JWK", "public"])
    def test_only_pkcs8_in_der_is_key_material(self, client, make, form):
        if form in ("SEC 1", "PKCS #1"):
            self.need("pkcs8-alone")
        spec, material = wrapped.WRONG_FORMS[form]
        key = make(spec, Origin="EXTERNAL")
        with refused("IncorrectKeyMaterialException"):
            wrapped.import_material(client, key, material())

    def test_material_is_imported_for_a_year_at_most(self, client, make):
        self.need("valid-to")
        key, private = make(Origin="EXTERNAL"), wrapped.MAKERS["ECC_NIST_P256"]()
        now = datetime.now(UTC)
        with refused("ValidationException"):
            wrapped.import_material(client, key, wrapped.pkcs8(private), ValidTo=now + timedelta(days=366))
        wrapped.import_material(client, key, wrapped.pkcs8(private), ValidTo=now + timedelta(days=364))

    def test_a_key_whose_material_was_deleted_waits_for_the_same_again(self, client, make):
        key, private = make(Origin="EXTERNAL"), wrapped.MAKERS["ECC_NIST_P256"]()
        wrapped.import_material(client, key, wrapped.pkcs8(private))
        assert client.delete_imported_key_material(KeyId=key)["KeyId"] == key
        assert client.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "PendingImport"
        with refused("KMSInvalidStateException"):
            client.sign(KeyId=key, Message=b"m", SigningAlgorithm="ECDSA_SHA_256")
        wrapped.import_material(client, key, wrapped.pkcs8(private))
        client.sign(KeyId=key, Message=b"m", SigningAlgorithm="ECDSA_SHA_256")

    def test_other_material_is_refused_even_after_it_was_deleted(self, client, make):
        self.need("same-material")
        key = make(Origin="EXTERNAL")
        wrapped.import_material(client, key, wrapped.pkcs8(wrapped.MAKERS["ECC_NIST_P256"]()))
        client.delete_imported_key_material(KeyId=key)
        with refused("IncorrectKeyMaterialException"):
            wrapped.import_material(client, key, wrapped.pkcs8(wrapped.MAKERS["ECC_NIST_P256"]()))

    def test_material_that_kms_made_is_not_deleted(self, client, make):
        with refused("UnsupportedOperationException"):
            client.delete_imported_key_material(KeyId=make())

    # HMAC

    @pytest.mark.parametrize("bits", [224, 256, 384, 512])
    def test_an_hmac_key_makes_and_checks_macs(self, client, make, bits):
        key, algorithm = make(f"HMAC_{bits}", "GENERATE_VERIFY_MAC"), f"HMAC_SHA_{bits}"
        assert client.describe_key(KeyId=key)["KeyMetadata"]["MacAlgorithms"] == [algorithm]
        answer = client.generate_mac(KeyId=key, Message=b"m", MacAlgorithm=algorithm)
        assert (answer["KeyId"], answer["MacAlgorithm"], len(answer["Mac"])) == (key, algorithm, bits // 8)
        told = {"KeyId": key, "MacAlgorithm": algorithm, "Mac": answer["Mac"]}
        assert client.verify_mac(Message=b"m", **told)["MacValid"] is True
        with refused("KMSInvalidMacException"):
            client.verify_mac(Message=b"n", **told)

    def test_imported_hmac_material_is_what_macs_are_made_with(self, client, make):
        secret = bytes(range(32))
        key = make("HMAC_256", "GENERATE_VERIFY_MAC", Origin="EXTERNAL")
        wrapped.import_material(client, key, secret, "RSAES_OAEP_SHA_256")
        answer = client.generate_mac(KeyId=key, Message=b"m", MacAlgorithm="HMAC_SHA_256")
        assert answer["Mac"] == hmac.digest(secret, b"m", "sha256")

    def test_hmac_material_has_the_size_of_its_spec(self, client, make):
        key = make("HMAC_256", "GENERATE_VERIFY_MAC", Origin="EXTERNAL")
        with refused("IncorrectKeyMaterialException"):
            wrapped.import_material(client, key, bytes(31))

    def test_an_hmac_key_is_no_signing_key_and_the_other_way_round(self, client, make):
        mac, signing = make("HMAC_256", "GENERATE_VERIFY_MAC"), make()
        with refused("InvalidKeyUsageException"):
            client.sign(KeyId=mac, Message=b"m", SigningAlgorithm="ECDSA_SHA_256")
        with refused("InvalidKeyUsageException"):
            client.generate_mac(KeyId=signing, Message=b"m", MacAlgorithm="HMAC_SHA_256")
        with refused("InvalidKeyUsageException"):
            client.generate_mac(KeyId=mac, Message=b"m", MacAlgorithm="HMAC_SHA_512")
        with pytest.raises(KmsJoseError) as caught:
            KMSSigner.open(client, mac)
        assert caught.value.code in ("key-usage", "unsupported")

    # grants

    def grant(self, client: Any, key: str, **more: Any) -> Mapping[str, Any]:
        """Grant signing to a role of the account."""
        who = client.describe_key(KeyId=key)["KeyMetadata"]["Arn"].split(":")[4]
        given = {"GranteePrincipal": f"arn:aws:iam::{who}:role/signer", "Operations": ["Sign"], **more}
        answer = client.create_grant(KeyId=key, **given)
        return {**given, "GrantId": answer["GrantId"], "GrantToken": answer["GrantToken"]}

    def test_a_grant_is_listed_as_it_was_made(self, client, make):
        key = make()
        made = self.grant(client, key, Name="signer", Operations=["Sign", "GetPublicKey"])
        (entry,) = client.list_grants(KeyId=key)["Grants"]
        for member in ("GrantId", "GranteePrincipal", "Operations", "Name"):
            assert entry[member] == made[member]
        assert entry["KeyId"] == key
        assert entry["IssuingAccount"].endswith(":root")
        client.sign(KeyId=key, Message=b"m", SigningAlgorithm="ECDSA_SHA_256", GrantTokens=[made["GrantToken"]])

    def test_grants_are_listed_by_id_and_by_grantee_in_pages(self, client, make):
        key = make()
        made = [self.grant(client, key) for _ in range(3)]
        (only,) = client.list_grants(KeyId=key, GrantId=made[1]["GrantId"])["Grants"]
        assert only["GrantId"] == made[1]["GrantId"]
        nobody = made[0]["GranteePrincipal"].replace("role/signer", "role/nobody")
        assert client.list_grants(KeyId=key, GranteePrincipal=nobody)["Grants"] == []
        pages = client.get_paginator("list_grants").paginate(KeyId=key, PaginationConfig={"PageSize": 2})
        found = [entry["GrantId"] for page in pages for entry in page["Grants"]]
        assert sorted(found) == sorted(grant["GrantId"] for grant in made)
        with refused("ValidationException"):
            client.list_grants(KeyId=key, Limit=101)

    def test_a_grant_of_one_name_and_content_is_made_once(self, client, make):
        key = make()
        first, again, other, unnamed = (
            self.grant(client, key, **more)
            for more in ({"Name": "n"}, {"Name": "n"}, {"Name": "n", "Operations": ["Verify"]}, {})
        )
        assert first["GrantId"] == again["GrantId"]
        assert first["GrantToken"] != again["GrantToken"]
        assert len({first["GrantId"], other["GrantId"], unnamed["GrantId"]}) == 3

    @pytest.mark.parametrize("how", ["revoke", "retire by id", "retire by token"])
    def test_a_grant_that_is_revoked_or_retired_is_gone(self, client, make, how):
        key = make()
        made, kept = self.grant(client, key), self.grant(client, key)
        named = {"KeyId": key, "GrantId": made["GrantId"]}
        if how == "revoke":
            client.revoke_grant(**named)
        else:
            client.retire_grant(**(named if how == "retire by id" else {"GrantToken": made["GrantToken"]}))
        assert [entry["GrantId"] for entry in client.list_grants(KeyId=key)["Grants"]] == [kept["GrantId"]]
        with refused("NotFoundException"):
            client.revoke_grant(**named)

    def test_nothing_is_granted_by_a_dry_run(self, client, make):
        key = make()
        with refused("DryRunOperationException"):
            self.grant(client, key, DryRun=True)
        assert client.list_grants(KeyId=key)["Grants"] == []
        made = self.grant(client, key)
        for retire in (client.revoke_grant, client.retire_grant):
            with refused("DryRunOperationException"):
                retire(KeyId=key, GrantId=made["GrantId"], DryRun=True)

    def test_a_grant_is_of_what_the_key_can_do(self, client, make, symmetric):
        self.need("grant-operations")
        for key, operation in ((make(), "Decrypt"), (make(), "GenerateMac"), (symmetric, "Sign")):
            with refused("ValidationException"):
                self.grant(client, key, Operations=[operation])

    def test_a_grant_is_to_one_principal(self, client, make):
        key = make()
        with refused("ValidationException"):
            client.create_grant(KeyId=key, Operations=["Sign"])
        with refused("ValidationException"):
            client.retire_grant(KeyId=key)

    def test_no_grant_on_a_key_that_cannot_be_used(self, client, make):
        key = make()
        client.disable_key(KeyId=key)
        with refused("DisabledException"):
            self.grant(client, key)

    def test_a_grant_token_that_nobody_gave_is_refused(self, client, make):
        self.need("grant-tokens")
        key = make()
        for call in (
            lambda told: client.sign(KeyId=key, Message=b"m", SigningAlgorithm="ECDSA_SHA_256", **told),
            lambda told: client.get_public_key(KeyId=key, **told),
            lambda told: client.describe_key(KeyId=key, **told),
        ):
            with refused("InvalidGrantTokenException"):
                call({"GrantTokens": ["junk"]})

    def test_a_junk_token_retires_nothing(self, client):
        with refused("InvalidGrantTokenException"):
            client.retire_grant(GrantToken="junk")

    def test_the_grants_that_a_principal_may_retire_are_listed(self, client, make):
        self.need("retirable")
        key = make()
        who = f"arn:aws:iam::111122223333:role/{uuid4()}"
        made = self.grant(client, key, RetiringPrincipal=who)
        self.grant(client, key)
        (entry,) = client.list_retirable_grants(RetiringPrincipal=who)["Grants"]
        assert entry["GrantId"] == made["GrantId"]

    # use

    def test_the_last_use_of_a_key_is_told_with_its_request(self, client, make):
        self.need("last-usage")
        key = make()
        signed = client.sign(KeyId=key, Message=b"m", SigningAlgorithm="ECDSA_SHA_256")
        usage = client.get_key_last_usage(KeyId=key)["KeyLastUsage"]
        assert (usage["Operation"], usage["KmsRequestId"]) == ("Sign", signed["ResponseMetadata"]["RequestId"])
        assert usage["CloudTrailEventId"] != usage["KmsRequestId"]
