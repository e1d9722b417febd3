"""COSE messages, CWTs and COSE_Keys of KMS keys in python-cwt, pycose, @auth0/cose and cose-kit, and theirs in ours."""

from __future__ import annotations

from pathlib import Path

import pytest

from kmsjose import KeySet, LocalSigner, VerificationError
from kmsjose.algorithms import TABLE

from .cose_cases import read, signed, to_sign
from .cose_peers import PEERS
from .peers import run

pytestmark = pytest.mark.interop


@pytest.fixture(scope="module")
def from_kms(kms_signers):
    """The cases that KMS signed."""
    return signed(kms_signers)


@pytest.fixture(scope="module")
def own_keys(private_keys):
    """The public keys of the keys that the peers sign with."""
    return KeySet(LocalSigner(private_keys[row.name], row.name, f"2026-{row.name}").public_key for row in TABLE)


@pytest.fixture(scope="module")
def for_peers(private_keys, own_keys):
    """The cases that the peers sign."""
    return to_sign(private_keys, own_keys)


@pytest.fixture(scope="module", params=PEERS, ids=lambda peer: peer.name)
def peer(request):
    """Each peer in turn."""
    if request.param.node:
        request.getfixturevalue("node")
    return request.param


@pytest.fixture(scope="module")
def ask(request, peer):
    """A function that asks the peer cases, and gives its answers."""
    folder = Path(request.config.cache.mkdir(peer.name))
    command = peer.command(folder)
    return lambda told: run(command, folder, {kind: told[kind] for kind in peer.kinds if kind in told})


def verdicts(peer, kind, cases, answers):
    """The answers to cases of a kind, and what they must be; of an error it is told what it must say, if it says so."""
    found, expected = {}, {}
    for name, answer in answers.items():
        says = peer.error(kind, name)
        error = answer["error"] if isinstance(answer, dict) and "error" in answer else None
        found[name] = answer if error is None else {"error": says if says is not None and says in error else error}
        expected[name] = cases.answers[kind][name] if says is None else {"error": says}
    return found, expected


def test_a_peer_verifies_what_it_knows(peer, ask, from_kms):
    answers = ask(from_kms.told)
    for kind in answers:
        found, expected = verdicts(peer, kind, from_kms, answers[kind])
        assert found == expected, kind


def test_we_verify_what_a_peer_signs(peer, ask, for_peers, own_keys):
    told = {
        kind: {name: case for name, case in cases.items() if name.split()[0] in peer.algorithms}
        for kind, cases in for_peers.told.items()
    }
    answers = ask(told)
    for kind, made in answers.items():
        read_back = {name: ours(kind, told[kind][name], answer, own_keys) for name, answer in made.items()}
        found, expected = verdicts(peer, kind, for_peers, read_back)
        assert found == expected, kind


def ours(kind, told, made, trusted):
    """What we read in what a peer made, or our error; its own error stays as it is."""
    if not isinstance(made, str):
        return made
    try:
        return read(kind, told, bytes.fromhex(made), trusted)
    except VerificationError as error:
        return {"error": f"kmsjose: {error.code}"}
