"""Published vectors: read from where they stand, or the suite is skipped with that reason."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def vectors() -> Path:
    """The folder of published vectors: KMSJOSE_VECTORS, or ``shared/vectors`` beside the checkout."""
    beside = Path(__file__).resolve().parents[2].parent / "shared" / "vectors"
    folder = Path(os.environ.get("KMSJOSE_VECTORS") or beside)
    if not folder.is_dir():
        pytest.skip("no published vectors: put them at ../shared/vectors, or name their folder in KMSJOSE_VECTORS")
    return folder
