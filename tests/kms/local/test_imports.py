"""Key material that comes from elsewhere."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from tests import rfc8410
from tests.contracts.wrapped import FOREVER, MAKERS, pkcs8, wrap

NOW = 1_700_000_000.0


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


def _import(client, arn, parameters, material, **options):
    return client.import_key_material(
        KeyId=arn,
        ImportToken=parameters["ImportToken"],
        EncryptedKeyMaterial=wrap(parameters, material),
        **(options or FOREVER),
    )


@pytest.mark.parametrize("spec", MAKERS)
def test_every_signing_spec(client, create, spec):
    key, arn = MAKERS[spec](), create(client, spec, Origin="EXTERNAL")
    parameters = _parameters(client, arn)
    assert parameters["KeyId"] == arn
    assert parameters["ParametersValidTo"].timestamp() == NOW + 86_400
    assert _import(client, arn, parameters, pkcs8(key))["KeyId"] == arn
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
    _import(second, arn, parameters, pkcs8(key))
    signature = first.sign(KeyId=arn, Message=b"m", SigningAlgorithm="ECDSA_SHA_256")["Signature"]
    key.public_key().verify(signature, b"m", ec.ECDSA(hashes.SHA256()))


def test_the_same_material_again_but_no_other(client, create, aws_refuses):
    key, arn = MAKERS["ECC_NIST_P256"](), create(client, Origin="EXTERNAL")
    parameters = _parameters(client, arn)
    _import(client, arn, parameters, pkcs8(key))
    _import(client, arn, parameters, pkcs8(key))
    with aws_refuses("IncorrectKeyMaterialException"):
        _import(client, arn, parameters, pkcs8(MAKERS["ECC_NIST_P256"]()))


@pytest.mark.parametrize("material", ["another curve", "another type", "garbage", "symmetric"])
def test_wrong_material(client, create, aws_refuses, material):
    contents = {
        "another curve": pkcs8(MAKERS["ECC_NIST_P384"]()),
        "another type": pkcs8(MAKERS["ECC_NIST_EDWARDS25519"]()),
        "garbage": b"garbage",
        "symmetric": bytes(32),
    }
    arn = create(client, Origin="EXTERNAL")
    parameters = _parameters(client, arn)
    with aws_refuses("IncorrectKeyMaterialException"):
        _import(client, arn, parameters, contents[material])
    assert client.describe_key(KeyId=arn)["KeyMetadata"]["KeyState"] == "PendingImport"


@rfc8410.wrong_sizes
def test_material_of_another_size_than_its_curve(client, create, aws_refuses, curve, size):
    arn = create(client, "ECC_NIST_EDWARDS25519", Origin="EXTERNAL")
    with aws_refuses("IncorrectKeyMaterialException"):
        _import(client, arn, _parameters(client, arn), rfc8410.pkcs8(curve, size))


def test_wrong_wrapping_and_tokens(client, clock, create, aws_refuses):
    key, arn, other = MAKERS["ECC_NIST_P256"](), create(client, Origin="EXTERNAL"), create(client, Origin="EXTERNAL")
    parameters, others = _parameters(client, arn), _parameters(client, other)
    how = {"KeyId": arn, **FOREVER}
    for damaged in (b"x", bytes(300), wrap(others, pkcs8(key))):
        with aws_refuses("InvalidCiphertextException"):
            client.import_key_material(ImportToken=parameters["ImportToken"], EncryptedKeyMaterial=damaged, **how)
    for token in (b"x", others["ImportToken"]):
        with aws_refuses("InvalidImportTokenException"):
            client.import_key_material(ImportToken=token, EncryptedKeyMaterial=wrap(parameters, pkcs8(key)), **how)
    clock.now += 86_401
    with aws_refuses("ExpiredImportTokenException"):
        _import(client, arn, parameters, pkcs8(key))


def test_only_for_keys_of_external_origin(client, create, aws_refuses):
    arn = create(client)
    with aws_refuses(
        "UnsupportedOperationException", f"{arn} origin is AWS_KMS which is not valid for this operation."
    ):
        _parameters(client, arn)


@pytest.mark.parametrize("member", [{"ImportType": "NEW_KEY_MATERIAL"}, {"KeyMaterialDescription": "first"}])
def test_what_is_for_symmetric_keys_alone_is_refused(client, create, aws_refuses, member):
    arn = create(client, Origin="EXTERNAL")
    with aws_refuses("UnsupportedOperationException"):
        _import(client, arn, _parameters(client, arn), pkcs8(MAKERS["ECC_NIST_P256"]()), **FOREVER, **member)


def test_deleted_material_is_gone_from_the_disk_and_the_key_may_still_be_deleted(connect, create, tmp_path):
    client = connect(tmp_path)
    arn = create(client, Origin="EXTERNAL")
    client.delete_imported_key_material(KeyId=arn)
    _import(client, arn, _parameters(client, arn), pkcs8(MAKERS["ECC_NIST_P256"]()))
    client.schedule_key_deletion(KeyId=arn)
    client.delete_imported_key_material(KeyId=arn)
    assert list((tmp_path / "eu-west-1").glob(arn.rpartition("/")[2] + ".pem")) == []
    told = client.describe_key(KeyId=arn)["KeyMetadata"]
    assert told["KeyState"] == "PendingDeletion"
    assert "ValidTo" not in told
    client.cancel_key_deletion(KeyId=arn)
    assert client.describe_key(KeyId=arn)["KeyMetadata"]["KeyState"] == "PendingImport"


def test_material_may_expire(client, clock, create, aws_refuses):
    key, arn = MAKERS["ECC_NIST_P256"](), create(client, Origin="EXTERNAL")
    parameters = _parameters(client, arn)
    with aws_refuses("ValidationException"):
        _import(client, arn, parameters, pkcs8(key), ExpirationModel="KEY_MATERIAL_EXPIRES")
    end = datetime.fromtimestamp(NOW, UTC) + timedelta(hours=1)
    _import(client, arn, parameters, pkcs8(key), ValidTo=end)
    told = client.describe_key(KeyId=arn)["KeyMetadata"]
    assert (told["ExpirationModel"], told["ValidTo"]) == ("KEY_MATERIAL_EXPIRES", end)
    clock.now += 3601
    with aws_refuses("KMSInvalidStateException", f"{arn} is pending import."):
        client.sign(KeyId=arn, Message=b"m", SigningAlgorithm="ECDSA_SHA_256")
    _import(client, arn, parameters, pkcs8(key))
    client.sign(KeyId=arn, Message=b"m", SigningAlgorithm="ECDSA_SHA_256")
