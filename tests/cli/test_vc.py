"""`kmsjose vc`."""

from __future__ import annotations

import json

import pytest

from kmsjose import KMSSigner, vc

CREDENTIAL = {
    "@context": ["https://www.w3.org/ns/credentials/v2"],
    "type": ["VerifiableCredential"],
    "issuer": "https://university.example",
    "credentialSubject": {"name": "Alice"},
}
OLD = {
    "@context": ["https://www.w3.org/2018/credentials/v1"],
    "type": ["VerifiableCredential"],
    "issuer": "https://university.example",
    "issuanceDate": "2024-01-01T00:00:00Z",
    "credentialSubject": {"id": "did:example:alice", "name": "Alice"},
}
PRESENTATION = {
    "@context": ["https://www.w3.org/ns/credentials/v2"],
    "type": ["VerifiablePresentation"],
    "holder": "https://alice.example",
}


@pytest.fixture
def issue(local):
    def issue_document(document, *arguments):
        return local("vc", "issue", "--key", "alias/issuer", *arguments, stdin=json.dumps(document))

    return issue_document


@pytest.fixture
def verify(run, made):
    def verify_token(token, *options):
        return run("vc", "verify", "--keys", made.jwks, *options, stdin=token)

    return verify_token


@pytest.mark.parametrize("document, version", [(CREDENTIAL, "2.0"), (OLD, "1.1")])
def test_a_credential_goes_in_and_comes_out(issue, verify, document, version):
    for arguments in ([], ["--model", version], ["--as", "jwt"]):
        issued = issue(document, *arguments).ok()
        assert issued.stderr == ""
        verified = verify(issued.stdout).ok()
        assert verified.json == document
        assert verified.stderr.startswith(f"good: credential, data model {version}, ES256 by ")


def test_a_presentation_is_recognised_and_its_credentials_are_not_vouched_for(issue, verify):
    credential = issue(CREDENTIAL).ok().line
    document = {**PRESENTATION, "verifiableCredential": [vc.enveloped(credential)]}
    verified = verify(issue(document, "--presentation").ok().stdout).ok()
    assert verified.json == document
    good, note = verified.stderr.splitlines()
    assert good.startswith("good: presentation, data model 2.0, ")
    assert note.startswith("note: the credentials in it are not verified")


def test_a_presentation_whose_nonce_is_not_compared_may_have_been_shown_before(issue, verify):
    told = "note: no --nonce was given, so it may have been shown before"
    shown = issue(PRESENTATION, "--presentation", "--audience", "https://shop.example", "--nonce", "n-1").ok().stdout
    audience = ("--audience", "https://shop.example")
    assert told in verify(shown, *audience).ok().stderr
    assert told not in verify(shown, *audience, "--nonce", "n-1").ok().stderr


def test_a_did_issuer_needs_the_url_of_its_key(issue):
    document = {**CREDENTIAL, "issuer": "did:web:university.example"}
    issue(document).refused(2, "credential-invalid")
    issue(document, "--kid", "did:web:university.example#key-1").ok()


@pytest.mark.parametrize("document, arguments, code", [
    (CREDENTIAL, ["--model", "1.1"], "credential-invalid"),
    (OLD, ["--model", "2.0"], "credential-invalid"),
    ({**CREDENTIAL, "@context": []}, ["--model", "2.0"], "credential-invalid"),
    ({**CREDENTIAL, "@context": []}, [], "credential-invalid"),
    ({**CREDENTIAL, "issuer": 7}, [], "credential-invalid"),
    (CREDENTIAL, ["--presentation"], "credential-invalid"),
    (PRESENTATION, [], "credential-invalid"),
    ([], [], "json-invalid"),
    (CREDENTIAL, ["--model", "3.0"], "usage"),
    (CREDENTIAL, ["--as", "cose"], "usage"),
    (CREDENTIAL, ["--alg", "PS256"], "alg-unsupported-by-key"),
])  # fmt: skip
def test_issuing_refuses(issue, document, arguments, code):
    issue(document, *arguments).refused(2, code)


def test_a_key_that_cannot_sign(local):
    for key, code in {"nobody": "not-found", "disabled": "disabled", "dying": "invalid-state"}.items():
        local("vc", "issue", "--key", f"alias/{key}", stdin=json.dumps(CREDENTIAL)).refused(3, code)


def test_what_is_no_credential_does_not_verify(issue, local, verify):
    plain = local("jwt", "sign", "--key", "alias/issuer", "--lifetime", "5m", stdin="{}").ok().stdout
    verify(plain).refused(1, "claim-missing")
    ended = {**CREDENTIAL, "validUntil": "2020-01-01T00:00:00Z"}
    verify(issue(ended).ok().stdout).refused(1, "credential-expired")
    token = issue(CREDENTIAL).ok().line
    verify(token[:-2]).refused(1, "signature-size")
    for nonsense in ("nonsense", "a.b.c", "..", "{}"):
        assert verify(nonsense).status == 1


@pytest.mark.parametrize("arguments", [[], ["--keys"], ["--trust", "x.pem"], ["--keys", "-"]])
def test_wrong_usage(run, arguments):
    run("vc", "verify", *arguments, stdin="a.b.c").refused(2, "usage")


def test_a_did_credential_verifies_with_the_key_set_that_is_exported_under_its_kid(issue, run, local, tmp_path):
    kid = "did:web:university.example#key-1"
    issued = issue({**CREDENTIAL, "issuer": "did:web:university.example"}, "--kid", kid).ok()
    jwks = tmp_path / "jwks.json"
    jwks.write_bytes(local("export", "alias/issuer", "--kid", kid).ok().stdout)
    run("vc", "verify", "--keys", jwks, stdin=issued.stdout).ok()


def test_the_issuer_that_is_asked_for_is_checked(issue, run, made):
    issued = issue(CREDENTIAL).ok().stdout
    command = ("vc", "verify", "--keys", made.jwks, "--alg", "ES256", "--issuer")
    run(*command, "https://university.example", stdin=issued).ok()
    run(*command, "https://other.example", stdin=issued).refused(1, "issuer-mismatch")


def test_a_presentation_for_an_audience_is_checked(run, made):
    signer = KMSSigner.open(made.client, made.arns["issuer"])
    token = vc.present(PRESENTATION, signer, audience="https://shop.example", nonce="n-1")
    command = ("vc", "verify", "--keys", made.jwks)
    run(*command, "--audience", "https://shop.example", "--nonce", "n-1", stdin=token).ok()
    run(*command, stdin=token).refused(1, "audience-required")
    run(*command, "--audience", "https://other.example", stdin=token).refused(1, "audience-mismatch")
    run(*command, "--audience", "https://shop.example", "--nonce", "n-2", stdin=token).refused(1, "claim-invalid")


def test_a_presentation_is_made_for_an_audience_with_its_nonce(issue, run, made):
    asked = ("--audience", "https://shop.example", "--nonce", "n-1")
    token = issue(PRESENTATION, "--presentation", *asked).ok().stdout
    verified = run("vc", "verify", "--keys", made.jwks, *asked, stdin=token).ok()
    assert verified.json == PRESENTATION
    alone = issue(PRESENTATION, "--presentation", "--nonce", "n-1").ok().stdout
    run("vc", "verify", "--keys", made.jwks, "--nonce", "n-1", stdin=alone).ok()


def test_the_audience_of_a_credential_is_checked(issue, run, made):
    command = ("vc", "verify", "--keys", made.jwks)
    token = issue({**CREDENTIAL, "aud": "https://shop.example"}).ok().stdout
    run(*command, "--audience", "https://shop.example", stdin=token).ok()
    run(*command, "--audience", "https://other.example", stdin=token).refused(1, "audience-mismatch")
    run(*command, stdin=token).refused(1, "audience-required")
    run(*command, "--audience", "a", stdin=issue(CREDENTIAL).ok().stdout).refused(1, "claim-missing")


def test_an_option_that_would_not_be_looked_at_is_refused(issue, run, made):
    command = ("vc", "verify", "--keys", made.jwks)
    run(*command, "--nonce", "n", stdin=issue(CREDENTIAL).ok().stdout).refused(2, "usage")
    presented = issue(PRESENTATION, "--presentation").ok().stdout
    run(*command, "--issuer", "a", stdin=presented).refused(2, "usage")
    for option in ("--audience", "--nonce"):
        issue(CREDENTIAL, option, "a").refused(2, "usage")


def test_an_algorithm_that_is_not_accepted_is_refused(issue, run, made):
    issued = issue(CREDENTIAL).ok().stdout
    run("vc", "verify", "--keys", made.jwks, "--alg", "PS256", stdin=issued).refused(1, "alg-not-allowed")
