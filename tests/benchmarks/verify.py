"""`jwt.verify`, with issuer and audience checked, against the bare primitive and three other libraries."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from datetime import timedelta

import jwt as pyjwt
from joserfc import jwk as joserfc_jwk
from joserfc import jws as joserfc_jws
from joserfc import jwt as joserfc_jwt
from jwcrypto import jwk as jwcrypto_jwk
from jwcrypto import jwt as jwcrypto_jwt

from kmsjose import KeySet, PublicKey, jwt
from kmsjose.encoding import b64url_decode

from .keys import bare_verify, signers
from .measure import medians, table

ISSUER, AUDIENCE = "https://issuer.example", "https://api.example"
CLAIMS = {
    "iss": ISSUER,
    "aud": AUDIENCE,
    "sub": "248289761001",
    "name": "Jane Doe",
    "email": "jane.doe@example.com",
    "scope": "openid profile email offline_access",
    "client_id": "s6BhdRkqt3",
    "roles": ["reader", "editor"],
    "tenant": "3f2504e0-4f89-11d3-9a0c-0305e82c3301",
}
#: What must hold: ours against the bare primitive.
LIMITS = {"ES256": 1.25, "RS256": 1.8}


def bare(key: PublicKey, token: str) -> Callable[[], object]:
    """The primitive alone, over the bytes of a token."""
    message, _, signature = token.encode().rpartition(b".")
    return bare_verify(key, message, b64url_decode(signature))


def ours(key: PublicKey, token: str) -> Callable[[], object]:
    keys = KeySet([key])
    return lambda: jwt.verify(token, keys, issuer=ISSUER, audience=AUDIENCE)


def with_joserfc(key: PublicKey, token: str) -> Callable[[], object]:
    alg = key.algorithm.name
    imported = joserfc_jwk.import_key({k: v for k, v in key.to_jwk().items() if k != "alg"})
    rules = joserfc_jwt.JWTClaimsRegistry(
        iss={"essential": True, "value": ISSUER}, aud={"essential": True, "value": AUDIENCE}, exp={"essential": True}
    )
    registry = joserfc_jws.JWSRegistry(algorithms=[alg])

    def verify() -> object:
        decoded = joserfc_jwt.decode(token, imported, registry=registry)
        rules.validate(decoded.claims)
        return decoded

    return verify


def with_pyjwt(key: PublicKey, token: str) -> Callable[[], object]:
    alg, material = key.algorithm.name, key.material
    return lambda: pyjwt.decode(token, material, algorithms=[alg], issuer=ISSUER, audience=AUDIENCE)


def with_jwcrypto(key: PublicKey, token: str) -> Callable[[], object]:
    imported = jwcrypto_jwk.JWK(**key.to_jwk())
    alg = key.algorithm.name
    wanted = {"iss": ISSUER, "aud": AUDIENCE, "exp": None}
    return lambda: jwcrypto_jwt.JWT(jwt=token, key=imported, algs=[alg], check_claims=wanted, expected_type="JWS")


PEERS: dict[str, Callable[[PublicKey, str], Callable[[], object]]] = {
    "joserfc": with_joserfc,
    "PyJWT": with_pyjwt,
    "jwcrypto": with_jwcrypto,
}


def known(
    make: Callable[[PublicKey, str], Callable[[], object]], key: PublicKey, token: str
) -> Callable[[], object] | None:
    """The peer's verification of a token, or None if the peer does not know the algorithm."""
    try:
        call = make(key, token)
        call()
    except Exception as error:  # each peer says so in its own way; the table shows "-"
        if key.algorithm.name in LIMITS:
            raise AssertionError("a peer must know this algorithm") from error
        return None
    return call


def main(rounds: int, batch: int) -> None:
    """Print the table."""
    warnings.simplefilter("ignore")
    rows = []
    for signer in signers():
        key = signer.public_key
        token = jwt.sign(CLAIMS, signer, lifetime=timedelta(days=1))
        peers = {"bare": bare(key, token), "kmsjose": ours(key, token)}
        for name, make in PEERS.items():
            call = known(make, key, token)
            if call is not None:
                peers[name] = call
        result = medians(peers, rounds, batch)
        row = {"alg": key.algorithm.name, "bare us": f"{result['bare']:.1f}"}
        row |= {
            name: f"{result[name] / result['bare']:.2f}x" if name in result else "-" for name in ("kmsjose", *PEERS)
        }
        limit = LIMITS.get(key.algorithm.name)
        row["limit"] = f"{limit:.2f}x" if limit else ""
        rows.append(row)
    table("jwt.verify with issuer and audience, as a ratio to the bare cryptography verify of the same bytes", rows)
