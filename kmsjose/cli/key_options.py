"""What the commands that make a key have in common: its size, description, tags and policy."""

from __future__ import annotations

from collections.abc import Sequence

import rich_click as click

from ..errors import InputError
from .options import F


def bits(function: F) -> F:
    """``--bits``."""
    return click.option(
        "--bits",
        type=int,
        metavar="2048|3072|4096",
        help="Size of an RSA key, which every RSA algorithm can use; else 3072.",
    )(function)


def about(function: F) -> F:
    """``--description``, ``--tag`` and ``--policy``."""
    options = (
        click.option("--description", metavar="D", default="", help="For people."),
        click.option("--tag", "tags", metavar="K=V", multiple=True, help="A tag; may be repeated."),
        click.option("--policy", metavar="FILE", type=click.Path(readable=False), help="The key policy, as JSON."),
    )
    # The last one that is applied is shown first.
    for option in reversed(options):
        function = option(function)
    return function


def multi_region(function: F) -> F:
    """``--multi-region``."""
    return click.option(
        "--multi-region", is_flag=True, help="Make a primary key that can be replicated to other regions."
    )(function)


def parse_tags(written: Sequence[str]) -> dict[str, str]:
    """The tags that were written.

    Raises:
        InputError: ``usage``.
    """
    tags: dict[str, str] = {}
    for tag in written:
        name, equals, value = tag.partition("=")
        if not name or not equals:
            raise InputError("usage", f"the tag {tag[:80]!r} is not NAME=VALUE")
        if name in tags:
            raise InputError("usage", f"the tag {name[:80]!r} is given twice")
        tags[name] = value
    return tags
