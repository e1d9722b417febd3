"""The command `kmsjose`: its options, its commands, and how every error becomes one line and an exit status."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import rich_click as click
from click.core import ParameterSource
from click.exceptions import Abort, Exit, MissingParameter, NoArgsIsHelpError, NoSuchOption
from click.shell_completion import shell_complete

from .. import __version__
from ..errors import InputError, KmsJoseError
from . import streams
from .audit import audit
from .certificates import cert, csr
from .command import InOrder, examples
from .context import Place
from .cose import cose
from .cwt import cwt
from .demo import demo
from .doctor import doctor
from .export import export
from .hints import error_line, told
from .iam import policy
from .inspect import inspect
from .jws import jws
from .jwt import jwt
from .key_copies import import_, replicate
from .keys import key
from .publish import publish
from .rotate import rotate
from .vc import vc

_NAME: Final = "kmsjose"
_COMPLETION: Final = "_KMSJOSE_COMPLETE"
_LOCAL: Final = "KMSJOSE_LOCAL"
_INTERRUPTED: Final = 130
#: What lists the values that an argument or option can have.
_LISTED_BY: Final = {"KEY": "kmsjose key list"}
_EPILOG: Final = f"""\
KEY is a key id, key ARN, alias name (alias/x) or alias ARN. A FILE that is left out, or -, is standard input.

Exit status: 0 done; 1 it does not verify, a check failed, or a step is not due; 2 wrong usage or input; 3 KMS, AWS or \
the network; 130 interrupted.

{
    examples(
        "kmsjose demo",
        "kmsjose --local ./keys key create --alg ES256 --alias issuer",
        "kmsjose --region eu-west-1 jwt sign --key alias/issuer --lifetime 5m claims.json",
        f'eval "$({_COMPLETION}=bash_source {_NAME})"     complete what is typed in bash; also zsh_source, fish_source',
    )
}
"""


@click.group(
    cls=InOrder,
    epilog=_EPILOG,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option(
    "--local",
    metavar="DIR",
    envvar=_LOCAL,
    show_envvar=True,
    type=click.Path(readable=False),
    help="Use the embedded KMS, with keys in this folder: for development, not for production.",
)
@click.option("--profile", metavar="NAME", help="Use this profile of the AWS configuration.")
@click.option("--region", metavar="REGION", help="Use the keys of this AWS region.")
@click.option("--endpoint-url", metavar="URL", help="Call this endpoint instead of AWS's own.")
@click.option("--role-arn", metavar="ARN", help="Assume this role.")
@click.option("--fips", is_flag=True, help="Call the region's FIPS 140-3 endpoint.")
@click.option(
    "--audit-log",
    metavar="FILE",
    envvar="KMSJOSE_AUDIT_LOG",
    show_envvar=True,
    type=click.Path(readable=False),
    help="Append a record of each signature to this file; what can't be recorded is not signed.",
)
@click.option("--audit-label", metavar="TEXT", help="Put this on each record: a ticket, a tenant, a person.")
@click.version_option(__version__, message="%(prog)s %(version)s")
@click.pass_context
def kmsjose(
    context: click.Context,
    /,
    *,
    local: str | None,
    profile: str | None,
    region: str | None,
    endpoint_url: str | None,
    role_arn: str | None,
    fips: bool,
    audit_log: str | None,
    audit_label: str | None,
) -> None:
    """Sign JWS, JWT, COSE, CWT and verifiable credentials with keys that never leave AWS KMS; verify them anywhere.

    The options here stand before the command: they say where the keys are, and where signatures are recorded. Without
    --local the keys are in AWS, as boto3's own environment and configuration say.
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())
        return
    of_aws = {"--profile": profile, "--endpoint-url": endpoint_url, "--role-arn": role_arn, "--fips": fips}
    beside = [option for option, value in of_aws.items() if value]
    if local is not None and beside:
        source = context.get_parameter_source("local")
        where = f"{_LOCAL} is set" if source is ParameterSource.ENVIRONMENT else "--local is given"
        raise InputError("usage", f"{beside[0]} is for AWS, but {where}: leave out one of the two")
    if audit_label is not None and audit_log is None:
        raise InputError("usage", "--audit-label is put on the records of --audit-log: name that too")
    context.obj = Place(local, profile, region, endpoint_url, role_arn, fips, audit_log, audit_label)


for of_key in (import_, replicate, csr, cert):
    key.add_command(of_key)
for command in (demo, key, rotate, publish, export, jws, jwt, cose, cwt, vc, policy, doctor, audit, inspect):
    kmsjose.add_command(command)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status.

    Args:
        arguments: Without the program's name; None takes the process's.
    """
    try:
        return _run(list(sys.argv[1:] if arguments is None else arguments))
    except Exit as done:
        return done.exit_code
    except BrokenPipeError:
        # Whoever reads has enough.
        _abandon_output()
        return 0
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - a defect of ours, too, is told in one line
        if isinstance(error, OSError):
            _abandon_output()
        line, status = _outcome(error)
        streams.say(line)
        return status


def _abandon_output() -> None:
    # What Python still flushes at its end would raise again and change the status; a test's output is no file.
    with suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _outcome(error: BaseException) -> tuple[str, int]:
    if isinstance(error, KmsJoseError):
        return error_line(error), error.exit_status
    if isinstance(error, click.ClickException):
        return _usage_line(error), 2
    if isinstance(error, (KeyboardInterrupt, Abort)):
        return told("interrupted", "stopped before the end", "run it again"), _INTERRUPTED
    if isinstance(error, OSError):
        return told("file-unwritable", f"a file or stream failed: {error.strerror}", "check the disk"), 2
    return _defect_line(error), 3


def _run(arguments: list[str]) -> int:
    if instruction := os.environ.get(_COMPLETION):
        return shell_complete(kmsjose, {}, _NAME, _COMPLETION, instruction)
    with kmsjose.make_context(_NAME, arguments) as context:
        kmsjose.invoke(context)
    if sys.stdout is not None:
        sys.stdout.flush()
    return 0


def _usage_line(error: click.ClickException) -> str:
    context = getattr(error, "ctx", None)
    if isinstance(error, NoArgsIsHelpError) and isinstance(error.ctx.command, click.Group):
        names = ", ".join(error.ctx.command.list_commands(error.ctx))
        return told("usage", f"name a command: {names}", f"see {error.ctx.command_path} --help")
    return told("usage", _usage_message(error).rstrip("."), _usage_hint(error, context))


def _usage_message(error: click.ClickException) -> str:
    if not isinstance(error, NoSuchOption):
        return error.format_message()
    near = None if _stands_before(error) else next(iter(error.possibilities or ()), None)
    return error.message if near is None else f"{error.message} Did you mean {near!r}?"


def _stands_before(error: NoSuchOption) -> bool:
    return any(error.option_name in option.opts for option in kmsjose.params)


def _usage_hint(error: click.ClickException, context: click.Context | None) -> str:
    path = context.command_path if context else _NAME
    if isinstance(error, NoSuchOption) and _stands_before(error):
        rest = path.removeprefix(_NAME)
        return f"{error.option_name} stands before the command: {_NAME} {error.option_name} ...{rest} ..."
    if isinstance(error, MissingParameter) and error.param is not None:
        known = _LISTED_BY.get(str(error.param.metavar).removesuffix("..."))
        if known:
            return f"`{known}` lists them; see {path} --help"
    return f"see {path} --help"


def _defect_line(error: BaseException) -> str:
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = "" if place is None else f" at {Path(place.tb_frame.f_code.co_filename).name}:{place.tb_lineno}"
    return told("internal", f"{type(error).__name__}{where}", f"this is a defect of {_NAME}: please report it")
