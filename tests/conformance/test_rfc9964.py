"""RFC 9964's JOSE examples of ML-DSA: keys, thumbprints, tokens."""

from __future__ import annotations

import json

import pytest
from cryptography.hazmat.primitives.asymmetric import mldsa

from kmsjose.encoding import b64url_decode
from kmsjose.errors import InputError
from kmsjose.jose.compact import sign, verify
from kmsjose.keys import PublicKey
from kmsjose.signers import LocalSigner

FROM_SEED = {
    "ML-DSA-44": mldsa.MLDSA44PrivateKey.from_seed_bytes,
    "ML-DSA-65": mldsa.MLDSA65PrivateKey.from_seed_bytes,
    "ML-DSA-87": mldsa.MLDSA87PrivateKey.from_seed_bytes,
}


@pytest.fixture(params=FROM_SEED)
def name(request):
    return request.param


@pytest.fixture
def example(vectors, name):
    path = vectors / "rfc9964" / "jose" / "examples" / f"{name.replace('-', '_')}.jose.json"
    return json.loads(path.read_text())


@pytest.fixture
def public(example):
    return {member: value for member, value in example["jwk"].items() if member != "priv"}


def test_there_are_three_examples(vectors):
    assert len(list((vectors / "rfc9964" / "jose" / "examples").glob("*.json"))) == len(FROM_SEED)


def test_the_key_is_read_and_its_kid_is_its_thumbprint(example, public, name):
    key = PublicKey.from_jwk(public)
    assert key.algorithm.name == name
    assert key.material.public_bytes_raw().hex() == example["raw_public_key"]
    assert key.kid == key.thumbprint() == example["jwk"]["kid"]
    assert {member: key.to_jwk()[member] for member in public} == public


def test_the_key_with_its_private_member_is_refused(example, refused):
    with refused("key-private", InputError):
        PublicKey.from_jwk(example["jwk"])


def test_the_token_is_verified(example, public, refused):
    key = PublicKey.from_jwk(public)
    token = example["jws"]
    signing_input, _, signature = token.rpartition(".")
    assert signing_input.encode().hex() == example["raw_to_be_signed"]
    assert b64url_decode(signature.encode()).hex() == example["raw_signature"]
    result = verify(token, key)
    assert result.header == {"alg": key.algorithm.name, "kid": key.kid}
    assert result.payload.decode().startswith("It’s a dangerous business, Frodo")
    with refused("signature-invalid"):
        verify(token.replace(".SX", ".SY"), key)


def test_its_seed_makes_the_same_key(example, public, name):
    signer = LocalSigner(FROM_SEED[name](bytes.fromhex(example["priv"])))
    assert signer.public_key == PublicKey.from_jwk(public)
    assert verify(sign(b"payload", signer), PublicKey.from_jwk(public)).payload == b"payload"
