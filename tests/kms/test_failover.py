"""One multi-Region key in two regions, of which one is down at start, in between, or both."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from kmsjose import InputError, KeySet, KMSError, jws, kms
from kmsjose.kms.local import Faults

REGIONS = ("eu-west-1", "eu-central-1")


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def faults():
    return [Faults(), Faults()]


@pytest.fixture
def clients(tmp_path, faults):
    return [
        kms.connect(local=tmp_path, region=region, faults=of, max_attempts=1)
        for region, of in zip(REGIONS, faults, strict=True)
    ]


@pytest.fixture
def arns(clients, faults):
    arn = kms.create_key(clients[0], "ES256", multi_region=True, tags={"kmsjose:kid": "2019-key"})
    replica = kms.replicate_key(clients[0], arn, REGIONS[1])
    for of in faults:
        of.clear()
    return arn, replica


@pytest.fixture
def failover(clients, arns, clock):
    return kms.open_failover(clients, arns[0], clock=clock)


def test_it_is_opened_by_id_and_by_any_of_its_arns(clients, arns):
    for key in (*arns, arns[0].rpartition("/")[2]):
        failover = kms.open_failover(clients, key)
        assert failover.current().public_key.kid == "2019-key"
        assert all(arn in repr(failover) for arn in arns)


def test_a_pause_that_never_ends_is_refused_before_a_region_is_asked(clients, arns, faults):
    with pytest.raises(InputError, match="longest_pause is more than 0 and at most 86400 seconds"):
        kms.open_failover(clients, arns[0], longest_pause=float("nan"))
    assert faults[0].calls == faults[1].calls == []


def test_a_token_is_signed_in_the_first_region_that_works(failover, faults, arns):
    before = [list(of.calls) for of in faults]
    keys = KeySet([failover.current().public_key])
    jws.verify(jws.sign(b"one", failover), keys)
    faults[0].unavailable("Sign")
    jws.verify(jws.sign(b"two", failover), keys)
    jws.verify(jws.sign(b"three", failover), keys)
    made = [of.calls[len(calls) :] for of, calls in zip(faults, before, strict=True)]
    assert made == [["Sign", "Sign"], ["Sign", "Sign"]]


@pytest.mark.parametrize("fault", ["throttle", "unavailable", "drop", "lose", "timeout", "refuse"])
def test_whatever_a_region_fails_with_the_token_is_signed(failover, faults, fault):
    getattr(faults[0], fault)("Sign")
    jws.verify(jws.sign(b"payload", failover), failover.current().public_key)
    assert faults[1].calls[-1] == "Sign"


@pytest.mark.parametrize("change", [kms.disable_key, kms.schedule_deletion])
def test_a_replica_that_is_out_of_use_is_one_that_fails(clients, arns, failover, change):
    change(clients[0], arns[0])
    jws.verify(jws.sign(b"payload", failover), failover.current().public_key)


def test_the_first_region_signs_again_when_it_is_back(failover, faults, clock):
    faults[0].refuse("Sign")
    failover.current().sign(b"message")
    faults[0].clear()
    faults[1].clear()
    failover.current().sign(b"message")
    clock.now += 30
    failover.current().sign(b"message")
    failover.current().sign(b"message")
    assert (faults[0].calls, faults[1].calls) == (["Sign", "Sign"], ["Sign"])


def test_both_down_is_told_and_both_back_is_seen_at_once(failover, faults):
    for of in faults:
        of.refuse("Sign")
    with pytest.raises(KMSError) as caught:
        failover.current().sign(b"message")
    assert caught.value.code == "connection"
    assert all(region in caught.value.message for region in REGIONS)
    for of in faults:
        of.clear()
    failover.current().sign(b"message")


class TestDownAtStart:
    @pytest.fixture(params=[0, 1], ids=["the first", "the second"])
    def lost(self, request, faults):
        """The index of the region that can't be reached."""
        faults[request.param].refuse()
        return request.param

    def test_the_other_region_is_enough(self, clients, arns, faults, clock, lost):
        failover = kms.open_failover(clients, arns[0], clock=clock)
        assert failover.current().public_key.kid == "2019-key"
        faults[lost].clear()
        jws.verify(jws.sign(b"payload", failover), failover.current().public_key)
        assert faults[lost].calls == []

    def test_it_is_opened_when_it_is_needed(self, clients, arns, faults, clock, lost):
        failover = kms.open_failover(clients, arns[0], clock=clock)
        faults[lost].clear()
        faults[1 - lost].refuse()
        clock.now += 30
        for _ in range(2):
            jws.verify(jws.sign(b"payload", failover), failover.current().public_key)
        assert faults[lost].calls == ["GetPublicKey", "ListResourceTags", "Sign", "Sign"]

    def test_a_region_that_turns_out_to_have_another_kid_is_not_used(self, clients, arns, faults, clock, lost):
        failover = kms.open_failover(clients, arns[0], clock=clock)
        faults[lost].clear()
        clients[lost].untag_resource(KeyId=arns[lost], TagKeys=["kmsjose:kid"])
        clock.now += 30
        token = jws.sign(b"payload", failover)
        assert jws.verify(token, failover.current().public_key).key.kid == "2019-key"
        faults[1 - lost].refuse()
        faults[lost].clear()
        with pytest.raises(KMSError) as caught:
            failover.current().sign(b"message")
        assert "is not the same key" in caught.value.message
        assert "Sign" not in faults[lost].calls

    def test_no_region_is_not_enough(self, clients, arns, faults):
        for of in faults:
            of.refuse()
        with pytest.raises(KMSError) as caught:
            kms.open_failover(clients, arns[0])
        assert caught.value.code == "connection"


class TestRefused:
    @pytest.mark.parametrize(
        "key",
        [
            "alias/issuer",
            "1234abcd-12ab-34cd-56ef-1234567890ab",
            "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
            "arn:aws:kms:eu-west-1:111122223333:alias/mrk-1",
            "mrk-",
            "",
        ],
    )
    def test_what_is_no_multi_region_key(self, clients, faults, key):
        with pytest.raises(InputError) as caught:
            kms.open_failover(clients, key)
        assert caught.value.code == "usage"
        assert faults[0].calls == []

    def test_no_client_and_two_of_one_region(self, clients, arns):
        for given in ([], [clients[0], clients[0]]):
            with pytest.raises(InputError) as caught:
                kms.open_failover(given, arns[0])
            assert caught.value.code == "usage"

    def test_regions_whose_kids_differ(self, clients, arns):
        clients[1].untag_resource(KeyId=arns[1], TagKeys=["kmsjose:kid"])
        with pytest.raises(InputError) as caught:
            kms.open_failover(clients, arns[0])
        assert caught.value.code == "usage"
        assert kms.open_failover(clients, arns[0], kid="2019-key").current().public_key.kid == "2019-key"

    def test_an_rsa_key_without_its_algorithm(self, clients):
        made = clients[0].create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY", MultiRegion=True)
        arn = made["KeyMetadata"]["Arn"]
        kms.replicate_key(clients[0], arn, REGIONS[1])
        with pytest.raises(InputError) as caught:
            kms.open_failover(clients, arn)
        assert caught.value.code == "alg-required"
        assert kms.open_failover(clients, arn, "PS384").current().public_key.algorithm.name == "PS384"


class TestTagsThatMayNotBeListed:
    def test_the_kid_is_that_of_the_other_region(self, clients, arns, faults, clock):
        for denied in (0, 1):
            faults[denied].error("AccessDeniedException", "ListResourceTags")
            failover = kms.open_failover(clients, arns[0], clock=clock)
            assert failover.current().public_key.kid == "2019-key"
            faults[denied].clear()

    def test_a_region_is_used_when_they_may_be_listed_again(self, clients, arns, faults, clock):
        faults[0].error("AccessDeniedException", "ListResourceTags")
        failover = kms.open_failover(clients, arns[0], clock=clock)
        failover.current().sign(b"message")
        faults[0].clear()
        clock.now += 30
        failover.current().sign(b"message")
        assert faults[0].calls == ["GetPublicKey", "ListResourceTags", "Sign"]

    def test_beside_a_region_that_is_down_the_key_is_not_opened_by_another_kid(self, clients, arns, faults):
        faults[0].refuse()
        faults[1].error("AccessDeniedException", "ListResourceTags")
        with pytest.raises(KMSError) as caught:
            kms.open_failover(clients, arns[0])
        assert (caught.value.code, caught.value.operation) == ("access-denied", "ListResourceTags")
        assert kms.open_failover(clients, arns[0], "ES256", "2019-key").current().public_key.kid == "2019-key"


def test_a_key_that_was_imported_is_in_both_regions(clients, quick_wrapping):
    key = ec.generate_private_key(ec.SECP256R1())
    primary = kms.import_key(clients[0], key, kid="2019-key", multi_region=True)
    replica = kms.replicate_key(clients[0], primary.key_arn, REGIONS[1])
    failover = kms.open_failover(clients, primary.key_arn)
    assert failover.current().public_key == primary.public_key
    kms.import_material(clients[1], replica, key)
    kms.disable_key(clients[0], primary.key_arn)
    jws.verify(jws.sign(b"payload", failover), primary.public_key)


def test_each_signature_is_recorded_wherever_it_was_made(clients, arns, faults, clock):
    records = []
    faults[1].refuse()
    failover = kms.open_failover(clients, arns[0], audit=records.append, clock=clock)
    failover.current().sign(b"one")
    faults[1].clear()
    faults[0].refuse("Sign")
    failover.current().sign(b"two")
    assert [record.key_arn for record in records] == list(arns)


def test_a_signature_that_could_not_be_recorded_is_made_nowhere_else(clients, arns, faults):
    def full(_record):
        raise OSError

    failover = kms.open_failover(clients, arns[0], audit=full)
    with pytest.raises(KMSError) as caught:
        failover.current().sign(b"message")
    assert caught.value.code == "audit-failed"
    assert "Sign" not in faults[1].calls
