"""`kmsjose cose`."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from kmsjose import KeySet, cose
from kmsjose.cbor import dumps, loads

CONTENT = b"\x00\xff content \r\n"


@pytest.fixture
def content(tmp_path):
    path = tmp_path / "content.bin"
    path.write_bytes(CONTENT)
    return path


@pytest.fixture
def keys(made):
    return KeySet.from_jwks(made.jwks.read_text())


def kid_of(keys, alg):
    return next(key.kid for key in keys if key.algorithm.name == alg)


def test_the_content_comes_back_byte_for_byte(local, run, made, keys, content):
    message = local("cose", "sign", "--key", "alias/issuer", content).ok()
    assert message.stderr == ""
    assert message.stdout[:1] == b"\xd2"
    verified = run("cose", "verify", "--keys", made.jwks, stdin=message.stdout).ok()
    assert verified.stdout == CONTENT
    assert verified.stderr == f"good: ES256 by {kid_of(keys, 'ES256')}\n"


def test_standard_input_is_the_content_where_no_file_is_named(local, run, made):
    for arguments in ([], ["-"]):
        message = local("cose", "sign", "--key", "alias/ed", *arguments, stdin=CONTENT).ok().stdout
        assert run("cose", "verify", "--keys", made.jwks, *arguments, stdin=message).ok().stdout == CONTENT


def test_out_writes_a_file_and_leaves_stdout_alone(local, run, made, content, tmp_path):
    out = tmp_path / "content.cose"
    out.write_bytes(b"an older one")
    assert local("cose", "sign", "--key", "alias/issuer", "--out", out, content).ok().stdout == b""
    again = tmp_path / "again.bin"
    assert run("cose", "verify", "--keys", made.jwks, "--out", again, out).ok().stdout == b""
    assert again.read_bytes() == CONTENT
    assert sorted(path.name for path in tmp_path.iterdir()) == ["again.bin", "content.bin", "content.cose"]


def test_what_is_refused_leaves_the_file_as_it_was(local, content, tmp_path):
    out = tmp_path / "content.cose"
    out.write_bytes(b"an older one")
    local("cose", "sign", "--key", "alias/disabled", "--out", out, content).refused(3, "disabled")
    assert out.read_bytes() == b"an older one"
    nowhere = tmp_path / "no" / "folder" / "x"
    local("cose", "sign", "--key", "alias/issuer", "--out", nowhere, content).refused(2, "file-unwritable")


def test_out_through_a_link_or_into_a_device_leaves_it_what_it_is(local, content, tmp_path):
    target, link = tmp_path / "target.cose", tmp_path / "link.cose"
    link.symlink_to(target)
    for out in (link, Path(os.devnull)):
        local("cose", "sign", "--key", "alias/issuer", "--out", out, content).ok()
    assert link.is_symlink()
    assert target.read_bytes()[:1] == b"\xd2"
    assert not Path(os.devnull).is_file()


def test_out_keeps_the_permissions_of_the_file_that_it_replaces(local, content, tmp_path):
    out = tmp_path / "content.cose"
    out.touch(0o600)
    local("cose", "sign", "--key", "alias/issuer", "--out", out, content).ok()
    assert out.stat().st_mode & 0o777 == 0o600


def test_nothing_binary_is_written_to_a_terminal(local, run, made, content, monkeypatch):
    binary = local("cose", "sign", "--key", "alias/issuer", content).ok().stdout
    text = local("cose", "sign", "--key", "alias/issuer", stdin="café\n").ok().stdout
    monkeypatch.setattr("kmsjose.cli.streams.is_terminal", lambda: True)
    local("cose", "sign", "--key", "alias/issuer", content).refused(2, "usage")
    local("export", "alias/issuer", "--as", "cose-key").refused(2, "usage")
    run("cose", "verify", "--keys", made.jwks, stdin=binary).refused(2, "usage")
    assert run("cose", "verify", "--keys", made.jwks, stdin=text).ok().text == "café\n"


def test_out_does_not_replace_what_is_read(local, run, made, content, tmp_path):
    local("cose", "sign", "--key", "alias/issuer", "--out", content, content).refused(2, "usage")
    link = tmp_path / "link"
    link.symlink_to(content)
    local("cose", "sign", "--key", "alias/issuer", "--out", link, content).refused(2, "usage")
    assert content.read_bytes() == CONTENT
    run("cose", "verify", "--keys", made.jwks, "--out", made.jwks, content).refused(2, "usage")


def test_no_subcommand_is_answered_with_the_names(local):
    assert "name a command: sign, verify" in local("cose").refused(2, "usage").stderr


def test_a_detached_message_takes_its_content_from_payload(local, run, made, content, tmp_path):
    message = local("cose", "sign", "--key", "alias/issuer", "--detached", content).ok().stdout
    assert CONTENT not in message
    verified = run("cose", "verify", "--keys", made.jwks, "--payload", content, stdin=message).ok()
    assert verified.stdout == b""
    run("cose", "verify", "--keys", made.jwks, stdin=message).refused(1, "payload-missing")
    other = tmp_path / "other.bin"
    other.write_bytes(CONTENT[:-1] + b"\r")
    run("cose", "verify", "--keys", made.jwks, "--payload", other, stdin=message).refused(1, "signature-invalid")
    attached = local("cose", "sign", "--key", "alias/issuer", content).ok().stdout
    run("cose", "verify", "--keys", made.jwks, "--payload", content, stdin=attached).refused(1, "payload-unexpected")


@pytest.mark.parametrize("detached", [[], ["--detached"]])
def test_a_hash_envelope_takes_a_large_file_by_any_key(local, run, made, tmp_path, keys, detached):
    large = tmp_path / "large.bin"
    large.write_bytes(bytes(100_000))
    options = ["--hash-envelope", "--content-type", "application/octet-stream", *detached]
    message = local("cose", "sign", "--key", "alias/ed", *options, large).ok().stdout
    assert run("cose", "verify", "--keys", made.jwks, "--payload", large, stdin=message).ok().stdout == b""
    verified = cose.verify_hash_envelope(message, keys, large.read_bytes())
    assert verified.protected[cose.Label.PREIMAGE_CONTENT_TYPE] == "application/octet-stream"
    large.write_bytes(bytes(99_999))
    code = "signature-invalid" if detached else "digest-mismatch"
    run("cose", "verify", "--keys", made.jwks, "--payload", large, stdin=message).refused(1, code)


def test_the_digest_of_a_hash_envelope_is_not_given_out_as_content(local, run, made, content):
    message = local("cose", "sign", "--key", "alias/issuer", "--hash-envelope", content).ok().stdout
    told = run("cose", "verify", "--keys", made.jwks, stdin=message).refused(1, "hash-envelope").stderr
    assert "--payload" in told


def test_ed25519_over_its_limit_names_the_way_out(local, tmp_path):
    large = tmp_path / "large.bin"
    large.write_bytes(bytes(5000))
    told = local("cose", "sign", "--key", "alias/ed", "--detached", large).refused(2, "message-too-large").stderr
    assert "--hash-envelope" in told


def test_the_aad_must_be_the_same(local, run, made, content):
    message = local("cose", "sign", "--key", "alias/issuer", "--aad", "00FF", content).ok().stdout
    assert run("cose", "verify", "--keys", made.jwks, "--aad", "00ff", stdin=message).ok().stdout == CONTENT
    run("cose", "verify", "--keys", made.jwks, stdin=message).refused(1, "signature-invalid")
    for wrong in ("0", "xx", "0x00"):
        local("cose", "sign", "--key", "alias/issuer", "--aad", wrong, content).refused(2, "usage")


def test_a_content_type_is_a_media_type_or_a_number(local, keys, content):
    for written, expected in (("text/plain", "text/plain"), ("60", 60)):
        message = local("cose", "sign", "--key", "alias/issuer", "--content-type", written, content).ok().stdout
        assert cose.verify1(message, keys).protected[cose.Label.CONTENT_TYPE] == expected
    for wrong in ("text", "9" * 5000):
        local("cose", "sign", "--key", "alias/issuer", "--content-type", wrong, content).refused(2, "header-invalid")


def test_the_fully_specified_number_is_written_on_request(local, keys, content):
    message = local("cose", "sign", "--key", "alias/issuer", "--fully-specified", content).ok().stdout
    assert cose.verify1(message, keys).protected[cose.Label.ALG] == -9


def test_several_keys_sign_one_message_each_by_its_algorithm(local, run, made, content):
    signers = ["--key", "alias/issuer", "--key", "alias/rsa", "--key", "alias/ed"]
    for detached, payload in (([], []), (["--detached"], ["--payload", content])):
        message = local("cose", "sign", *signers, "--alg", "PS256", *detached, content).ok().stdout
        assert message[:2] == b"\xd8\x62"
        verified = run("cose", "verify", "--keys", made.jwks, *payload, stdin=message).ok()
        assert verified.stdout == (b"" if detached else CONTENT)
        assert [line.split()[1] for line in verified.stderr.splitlines()] == ["ES256", "PS256", "EdDSA"]


def test_a_policy_decides_which_signatures_must_be_good(local, run, keys, content, tmp_path):
    message = local("cose", "sign", "--key", "alias/issuer", "--key", "alias/ed", content).ok().stdout
    one = tmp_path / "one.cose"
    local("export", "alias/issuer", "--as", "cose-key", "--out", one).ok()
    kid, other = kid_of(keys, "ES256"), kid_of(keys, "EdDSA")
    told = run("cose", "verify", "--keys", one, stdin=message).refused(1, "policy-unmet").stderr
    assert f"{kid}: good, {other}: key-not-found" in told
    anyone = run("cose", "verify", "--keys", one, "--policy", "any", stdin=message).ok()
    assert anyone.stdout == CONTENT
    assert anyone.stderr == f"good: ES256 by {kid}\nkey-not-found: by {other}\n"
    run("cose", "verify", "--keys", one, "--policy", f"{kid},{other}", stdin=message).refused(1, "policy-unmet")


def test_a_policy_holds_for_one_signature_too(local, run, made, keys, content):
    message = local("cose", "sign", "--key", "alias/issuer", content).ok().stdout
    good, other = kid_of(keys, "ES256"), kid_of(keys, "EdDSA")
    run("cose", "verify", "--keys", made.jwks, "--policy", good, stdin=message).ok()
    run("cose", "verify", "--keys", made.jwks, "--policy", other, stdin=message).refused(1, "policy-unmet")


@pytest.mark.parametrize("message, code", [
    (b"text", "bad-cbor"),
    (b"\xd2\x80", "malformed"),
    (b"\xd1\x84\x40\xa0\x40\x40", "tag-unexpected"),
    (b"\x84\x40\xa0\x40\x40", "alg-missing"),
    (b"\x9f\xff", "bad-cbor"),
    (b"\x81" * 1_000_000, "bad-cbor"),
    (b"\xd8\x1c\x81\xd8\x1d\x00", "tag-unexpected"),
    (b"\x84\x43\xa1\x02\x80\xa0\x40\x40", "crit-invalid"),
])  # fmt: skip
def test_what_is_no_good_message_is_refused_in_one_line(run, made, message, code):
    run("cose", "verify", "--keys", made.jwks, stdin=message).refused(1, code)


@pytest.mark.parametrize("arguments", [
    ["--key", "alias/issuer", "--key", "alias/ed", "--kid", "x"],
    ["--key", "alias/issuer", "--key", "alias/ed", "--hash-envelope"],
    [],
])  # fmt: skip
def test_what_does_not_go_together_is_refused(local, content, arguments):
    local("cose", "sign", *arguments, content).refused(2, "usage")


def test_out_has_no_place_beside_payload(run, made, content):
    run("cose", "verify", "--keys", made.jwks, "--payload", content, "--out", "x", content).refused(2, "usage")


def test_the_refusal_of_a_flipped_byte(local, run, made, content):
    message = bytearray(local("cose", "sign", "--key", "alias/issuer", content).ok().stdout)
    message[-1] ^= 1
    run("cose", "verify", "--keys", made.jwks, stdin=bytes(message)).refused(1, "signature-invalid")


def test_export_gives_a_cose_key_and_a_keyset_that_verify(local, run, made, content, tmp_path):
    exported = {
        "key": local("export", "alias/issuer", "--as", "cose-key").ok().stdout,
        "set": local("export", "alias/issuer", "alias/ed", "--as", "cose-keyset").ok().stdout,
    }
    assert (
        KeySet.from_cose_keyset(exported["set"]).keys
        == KeySet.from_jwks({"keys": json.loads(made.jwks.read_text())["keys"][:2]}).keys
    )
    message = local("cose", "sign", "--key", "alias/issuer", content).ok().stdout
    for name, data in exported.items():
        path = tmp_path / name
        path.write_bytes(data)
        assert run("cose", "verify", "--keys", path, stdin=message).ok().stdout == CONTENT


def test_an_rsa_cose_key_without_alg_takes_the_one_that_is_named(local, run, made, content, tmp_path):
    keyset = local("export", "alias/rsa", "--alg", "PS256", "--as", "cose-keyset").ok().stdout
    (key,) = loads(keyset)
    del key[3]
    path = tmp_path / "rsa.cose"
    message = local("cose", "sign", "--key", "alias/rsa", "--alg", "PS256", content).ok().stdout
    path.write_bytes(dumps(key))
    run("cose", "verify", "--keys", path, stdin=message).refused(2, "alg-required")
    assert run("cose", "verify", "--keys", path, "--alg", "PS256", stdin=message).ok().stdout == CONTENT
    path.write_bytes(dumps([key]))
    run("cose", "verify", "--keys", path, stdin=message).refused(2, "key-invalid")


def test_a_pem_within_a_cose_key_is_no_key_of_its_own(local, run, content, tmp_path, made):
    """A kid, or any other bytes, may hold whatever an attacker likes."""
    mine = local("export", "alias/ed", "--as", "pem").ok().stdout
    (key,) = loads(local("export", "alias/issuer", "--as", "cose-keyset").ok().stdout)
    path = tmp_path / "keys.cose"
    path.write_bytes(dumps([key, {1: 99, 2: b"x\n" + mine}]))
    good = local("cose", "sign", "--key", "alias/issuer", content).ok().stdout
    run("cose", "verify", "--keys", path, stdin=good).ok()
    forged = local("cose", "sign", "--key", "alias/ed", content).ok().stdout
    run("cose", "verify", "--keys", path, stdin=forged).refused(1, "key-not-found")


@pytest.mark.parametrize("keys, code", [
    (b"\x80", "key-invalid"),
    (b"\xa0", "key-invalid"),
    (b"\xa1\x01\x02\x00", "key-invalid"),
    (b"\xa2\x01\x02\x23\x41\x00", "key-private"),
    (b"\x81\xa2\x01\x07\x21\x41\x00", "key-private"),
])  # fmt: skip
def test_cose_keys_that_are_none(run, tmp_path, keys, code):
    path = tmp_path / "keys"
    path.write_bytes(keys)
    run("cose", "verify", "--keys", path, stdin=b"\x84\x40\xa0\x40\x40").refused(2, code)
