"""JWS in the JSON forms, flattened and general: verifying, by an explicit policy (RFC 7515 sections 5.2 and 7.2)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from ..algorithms import Algorithm, accepted
from ..arguments import checked, names_of
from ..encoding import JSONObject, b64url_decode
from ..errors import VerificationError
from ..keys import KeyFinder, PublicKey
from ..keys.key_set import trusted_key
from ..keys.policy import Policy, apply_policy, check_policy
from ..payload import Payload, check_readable
from ..words import counted
from .compact import MAX_TOKEN_SIZE
from .content import stream
from .header import Header
from .json_form import ascii_of, body_of, entries_of, header_of, one_b64, read_message


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one signature of a message.

    Attributes:
        kid: The kid that its header names.
        header: Its protected and unprotected parameters, or None if they were refused.
        key: The key that verified it, or None.
        error: The code of what is wrong with it, or None if it is good.
    """

    kid: str | None
    header: JSONObject | None
    key: PublicKey | None
    error: str | None


@dataclass(frozen=True, slots=True)
class JWSMessage:
    """A verified JWS of a JSON form.

    Attributes:
        payload: The payload; None where it was detached and given in chunks.
        verdicts: One for each signature, in their order.
    """

    payload: bytes | None
    verdicts: tuple[Verdict, ...]

    def __repr__(self) -> str:
        return f"<JWSMessage with {counted(len(self.verdicts), 'signature')}>"


@checked
def verify_json(
    token: Mapping[str, object] | str | bytes,
    keys: KeyFinder | PublicKey,
    *,
    payload: Payload | None = None,
    policy: Policy = "all",
    algorithms: Collection[str] | None = None,
    understood: Collection[str] = (),
    max_size: int = MAX_TOKEN_SIZE,
) -> JWSMessage:
    """Verify a JWS of a JSON form by an explicit policy, with the verdict on each signature (RFC 7515 section 5.2).

    Args:
        token: The message, as a mapping or JSON.
        keys: What is trusted.
        payload: The payload of a detached JWS (with several signatures a file or bytes, as it is read again).
        policy: ``all`` (every signature must be good), ``any``, or the kids that must have signed.
        algorithms: Accept these alone; None accepts what the keys do.
        understood: Critical extensions that the caller implements.
        max_size: Bytes of the message.

    Raises:
        VerificationError: with the code of what is wrong; the signature's own, if there is one signature.
        PolicyError: ``policy-unmet``, with the verdicts, if there are several.
        InputError: ``usage`` for a policy without a kid, ``alg-unknown``, ``payload-invalid``.
    """
    check_policy(policy)
    message = read_message(token, max_size)
    allowed = accepted(algorithms)
    entries = entries_of(message)
    read = [(entry, header_of(entry, names_of(understood))) for entry in entries]
    b64 = one_b64([header for _, header in read])
    body = body_of(message, payload, b64=b64)
    if payload is not None:
        check_readable(payload, len(entries))
    verdicts = tuple(_verdict(entry, header, keys, allowed, payload, body) for entry, header in read)
    apply_policy(policy, verdicts)
    if body is None:
        return JWSMessage(payload if isinstance(payload, bytes) else None, verdicts)
    return JWSMessage(b64url_decode(body) if b64 else body, verdicts)


def _verdict(
    entry: JSONObject,
    header: Header | VerificationError,
    keys: KeyFinder | PublicKey,
    allowed: Collection[Algorithm] | None,
    payload: Payload | None,
    body: bytes | None,
) -> Verdict:
    if isinstance(header, VerificationError):
        return Verdict(None, None, None, header.code)
    protected = ascii_of(str(entry["protected"]))
    try:
        key = trusted_key(keys, header.kid, header.algorithm, allowed)
        signature = b64url_decode(ascii_of(str(entry["signature"])))
        if body is not None:
            key.verify(protected + b"." + body, signature)
        else:
            key.verify_payload(stream(protected, payload, b64=header.b64), signature)  # type: ignore[arg-type]  # body_of saw one of the two
    except VerificationError as error:
        return Verdict(header.kid, header.copy(), None, error.code)
    return Verdict(header.kid, header.copy(), key, None)
