"""`kmsjose jws`."""

from __future__ import annotations

import json

import pytest

from kmsjose.encoding import b64url_encode

CONTENT = b"\x00\xff content \r\n"


@pytest.fixture
def content(tmp_path):
    path = tmp_path / "content.bin"
    path.write_bytes(CONTENT)
    return path


def kid_of(made, alg):
    return next(key["kid"] for key in json.loads(made.jwks.read_text())["keys"] if key["alg"] == alg)


def test_the_content_comes_back_byte_for_byte(local, run, made, content):
    token = local("jws", "sign", "--key", "alias/issuer", content).ok()
    assert token.stderr == ""
    assert token.line.count(".") == 2
    verified = run("jws", "verify", "--keys", made.jwks, stdin=token.stdout).ok()
    assert verified.stdout == CONTENT
    assert verified.stderr == f"good: ES256 by {kid_of(made, 'ES256')}\n"


def test_standard_input_is_the_content_where_no_file_is_named(local, run, made):
    for arguments in ([], ["-"]):
        token = local("jws", "sign", "--key", "alias/ed", *arguments, stdin=CONTENT).ok().stdout
        assert run("jws", "verify", "--keys", made.jwks, *arguments, stdin=token).ok().stdout == CONTENT


@pytest.mark.parametrize(
    "end, accepted", [(b"", True), (b"\n", True), (b"\r\n", True), (b"\n\n", False), (b" ", False)]
)
def test_one_line_end_behind_a_token_is_no_part_of_it(local, run, made, end, accepted):
    token = local("jws", "sign", "--key", "alias/issuer", stdin=CONTENT).ok().stdout.strip()
    verified = run("jws", "verify", "--keys", made.jwks, stdin=token + end)
    if accepted:
        assert verified.ok().stdout == CONTENT
    else:
        verified.refused(1, "bad-base64url")


@pytest.mark.parametrize("form", ["compact", "flattened", "general"])
def test_each_form_is_recognised(local, run, made, content, form):
    token = local("jws", "sign", "--key", "alias/issuer", "--form", form, content).ok()
    assert token.line.startswith("{") is (form != "compact")
    assert run("jws", "verify", "--keys", made.jwks, stdin=token.stdout).ok().stdout == CONTENT


def test_several_keys_sign_the_general_form_each_by_its_algorithm(local, run, made, content):
    keys = ["--key", "alias/issuer", "--key", "alias/rsa", "--key", "alias/ed"]
    token = local("jws", "sign", *keys, "--alg", "PS256", content).ok()
    assert len(json.loads(token.line)["signatures"]) == 3
    verified = run("jws", "verify", "--keys", made.jwks, stdin=token.stdout).ok()
    assert verified.stdout == CONTENT
    assert [line.split()[1] for line in verified.stderr.splitlines()] == ["ES256", "PS256", "EdDSA"]


def test_a_policy_decides_which_signatures_must_be_good(local, run, made, content, tmp_path):
    token = local("jws", "sign", "--key", "alias/issuer", "--key", "alias/ed", content).ok().line
    one = tmp_path / "one.jwks"
    one.write_bytes(local("export", "alias/issuer").ok().stdout)
    kid, other = kid_of(made, "ES256"), kid_of(made, "EdDSA")
    told = run("jws", "verify", "--keys", one, stdin=token).refused(1, "policy-unmet").stderr
    assert f"{kid}: good, {other}: key-not-found" in told
    anyone = run("jws", "verify", "--keys", one, "--policy", "any", stdin=token).ok()
    assert anyone.stdout == CONTENT
    assert anyone.stderr == f"good: ES256 by {kid}\nkey-not-found: by {other}\n"
    run("jws", "verify", "--keys", one, "--policy", kid, stdin=token).ok()
    run("jws", "verify", "--keys", one, "--policy", f"{kid},{other}", stdin=token).refused(1, "policy-unmet")
    run("jws", "verify", "--keys", one, "--policy", ",", stdin=token).refused(2, "usage")


def test_a_policy_of_kids_holds_for_the_compact_form_too(local, run, made):
    token = local("jws", "sign", "--key", "alias/issuer", stdin=CONTENT).ok().stdout
    verify = ["jws", "verify", "--keys", made.jwks, "--policy"]
    run(*verify, kid_of(made, "ES256"), stdin=token).ok()
    run(*verify, kid_of(made, "EdDSA"), stdin=token).refused(1, "policy-unmet")


@pytest.mark.parametrize("form", ["compact", "flattened", "general"])
def test_detached_content_is_passed_again_and_not_printed(local, run, made, content, form, tmp_path):
    token = local("jws", "sign", "--key", "alias/issuer", "--form", form, "--detached", content).ok().stdout
    signed = tmp_path / "content.jws"
    signed.write_bytes(token)
    verify = ["jws", "verify", "--keys", made.jwks]
    verified = run(*verify, "--payload", content, signed).ok()
    assert (verified.stdout, verified.stderr) == (b"", f"good: ES256 by {kid_of(made, 'ES256')}\n")
    assert run(*verify, "--payload", "-", signed, stdin=CONTENT).ok().stdout == b""
    run(*verify, "--payload", "-", signed, stdin=CONTENT + b"!").refused(1, "signature-invalid")
    run(*verify, "--payload", "-", signed, stdin=b"").refused(1, "signature-invalid")
    assert "--payload" in run(*verify, signed).refused(1, "payload-missing").stderr


def test_detached_content_may_be_larger_than_a_token(local, run, made, tmp_path):
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate(17 << 20)
    local("jws", "sign", "--key", "alias/issuer", large).refused(2, "payload-too-large")
    token = local("jws", "sign", "--key", "alias/issuer", "--detached", large).ok().stdout
    run("jws", "verify", "--keys", made.jwks, "--payload", large, stdin=token).ok()
    run("jws", "verify", "--keys", made.jwks, large).refused(1, "too-large")


@pytest.mark.parametrize("hostile", ["\x1b]0;title\a", "\x08", "a\rb", "\u202e", "\u2028", "\u0085", b"\xff"])
def test_content_cannot_steer_the_terminal(local, run, made, monkeypatch, hostile):
    token = local("jws", "sign", "--key", "alias/issuer", stdin=hostile).ok().stdout
    assert run("jws", "verify", "--keys", made.jwks, stdin=token).ok().stdout
    monkeypatch.setattr("kmsjose.cli.streams.is_terminal", lambda: True)
    run("jws", "verify", "--keys", made.jwks, stdin=token).refused(2, "usage")


@pytest.mark.parametrize("text", ["line\r\n\tline\n", "caf\u00e9", "\U0001f469\u200d\U0001f4bb"])
def test_text_is_shown_on_a_terminal(local, run, made, monkeypatch, text):
    token = local("jws", "sign", "--key", "alias/issuer", stdin=text).ok().stdout
    monkeypatch.setattr("kmsjose.cli.streams.is_terminal", lambda: True)
    assert run("jws", "verify", "--keys", made.jwks, stdin=token).ok().text == text


def test_long_work_shows_itself_on_a_terminal(local, run, made, content, monkeypatch):
    monkeypatch.setattr("kmsjose.cli.streams._LONG_WORK", 1)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    signed = local("jws", "sign", "--key", "alias/issuer", "--detached", content).ok()
    assert "reading" in signed.stderr
    assert signed.line.count(".") == 2
    verified = run("jws", "verify", "--keys", made.jwks, "--payload", content, stdin=signed.stdout).ok()
    assert "good: ES256 by " in verified.stderr


def test_ed25519_cannot_sign_what_kms_does_not_take(local):
    local("jws", "sign", "--key", "alias/ed", "--detached", stdin=bytes(5000)).refused(2, "message-too-large")


def test_the_header_takes_what_is_added(local, run, made):
    token = local(
        "jws", "sign", "--key", "alias/ed", "--fully-specified", "--header", '{"cty": "text/plain"}', stdin="x"
    )
    header = run("inspect", "--json", stdin=token.ok().stdout).ok().json["header"]
    assert header == {"alg": "Ed25519", "kid": kid_of(made, "EdDSA"), "cty": "text/plain"}
    run("jws", "verify", "--keys", made.jwks, stdin=token.stdout).ok()


def test_a_kid_of_ones_own(local, run, tmp_path):
    token = local("jws", "sign", "--key", "alias/issuer", "--kid", "mine", stdin="x").ok().stdout
    jwk = local("export", "alias/issuer", "--as", "jwk").ok().json
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps({"keys": [{**jwk, "kid": "mine"}]}))
    assert run("jws", "verify", "--keys", keys, stdin=token).ok().stderr == "good: ES256 by mine\n"


@pytest.mark.parametrize("arguments, status, code", [
    (["--key", "alias/nobody"], 3, "not-found"),
    (["--key", "alias/disabled"], 3, "disabled"),
    (["--key", "alias/dying"], 3, "invalid-state"),
    (["--key", "alias/rsa"], 2, "alg-required"),
    (["--key", "alias/issuer", "--alg", "ES384"], 2, "alg-unsupported-by-key"),
    (["--key", "alias/issuer", "--alg", "none"], 2, "alg-unknown"),
    (["--key", "alias/issuer", "--header", "{"], 2, "json-invalid"),
    (["--key", "alias/issuer", "--header", '["x"]'], 2, "json-invalid"),
    (["--key", "alias/issuer", "--header", '{"alg": "none"}'], 2, "header-invalid"),
    (["--key", "alias/issuer", "--kid", ""], 2, "usage"),
    (["--key", "alias/issuer", "--form", "xml"], 2, "usage"),
    (["--key", "alias/issuer", "--key", "alias/ed", "--form", "compact"], 2, "usage"),
    (["--key", "alias/issuer", "--key", "alias/ed", "--form", "flattened"], 2, "usage"),
    (["--key", "alias/issuer", "--key", "alias/ed", "--kid", "x"], 2, "usage"),
    (["--key", "alias/issuer", "/nowhere/file"], 2, "file-unreadable"),
    (["--key", "alias/issuer", "/"], 2, "file-unreadable"),
    (["--key", "alias/issuer", "one", "two"], 2, "usage"),
    (["--key"], 2, "usage"),
    ([], 2, "usage"),
    (["--nonsense"], 2, "usage"),
])  # fmt: skip
def test_signing_refuses(local, arguments, status, code):
    local("jws", "sign", *arguments, stdin=CONTENT).refused(status, code)


def test_an_empty_input_is_refused(local, run, made, tmp_path):
    empty = tmp_path / "empty"
    empty.touch()
    local("jws", "sign", "--key", "alias/issuer", empty).refused(2, "empty-input")
    local("jws", "sign", "--key", "alias/issuer").refused(2, "empty-input")
    run("jws", "verify", "--keys", made.jwks, empty).refused(2, "empty-input")
    run("jws", "verify", "--keys", made.jwks, stdin="\n").refused(2, "empty-input")
    run("jws", "verify", "--keys", empty, stdin="x").refused(2, "empty-input")


@pytest.mark.parametrize("arguments, code", [
    ([], "usage"),
    (["--keys", "/nowhere/jwks.json"], "file-unreadable"),
    (["--keys", "-"], "usage"),
    (["--keys", "JWKS", "--payload", "-"], "usage"),
    (["--keys", "JWKS", "--payload", "/nowhere/file"], "file-unreadable"),
    (["--keys", "JWKS", "--alg", "HS256"], "alg-unknown"),
])  # fmt: skip
def test_verifying_refuses_wrong_usage(run, made, arguments, code):
    run("jws", "verify", *(made.jwks if word == "JWKS" else word for word in arguments), stdin="a.b.c").refused(2, code)


def part(value):
    return b64url_encode(json.dumps(value).encode()).decode()


def test_malformed_and_hostile_tokens_do_not_verify(local, run, made, as_der):
    token = local("jws", "sign", "--key", "alias/issuer", stdin="content").ok().line
    header, payload, signature = token.split(".")
    kid = kid_of(made, "ES256")
    own = {"kty": "EC", "crv": "P-256", "x": "A" * 43, "y": "A" * 43}
    double = b64url_encode(b'{"alg":"ES256","alg":"ES256"}').decode()
    cases = {
        f"{part({'alg': 'none'})}.{payload}.AAAA": "alg-none",
        f"{part({'alg': 'XS256'})}.{payload}.{signature}": "alg-unknown",
        f"{part({'alg': 'HS256', 'kid': kid})}.{payload}.{signature}": "alg-unknown",
        f"{part({'alg': 'EdDSA', 'kid': kid})}.{payload}.{signature}": "alg-mismatch",
        f"{part({'kid': kid})}.{payload}.{signature}": "alg-missing",
        f"{part({'alg': 'ES256', 'kid': 'other'})}.{payload}.{signature}": "key-not-found",
        f"{part({'alg': 'ES256', 'jwk': own, 'kid': 'own'})}.{payload}.{signature}": "key-not-found",
        f"{part({'alg': 'ES256', 'crit': ['x'], 'x': 1})}.{payload}.{signature}": "crit-unknown",
        f"{double}.{payload}.{signature}": "duplicate-member",
        f"{header}.{payload}": "malformed",
        f"{header}.{payload}.": "malformed",
        token[:-10]: "signature-size",
        f"{header}.{payload}=.{signature}": "bad-base64url",
        f"{header}.{payload[:4]} {payload[4:]}.{signature}": "bad-base64url",
        f" {token}": "bad-base64url",
        as_der(token): "signature-size",
        "nonsense": "malformed",
        "{": "bad-json",
        "{}": "malformed",
    }
    for text, code in cases.items():
        run("jws", "verify", "--keys", made.jwks, stdin=text).refused(1, code)


@pytest.fixture
def as_der():
    """A token whose signature is written as DER, as OpenSSL would."""
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

    from kmsjose.encoding import b64url_decode

    def change(token):
        start, _, signature = token.rpartition(".")
        raw = b64url_decode(signature.encode())
        der = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
        return f"{start}.{b64url_encode(der).decode()}"

    return change


def test_an_hmac_keyed_with_the_public_key_does_not_verify(local, run, made, tmp_path):
    import hashlib
    import hmac

    pem = tmp_path / "issuer.pem"
    pem.write_bytes(local("export", "alias/issuer", "--as", "pem").ok().stdout)
    signing_input = f"{part({'alg': 'HS256', 'kid': kid_of(made, 'ES256')})}.{part({'sub': 'mallory'})}"
    tag = hmac.new(pem.read_bytes(), signing_input.encode(), hashlib.sha256).digest()
    token = f"{signing_input}.{b64url_encode(tag).decode()}"
    run("jws", "verify", "--keys", pem, stdin=token).refused(1, "alg-unknown")
    run("jws", "verify", "--keys", pem, "--alg", "HS256", stdin=token).refused(2, "alg-unknown")
