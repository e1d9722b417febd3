"""`kmsjose publish`: a folder that a static host serves, with what verifiers need."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import rich_click as click

from ..errors import InputError
from . import screen, streams
from .command import Command, examples
from .completion import complete_keys, complete_names
from .context import Place, pass_place

if TYPE_CHECKING:
    from ..keys import PublicKey
    from ..kms.rotation import Rotation
    from ..publishing.publication import Publication


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
    shell_complete=complete_names,
    multiple=True,
    help="Publish the keys of this rotation; may be repeated. Left out, it is the only one that there is.",
)
@click.option(
    "--key",
    "keys",
    metavar="KEY",
    shell_complete=complete_keys,
    multiple=True,
    help="Publish this key too; may be repeated.",
)
@click.option(
    "--withdraw",
    "withdrawn",
    metavar="KID",
    multiple=True,
    help="Never publish this key of DIR again, for which neither --name nor --key accounts; may be repeated.",
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

    Keys that are staged, that sign, and that are retired but whose tokens may still live, are all in it. A key that was
    revoked leaves it for ever. Prints the files that changed; without a change of the keys there is none. A key of DIR
    that nothing here accounts for is refused, with status 1: name its rotation or the key, or withdraw it.
    """
    from ..kms import rotation
    from ..publishing.folder import exclusive, write_tree
    from ..publishing.publication import plan

    chosen = names or _only(rotation.names(place.client))
    if not chosen and not keys and not withdrawn:
        raise InputError("usage", "there is no key to publish: begin by `kmsjose rotate stage`, or name a key by --key")
    with exclusive(directory, waiting=streams.say):
        publication = plan(
            place.client,
            directory,
            chosen,
            issuer=issuer,
            beside=(_beside(place, key) for key in keys),
            withdraw=withdrawn,
        )
        changed = write_tree(directory, publication.files)
    for path in changed:
        screen.print_line(path)
    _tell(publication)
    publication.check()
    for name in chosen:
        _tell_silence(name, rotation.read(place.client, name))


def _beside(place: Place, key: str) -> PublicKey:
    from ..kms.rotation.published import check_not_revoked

    check_not_revoked(place.client, key)
    return place.signer(key).public_key


def _only(names: Sequence[str]) -> Sequence[str]:
    """The name of the only rotation that there is: of several, the keys of one issuer must not become another's."""
    if len(names) > 1:
        told = ", ".join(names)
        raise InputError("usage", f"there are several rotations ({told}): say by --name which are published here")
    return names


def _tell(publication: Publication) -> None:
    before, after = (
        {(key.kid, key.algorithm.name) for key in keys} for keys in (publication.previous, publication.keys)
    )
    for what, kids in (("new", after - before), ("no longer published", before - after)):
        for kid, alg in sorted(kids):
            streams.say(f"{what}: {alg} {kid}")
    for key in publication.withheld:
        streams.say(f"note: {key.kid} is not published: this folder knows it as revoked, though KMS does not")
    if publication.refused is not None:
        return
    streams.say(f"published: {len(after) or 'no'} {'key' if len(after) == 1 else 'keys'}")
    if publication.issuer is None:
        streams.say("note: without --issuer there is no did.json and no jwt-vc-issuer")


def _tell_silence(name: str, found: Rotation) -> None:
    """What to do where the key that signs is revoked: nothing that it signs can be verified."""
    if found.active is None or found.active.revoked is None:
        return
    if found.staged is None:
        streams.say(f"note: the key that signs for {name} is revoked: run `kmsjose rotate stage {name}`, and publish")
    else:
        streams.say(f"note: the key that signs for {name} is revoked: run `kmsjose rotate promote {name} --force`")
