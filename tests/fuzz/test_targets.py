"""Every seed and every input that a fuzzer once found is read, or refused by an error of the package alone."""

from __future__ import annotations

import json

import cbor2
import pytest

from kmsjose import cose, jws
from tests.fuzz import seeds
from tests.fuzz.engine import crashes
from tests.fuzz.findings import CRASHES, Findings, finding
from tests.fuzz.mutation import mutate
from tests.fuzz.targets import TARGETS, Target
from tests.fuzz.tokens import message_of, token_of


@pytest.mark.parametrize("name", TARGETS)
def test_every_seed_is_read_or_refused(name):
    seeds = list(TARGETS[name].seeds())
    assert len(seeds) >= 4
    for seed in seeds:
        assert finding(TARGETS[name], seed) is None, seed


@pytest.mark.parametrize("name", TARGETS)
def test_every_input_that_was_found_is_read_or_refused(name):
    for data in crashes(name):
        assert finding(TARGETS[name], data) is None, data


@pytest.mark.parametrize("name", TARGETS)
def test_every_beginning_of_a_seed_and_a_byte_more_are_read_or_refused(name):
    seed = min(TARGETS[name].seeds(), key=len)
    for size in range(0, len(seed), max(len(seed) // 16, 1)):
        assert finding(TARGETS[name], seed[:size]) is None
        assert finding(TARGETS[name], seed[:size] + b"\xff") is None


def test_what_a_target_signs_is_read_beyond_its_signature():
    keys, header = seeds.keys(), {"alg": "EdDSA", "kid": seeds.KID}
    token = token_of(seeds.signed(json.dumps(header).encode(), b"payload"))
    assert jws.verify(token, keys).payload == b"payload"
    message = message_of(seeds.signed_cbor(cbor2.dumps({1: -8, 4: seeds.KID.encode()}), b"payload"))
    assert cose.verify1(message, seeds.cose_keys()).payload == b"payload"


@pytest.mark.parametrize("name", TARGETS)
def test_what_is_changed_is_read_or_refused_and_is_no_more_than_was_asked_for(name):
    for seed in list(TARGETS[name].seeds())[:8]:
        for number in range(12):
            changed = mutate(seed, 6000, number, lambda data, size: data[:size])
            assert len(changed) <= 6000
            assert changed == mutate(seed, 6000, number, lambda data, size: data[:size])
            assert finding(TARGETS[name], changed) is None, changed


def test_a_value_that_holds_itself_is_changed_too():
    itself = bytes.fromhex("d81c81d81d00")
    assert all(isinstance(mutate(itself, 100, number, lambda data, size: data), bytes) for number in range(30))


def test_a_change_is_within_what_is_signed():
    seed = seeds.signed(b'{"alg":"EdDSA"}', b'{"iss":"i"}')
    changed = {mutate(seed, 1000, number, lambda data, size: data) for number in range(50)}
    assert len(changed) > 20
    assert all(json.loads(part) is not ... for each in changed for part in each[1:].split(b"\0"))


def test_each_folder_of_findings_is_that_of_a_target():
    assert {folder.name for folder in CRASHES.glob("*/")} <= TARGETS.keys()


def test_what_a_target_must_not_do_is_noted_once_with_its_input(tmp_path, capsys):
    def read(data: bytes) -> None:
        if data:
            raise ValueError(data)

    findings = Findings(Target(read, list), tmp_path / "found")
    for data in (b"", b"a", b"b"):
        findings.try_input(data)
    (file,) = (tmp_path / "found").iterdir()
    assert file.read_bytes() == b"a"
    assert capsys.readouterr().out == "FINDING ValueError in ?\n"
