"""`kmsjose rotate`: a new key in the place of an old one, without a token that nobody can verify."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import rich_click as click

from ..errors import InputError
from . import keyfiles, rotate_views, screen, streams
from .command import InOrder, examples
from .completion import complete_names
from .context import Place, pass_place
from .durations import Duration
from .key_options import about, bits, multi_region, parse_tags
from .key_views import date_of
from .options import alg
from .rotate_status import cache_time, list_, status, watch

_NAME = click.argument("name", metavar="NAME", shell_complete=complete_names)


@click.group(cls=InOrder)
def rotate() -> None:
    """Replace a signing key step by step: stage, promote, retire, drop.

    NAME is that of the alias: alias/NAME is the key that signs. Each step may be repeated at any time; one that is not
    due moves nothing, says when it will be, and ends with status 1.
    """


@rotate.command(
    epilog=examples(
        "kmsjose rotate stage issuer --alg ES256     the first key",
        "kmsjose rotate stage issuer     a new one, of the algorithm of the key that signs now",
    )
)
@_NAME
@alg("What the key is to sign by; left out, as the key that signs now.")
@click.option(
    "--active-alg", metavar="ALG", help="What the key signs by that signs now, if an RSA key does not say it."
)
@bits
@about
@multi_region
@pass_place
def stage(
    place: Place,
    /,
    *,
    name: str,
    alg: str | None,
    active_alg: str | None,
    bits: int | None,
    description: str,
    tags: Sequence[str],
    policy: str | None,
    multi_region: bool,
) -> None:
    """Make the key that is to sign next, and print its ARN; one that is waiting already is not made again."""
    parsed, text = parse_tags(tags), None if policy is None else streams.read_policy(policy)
    from ..kms import rotation

    key = rotation.stage(
        place.client,
        name,
        alg,
        bits=bits,
        description=description,
        tags=parsed,
        multi_region=multi_region or None,
        policy=text,
        active_alg=active_alg,
    )
    screen.print_line(key.arn)
    streams.say(f"Staged: {key.kid}. Publish it, and promote it once verifiers had the time to read it.")


@rotate.command(
    epilog=examples(
        "kmsjose rotate promote issuer --jwks-url https://issuer.example/.well-known/jwks.json",
        "kmsjose rotate promote issuer --jwks-url site/.well-known/jwks.json --cache-time 1d",
        "kmsjose rotate promote issuer --force     at once: for a first key, or when the old one is lost",
    )
)
@_NAME
@cache_time
@click.option(
    "--jwks-url",
    metavar="URL",
    help="Where verifiers get the JWKS: an https URL, or a file. The key must have been in it for the cache time.",
)
@click.option("--force", is_flag=True, help="Promote it whether or not verifiers know it.")
@pass_place
def promote(place: Place, /, *, name: str, cache_time: timedelta, jwks_url: str | None, force: bool) -> None:
    """Let the staged key sign: the alias moves to it. Prints the ARN of the key that signs."""
    if (jwks_url is None) != force:
        raise InputError(
            "usage", "give --jwks-url, so that the published keys can be looked at, or --force, but not both"
        )
    from ..kms import rotation

    before = rotation.read(place.client, name).active
    if jwks_url is None:
        key = rotation.promote_unseen(place.client, name)
    else:
        key = rotation.promote(place.client, name, keyfiles.load(jwks_url), cache_time)
    screen.print_line(key.arn)
    if before is None:
        streams.say(f"Signing: {key.kid}.")
    elif before.arn == key.arn:
        streams.say(f"Nothing is staged: {key.kid} goes on signing.")
    else:
        fate = "revoked" if before.revoked is not None else "to be retired"
        streams.say(f"Signing: {key.kid}, in the place of {before.kid}, which is {fate}.")


@rotate.command(
    epilog=examples(
        "kmsjose rotate retire issuer --token-lifetime 1d",
        "kmsjose rotate retire issuer --force     the old key is lost: out with it at once, and publish",
    )
)
@_NAME
@click.option(
    "--token-lifetime",
    type=Duration(),
    metavar="1d",
    default="1d",
    show_default=True,
    help="The longest life of a token.",
)
@click.option(
    "--handover",
    type=Duration(),
    metavar="1h",
    default="1h",
    show_default=True,
    help="How long after the promotion a signer may still have used the old key.",
)
@click.option(
    "--force", is_flag=True, help="Disable the old keys and publish them no more, whatever tokens of theirs still live."
)
@pass_place
def retire(place: Place, /, *, name: str, token_lifetime: timedelta, handover: timedelta, force: bool) -> None:
    """Say until when the keys that were replaced stay published: as long as a token of theirs may live."""
    from ..kms import rotation

    if force:
        keys = rotation.revoke_replaced(place.client, name)
    else:
        keys = rotation.retire(place.client, name, token_lifetime, handover)
    if not keys:
        streams.say("Nothing to retire: no key was replaced.")
    for key in keys:
        if key.revoked is not None:
            streams.say(f"Revoked: {key.kid}. Publish now: it is in what is published until you do.")
        else:
            streams.say(f"Retired: {key.kid}. It stays published until {date_of(key.published_until)}.")


@rotate.command(
    epilog=examples(
        "kmsjose rotate revoke issuer     the key that signs is lost",
        "kmsjose rotate revoke issuer --key KID     another key is",
    )
)
@_NAME
@click.option("--key", "kid", metavar="KID", help="Which key; left out, it is the one that signs.")
@pass_place
def revoke(place: Place, /, *, name: str, kid: str | None) -> None:
    """Take a lost key out at once: it is disabled, and no later publish brings it back. Prints its ARN.

    Every token that it signed is refused as soon as verifiers read again what is published. Publish right after this.
    """
    from ..kms import rotation

    revoked = rotation.revoke(place.client, name, kid)
    if revoked.arn is not None:
        screen.print_line(revoked.arn)
    for line in rotate_views.revoked_lines(name, revoked):
        streams.say(line)


@rotate.command(epilog=examples("kmsjose rotate drop issuer", "kmsjose rotate drop issuer --watch 14d --days 7"))
@_NAME
@click.option(
    "--token-lifetime",
    type=Duration(),
    metavar="1d",
    help="The longest life of a token, if it is longer than what the key was retired with.",
)
@watch
@click.option("--days", type=int, default=30, show_default=True, metavar="N", help="7 to 30 days until the deletion.")
@pass_place
def drop(place: Place, /, *, name: str, token_lifetime: timedelta | None, watch: timedelta, days: int) -> None:
    """Let go the keys of which no token lives: disabled and watched first, scheduled for deletion the next time."""
    from ..kms import rotation

    gone = rotation.drop(place.client, name, watch, token_lifetime, days)
    if not gone:
        streams.say("Nothing to drop: no key is retired.")
    for key in gone:
        if not key.scheduled:
            streams.say(f"Disabled: {key.kid}. Watch until {date_of(key.until)} whether somebody misses it.")
            if key.revoked:
                streams.say("It is revoked: do not enable the key; whoever misses it must follow the alias.")
            else:
                streams.say(f"If so: kmsjose key enable {key.arn}")
        else:
            when = f"on {date_of(key.until)}" if key.until else "once its replicas are deleted"
            streams.say(f"Deletion {when}: {key.kid}")
            if not key.revoked:
                streams.say(f"Until then `kmsjose key undelete {key.arn}` keeps it.")


for command in (list_, status):
    rotate.add_command(command)
