"""What a type checker knows of a client, with the stubs of boto3 installed: `tox -e types` reads this file."""

from typing import assert_type

from mypy_boto3_kms import KMSClient
from mypy_boto3_kms.type_defs import SignResponseTypeDef

from kmsjose import KMSSigner, kms
from kmsjose.signers import Failover

client = kms.connect(local=":memory:")
assert_type(client, KMSClient)

answer = client.sign(KeyId="alias/issuer", Message=b"message", SigningAlgorithm="ECDSA_SHA_256")
assert_type(answer, SignResponseTypeDef)

# A typed client is what every call takes.
assert_type(KMSSigner.open(client, "alias/issuer"), KMSSigner)
assert_type(kms.follow(client, "alias/issuer"), kms.AliasSource)
assert_type(kms.open_failover([client], "mrk-1"), Failover)
assert_type(kms.create_key(client, "ES256"), str)
