"""Opening a key as its tags say it: by its algorithm, and with its kid."""

from __future__ import annotations

from ..errors import KMSError
from .audit import AuditHook
from .calls import KMSClient
from .signer import KMSSigner, public_key_answer
from .tags import ALG, KID, read_tags


def open_tagged(
    client: KMSClient, key: str, alg: str | None = None, kid: str | None = None, *, audit: AuditHook | None = None
) -> KMSSigner:
    """A signer of a key; what is not given is taken from the key's tags ``kmsjose:alg`` and ``kmsjose:kid``.

    Whoever may not list the tags opens the key as `KMSSigner.open` does.

    Args:
        client: A boto3 KMS client of the key's region.
        key: Key id, key ARN, alias name (``alias/x``) or alias ARN.
        alg: The JOSE name.
        kid: The key id to publish.
        audit: Told of each signature before it is released.

    Raises:
        InputError, KMSError: as `KMSSigner.open`.
    """
    answer = public_key_answer(client, key)
    tags = _tags(client, str(answer.get("KeyId"))) if alg is None or kid is None else {}
    return KMSSigner.of_answer(client, answer, alg or tags.get(ALG), kid or tags.get(KID), audit=audit)


def _tags(client: KMSClient, arn: str) -> dict[str, str]:
    try:
        return read_tags(client, arn)
    except KMSError as error:
        if error.code != "access-denied":
            raise
        return {}
