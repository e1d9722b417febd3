"""`kmsjose jws`: signatures over any content."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, BinaryIO, Literal

import rich_click as click
from click.globals import get_current_context

from ..encoding import JSONObject, json_dumps
from ..errors import InputError
from . import chains, keyfiles, outputs, screen, streams
from .command import InOrder, examples
from .context import Place, pass_place
from .options import accepted_algs, alg, chain, file, keys, kid, policy, signing_keys, to_file
from .policies import check_one, policy_of, told_verdicts, verdicts_told

if TYPE_CHECKING:
    from ..keys import KeySet
    from ..keys.policy import Policy
    from ..signers import Signer

Form = Literal["compact", "flattened", "general"]


@click.group(cls=InOrder)
def jws() -> None:
    """Sign and verify any content (RFC 7515)."""


@jws.command(
    epilog=examples(
        "kmsjose jws sign --key alias/issuer document.pdf > document.jws",
        "kmsjose jws sign --key alias/issuer --detached disk.img > disk.img.jws",
        "kmsjose jws sign --key alias/one --key alias/two --alg PS256 contract.txt",
    )
)
@signing_keys
@alg("The algorithm; only RSA keys need it. Of several keys, those that can't do it use their own.")
@kid
@click.option("--header", metavar="JSON", help="Further members of the protected header, as a JSON object.")
@click.option(
    "--form",
    metavar="FORM",
    type=click.Choice(["compact", "flattened", "general"]),
    help="compact, flattened or general; left out, compact for one key, general for several.",
)
@click.option("--detached", is_flag=True, help="Leave the content out of the result; it may then be of any size.")
@click.option("--fully-specified", is_flag=True, help="Write the RFC 9864 name of the algorithm: Ed25519 for EdDSA.")
@chain
@to_file
@file()
@pass_place
def sign(
    place: Place,
    /,
    *,
    keys: Sequence[str],
    alg: str | None,
    kid: str | None,
    header: str | None,
    form: Form | None,
    detached: bool,
    fully_specified: bool,
    chain: str | None,
    haip: bool,
    file: str | None,
) -> None:
    """Sign a file, and print the JWS."""
    form = form or ("compact" if len(keys) == 1 else "general")
    if form != "general" and len(keys) != 1:
        raise InputError("usage", f"--form {form} takes one --key, not {len(keys)}")
    if kid is not None and len(keys) != 1:
        raise InputError("usage", "--kid is for one --key")
    if chain is not None and len(keys) != 1:
        raise InputError("usage", "--chain is for one --key")
    streams.only_one_stdin(file, *([] if chain is None else [chain]))
    attach = chains.attacher(chain, haip=haip)
    extra = {} if header is None else streams.parse_json(header.encode("utf-8", "replace"), "--header")
    with streams.payload(file) as content:
        signers = [attach(place.signer(keys[0], alg, kid))] if len(keys) == 1 else place.signers(keys, alg)
        token = _signed(content, signers, extra, form, detached=detached, fully_specified=fully_specified)
    screen.print_line(token)


def _signed(
    content: BinaryIO,
    signers: Sequence[Signer],
    header: JSONObject,
    form: Form,
    *,
    detached: bool,
    fully_specified: bool,
) -> str:
    from ..jose.jws import SignAs, sign, sign_json

    if form == "compact":
        return sign(content, signers[0], header=header, detached=detached, fully_specified=fully_specified)
    each = [SignAs(signer, header, fully_specified=fully_specified) for signer in signers]
    return json_dumps(sign_json(content, each, form=form, detached=detached)).decode("utf-8")


@jws.command(
    epilog=examples(
        "kmsjose jws verify --keys jwks.json document.jws > document.pdf",
        "kmsjose jws verify --keys jwks.json --payload disk.img disk.img.jws",
        "kmsjose jws verify --keys jwks.json --policy any contract.jws",
    )
)
@keys
@accepted_algs
@click.option("--payload", metavar="FILE", type=click.Path(readable=False), help="The content, where it is detached.")
@policy
@to_file
@file()
def verify(*, keys: str, algs: Sequence[str], payload: str | None, policy: str, file: str | None) -> None:
    """Verify a JWS of any form, and print its content; with --payload nothing is printed."""
    streams.only_one_stdin(keys, file, *([] if payload is None else [payload]))
    if payload is not None and get_current_context().params["out"] is not None:
        raise InputError("usage", "--out is for the content of the JWS, and with --payload you have it")
    wanted = policy_of(policy)
    trusted = keyfiles.load(keys, algs)
    token = streams.read_token(file)
    with nullcontext() if payload is None else streams.payload(payload, may_be_empty=True) as content:
        check = _verified_json if token.lstrip()[:1] == b"{" else _verified_compact
        verified = check(token, trusted, content, wanted, algs or None)
    if payload is None and verified is not None:
        outputs.write(verified, None)


def _verified_compact(
    token: bytes, trusted: KeySet, content: BinaryIO | None, policy: Policy, algs: Sequence[str] | None
) -> bytes | None:
    from ..jose.jws import verify

    verified = verify(token, trusted, payload=content, algorithms=algs)
    check_one(policy, verified.key)
    return verified.payload


def _verified_json(
    token: bytes, trusted: KeySet, content: BinaryIO | None, policy: Policy, algs: Sequence[str] | None
) -> bytes | None:
    from ..jose.jws import verify_json

    with verdicts_told():
        verified = verify_json(token, trusted, payload=content, policy=policy, algorithms=algs)
    told_verdicts(verified.verdicts)
    return verified.payload
