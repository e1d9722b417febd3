"""JWS in the JSON forms, flattened and general: signing, by one signer or several (RFC 7515 section 7.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from ..arguments import checked
from ..encoding import JSONObject, b64url_encode, json_dumps, json_object
from ..errors import InputError, VerificationError
from ..keys import PublicKey
from ..payload import Payload, check_readable
from ..signers import Requests, Signer, SignerSource, SigningInput, current, signer_of
from ..signers.request import paired
from .compact import MAX_PAYLOAD_SIZE, MAX_TOKEN_SIZE
from .content import attached, stream
from .header import check_header
from .json_form import MAX_SIGNATURES, read_message
from .protected import encode_header, make_header

Form = Literal["flattened", "general"]
#: How many may sign a message of each form.
_AT_MOST: Final = {"flattened": 1, "general": MAX_SIGNATURES}
# Bytes of a message that has no payload, beside which the largest payload still fits into what is read.
_ROOM: Final = MAX_TOKEN_SIZE - MAX_PAYLOAD_SIZE * 4 // 3


@dataclass(frozen=True, slots=True)
class SignAs:
    """One signer of a JSON JWS, with its own headers.

    Args:
        signer: A Signer or SignerSource; to prepare alone, a PublicKey will do.
        header: Further protected parameters.
        unprotected: Unprotected parameters.
        fully_specified: Write the RFC 9864 name.
    """

    signer: Signer | SignerSource | PublicKey
    header: Mapping[str, object] = field(default_factory=dict)
    unprotected: Mapping[str, object] = field(default_factory=dict)
    fully_specified: bool = False


@dataclass(frozen=True, slots=True, repr=False)
class JSONRequest(Requests[JSONObject]):
    """A JWS of a JSON form that lacks its signatures."""

    _message: JSONObject
    _entries: tuple[JSONObject, ...]
    _form: Form

    @checked
    def assemble(self, signatures: Sequence[bytes]) -> JSONObject:
        """The message, of signatures that come straight from Signers of the same keys."""
        signed: list[JSONObject] = [
            {"protected": entry["protected"], "signature": b64url_encode(signature).decode(), **entry}
            for entry, signature in paired(self._entries, signatures)
        ]
        if self._form == "flattened":
            return {**self._message, **signed[0]}
        return {**self._message, "signatures": [*signed]}


@checked
def prepare_json(
    payload: Payload,
    signers: Sequence[PublicKey | SignAs],
    *,
    form: Form = "general",
    detached: bool = False,
    b64: bool = True,
    max_size: int = MAX_PAYLOAD_SIZE,
) -> JSONRequest:
    """A JWS of a JSON form up to its signatures; the arguments are those of `sign_json`.

    Raises:
        InputError: ``usage``, ``header-invalid``, ``payload-invalid``, ``payload-too-large``, ``message-too-large``.
    """
    _check_number(signers, form)
    if detached:
        check_readable(payload, len(signers))
    body = None if detached else attached(payload, b64=b64, max_size=max_size)
    prepared = [_prepare_one(_sign_as(item), payload, body, b64=b64) for item in signers]
    message: JSONObject = {} if body is None else {"payload": _text(body)}
    request = JSONRequest(tuple(one for one, _ in prepared), message, tuple(entry for _, entry in prepared), form)
    _check_readable(replace(request, _message={}))
    return request


def _check_readable(without_payload: JSONRequest) -> None:
    """Refuse headers that make a message which would not be read again, before anybody signs."""
    longest = [one.longest_signature for one in without_payload.signing_inputs]
    try:
        read_message(without_payload.assemble(longest), _ROOM)
    except VerificationError as error:
        raise InputError("header-invalid", f"the message could not be read again: {error.message}") from error


@checked
def sign_json(
    payload: Payload,
    signers: Sequence[Signer | SignerSource | SignAs],
    *,
    form: Form = "general",
    detached: bool = False,
    b64: bool = True,
    max_size: int = MAX_PAYLOAD_SIZE,
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
        KMSError: the KMS call failed.
    """
    _check_number(signers, form)
    chosen = [(one, signer_of(one.signer)) for one in map(_sign_as, signers)]
    signing = [replace(one, signer=signer) for one, signer in chosen]
    request = prepare_json(payload, signing, form=form, detached=detached, b64=b64, max_size=max_size)
    return request.signed_by([signer for _, signer in chosen])


def _check_number(signers: Sequence[object], form: Form) -> None:
    if form not in _AT_MOST or not 1 <= len(signers) <= _AT_MOST[form]:
        raise InputError("usage", f"the form is flattened, of one signer, or general, of 1 to {MAX_SIGNATURES}")


def _sign_as(item: Signer | SignerSource | PublicKey | SignAs) -> SignAs:
    return item if isinstance(item, SignAs) else SignAs(item)


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        raise InputError("payload-invalid", "an unencoded payload that is not UTF-8 must be detached") from None


def _prepare_one(item: SignAs, payload: Payload, body: bytes | None, *, b64: bool) -> tuple[SigningInput, JSONObject]:
    key = item.signer if isinstance(item.signer, PublicKey) else current(item.signer).public_key
    header = make_header(key, item.header, b64=b64, fully_specified=item.fully_specified)
    unprotected = json_object(json_dumps(dict(item.unprotected)))
    try:
        check_header(header, unprotected, frozenset(item.header.get("crit") or ()))  # type: ignore[call-overload]  # a list: make_header checked it
    except VerificationError as error:
        raise InputError("header-invalid", error.message) from error
    protected = encode_header(header)
    signing_input = (
        SigningInput.of(key, stream(protected, payload, b64=b64))
        if body is None
        else SigningInput(key, protected + b"." + body, None)
    )
    entry: JSONObject = {"protected": protected.decode()}
    return signing_input, {**entry, "header": unprotected} if unprotected else entry
