"""Revoking a key in every pair of states of two keys, stopped within and after each call, and with each answer lost.

Whatever happened: once the command is done again, the key is out of use, and no publication has it: that into the
folder that had it, that into a folder restored from an old copy, that from a machine with nothing.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from itertools import product
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from kmsjose import kms
from kmsjose.errors import KmsJoseError
from kmsjose.kms import rotation
from kmsjose.publishing.publication import Publication, plan
from kmsjose.publishing.tree import JWKS
from tests.kms.rotation.direct import Direct
from tests.kms.rotation.states import ACTIVE, NAME, STATES, Made, Snapshots, published
from tests.kms.rotation.test_crash import lose_an_answer, run, stop_after, stop_within

WAYS = {"after": stop_after, "within": stop_within, "lost": lose_an_answer}
#: The state of the key that is revoked, and of another key.
PAIRS = [pair for pair in product(STATES, STATES) if not set(pair) <= ACTIVE]
#: How the command may end: done; the kid is marked, though KMS has no key by it; or no key stays to bear a mark.
MARKED = (None, "key-unknown")
UNMARKED = ("unmarked", "not-found")
SAMPLE = [("active", "staged"), ("active", "pending deletion"), *random.Random(10).sample(PAIRS, 2)]


@dataclass
class Scene:
    """A rotation of two keys in their states, which can be put back."""

    issuer: object
    files: Snapshots
    folder: Path
    lost: Made
    other: Made
    kid: str | None
    taken: object = None

    def back(self) -> None:
        self.issuer.faults.clear()
        self.files.put_back(self.taken)

    def revoke(self) -> None:
        rotation.revoke(self.issuer.client, NAME, self.kid)

    def outcome(self) -> str | None:
        """The code that revoking ends with, or None."""
        try:
            self.revoke()
        except KmsJoseError as error:
            return error.code
        return None

    def publish(self, *keys: Made, withdraw: tuple[str, ...] = ()) -> Publication:
        """What is published next where these keys were until now; the folder is written."""
        if keys:
            path = self.folder / JWKS
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(published(*keys).to_jwks()))
        return plan(self.issuer.client, self.folder, [NAME], withdraw=withdraw)

    def forget(self) -> None:
        """Be another machine."""
        for path in sorted(self.folder.rglob("*"), reverse=True):
            path.unlink() if path.is_file() else path.rmdir()


def schedule_and_remove(scene: Scene) -> None:
    kms.schedule_deletion(scene.issuer.client, scene.lost.arn, 7)
    scene.lost.unname("member")


def enable_and_sign(scene: Scene) -> None:
    kms.enable_key(scene.issuer.client, scene.lost.arn)
    kms.set_alias(scene.issuer.client, scene.lost.arn, NAME)


#: What somebody may do afterwards who writes tags, or manages keys.
TAMPERINGS: dict[str, Callable[[Scene], object]] = {
    "untag revoked": lambda scene: scene.lost.untag("revoked"),
    "untag kid": lambda scene: scene.lost.untag("kid"),
    "untag everything": lambda scene: scene.lost.untag("kid", "revoked", "rotation", "promoted", "replaced"),
    "another kid": lambda scene: (scene.lost.untag("revoked"), scene.lost.tag(kid="another")),
    "its kid on another key": lambda scene: scene.other.tag(kid=scene.lost.kid),
    "unreadable times": lambda scene: scene.lost.tag(revoked="never", promoted="never"),
    "schedule its deletion and remove its alias": schedule_and_remove,
    "enable it": lambda scene: kms.enable_key(scene.issuer.client, scene.lost.arn),
    "enable it, untagged": lambda scene: (enable_and_sign(scene), scene.lost.untag("kid", "revoked", "rotation")),
    "move the alias to it": enable_and_sign,
}


@pytest.fixture
def scene(issuer, tmp_path) -> Callable[[str, str, bool], Scene]:
    boto = issuer.client

    def make(state: str, other_state: str, named: bool) -> Scene:
        files = Snapshots()
        issuer.client = Direct(boto, files, issuer.faults, issuer.clock)
        issuer.faults.clear()
        made: dict[str, Made] = {}
        # A deleted key is the first, for the clock goes on until it is.
        for what, key_state in sorted({"lost": state, "other": other_state}.items(), key=lambda x: x[1] != "deleted"):
            key = made[what] = Made(issuer.client)
            STATES[key_state](key)
            if key_state == "deleted":
                issuer.clock.advance(timedelta(days=31))
        found = Scene(
            issuer, files, tmp_path / "site", made["lost"], made["other"], made["lost"].kid if named else None
        )
        found.taken = files.take()
        issuer.faults.clear()
        return found

    return make


def cases(pairs: list[tuple[str, str]]) -> Iterator[tuple[str, str, bool]]:
    """Each pair with the key named by its kid, and where it is the one that signs, not named."""
    for state, other in pairs:
        yield state, other, True
        if state in ACTIVE:
            yield state, other, False


def contents(files: Snapshots) -> frozenset[tuple[str, bytes]]:
    """What KMS knows, whenever it was written."""
    return frozenset((name, content) for name, (_, content) in files.take().items())


def is_published(publication: Publication, key: Made) -> bool:
    """Whether a key is, by its kid or under another."""
    return any(key.kid == one.kid or key.public_key.spki == one.spki for one in publication.keys)


def machines(scene: Scene) -> Iterator[tuple[Made, ...]]:
    """What was published until now where the next publication is made: both keys, an older set, nothing."""
    for keys in ((scene.lost, scene.other), (scene.lost,), ()):
        scene.forget()
        yield keys


def check_out(scene: Scene, code: str | None, what: object) -> None:
    """The key is out of use, and out of every publication; where nothing can tell, it is refused or withdrawn."""
    try:
        assert kms.describe_key(scene.issuer.client, scene.lost.arn).state != "Enabled", what
    except KmsJoseError as error:
        assert error.code == "not-found", what
    for keys in machines(scene):
        publication = scene.publish(*keys)
        if code in MARKED:
            assert not is_published(publication, scene.lost), (what, keys)
        elif keys:
            # KMS takes no mark. The key is refused, and what the error says takes it out.
            assert publication.refused is not None or code == "unmarked", (what, keys)
            assert not is_published(scene.publish(*keys, withdraw=(scene.lost.kid,)), scene.lost), (what, keys)


def check_everywhere(make: Callable[..., Scene], case: tuple[str, str, bool], ways: dict[str, Callable]) -> int:
    """Stop the command at each of its calls in turn; gives the number of stops."""
    scene = make(*case)
    expected = scene.outcome()
    calls = len(scene.issuer.faults.calls)
    assert expected in (*MARKED, *UNMARKED), (case, expected)
    check_out(scene, expected, case)
    checked = set()
    for (way, stop_at), stop in product(ways.items(), range(calls)):
        scene.back()
        stop_at(scene.issuer.faults, stop)
        run(lambda _: scene.outcome(), None)
        scene.issuer.faults.clear()
        left = contents(scene.files)
        if left not in checked:  # What follows depends on nothing else.
            checked.add(left)
            code = scene.outcome()
            assert code in (None, expected), (case, way, stop, code)
            check_out(scene, code, (case, way, stop))
    return calls * len(ways)


@pytest.mark.parametrize("case", list(cases(SAMPLE)), ids=str)
def test_a_key_is_out_wherever_the_command_was_stopped(scene, case):
    assert check_everywhere(scene, case, WAYS) > 9


@pytest.mark.exhaustive
@pytest.mark.parametrize("state", STATES)
def test_a_key_is_out_for_every_pair_of_states_and_every_stop(scene, state, record_property):
    chosen = list(cases([pair for pair in PAIRS if pair[0] == state]))
    stops = 0
    for case in chosen:
        stops += check_everywhere(scene, case, WAYS)
        record_property(f"ended {scene(*case).outcome()}", 1)
    record_property("cases", len(chosen))
    record_property("stops", stops)
    assert stops > 9 * len(chosen)


def check_tampering(make: Callable[..., Scene], case: tuple[str, str, bool]) -> int:
    """Change afterwards what tells of the revocation, before anybody publishes; gives the number of changes."""
    scene = make(*case)
    if scene.outcome() is not None:
        return 0
    revoked = scene.files.take()
    for name, tamper in TAMPERINGS.items():
        scene.files.put_back(revoked)
        with suppress(ClientError, KmsJoseError):  # Some keys can't be changed any more.
            tamper(scene)
        for keys in machines(scene):
            publication = scene.publish(*keys)
            assert not is_published(publication, scene.lost), (case, name, keys)
    return len(TAMPERINGS)


@pytest.mark.parametrize("case", list(cases(SAMPLE)), ids=str)
def test_no_change_of_tags_or_of_the_key_brings_it_back(scene, case):
    check_tampering(scene, case)


@pytest.mark.exhaustive
@pytest.mark.parametrize("state", STATES)
def test_no_change_of_tags_or_of_the_key_brings_it_back_for_every_pair_of_states(scene, state, record_property):
    chosen = list(cases([pair for pair in PAIRS if pair[0] == state]))
    record_property("cases", len(chosen))
    record_property("changes", sum(check_tampering(scene, case) for case in chosen))
