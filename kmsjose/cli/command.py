"""What every command and group has in common: its help, and how its options are read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import rich_click as click

#: Columns that help has on every terminal.
_WIDTH: Final = 80
#: What stands before an example, and before what goes on of it in the next line.
_INDENT: Final = "  "
_FURTHER: Final = "      "
#: A word of a command line; what stands in quotes is one, and so is an option with its value.
_WORD: Final = re.compile(r"""(?:--?[\w-]+ (?=[^-|>]))?(?:'[^']*'|"[^"]*"|\S)+""")
#: What parts an example from the words that explain it.
_EXPLAINED: Final = re.compile(r" {5,}")


class Command(click.RichCommand):
    """A command whose examples can be pasted from its help, and whose options are given once."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments."""
        _refuse_repeated(self, ctx, args)
        return super().parse_args(ctx, args)

    def format_epilog(self, ctx: click.RichContext, formatter: click.RichHelpFormatter) -> None:  # type: ignore[override]  # noqa: ARG002 - click's signature
        """Write what stands below the options."""
        _write_epilog(self.epilog, formatter)


class InOrder(click.RichGroup):
    """A group whose help lists the commands in the order in which they were added, which is that of use."""

    command_class = Command

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """The names of the commands."""
        return list(self.commands)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments."""
        _refuse_repeated(self, ctx, args)
        return super().parse_args(ctx, args)

    def format_epilog(self, ctx: click.RichContext, formatter: click.RichHelpFormatter) -> None:  # type: ignore[override]  # noqa: ARG002 - click's signature
        """Write what stands below the commands."""
        _write_epilog(self.epilog, formatter)


InOrder.group_class = InOrder


def examples(*lines: str) -> str:
    """The end of a help text: commands as they are typed, each with what explains it after five spaces, if need be."""
    return "\n".join(("Examples:", "", *(line for example in lines for line in _example(example))))


def _example(written: str) -> Iterator[str]:
    command, *explained = _EXPLAINED.split(written, maxsplit=1)
    for comment in explained:
        yield f"{_INDENT}# {comment}"
    line = _INDENT
    for word in _WORD.findall(command):
        # One column for the space, two for what says that it goes on, one at each side of the page.
        if len(line) + len(word) + 5 > _WIDTH and line.strip():
            yield f"{line}\\"
            line = _FURTHER
        line += f"{word} "
    yield line.rstrip()


def _write_epilog(text: str | None, formatter: click.RichHelpFormatter) -> None:
    if not text:
        return
    from rich.padding import Padding
    from rich.text import Text

    formatter.write("")
    for paragraph in text.split("\n"):
        if paragraph.startswith(_INDENT):
            # Never wrapped and never cut, however narrow the terminal: what is copied from here is one command.
            formatter.write(Text(f" {paragraph}"), soft_wrap=True)
        else:
            formatter.write(Padding(Text(paragraph), (0, 1)))
    formatter.write("")


def _refuse_repeated(command: click.Command, ctx: click.Context, args: list[str]) -> None:
    """Refuse an option that takes one value and is given several times: one of them would be left out in silence."""
    if ctx.resilient_parsing:
        return
    _, _, order = command.make_parser(ctx).parse_args(args=[*args])
    for parameter in order:
        takes_one = isinstance(parameter, click.Option) and not (parameter.multiple or parameter.is_flag)
        if takes_one and order.count(parameter) > 1:
            raise click.UsageError(f"{parameter.opts[0]} takes one value, and is given several times", ctx)
