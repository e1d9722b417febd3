"""RFC 9964's COSE examples of ML-DSA: keys, thumbprints, messages."""

from __future__ import annotations

import json

import pytest

from kmsjose import KeySet, LocalSigner, PublicKey, cose
from kmsjose.cbor import dumps, loads, tagged, untagged
from kmsjose.cose.structures import sig_structure1
from kmsjose.errors import InputError
from kmsjose.keys.kids import kid_of_text

from .test_rfc9964 import FROM_SEED


@pytest.fixture(params=FROM_SEED)
def name(request):
    return request.param


@pytest.fixture
def example(vectors, name):
    path = vectors / "rfc9964" / "cose" / "examples" / f"{name.replace('-', '_')}.cose.json"
    return json.loads(path.read_text())


@pytest.fixture
def private(example):
    return loads(bytes.fromhex(example["key"]))


@pytest.fixture
def public(private):
    return {label: value for label, value in private.items() if label != -2}


@pytest.fixture
def key(public):
    return PublicKey.from_cose_key(dumps(public))


@pytest.fixture
def message(example):
    return bytes.fromhex(example["sign1"])


def test_there_are_three_examples(vectors):
    assert len(list((vectors / "rfc9964" / "cose" / "examples").glob("*.json"))) == len(FROM_SEED)


def test_the_key_is_read_and_written_as_it_is(example, public, key, name):
    assert key.algorithm.name == name
    assert key.material.public_bytes_raw().hex() == example["raw_public_key"]
    assert loads(key.to_cose_key()) == {**public, 4: [2]}


def test_its_kid_is_its_cose_key_thumbprint(example, public, key):
    # RFC 9679: the hash of kty, alg and pub, which RFC 9964 makes the required ones.
    assert kid_of_text(key.kid) == public[2] == key.cose_thumbprint()
    # The JOSE example of the same algorithm has the same key, and another kid: the thumbprint of its JWK.
    unnamed = PublicKey.from_cose_key({label: value for label, value in public.items() if label != 2})
    assert unnamed.kid == key.thumbprint()
    assert unnamed.cose_thumbprint() == public[2]


def test_it_is_the_key_of_the_jose_example(vectors, key, name):
    path = vectors / "rfc9964" / "jose" / "examples" / f"{name.replace('-', '_')}.jose.json"
    jwk = {member: value for member, value in json.loads(path.read_text())["jwk"].items() if member != "priv"}
    assert PublicKey.from_jwk(jwk).spki == key.spki
    assert PublicKey.from_jwk(jwk).kid == key.thumbprint()


def test_the_key_with_its_private_parameter_is_refused(example, private, refused):
    for form in (bytes.fromhex(example["key"]), private):
        with refused("key-private", InputError):
            PublicKey.from_cose_key(form)
    with refused("key-private", InputError):
        KeySet.from_cose_keyset(dumps([private]))


def test_the_message_is_verified(example, key, message, name):
    verified = cose.verify1(message, KeySet([key]))
    assert verified.payload == b"hello post quantum signatures"
    assert verified.protected == {1: key.algorithm.cose, 4: kid_of_text(key.kid)}
    assert verified.unprotected == {}
    assert verified.key == key
    assert cose.verify1(untagged(message)[1], key).payload == verified.payload


def test_what_is_signed_is_what_the_example_says(example, message):
    protected, _, payload, signature = loads(untagged(message)[1])
    assert sig_structure1(protected, b"", payload).hex() == example["raw_to_be_signed"]
    assert signature.hex() == example["raw_signature"]


def test_a_changed_message_is_refused(key, message, refused):
    protected, unprotected, payload, signature = loads(untagged(message)[1])
    changed = bytes([signature[0] ^ 1]) + signature[1:]
    for parts, code in (
        ([protected, unprotected, payload + b"!", signature], "signature-invalid"),
        ([protected, unprotected, payload, changed], "signature-invalid"),
        ([protected, unprotected, payload, signature[:-1]], "signature-size"),
    ):
        with refused(code):
            cose.verify1(tagged(18, dumps(parts)), key)
    with refused("signature-invalid"):
        cose.verify1(message, key, external_aad=b"context")


def test_its_seed_makes_the_same_key(example, private, key, message, name):
    assert private[-2].hex() == example["priv"]
    signer = LocalSigner(FROM_SEED[name](private[-2]), kid=key.kid)
    assert signer.public_key == key
    protected, *_ = loads(untagged(message)[1])
    ours = cose.sign1(b"hello post quantum signatures", signer)
    # Signing is random, and all else is written as the example has it.
    assert ours[: -key.algorithm.signature_size] == message[: -key.algorithm.signature_size]
    assert loads(untagged(ours)[1])[0] == protected
    assert cose.verify1(ours, key).payload == b"hello post quantum signatures"
