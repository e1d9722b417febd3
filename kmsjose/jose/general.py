"""JWS in the JSON forms: flattened and general, with several signers and an explicit policy (RFC 7515 section 7.2)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from ..algorithms import Algorithm, by_name
from ..encoding import JSONObject, b64url_decode, b64url_encode, json_dumps, json_object
from ..errors import InputError, PolicyError, VerificationError
from ..keys import KeyFinder, PublicKey
from ..payload import Payload
from ..signers import Signer, SignerSource, SigningInput, current
from .compact import MAX_TOKEN_SIZE, attached, find_key, stream
from .header import Header, check_header
from .json_form import MAX_SIGNATURES, ascii_of, body_of, entries_of, header_of, one_b64, read_message
from .protected import encode_header, make_header

Form = Literal["flattened", "general"]
#: ``all``: every signature is good; ``any``: at least one is; kids: each of them has a good one.
Policy = Literal["all", "any"] | Collection[str]


@dataclass(frozen=True, slots=True)
class SignAs:
    """One signer of a JSON JWS, with its own headers.

    Args:
        signer: A Signer or SignerSource.
        header: Further protected parameters.
        unprotected: Unprotected parameters.
        fully_specified: Write the RFC 9864 name.
    """

    signer: Signer | SignerSource
    header: Mapping[str, object] = field(default_factory=dict)
    unprotected: Mapping[str, object] = field(default_factory=dict)
    fully_specified: bool = False


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


def sign_json(
    payload: Payload,
    signers: Sequence[Signer | SignerSource | SignAs],
    *,
    form: Form = "general",
    detached: bool = False,
    b64: bool = True,
    max_size: int = MAX_TOKEN_SIZE,
) -> JSONObject:
    """A JWS in a JSON form (RFC 7515 section 7.2), ready for `json.dumps`.

    Args:
        payload: Bytes, a seekable binary file, or `Chunks` (with several signers a file or bytes, as it is read again).
        signers: Who signs: one for ``flattened``, one or more for ``general``.
        form: ``general`` or ``flattened``.
        detached: Leave the payload out.
        b64: False leaves the payload unencoded (RFC 7797); attached it must then be UTF-8.
        max_size: Bytes of an attached payload.

    Raises:
        InputError: ``usage``, ``header-invalid``, ``payload-invalid``, ``payload-too-large``, ``message-too-large``.
        KMSError: KMS said no.
    """
    if not signers or len(signers) > MAX_SIGNATURES or (form == "flattened" and len(signers) != 1):
        raise InputError("usage", f"flattened takes one signer, general 1 to {MAX_SIGNATURES}")
    body = None if detached else attached(payload, b64=b64, max_size=max_size)
    signatures = [_sign_one(item, payload, body, b64=b64) for item in map(_sign_as, signers)]
    message: JSONObject = {} if body is None else {"payload": _text(body)}
    if form == "flattened":
        return {**message, **signatures[0]}
    return {**message, "signatures": [*signatures]}


def _sign_as(item: Signer | SignerSource | SignAs) -> SignAs:
    return item if isinstance(item, SignAs) else SignAs(item)


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        raise InputError("payload-invalid", "an unencoded payload that is not UTF-8 must be detached") from None


def _sign_one(item: SignAs, payload: Payload, body: bytes | None, *, b64: bool) -> JSONObject:
    signer = current(item.signer)
    header = make_header(signer.public_key, item.header, b64=b64, fully_specified=item.fully_specified)
    unprotected = json_object(json_dumps(dict(item.unprotected)))
    try:
        check_header(header, unprotected, frozenset(item.header.get("crit") or ()))  # type: ignore[call-overload]  # a list: make_header checked it
    except VerificationError as error:
        raise InputError("header-invalid", error.message) from error
    protected = encode_header(header)
    signing_input = (
        SigningInput.of(signer.public_key, stream(protected, payload, b64=b64))
        if body is None
        else SigningInput(signer.public_key, protected + b"." + body, None)
    )
    result: JSONObject = {
        "protected": protected.decode(),
        "signature": b64url_encode(signing_input.sign(signer)).decode(),
    }
    return {**result, "header": unprotected} if unprotected else result


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
    raise PolicyError(
        "policy-unmet",
        f"of {len(verdicts)} signatures {bad} were refused, which the policy does not allow",
        tuple((verdict.kid, verdict.error) for verdict in verdicts),
    )
