"""How far a key has come, by what KMS and its tags tell."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kmsjose.errors import KMSError
from kmsjose.kms import KeyInfo
from kmsjose.kms.rotation import RotationKey
from kmsjose.kms.rotation.clock import Clock
from kmsjose.kms.rotation.key import key_of

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
BEFORE, AFTER = "2026-01-31T11:59:59Z", "2026-01-31T12:00:01Z"
ARN = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def described(state: str = "Enabled", spec: str = "ECC_NIST_P256", **tags: str) -> KeyInfo:
    names = {f"kmsjose:{name.replace('_', '-')}": value for name, value in tags.items()}
    return KeyInfo(ARN, spec, "SIGN_VERIFY", state, "", (), False, "AWS_KMS", NOW, None, names)


def read(info: KeyInfo, *, active: bool = False, revoked: datetime | None = None) -> RotationKey:
    return key_of(info, Clock(NOW), active=active, member=True, revoked=revoked)


class TestStage:
    @pytest.mark.parametrize(
        "state, tags, stage",
        [
            ("Enabled", {}, "staged"),
            ("Disabled", {}, "staged"),
            ("Enabled", {"seen": BEFORE}, "staged"),
            ("Enabled", {"promoted": BEFORE}, "replaced"),
            ("Enabled", {"replaced": BEFORE}, "replaced"),
            ("Disabled", {"promoted": BEFORE, "replaced": BEFORE}, "replaced"),
            ("Enabled", {"replaced": BEFORE, "published_until": AFTER}, "retired"),
            ("Enabled", {"replaced": BEFORE, "published_until": BEFORE}, "retired"),
            ("Disabled", {"replaced": BEFORE, "published_until": AFTER}, "retired"),
            ("Disabled", {"replaced": BEFORE, "published_until": "2026-01-31T12:00:00Z"}, "retired"),
            ("Disabled", {"replaced": BEFORE, "published_until": BEFORE}, "disabled"),
            ("Enabled", {"revoked": BEFORE}, "retired"),
            ("Disabled", {"revoked": BEFORE}, "disabled"),
            ("Disabled", {"revoked": BEFORE, "replaced": BEFORE, "published_until": AFTER}, "disabled"),
            ("PendingDeletion", {}, "dropped"),
            ("PendingReplicaDeletion", {}, "dropped"),
            ("PendingDeletion", {"revoked": BEFORE}, "dropped"),
        ],
    )
    def test_a_key_that_does_not_sign(self, state, tags, stage):
        assert read(described(state, **tags)).stage == stage

    @pytest.mark.parametrize("state", ["Enabled", "Disabled", "PendingDeletion"])
    def test_the_key_that_signs_is_active_whatever_its_tags_say(self, state):
        assert read(described(state, replaced=BEFORE, published_until=BEFORE), active=True).stage == "active"


class TestRevoked:
    def test_the_tag_tells_when_where_it_can_be_read(self):
        key = read(described(revoked=BEFORE), revoked=NOW)
        assert key.revoked == NOW - timedelta(seconds=1)

    @pytest.mark.parametrize("tags", [{}, {"revoked": "never"}])
    def test_else_the_alias_does(self, tags):
        assert read(described(**tags), revoked=NOW).revoked == NOW

    def test_no_other_tag_stops_anything_any_more(self):
        key = read(described(seen="never", token_lifetime="-5", alg="none"), revoked=NOW)
        assert (key.seen, key.token_lifetime, key.algorithm.name) == (None, None, "ES256")


class TestTags:
    def test_each_tells_its_own(self):
        times = {"seen": 1, "promoted": 2, "replaced": 3, "published_until": 4, "disabled": 5, "missed": 6}
        key = read(described(**{name: f"2026-01-3{n % 2}T0{n}:00:00Z" for name, n in times.items()}))
        told = {name: getattr(key, name).hour for name in times}
        assert (told, key.revoked, key.token_lifetime) == (times, None, None)

    @pytest.mark.parametrize("seconds", [0, 86_400])
    def test_a_lifetime_is_in_seconds(self, seconds):
        assert read(described(token_lifetime=str(seconds))).token_lifetime == timedelta(seconds=seconds)

    @pytest.mark.parametrize(
        "tags, told", [({"seen": "never"}, "a time such as 2026-"), ({"token_lifetime": "-5"}, "a number of seconds")]
    )
    def test_one_that_can_not_be_read_says_what_it_must_be(self, tags, told, refused):
        with refused("rotation-damaged", KMSError) as caught:
            read(described(**tags))
        assert told in caught.value.message

    def test_a_key_whose_tags_may_not_be_listed_has_none(self):
        info = KeyInfo(ARN, "ECC_NIST_P256", "SIGN_VERIFY", "Enabled", "", (), False, "AWS_KMS", NOW, None)
        key = read(info)
        assert (key.stage, key.kid, key.algorithm.name) == ("staged", None, "ES256")


class TestAlgorithm:
    @pytest.mark.parametrize(
        "spec, tags, alg",
        [
            ("ECC_NIST_P256", {}, "ES256"),
            ("ECC_NIST_P256", {"alg": "ES256"}, "ES256"),
            ("RSA_2048", {"alg": "PS384"}, "PS384"),
            ("RSA_2048", {"alg": "RS512"}, "RS512"),
            ("RSA_2048", {}, None),
        ],
    )
    def test_it_is_the_one_of_the_tag_or_the_only_one(self, spec, tags, alg):
        algorithm = read(described(spec=spec, **tags)).algorithm
        assert alg == (algorithm and algorithm.name)

    @pytest.mark.parametrize("spec, alg", [("ECC_NIST_P256", "RS256"), ("RSA_2048", "ES256"), ("RSA_2048", "")])
    def test_one_that_a_key_of_its_kind_does_not_do_is_refused(self, refused, spec, alg):
        with refused("rotation-damaged", KMSError):
            read(described(spec=spec, alg=alg))
