"""Opens a key by what its tags say of it: the kid and the algorithm that its bare material does not tell."""

from __future__ import annotations

from collections.abc import Sequence

from ..algorithms import by_name
from ..arguments import checked
from .audit import AuditHook
from .calls import KMSClient
from .signer import KMSSigner, public_key_answer
from .tags import read_tags


@checked
def open_tagged(
    client: KMSClient,
    key: str,
    alg: str | None = None,
    kid: str | bytes | None = None,
    *,
    grant_tokens: Sequence[str] = (),
    audit: AuditHook | None = None,
    verify: bool = False,
) -> KMSSigner:
    """Open a key as `KMSSigner.open` does, with the kid and the algorithm of its tags where they are not given.

    It needs `kms:ListResourceTags`, too, unless both are given: without the tags, the kid could be another one than the
    key is published by.

    Args:
        client: A boto3 KMS client of the key's region.
        key: Key id, key ARN, alias name (``alias/x``) or alias ARN.
        alg: The JOSE name; None takes that of the tag ``kmsjose:alg``.
        kid: The key id to publish; None takes that of the tag ``kmsjose:kid``, else the RFC 7638 thumbprint.
        grant_tokens: For a grant that is not yet seen everywhere.
        audit: Told of each signature before it is released.
        verify: Verify each signature before it is released; the first one of each signer always is.

    Raises:
        InputError: as `KMSSigner.open`.
        KMSError: as `KMSSigner.open`; ``access-denied`` if the tags may not be listed.

    >>> from kmsjose import kms
    >>> client = kms.connect(local=":memory:")
    >>> arn = kms.create_key(client, "ES256", tags={"kmsjose:kid": "2026"})
    >>> open_tagged(client, arn).public_key
    PublicKey(algorithm=<Algorithm ES256>, kid='2026')
    """
    if alg is not None:
        by_name(alg)
    answer = public_key_answer(client, key, grant_tokens)
    told = read_tags(client, str(answer.get("KeyId"))) if alg is None or kid is None else {}
    return KMSSigner.of_answer(client, answer, alg, kid, told, grant_tokens=grant_tokens, audit=audit, verify=verify)
