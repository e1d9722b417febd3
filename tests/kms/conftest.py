"""What the suites of KMS share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from kmsjose import kms
from kmsjose.algorithms import by_name


@pytest.fixture(scope="module")
def key(client: Any) -> Callable[[str], str]:
    """The ARN of a key of an algorithm, made once a module; the RSA algorithms share one of 2048 bits."""
    made: dict[str, str] = {}

    def of(alg: str) -> str:
        spec = by_name(alg).key_specs[0]
        if spec not in made:
            made[spec] = kms.create_key(client, alg, bits=2048 if spec.startswith("RSA") else None)
        return made[spec]

    return of


@pytest.fixture
def unique() -> str:
    """A name that no other test uses."""
    return f"test-{uuid4()}"
