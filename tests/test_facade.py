"""The façade: names are loaded as they are used, and what only verifies loads no AWS code."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version

import pytest

import kmsjose


def run(program: str) -> str:
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    return answer.stdout.strip()


def test_every_name_is_there_and_listed():
    for name in kmsjose.__all__:
        assert getattr(kmsjose, name) is not None
        assert name in dir(kmsjose)


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="nothing"):
        kmsjose.nothing  # noqa: B018 - asking for it is the test


def test_the_version_is_that_of_the_package():
    assert kmsjose.__version__ == version("kmsjose")


@pytest.mark.parametrize(
    "statement",
    [
        "from kmsjose import KeySet, PublicKey, jwt, jws, vc, errors, algorithms",
        "from kmsjose import RemoteKeys",
        "from kmsjose import LocalSigner, as_private_key",
        "import kmsjose.jose.bridge",
        "from kmsjose.publishing import page, published, tree",
        "import kmsjose.testing",
    ],
)
def test_verifying_loads_no_boto3(statement):
    program = (
        f"import sys; {statement}; print([n for n in ('boto3', 'botocore', 'cbor2', 'click') if n in sys.modules])"
    )
    assert run(program) == "[]"


def test_verifying_cose_loads_neither_boto3_nor_joserfc():
    program = """
import sys
from kmsjose import KeySet, PublicKey, cose, cwt
KeySet.from_cose_keyset(bytes.fromhex("81a401022001215820" + "%064x" + "225820" + "%064x"))
print([name for name in ("boto3", "botocore", "joserfc", "click") if name in sys.modules])
"""
    generator = (
        0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
        0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
    )
    assert run(program % generator) == "[]"


def test_the_package_alone_loads_nothing():
    assert (
        run("import sys, kmsjose; print([n for n in ('cryptography', 'joserfc', 'orjson') if n in sys.modules])")
        == "[]"
    )


def test_signing_loads_nothing_that_operators_alone_use():
    program = """
import sys
from kmsjose import KMSSigner, jwt, kms
others = ("kmsjose.kms.doctor", "kmsjose.kms.local", "kmsjose.kms.policies", "kmsjose.kms.importing", "boto3")
print([name for name in others if name in sys.modules])
"""
    assert run(program) == "[]"


def test_every_name_of_kms_is_there():
    assert (
        run("from kmsjose import kms; print([n for n in kms.__all__ if n not in dir(kms) or not hasattr(kms, n)])")
        == "[]"
    )


def test_verifying_with_a_key_set_loads_no_network():
    program = (
        "import sys; from kmsjose import KeySet, jwt; print([n for n in ('ssl', 'http.client') if n in sys.modules])"
    )
    assert run(program) == "[]"
