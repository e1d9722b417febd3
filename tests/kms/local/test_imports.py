"""Key material that comes from elsewhere."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives import hashes, keywrap
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa, padding, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_public_key,
)

NOW = 1_700_000_000.0
MAKERS = {
    "ECC_NIST_P256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "ECC_NIST_P384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "ECC_NIST_P521": lambda: ec.generate_private_key(ec.SECP521R1()),
    "ECC_SECG_P256K1": lambda: ec.generate_private_key(ec.SECP256K1()),
    "ECC_NIST_EDWARDS25519": ed25519.Ed25519PrivateKey.generate,
    "RSA_2048": lambda: rsa.generate_private_key(65537, 2048),
    "ML_DSA_44": mldsa.MLDSA44PrivateKey.generate,
    "ML_DSA_65": mldsa.MLDSA65PrivateKey.generate,
    "ML_DSA_87": mldsa.MLDSA87PrivateKey.generate,
}
FOREVER = {"ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}


class Clock:
    now = NOW

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def client(connect, clock):
    return connect(clock=clock)


def _parameters(client, arn, spec="RSA_2048"):
    return client.get_parameters_for_import(
        KeyId=arn, WrappingAlgorithm="RSA_AES_KEY_WRAP_SHA_256", WrappingKeySpec=spec
    )


def _wrap(parameters, material: bytes) -> bytes:
    aes = os.urandom(32)
    oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
    public = load_der_public_key(parameters["PublicKey"])
    return public.encrypt(aes, oaep) + keywrap.aes_key_wrap_with_padding(aes, material)


def _pkcs8(key) -> bytes:
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def _import(client, arn, parameters, material, **options):
    return client.import_key_material(
        KeyId=arn,
        ImportToken=parameters["ImportToken"],
        EncryptedKeyMaterial=_wrap(parameters, material),
        **(options or FOREVER),
    )


@pytest.mark.parametrize("spec", MAKERS)
def test_every_signing_spec(client, create, spec):
    key, arn = MAKERS[spec](), create(client, spec, Origin="EXTERNAL")
    parameters = _parameters(client, arn)
    assert parameters["KeyId"] == arn
    assert parameters["ParametersValidTo"].timestamp() == NOW + 86_400
    assert _import(client, arn, parameters, _pkcs8(key))["KeyId"] == arn
    told = client.describe_key(KeyId=arn)["KeyMetadata"]
    assert (told["KeyState"], told["Origin"]) == ("Enabled", "EXTERNAL")
    assert told["ExpirationModel"] == "KEY_MATERIAL_DOES_NOT_EXPIRE"
    public = client.get_public_key(KeyId=arn)
    assert public["PublicKey"] == key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    client.sign(KeyId=arn, Message=b"m", SigningAlgorithm=public["SigningAlgorithms"][0])


def test_a_wrapping_key_of_4096_bits_in_another_process(connect, create, tmp_path):
    key = MAKERS["ECC_NIST_P256"]()
    first, second = connect(tmp_path), connect(tmp_path)
    arn = create(first, Origin="EXTERNAL")
    parameters = _parameters(first, arn, "RSA_4096")
    assert load_der_public_key(parameters["PublicKey"]).key_size == 4096
    _import(second, arn, parameters, _pkcs8(key))
    signature = first.sign(KeyId=arn, Message=b"m", SigningAlgorithm="ECDSA_SHA_256")["Signature"]
    key.public_key().verify(signature, b"m", ec.ECDSA(hashes.SHA256()))


def test_the_same_material_again_but_no_other(client, create, aws_refuses):
    key, arn = MAKERS["ECC_NIST_P256"](), create(client, Origin="EXTERNAL")
    parameters = _parameters(client, arn)
    _import(client, arn, parameters, _pkcs8(key))
    _import(client, arn, parameters, _pkcs8(key))
    with aws_refuses("IncorrectKeyMaterialException"):
        _import(client, arn, parameters, _pkcs8(MAKERS["ECC_NIST_P256"]()))


@pytest.mark.parametrize("material", ["another curve", "another type", "garbage", "symmetric"])
def test_wrong_material(client, create, aws_refuses, material):
    contents = {
        "another curve": _pkcs8(MAKERS["ECC_NIST_P384"]()),
        "another type": _pkcs8(MAKERS["ECC_NIST_EDWARDS25519"]()),
        "garbage": b"garbage",
        "symmetric": bytes(32),
    }
    arn = create(client, Origin="EXTERNAL")
    parameters = _parameters(client, arn)
    with aws_refuses("IncorrectKeyMaterialException"):
        _import(client, arn, parameters, contents[material])
    assert client.describe_key(KeyId=arn)["KeyMetadata"]["KeyState"] == "PendingImport"


def test_wrong_wrapping_and_tokens(client, clock, create, aws_refuses):
    key, arn, other = MAKERS["ECC_NIST_P256"](), create(client, Origin="EXTERNAL"), create(client, Origin="EXTERNAL")
    parameters, others = _parameters(client, arn), _parameters(client, other)
    how = {"KeyId": arn, **FOREVER}
    for damaged in (b"x", bytes(300), _wrap(others, _pkcs8(key))):
        with aws_refuses("InvalidCiphertextException"):
            client.import_key_material(ImportToken=parameters["ImportToken"], EncryptedKeyMaterial=damaged, **how)
    for token in (b"x", others["ImportToken"]):
        with aws_refuses("InvalidImportTokenException"):
            client.import_key_material(ImportToken=token, EncryptedKeyMaterial=_wrap(parameters, _pkcs8(key)), **how)
    clock.now += 86_401
    with aws_refuses("ExpiredImportTokenException"):
        _import(client, arn, parameters, _pkcs8(key))


def test_only_for_keys_of_external_origin(client, create, aws_refuses):
    arn = create(client)
    with aws_refuses(
        "UnsupportedOperationException", f"{arn} origin is AWS_KMS which is not valid for this operation."
    ):
        _parameters(client, arn)


def test_other_wrappings_are_not_done(client, create, aws_refuses):
    arn = create(client, Origin="EXTERNAL")
    with aws_refuses("UnsupportedOperationException"):
        client.get_parameters_for_import(KeyId=arn, WrappingAlgorithm="RSAES_OAEP_SHA_256", WrappingKeySpec="RSA_2048")


def test_material_may_expire(client, clock, create, aws_refuses):
    key, arn = MAKERS["ECC_NIST_P256"](), create(client, Origin="EXTERNAL")
    parameters = _parameters(client, arn)
    with aws_refuses("ValidationException"):
        _import(client, arn, parameters, _pkcs8(key), ExpirationModel="KEY_MATERIAL_EXPIRES")
    end = datetime.fromtimestamp(NOW, UTC) + timedelta(hours=1)
    _import(client, arn, parameters, _pkcs8(key), ValidTo=end)
    told = client.describe_key(KeyId=arn)["KeyMetadata"]
    assert (told["ExpirationModel"], told["ValidTo"]) == ("KEY_MATERIAL_EXPIRES", end)
    clock.now += 3601
    with aws_refuses("KMSInvalidStateException", f"{arn} is pending import."):
        client.sign(KeyId=arn, Message=b"m", SigningAlgorithm="ECDSA_SHA_256")
    _import(client, arn, parameters, _pkcs8(key))
    client.sign(KeyId=arn, Message=b"m", SigningAlgorithm="ECDSA_SHA_256")
