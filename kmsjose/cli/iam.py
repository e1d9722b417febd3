"""`kmsjose policy`: who needs which permission, as policies that AWS takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import rich_click as click

from ..errors import InputError
from . import screen, streams
from .command import Command, examples
from .completion import complete_keys
from .context import Place, pass_place
from .options import alg, to_file

if TYPE_CHECKING:
    from ..encoding import JSON
    from ..kms import PolicyKey
    from ..kms.permissions import Role

# Those of `kmsjose.kms.permissions`, which is not imported for a help text.
_ROLES: Final[tuple[Role, ...]] = ("signer", "publisher", "rotator", "administrator")


@click.command(
    cls=Command,
    epilog=examples(
        "kmsjose policy alias/issuer",
        "kmsjose policy alias/issuer --role signer > signer.json",
        "kmsjose policy alias/issuer --key-policy --principal signer=arn:aws:iam::111122223333:role/tokens",
        "kmsjose policy alias/reports --alg PS256 --key-policy --role signer --role administrator",
    ),
)
@click.argument("keys", metavar="KEY...", shell_complete=complete_keys, nargs=-1, required=True)
@alg("The algorithm of the RSA keys among them; else all six are allowed, unless the key's tag kmsjose:alg names one.")
@click.option(
    "--role",
    "roles",
    metavar="ROLE",
    type=click.Choice(_ROLES),
    multiple=True,
    help=f"Print the IAM policy of this role alone: {', '.join(_ROLES[:-1])} or {_ROLES[-1]}. May be repeated with "
    "--key-policy: the roles that have a part in it.",
)
@click.option("--key-policy", "as_key_policy", is_flag=True, help="Print the key policy of one KEY.")
@click.option(
    "--principal",
    "principals",
    metavar="ROLE=ARN",
    multiple=True,
    help="Who plays a role, in a key policy; may be repeated. Else the IAM role kmsjose-ROLE of the key's account.",
)
@to_file
@pass_place
def policy(
    place: Place,
    /,
    *,
    keys: Sequence[str],
    alg: str | None,
    roles: Sequence[Role],
    as_key_policy: bool,
    principals: Sequence[str],
) -> None:
    """Write the least policies for who signs, publishes, rotates and administers keys.

    A KEY that is given by an alias is granted by that alias, whichever key has it; one that is given by its id or ARN
    is granted by its ARN. AWS takes a key policy only if every principal in it exists.
    """
    if as_key_policy and len(keys) != 1:
        raise InputError("usage", f"--key-policy is of one KEY, not {len(keys)}")
    if not as_key_policy and len(roles) > 1:
        raise InputError("usage", "name one --role for its IAM policy, or none for all of them")
    if not as_key_policy and roles and principals:
        raise InputError("usage", "an IAM policy names no principal: leave out --principal, or give --key-policy")
    given = _principals(principals)
    from ..kms import iam_policy, read_policy_keys

    found = read_policy_keys(place.client, keys, alg)
    _note_open_choice(found)
    if as_key_policy:
        screen.print_json(_key_policy(found[0], roles or _ROLES, given))
    elif roles:
        screen.print_json(iam_policy(roles[0], found))
    else:
        screen.print_json(_everything(found, given))


def _principals(written: Sequence[str]) -> dict[Role, list[str]]:
    given: dict[Role, list[str]] = {}
    for text in written:
        role, equals, arn = text.partition("=")
        known = next((name for name in _ROLES if name == role), None)
        if known is None or not equals:
            raise InputError("usage", f"the principal {text[:80]!r} is not ROLE=ARN, with one of {', '.join(_ROLES)}")
        given.setdefault(known, []).append(arn)
    return given


def _note_open_choice(keys: Sequence[PolicyKey]) -> None:
    for key in keys:
        if len(key.algorithms) > 1:
            streams.say(
                f"note: {key.alias or key.arn} may sign by {len(key.algorithms)} algorithms: name one with --alg"
            )


def _key_policy(key: PolicyKey, roles: Sequence[Role], given: dict[Role, list[str]]) -> JSON:
    from ..kms import default_principal, key_policy

    foreign = [role for role in given if role not in roles]
    if foreign:
        raise InputError("usage", f"--principal {foreign[0]}=... has no part here: name --role {foreign[0]} too")
    return key_policy(key, {role: given.get(role) or [default_principal(role, key)] for role in roles})


def _everything(keys: Sequence[PolicyKey], given: dict[Role, list[str]]) -> JSON:
    from ..kms import iam_policy

    nameless = next((key.arn for key in keys if key.alias is None), None)
    if nameless is not None:
        streams.say(f"note: no IAM policy for a rotator, who moves an alias: {nameless} was not given by one")
    roles = [role for role in _ROLES if role != "rotator" or nameless is None]
    return {
        "iam": {role: iam_policy(role, keys) for role in roles},
        "key": {str(key.arn): _key_policy(key, _ROLES, given) for key in keys},
    }
