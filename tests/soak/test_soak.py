"""A soak: services sign and verifiers read what is published, while keys rotate, and everything fails now and then.

The state of the keys is shared by a folder. Every token is then verified once more, by each JWK Set that a verifier
could have had, from the moment of its signing, less what a cache may hold, until it expired.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from kmsjose import KeySet, KMSError, RotationError, VerificationError, jwt, kms
from kmsjose.encoding import b64url_decode
from kmsjose.kms import rotation
from kmsjose.kms.local import Faults
from kmsjose.publishing.folder import exclusive, write_tree
from kmsjose.publishing.published import published_keys
from kmsjose.publishing.tree import tree

SERVICES = 2
TOKENS = 20_000
ROTATIONS = 6
#: No more than this, however slow the machine is.
MOST_SECONDS = 240
CACHE, LIFETIME, HANDOVER, WATCH = (timedelta(seconds=seconds) for seconds in (1, 3, 3, 1))
SECOND = 1.0
HERE = Path(__file__).parent


@dataclass
class Soak:
    """What rotators and the publisher share, and what happened."""

    keys: Path
    site: Path
    stop: threading.Event = field(default_factory=threading.Event)
    counts: Counter[str] = field(default_factory=Counter)
    #: Each JWK Set, with the time from which it was served.
    versions: list[tuple[float, KeySet]] = field(default_factory=list)
    problems: list[BaseException] = field(default_factory=list)

    @property
    def jwks(self) -> Path:
        return self.site / ".well-known/jwks.json"

    def publish(self, client: object) -> None:
        with exclusive(self.site):
            now = rotation.keys_to_publish(client, ["issuer"], published_keys(self.site))
            before = time.time()
            if write_tree(self.site, tree(now)):
                self.versions.append((before, now))


def broken(seed: int) -> Faults:
    faults = Faults()
    for number, fault in enumerate((faults.throttle, faults.unavailable, faults.drop, faults.lose)):
        fault(probability=0.004, seed=seed * 10 + number)
    return faults


def rotate(soak: Soak, seed: int) -> None:
    """A rotator with a KMS of its own that often fails; there are two, and nobody tells them of each other."""
    client = kms.connect(local=soak.keys, faults=broken(seed), max_attempts=2)
    steps = {
        "stage": lambda: rotation.stage(client, "issuer"),
        "publish": lambda: soak.publish(client),
        "promote": lambda: rotation.promote(client, "issuer", KeySet.from_jwks(soak.jwks.read_bytes()), CACHE),
        "retire": lambda: rotation.retire(client, "issuer", LIFETIME, HANDOVER),
        "drop": lambda: rotation.drop(client, "issuer", WATCH, days=7),
    }
    while not soak.stop.is_set():
        for name, step in steps.items():
            try:
                step()
                soak.counts[f"{name} done"] += 1
            except (RotationError, KMSError) as error:
                soak.counts[f"{name} {error.code}"] += 1
            time.sleep(0.1)


def move_by_hand(soak: Soak) -> None:
    """Somebody who moves the alias back to a key that is still published, and knows nothing of rotations."""
    client = kms.connect(local=soak.keys)
    dice = random.Random(1)
    while not soak.stop.wait(dice.uniform(4, 8)):
        now = rotation.read(client, "issuer")
        still = [key for key in now.keys if key.stage in ("replaced", "retired") and key.enabled]
        late = now.clock.start + timedelta(seconds=4)
        good = [key for key in still if key.published_until is None or key.published_until > late]
        if good:
            kms.set_alias(client, dice.choice(good).arn, "issuer")
            soak.counts["moved by hand"] += 1


@contextmanager
def process(*command: object):
    running = subprocess.Popen(
        [sys.executable, *map(str, command)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        yield running
    finally:
        running.kill()
        running.communicate()


def ended(running: subprocess.Popen[str]) -> dict[str, int]:
    output, _ = running.communicate(timeout=90)
    return json.loads(output)


def watched(soak: Soak, work, *arguments) -> threading.Thread:
    def run() -> None:
        try:
            work(soak, *arguments)
        except BaseException as error:  # noqa: BLE001 - the test itself tells of it
            soak.problems.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread


@pytest.fixture
def soak(tmp_path, monkeypatch):
    # A rotator whose lock's answer was lost would keep the others away for longer than this runs.
    monkeypatch.setattr("kmsjose.kms.rotation.lock.LEASE", timedelta(seconds=5))
    monkeypatch.setattr("kmsjose.kms.rotation.lock._RESERVE", timedelta(seconds=1))
    client = kms.connect(local=tmp_path / "keys")
    soak = Soak(tmp_path / "keys", tmp_path / "site")
    rotation.stage(client, "issuer", "ES256")
    soak.publish(client)
    rotation.promote_unseen(client, "issuer")
    time.sleep(CACHE.total_seconds())
    return soak


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_every_token_can_be_verified_by_the_keys_of_its_time(soak, tmp_path):
    files = [tmp_path / f"tokens-{number}" for number in range(SERVICES)]
    with ExitStack() as stack:
        services = [
            stack.enter_context(process(HERE / "signer.py", soak.keys, file, number))
            for number, file in enumerate(files)
        ]
        verifier = stack.enter_context(process(HERE / "verifier.py", soak.jwks, *files))
        threads = [watched(soak, rotate, 101), watched(soak, rotate, 102), watched(soak, move_by_hand)]
        _wait(soak, files)
        soak.stop.set()
        for thread in threads:
            thread.join(120)
        signed = [ended(service) for service in services]
        time.sleep(LIFETIME.total_seconds())
        verified = ended(verifier)
    assert not soak.problems
    assert not verified.pop("boto3")

    tokens = [token for file in files for token in file.read_text("ascii").splitlines()]
    kids, unverifiable = _verify_by_history(soak, tokens)
    told = {
        "tokens": len(tokens),
        "keys that signed": len(kids),
        "signing failed": sum(counts["failed"] for counts in signed),
        "JWK Sets": len(soak.versions),
        "live": verified,
        "steps": dict(sorted(soak.counts.items())),
    }
    print(json.dumps(told, indent=1))  # noqa: T201 - the figures are what a soak is for
    assert unverifiable == []
    assert set(verified) <= {"verified", "late"}
    assert len(tokens) == sum(counts["signed"] for counts in signed) >= TOKENS
    assert len(kids) >= ROTATIONS
    assert soak.counts["moved by hand"] >= 1
    _check_nothing_was_lost(soak)


def _wait(soak: Soak, files: list[Path]) -> None:
    """Until enough was signed by enough keys, or the time is over."""
    end = time.monotonic() + MOST_SECONDS
    while time.monotonic() < end and not soak.problems:
        time.sleep(0.5)
        lines = sum(file.read_bytes().count(b"\n") for file in files if file.exists())
        if lines >= TOKENS and soak.counts["drop done"] >= 2 * ROTATIONS and soak.counts["moved by hand"] >= 2:
            return


def _verify_by_history(soak: Soak, tokens: list[str]) -> tuple[set[str], list[str]]:
    """The kids of all tokens, and the tokens that some JWK Set of their time does not verify."""
    kids, unverifiable = set(), []
    begins = [begin for begin, _ in soak.versions]
    ends = [*begins[1:], float("inf")]
    for token in tokens:
        kid = json.loads(b64url_decode(token.partition(".")[0].encode()))["kid"]
        kids.add(kid)
        begun = json.loads(b64url_decode(token.split(".")[1].encode()))["begun"]
        first, last = begun - CACHE.total_seconds(), begun + LIFETIME.total_seconds()
        for (_, keys), begin, end in zip(soak.versions, begins, ends, strict=True):
            if begin <= last and end >= first and not _is_good(token, keys):
                unverifiable.append(kid)
    return kids, unverifiable


def _is_good(token: str, keys: KeySet) -> bool:
    try:
        jwt.verify(token, keys, leeway=timedelta(days=1))
    except VerificationError:
        return False
    return True


def _check_nothing_was_lost(soak: Soak) -> None:
    """Every key that is not deleted is known to the rotation, but for those made by a call whose answer was lost.

    botocore calls again then, and a second key is made and taken in. The first one has signed nothing.
    """
    client = kms.connect(local=soak.keys)
    known = {key.arn for key in rotation.read(client, "issuer").keys}
    living = {info.arn for info in kms.list_keys(client) if info.state != "PendingDeletion"}
    for arn in living - known:
        tags = kms.describe_key(client, arn).tags
        assert "kmsjose:staging" in tags
        assert "kmsjose:promoted" not in tags
        assert client.get_key_last_usage(KeyId=arn)["KeyLastUsage"] == {}
