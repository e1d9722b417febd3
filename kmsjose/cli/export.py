"""`kmsjose export`: the public halves of keys, ready to publish."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

import rich_click as click

from ..errors import InputError
from . import chains, outputs
from .command import Command, examples
from .completion import complete_keys
from .context import Place, pass_place
from .escape import json_text
from .options import alg, chain, out

if TYPE_CHECKING:
    from ..keys import PublicKey


@click.command(
    cls=Command,
    epilog=examples(
        "kmsjose export alias/issuer > jwks.json",
        "kmsjose export alias/issuer alias/next-issuer --alg PS256",
        "kmsjose export alias/issuer --kid did:web:issuer.example#key-1",
        "kmsjose export alias/issuer --as pem",
        "kmsjose export alias/release --as cose-keyset --out keys.cose",
    ),
)
@click.argument("keys", metavar="KEY...", shell_complete=complete_keys, nargs=-1, required=True)
@alg("The algorithm of the RSA keys among them.")
@click.option(
    "--kid",
    metavar="KID",
    help="The key id that the key signs with, if it is neither in its tags nor its thumbprint: one KEY.",
)
@click.option(
    "--as",
    "form",
    metavar="FORM",
    type=click.Choice(["jwks", "jwk", "pem", "cose-key", "cose-keyset"]),
    default="jwks",
    show_default=True,
    help="jwks or cose-keyset; or of one KEY jwk, pem or cose-key. cose-key and cose-keyset are binary.",
)
@chain
@out
@pass_place
def export(
    place: Place,
    /,
    *,
    keys: Sequence[str],
    alg: str | None,
    kid: str | None,
    form: str,
    chain: str | None,
    haip: bool,
    out: str | None,
) -> None:
    """Write public keys as a JWK Set, a JWK, PEM, a COSE_Key or a COSE_KeySet."""
    if form not in _SETS and len(keys) != 1:
        raise InputError("usage", f"--as {form} takes one KEY, not {len(keys)}")
    if kid is not None and len(keys) != 1:
        raise InputError("usage", f"--kid is of one KEY, not {len(keys)}")
    if chain is not None and (len(keys) != 1 or form not in _CARRYING):
        raise InputError("usage", f"--chain is of one KEY, in {' or '.join(_CARRYING)}")
    if form in _BINARY:
        outputs.check(out)
    outputs.check_apart(out, chain)
    attach = chains.attacher(chain, haip=haip)
    signers = place.signers(keys, alg) if kid is None else [place.signer(keys[0], alg, kid)]
    public = [attach(signer).public_key for signer in signers]
    outputs.write(_FORMS[form](public), out)


def _jwks(public: Sequence[PublicKey]) -> bytes:
    from ..keys import KeySet

    return _json(KeySet(public).to_jwks())


def _cose_keyset(public: Sequence[PublicKey]) -> bytes:
    from ..keys import KeySet

    return KeySet(public).to_cose_keyset()


def _json(value: object) -> bytes:
    return f"{json_text(value)}\n".encode()


_FORMS: Final[dict[str, Callable[[Sequence[PublicKey]], bytes]]] = {
    "jwks": _jwks,
    "jwk": lambda public: _json(public[0].to_jwk()),
    "pem": lambda public: public[0].to_pem().encode(),
    "cose-key": lambda public: public[0].to_cose_key(),
    "cose-keyset": _cose_keyset,
}
_SETS: Final = ("jwks", "cose-keyset")
#: The forms that have a member for certificates.
_CARRYING: Final = ("jwks", "jwk")
_BINARY: Final = ("cose-key", "cose-keyset")
