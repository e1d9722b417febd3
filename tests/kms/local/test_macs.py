"""HMAC keys: what they are kept as, and where they go."""

from __future__ import annotations

import hmac

import pytest

from kmsjose import KMSSigner
from kmsjose.errors import KmsJoseError

HOW = {"Message": b"m", "MacAlgorithm": "HMAC_SHA_384"}


def _make(client, create, **options):
    return create(client, "HMAC_384", "GENERATE_VERIFY_MAC", **options)


def test_a_key_is_kept_in_a_file_of_its_owner_and_used_by_the_next_process(connect, create, tmp_path):
    key = _make(connect(tmp_path), create)
    (file,) = (tmp_path / "eu-west-1").glob("*.pem")
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.read_bytes().startswith(b"# For development only")
    first, second = (connect(tmp_path).generate_mac(KeyId=key, **HOW)["Mac"] for _ in range(2))
    assert first == second


def test_a_replica_makes_the_same_macs(connect, create, tmp_path):
    here, there = connect(tmp_path), connect(tmp_path, region="us-east-1")
    key = _make(here, create, MultiRegion=True)
    here.replicate_key(KeyId=key, ReplicaRegion="us-east-1")
    replica = key.replace("eu-west-1", "us-east-1")
    assert here.generate_mac(KeyId=key, **HOW)["Mac"] == there.generate_mac(KeyId=replica, **HOW)["Mac"]


@pytest.mark.parametrize("content", [b"", b"-----BEGIN HMAC KEY-----\n", b"-----BEGIN HMAC KEY-----\n!\n",
                                     b"-----BEGIN HMAC KEY-----\nAAAA\n-----END HMAC KEY-----\n"])  # fmt: skip
def test_a_damaged_file_is_told_without_what_is_in_it(connect, create, aws_refuses, tmp_path, content):
    client = connect(tmp_path)
    key = _make(client, create)
    (file,) = (tmp_path / "eu-west-1").glob("*.pem")
    file.write_bytes(content)
    with aws_refuses("KMSInvalidStateException"):
        client.generate_mac(KeyId=key, **HOW)


def test_the_secret_is_in_no_repr(connect, create):
    from kmsjose.kms.local.specs import SPECS

    made = SPECS["HMAC_384"].generate()
    assert hmac.digest(made.content, b"", "sha384")
    assert made.content.hex() not in repr(made)
    assert repr(made.content) not in repr(made)


def test_states_and_aliases_are_those_of_any_key(client, create, aws_refuses):
    key = _make(client, create)
    client.create_alias(AliasName="alias/a", TargetKeyId=key)
    client.generate_mac(KeyId="alias/a", **HOW)
    client.disable_key(KeyId=key)
    with aws_refuses("DisabledException", f"{key} is disabled."):
        client.generate_mac(KeyId="alias/a", **HOW)
    client.schedule_key_deletion(KeyId=key)
    with aws_refuses("KMSInvalidStateException"):
        client.verify_mac(KeyId=key, Mac=b"x", **HOW)


def test_it_has_no_public_key_and_is_no_signer(client, create, aws_refuses):
    key = _make(client, create)
    with aws_refuses("UnsupportedOperationException"):
        client.get_public_key(KeyId=key)
    with pytest.raises(KmsJoseError):
        KMSSigner.open(client, key)
