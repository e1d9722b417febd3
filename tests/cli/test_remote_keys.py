"""KEYS at an https URL."""

from __future__ import annotations

import json

import pytest

from kmsjose import KeySet, cose, cwt, jws, jwt, vc
from tests.https import response, serving
from tests.kms.endpoints import free_port


@pytest.fixture
def issuer(signers):
    return signers["ES256"]


@pytest.fixture
def published(host, issuer):
    """The host, with the issuer's keys."""
    host.gives(response(json.dumps(KeySet([issuer.public_key]).to_jwks()).encode()))
    return host


@pytest.fixture
def verify(run, issuer):
    token = jws.sign(b"content", issuer)
    return lambda keys, *arguments: run("jws", "verify", "--keys", keys, *arguments, stdin=token)


def test_every_verifying_command_takes_one(run, published, issuer):
    document = {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "type": ["VerifiableCredential"],
        "issuer": "https://issuer.example",
        "credentialSubject": {"id": "did:example:alice"},
    }
    tokens = {
        "jws": jws.sign(b"content", issuer),
        "jwt": jwt.sign({"exp": 1 << 40}, issuer),
        "cose": cose.sign1(b"content", issuer),
        "cwt": cwt.sign({"exp": 1 << 40}, issuer),
        "vc": vc.issue(document, issuer),
    }
    for command, token in tokens.items():
        run(command, "verify", "--keys", published.url, stdin=token).ok()
        run(command, "verify", "--keys", published.url, "-", stdin=token).ok()
    assert len(published.asked) == 2 * len(tokens)


def test_the_keys_may_have_any_form_that_a_file_has(verify, host, issuer):
    key = issuer.public_key
    for body in (json.dumps(key.to_jwk()), key.to_pem(), KeySet([key]).to_cose_keyset(), key.to_cose_key()):
        host.gives(response(body if isinstance(body, bytes) else body.encode()))
        assert verify(host.url).ok().stdout == b"content"


def test_what_is_skipped_is_told_without_the_query(verify, host, issuer):
    host.gives(response(json.dumps({"keys": [{"kty": "XX"}, issuer.public_key.to_jwk()]}).encode()))
    told = verify(host.url + "?token=secret").ok().stderr
    assert told.startswith(f"note: key 1 of {host.url} is skipped: ")
    assert host.asked[0].target == "/jwks.json?token=secret"


@pytest.mark.parametrize("url", [
    "http://issuer.example/jwks.json", "HTTP://issuer.example", "ftp://issuer.example/", "file:///etc/hostname",
    "https://", "https://user:secret@issuer.example/",
])  # fmt: skip
def test_a_url_that_is_not_used_is_wrong_usage(verify, url):
    refused = verify(url).refused(2, "usage")
    assert "secret" not in refused.stderr
    assert "URL" in refused.stderr


def test_one_in_the_clear_is_told_why(verify):
    assert "only an https URL" in verify("http://issuer.example/").refused(2, "usage").stderr


def test_a_host_of_this_machine_needs_no_tls(verify, issuer):
    body = json.dumps(KeySet([issuer.public_key]).to_jwks()).encode()
    with serving(lambda _asked: [response(body)], None) as server:
        for name in ("127.0.0.1", "localhost"):
            assert verify(f"http://{name}:{server.port}/jwks.json").ok().stdout == b"content"


def test_a_network_that_fails(verify, host):
    verify(f"https://127.0.0.1:{free_port()}/").refused(3, "unreachable")
    host.gives(response(status=404))
    assert "status 404" in verify(host.url + "?token=secret").refused(3, "bad-status").stderr
    assert "secret" not in verify(host.url + "?token=secret").stderr


def test_a_certificate_that_is_not_trusted(verify, host, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE")
    assert "SSL_CERT_FILE" in verify(host.url).refused(3, "certificate").stderr


@pytest.mark.parametrize("body", [
    b"", b"<html>please log in</html>", b"{}", b'{"kty": "EC"}', b"\xff", b"\xa0",
])  # fmt: skip
def test_content_that_is_no_keys_is_the_fault_of_the_host(verify, host, body):
    host.gives(response(body))
    refused = verify(host.url).refused(3, "bad-content")
    assert host.url in refused.stderr
    assert "log in" not in refused.stderr


@pytest.mark.parametrize("body", [b'{"keys": []}', b'{"keys": [{}]}'])
def test_a_set_without_a_key_of_use(verify, host, body):
    host.gives(response(body))
    assert host.url in verify(host.url).refused(3, "no-keys").stderr


def test_a_private_key_that_is_published(verify, host, issuer):
    host.gives(response(json.dumps({"keys": [{**issuer.public_key.to_jwk(), "d": "AAAA"}]}).encode()))
    assert "AAAA" not in verify(host.url).refused(3, "key-private").stderr


def test_an_rsa_key_that_names_no_algorithm_asks_for_one(run, host, signers):
    jwk = signers["PS256"].public_key.to_jwk()
    del jwk["alg"]
    host.gives(response(json.dumps(jwk).encode()))
    token = jws.sign(b"content", signers["PS256"])
    assert "--alg" in run("jws", "verify", "--keys", host.url, stdin=token).refused(2, "alg-required").stderr
    run("jws", "verify", "--keys", host.url, "--alg", "PS256", stdin=token).ok()
