"""`kmsjose jwt`: JSON Web Tokens."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import rich_click as click

from . import chains, keyfiles, screen, streams
from .command import InOrder, examples
from .context import Place, pass_place
from .durations import Duration
from .options import accepted_algs, alg, backdate, chain, claims_options, file, key, keys, kid, to_file


@click.group(cls=InOrder)
def jwt() -> None:
    """Sign and verify JSON Web Tokens (RFC 7519)."""


@jwt.command(
    epilog=examples(
        "kmsjose jwt sign --key alias/issuer --lifetime 5m claims.json",
        """echo '{"sub": "alice"}' | kmsjose jwt sign --key alias/rsa --alg PS256 --lifetime 1h""",
        "kmsjose jwt sign --key alias/issuer --chain issuer.pem --haip --lifetime 5m claims.json",
    )
)
@key
@alg("The algorithm; only an RSA key needs it.")
@kid
@click.option("--typ", metavar="T", default="JWT", show_default=True, help="The header's typ, for example at+jwt.")
@click.option(
    "--lifetime",
    type=Duration(),
    metavar="5m",
    help="How long it is good, in s, m, h or d, else seconds; left out, no exp is set.",
)
@backdate
@chain
@to_file
@file("CLAIMS.json")
@pass_place
def sign(
    place: Place,
    /,
    *,
    key: str,
    alg: str | None,
    kid: str | None,
    typ: str,
    lifetime: timedelta | None,
    backdate: timedelta,
    chain: str | None,
    haip: bool,
    file: str | None,
) -> None:
    """Sign claims, and print the token; iat is set to now."""
    from ..jose import jwt as tokens

    streams.only_one_stdin(file, *([] if chain is None else [chain]))
    attach = chains.attacher(chain, haip=haip)
    claims = streams.read_json(file, "the claims", tokens.MAX_JWT_SIZE)
    token = tokens.sign(claims, attach(place.signer(key, alg, kid)), lifetime=lifetime, backdate=backdate, typ=typ)
    screen.print_line(token)
    if lifetime is None and "exp" not in claims:
        streams.say("note: the token has no exp, so it never ends; --lifetime sets one")


@jwt.command(
    epilog=examples(
        "kmsjose jwt verify --keys jwks.json --issuer https://issuer.example --audience api token.jwt",
        "kmsjose jwt verify --keys https://issuer.example/jwks.json --audience api token.jwt",
        "kmsjose jwt verify --keys issuer.pem --alg PS256 --leeway 30s < token.jwt",
    )
)
@keys
@accepted_algs
@claims_options("The header's typ; left out, JWT or none.")
@to_file
@file()
def verify(
    *,
    keys: str,
    algs: Sequence[str],
    issuer: str | None,
    audience: str | None,
    typs: Sequence[str],
    leeway: timedelta,
    no_exp: bool,
    file: str | None,
) -> None:
    """Verify a token, and print its claims."""
    from ..jose import jwt as tokens

    streams.only_one_stdin(keys, file)
    trusted = keyfiles.load(keys, algs)
    verified = tokens.verify(
        streams.read_token(file),
        trusted,
        issuer=issuer,
        audience=audience,
        typ=typs or None,
        leeway=leeway,
        require=() if no_exp else ("exp",),
        algorithms=algs or None,
    )
    streams.say(f"good: {verified.key.algorithm.name} by {verified.key.kid}")
    screen.print_json(verified.claims)
