"""`kmsjose export`: the public halves of keys, ready to publish."""

from __future__ import annotations

from collections.abc import Sequence

import rich_click as click

from ..errors import InputError
from . import screen, streams
from .context import Place, pass_place
from .options import alg, examples


@click.command(
    epilog=examples(
        "kmsjose export alias/issuer > jwks.json",
        "kmsjose export alias/issuer alias/next-issuer --alg PS256",
        "kmsjose export alias/issuer --kid did:web:issuer.example#key-1",
        "kmsjose export alias/issuer --as pem",
    )
)
@click.argument("keys", metavar="KEY...", nargs=-1, required=True)
@alg("The algorithm of the RSA keys among them.")
@click.option("--kid", metavar="KID", help="The key id that the key signs with, if it is not its thumbprint: one KEY.")
@click.option(
    "--as",
    "form",
    type=click.Choice(["jwks", "jwk", "pem"]),
    default="jwks",
    show_default=True,
    help="jwk and pem: one KEY.",
)
@pass_place
def export(place: Place, /, *, keys: Sequence[str], alg: str | None, kid: str | None, form: str) -> None:
    """Print public keys as a JWK Set, a JWK or PEM."""
    if form != "jwks" and len(keys) != 1:
        raise InputError("usage", f"--as {form} takes one KEY, not {len(keys)}")
    if kid is not None and len(keys) != 1:
        raise InputError("usage", f"--kid is of one KEY, not {len(keys)}")
    signers = place.signers(keys, alg) if kid is None else [place.signer(keys[0], alg, kid)]
    public = [signer.public_key for signer in signers]
    if form == "pem":
        streams.write(public[0].to_pem())
    elif form == "jwk":
        screen.print_json(public[0].to_jwk())
    else:
        from ..keys import KeySet

        screen.print_json(KeySet(public).to_jwks())
