"""`kmsjose publish`: a folder that a static host serves, with what verifiers need."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import rich_click as click

from ..errors import InputError
from . import screen, streams
from .command import Command, examples
from .context import Place, pass_place

if TYPE_CHECKING:
    from ..keys import KeySet, PublicKey


@click.command(
    cls=Command,
    epilog=examples(
        "kmsjose publish site --issuer https://issuer.example",
        "kmsjose publish site     again, for the same issuer",
        "kmsjose publish site --name issuer --key alias/receipts     one of several rotations, and a key beside it",
    ),
)
@click.argument("directory", metavar="DIR", type=click.Path(readable=False))
@click.option(
    "--issuer",
    metavar="URL",
    help="The issuer's https URL, for did.json and jwt-vc-issuer; left out, that of what DIR holds, if any.",
)
@click.option(
    "--name",
    "names",
    metavar="NAME",
    multiple=True,
    help="Publish the keys of this rotation; may be repeated. Left out, it is the only one that there is.",
)
@click.option("--key", "keys", metavar="KEY", multiple=True, help="Publish this key too; may be repeated.")
@click.option(
    "--withdraw",
    "withdrawn",
    metavar="KID",
    multiple=True,
    help="Leave out a key that DIR holds, and that neither --name nor --key accounts for; may be repeated.",
)
@pass_place
def publish(
    place: Place,
    /,
    *,
    directory: str,
    issuer: str | None,
    names: Sequence[str],
    keys: Sequence[str],
    withdrawn: Sequence[str],
) -> None:
    """Write the public keys into DIR: .well-known with jwks.json, did.json and so on, and a page for people.

    Keys that are staged, that sign, and that are retired but whose tokens may still live, are all in it. Prints the
    files that changed; without a change of the keys there is none. A key that DIR holds leaves it when its rotation
    says so, and never because an option was forgotten.
    """
    from ..keys import KeySet
    from ..kms import rotation
    from ..publishing.folder import exclusive, write_tree
    from ..publishing.published import published_issuer, published_keys
    from ..publishing.tree import tree

    chosen = names or _only(rotation.names(place.client))
    if not chosen and not keys:
        raise InputError("usage", "there is no key to publish: begin by `kmsjose rotate stage`, or name a key by --key")
    with exclusive(directory, waiting=streams.say):
        previous = published_keys(directory)
        issuer = _issuer(issuer, published_issuer(directory), directory)
        found = rotation.keys_to_publish(place.client, chosen, previous)
        current = KeySet([*found, *(place.signer(key).public_key for key in keys)])
        if not current:
            raise InputError("usage", f"{', '.join(chosen)} has no key: see `kmsjose rotate status`")
        kept = _unaccounted(previous, current, rotation.known_kids(place.client, chosen), withdrawn)
        now = KeySet([*kept, *current])
        changed = write_tree(directory, tree(now, issuer))
    for path in changed:
        screen.print_line(path)
    _tell(previous, now)
    for key in kept:
        streams.say(
            f"note: {key.kid} is kept, though no rotation here accounts for it; --withdraw {key.kid} leaves it out"
        )
    if issuer is None:
        streams.say("note: without --issuer there is no did.json and no jwt-vc-issuer")


def _only(names: Sequence[str]) -> Sequence[str]:
    """The name of the only rotation that there is: of several, the keys of one issuer must not become another's."""
    if len(names) > 1:
        told = ", ".join(names)
        raise InputError("usage", f"there are several rotations ({told}): say by --name which are published here")
    return names


def _issuer(given: str | None, before: str | None, directory: str) -> str | None:
    if given is not None and before is not None and given != before:
        raise InputError("usage", f"{directory} is that of {before}: publish another issuer into another folder")
    return given or before


def _unaccounted(previous: KeySet, current: KeySet, known: frozenset[str], withdrawn: Sequence[str]) -> list[PublicKey]:
    """The keys of DIR that are none of those that are known here: their tokens may live, so they stay."""
    accounted = {key.kid for key in current} | known | set(withdrawn)
    return [key for key in previous if key.kid not in accounted]


def _tell(previous: KeySet, now: KeySet) -> None:
    before, after = ({(key.kid, key.algorithm.name) for key in keys} for keys in (previous, now))
    for what, kids in (("new", after - before), ("no longer published", before - after)):
        for kid, alg in sorted(kids):
            streams.say(f"{what}: {alg} {kid}")
    streams.say(f"published: {len(now)} {'key' if len(now) == 1 else 'keys'}")
