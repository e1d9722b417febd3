"""`kmsjose key csr` and `kmsjose key cert`: certificate requests and certificates, signed by a key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import rich_click as click

from ..errors import InputError
from . import chains, outputs, streams
from .command import Command, examples
from .completion import complete_keys
from .context import Place, pass_place
from .durations import Duration
from .options import alg, out

if TYPE_CHECKING:
    from cryptography.x509 import Name

    from ..keys import Chain
    from ..x509.request import Request
    from ..x509.role import Role

_KEY = click.argument("key", metavar="KEY", shell_complete=complete_keys)
_SAN = click.option(
    "--san", "sans", metavar="KIND:NAME", multiple=True, help="A further name: dns:, uri:, ip: or email:; may repeat."
)


@click.command(
    cls=Command,
    epilog=examples(
        "kmsjose key csr alias/issuer --subject 'CN=issuer,O=Example' --san uri:https://issuer.example > issuer.csr",
        "kmsjose key csr alias/rsa --alg PS256 --subject CN=rsa --out rsa.csr",
    ),
)
@_KEY
@alg("The algorithm that signs the request; only an RSA key needs it.")
@click.option("--subject", metavar="NAME", required=True, help="Whom the certificate is for: CN=issuer,O=Example.")
@_SAN
@out
@pass_place
def csr(place: Place, /, *, key: str, alg: str | None, subject: str, sans: Sequence[str], out: str | None) -> None:
    """Write a certificate request (PKCS #10) for a key, in PEM."""
    from .. import x509

    outputs.write(x509.csr(place.signer(key, alg), subject, sans).encode(), out)


@click.command(
    cls=Command,
    epilog=examples(
        "kmsjose key cert alias/root --ca --subject 'CN=Root,O=Example' --lifetime 3650d > root.pem",
        "kmsjose key cert alias/root --csr issuer.csr --ca-cert root.pem > issuer.pem",
        "kmsjose key cert alias/test --subject CN=test --san dns:test.example --lifetime 1d",
    ),
)
@_KEY
@alg("The algorithm that signs the certificate; only an RSA key needs it.")
@click.option("--subject", metavar="NAME", help="Whom it is for: CN=issuer,O=Example.")
@_SAN
@click.option("--lifetime", type=Duration(), metavar="365d", default="365d", show_default=True, help="From now on.")
@click.option("--ca", is_flag=True, help="It is a CA's: its key issues certificates, and signs nothing else.")
@click.option("--path-length", type=int, metavar="N", help="With --ca: how many CAs may stand below it; else 0.")
@click.option("--purpose", "purposes", metavar="OID", multiple=True, help="All that its key is for; may be repeated.")
@click.option("--csr", metavar="FILE", type=click.Path(readable=False), help="The request of the key to certify.")
@click.option(
    "--ca-cert",
    metavar="PEM",
    type=click.Path(readable=False),
    help="With --csr: the certificate of KEY, and its CAs'.",
)
@out
@pass_place
def cert(
    place: Place,
    /,
    *,
    key: str,
    alg: str | None,
    subject: str | None,
    sans: Sequence[str],
    lifetime: timedelta,
    ca: bool,
    path_length: int | None,
    purposes: Sequence[str],
    csr: str | None,
    ca_cert: str | None,
    out: str | None,
) -> None:
    """Write a certificate in PEM: of KEY itself, or by KEY as a CA for the request in --csr.

    Behind the new certificate stand those of the CAs above it; the root is left out. The names of a request are shown,
    and certified as they are; `kmsjose inspect` shows them before. With --subject or --san, none of them is: the
    certificate has the names that you give, and no others.
    """
    from .. import x509

    role = _role(path_length, purposes, ca=ca)
    if csr is None and ca_cert is None:
        if subject is None:
            raise InputError("usage", "--subject is missing: name whom it is for, or give --csr and --ca-cert")
        chain = x509.self_signed(place.signer(key, alg), subject, sans, lifetime=lifetime, role=role)
    elif csr is None or ca_cert is None:
        raise InputError("usage", "--csr and --ca-cert go together")
    else:
        streams.only_one_stdin(csr, ca_cert)
        outputs.check_apart(out, csr, ca_cert)
        request, above = _request(csr, subject, sans), chains.load(ca_cert)
        chain = x509.issue(place.signer(key, alg), above, request, lifetime=lifetime, role=role)
    _tell(chain)
    outputs.write(chain.to_pem().encode(), out)


def _role(path_length: int | None, purposes: Sequence[str], *, ca: bool) -> Role:
    from ..x509 import CA, Leaf

    if ca and purposes:
        raise InputError("usage", "--purpose is not for a CA")
    if path_length is not None and not ca:
        raise InputError("usage", "--path-length is for a CA: add --ca")
    return CA(path_length or 0) if ca else Leaf(tuple(purposes))


def _request(path: str, subject: str | None, sans: Sequence[str]) -> Request:
    from .. import x509
    from ..x509.request import MAX_REQUEST_SIZE

    request = x509.read_request(streams.read(path, MAX_REQUEST_SIZE))
    streams.say(f"requested: {_names(request.subject, request.sans)}")
    if subject is None and not sans:
        return request
    return replace(request, subject=x509.name(subject or ""), sans=tuple(sans))


def _tell(chain: Chain) -> None:
    from ..x509.names import names_of

    leaf = chain.leaf
    names = _names(leaf.subject, names_of(leaf.native.extensions))
    streams.say(f"certified: {names}, until {leaf.not_after.isoformat()}")


def _names(subject: Name, sans: Sequence[str]) -> str:
    return ", ".join(filter(None, (subject.rfc4514_string(), *sans)))
