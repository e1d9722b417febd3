"""What a folder is to publish: what KMS knows and what the folder remembers, and nothing that neither accounts for."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from kmsjose import KeySet, KMSSigner, PublicKey, kms
from kmsjose.errors import InputError, KMSError, RotationError
from kmsjose.kms import rotation
from kmsjose.publishing.folder import write_tree
from kmsjose.publishing.publication import Publication, plan
from kmsjose.publishing.revoked import RevokedKey, revoked_file, revoked_keys
from kmsjose.publishing.tree import COSE_KEYS, JWKS, REVOKED


@pytest.fixture
def client():
    return kms.connect(local=":memory:")


@pytest.fixture
def site(tmp_path):
    return tmp_path / "site"


@pytest.fixture
def publish(client, site) -> Callable[..., Publication]:
    """Plan and write."""

    def write(*names: str, **options) -> Publication:
        publication = plan(client, site, names or ["issuer"], **options)
        write_tree(site, publication.files)
        return publication

    return write


@pytest.fixture
def active(client, publish) -> rotation.RotationKey:
    rotation.stage(client, "issuer", "ES256")
    key = rotation.promote_unseen(client, "issuer")
    publish()
    return key


def kids(site) -> set[str]:
    return {jwk["kid"] for jwk in json.loads((site / JWKS).read_text())["keys"]}


def another(client, alg: str = "ES256") -> PublicKey:
    return KMSSigner.open(client, kms.create_key(client, alg)).public_key


class TestRevoked:
    def test_the_folder_remembers_it(self, client, site, publish, active):
        rotation.stage(client, "issuer")
        rotation.revoke(client, "issuer")
        publish().check()
        assert active.kid not in kids(site)
        assert revoked_keys(site) == {RevokedKey(active.kid, active.kid)}

    def test_when_none_is_left_there_is_an_empty_set(self, client, site, publish, active):
        rotation.revoke(client, "issuer")
        publish().check()
        assert json.loads((site / JWKS).read_text()) == {"keys": []}
        assert (site / COSE_KEYS).read_bytes() == b"\x80"
        assert publish().files.keys() == {COSE_KEYS, JWKS, REVOKED, ".well-known/index.html"}

    def test_a_folder_that_never_had_it_has_nothing_to_remember(self, client, tmp_path, active):
        staged = rotation.stage(client, "issuer")
        rotation.revoke(client, "issuer")
        publication = plan(client, tmp_path / "fresh", ["issuer"])
        assert [key.kid for key in publication.keys] == [staged.kid]
        assert publication.revoked == frozenset()

    def test_what_kms_has_forgotten_the_folder_knows(self, client, site, publish, active):
        staged = rotation.stage(client, "issuer")
        rotation.revoke(client, "issuer")
        publish().check()
        for alias in kms.describe_key(client, active.arn).aliases:
            if "/key/" in alias:
                kms.delete_alias(client, alias)
        kms.enable_key(client, active.arn)
        client.untag_resource(KeyId=active.arn, TagKeys=["kmsjose:revoked", "kmsjose:kid"])
        publication = publish()
        publication.check()
        assert [key.kid for key in publication.withheld] == [active.kid]
        assert kids(site) == {staged.kid}

    def test_it_does_not_come_back_under_another_kid(self, client, site, active):
        (key,) = plan(client, site, ["issuer"]).keys
        write_tree(site, revoked_file([RevokedKey("former", key.thumbprint())]))
        assert plan(client, site, ["issuer"]).keys == KeySet([])

    def test_an_old_copy_of_the_set_does_not_bring_it_back(self, client, site, publish, active):
        before = (site / JWKS).read_bytes()
        rotation.stage(client, "issuer")
        rotation.revoke(client, "issuer")
        publish().check()
        (site / JWKS).write_bytes(before)
        publish().check()
        assert active.kid not in kids(site)

    def test_it_leaves_though_the_rest_is_refused(self, client, site, publish, active):
        staged = rotation.stage(client, "issuer")
        publish().check()
        rotation.revoke(client, "issuer")
        client.tag_resource(KeyId=staged.arn, Tags=[{"TagKey": "kmsjose:seen", "TagValue": "never"}])
        publication = publish()
        with pytest.raises(KMSError) as caught:
            publication.check()
        assert caught.value.code == "rotation-damaged"
        assert kids(site) == {staged.kid}

    def test_it_is_published_beside_no_rotation_either(self, client, site, publish, active, refused):
        (key,) = plan(client, site, ["issuer"]).keys
        rotation.stage(client, "issuer")
        rotation.revoke(client, "issuer")
        with refused("revoked", RotationError):
            publish(beside=[key]).check()
        assert key.kid not in kids(site)

    def test_another_rotation_does_not_bring_it_back_though_its_tag_is_removed(self, client, site, tmp_path, active):
        kms.set_alias(client, active.arn, "other")
        rotation.revoke(client, "issuer")
        client.untag_resource(KeyId=active.arn, TagKeys=["kmsjose:revoked"])
        kms.enable_key(client, active.arn)
        assert plan(client, tmp_path / "empty", ["other"]).keys.keys == ()
        rotation.stage(client, "other")
        assert active.kid not in {key.kid for key in plan(client, tmp_path / "empty", ["other"]).keys}

    @pytest.mark.parametrize(
        "content", [b"{", b"[]", b'{"revoked": 5}', b'{"revoked": [5]}', b'{"revoked": [{"kid": "a"}]}', b"\xff"]
    )
    def test_a_damaged_memory_is_refused_before_anything_is_published(self, client, site, active, refused, content):
        (site / REVOKED).write_bytes(content)
        with refused("json-invalid", InputError):
            plan(client, site, ["issuer"])


class TestUnaccounted:
    def test_it_is_refused_and_nothing_new_is_published(self, client, site, publish, active, refused):
        beside = another(client, "EdDSA")
        publish(beside=[beside]).check()
        rotation.stage(client, "issuer")
        with refused("unaccounted", RotationError) as caught:
            publish().check()
        assert beside.kid in caught.value.message
        assert kids(site) == {active.kid, beside.kid}
        publish(beside=[beside]).check()
        assert len(kids(site)) == 3

    def test_many_are_not_all_listed(self, client, site, publish, active):
        publish(beside=[another(client) for _ in range(7)]).check()
        assert publish().refused.message.count(", ") < 8

    def test_it_may_be_withdrawn_for_good(self, client, site, publish, active, refused):
        beside = another(client)
        publish(beside=[beside]).check()
        publish(withdraw=[beside.kid]).check()
        assert kids(site) == {active.kid}
        publish(withdraw=[beside.kid]).check()  # It is out already.
        with refused("revoked", RotationError):
            publish(beside=[beside]).check()

    def test_a_kid_that_the_folder_does_not_have_is_refused(self, client, site, active, refused):
        with refused("usage", InputError):
            plan(client, site, ["issuer"], withdraw=["mistyped"])

    def test_a_key_of_a_rotation_is_to_be_revoked_instead(self, client, site, publish, active, refused):
        with refused("accounted", RotationError) as caught:
            plan(client, site, ["issuer"], withdraw=[active.kid])
        assert f"kmsjose rotate revoke issuer --key {active.kid}" in caught.value.message
        rotation.stage(client, "issuer")
        rotation.revoke(client, "issuer")
        publish(withdraw=[active.kid]).check()
        assert active.kid not in kids(site)

    def test_one_that_waits_for_its_deletion_may_be_withdrawn(self, client, site, publish, active):
        kms.schedule_deletion(client, active.arn, 7)
        publish(withdraw=[active.kid]).check()
        assert kids(site) == set()

    def test_a_name_that_has_no_key_is_not_found_beside_one_that_has(self, client, site, publish, active, refused):
        with refused("not-found", KMSError) as caught:
            publish("issuer", "isuer").check()
        assert "isuer" in caught.value.message
        assert kids(site) == {active.kid}

    def test_beside_a_name_that_has_no_key_a_revoked_key_leaves_all_the_same(self, client, site, publish, active):
        rotation.revoke(client, "issuer")
        publication = publish("issuer", "isuer")
        assert isinstance(publication.refused, KMSError)
        assert kids(site) == set()

    def test_nothing_at_all_is_refused(self, client, site, refused):
        with refused("not-found", KMSError):
            plan(client, site, ["issuer"]).check()
        assert plan(client, site, ["issuer"]).files == {}
