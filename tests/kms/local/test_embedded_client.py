"""Which client the embedded KMS answers can be asked."""

from __future__ import annotations

from kmsjose import kms
from kmsjose.kms.local import attach, is_embedded

CREDENTIALS = kms.Credentials("AKIDEXAMPLE", "secret-of-the-test")


def test_a_client_of_the_embedded_kms_says_so_and_no_other_does():
    client = kms.connect(region="eu-west-1", credentials=CREDENTIALS)
    assert not is_embedded(client)
    assert not is_embedded(object())
    attach(client, ":memory:")
    assert is_embedded(client)
    attach(client, ":memory:")
    assert is_embedded(client)
    assert is_embedded(kms.connect(local=":memory:"))
