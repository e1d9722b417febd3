"""`kmsjose vc`: verifiable credentials and presentations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import rich_click as click

from ..encoding import JSONObject
from ..errors import InputError, VerificationError
from . import chains, keyfiles, screen, streams
from .command import InOrder, examples
from .context import Place, pass_place
from .options import accepted_algs, alg, chain, file, key, keys, kid, to_file

if TYPE_CHECKING:
    from ..credentials.vc import Verified


@click.group(cls=InOrder)
def vc() -> None:
    """Issue and verify verifiable credentials (W3C data models 2.0 and 1.1)."""


@vc.command(
    epilog=examples(
        "kmsjose vc issue --key alias/issuer credential.json",
        "kmsjose vc issue --key alias/issuer --kid did:web:issuer.example#key-1 credential.json",
        "kmsjose vc issue --key alias/holder --presentation --audience https://shop.example --nonce n-0S6_WzA2Mj"
        " presentation.json",
    )
)
@key
@alg("The algorithm; only an RSA key needs it.")
@kid
@click.option("--model", type=click.Choice(["2.0", "1.1"]), help="The data model that the document must be of.")
@click.option("--as", "form", type=click.Choice(["jwt"]), default="jwt", show_default=True, help="How it is secured.")
@click.option("--presentation", is_flag=True, help="The document is a presentation, not a credential.")
@click.option("--audience", metavar="AUDIENCE", help="Of a presentation: the verifier that it is for.")
@click.option("--nonce", metavar="NONCE", help="Of a presentation: what the verifier asked to be repeated.")
@chain
@to_file
@file("DOCUMENT.json")
@pass_place
def issue(
    place: Place,
    /,
    *,
    key: str,
    alg: str | None,
    kid: str | None,
    model: str | None,
    form: str,  # noqa: ARG001 - there is one form yet
    presentation: bool,
    audience: str | None,
    nonce: str | None,
    chain: str | None,
    haip: bool,
    file: str | None,
) -> None:
    """Sign a credential or presentation as it stands, and print the token."""
    from ..credentials import vc as credentials

    if not presentation:
        _refuse_beside("the document is a credential", audience=audience, nonce=nonce)
    streams.only_one_stdin(file, *([] if chain is None else [chain]))
    attach = chains.attacher(chain, haip=haip)
    document = streams.read_json(file, "the document", credentials.MAX_SIZE)
    if model is not None:
        _check_model(document, model)
    signer = attach(place.signer(key, alg, kid))
    screen.print_line(
        credentials.present(document, signer, audience=audience, nonce=nonce)
        if presentation
        else credentials.issue(document, signer)
    )


def _check_model(document: JSONObject, version: str) -> None:
    from ..credentials.model import model_of

    try:
        found = model_of(document).version
    except VerificationError as error:
        raise InputError("credential-invalid", error.message) from error
    if found != version:
        raise InputError("credential-invalid", f"the document's @context is of data model {found}, not {version}")


@vc.command(
    epilog=examples(
        "kmsjose vc verify --keys jwks.json --issuer https://university.example credential.jwt",
        "kmsjose vc verify --keys holder.json --audience https://shop.example --nonce n-0S6_WzA2Mj presentation.jwt",
    )
)
@keys
@accepted_algs
@click.option("--issuer", metavar="ISSUER", help="Of a credential: the issuer that it must have.")
@click.option("--audience", metavar="AUDIENCE", help="Who the verifier is: the token must be for it.")
@click.option("--nonce", metavar="NONCE", help="Of a presentation: what it must repeat.")
@to_file
@file()
def verify(
    *,
    keys: str,
    algs: Sequence[str],
    issuer: str | None,
    audience: str | None,
    nonce: str | None,
    file: str | None,
) -> None:
    """Verify a credential or presentation, and print it."""
    from ..credentials import vc as credentials

    streams.only_one_stdin(keys, file)
    token = streams.read_token(file)
    presentation = _is_presentation(token)
    trusted = keyfiles.load(keys, algs, "authentication" if presentation else "assertionMethod")
    if presentation:
        _refuse_beside("the token is a presentation", issuer=issuer)
        verified = credentials.verify_presentation(
            token, trusted, audience=audience, nonce=nonce, algorithms=algs or None
        )
    else:
        _refuse_beside("the token is a credential", nonce=nonce)
        verified = credentials.verify(token, trusted, issuer=issuer, audience=audience, algorithms=algs or None)
    streams.say(verdict(verified))
    if verified.kind == "presentation" and verified.document.get("verifiableCredential"):
        streams.say("note: the credentials in it are not verified: verify each by its own issuer's keys")
    if presentation and audience is not None and nonce is None:
        streams.say("note: no --nonce was given, so it may have been shown before")
    screen.print_json(verified.document)


def verdict(verified: Verified) -> str:
    """What is said of a credential or presentation that is good."""
    return f"good: {verified.kind}, data model {verified.version}, {verified.key.algorithm.name} by {verified.key.kid}"


def _refuse_beside(what: str, **options: str | None) -> None:
    # An option that is not looked at would make a person believe that it was checked.
    for name, value in options.items():
        if value is not None:
            raise InputError("usage", f"{what}, which --{name} is not for")


def _is_presentation(token: bytes) -> bool:
    # Only chooses what is then verified as such: a token that lies about it, or can't be read, is refused there.
    from ..credentials.securing import kind_of
    from ..encoding import b64url_decode
    from ..jose.content import claims_of
    from ..jose.header import decode_header

    protected, _, rest = token.partition(b".")
    try:
        claims = claims_of(b64url_decode(rest.partition(b".")[0]))
        return kind_of(decode_header(protected).get("typ"), claims) == "presentation"
    except VerificationError:
        return False
