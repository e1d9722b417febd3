"""How a KMS key is shown: to people, and as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ..kms import KeyInfo

#: The columns of `row`.
COLUMNS: Final = ("ALIAS", "KEY ID", "ALG", "STATE")
#: Those of them that are never cut.
WHOLE: Final = ("KEY ID", "STATE")
_NONE: Final = "–"


def row(info: KeyInfo, *, wide: bool) -> tuple[str, ...]:
    """A key in a list of many; of an RSA key the first of its algorithms, and how many more, unless it is wide."""
    algorithms = _algorithms(info)
    if not wide and len(info.algorithms) > 1:
        algorithms = f"{info.algorithms[0].name} +{len(info.algorithms) - 1}"
    return _joined(info.aliases), info.arn.rpartition("/")[2], algorithms, info.state


def facts(info: KeyInfo) -> list[tuple[str, str]]:
    """All about a key, as names and values."""
    rows = [
        ("key", info.arn),
        ("state", info.state),
        ("aliases", _joined(info.aliases)),
        ("spec", info.spec),
        ("usage", info.usage),
        *((f"signs {row.name}", f"FIPS 140-3: {row.fips.value}") for row in info.algorithms),
        ("description", info.description or _NONE),
        ("origin", info.origin),
        ("multi-region", "yes" if info.multi_region else "no"),
        ("created", date_of(info.created) or _NONE),
    ]
    if info.deletion is not None:
        rows.append(("to be deleted", date_of(info.deletion) or _NONE))
    rows.append(
        ("tags", "may not be listed" if info.tags is None else _joined(f"{k}={v}" for k, v in info.tags.items()))
    )
    return rows


def as_dict(info: KeyInfo) -> dict[str, object]:
    """A key as JSON."""
    return {
        "arn": info.arn,
        "state": info.state,
        "aliases": list(info.aliases),
        "spec": info.spec,
        "usage": info.usage,
        "algorithms": [{"name": row.name, "fips": row.fips.value} for row in info.algorithms],
        "description": info.description,
        "origin": info.origin,
        "multi_region": info.multi_region,
        "created": date_of(info.created),
        "deletion": date_of(info.deletion),
        "tags": None if info.tags is None else dict(info.tags),
    }


def _algorithms(info: KeyInfo) -> str:
    return " ".join(row.name for row in info.algorithms) or f"{_NONE} ({info.usage})"


def _joined(items: Iterable[str]) -> str:
    return ", ".join(items) or _NONE


def date_of(date: datetime | None) -> str | None:
    """A date as ISO 8601 writes it, in UTC."""
    return None if date is None else f"{date.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
