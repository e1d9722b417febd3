"""The key that signs against the keys that are published."""

from __future__ import annotations

from ...errors import KmsJoseError
from ...keys import KeySet, PublicKey
from ..tags import KID
from .case import Case, Finding, failed, ok, skipped


def published(case: Case) -> Finding:
    """Whether verifiers who read the published keys can verify what the key signs now."""
    if case.load is None:
        return skipped("no published keys were given")
    if case.signer is None:
        return skipped("the algorithm is not known")
    if not case.kid_is_told:
        return skipped("the kid is not known, for the tags may not be listed", "name it: --kid")
    try:
        keys = case.load(case.signer.public_key.algorithm.name)
    except KmsJoseError as error:
        return failed(f"the published keys can't be read: {error.message}", error.hint)
    except OSError as error:
        return failed(f"the published keys can't be read: {error.strerror}", "check the file and its permissions")
    return _compared(case.signer.public_key, keys)


def _compared(key: PublicKey, keys: KeySet) -> Finding:
    named = [other for other in keys if other.kid == key.kid]
    same = [other for other in keys if other.spki == key.spki]
    if any(other.algorithm is key.algorithm for other in same if other in named):
        return ok(f"kid {key.kid} is published with this key, for {key.algorithm.name}")
    if any(other.spki != key.spki for other in named):
        return failed(
            f"kid {key.kid} is published with another key",
            "every token would be refused: see whether the alias is the one that you mean, then publish this key under "
            "a kid of its own",
        )
    if named:
        return failed(
            f"kid {key.kid} is published for {named[0].algorithm.name}, but the key signs by {key.algorithm.name}",
            f"sign by {named[0].algorithm.name}, or publish the key for {key.algorithm.name}",
        )
    if same:
        return failed(
            f"the key is published as kid {same[0].kid}, but it signs as {key.kid}",
            f"sign by the published kid (--kid, or the tag {KID}), or publish the key again",
        )
    return failed(
        f"the key is not published: its kid is {key.kid}",
        "publish it (`kmsjose publish` or `kmsjose export`), and sign by it only when every verifier has read the keys "
        "anew; if another key should sign, move the alias to it",
    )
