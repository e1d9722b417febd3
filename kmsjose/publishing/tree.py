"""The files that publish a set of keys, as bytes: the same keys make the same files."""

from __future__ import annotations

import json
from typing import Final

from ..arguments import checked
from ..errors import InputError
from ..keys import KeySet
from ..keys.did_document import MethodType, did_document, method_id
from ..keys.did_web import did_web, did_web_path
from .page import page

__all__ = ["COSE_KEYS", "JWKS", "PAGE", "REVOKED", "VC_ISSUER", "WELL_KNOWN", "tree"]

WELL_KNOWN: Final = ".well-known"
#: The JWK Set (RFC 7517 section 5).
JWKS: Final = f"{WELL_KNOWN}/jwks.json"
#: The COSE_KeySet (RFC 9052 section 7).
COSE_KEYS: Final = f"{WELL_KNOWN}/cose-keys.cbor"
#: The keys that are never to be published here again.
REVOKED: Final = f"{WELL_KNOWN}/revoked-keys.json"
#: The page for people.
PAGE: Final = f"{WELL_KNOWN}/index.html"
#: The issuer metadata of SD-JWT VC, or the folder of it where the issuer has a path.
VC_ISSUER: Final = f"{WELL_KNOWN}/jwt-vc-issuer"
_DID: Final = "did.json"
#: A COSE_KeySet has at least one key (RFC 9052 section 7). Where none is left, a reader is to find none, and not the
#: set of before.
_NO_COSE_KEYS: Final = b"\x80"


@checked
def tree(
    keys: KeySet, issuer: str | None = None, *, method_type: MethodType = "JsonWebKey", empty: bool = False
) -> dict[str, bytes]:
    """The files that publish keys, by their path below the root of a web server, with ``/`` between its parts.

    There is the JWK Set, the COSE_KeySet and a page for people; of an issuer also its did:web document and its SD-JWT
    VC issuer metadata (draft-ietf-oauth-sd-jwt-vc section 4).

    Args:
        keys: What to publish, in this order.
        issuer: The https URL of the issuer, as the tokens have it in ``iss``; see `did_web` for its form. The root of
            the web server is that of its host.
        method_type: How the keys are typed in the DID document; ``JsonWebKey2020`` is for verifiers that know no other.
        empty: Whether there may be no keys: every token is refused then.

    Raises:
        InputError: ``usage``: there are no keys, or the issuer is no such URL; ``key-invalid``, ``key-conflict``: a kid
            that can't be published.

    >>> from cryptography.hazmat.primitives.asymmetric import ec
    >>> from kmsjose import PublicKey
    >>> key = PublicKey.of(ec.derive_private_key(1, ec.SECP256R1()).public_key())
    >>> list(tree(KeySet([key]), "https://issuer.example/staff"))  # doctest: +NORMALIZE_WHITESPACE
    ['.well-known/jwks.json', '.well-known/cose-keys.cbor', 'staff/did.json', '.well-known/jwt-vc-issuer/staff',
     '.well-known/index.html']
    """
    if not keys and not empty:
        # A verifier that reads an empty set would refuse every token from then on.
        raise InputError("usage", "there are no keys to publish")
    jwks = keys.to_jwks()
    files = {JWKS: _json(jwks), COSE_KEYS: keys.to_cose_keyset() if keys else _NO_COSE_KEYS}
    methods: list[str] = []
    if issuer is not None:
        did = did_web(issuer)
        path = did_web_path(did)
        files["/".join((*(path or (WELL_KNOWN,)), _DID))] = _json(did_document(keys, did, method_type=method_type))
        methods = [method_id(key.kid, did) for key in keys]
        files["/".join((VC_ISSUER, *path))] = _json({"issuer": issuer, "jwks": jwks})
    files[PAGE] = page(keys, issuer, files={name: _from_page(name) for name in files}, methods=methods)
    return files


def _from_page(name: str) -> str:
    folder, _, rest = name.partition("/")
    return rest if folder == WELL_KNOWN else f"../{name}"


def _json(value: object) -> bytes:
    return f"{json.dumps(value, indent=2, ensure_ascii=False)}\n".encode()
