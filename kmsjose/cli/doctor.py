"""`kmsjose doctor`: why a key does not sign, or its signatures do not verify."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

import rich_click as click

from ..errors import InputError, KMSError
from ..words import counted
from . import keyfiles, screen, streams
from .command import Command, examples
from .completion import complete_keys
from .context import Place, pass_place
from .options import alg, as_json

if TYPE_CHECKING:
    from ..keys import KeySet
    from ..kms import Check

#: Columns of the status and of the name.
_STATUS, _NAME = 8, 12
#: Someone waits for this, and an endpoint that hangs is a finding.
_PATIENCE: Final = {"connect_timeout": 3.0, "read_timeout": 5.0, "max_attempts": 2}


@click.command(
    cls=Command,
    epilog=examples(
        "kmsjose doctor alias/issuer",
        "kmsjose doctor alias/issuer --jwks jwks.json",
        "kmsjose doctor alias/reports --alg PS256 --json | jq -r '.checks[] | select(.status == \"failed\").advice'",
    ),
)
@click.argument("key", metavar="KEY", shell_complete=complete_keys)
@alg("What the key signs by; an RSA key needs it, or the tag kmsjose:alg.")
@click.option("--kid", metavar="KID", help="What the key signs as; else the tag kmsjose:kid, or its thumbprint.")
@click.option(
    "--jwks",
    metavar="KEYS",
    type=click.Path(readable=False),
    help="The keys that are published: does the key that signs stand among them, as it signs?",
)
@as_json
@click.pass_context
@pass_place
def doctor(
    place: Place,
    context: click.Context,
    /,
    *,
    key: str,
    alg: str | None,
    kid: str | None,
    jwks: str | None,
    as_json: bool,
) -> None:
    """Look at everything that signing with a key needs, and say what to do. Nothing is signed or changed.

    Exit status 1 if a check failed; a warning does not count.
    """
    if kid == "":
        raise InputError("usage", "--kid is empty")
    checks = _checks(place, key, alg, kid, jwks)
    found = list(checks) if as_json else list(_shown(checks))
    bad = sum(check.status == "failed" for check in found)
    if as_json:
        screen.print_json({"key": key, "ok": not bad, "checks": [_as_dict(check) for check in found]})
    if bad:
        streams.say(f"{counted(bad, 'check')} failed.")
        context.exit(1)


def _checks(place: Place, key: str, alg: str | None, kid: str | None, jwks: str | None) -> Iterator[Check]:
    def published(signs_by: str) -> KeySet:
        return keyfiles.load(str(jwks), (signs_by,))

    from ..kms import examine, unreachable

    try:
        client = place.connect(**_PATIENCE)
    except KMSError as error:
        return unreachable(error)
    return examine(client, key, alg=alg, kid=kid, load=None if jwks is None else published)


def _shown(checks: Iterable[Check]) -> Iterator[Check]:
    """Show each check as it is made."""
    for check in checks:
        screen.print_line(f"{check.status:{_STATUS}} {check.name:{_NAME}} {check.what}")
        if check.advice:
            screen.print_line(f"{'':{_STATUS}} {'':{_NAME}} -> {check.advice}")
        yield check


def _as_dict(check: Check) -> dict[str, str]:
    return {"name": check.name, "status": check.status, "what": check.what, "advice": check.advice}
