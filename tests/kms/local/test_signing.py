"""What is signed verifies by `cryptography` alone, and what can't be signed is refused with AWS's own words."""

from __future__ import annotations

import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, mldsa, padding
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature
from cryptography.hazmat.primitives.serialization import load_der_public_key

from kmsjose.algorithms import TABLE, Algorithm, Family, by_name

MESSAGE = b"what is signed"


def _verify(row: Algorithm, key, signature: bytes, message: bytes) -> None:
    if row.family is Family.ECDSA:
        key.verify(signature, message, ec.ECDSA(row.hash))
    elif row.family is Family.RSA_PKCS1:
        key.verify(signature, message, padding.PKCS1v15(), row.hash)
    elif row.family is Family.RSA_PSS:
        key.verify(signature, message, padding.PSS(padding.MGF1(row.hash), row.hash.digest_size), row.hash)
    else:
        key.verify(signature, message)


@pytest.fixture(scope="module")
def shared(connect):
    return connect()


@pytest.fixture(scope="module")
def keys(shared, create):
    """One key a spec, made when it is first asked for."""
    made: dict[str, str] = {}

    def key(spec: str) -> str:
        if spec not in made:
            made[spec] = create(shared, spec)
        return made[spec]

    return key


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
class TestEveryAlgorithm:
    def test_raw(self, shared, keys, row):
        arn = keys(row.key_specs[0])
        told = shared.get_public_key(KeyId=arn)
        assert told["KeyId"] == arn
        assert (told["KeySpec"], told["CustomerMasterKeySpec"]) == (row.key_specs[0],) * 2
        assert told["KeyUsage"] == "SIGN_VERIFY"
        assert row.kms_algorithm in told["SigningAlgorithms"]
        answer = shared.sign(KeyId=arn, Message=MESSAGE, SigningAlgorithm=row.kms_algorithm)
        assert (answer["KeyId"], answer["SigningAlgorithm"]) == (arn, row.kms_algorithm)
        _verify(row, load_der_public_key(told["PublicKey"]), answer["Signature"], MESSAGE)

    def test_digest_or_mu(self, shared, keys, row, aws_refuses):
        arn = keys(row.key_specs[0])
        public = load_der_public_key(shared.get_public_key(KeyId=arn)["PublicKey"])
        how = {"KeyId": arn, "SigningAlgorithm": row.kms_algorithm}
        if row.message_type == "RAW":
            with aws_refuses("ValidationException"):
                shared.sign(Message=bytes(64), MessageType="DIGEST", **how)
            return
        if row.message_type == "EXTERNAL_MU":
            hasher = mldsa.MLDSAMuHasher(public, None)
            hasher.update(MESSAGE)
            sent, wrong = hasher.finalize(), "DIGEST"
        else:
            sent, wrong = hashlib.new(row.hash.name, MESSAGE).digest(), "EXTERNAL_MU"
        signature = shared.sign(Message=sent, MessageType=row.message_type, **how)["Signature"]
        _verify(row, public, signature, MESSAGE)
        assert shared.verify(Message=MESSAGE, Signature=signature, **how)["SignatureValid"] is True
        assert shared.verify(Message=sent, MessageType=row.message_type, Signature=signature, **how)["SignatureValid"]
        with aws_refuses("ValidationException", f"Digest is invalid length for algorithm {row.kms_algorithm}."):
            shared.sign(Message=sent + b"x", MessageType=row.message_type, **how)
        with aws_refuses(
            "ValidationException", f"Message type {wrong} is incompatible with key spec {row.key_specs[0]}."
        ):
            shared.sign(Message=bytes(64), MessageType=wrong, **how)

    def test_wrong_signature(self, shared, keys, row, aws_refuses):
        arn = keys(row.key_specs[0])
        how = {"KeyId": arn, "SigningAlgorithm": row.kms_algorithm}
        signature = shared.sign(Message=MESSAGE, **how)["Signature"]
        for message, given in ((MESSAGE + b"!", signature), (MESSAGE, b"x"), (MESSAGE, signature[:-1])):
            with aws_refuses("KMSInvalidSignatureException", ""):
                shared.verify(Message=message, Signature=given, **how)


def test_a_digest_sent_as_raw_is_hashed_again(shared, keys):
    arn, digest = keys("ECC_NIST_P256"), hashlib.sha256(MESSAGE).digest()
    signature = shared.sign(KeyId=arn, Message=digest, SigningAlgorithm="ECDSA_SHA_256")["Signature"]
    public = load_der_public_key(shared.get_public_key(KeyId=arn)["PublicKey"])
    public.verify(signature, digest, ec.ECDSA(by_name("ES256").hash))


def test_ecdsa_gives_high_s_too(shared, keys):
    half = ec.SECP256K1().group_order // 2
    arn = keys("ECC_SECG_P256K1")
    signatures = [shared.sign(KeyId=arn, Message=MESSAGE, SigningAlgorithm="ECDSA_SHA_256") for _ in range(60)]
    assert {decode_dss_signature(answer["Signature"])[1] > half for answer in signatures} == {True, False}


def test_rsa_lists_its_algorithms_as_aws_does(shared, keys):
    listed = shared.get_public_key(KeyId=keys("RSA_2048"))["SigningAlgorithms"]
    assert listed == [
        "RSASSA_PKCS1_V1_5_SHA_256",
        "RSASSA_PKCS1_V1_5_SHA_384",
        "RSASSA_PKCS1_V1_5_SHA_512",
        "RSASSA_PSS_SHA_256",
        "RSASSA_PSS_SHA_384",
        "RSASSA_PSS_SHA_512",
    ]


def test_rsa_digest_goes_into_the_padding_unhashed(shared, keys):
    arn, digest = keys("RSA_2048"), hashlib.sha256(MESSAGE).digest()
    answer = shared.sign(KeyId=arn, Message=digest, MessageType="DIGEST", SigningAlgorithm="RSASSA_PKCS1_V1_5_SHA_256")
    public, hash_ = load_der_public_key(shared.get_public_key(KeyId=arn)["PublicKey"]), by_name("RS256").hash
    public.verify(answer["Signature"], digest, padding.PKCS1v15(), Prehashed(hash_))


def test_ed25519ph_is_listed_but_not_done(shared, keys, aws_refuses):
    arn = keys("ECC_NIST_EDWARDS25519")
    assert shared.get_public_key(KeyId=arn)["SigningAlgorithms"] == ["ED25519_SHA_512", "ED25519_PH_SHA_512"]
    with aws_refuses("UnsupportedOperationException"):
        shared.sign(KeyId=arn, Message=bytes(64), MessageType="DIGEST", SigningAlgorithm="ED25519_PH_SHA_512")


def test_message_limit_is_the_service_models(shared, keys, aws_refuses):
    arn = keys("ECC_NIST_P256")
    shared.sign(KeyId=arn, Message=bytes(4096), SigningAlgorithm="ECDSA_SHA_256")
    with aws_refuses(
        "ValidationException",
        "1 validation error detected: Value 'java.nio.HeapByteBuffer[pos=0 lim=4097 cap=4097]' at 'message' "
        "failed to satisfy constraint: Member must have length less than or equal to 4096",
    ):
        shared.sign(KeyId=arn, Message=bytes(4097), SigningAlgorithm="ECDSA_SHA_256")
    with aws_refuses("ValidationException"):
        shared.sign(KeyId=arn, Message=b"m", SigningAlgorithm="NO_SUCH_ALGORITHM")


def test_another_keys_algorithm(shared, keys, aws_refuses):
    text = "Algorithm ECDSA_SHA_384 is incompatible with key spec ECC_NIST_P256."
    with aws_refuses("InvalidKeyUsageException", text):
        shared.sign(KeyId=keys("ECC_NIST_P256"), Message=b"m", SigningAlgorithm="ECDSA_SHA_384")


@pytest.mark.parametrize(
    "spec,usage",
    [
        ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT"),
        ("HMAC_256", "GENERATE_VERIFY_MAC"),
        ("RSA_2048", "ENCRYPT_DECRYPT"),
        ("ECC_NIST_P256", "KEY_AGREEMENT"),
    ],
)
def test_a_key_for_something_else(shared, create, aws_refuses, spec, usage):
    arn = create(shared, spec, usage)
    with aws_refuses("InvalidKeyUsageException", f"{arn} key usage is {usage} which is not valid for Sign."):
        shared.sign(KeyId=arn, Message=b"m", SigningAlgorithm="ECDSA_SHA_256")
    with aws_refuses("InvalidKeyUsageException", f"{arn} key usage is {usage} which is not valid for Verify."):
        shared.verify(KeyId=arn, Message=b"m", Signature=b"s", SigningAlgorithm="ECDSA_SHA_256")


def test_public_keys_are_of_asymmetric_keys(shared, create, aws_refuses):
    assert shared.get_public_key(KeyId=create(shared, "RSA_2048", "ENCRYPT_DECRYPT"))["KeyUsage"] == "ENCRYPT_DECRYPT"
    told = shared.get_public_key(KeyId=create(shared, "ECC_NIST_P256", "KEY_AGREEMENT"))
    assert told["KeyAgreementAlgorithms"] == ["ECDH"]
    with aws_refuses("UnsupportedOperationException"):
        shared.get_public_key(KeyId=create(shared, "SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT"))


def test_dry_run_signs_nothing_but_checks_all(shared, keys, aws_refuses):
    how = {"KeyId": keys("ECC_NIST_P256"), "SigningAlgorithm": "ECDSA_SHA_256", "DryRun": True}
    with aws_refuses("DryRunOperationException"):
        shared.sign(Message=b"m", **how)
    with aws_refuses("DryRunOperationException"):
        shared.verify(Message=b"m", Signature=b"s", **how)
    with aws_refuses("ValidationException"):
        shared.sign(Message=b"m", MessageType="DIGEST", **how)


def test_names_of_a_key(client, create):
    arn = create(client)
    client.create_alias(AliasName="alias/a", TargetKeyId=arn)
    alias_arn = arn.partition("key/")[0] + "alias/a"
    for name in (arn, arn.partition("key/")[2], "alias/a", alias_arn):
        assert client.sign(KeyId=name, Message=b"m", SigningAlgorithm="ECDSA_SHA_256")["KeyId"] == arn
        assert client.get_public_key(KeyId=name)["KeyId"] == arn
        assert client.describe_key(KeyId=name)["KeyMetadata"]["Arn"] == arn
