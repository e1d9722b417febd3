"""The contracts of KMS and of a rotation on ministack, over HTTP, and what is left of throttling after the retries."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import ClassVar

import pytest
from boto3.session import Session
from botocore.config import Config

from kmsjose import KeySet, KMSSigner, jwt, kms
from kmsjose.algorithms import TABLE, Family
from tests.contracts.kms import KMSContract
from tests.contracts.kms_api import KMSAPIContract
from tests.contracts.rotation import RotationContract
from tests.contracts.signer import SignerContract
from tests.kms import endpoints

_NO_ML_DSA = {f"alg:{row.name}": "ministack has no ML-DSA" for row in TABLE if row.family is Family.ML_DSA}
CREDENTIALS = kms.Credentials("test", "test")
TOKENS = 40


@pytest.fixture(scope="module")
def python(request):
    return endpoints.environment(request.config.cache.mkdir("ministack"))


@pytest.fixture(scope="module")
def url(python):
    with endpoints.ministack(python) as url:
        yield url


@pytest.fixture(scope="module")
def client(url):
    return kms.connect(region="eu-west-1", endpoint_url=url, credentials=CREDENTIALS)


@pytest.fixture(scope="module")
def unchecked(url):
    session = Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="eu-west-1")
    return session.client("kms", endpoint_url=url, config=Config(parameter_validation=False))


@pytest.fixture(scope="module")
def elsewhere(url):
    return kms.connect(region="us-east-1", endpoint_url=url, credentials=CREDENTIALS)


@pytest.fixture(scope="module", params=[row.name for row in TABLE if row.family is not Family.ML_DSA])
def signer(request, client, key):
    return KMSSigner.open(client, key(request.param), request.param)


@pytest.mark.interop
class TestMinistack(KMSContract):
    lacks: ClassVar = {
        **_NO_ML_DSA,
        "enable-while-pending": "ministack enables a key that waits for its deletion",
        "imported-replica": "ministack copies imported material to a replica",
    }


@pytest.mark.interop
class TestMinistackAPI(KMSAPIContract):
    lacks: ClassVar = {
        "all-faults": "ministack names the first fault alone",
        "alias-limit": "ministack takes any limit",
        "tag-limit": "ministack takes any limit",
        "reserved-aliases": "ministack lets anybody have names of AWS's own",
        "lockout": "ministack checks no policy",
        "key-stores": "ministack has no custom key stores, and ignores their names",
        "list-rotations": "ministack has no ListKeyRotations",
        "rotation-kinds": "ministack rotates signing keys",
        "last-usage": "ministack has no GetKeyLastUsage",
        "wrapping-limits": "ministack wraps whatever it is asked to",
        "pkcs8-alone": "ministack takes what OpenSSL calls traditional",
        "valid-to": "ministack takes any date",
        "same-material": "ministack takes other material into a key that had some",
        "grant-operations": "ministack looks at the kind of a key alone, not at its usage",
        "grant-tokens": "ministack takes any grant token",
        "retirable": "ministack has no ListRetirableGrants",
    }


@pytest.mark.interop
class TestRotationOverHTTP(RotationContract):
    pass


@pytest.mark.interop
class TestKMSSignerOverHTTP(SignerContract):
    pass


@pytest.mark.interop
@pytest.mark.parametrize("alg", ["ES256", "EdDSA", "PS256"])
def test_of_tokens_whose_calls_are_throttled_none_is_lost(python, url, key, alg):
    rule = {
        "service": "kms",
        "probability": 0.3,
        "error": {"code": "ThrottlingException", "status": 400, "message": "Rate exceeded"},
    }
    attempts = []
    with endpoints.microburst(python, url) as proxy:
        endpoints.rules(proxy, rule)
        client = kms.connect(region="eu-west-1", endpoint_url=proxy, credentials=CREDENTIALS, max_attempts=12)
        client.meta.events.register("needs-retry.kms", lambda **told: attempts.append(told["attempts"]))
        signer = KMSSigner.open(client, key(alg), alg)
        with ThreadPoolExecutor(8) as pool:
            tokens = list(pool.map(lambda n: jwt.sign({"n": n}, signer, lifetime=timedelta(hours=1)), range(TOKENS)))
    assert max(attempts) > 1, "nothing was throttled"
    keys = KeySet([signer.public_key])
    assert [jwt.verify(token, keys).claims["n"] for token in tokens] == list(range(TOKENS))
