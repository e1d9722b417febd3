"""`kmsjose cwt`: CBOR Web Tokens, whose claims are JSON on the command line."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import rich_click as click

from . import chains, keyfiles, outputs, screen, streams
from .cbor_json import claims_from_json, claims_to_json
from .command import InOrder, examples
from .context import Place, pass_place
from .cose import number_or_text
from .durations import Duration
from .options import accepted_algs, alg, backdate, chain, claims_options, file, key, keys, kid, out, to_file


@click.group(cls=InOrder)
def cwt() -> None:
    """Sign and verify CBOR Web Tokens (RFC 8392)."""


@cwt.command(
    epilog=examples(
        "kmsjose cwt sign --key alias/issuer --lifetime 5m --out token.cwt claims.json",
        """echo '{"sub": "alice", "-65537": true}' | kmsjose cwt sign --key alias/issuer --lifetime 1h > token.cwt""",
    )
)
@key
@alg("The algorithm; only an RSA key needs it.")
@kid
@click.option("--typ", metavar="T", help="The header's typ: a media type, or a CoAP Content-Format number.")
@click.option(
    "--lifetime",
    type=Duration(),
    metavar="5m",
    help="How long it is good, in s, m, h or d, else seconds; left out, no exp is set.",
)
@backdate
@click.option("--cti", is_flag=True, help="Set a random cti, which tells tokens apart.")
@click.option("--cwt-tag", is_flag=True, help="Write the CWT tag, 61, before the tag of the message.")
@chain
@out
@file("CLAIMS.json")
@pass_place
def sign(
    place: Place,
    /,
    *,
    key: str,
    alg: str | None,
    kid: str | None,
    typ: str | None,
    lifetime: timedelta | None,
    backdate: timedelta,
    cti: bool,
    cwt_tag: bool,
    chain: str | None,
    haip: bool,
    out: str | None,
    file: str | None,
) -> None:
    """Sign claims, and write the token; iat is set to now.

    Registered claims go by their names (iss, sub, aud, exp, nbf, cti), all others by their labels: a member whose
    name is an integer is that label, at any depth. cti is bytes, in base64url; other bytes have no JSON here.
    """
    from ..cose import cwt as tokens
    from ..cose.cwt_claims import LABELS

    streams.only_one_stdin(file, *([] if chain is None else [chain]))
    outputs.check(out, file, chain)
    attach = chains.attacher(chain, haip=haip)
    claims = claims_from_json(streams.read_json(file, "the claims", tokens.MAX_CWT_SIZE))
    signer = attach(place.signer(key, alg, kid))
    token = tokens.sign(
        claims, signer, lifetime=lifetime, backdate=backdate, cti=cti, typ=number_or_text(typ), tag=cwt_tag
    )
    outputs.write(token, out)
    if lifetime is None and claims.keys().isdisjoint(("exp", LABELS["exp"])):
        streams.say("note: the token has no exp, so it never ends; --lifetime sets one")


@cwt.command(
    epilog=examples(
        "kmsjose cwt verify --keys keys.cose --issuer coap://as.example --audience coap://light.example token.cwt",
        "kmsjose cwt verify --keys jwks.json --leeway 30s < token.cwt",
    )
)
@keys
@accepted_algs
@claims_options("The header's typ; left out, that of a CWT or none.")
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
    """Verify a token, and print its claims as JSON; bytes are in base64url, labels are members' names."""
    from ..cose import cwt as tokens

    streams.only_one_stdin(keys, file)
    trusted = keyfiles.load(keys, algs)
    verified = tokens.verify(
        streams.read(file),
        trusted,
        issuer=issuer,
        audience=audience,
        typ=[typ for typ in map(number_or_text, typs) if typ is not None] or None,
        leeway=leeway,
        require=() if no_exp else ("exp",),
        algorithms=algs or None,
    )
    claims = claims_to_json(verified.claims)
    streams.say(f"good: {verified.key.algorithm.name} by {verified.key.kid}")
    screen.print_json(claims)
