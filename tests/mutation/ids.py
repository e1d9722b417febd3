"""Have every run in one process name the tests alike: pytest keeps the ids of a run, and escapes them again."""

from __future__ import annotations

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Forget the ids that were made of the arguments before."""
    for mark in metafunc.definition.iter_markers("parametrize"):
        if mark._param_ids_from:
            object.__setattr__(mark._param_ids_from, "_param_ids_generated", None)
