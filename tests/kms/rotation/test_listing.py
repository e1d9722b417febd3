"""Which rotations there are, and the one that has a name."""

from __future__ import annotations

import pytest

from kmsjose import kms
from kmsjose.errors import InputError, KMSError
from kmsjose.kms import rotation


class TestFind:
    @pytest.mark.parametrize("name", ["issuer", "alias/issuer"])
    def test_a_rotation_is_found_as_it_stands(self, issuer, name):
        key = issuer.start()
        found = rotation.find(issuer.client, name)
        assert (found.name, [one.arn for one in found.keys]) == ("issuer", [key.arn])

    def test_a_mistyped_name_is_not_found_and_is_told_with_its_region(self, issuer, refused):
        issuer.start()
        with refused("not-found", KMSError) as caught:
            rotation.find(issuer.client, "alias/isuer")
        region = issuer.client.meta.region_name
        assert f"no key of a rotation isuer in {region}" in caught.value.message
        assert "kmsjose rotate list" in caught.value.message

    def test_a_name_that_cannot_be_a_rotation_is_refused(self, issuer, refused):
        with refused("usage", InputError):
            rotation.find(issuer.client, "issuer/key/x")


class TestNames:
    def test_the_names_are_sorted_and_each_is_told_once(self, issuer):
        for name in ("payments", "issuer", "issuer/eu"):
            rotation.stage(issuer.client, name, "ES256")
        rotation.promote_unseen(issuer.client, "payments")
        rotation.stage(issuer.client, "payments")
        assert rotation.names(issuer.client) == ("issuer", "issuer/eu", "payments")

    def test_an_alias_that_names_another_key_than_its_own_makes_no_rotation(self, issuer):
        one, other = (kms.create_key(issuer.client, "ES256") for _ in range(2))
        kms.set_alias(issuer.client, one, f"issuer/key/{other.rpartition('/')[2]}")
        assert rotation.names(issuer.client) == ()
