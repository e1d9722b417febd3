"""JWS in the JSON forms, flattened and general: verifying, by an explicit policy (RFC 7515 sections 5.2 and 7.2)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from ..algorithms import Algorithm, by_name
from ..encoding import JSONObject, b64url_decode
from ..errors import InputError, PolicyError, VerificationError
from ..keys import KeyFinder, PublicKey
from ..payload import Payload
from .compact import MAX_TOKEN_SIZE, find_key
from .content import stream
from .header import Header
from .json_form import ascii_of, body_of, entries_of, header_of, one_b64, read_message

#: ``all``: every signature is good; ``any``: at least one is; kids: each of them has a good one.
Policy = Literal["all", "any"] | Collection[str]


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
        return f"<JWSMessage with {len(self.verdicts)} signatures>"


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
    if isinstance(policy, str) and policy not in ("all", "any"):
        raise InputError("usage", "the policy is all, any, or a list of kids")
    if not policy:
        raise InputError("usage", "the policy names no kid")
    message = read_message(token, max_size)
    allowed = None if algorithms is None else frozenset(by_name(name) for name in algorithms)
    entries = entries_of(message)
    headers = [header_of(entry, frozenset(understood)) for entry in entries]
    b64 = one_b64(headers)
    body = body_of(message, payload, b64=b64)
    verdicts = tuple(
        _verdict(entry, header, keys, allowed, payload, body) for entry, header in zip(entries, headers, strict=True)
    )
    _apply(policy, verdicts)
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
    protected = ascii_of(str(entry.get("protected", "")))
    try:
        key = find_key(keys, header, allowed)
        signature = b64url_decode(ascii_of(str(entry["signature"])))
        if body is not None:
            key.verify(protected + b"." + body, signature)
        elif payload is not None:
            key.verify_payload(stream(protected, payload, b64=header.b64), signature)
    except VerificationError as error:
        return Verdict(header.kid, header.copy(), None, error.code)
    return Verdict(header.kid, header.copy(), key, None)


def _apply(policy: Policy, verdicts: tuple[Verdict, ...]) -> None:
    good = {verdict.kid or (verdict.key.kid if verdict.key else None) for verdict in verdicts if verdict.error is None}
    if policy == "all":
        met = all(verdict.error is None for verdict in verdicts)
    elif policy == "any":
        met = bool(good)
    else:
        met = set(policy) <= good
    if met:
        return
    if len(verdicts) == 1 and (error := verdicts[0].error) is not None:
        raise VerificationError(error, "the message's one signature was refused")
    bad = sum(verdict.error is not None for verdict in verdicts)
    lacking = "" if isinstance(policy, str) else f", and {len(set(policy) - good)} that must be there lack or are bad"
    raise PolicyError(
        "policy-unmet",
        f"of {len(verdicts)} signatures {bad} were refused{lacking}",
        tuple((verdict.kid, verdict.error) for verdict in verdicts),
    )
