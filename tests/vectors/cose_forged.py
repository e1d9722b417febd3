"""Messages of which something is wrong, and the cases that say so."""

from __future__ import annotations

from typing import Any

from kmsjose.cbor import array, bstr, dumps, loads, tagged, untagged
from kmsjose.cose import Label
from kmsjose.cose.structures import sig_structure, sig_structure1
from kmsjose.payload import Payload

from .keys import VectorSigner
from .positive import PAYLOAD

Case = dict[str, Any]
#: CBOR that stands as it is, or a value that is encoded: what is wrong may be something that `dumps` would not write.
Item = bytes | object


def case(name: str, message: bytes, error: str, call: str = "sign1", **arguments: object) -> Case:
    """What is verified, how, and the code of the refusal."""
    given = {key: value.hex() if isinstance(value, bytes) else value for key, value in arguments.items()}
    return {"name": name, "call": call, "message": message.hex(), "arguments": given, "error": error}


def item(value: Item) -> bytes:
    """The CBOR of an item."""
    return value if isinstance(value, bytes) else dumps(value)


def header_of(signer: VectorSigner) -> dict[int | str, object]:
    """The protected header of a key's signature: alg and kid."""
    return {Label.ALG: signer.public_key.algorithm.cose, Label.KID: signer.public_key.kid.encode()}


def forged1(
    signer: VectorSigner, protected: Item, unprotected: Item = b"\xa0", payload: bytes = PAYLOAD, tag: int | None = 18
) -> bytes:
    """A COSE_Sign1 of any headers, truly signed, so that only the rule under test can refuse it."""
    inner = item(protected)
    signature = signer.sign(whole(sig_structure1(inner, b"", payload)))
    message = array((bstr(inner), item(unprotected), bstr(payload), bstr(signature)))
    return message if tag is None else tagged(tag, message)


def forged_entry(signer: VectorSigner, protected: Item, unprotected: Item = b"\xa0", body: bytes = b"") -> bytes:
    """One signature of a COSE_Sign, of any headers, truly signed."""
    inner = item(protected)
    signature = signer.sign(whole(sig_structure(body, inner, b"", PAYLOAD)))
    return array((bstr(inner), item(unprotected), bstr(signature)))


def forged(entries: list[bytes], body: bytes = b"", unprotected: Item = b"\xa0") -> bytes:
    """A COSE_Sign of such signatures."""
    return tagged(98, array((bstr(body), item(unprotected), bstr(PAYLOAD), array(entries))))


def finished(request: Any, signer: VectorSigner) -> bytes:
    """The message of what one of the calls has prepared."""
    message: bytes = request.finish(signer.sign(request.signing_input.message))
    return message


def whole(structure: Payload) -> bytes:
    """A structure to be signed, whose payload was bytes."""
    assert isinstance(structure, bytes)
    return structure


def parts_of(message: bytes) -> list[Any]:
    """The four parts of a message, to be changed and put together again."""
    parts = loads(untagged(message)[1])
    assert isinstance(parts, list)
    return parts


def changed(message: bytes, *places: int, to: object) -> bytes:
    """A message in which one of its parts, or a part of it, is another."""
    (tag,), parts = untagged(message)[0], parts_of(message)
    target = parts
    for place in places[:-1]:
        target = target[place]
    target[places[-1]] = to
    return tagged(tag, dumps(parts))


def flipped(data: bytes) -> bytes:
    """The same with one bit changed."""
    return bytes([data[0] ^ 1]) + data[1:]
