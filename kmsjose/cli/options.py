"""What several commands have in common: their options, and the examples below their help."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import rich_click as click
from click.shell_completion import CompletionItem

F = TypeVar("F", bound=Callable[..., Any])


class InOrder(click.RichGroup):
    """A group whose help lists the commands in the order in which they were added, which is that of use."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """The names of the commands."""
        return list(self.commands)


def examples(*lines: str) -> str:
    """The end of a help text: commands as they are typed, and prose without a ``kmsjose``."""
    return "\n\n".join(("Examples:", *(f"  $ {line}" for line in lines)))


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
        "--key", required=True, metavar="KEY", help="The key that signs: key id, key ARN, alias/NAME or alias ARN."
    )(function)


def kid(function: F) -> F:
    """``--kid`` of a command that signs."""
    return click.option(
        "--kid", metavar="KID", help="The key id to put into the header; the RFC 7638 thumbprint if left out."
    )(function)


def keys(function: F) -> F:
    """``--keys`` of a verifying command."""
    return click.option(
        "--keys",
        required=True,
        metavar="KEYS",
        type=click.Path(),
        help="The public keys to trust: a file that is a JWKS, a JWK, or PEM (public key or certificate).",
    )(function)


def file(name: str = "FILE") -> Callable[[F], F]:
    """The file that a command reads; standard input if it is left out or ``-``."""
    return click.argument("file", required=False, metavar=f"[{name}]", type=click.Path())


def as_json(function: F) -> F:
    """``--json`` of a command whose output is otherwise for people."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON instead of what people read.")(function)
