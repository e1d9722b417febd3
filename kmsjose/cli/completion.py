"""What the shell completes: the names of keys and rotations, as KMS has them at that moment.

Whatever fails, takes longer than a person waits, or would ask for more than names, completes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

import rich_click as click
from click.shell_completion import CompletionItem

from ..errors import KmsJoseError
from .context import Place

if TYPE_CHECKING:
    from ..kms import KMSClient

#: Nobody waits longer for a name.
_PATIENCE: Final = {"connect_timeout": 1.0, "read_timeout": 2.0, "max_attempts": 1}
#: Names that are looked at.
_MAX_NAMES: Final = 1000
#: The names of AWS's own keys, which sign nothing.
_OF_AWS: Final = "alias/aws/"
#: What the aliases have by which a rotation knows its keys.
_OF_ROTATION: Final = "/key/"


def complete_keys(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """The alias names that begin so."""
    return _completed(context, incomplete, _aliases)


def complete_names(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """The names of rotations that begin so."""
    return _completed(context, incomplete, _rotations)


def _completed(
    context: click.Context, incomplete: str, names: Callable[[KMSClient], Iterable[str]]
) -> list[CompletionItem[str]]:
    try:
        client = _client(context)
        found = [] if client is None else list(islice(names(client), _MAX_NAMES))
    except (KmsJoseError, OSError):
        return []
    return [CompletionItem(name) for name in sorted(found) if name.startswith(incomplete)]


def _rotations(client: KMSClient) -> Iterable[str]:
    from ..kms import rotation

    return rotation.names(client)


def _aliases(client: KMSClient) -> Iterator[str]:
    from ..kms.calls import pages

    for alias in pages(client, "ListAliases", "Aliases"):
        name = str(alias["AliasName"])
        if alias.get("TargetKeyId") and not name.startswith(_OF_AWS) and _OF_ROTATION not in name:
            yield name


def _client(context: click.Context) -> KMSClient | None:
    given = context.find_root().params
    names = ("local", "profile", "region", "endpoint_url", "role_arn")
    local, profile, region, endpoint_url, role_arn = (given.get(name) for name in names)
    if local is not None and not Path(local).is_dir():
        return None
    return Place(local, profile, region, endpoint_url, role_arn, bool(given.get("fips"))).connect(**_PATIENCE)
