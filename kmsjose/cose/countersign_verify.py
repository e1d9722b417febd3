"""Countersignatures: verifying those that stand in a message (RFC 9338 section 3)."""

from __future__ import annotations

from collections.abc import Collection

from ..algorithms import accepted
from ..arguments import checked, names_of
from ..errors import InputError, VerificationError
from ..keys import KeyFinder, PublicKey
from ..keys.policy import Policy, apply_policy, check_policy
from ..payload import Payload, check_readable
from .countersign_target import covered, full_ones, read_target
from .labels import Label
from .message import MAX_MESSAGE_SIZE, MAX_SIGNATURES, entry_of, payload_of
from .verdict import Verdict, judge


@checked
def verify_countersignatures(
    message: bytes,
    keys: KeyFinder | PublicKey,
    *,
    payload: Payload | None = None,
    external_aad: bytes = b"",
    policy: Policy = "all",
    algorithms: Collection[str] | None = None,
    understood: Collection[int | str] = (),
    max_size: int = MAX_MESSAGE_SIZE,
) -> tuple[Verdict, ...]:
    """Verify the full countersignatures of a message, by an explicit policy; its own signature is not looked at.

    Args:
        message: A COSE_Sign1 or COSE_Sign, tagged or not.
        keys: The countersigners who are trusted.
        payload: The payload of a detached message (with several countersignatures a file or bytes).
        external_aad: What the countersignatures cover besides.
        policy: ``all``, ``any``, or the kids that must have countersigned.
        algorithms: Accept these alone, by their JOSE names.
        understood: Labels of critical parameters that the caller processes.
        max_size: Bytes of a message.

    Returns:
        One verdict for each countersignature, in their order.

    Raises:
        VerificationError: ``countersignature-missing`` and the code of what is wrong.
        PolicyError: ``policy-unmet``, with the verdicts, if there are several.
        InputError: ``usage`` for a policy without a kid, ``alg-unknown``, ``payload-invalid``.
    """
    check_policy(policy)
    allowed = accepted(algorithms)
    _, parts = read_target(message, max_size)
    found = full_ones(parts.unprotected)
    if not found:
        raise VerificationError("countersignature-missing", "the message has no countersignature")
    if len(found) > MAX_SIGNATURES:
        raise VerificationError("too-large", f"the message has over {MAX_SIGNATURES} countersignatures")
    content = payload_of(parts, payload)
    check_readable(content, len(found))
    processed = names_of(understood)
    verdicts = tuple(
        judge(entry_of(item), keys, lambda own: covered(parts, own, external_aad, content), allowed, processed)
        for item in found
    )
    apply_policy(policy, verdicts)
    return verdicts


@checked
def verify_countersignature0(
    message: bytes,
    key: PublicKey,
    *,
    payload: Payload | None = None,
    external_aad: bytes = b"",
    max_size: int = MAX_MESSAGE_SIZE,
) -> PublicKey:
    """Verify the abbreviated countersignature of a message; its own signature is not looked at.

    Args:
        message: A COSE_Sign1 or COSE_Sign, tagged or not.
        key: The countersigner's, which the message does not name.
        payload: The payload of a detached message.
        external_aad: What the countersignature covers besides.
        max_size: Bytes of a message.

    Returns:
        The key, which has verified it.

    Raises:
        VerificationError: ``countersignature-missing`` and the code of what is wrong.
        InputError: ``payload-invalid``; ``usage``: it is no PublicKey.
    """
    if not isinstance(key, PublicKey):
        raise InputError("usage", "an abbreviated countersignature names no key: give the one that is to verify it")
    _, parts = read_target(message, max_size)
    signature = parts.unprotected.get(Label.COUNTERSIGNATURE0)
    if not isinstance(signature, bytes):
        raise VerificationError("countersignature-missing", "the message has no abbreviated countersignature")
    key.verify_payload(covered(parts, None, external_aad, payload_of(parts, payload)), signature)
    return key
