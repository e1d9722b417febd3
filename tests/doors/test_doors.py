"""Whatever a public call is given: it returns, or raises an error of ours, and at once."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any

import pytest

from kmsjose.errors import KmsJoseError

from .doors import MODULES, Door, doors
from .values import MORE, SAMPLE
from .world import World

#: Seconds within which a call answers, whatever the machine is busy with.
_BOUND = 60
#: Elements of what is returned bit by bit that are looked at.
_LOOKED_AT = 10


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("doors"))


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """A name that is taken for that of a file leads to no file of this project."""
    monkeypatch.chdir(tmp_path)


@contextmanager
def bounded(what: str) -> Iterator[None]:
    def late(*_: object) -> None:
        raise AssertionError(f"{what} does not answer")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(_BOUND)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def foreign(door: Door, given: dict[str, Any], what: str) -> str | None:
    """What came out of a call that is no error of ours, or None."""
    try:
        with bounded(what):
            answer = door.call(**given)
            if isinstance(answer, Iterator):
                list(islice(answer, _LOOKED_AT))
            if hasattr(answer, "__exit__"):
                with answer:
                    pass
    except KmsJoseError as error:
        return None if str(error).isprintable() else f"{what}: more than a line"
    except AssertionError:
        raise
    except Exception as error:  # noqa: BLE001 - this is what is looked for
        return f"{what}: {type(error).__name__}: {str(error)[:200]}"
    return None


#: A key is made or a client, or time passes: too slow to be tried with each value.
_SLOW = ("kmsjose.kms.connect", "kmsjose.kms.import_key", "kmsjose.kms.import_material", "kmsjose.kms.wait_for_replica")


def tried(door: Door, world: World, values: dict[str, Any]) -> Iterator[str]:
    good = world.arguments(door)
    for parameter in door.parameters.values():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        for kind, value in values.items():
            if callable(value) and "Callable" in str(parameter.annotation):
                continue  # what a caller's own function raises is the caller's own
            what = f"{door.name}({parameter.name}={kind})"
            if found := foreign(door, {**good, parameter.name: value}, what):
                yield found


def test_only_our_errors_come_out_of_any_public_call(world):
    quick = [door for door in doors(world.objects) if door.name not in _SLOW]
    assert len(quick) > 150
    assert [found for door in quick for found in tried(door, world, SAMPLE)] == []


@pytest.mark.exhaustive
def test_only_our_errors_come_out_whatever_is_given(world):
    assert [found for door in doors(world.objects) for found in tried(door, world, {**SAMPLE, **MORE})] == []


def test_what_a_call_takes_comes_through(world):
    """So that the values are tried where they matter, and not behind an argument that is refused first."""
    refused = [
        found for door in doors(world.objects) if (found := foreign(door, dict(world.arguments(door)), door.name))
    ]
    assert refused == []


def test_every_module_that_users_import_says_what_it_has():
    from importlib import import_module

    for module in MODULES:
        loaded = import_module(module)
        assert len(loaded.__all__) == len(set(loaded.__all__))
        for name in loaded.__all__:
            assert hasattr(loaded, name) or import_module(f"{module}.{name}")
