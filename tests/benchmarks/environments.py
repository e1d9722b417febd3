"""The environments of third-party code, kept where the tests keep theirs."""

from __future__ import annotations

from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]


def kept(name: str) -> Path:
    """A folder that stays between runs."""
    folder = CHECKOUT / ".pytest_cache" / "d" / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder
