"""The code of each role behind its whole policy, judged by an evaluator that knows nothing of the package."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kmsjose import KeySet, KMSError, kms
from kmsjose.kms import rotation
from kmsjose.kms.permissions import Role, grants_of
from tests.contracts.roles import RolesContract
from tests.kms.guarded import Guard

Behind = Callable[[Role], tuple[Any, Guard]]


@pytest.fixture
def name() -> str:
    return "issuer"


@pytest.fixture
def root(tmp_path):
    return kms.connect(local=tmp_path)


@pytest.fixture
def behind(root, name, tmp_path) -> Behind:
    """``behind(role)``: a client behind the policy of a role for the alias, which must exist, and what stands there."""

    def of(role: Role) -> tuple[Any, Guard]:
        document = kms.iam_policy(role, kms.read_policy_keys(root, [f"alias/{name}"]))
        client = kms.connect(local=tmp_path)
        return client, Guard(client, document, root)

    return of


@pytest.fixture
def acting(behind):
    return lambda role: behind(role)[0]


class TestRoles(RolesContract):
    def test_nothing_is_in_a_policy_that_is_not_used(self, name, begun, behind):
        roles = ("signer", "publisher", "rotator")
        clients, guards = zip(*(behind(role) for role in roles), strict=True)
        self.live(name, begun, *clients)
        for role, guard in zip(roles, guards, strict=True):
            granted = {action for grant in grants_of(role) for action in grant.actions}
            # Keys are listed to find what a rotator left that was killed; none was here.
            assert guard.allowed == granted - {"ListKeys"}
            assert guard.denied == set()

    def test_a_publisher_of_one_name_is_denied_the_keys_of_another(self, root, name, begun, acting):
        kms.create_key(root, "ES256", alias="payments")
        rotation.stage(root, "payments")
        publisher = acting("publisher")
        assert rotation.names(publisher) == ("payments",)
        assert len(rotation.keys_to_publish(publisher, [name], KeySet([]))) == 1
        with pytest.raises(KMSError) as caught:
            rotation.keys_to_publish(publisher, [name, "payments"], KeySet([]))
        assert caught.value.code == "access-denied"
