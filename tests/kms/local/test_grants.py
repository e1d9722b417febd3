"""Grants: what one may be, and what becomes of it."""

from __future__ import annotations

import pytest

ROLE = "arn:aws:iam::111122223333:role/signer"
SERVICE = "dynamodb.us-east-1.amazonaws.com"
SOURCE = {"SourceArn": "arn:aws:dynamodb:eu-west-1:111122223333:table/t"}


def _grant(client, key, **options):
    return client.create_grant(KeyId=key, **{"GranteePrincipal": ROLE, "Operations": ["Sign"], **options})


@pytest.mark.parametrize("who", [ROLE, "111122223333", "arn:aws:iam::111122223333:root",
                                 "arn:aws:sts::111122223333:assumed-role/signer/session",
                                 "arn:aws-cn:iam::999999999999:user/a/b"])  # fmt: skip
def test_a_principal_of_any_account_may_be_given_one(client, create, who):
    key = create(client)
    _grant(client, key, GranteePrincipal=who, RetiringPrincipal=who)
    (entry,) = client.list_grants(KeyId=key)["Grants"]
    assert entry["GranteePrincipal"] == entry["RetiringPrincipal"] == who


@pytest.mark.parametrize("who", ["signer", "arn:aws:s3:::bucket", "arn:aws:iam::1:root", "arn:aws:iam::111122223333:"])
def test_what_is_no_principal_is_refused(client, create, aws_refuses, who):
    for member in ("GranteePrincipal", "RetiringPrincipal"):
        with aws_refuses("InvalidArnException"):
            _grant(client, create(client), **{member: who})


def test_a_grant_to_a_service_names_its_source_and_who_retires_it(client, create, aws_refuses):
    key = create(client)
    given = {"KeyId": key, "GranteeServicePrincipal": SERVICE, "Operations": ["Sign"]}
    for less in ({}, {"Constraints": SOURCE}, {"RetiringPrincipal": ROLE}):
        with aws_refuses("ValidationException"):
            client.create_grant(**given, **less)
    client.create_grant(**given, Constraints=SOURCE, RetiringPrincipal=ROLE)
    (entry,) = client.list_grants(KeyId=key, GranteeServicePrincipal=SERVICE)["Grants"]
    assert entry["Constraints"] == SOURCE


def test_two_grantees_and_two_who_retire_are_refused(client, create, aws_refuses):
    for more in ({"GranteeServicePrincipal": SERVICE},
                 {"RetiringPrincipal": ROLE, "RetiringServicePrincipal": SERVICE}):  # fmt: skip
        with aws_refuses("ValidationException"):
            _grant(client, create(client), **more)


def test_an_encryption_context_is_for_symmetric_keys_alone(client, create, aws_refuses):
    constraints = {"EncryptionContextEquals": {"a": "b"}}
    with aws_refuses("ValidationException"):
        _grant(client, create(client), Constraints=constraints)
    symmetric = create(client, "SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT")
    _grant(client, symmetric, Operations=["Decrypt"], Constraints=constraints)


@pytest.mark.parametrize(
    "kind, good, bad",
    [
        (("ECC_NIST_P256", "SIGN_VERIFY"), ["Sign", "Verify", "GetPublicKey", "CreateGrant"], "DeriveSharedSecret"),
        (("ECC_NIST_P256", "KEY_AGREEMENT"), ["DeriveSharedSecret", "GetPublicKey", "DescribeKey"], "Sign"),
        (("RSA_2048", "ENCRYPT_DECRYPT"), ["Encrypt", "Decrypt", "ReEncryptTo", "GetPublicKey"], "GenerateDataKey"),
        (("HMAC_256", "GENERATE_VERIFY_MAC"), ["GenerateMac", "VerifyMac", "RetireGrant"], "GetPublicKey"),
        (("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT"), ["Encrypt", "GenerateDataKeyPair"], "GetPublicKey"),
    ],
)
def test_the_operations_are_those_of_the_key(client, create, aws_refuses, kind, good, bad):
    key = create(client, *kind)
    _grant(client, key, Operations=good)
    with aws_refuses("ValidationException"):
        _grant(client, key, Operations=[*good, bad])
    with aws_refuses("ValidationException"):
        _grant(client, key, Operations=[])


def test_a_token_is_taken_of_another_key_and_after_its_grant_is_gone(client, create, aws_refuses):
    first, second = create(client), create(client)
    made = _grant(client, first)
    client.revoke_grant(KeyId=first, GrantId=made["GrantId"])
    token = made["GrantToken"]
    client.sign(KeyId=second, Message=b"m", SigningAlgorithm="ECDSA_SHA_256", GrantTokens=[token])
    with aws_refuses("NotFoundException"):
        client.retire_grant(GrantToken=token)
    for junk in (token[:-4], token[4:], token.swapcase(), "é"):
        with aws_refuses("InvalidGrantTokenException"):
            client.get_public_key(KeyId=first, GrantTokens=[token, junk])


def test_a_grant_is_removed_in_any_state_of_its_key(client, create):
    key = create(client)
    made = [_grant(client, key) for _ in range(2)]
    client.schedule_key_deletion(KeyId=key)
    client.revoke_grant(KeyId=key, GrantId=made[0]["GrantId"])
    client.retire_grant(GrantToken=made[1]["GrantToken"])
    assert client.list_grants(KeyId=key)["Grants"] == []


def test_ids_that_are_none_are_refused(client, create, aws_refuses):
    key = create(client)
    with aws_refuses("InvalidGrantIdException"):
        client.revoke_grant(KeyId=key, GrantId="nonsense")
    with aws_refuses("NotFoundException"):
        client.revoke_grant(KeyId=key, GrantId="0" * 64)
    with aws_refuses("ValidationException"):
        client.retire_grant(KeyId=key)
    with aws_refuses("ValidationException"):
        client.list_retirable_grants()


def test_grants_are_kept_and_go_with_their_key(connect, create, tmp_path, aws_refuses):
    first, second = connect(tmp_path), connect(tmp_path)
    key = create(first)
    made = _grant(first, key, Name="n")
    assert [entry["GrantId"] for entry in second.list_grants(KeyId=key)["Grants"]] == [made["GrantId"]]
    folder = tmp_path / "eu-west-1"
    (record,) = folder.glob("*-*.json")
    record.unlink()
    connect(tmp_path)
    assert list(folder.glob("*.grants")) == []


def test_a_damaged_file_of_grants_is_told(connect, create, tmp_path, aws_refuses):
    client = connect(tmp_path)
    key = create(client)
    for content in (b"{", b"{}", b"[{}]"):
        (tmp_path / "eu-west-1" / f"{key.rpartition('/')[2]}.grants").write_bytes(content)
        with aws_refuses("KMSInvalidStateException"):
            client.list_grants(KeyId=key)
    client.sign(KeyId=key, Message=b"m", SigningAlgorithm="ECDSA_SHA_256")
