"""COSE_Sign: verifying, by an explicit policy (RFC 9052 sections 4.1 and 4.4)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from ..algorithms import accepted
from ..arguments import checked, names_of
from ..cbor import CBORMap
from ..keys import KeyFinder, PublicKey
from ..keys.policy import Policy, apply_policy, check_policy
from ..payload import Payload, check_readable
from ..words import counted
from .header import check_bucket, check_buckets, check_content, check_crit, check_typ, read_protected
from .labels import Bucket, Label
from .message import MAX_MESSAGE_SIZE, SIGN_TAG, Message, payload_of, read_message, signatures_of
from .structures import sig_structure
from .verdict import Verdict, judge


@dataclass(frozen=True, slots=True)
class SignMessage:
    """A verified COSE_Sign.

    Attributes:
        payload: The payload; None where it was detached and given in chunks.
        protected: The protected header of the body.
        unprotected: The unprotected header of the body, which nobody signed.
        verdicts: One for each signature, in their order.
    """

    payload: bytes | None
    protected: CBORMap
    unprotected: CBORMap
    verdicts: tuple[Verdict, ...]

    def __repr__(self) -> str:
        return f"<SignMessage with {counted(len(self.verdicts), 'signature')}>"


@checked
def verify(
    message: bytes,
    keys: KeyFinder | PublicKey,
    *,
    payload: Payload | None = None,
    external_aad: bytes = b"",
    policy: Policy = "all",
    algorithms: Collection[str] | None = None,
    typ: int | str | Collection[int | str] | None = None,
    understood: Collection[int | str] = (),
    max_size: int = MAX_MESSAGE_SIZE,
) -> SignMessage:
    """Verify a COSE_Sign, tagged or not, by an explicit policy, with the verdict on each signature.

    Args:
        message: The message.
        keys: What is trusted.
        payload: The payload of a detached message (with several signatures a file or bytes, as it is read again).
        external_aad: What was signed besides.
        policy: ``all`` (every signature that is there must be good, however many are), ``any``, or the kids that must
            have signed.
        algorithms: Accept these alone, by their JOSE names; None accepts what the keys do.
        typ: The typ that the body's protected header must have (or several); None does not look.
        understood: Labels of critical parameters that the caller processes.
        max_size: Bytes of a message.

    Raises:
        VerificationError: with the code of what is wrong; the signature's own, if there is one signature.
        PolicyError: ``policy-unmet``, with the verdicts, if there are several.
        InputError: ``usage`` for a policy without a kid, ``alg-unknown``, ``payload-invalid``.
    """
    check_policy(policy)
    allowed = accepted(algorithms)
    processed = names_of(understood)
    _, parts = read_message(message, (SIGN_TAG,), max_size)
    entries = signatures_of(parts)
    protected = _body(parts, processed if typ is None else processed | {Label.TYP})
    if typ is not None:
        check_typ(protected, typ)
    check_content(protected, processed)
    content = payload_of(parts, payload)
    check_readable(content, len(entries))
    verdicts = tuple(
        judge(entry, keys, lambda own: sig_structure(parts.protected, own, external_aad, content), allowed, processed)
        for entry in entries
    )
    apply_policy(policy, verdicts)
    return SignMessage(content if isinstance(content, bytes) else None, protected, parts.unprotected, verdicts)


def _body(parts: Message, understood: frozenset[int | str]) -> CBORMap:
    protected = read_protected(parts.protected)
    check_bucket(protected, Bucket.PROTECTED)
    check_crit(protected, understood)
    check_buckets(protected, parts.unprotected)
    return protected
