"""Replicas: what is copied, what is not, and what stops it."""

from __future__ import annotations

import pytest

from kmsjose import InputError, KMSError, kms
from kmsjose.kms import replication


@pytest.fixture
def client(tmp_path, kmsjose_faults):
    return kms.connect(local=tmp_path, faults=kmsjose_faults)


@pytest.fixture
def frankfurt(tmp_path):
    return kms.connect(local=tmp_path, region="eu-central-1")


@pytest.fixture
def primary(client):
    tags = {"kmsjose:kid": "2019-key", "team": "identity"}
    return kms.create_key(client, "ES256", alias="issuer", multi_region=True, tags=tags)


def test_the_tags_of_kid_and_algorithm_go_along_and_no_others(client, frankfurt, primary):
    replica = kms.replicate_key(client, "alias/issuer", "eu-central-1", description="copy", tags={"cost": "1"})
    assert replica == primary.replace("eu-west-1", "eu-central-1")
    info = kms.describe_key(frankfurt, replica)
    assert info.tags == {"kmsjose:kid": "2019-key", "cost": "1"}
    assert (info.description, info.aliases, info.multi_region) == ("copy", (), True)


@pytest.mark.parametrize("tag", ["kmsjose:kid", "kmsjose:alg"])
def test_the_tags_of_kid_and_algorithm_are_not_given_otherwise(client, kmsjose_faults, tag):
    with pytest.raises(InputError) as caught:
        kms.replicate_key(client, "mrk-0", "eu-central-1", tags={tag: "x"})
    assert caught.value.code == "usage"
    assert kmsjose_faults.calls == []


def test_no_replica_is_made_that_would_lose_the_kid(client, frankfurt, kmsjose_faults, primary):
    kmsjose_faults.error("AccessDeniedException", "ListResourceTags")
    with pytest.raises(KMSError) as caught:
        kms.replicate_key(client, primary, "eu-central-1")
    assert caught.value.code == "access-denied"
    assert list(kms.list_keys(frankfurt)) == []


@pytest.mark.parametrize("attempts", [1, 5])
def test_a_replica_whose_answer_is_lost_is_found_to_be_made(tmp_path, frankfurt, kmsjose_faults, primary, attempts):
    client = kms.connect(local=tmp_path, faults=kmsjose_faults, max_attempts=attempts)
    kmsjose_faults.lose("ReplicateKey", times=1)
    replica = kms.replicate_key(client, primary, "eu-central-1")
    assert replica == primary.replace("eu-west-1", "eu-central-1")
    assert kms.open_tagged(frankfurt, replica).public_key.kid == "2019-key"


def test_a_replica_that_was_there_before_is_returned(client, kmsjose_faults, primary):
    replica = kms.replicate_key(client, primary, "eu-central-1")
    kmsjose_faults.clear()
    assert kms.replicate_key(client, primary, "eu-central-1") == replica
    assert kmsjose_faults.calls == ["DescribeKey"]


@pytest.mark.parametrize("options", [{"description": "d"}, {"tags": {"team": "identity"}}, {"policy": "{}"}])
def test_a_replica_that_may_be_another_than_was_asked_for_is_told_of(client, primary, options):
    replica = kms.replicate_key(client, primary, "eu-central-1", **({} if "policy" in options else options))
    with pytest.raises(KMSError) as caught:
        kms.replicate_key(client, primary, "eu-central-1", **options)
    assert (caught.value.code, replica in caught.value.message) == ("already-exists", True)


def test_a_replica_that_is_refused_is_not_found_to_be_made(client, kmsjose_faults, primary):
    kmsjose_faults.error("AccessDeniedException", "ReplicateKey")
    with pytest.raises(KMSError) as caught:
        kms.replicate_key(client, primary, "eu-central-1")
    assert (caught.value.code, caught.value.operation) == ("access-denied", "ReplicateKey")


def test_an_answer_of_another_key_is_refused(client, primary):
    class Lying:
        def __getattr__(self, name):
            genuine = getattr(client, name)
            return genuine if name != "replicate_key" else lambda **_: {"ReplicaKeyMetadata": {"Arn": primary}}

    with pytest.raises(KMSError) as caught:
        kms.replicate_key(Lying(), primary, "eu-central-1")
    assert caught.value.code == "unexpected-answer"


class TestWaiting:
    @pytest.fixture(autouse=True)
    def naps(self, monkeypatch):
        naps = []
        monkeypatch.setattr(replication.time, "sleep", naps.append)
        return naps

    def test_it_ends_when_the_replica_is_made(self, tmp_path, client, primary, kmsjose_faults, naps):
        replica = kms.replicate_key(client, primary, "eu-central-1")
        frankfurt = kms.connect(local=tmp_path, region="eu-central-1", faults=kmsjose_faults)
        kmsjose_faults.error("NotFoundException", "DescribeKey", times=2)
        assert kms.wait_for_replica(frankfurt, replica).state == "Enabled"
        assert len(naps) == 2

    def test_it_ends_in_time(self, client, primary):
        class Creating:
            meta = client.meta

            def __getattr__(self, name):
                genuine = getattr(client, name)
                if name != "describe_key":
                    return genuine
                return lambda **asked: {"KeyMetadata": {**genuine(**asked)["KeyMetadata"], "KeyState": "Creating"}}

        with pytest.raises(KMSError) as caught:
            kms.wait_for_replica(Creating(), primary, timeout=0)
        assert (caught.value.code, caught.value.retryable) == ("unavailable", True)

    @pytest.mark.parametrize("timeout", [float("inf"), float("nan")])
    def test_a_wait_without_end_is_refused(self, client, primary, refused, timeout):
        with refused("usage", InputError):
            kms.wait_for_replica(client, primary, timeout=timeout)

    def test_another_error_ends_it_at_once(self, client, primary, kmsjose_faults, naps):
        kmsjose_faults.error("AccessDeniedException", "DescribeKey")
        with pytest.raises(KMSError) as caught:
            kms.wait_for_replica(client, primary)
        assert caught.value.code == "access-denied"
        assert naps == []
