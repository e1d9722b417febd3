"""What several commands have in common: their options, and the examples below their help."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

import rich_click as click
from click.globals import get_current_context
from click.shell_completion import CompletionItem

from . import outputs
from .completion import complete_keys
from .durations import Duration

F = TypeVar("F", bound=Callable[..., Any])


def _algorithms(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    from ..algorithms import BY_NAME

    return [CompletionItem(name) for name in BY_NAME if name.lower().startswith(incomplete.lower())]


def alg(text: str, *, required: bool = False) -> Callable[[F], F]:
    """``--alg``, which the shell completes from the table of algorithms."""
    return click.option("--alg", metavar="ALG", required=required, shell_complete=_algorithms, help=text)


def accepted_algs(function: F) -> F:
    """``--alg`` of a verifying command."""
    return click.option(
        "--alg",
        "algs",
        metavar="ALG",
        multiple=True,
        shell_complete=_algorithms,
        help="Accept this algorithm alone; may be repeated. It is also that of RSA keys that name none.",
    )(function)


def key(function: F) -> F:
    """``--key`` of a command that signs with one key."""
    return click.option(
        "--key",
        required=True,
        metavar="KEY",
        shell_complete=complete_keys,
        help="The key that signs: key id, key ARN, alias/NAME or alias ARN.",
    )(function)


def signing_keys(function: F) -> F:
    """``--key`` of a command that signs with one key or several."""
    return click.option(
        "--key",
        "keys",
        required=True,
        multiple=True,
        metavar="KEY",
        shell_complete=complete_keys,
        help="The key that signs: key id, key ARN, alias/NAME or alias ARN. Repeat it for several signatures.",
    )(function)


def policy(function: F) -> F:
    """``--policy`` of a command that verifies several signatures."""
    return click.option(
        "--policy",
        metavar="all|any|KID,...",
        default="all",
        show_default=True,
        help="Which signatures must be good, where there are several.",
    )(function)


def claims_options(typ: str) -> Callable[[F], F]:
    """What a command that verifies claims asks of them.

    Args:
        typ: The help of ``--typ``.
    """
    options = (
        click.option("--issuer", metavar="I", help="The iss that the token must have."),
        click.option(
            "--audience", metavar="A", help="Who you are: aud must name it. A token with aud is refused without this."
        ),
        click.option("--typ", "typs", metavar="T", multiple=True, help=f"{typ} May be repeated."),
        click.option(
            "--leeway", type=Duration(), metavar="30s", default="0s", help="By how much the clocks may differ."
        ),
        click.option("--no-exp", is_flag=True, help="Accept a token without exp."),
    )

    def decorate(function: F) -> F:
        # The last one that is applied is shown first.
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


def backdate(function: F) -> F:
    """``--backdate`` of a command that signs claims."""
    return click.option(
        "--backdate",
        type=Duration(),
        metavar="60s",
        default="0s",
        help="By how much iat is before now, for a verifier whose clock is behind.",
    )(function)


def out(function: F) -> F:
    """``--out`` of a command that writes its data itself, because that is binary."""
    return click.option(
        "--out", metavar="FILE", type=click.Path(readable=False), help="Write the result to this file."
    )(function)


def to_file(function: F) -> F:
    """``--out`` of a command whose data is text: what it writes to stdout goes to the file instead."""

    @wraps(function)
    def diverted(*arguments: Any, out: str | None, **options: Any) -> Any:
        context = get_current_context()
        files = [parameter.name for parameter in context.command.params if isinstance(parameter.type, click.Path)]
        read = [context.params.get(name) for name in files if name not in {"out", None}]
        with outputs.to_file(out, *(path for path in read if isinstance(path, str))):
            return function(*arguments, **options)

    # What click keeps on a function went along with its name, and is one list.
    return cast(F, out(diverted))


def chain(function: F) -> F:
    """``--chain`` and ``--haip`` of a command whose result can carry certificates."""
    attached = click.option(
        "--chain",
        metavar="PEM",
        type=click.Path(readable=False),
        help="The certificate of the key, then those of its CAs: checked, and carried as x5c, in COSE as x5chain.",
    )
    rules = click.option(
        "--haip", is_flag=True, help="Hold --chain to HAIP: a leaf that a CA issued, and no root among the CAs."
    )
    return attached(rules(function))


def kid(function: F) -> F:
    """``--kid`` of a command that signs."""
    return click.option(
        "--kid",
        metavar="KID",
        help="The key id to put into the header; else the one in the key's tags, or the RFC 7638 thumbprint.",
    )(function)


def keys(function: F) -> F:
    """``--keys`` of a verifying command."""
    return click.option(
        "--keys",
        required=True,
        metavar="KEYS",
        type=click.Path(readable=False),
        help="The public keys to trust: a file or https URL of a JWKS, JWK, COSE_KeySet, COSE_Key, PEM "
        "(key or certificate) or DID document.",
    )(function)


def file(name: str = "FILE") -> Callable[[F], F]:
    """The file that a command reads; standard input if it is left out or ``-``."""
    return click.argument("file", required=False, metavar=f"[{name}]", type=click.Path(readable=False))


def as_json(function: F) -> F:
    """``--json`` of a command whose output is otherwise for people, and ``--out`` for either."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON instead of what people read.")(
        to_file(function)
    )


def wide(function: F) -> F:
    """``--wide`` of a command that prints a table."""
    return click.option("--wide", is_flag=True, help="Print whole cells and all columns, in lines of any length.")(
        function
    )
