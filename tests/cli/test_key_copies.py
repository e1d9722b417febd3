"""`kmsjose key import` and `kmsjose key replicate`, and that the commands keep a key's kid and algorithm."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from unittest.mock import ANY

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from kmsjose import KeySet, LocalSigner, jwt, kms
from kmsjose.kms.local import Faults
from kmsjose.kms.making import REQUEST

PKCS8 = PrivateFormat.PKCS8


@pytest.fixture(autouse=True)
def quick(quick_wrapping):
    """No test waits for a wrapping key."""


@pytest.fixture
def pem(tmp_path, private_keys):
    file = tmp_path / "issuer.pem"
    file.write_bytes(private_keys["ES256"].private_bytes(Encoding.PEM, PKCS8, NoEncryption()))
    return file


@pytest.fixture
def rsa_pem(tmp_path, private_keys):
    file = tmp_path / "rsa.pem"
    file.write_bytes(private_keys["PS256"].private_bytes(Encoding.PEM, PKCS8, BestAvailableEncryption(b"secret")))
    return file


@pytest.fixture
def jwk(tmp_path, private_keys, signers):
    d = urlsafe_b64encode(private_keys["EdDSA"].private_bytes_raw()).rstrip(b"=").decode()
    file = tmp_path / "issuer.jwk"
    file.write_text(json.dumps({**signers["EdDSA"].public_key.to_jwk(), "kid": "2019-key", "d": d}))
    return file


class TestImport:
    def test_it_prints_the_arn_alone_and_says_what_was_checked(self, fresh, pem, signers):
        made = fresh("key", "import", pem, "--alias", "issuer").ok()
        assert fresh("key", "show", "alias/issuer", "--json").ok().json["arn"] == made.line
        kid = signers["ES256"].public_key.thumbprint()
        assert made.stderr.splitlines() == [
            f"It signs ES256; its kid is {kid} (its thumbprint).",
            "Checked: KMS has the same public key, and the original public key verifies a signature by KMS.",
            f"KMS can't give the key back. When all is signed by KMS, destroy {pem}, every copy and every backup.",
        ]
        assert pem.exists()

    def test_a_jwk_keeps_its_kid_and_algorithm_in_every_command(self, fresh, jwk, signers):
        told = fresh("key", "import", jwk, "--alias", "issuer", "--tag", "team=identity").ok().stderr
        assert "its kid is 2019-key (kept in its tags)" in told
        token = fresh("jwt", "sign", "--key", "alias/issuer", "--lifetime", "5m", stdin="{}").ok().line
        exported = KeySet.from_jwks(fresh("export", "alias/issuer").ok().stdout)
        assert jwt.verify(token, exported).key.kid == "2019-key"
        shown = fresh("key", "show", "alias/issuer", "--json").ok().json
        assert (shown["origin"], shown["tags"]) == (
            "EXTERNAL",
            {"team": "identity", "kmsjose:kid": "2019-key", REQUEST: ANY},
        )

    def test_an_rsa_key_is_told_its_algorithm_once(self, fresh, rsa_pem, tmp_path, private_keys):
        (tmp_path / "secret").write_text("secret\n")
        fresh("key", "import", rsa_pem, "--password-file", tmp_path / "secret", "--alias", "rsa").refused(
            2, "alg-required"
        )
        fresh("key", "import", rsa_pem, "--password-file", tmp_path / "secret", "--alias", "rsa", "--alg", "RS256",
              "--kid", "2019").ok()  # fmt: skip
        token = fresh("jwt", "sign", "--key", "alias/rsa", "--lifetime", "5m", stdin="{}").ok().line
        assert jwt.verify(token, LocalSigner(private_keys["PS256"], "RS256", "2019").public_key).key.kid == "2019"

    def test_a_key_comes_from_standard_input_too(self, fresh, pem):
        made = fresh("key", "import", "-", "--alias", "issuer", stdin=pem.read_bytes()).ok()
        assert "destroy the original, every copy" in made.stderr

    @pytest.mark.parametrize("arguments, code", [
        (["--alg", "ES384"], "alg-unsupported-by-key"),
        (["--kid", ""], "usage"),
        (["--kid", "did:web:issuer.example#key-1"], "usage"),
        (["--alias", "two words"], "usage"),
        (["--tag", "team"], "usage"),
        (["--tag", "kmsjose:kid=a"], "usage"),
        (["--policy", "/nowhere/policy.json"], "file-unreadable"),
        (["--password-file", "/nowhere/secret"], "file-unreadable"),
        (["--into", "mrk-1", "--alias", "a"], "usage"),
        (["--into", "mrk-1", "--multi-region"], "usage"),
    ])  # fmt: skip
    def test_it_refuses_before_a_key_is_made(self, fresh, pem, arguments, code):
        fresh("key", "import", pem, *arguments).refused(2, code)
        assert fresh("key", "list", "--json").ok().json == []

    def test_a_file_that_is_no_private_key_is_named_and_not_quoted(self, fresh, pem, rsa_pem, tmp_path, signers):
        public = tmp_path / "public.pem"
        public.write_text(signers["ES256"].public_key.to_pem())
        damaged = tmp_path / "damaged.pem"
        damaged.write_bytes(pem.read_bytes().replace(b"M", b"!", 3))
        for file in (public, damaged):
            told = fresh("key", "import", file, "--alias", "issuer").refused(2, "key-invalid").stderr
            assert str(file) in told
            assert not any(line and line in told for line in file.read_text().splitlines()[1:-1])
        fresh("key", "import", tmp_path / "nothing", "--alias", "issuer").refused(2, "file-unreadable")

    @pytest.mark.parametrize("given, told", [
        (None, "the private key is encrypted"), ("wrong\n", "the password is not that of the private key"),
    ])  # fmt: skip
    def test_the_password_of_an_encrypted_key_is_asked_for_and_a_wrong_one_told(
        self, fresh, rsa_pem, tmp_path, given, told
    ):
        arguments = []
        if given is not None:
            (tmp_path / "secret").write_text(given)
            arguments = ["--password-file", tmp_path / "secret"]
        refusal = fresh("key", "import", rsa_pem, "--alg", "RS256", *arguments).refused(2, "password").stderr
        assert refusal.startswith(f"error[password]: {rsa_pem}: {told}")
        assert "--password-file names the file with the password" in refusal
        assert not any(line in refusal for line in rsa_pem.read_text().splitlines())

    def test_what_became_of_the_key_of_a_failed_import_is_told(self, fresh, pem, monkeypatch):
        genuine = kms.connect
        faults = Faults()
        faults.error("AccessDeniedException", "Sign", message="no")
        monkeypatch.setattr(kms, "connect", lambda **options: genuine(**options, faults=faults))
        told = fresh("key", "import", pem, "--alias", "issuer").refused(3, "access-denied").stderr
        (entry,) = fresh("key", "list", "--json").ok().json
        assert told.startswith(f"The new key {entry['arn']} is scheduled for deletion.\n")
        assert entry["state"] == "PendingDeletion"

    def test_two_inputs_from_standard_input_are_refused(self, fresh):
        fresh("key", "import", "-", "--password-file", "-").refused(2, "usage")

    def test_a_name_that_is_taken_is_refused(self, fresh, pem):
        fresh("key", "create", "--alg", "ES256", "--alias", "issuer").ok()
        fresh("key", "import", pem, "--alias", "issuer").refused(3, "already-exists")


class TestReplicate:
    def test_it_prints_the_arn_of_a_replica_that_signs_as_the_primary(self, fresh):
        arn = fresh("key", "create", "--alg", "ES256", "--multi-region", "--tag", "kmsjose:kid=2019").ok().line
        made = fresh("key", "replicate", arn, "eu-central-1", "--description", "copy", "--tag", "a=b").ok()
        assert made.line == arn.replace("eu-west-1", "eu-central-1")
        there = ("--region", "eu-central-1")
        shown = fresh(*there, "key", "show", made.line, "--json").ok().json
        assert (shown["description"], shown["tags"]) == ("copy", {"kmsjose:kid": "2019", "a": "b"})
        token = fresh(*there, "jwt", "sign", "--key", made.line, "--lifetime", "5m", stdin="{}").ok().line
        assert jwt.verify(token, KeySet.from_jwks(fresh("export", arn).ok().stdout)).key.kid == "2019"

    def test_the_replica_of_an_imported_key_is_imported_into(self, fresh, jwk):
        arn = fresh("key", "import", jwk, "--multi-region").ok().line
        told = fresh("key", "replicate", arn, "eu-central-1").ok()
        assert f"key import FILE --into {told.line}" in told.stderr
        there = ("--region", "eu-central-1")
        refused = fresh(*there, "export", told.line).refused(3, "not-ready")
        assert "key import FILE --into KEY" in refused.stderr
        assert "undelete" not in refused.stderr
        assert fresh(*there, "key", "import", jwk, "--into", told.line).ok().line == told.line
        assert fresh(*there, "export", told.line).ok().stdout == fresh("export", arn).ok().stdout

    def test_the_kid_of_the_replica_goes_before_that_of_the_jwk(self, fresh, jwk):
        arn = fresh("key", "import", jwk, "--multi-region", "--kid", "pub-kid").ok().line
        replica = fresh("key", "replicate", arn, "eu-central-1").ok().line
        there = ("--region", "eu-central-1")
        fresh(*there, "key", "import", jwk, "--into", replica, "--kid", "2019-key").refused(2, "usage")
        told = fresh(*there, "key", "import", jwk, "--into", replica).ok().stderr
        assert "the JWK's kid 2019-key is left aside: the key is known as pub-kid" in told
        assert "its kid is pub-kid (kept in its tags)" in told
        assert fresh(*there, "export", replica).ok().stdout == fresh("export", arn).ok().stdout

    def test_a_replica_without_tags_is_given_the_kid_of_the_jwk(self, fresh, jwk, tmp_path):
        arn = fresh("key", "import", jwk, "--multi-region").ok().line
        replica = fresh("key", "replicate", arn, "eu-central-1").ok().line
        there = ("--region", "eu-central-1")
        client = kms.connect(local=tmp_path / "keys", region="eu-central-1")
        client.untag_resource(KeyId=replica, TagKeys=["kmsjose:kid"])
        assert "kept in its tags" in fresh(*there, "key", "import", jwk, "--into", replica).ok().stderr
        assert fresh(*there, "export", replica).ok().stdout == fresh("export", arn).ok().stdout

    def test_a_key_of_one_region_is_refused(self, fresh):
        arn = fresh("key", "create", "--alg", "ES256").ok().line
        fresh("key", "replicate", arn, "eu-central-1").refused(3, "unsupported")
        fresh("key", "replicate", arn).refused(2, "usage")
