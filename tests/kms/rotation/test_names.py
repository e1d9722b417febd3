"""What the aliases of a rotation are called, and what they tell."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from kmsjose import kms
from kmsjose.errors import InputError
from kmsjose.kms.rotation.names import Aliases, aliases_of, check_name
from kmsjose.kms.rotation.records import digest, gone_alias, kid_alias, revoked_alias

MADE = datetime(2027, 1, 15, 8, tzinfo=UTC)  # as the clock of the tests has it


class TestCheckName:
    @pytest.mark.parametrize("name", ["issuer", "alias/issuer", "issuer/eu", "keys/locks", "x" * 200])
    def test_a_name_is_given_back_without_its_prefix(self, name):
        assert check_name(name) == name.removeprefix("alias/")

    @pytest.mark.parametrize("name", ["x" * 201, "key", "lock", "issuer/lock", "key/issuer", "a/lock/b"])
    def test_one_that_leaves_no_room_or_could_be_another_rotations_alias_is_refused(self, refused, name):
        with refused("usage", InputError):
            check_name(name)


@pytest.fixture
def keys(issuer) -> list[str]:
    return [kms.create_key(issuer.client, "ES256") for _ in range(3)]


@pytest.fixture
def found(issuer, keys):
    """The aliases of the rotation, when each of the keys has those that are given for it."""

    def make(*aliases: list[str]) -> Aliases:
        for key, names in zip(keys, aliases, strict=False):
            for name in names:
                issuer.client.create_alias(AliasName=name, TargetKeyId=key)
        return aliases_of(issuer.client, "issuer")

    return make


@pytest.fixture
def ids(keys) -> list[str]:
    return [key.rpartition("/")[2] for key in keys]


class TestAliasesOf:
    def test_a_name_of_which_there_is_nothing(self, found):
        aliases = found(["alias/other"])
        assert (aliases.active, aliases.members, aliases.locks) == (None, frozenset(), ())
        assert (aliases.records.kids, aliases.records.revoked) == ({}, {})

    def test_the_key_that_signs_and_the_keys_that_belong_to_it(self, found, ids):
        first, second, third = ids
        aliases = found(
            ["alias/issuer", f"alias/issuer/key/{first}", f"alias/other/key/{first}"],
            [f"alias/issuer/key/{second}"],
            [f"alias/other/key/{third}", "alias/issuer/key/guessed"],
        )
        assert (aliases.active, aliases.members) == (first, {first, second})

    def test_locks_by_their_number_and_when_they_were_made(self, found, ids):
        names = ["alias/issuer/lock/10", "alias/issuer/lock/9", "alias/other/lock/3", "alias/issuer/lock/1234567890"]
        aliases = found(names[:1], names[1:])
        told = [(lock.generation, lock.key_id, lock.created) for lock in aliases.locks]
        assert told == [(9, ids[1], MADE), (10, ids[0], MADE)]

    def test_records_of_its_own_kids_and_when_they_were_made(self, found, ids):
        kid, revoked, gone = digest("1"), digest("2"), digest("3")
        aliases = found(
            [kid_alias("issuer", kid), kid_alias("other", digest("4"))],
            [revoked_alias("issuer", revoked), gone_alias("issuer", gone), revoked_alias("other", digest("5"))],
        )
        assert aliases.records.kids == {kid: ids[0]}
        told = {of: (mark.key_id, mark.made) for of, mark in aliases.records.revoked.items()}
        assert told == {revoked: (ids[1], MADE), gone: (None, MADE)}


class TestAKey:
    def test_it_is_marked_by_an_alias_of_its_own_or_of_another_rotation(self, found, ids):
        aliases = found(
            [revoked_alias("issuer", digest("1"))],
            [revoked_alias("other", digest("2"))],
            [kid_alias("other", digest("3")), gone_alias("other", digest("4")), "alias/issuer"],
        )
        assert [aliases.is_marked(key) for key in ids] == [True, True, False]

    def test_its_other_aliases_are_those_that_do_not_say_that_it_belongs_to_the_rotation(self, found, ids):
        first, second, _ = ids
        aliases = found(
            [f"alias/issuer/key/{first}", "alias/receipts", "alias/issuer", f"alias/other/key/{first}"],
            [f"alias/issuer/key/{second}", "alias/payments"],
        )
        assert aliases.others("issuer", first) == ["alias/issuer", f"alias/other/key/{first}", "alias/receipts"]
        assert aliases.others("issuer", second) == ["alias/payments"]
