"""What each role does by the code of this package, with its own policy and no other: its part, and nobody else's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest

from kmsjose import KeySet, jwt, kms
from kmsjose.errors import KMSError
from kmsjose.kms import rotation
from kmsjose.kms.permissions import ROLES
from tests.contracts.waiting import once_due, wait_until

NONE, MOMENT = timedelta(0), timedelta(microseconds=1)


def sign(client: Any, name: str) -> str:
    """A token, by the key that signs now."""
    return jwt.sign({"sub": "alice"}, kms.open_tagged(client, f"alias/{name}"))


def publish(client: Any, name: str) -> KeySet:
    """What verifiers need now."""
    return rotation.keys_to_publish(client, [name], KeySet([]))


#: What is done in a rotation, and by whom.
DEEDS: Mapping[str, tuple[Callable[[Any, str], object], set[str]]] = {
    "sign": (sign, {"signer"}),
    "follow": (lambda client, name: jwt.sign({}, kms.follow(client, f"alias/{name}")), {"signer"}),
    "read": (rotation.read, {"publisher", "rotator", "administrator"}),
    "publish": (publish, {"publisher", "rotator", "administrator"}),
    "stage": (rotation.stage, {"rotator"}),
    "promote": (rotation.promote_unseen, {"rotator"}),
    "retire": (rotation.retire, {"rotator"}),
    "drop": (rotation.drop, {"rotator"}),
}
#: The administrator may do what makes up a rotation, if not all of it; that it can't sign is what counts.
DENIED = [
    (role, deed)
    for deed, (_, doers) in DEEDS.items()
    for role in ROLES
    if role not in doers and (role != "administrator" or "signer" in doers)
]


class RolesContract:
    """Subclass it, and give it the fixtures ``root``, a client that may do everything, ``name``, and ``acting``.

    ``acting(role)`` is the client of someone who plays a role for the alias of that name, which must exist.
    """

    @pytest.fixture
    def begun(self, root: Any, name: str) -> str:
        """The ARN of the first key, which was made by whoever set things up."""
        return kms.create_key(root, "ES256", alias=name)

    def test_each_role_does_its_part_of_a_rotation(self, name, begun, acting):
        self.live(name, begun, *(acting(role) for role in ("signer", "publisher", "rotator")))

    def live(self, name: str, begun: str, signer: Any, publisher: Any, rotator: Any) -> None:
        """A rotation from the adoption of its first key to the deletion of it."""
        source = kms.follow(signer, f"alias/{name}", ttl=MOMENT)
        tokens = [jwt.sign({}, source)]
        second = rotation.stage(rotator, name)
        assert name in rotation.names(publisher)
        published = rotation.keys_to_publish(publisher, [name], KeySet([]))
        assert len(published) == 2
        assert rotation.promote(rotator, name, published, NONE).arn == second.arn
        tokens += [jwt.sign({}, source), sign(signer, name)]
        assert source.key_arn == second.arn
        assert [jwt.verify(token, published, require=()).key.kid == second.kid for token in tokens] == [
            False, True, True,
        ]  # fmt: skip
        rotation.retire(rotator, name, NONE, NONE)
        once_due(lambda: rotation.drop(rotator, name, NONE))
        assert kms.enable_key(rotator, begun) == begun  # Somebody missed it, and does no more.
        kms.disable_key(rotator, begun)
        wait_until(lambda: [key.kid for key in rotation.keys_to_publish(publisher, [name], published)] == [second.kid])
        once_due(lambda: rotation.drop(rotator, name, NONE))
        assert {key.arn: key.stage.value for key in rotation.read(rotator, name).keys} == {
            begun: "dropped", second.arn: "active",
        }  # fmt: skip
        assert rotation.read(publisher, name).aliases.locks == ()
        assert jwt.sign({}, source)

    @pytest.mark.parametrize("role, deed", DENIED)
    def test_what_is_another_roles_part_is_denied_and_nothing_is_changed(self, root, name, begun, acting, role, deed):
        rotation.stage(root, name)
        before = (rotation.read(root, name).keys, {info.arn for info in kms.list_keys(root)})
        do, _ = DEEDS[deed]
        with pytest.raises(KMSError) as caught:
            do(acting(role), name)
        assert caught.value.code == "access-denied"
        after = rotation.read(root, name)
        assert (after.keys, {info.arn for info in kms.list_keys(root)}) == before
        assert after.aliases.locks == ()
