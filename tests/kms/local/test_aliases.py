"""Aliases: names that move."""

from __future__ import annotations

import pytest


@pytest.fixture
def two(client, create):
    """Two keys, and an alias of the first."""
    first, second = create(client), create(client, "ECC_NIST_P384")
    client.create_alias(AliasName="alias/a", TargetKeyId=first)
    return first, second


def test_moves(client, two):
    client.update_alias(AliasName="alias/a", TargetKeyId=two[1])
    assert client.get_public_key(KeyId="alias/a")["KeyId"] == two[1]
    (entry,) = client.list_aliases()["Aliases"]
    assert entry["TargetKeyId"] == two[1].partition("key/")[2]
    assert entry["LastUpdatedDate"] > entry["CreationDate"]


def test_listing(client, two):
    for name in ("d", "b", "c"):
        client.create_alias(AliasName=f"alias/{name}", TargetKeyId=two[1])
    pages = list(client.get_paginator("list_aliases").paginate(PaginationConfig={"PageSize": 3}))
    assert [len(page["Aliases"]) for page in pages] == [3, 1]
    names = [entry["AliasName"] for page in pages for entry in page["Aliases"]]
    assert names == ["alias/a", "alias/b", "alias/c", "alias/d"]
    (only,) = client.list_aliases(KeyId=two[0])["Aliases"]
    assert only["AliasArn"] == two[0].partition("key/")[0] + "alias/a"


def test_taken(client, two, aws_refuses):
    arn = two[0].partition("key/")[0] + "alias/a"
    with aws_refuses("AlreadyExistsException", f"An alias with the name {arn} already exists"):
        client.create_alias(AliasName="alias/a", TargetKeyId=two[1])


def test_deleted(client, two, aws_refuses):
    client.delete_alias(AliasName="alias/a")
    text = f"Alias {two[0].partition('key/')[0]}alias/a is not found."
    with aws_refuses("NotFoundException", text):
        client.describe_key(KeyId="alias/a")
    with aws_refuses("NotFoundException", text):
        client.delete_alias(AliasName="alias/a")
    with aws_refuses("NotFoundException", text):
        client.update_alias(AliasName="alias/a", TargetKeyId=two[0])


@pytest.mark.parametrize(
    "name,code",
    [
        ("alias/aws/mine", "NotAuthorizedException"),
        ("mine", "ValidationException"),
        ("alias/", "InvalidAliasNameException"),
        ("alias/a:b", "InvalidAliasNameException"),
        ("alias/a b", "ValidationException"),
        ("alias/" + "a" * 251, "ValidationException"),
    ],
)
def test_names(client, two, aws_refuses, name, code):
    with aws_refuses(code):
        client.create_alias(AliasName=name, TargetKeyId=two[0])


def test_no_alias_of_an_alias(client, two, aws_refuses):
    for target in ("alias/a", two[0].partition("key/")[0] + "alias/a"):
        with aws_refuses("ValidationException", "Aliases must refer to keys. Not aliases"):
            client.create_alias(AliasName="alias/b", TargetKeyId=target)


@pytest.mark.parametrize(
    "spec,usage",
    [("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT"), ("HMAC_256", "GENERATE_VERIFY_MAC"), ("ECC_NIST_P256", "KEY_AGREEMENT")],
)
def test_moves_only_to_the_same_kind_and_usage(client, create, two, aws_refuses, spec, usage):
    with aws_refuses("ValidationException"):
        client.update_alias(AliasName="alias/a", TargetKeyId=create(client, spec, usage))
    assert client.describe_key(KeyId="alias/a")["KeyMetadata"]["Arn"] == two[0]


def test_may_leave_a_key_that_is_pending_deletion(client, two, aws_refuses):
    client.schedule_key_deletion(KeyId=two[0])
    client.update_alias(AliasName="alias/a", TargetKeyId=two[1])
    with aws_refuses("KMSInvalidStateException", f"{two[0]} is pending deletion."):
        client.update_alias(AliasName="alias/a", TargetKeyId=two[0])
