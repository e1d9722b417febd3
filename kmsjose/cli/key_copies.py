"""`kmsjose key import` and `kmsjose key replicate`: a key that comes from elsewhere, or goes to another region too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import rich_click as click

from ..errors import InputError
from . import screen, streams
from .command import Command, examples
from .completion import complete_keys
from .context import Place, pass_place
from .key_options import about, multi_region, parse_tags
from .options import alg

if TYPE_CHECKING:
    from ..keys import PrivateKey
    from ..kms import KMSSigner


@click.command(
    "import",
    cls=Command,
    epilog=examples(
        "kmsjose key import issuer.pem --alias issuer",
        "kmsjose key import issuer.jwk --alias issuer --tag team=identity",
        "kmsjose key import rsa.pem --alg RS256 --kid 2019-key --password-file secret --alias issuer",
        "kmsjose --region eu-central-1 key import issuer.pem --into mrk-1234abcd12ab34cd56ef1234567890ab",
    ),
)
@click.argument("file", metavar="FILE", type=click.Path(readable=False))
@click.option("--alias", metavar="NAME", help="A name for it, alias/ may be left out.")
@alg("What the key signs by; an RSA key needs it, if its JWK does not say it.")
@click.option(
    "--kid", metavar="KID", help="Its kid; else that of the tag of --into, that of the JWK, or its thumbprint."
)
@click.option(
    "--password-file", metavar="F", type=click.Path(readable=False), help="The password of an encrypted FILE."
)
@about
@multi_region
@click.option(
    "--into",
    metavar="KEY",
    shell_complete=complete_keys,
    help="Import into this key, the replica of an imported key, and make none.",
)
@pass_place
def import_(
    place: Place,
    /,
    *,
    file: str,
    alias: str | None,
    alg: str | None,
    kid: str | None,
    password_file: str | None,
    description: str,
    tags: Sequence[str],
    policy: str | None,
    multi_region: bool,
    into: str | None,
) -> None:
    """Import a private key, PKCS#8 or JWK, into KMS, check that it signs as before, and print its ARN."""
    if kid == "":
        raise InputError("usage", "--kid is empty")
    if into is not None and (alias or description or tags or policy or multi_region):
        raise InputError("usage", "--into a key that is there already takes no option that makes one")
    streams.only_one_stdin(file, password_file or "", policy or "")
    parsed, text = parse_tags(tags), None if policy is None else streams.read_policy(policy)
    key = _read(file, password_file).named(alg, kid)
    from ..kms import import_key

    with _notes_told():
        if into is not None:
            signer = _import_into(place, into, key, kid)
        else:
            signer = import_key(
                place.client,
                key.material,
                alg=key.alg,
                kid=key.kid,
                alias=alias,
                description=description,
                tags=parsed,
                multi_region=multi_region,
                policy=text,
                audit=place.audit,
            )
    screen.print_line(signer.key_arn)
    _tell(signer, file)


def _import_into(place: Place, into: str, key: PrivateKey, kid: str | None) -> KMSSigner:
    """Import into a key that waits; its tag goes before the kid of a JWK, but not before one that is given."""
    from ..kms import describe_key, import_material
    from ..kms.tags import KID

    tagged = (describe_key(place.client, into).tags or {}).get(KID)
    if kid is None and None not in (tagged, key.kid) and tagged != key.kid:
        streams.say(f"note: the JWK's kid {key.kid} is left aside: the key is known as {tagged}")
    chosen = kid or tagged or key.kid
    return import_material(place.client, into, key.material, alg=key.alg, kid=chosen, audit=place.audit)


def _read(file: str, password_file: str | None) -> PrivateKey:
    from ..keys import read_private_key

    password = None if password_file is None else streams.read_token(password_file)
    data = streams.read(file)
    try:
        return read_private_key(data, password)
    except InputError as error:
        code, told = error.code, error.message
    # Not within the clause: what failed may hold what it could not parse.
    raise InputError(code, f"{file}: {told}")


@contextmanager
def _notes_told() -> Iterator[None]:
    """Say what an error notes beside itself: what became of the new key."""
    try:
        yield
    except BaseException as error:
        for note in getattr(error, "__notes__", ()):
            streams.say(note)
        raise


def _tell(signer: KMSSigner, file: str) -> None:
    key = signer.public_key
    how = "its thumbprint" if key.kid == key.thumbprint() else "kept in its tags"
    streams.say(f"It signs {key.algorithm.name}; its kid is {key.kid} ({how}).")
    streams.say("Checked: KMS has the same public key, and the original public key verifies a signature by KMS.")
    what = "the original" if file == streams.STDIN else file
    streams.say(f"KMS can't give the key back. When all is signed by KMS, destroy {what}, every copy and every backup.")


@click.command(
    cls=Command,
    epilog=examples(
        "kmsjose key replicate alias/issuer eu-central-1",
        "kmsjose key replicate mrk-1234abcd12ab34cd56ef1234567890ab us-east-1 --tag team=identity",
    ),
)
@click.argument("key", metavar="KEY", shell_complete=complete_keys)
@click.argument("region", metavar="REGION")
@about
@pass_place
def replicate(
    place: Place, /, *, key: str, region: str, description: str, tags: Sequence[str], policy: str | None
) -> None:
    """Make a replica of a multi-Region key in another region, and print its ARN."""
    parsed, text = parse_tags(tags), None if policy is None else streams.read_policy(policy)
    from ..kms import describe_key, replicate_key

    info = describe_key(place.client, key)
    arn = replicate_key(place.client, info.arn, region, description=description, tags=parsed, policy=text)
    screen.print_line(arn)
    streams.say(
        f"It has no alias yet; KMS may need some seconds until it signs: kmsjose --region {region} key show {arn}"
    )
    if info.origin == "EXTERNAL":
        streams.say(f"It has no key material yet: kmsjose --region {region} key import FILE --into {arn}")
