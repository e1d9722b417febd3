"""Credentials and tokens that KMS signed, verified from the published JWK Set by PyJWT, joserfc and jwcrypto."""

from __future__ import annotations

import json
import warnings

import jwt as pyjwt
import pytest
from joserfc import jwk as joserfc_jwk
from joserfc import jws as joserfc_jws
from jwcrypto import jwk as jwcrypto_jwk
from jwcrypto import jws as jwcrypto_jws
from jwt.algorithms import OKPAlgorithm

from kmsjose import KeySet, jwt, vc
from kmsjose.algorithms import TABLE, Family
from kmsjose.jose import bridge

from .conftest import CLAIMS, CREDENTIAL

pytestmark = pytest.mark.interop
ALL = [row.name for row in TABLE]
CLASSIC = [row.name for row in TABLE if row.family is not Family.ML_DSA]


def jwk_of(issued, alg):
    (found,) = (key for key in json.loads(issued.jwks)["keys"] if key["alg"] == alg)
    return found


@pytest.mark.parametrize("alg", ALL)
def test_kmsjose_verifies_what_it_published(issued, alg):
    keys = KeySet.from_jwks(issued.jwks)
    assert vc.verify(issued.credentials[alg], keys, issuer=CREDENTIAL["issuer"]).document == CREDENTIAL
    assert jwt.verify(issued.tokens[alg], keys, issuer=CLAIMS["iss"], audience=CLAIMS["aud"]).claims["sub"] == "alice"


@pytest.mark.parametrize("alg", CLASSIC)
def test_pyjwt_verifies(issued, alg):
    key = pyjwt.PyJWKSet.from_json(issued.jwks)[f"2026-{alg}"]
    assert json.loads(pyjwt.api_jws.PyJWS().decode(issued.credentials[alg], key, algorithms=[alg])) == CREDENTIAL
    claims = pyjwt.decode(
        issued.tokens[alg],
        key,
        algorithms=[alg],
        audience=CLAIMS["aud"],
        issuer=CLAIMS["iss"],
        options={"require": ["exp"]},
    )
    assert claims["sub"] == "alice"


@pytest.mark.parametrize("alg", CLASSIC)
def test_joserfc_verifies(issued, alg):
    key = joserfc_jwk.import_key(jwk_of(issued, alg))
    registry = joserfc_jws.JWSRegistry(algorithms=[alg])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # It warns of EdDSA by that name.
        payload = joserfc_jws.deserialize_compact(issued.tokens[alg], key, registry=registry).payload
        assert json.loads(payload)["sub"] == "alice"
        wide = bridge.registry()  # Its own takes no header of this length.
        payload = joserfc_jws.deserialize_compact(issued.credentials[alg], key, registry=wide).payload
    assert json.loads(payload) == CREDENTIAL


@pytest.mark.parametrize("alg", ALL)
def test_jwcrypto_verifies(issued, alg):
    for token, expected in ((issued.credentials[alg], CREDENTIAL), (issued.tokens[alg], None)):
        verifier = jwcrypto_jws.JWS()
        verifier.allowed_algs = [alg]
        verifier.deserialize(token, jwcrypto_jwk.JWK(**jwk_of(issued, alg)))
        assert verifier.is_valid
        assert expected is None or json.loads(verifier.payload) == expected


def test_ed25519_by_its_own_name_is_verified_where_it_is_registered(kmsjose_signer):
    signer = kmsjose_signer("EdDSA")
    token = jwt.sign({}, signer, fully_specified=True)
    verifier = pyjwt.PyJWT()
    verifier._jws.register_algorithm("Ed25519", OKPAlgorithm())
    assert "iat" in verifier.decode(token, signer.public_key.material, algorithms=["Ed25519"])
    joserfc_key = bridge.verifying_key(signer.public_key)
    joserfc_jws.deserialize_compact(token, joserfc_key, registry=joserfc_jws.JWSRegistry(algorithms=["Ed25519"]))
