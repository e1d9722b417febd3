"""Opening a key by its tags: one call more, and none where nothing is to be learned."""

from __future__ import annotations

import pytest

from kmsjose import InputError, KMSError, KMSSigner, kms

TAGS = {"kmsjose:kid": "2019-key", "kmsjose:alg": "RS384"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("keys")


@pytest.fixture(scope="module")
def arns(folder):
    client = kms.connect(local=folder)
    return {
        "rsa": kms.create_key(client, "RS384", bits=2048, alias="rsa", tags=TAGS),
        "ec": kms.create_key(client, "ES256", tags={"kmsjose:kid": "2019-key", "team": "identity"}),
        "bare": kms.create_key(client, "ES256"),
    }


@pytest.fixture
def client(folder, kmsjose_faults):
    return kms.connect(local=folder, faults=kmsjose_faults)


def opened(client, key, *names):
    key = kms.open_tagged(client, key, *names).public_key
    return key.algorithm.name, key.kid


def test_the_tags_say_the_kid_and_the_algorithm(client, arns):
    assert opened(client, arns["rsa"]) == opened(client, "alias/rsa") == ("RS384", "2019-key")
    assert opened(client, arns["ec"]) == ("ES256", "2019-key")


def test_a_key_without_tags_is_opened_as_ever(client, arns):
    assert kms.open_tagged(client, arns["bare"]).public_key == KMSSigner.open(client, arns["bare"]).public_key


def test_what_is_given_goes_before_the_tags(client, arns):
    assert opened(client, arns["rsa"], "PS512") == ("PS512", "2019-key")
    assert opened(client, arns["rsa"], None, "other") == ("RS384", "other")


def test_it_takes_two_calls_and_one_where_both_are_given(client, kmsjose_faults, arns):
    opened(client, arns["rsa"])
    opened(client, arns["rsa"], "PS256", "other")
    assert kmsjose_faults.calls == ["GetPublicKey", "ListResourceTags", "GetPublicKey"]


def test_the_signer_itself_asks_for_no_tags(client, kmsjose_faults, arns):
    KMSSigner.open(client, arns["ec"])
    assert kmsjose_faults.calls == ["GetPublicKey"]


def test_where_the_tags_may_not_be_listed_it_is_not_signed_by_another_kid(client, kmsjose_faults, arns):
    kmsjose_faults.error("AccessDeniedException", "ListResourceTags")
    with pytest.raises(KMSError) as caught:
        opened(client, arns["ec"])
    assert (caught.value.code, caught.value.operation) == ("access-denied", "ListResourceTags")


def test_tags_that_cannot_be_had_otherwise_are_no_reason_to_sign_by_another_kid(client, kmsjose_faults, arns):
    kmsjose_faults.error("NotFoundException", "ListResourceTags")
    with pytest.raises(KMSError) as caught:
        opened(client, arns["ec"])
    assert caught.value.operation == "ListResourceTags"


@pytest.mark.parametrize("alg, code", [("ES384", "alg-unsupported-by-key"), ("HS256", "alg-unknown")])
def test_an_algorithm_that_the_key_cannot_do_is_told_with_its_tag(client, alg, code):
    arn = kms.create_key(client, "ES256")
    client.tag_resource(KeyId=arn, Tags=[{"TagKey": "kmsjose:alg", "TagValue": alg}])
    with pytest.raises(InputError, match="kmsjose:alg") as caught:
        opened(client, arn)
    assert caught.value.code == code
    assert opened(client, arn, "ES256")[0] == "ES256"


def test_an_unknown_algorithm_is_refused_before_any_call(client, kmsjose_faults, arns):
    with pytest.raises(InputError):
        opened(client, arns["ec"], "HS256")
    assert kmsjose_faults.calls == []
