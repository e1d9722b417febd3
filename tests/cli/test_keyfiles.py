"""KEYS: what a verifying command takes, and what it says of the rest."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from kmsjose import LocalSigner, cose, jws, vc
from kmsjose.keys.did_document import did_document


@pytest.fixture
def verify(run, tmp_path):
    """Verify a token with a KEYS file of some content."""

    def verify_with(keys, token, *arguments):
        path = tmp_path / "keys"
        text = keys if isinstance(keys, (bytes, str)) else json.dumps(keys)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return run("jws", "verify", "--keys", path, *arguments, stdin=token)

    return verify_with


@pytest.fixture
def issuer(signers):
    return signers["ES256"]


@pytest.fixture
def token(issuer):
    return jws.sign(b"content", issuer)


def test_a_jwk_set_a_jwk_and_pem(verify, issuer, token):
    key = issuer.public_key
    for keys in ({"keys": [key.to_jwk()]}, key.to_jwk(), key.to_pem()):
        assert verify(keys, token).ok().stdout == b"content"


def test_a_did_document(run, verify, private_keys):
    did = "did:web:issuer.example"
    signer = LocalSigner(private_keys["ES256"], kid=f"{did}#key-1")
    document = did_document([signer.public_key], did)
    token = jws.sign(b"content", signer)
    assert verify(document, token).ok().stdout == b"content"
    odd = {"id": "#key-2", "type": "Multikey", "controller": did, "publicKeyMultibase": "z6Mk"}
    document["verificationMethod"].append(odd)
    document["assertionMethod"].append("#key-2")
    told = verify(document, token).ok().stderr
    assert "key 2 (did:web:issuer.example#key-2) of " in told
    assert "it has no publicKeyJwk" in told
    document["assertionMethod"] = []
    assert "not listed under assertionMethod" in verify(document, token).refused(2, "key-invalid").stderr


def test_a_presentation_takes_the_keys_that_authenticate(run, private_keys, tmp_path):
    did = "did:web:holder.example"
    signer = LocalSigner(private_keys["ES256"], kid=f"{did}#key-1")
    presentation = {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "type": ["VerifiablePresentation"],
        "holder": did,
    }
    token = vc.present(presentation, signer, audience="https://shop.example", nonce="n-1")
    options = ("vc", "verify", "--audience", "https://shop.example", "--nonce", "n-1", "--keys", tmp_path / "did.json")
    document = did_document([signer.public_key], did) | {"assertionMethod": []}
    (tmp_path / "did.json").write_text(json.dumps(document))
    assert run(*options, stdin=token).ok().json["holder"] == did
    (tmp_path / "did.json").write_text(json.dumps(document | {"authentication": []}))
    assert "not listed under authentication" in run(*options, stdin=token).refused(2, "key-invalid").stderr


def test_a_certificate(verify, private_keys, token):
    key = private_keys["ES256"]
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "issuer")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    assert verify(pem, token).ok().stdout == b"content"


def test_an_rsa_key_that_names_no_algorithm_takes_those_that_are_given(verify, signers):
    signer = signers["PS256"]
    token = jws.sign(b"content", signer)
    jwk = {name: value for name, value in signer.public_key.to_jwk().items() if name != "alg"}
    for keys in (jwk, {"keys": [jwk]}, signer.public_key.to_pem()):
        verify(keys, token, "--alg", "PS256").ok()
        verify(keys, token, "--alg", "RS256", "--alg", "PS256").ok()
        verify(keys, token, "--alg", "RS256").refused(1, "alg-not-allowed")
    verify(jwk, token).refused(2, "alg-required")
    verify(signer.public_key.to_pem(), token).refused(2, "alg-required")
    without = verify({"keys": [jwk]}, token).refused(2, "key-invalid")
    assert "names no alg" in without.stderr


def test_the_algorithms_that_are_given_are_the_only_ones_accepted(verify, issuer, token):
    verify(issuer.public_key.to_jwk(), token, "--alg", "ES256").ok()
    verify({"keys": [issuer.public_key.to_jwk()]}, token, "--alg", "ES384").refused(1, "alg-not-allowed")
    verify(issuer.public_key.to_pem(), token, "--alg", "ES384").refused(2, "alg-unsupported-by-key")


def test_what_is_skipped_is_told(verify, issuer, token):
    odd = {"kty": "XX", "kid": "odd\x1b"}
    verified = verify({"keys": [odd, 7, issuer.public_key.to_jwk()]}, token).ok()
    first, second, _ = verified.stderr.splitlines()
    assert first.startswith("note: key 1 (odd\\x1b) of ")
    assert second.startswith("note: key 2 of ")


def test_a_kid_that_looks_like_pem_makes_no_pem(verify, issuer, token):
    key = issuer.public_key.to_jwk()
    odd = {**key, "kid": "-----BEGIN PUBLIC KEY-----"}
    assert verify({"keys": [odd, key]}, token).ok().stdout == b"content"


def test_keys_may_come_from_standard_input(run, issuer, token, tmp_path):
    path = tmp_path / "token"
    path.write_text(token)
    assert run("jws", "verify", "--keys", "-", path, stdin=issuer.public_key.to_pem()).ok().stdout == b"content"


def test_private_keys_are_refused(verify, private_keys, issuer, token):
    private = private_keys["ES256"].private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    jwk = {**issuer.public_key.to_jwk(), "d": "AAAA"}
    for keys in (private, jwk, {"keys": [jwk]}):
        told = verify(keys, token).refused(2, "key-private").stderr
        assert "AAAA" not in told


def test_two_keys_with_one_kid_are_refused(verify, issuer, token):
    other = LocalSigner(ec.generate_private_key(ec.SECP256R1()), kid=issuer.public_key.kid)
    verify({"keys": [issuer.public_key.to_jwk(), other.public_key.to_jwk()]}, token).refused(2, "key-conflict")


@pytest.mark.parametrize("keys", [
    '{"id": "did:web:"}', '{"id": "did:web:a.example"}',
    "nonsense", "[]", "{}", b"\xff", '{"keys": 7}', '{"keys": []}', '{"keys": [{}]}',
    '{"kty": "EC"}', '{"kty": "EC", "kty": "EC"}',
    "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "-----BEGIN CERTIFICATE-----\n",
])  # fmt: skip
def test_what_is_no_key_is_refused(verify, token, keys):
    verify(keys, token).refused(2, "key-invalid")


def test_the_answer_of_a_resolver_and_references_that_lead_nowhere_are_told(verify, private_keys):
    did = "did:web:issuer.example"
    signer = LocalSigner(private_keys["ES256"], kid=f"{did}#key-1")
    document = did_document([signer.public_key], did)
    document["assertionMethod"].append("#gone")
    token = jws.sign(b"content", signer)
    assert "(#gone) of " in verify(document, token).ok().stderr
    refusal = verify({"didDocument": document}, token).refused(2, "key-invalid").stderr
    assert "the answer of a DID resolver" in refusal


def test_a_kid_of_bytes_that_are_no_text_can_be_printed(run, tmp_path, private_keys):
    signer = LocalSigner(private_keys["ES256"], kid=b"\xd9\x19\x37\x5f\xc1\xe7\xb6\xb2")
    (tmp_path / "key").write_bytes(signer.public_key.to_cose_key())
    verified = run("cose", "verify", "--keys", tmp_path / "key", stdin=cose.sign1(b"content", signer)).ok()
    assert verified.stdout == b"content"
    other = LocalSigner(private_keys["ES384"], kid=b"\xff\x00")
    run("cose", "verify", "--keys", tmp_path / "key", stdin=cose.sign1(b"x", other)).refused(1, "key-not-found")
