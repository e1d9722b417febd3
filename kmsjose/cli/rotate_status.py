"""`kmsjose rotate list` and `kmsjose rotate status`: how rotations stand, and what they wait for."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import rich_click as click

from ..errors import KMSError
from . import rotate_views, screen, streams
from .command import Command, examples
from .completion import complete_names
from .context import Place, pass_place
from .durations import Duration
from .options import as_json, wide

#: The errors of a rotation that say nothing of the others.
_OF_ONE_ROTATION: Final = ("rotation-damaged", "access-denied")
cache_time = click.option(
    "--cache-time",
    type=Duration(),
    metavar="1h",
    default="1h",
    show_default=True,
    help="How long verifiers keep the JWKS.",
)
watch = click.option(
    "--watch",
    type=Duration(),
    metavar="7d",
    default="7d",
    show_default=True,
    help="How long a key stays disabled before its deletion is scheduled.",
)


@click.command(
    "list",
    cls=Command,
    epilog=examples("kmsjose rotate list", "kmsjose rotate list --json | jq -r '.[].name'"),
)
@cache_time
@watch
@wide
@as_json
@pass_place
def list_(place: Place, /, *, cache_time: timedelta, watch: timedelta, wide: bool, as_json: bool) -> None:
    """List the rotations of the account and region, and what each waits for."""
    _list(place, cache_time, watch, wide=wide, as_json=as_json)


@click.command(
    cls=Command,
    epilog=examples(
        "kmsjose rotate status issuer",
        "kmsjose rotate status issuer --json",
        "kmsjose rotate status     all rotations, as `rotate list` shows them",
    ),
)
@click.argument("name", metavar="[NAME]", required=False, shell_complete=complete_names)
@cache_time
@watch
@wide
@as_json
@pass_place
def status(
    place: Place, /, *, name: str | None, cache_time: timedelta, watch: timedelta, wide: bool, as_json: bool
) -> None:
    """Show the keys on a timeline, and what may be done next, and when."""
    if name is None:
        _list(place, cache_time, watch, wide=wide, as_json=as_json)
        return
    from ..kms import rotation

    found = rotation.find(place.client, name)
    steps = rotation.next_steps(found, cache_time, watch)
    if as_json:
        screen.print_json(rotate_views.as_dict(found, steps))
        return
    for line in rotate_views.lines(found, steps):
        screen.print_line(line)


def _list(place: Place, cache_time: timedelta, watch: timedelta, *, wide: bool, as_json: bool) -> None:
    """Show all rotations; one that can't be read does not hide the others."""
    from ..kms import rotation

    found: list[rotate_views.Listed] = []
    failure = None
    for name in rotation.names(place.client):
        try:
            one = rotation.read(place.client, name)
            found.append((name, one, rotation.next_steps(one, cache_time, watch)))
        except KMSError as error:
            if error.code not in _OF_ONE_ROTATION:
                raise
            found.append((name, error, ()))
            failure = failure or error
    if as_json:
        screen.print_json([rotate_views.listed_as_dict(entry) for entry in found])
    elif found:
        screen.table(rotate_views.COLUMNS, map(rotate_views.listed_row, found), wide=wide)
    else:
        streams.say("There are no rotations here.")
    if failure is not None:
        raise failure
