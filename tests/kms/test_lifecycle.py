"""What the lifecycle refuses before KMS is asked, and what it says when it stops half-way."""

from __future__ import annotations

import pytest

from kmsjose import InputError, KMSError, kms
from kmsjose.kms.identifiers import Arn, alias_name


@pytest.mark.parametrize("days", [6, 31, 0, -1, True, "7", 7.0])
def test_a_waiting_time_that_kms_does_not_have_is_refused_before_any_call(kmsjose_client, kmsjose_faults, days):
    with pytest.raises(InputError) as caught:
        kms.schedule_deletion(kmsjose_client, "alias/issuer", days)
    assert caught.value.code == "window-invalid"
    assert kmsjose_faults.calls == []


def test_automatic_rotation_is_refused_with_the_real_way(kmsjose_client, kmsjose_faults):
    with pytest.raises(InputError) as caught:
        kms.enable_rotation(kmsjose_client, "alias/issuer")
    assert caught.value.code == "rotation-unsupported"
    assert "move the alias" in str(caught.value)
    assert kmsjose_faults.calls == []


@pytest.mark.parametrize(
    "alg, bits, code",
    [("HS256", None, "alg-unknown"), ("ES256", 2048, "usage"), ("PS256", 1024, "usage"), ("RS256", 2049, "usage")],
)
def test_a_key_that_kms_does_not_make_is_refused_before_any_call(kmsjose_client, kmsjose_faults, alg, bits, code):
    with pytest.raises(InputError) as caught:
        kms.create_key(kmsjose_client, alg, bits=bits)
    assert caught.value.code == code
    assert kmsjose_faults.calls == []


@pytest.mark.parametrize("alias", ["", "alias/", "two words", "alias/aws/kms", "aws/kms", "ä", "x" * 251])
def test_a_bad_alias_is_refused_before_the_key_is_made(kmsjose_client, kmsjose_faults, alias):
    with pytest.raises(InputError) as caught:
        kms.create_key(kmsjose_client, "ES256", alias=alias)
    assert caught.value.code == "usage"
    assert kmsjose_faults.calls == []


@pytest.mark.parametrize(
    "alg, bits, spec",
    [
        ("ES512", None, "ECC_NIST_P521"),
        ("PS256", None, "RSA_3072"),
        ("RS256", 4096, "RSA_4096"),
        ("Ed25519", None, "ECC_NIST_EDWARDS25519"),
        ("ML-DSA-87", None, "ML_DSA_87"),
    ],
)
def test_the_key_spec_follows_from_the_algorithm(kmsjose_client, alg, bits, spec):
    info = kms.describe_key(kmsjose_client, kms.create_key(kmsjose_client, alg, bits=bits))
    assert info.spec == spec
    assert alg in {name for row in info.algorithms for name in row.names}


def test_an_alias_that_is_refused_leaves_a_key_that_is_named_with_its_undo(kmsjose_client, kmsjose_faults):
    kmsjose_faults.error("AccessDeniedException", "CreateAlias", message="not authorized")
    with pytest.raises(KMSError) as caught:
        kms.create_key(kmsjose_client, "ES256", alias="issuer")
    error = caught.value
    (made,) = kms.list_keys(kmsjose_client)
    assert error.code == "half-done"
    assert error.aws_code == "AccessDeniedException"
    assert f"kmsjose key delete {made.arn}" in error.message
    assert f"kmsjose key alias {made.arn}" in error.message
    assert not error.retryable


def test_an_alias_that_someone_else_takes_meanwhile_leaves_a_key_that_is_named(kmsjose_client, kmsjose_faults):
    other = kms.create_key(kmsjose_client, "ES256")
    kmsjose_faults.before("CreateAlias", lambda: kms.set_alias(kmsjose_client, other, "issuer"))
    with pytest.raises(KMSError) as caught:
        kms.create_key(kmsjose_client, "ES256", alias="issuer")
    assert (caught.value.code, caught.value.aws_code) == ("half-done", "AlreadyExistsException")
    assert kms.resolve(kmsjose_client, "alias/issuer") == other


def test_who_may_not_describe_keys_may_still_make_them(kmsjose_client, kmsjose_faults):
    kmsjose_faults.error("AccessDeniedException", "DescribeKey", times=1)
    arn = kms.create_key(kmsjose_client, "ES256", alias="issuer")
    assert kms.resolve(kmsjose_client, "alias/issuer") == arn


def test_tags_that_may_not_be_listed_are_none(kmsjose_client, kmsjose_faults):
    arn = kms.create_key(kmsjose_client, "ES256", tags={"team": "identity"})
    kmsjose_faults.error("AccessDeniedException", "ListResourceTags")
    assert kms.describe_key(kmsjose_client, arn).tags is None


def test_a_key_of_another_usage_is_shown_without_algorithms(kmsjose_client):
    arn = kmsjose_client.create_key(KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT")["KeyMetadata"]["Arn"]
    assert kms.describe_key(kmsjose_client, arn).algorithms == ()


def test_an_alias_moved_by_someone_else_meanwhile_is_still_moved(kmsjose_client, kmsjose_faults):
    first, second, third = (kms.create_key(kmsjose_client, "ES256") for _ in range(3))
    kms.set_alias(kmsjose_client, first, "issuer")
    kmsjose_faults.before(
        "CreateAlias", lambda: kmsjose_client.update_alias(AliasName="alias/issuer", TargetKeyId=third)
    )
    assert kms.set_alias(kmsjose_client, second, "issuer") == third
    assert kms.resolve(kmsjose_client, "alias/issuer") == second


@pytest.mark.parametrize(
    "operation", [kms.enable_key, kms.disable_key, kms.cancel_deletion, kms.resolve, kms.describe_key]
)
def test_every_operation_refuses_what_is_no_key_id(kmsjose_client, kmsjose_faults, operation):
    with pytest.raises(InputError) as caught:
        operation(kmsjose_client, "not a key")
    assert caught.value.code == "usage"
    assert kmsjose_faults.calls == []


def test_the_parts_of_an_arn():
    arn = Arn.parse("arn:aws-us-gov:kms:us-gov-east-1:111122223333:key/mrk-1234")
    assert arn == Arn("aws-us-gov", "us-gov-east-1", "111122223333", "key/mrk-1234")
    assert Arn.parse("arn:aws:kms:eu-west-1:1111:key/x") is None
    assert alias_name("alias/issuer") == alias_name("issuer") == "alias/issuer"
