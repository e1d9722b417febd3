"""`kmsjose key`: the life of a signing key."""

from __future__ import annotations

from collections.abc import Sequence

import rich_click as click

from . import key_views, screen, streams
from .command import InOrder, examples
from .completion import complete_keys
from .context import Place, pass_place
from .key_options import about, bits, multi_region, parse_tags
from .options import alg, as_json, wide

_KEY = click.argument("key", metavar="KEY", shell_complete=complete_keys)


@click.group(cls=InOrder)
def key() -> None:
    """Create and manage signing keys."""


@key.command(
    epilog=examples(
        "kmsjose key create --alg ES256 --alias issuer",
        "kmsjose key create --alg PS256 --bits 3072 --tag team=identity --description 'Access tokens'",
    )
)
@alg("What the key is to sign by: ES256, EdDSA, PS256, ML-DSA-65 and so on.", required=True)
@bits
@click.option("--alias", metavar="NAME", help="A name for it, alias/ may be left out.")
@about
@multi_region
@pass_place
def create(
    place: Place,
    /,
    *,
    alg: str,
    bits: int | None,
    alias: str | None,
    description: str,
    tags: Sequence[str],
    policy: str | None,
    multi_region: bool,
) -> None:
    """Create a signing key and print its ARN."""
    parsed, text = parse_tags(tags), None if policy is None else streams.read_policy(policy)
    from ..kms import create_key

    arn = create_key(
        place.client,
        alg,
        bits=bits,
        alias=alias,
        description=description,
        tags=parsed,
        multi_region=multi_region,
        policy=text,
    )
    screen.print_line(arn)


@key.command(
    "list", epilog=examples("kmsjose key list", "kmsjose key list --wide", "kmsjose key list --json | jq -r '.[].arn'")
)
@wide
@as_json
@pass_place
def list_(place: Place, /, *, wide: bool, as_json: bool) -> None:
    """List the keys of the account and region."""
    from ..kms import list_keys

    found = list(list_keys(place.client))
    if as_json:
        screen.print_json([key_views.as_dict(info) for info in found])
    elif not found:
        streams.say("There are no keys here.")
    else:
        rows = [key_views.row(info, wide=wide) for info in found]
        screen.table(key_views.COLUMNS, rows, key_views.WHOLE, wide=wide)


@key.command(epilog=examples("kmsjose key show alias/issuer", "kmsjose key show alias/issuer --json"))
@_KEY
@as_json
@pass_place
def show(place: Place, /, *, key: str, as_json: bool) -> None:
    """Show what KMS tells of a key, and what it can sign by."""
    from ..kms import describe_key

    info = describe_key(place.client, key)
    if as_json:
        screen.print_json(key_views.as_dict(info))
        return
    pairs = key_views.facts(info)
    width = max(len(name) for name, _ in pairs)
    for name, value in pairs:
        screen.print_line(f"{name.ljust(width)}  {value}")


@key.command(
    epilog=examples(
        "kmsjose key tag alias/reports kmsjose:alg=PS256     what an RSA key signs by, once for all",
        "kmsjose key tag alias/issuer kmsjose:kid=2019-key team=identity",
    )
)
@_KEY
@click.argument("tags", metavar="K=V...", nargs=-1, required=True)
@pass_place
def tag(place: Place, /, *, key: str, tags: Sequence[str]) -> None:
    """Give a key tags; those of the same name are replaced."""
    parsed = parse_tags(tags)
    from ..kms import tag_key

    arn = tag_key(place.client, key, parsed)
    streams.say(f"Tagged: {arn}")


@key.command(epilog=examples("kmsjose key alias 1234abcd-12ab-34cd-56ef-1234567890ab issuer"))
@_KEY
@click.argument("name", metavar="NAME")
@pass_place
def alias(place: Place, /, *, key: str, name: str) -> None:
    """Give a key a name, or move the name to it."""
    from ..kms import resolve, set_alias
    from ..kms.identifiers import alias_name

    previous = set_alias(place.client, key, name)
    arn = resolve(place.client, key)
    if previous is None:
        streams.say(f"The new name {alias_name(name)} is that of {arn}.")
    elif previous == arn:
        streams.say(f"The name {alias_name(name)} was that of {arn} already.")
    else:
        streams.say(f"The name {alias_name(name)} is now that of {arn}; before, it was that of {previous}.")


@key.command(epilog=examples("kmsjose key unalias issuer"))
@click.argument("name", metavar="NAME", shell_complete=complete_keys)
@pass_place
def unalias(place: Place, /, *, name: str) -> None:
    """Remove a name; its key stays."""
    from ..kms import delete_alias
    from ..kms.identifiers import alias_name

    if delete_alias(place.client, name):
        streams.say(f"The name {alias_name(name)} is gone; its key stays.")
    else:
        streams.say(f"No key has the name {alias_name(name)}.")


@key.command(epilog=examples("kmsjose key enable alias/issuer"))
@_KEY
@pass_place
def enable(place: Place, /, *, key: str) -> None:
    """Let a disabled key sign again."""
    from ..kms import enable_key

    streams.say(f"Enabled: {enable_key(place.client, key)}")


@key.command(epilog=examples("kmsjose key disable alias/issuer"))
@_KEY
@pass_place
def disable(place: Place, /, *, key: str) -> None:
    """Stop a key from signing until it is enabled."""
    from ..kms import disable_key

    streams.say(f"Disabled: {disable_key(place.client, key)}")


@key.command(epilog=examples("kmsjose key delete alias/old-issuer", "kmsjose key delete alias/old-issuer --days 7"))
@_KEY
@click.option("--days", type=int, default=30, show_default=True, metavar="N", help="7 to 30 days until then.")
@pass_place
def delete(place: Place, /, *, key: str, days: int) -> None:
    """Delete a key after a waiting time, in which it can't sign and can still be kept."""
    from ..kms import schedule_deletion

    arn, date = schedule_deletion(place.client, key, days)
    streams.say(f"Deletion on {key_views.date_of(date) or 'a date that KMS did not tell'}: {arn}")
    streams.say(f"Until then `kmsjose key undelete {arn}` keeps it.")


@key.command(epilog=examples("kmsjose key undelete alias/issuer"))
@_KEY
@pass_place
def undelete(place: Place, /, *, key: str) -> None:
    """Keep a key that waits for its deletion."""
    from ..kms import cancel_deletion, describe_key

    arn = cancel_deletion(place.client, key)
    state = describe_key(place.client, arn).state
    if state == "Enabled":
        streams.say(f"It does not wait for its deletion: {arn}")
    elif state == "PendingImport":
        streams.say(f"Kept, but without its key material: {arn}")
        streams.say(f"To let it sign again: kmsjose key import FILE --into {arn}")
    else:
        streams.say(f"Kept, but disabled: {arn}")
        streams.say(f"To let it sign again: kmsjose key enable {arn}")
