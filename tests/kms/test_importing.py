"""Import: what is refused before anything is made, and what is left behind wherever it stops."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from unittest.mock import ANY

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from kmsjose import InputError, KMSError, LocalSigner, as_private_key, jws, kms
from kmsjose.kms import eventual
from kmsjose.kms.making import REQUEST

STEPS = ["CreateKey", "GetParametersForImport", "ImportKeyMaterial", "GetPublicKey", "Sign", "CreateAlias"]


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    """Neither botocore nor we wait between attempts."""
    monkeypatch.setattr("time.sleep", lambda _seconds: None)


@pytest.fixture(autouse=True)
def quick(quick_wrapping):
    """No test waits for a wrapping key."""


@pytest.fixture
def key(private_keys):
    return private_keys["ES256"]


def states(client):
    """How many keys there are in each state."""
    found = [info.state for info in kms.list_keys(client)]
    return {state: found.count(state) for state in found}


def names(client):
    return [alias["AliasName"] for alias in client.list_aliases()["Aliases"]]


class TestImport:
    def test_it_takes_these_calls_and_names_the_key_last(self, kmsjose_client, kmsjose_faults, key):
        kms.import_key(kmsjose_client, key, alias="issuer")
        assert kmsjose_faults.calls == ["DescribeKey", *STEPS]

    def test_everything_that_a_key_can_have_is_given_when_it_is_made(self, kmsjose_client, private_keys):
        account = {"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:*", "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [account]})
        signer = kms.import_key(
            kmsjose_client,
            private_keys["RS256"],
            alg="RS256",
            kid="2019-key",
            alias="alias/issuer",
            description="Tokens",
            tags={"team": "identity"},
            multi_region=True,
            policy=policy,
        )
        info = kms.describe_key(kmsjose_client, "alias/issuer")
        assert (info.arn, info.description, info.multi_region) == (signer.key_arn, "Tokens", True)
        assert info.tags == {"team": "identity", "kmsjose:kid": "2019-key", "kmsjose:alg": "RS256", REQUEST: ANY}
        assert kmsjose_client.get_key_policy(KeyId=signer.key_arn)["Policy"] == policy
        told = kmsjose_client.describe_key(KeyId=signer.key_arn)["KeyMetadata"]
        assert told["ExpirationModel"] == "KEY_MATERIAL_DOES_NOT_EXPIRE"

    @pytest.mark.parametrize("bits", [3072, 4096])
    def test_an_rsa_key_of_each_size_of_kms_is_imported(self, kmsjose_client, bits):
        signer = kms.import_key(kmsjose_client, rsa.generate_private_key(65537, bits), alg="PS256")
        assert kms.describe_key(kmsjose_client, signer.key_arn).spec == f"RSA_{bits}"

    @pytest.mark.parametrize("kid", ["a b", "2026/07:key=1@example+x_y.z-", "Schlüssel", "鍵", "x" * 256])
    def test_a_kid_that_a_tag_can_hold_is_remembered(self, kmsjose_client, key, kid):
        signer = kms.import_key(kmsjose_client, key, kid=kid)
        assert kms.open_tagged(kmsjose_client, signer.key_arn).public_key.kid == kid

    def test_the_thumbprint_as_kid_needs_no_tag(self, kmsjose_client, key):
        kid = LocalSigner(key).public_key.thumbprint()
        signer = kms.import_key(kmsjose_client, key, kid=kid)
        assert kms.describe_key(kmsjose_client, signer.key_arn).tags == {REQUEST: ANY}

    def test_the_two_names_of_ed25519_are_one(self, kmsjose_client, private_keys):
        assert kms.import_key(kmsjose_client, private_keys["EdDSA"], alg="Ed25519").public_key.algorithm.name == "EdDSA"


class TestRefusedBeforeAnythingIsMade:
    @pytest.mark.parametrize("kid", ["did:web:issuer.example#key-1", "a\nb", "a%b", "x" * 257, "\u200b"])
    def test_a_kid_that_a_tag_cannot_hold(self, kmsjose_client, kmsjose_faults, key, kid):
        with pytest.raises(InputError) as caught:
            kms.import_key(kmsjose_client, key, kid=kid)
        assert caught.value.code == "usage"
        assert LocalSigner(key).public_key.thumbprint() in caught.value.message
        assert kmsjose_faults.calls == []

    @pytest.mark.parametrize(
        "options, code",
        [
            ({"alg": "ES384"}, "alg-unsupported-by-key"),
            ({"alg": "HS256"}, "alg-unknown"),
            ({"alias": "two words"}, "usage"),
            ({"alias": "alias/aws/kms"}, "usage"),
            ({"tags": {"kmsjose:kid": "a"}}, "usage"),
            ({"tags": {"kmsjose:alg": "ES256"}}, "usage"),
        ],
    )
    def test_options_that_cannot_be(self, kmsjose_client, kmsjose_faults, key, options, code):
        with pytest.raises(InputError) as caught:
            kms.import_key(kmsjose_client, key, **options)
        assert caught.value.code == code
        assert kmsjose_faults.calls == []

    def test_an_rsa_key_without_its_algorithm(self, kmsjose_client, kmsjose_faults, private_keys):
        with pytest.raises(InputError) as caught:
            kms.import_key(kmsjose_client, private_keys["PS256"])
        assert caught.value.code == "alg-required"
        assert kmsjose_faults.calls == []

    @pytest.mark.parametrize(
        "make, code",
        [
            (lambda: rsa.generate_private_key(65537, 1024), "key-invalid"),
            (lambda: rsa.generate_private_key(65537, 2056), "usage"),
            (lambda: ec.generate_private_key(ec.SECP224R1()), "key-invalid"),
            (ed448.Ed448PrivateKey.generate, "key-invalid"),
            (lambda: ec.generate_private_key(ec.SECP256R1()).public_key(), "key-invalid"),
            (lambda: b"-----BEGIN PRIVATE KEY-----", "key-invalid"),
            (lambda: as_private_key(LocalSigner(ec.generate_private_key(ec.SECP256R1()))), "key-not-exportable"),
        ],
        ids=["RSA-1024", "RSA-2056", "P-224", "Ed448", "public", "bytes", "adapter"],
    )
    def test_a_key_that_kms_does_not_take(self, kmsjose_client, kmsjose_faults, make, code):
        key = make()
        with pytest.raises(InputError) as caught:
            kms.import_key(kmsjose_client, key, alg="PS256" if isinstance(key, rsa.RSAPrivateKey) else None)
        assert caught.value.code == code
        assert kmsjose_faults.calls == []

    def test_an_alias_that_is_taken(self, kmsjose_client, key):
        arn = kms.create_key(kmsjose_client, "ES256", alias="issuer")
        with pytest.raises(KMSError) as caught:
            kms.import_key(kmsjose_client, key, alias="issuer")
        assert caught.value.code == "already-exists"
        assert [info.arn for info in kms.list_keys(kmsjose_client)] == [arn]

    @pytest.mark.parametrize("url", ["http://kms.internal:4566", "http://10.0.0.1"])
    def test_an_endpoint_without_tls_that_is_not_on_this_machine(self, key, url):
        client = kms.connect(region="eu-west-1", endpoint_url=url, credentials=kms.Credentials("a", "b"))
        for attempt in (kms.import_key, lambda client, key: kms.import_material(client, "mrk-1", key)):
            with pytest.raises(InputError, match="without TLS") as caught:
                attempt(client, key)
            assert caught.value.code == "usage"


class TestStopped:
    @pytest.mark.parametrize("step", STEPS[1:])
    @pytest.mark.parametrize("fault", ["throttle", "drop"])
    def test_a_step_that_fails_leaves_a_key_that_waits_for_its_deletion(
        self, kmsjose_client, kmsjose_faults, key, step, fault
    ):
        getattr(kmsjose_faults, fault)(step)
        with pytest.raises(KMSError) as caught:
            kms.import_key(kmsjose_client, key, alias="issuer")
        assert caught.value.operation == step
        assert caught.value.retryable
        kmsjose_faults.clear()
        (info,) = kms.list_keys(kmsjose_client)
        assert info.state == "PendingDeletion"
        assert any(info.arn in note for note in caught.value.__notes__)
        assert names(kmsjose_client) == []
        kms.import_key(kmsjose_client, key, alias="issuer")

    def test_what_fails_before_a_key_is_made_leaves_nothing(self, kmsjose_client, kmsjose_faults, key):
        kmsjose_faults.error("AccessDeniedException", "CreateKey")
        with pytest.raises(KMSError) as caught:
            kms.import_key(kmsjose_client, key, alias="issuer")
        assert caught.value.code == "access-denied"
        assert states(kmsjose_client) == {}

    @pytest.mark.parametrize("step", [*STEPS[1:], "ScheduleKeyDeletion"])
    def test_an_answer_that_is_lost_once_is_made_good_by_the_next_attempt(
        self, kmsjose_client, kmsjose_faults, key, step
    ):
        kmsjose_faults.lose(step, times=1)
        if step == "ScheduleKeyDeletion":
            kmsjose_faults.error("AccessDeniedException", "Sign")
            with pytest.raises(KMSError) as caught:
                kms.import_key(kmsjose_client, key, alias="issuer")
            assert (caught.value.code, caught.value.operation) == ("access-denied", "Sign")
            assert states(kmsjose_client) == {"PendingDeletion": 1}
        else:
            signer = kms.import_key(kmsjose_client, key, alias="issuer")
            assert kms.resolve(kmsjose_client, "alias/issuer") == signer.key_arn
            assert states(kmsjose_client) == {"Enabled": 1}

    def test_a_name_whose_only_answer_is_lost_is_found_to_be_given(self, kmsjose_faults, key):
        client = kms.connect(local=":memory:", faults=kmsjose_faults, max_attempts=1)
        kmsjose_faults.lose("CreateAlias")
        signer = kms.import_key(client, key, alias="issuer")
        assert kms.resolve(client, "alias/issuer") == signer.key_arn
        assert states(client) == {"Enabled": 1}

    def test_a_name_that_was_given_unseen_is_taken_back(self, kmsjose_faults, key):
        client = kms.connect(local=":memory:", faults=kmsjose_faults, max_attempts=1)
        kmsjose_faults.before("CreateAlias", lambda: kmsjose_faults.drop("DescribeKey", times=1))
        kmsjose_faults.lose("CreateAlias", times=1)
        with pytest.raises(KMSError):
            kms.import_key(client, key, alias="issuer")
        assert (names(client), states(client)) == ([], {"PendingDeletion": 1})
        kms.import_key(client, key, alias="issuer")

    def test_a_name_that_cannot_be_taken_back_is_told(self, kmsjose_faults, key):
        client = kms.connect(local=":memory:", faults=kmsjose_faults, max_attempts=1)
        kmsjose_faults.before("CreateAlias", lambda: kmsjose_faults.drop("DescribeKey", times=1))
        kmsjose_faults.lose("CreateAlias", times=1)
        kmsjose_faults.error("AccessDeniedException", "DeleteAlias")
        with pytest.raises(KMSError) as caught:
            kms.import_key(client, key, alias="issuer")
        assert any("kmsjose key unalias alias/issuer" in note for note in caught.value.__notes__)

    def test_a_key_that_cannot_be_scheduled_for_deletion_is_named(self, kmsjose_client, kmsjose_faults, key):
        kmsjose_faults.error("IncorrectKeyMaterialException", "ImportKeyMaterial", message="no")
        kmsjose_faults.error("AccessDeniedException", "ScheduleKeyDeletion")
        with pytest.raises(KMSError) as caught:
            kms.import_key(kmsjose_client, key)
        (info,) = kms.list_keys(kmsjose_client)
        error = caught.value
        assert (error.code, error.aws_code) == ("half-done", "IncorrectKeyMaterialException")
        assert f"kmsjose key delete {info.arn}" in error.message
        assert isinstance(error.__cause__, KMSError)
        assert error.__cause__.code == "invalid-request"

    def test_an_interruption_discards_the_key_too(self, kmsjose_client, kmsjose_faults, key):
        def interrupt():
            raise KeyboardInterrupt

        kmsjose_faults.before("ImportKeyMaterial", interrupt)
        with pytest.raises(KeyboardInterrupt):
            kms.import_key(kmsjose_client, key)
        assert states(kmsjose_client) == {"PendingDeletion": 1}

    def test_a_name_that_someone_else_takes_meanwhile_stays_theirs(self, kmsjose_client, kmsjose_faults, key):
        other = kms.create_key(kmsjose_client, "ES256")
        kmsjose_faults.before("CreateAlias", lambda: kms.set_alias(kmsjose_client, other, "issuer"))
        with pytest.raises(KMSError) as caught:
            kms.import_key(kmsjose_client, key, alias="issuer")
        assert caught.value.code == "already-exists"
        assert kms.resolve(kmsjose_client, "alias/issuer") == other
        assert states(kmsjose_client) == {"Enabled": 1, "PendingDeletion": 1}

    @pytest.mark.parametrize("step, code", [
        ("GetParametersForImport", "NotFoundException"),
        ("ImportKeyMaterial", "NotFoundException"),
        ("GetPublicKey", "KMSInvalidStateException"),
        ("Sign", "KMSInvalidStateException"),
        ("CreateAlias", "NotFoundException"),
    ])  # fmt: skip
    def test_what_kms_does_not_see_yet_is_asked_again(self, kmsjose_client, kmsjose_faults, key, step, code):
        kmsjose_faults.error(code, step, times=len(eventual.PAUSES))
        kms.import_key(kmsjose_client, key, alias="issuer")
        assert kmsjose_faults.calls.count(step) == len(eventual.PAUSES) + 1

    def test_what_kms_never_sees_is_told(self, kmsjose_client, kmsjose_faults, key):
        kmsjose_faults.error("NotFoundException", "GetParametersForImport")
        with pytest.raises(KMSError) as caught:
            kms.import_key(kmsjose_client, key)
        assert caught.value.code == "not-found"
        assert states(kmsjose_client) == {"PendingDeletion": 1}


def test_the_proof_is_recorded_as_every_signature_is(kmsjose_client, key):
    records = []
    signer = kms.import_key(kmsjose_client, key, audit=records.append)
    signer.sign(b"message")
    assert [record.key_arn for record in records] == [signer.key_arn] * 2


class Lying:
    """A genuine client of which one answer is changed."""

    def __init__(self, client, operation, **changes):
        self._client, self._operation, self._changes = client, operation, changes

    def __getattr__(self, name):
        genuine = getattr(self._client, name)
        if name != self._operation:
            return genuine
        return lambda **parameters: {**genuine(**parameters), **self._changes}


class TestProof:
    def test_a_kms_that_holds_another_key_is_found_out(self, kmsjose_client, key):
        other = LocalSigner(ec.generate_private_key(ec.SECP256R1())).public_key.spki
        with pytest.raises(KMSError) as caught:
            kms.import_key(Lying(kmsjose_client, "get_public_key", PublicKey=other), key, alias="issuer")
        assert caught.value.code == "unexpected-answer"
        assert states(kmsjose_client) == {"PendingDeletion": 1}
        assert names(kmsjose_client) == []

    def test_a_kms_that_signs_otherwise_is_found_out(self, kmsjose_client, key):
        other = ec.generate_private_key(ec.SECP256R1())
        client = Lying(kmsjose_client, "sign", Signature=other.sign(b"x", ec.ECDSA(hashes.SHA256())))
        with pytest.raises(KMSError) as caught:
            kms.import_key(client, key, alias="issuer")
        assert caught.value.code == "unexpected-answer"
        assert states(kmsjose_client) == {"PendingDeletion": 1}

    @pytest.mark.parametrize(
        "wrapping",
        [b"", None, "text", bytes.fromhex("302a300506032b6563032100") + bytes(32)],
        ids=["empty", "none", "text", "of an unknown algorithm"],
    )
    def test_a_wrapping_key_that_is_none_is_refused(self, kmsjose_client, key, wrapping):
        client = Lying(kmsjose_client, "get_parameters_for_import", PublicKey=wrapping)
        with pytest.raises(KMSError) as caught:
            kms.import_key(client, key)
        assert caught.value.code == "unexpected-answer"

    def test_the_key_is_never_wrapped_by_a_weaker_key_than_asked(self, kmsjose_client, key, private_keys):
        weak = LocalSigner(private_keys["PS256"], "PS256").public_key.spki
        client = Lying(kmsjose_client, "get_parameters_for_import", PublicKey=weak)
        with pytest.raises(KMSError) as caught:
            kms.import_key(client, key)
        assert caught.value.code == "unexpected-answer"


class TestIntoAKeyThatWaits:
    @pytest.fixture
    def waiting(self, kmsjose_client):
        answer = kmsjose_client.create_key(
            KeySpec="ECC_NIST_P256",
            KeyUsage="SIGN_VERIFY",
            Origin="EXTERNAL",
            Tags=[{"TagKey": "kmsjose:kid", "TagValue": "2019-key"}],
        )
        return answer["KeyMetadata"]["Arn"]

    def test_the_kid_is_that_of_its_tag(self, kmsjose_client, waiting, key):
        signer = kms.import_material(kmsjose_client, waiting, key)
        assert (signer.key_arn, signer.public_key.kid) == (waiting, "2019-key")
        signer.public_key.verify(b"m", signer.sign(b"m"))

    @pytest.mark.parametrize("options", [{"kid": "jwk-kid"}, {"kid": "THUMBPRINT"}])
    def test_another_kid_than_its_tag_says_is_refused(self, kmsjose_client, kmsjose_faults, waiting, key, options):
        if options["kid"] == "THUMBPRINT":
            options = {"kid": LocalSigner(key).public_key.thumbprint()}
        with pytest.raises(InputError, match="kmsjose:kid is '2019-key'") as caught:
            kms.import_material(kmsjose_client, waiting, key, **options)
        assert caught.value.code == "usage"
        assert "ImportKeyMaterial" not in kmsjose_faults.calls

    def test_another_algorithm_than_its_tag_says_is_refused(self, kmsjose_client, kmsjose_faults, private_keys):
        primary = kms.import_key(kmsjose_client, private_keys["PS256"], alg="PS256").key_arn
        kmsjose_faults.clear()
        with pytest.raises(InputError, match="kmsjose:alg is 'PS256'") as caught:
            kms.import_material(kmsjose_client, primary, private_keys["PS256"], alg="RS256")
        assert caught.value.code == "usage"
        assert "ImportKeyMaterial" not in kmsjose_faults.calls
        assert kms.import_material(kmsjose_client, primary, private_keys["PS256"], alg="PS256").key_arn == primary

    def test_what_it_is_told_is_written_into_the_tags_that_are_missing(self, kmsjose_client, private_keys):
        made = kmsjose_client.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY", Origin="EXTERNAL")
        arn = made["KeyMetadata"]["Arn"]
        kms.import_material(kmsjose_client, arn, private_keys["PS256"], alg="PS256", kid="2019-key")
        assert kms.describe_key(kmsjose_client, arn).tags == {"kmsjose:kid": "2019-key", "kmsjose:alg": "PS256"}
        assert kms.open_tagged(kmsjose_client, arn).public_key.kid == "2019-key"

    def test_tags_that_may_not_be_listed_are_not_guessed(self, kmsjose_client, kmsjose_faults, waiting, key):
        kmsjose_faults.error("AccessDeniedException", "ListResourceTags")
        with pytest.raises(KMSError) as caught:
            kms.import_material(kmsjose_client, waiting, key, kid="jwk-kid")
        assert (caught.value.code, caught.value.operation) == ("access-denied", "ListResourceTags")
        assert "ImportKeyMaterial" not in kmsjose_faults.calls

    def test_it_can_be_repeated_with_the_same_key_alone(self, kmsjose_client, waiting, key):
        for _ in range(2):
            kms.import_material(kmsjose_client, waiting, key)
        with pytest.raises(KMSError) as caught:
            kms.import_material(kmsjose_client, waiting, ec.generate_private_key(ec.SECP256R1()))
        assert caught.value.aws_code == "IncorrectKeyMaterialException"
        assert kms.describe_key(kmsjose_client, waiting).state == "Enabled"

    def test_a_failure_leaves_the_key_as_it_is(self, kmsjose_client, kmsjose_faults, waiting, key):
        kmsjose_faults.unavailable("Sign")
        with pytest.raises(KMSError):
            kms.import_material(kmsjose_client, waiting, key)
        assert states(kmsjose_client) == {"Enabled": 1}

    def test_a_key_that_was_made_in_kms_takes_no_material(self, kmsjose_client, key):
        with pytest.raises(KMSError) as caught:
            kms.import_material(kmsjose_client, kms.create_key(kmsjose_client, "ES256"), key)
        assert caught.value.code == "unsupported"


KILLED = """
import os, signal, sys
from cryptography.hazmat.primitives import serialization
from kmsjose import kms
from kmsjose.kms.local import Faults

folder, file, operation = sys.argv[1:]
faults = Faults()
if operation:
    faults.before(operation, lambda: os.kill(os.getpid(), signal.SIGKILL))
key = serialization.load_pem_private_key(open(file, "rb").read(), None)
kms.import_key(kms.connect(local=folder, faults=faults), key, alias="issuer")
"""


@pytest.mark.parametrize("step", STEPS)
def test_after_a_kill_between_two_calls_the_import_can_be_repeated(tmp_path, key, signers, step):
    file, folder = tmp_path / "key.pem", tmp_path / "keys"
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    command = [sys.executable, "-c", KILLED, folder, file]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    killed = subprocess.run([*command, step], env=environment, check=False, timeout=60)
    assert killed.returncode == -signal.SIGKILL
    client = kms.connect(local=folder)
    assert names(client) == []
    signer = kms.import_key(client, key, alias="issuer")
    assert kms.resolve(client, "alias/issuer") == signer.key_arn
    jws.verify(jws.sign(b"payload", signer), signers["ES256"].public_key)
