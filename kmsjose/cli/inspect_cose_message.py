"""What a COSE message says: its headers, its payload, which may be claims, and its signatures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ..cbor import CBORMap
from ..cbor_heads import ARRAY, BYTES, MAP, SIMPLE, TAG, TEXT, UNSIGNED
from ..cose.cwt import CWT_TAG, TYPS
from ..cose.cwt_claims import LABELS
from ..cose.header import is_typ
from ..cose.labels import Label
from ..cose.message import SIGN1_TAG, SIGN_TAG
from ..encoding import JSONObject
from ..words import counted
from . import inspect_cose_odd as odd
from .cbor_item import NOTHING, Item
from .cose_shapes import (
    CLAIMS,
    HASHES,
    HEADER,
    KEY,
    PLAIN,
    PROTECTED,
    SIGNATURES,
    Shape,
    annotate,
    holds_private,
    seems_key,
)
from .inspect_keys import HOLDS_PRIVATE
from .item_json import as_json, part
from .lenient import Reading
from .lenient_cbor import Budget, read

#: The messages that are not signed, by their tags (RFC 9052 section 2), and what stands in them behind the headers.
UNSIGNED_MESSAGES: Final = {
    16: ("COSE_Encrypt0", ("ciphertext",)),
    17: ("COSE_Mac0", ("payload", "tag")),
    96: ("COSE_Encrypt", ("ciphertext", "recipients")),
    97: ("COSE_Mac", ("payload", "tag", "recipients")),
}
_RECIPIENT: Final = Shape(elements=(("protected", PROTECTED), ("unprotected", HEADER), ("ciphertext", PLAIN)))
_TAGS: Final = frozenset({SIGN1_TAG, SIGN_TAG, CWT_TAG, *UNSIGNED_MESSAGES})
_NULL: Final = 22
#: What a registered claim is, by its label.
_CLAIM_TYPES: Final = {
    1: (TEXT,), 2: (TEXT,), 3: (TEXT, ARRAY), 4: (UNSIGNED, SIMPLE), 5: (UNSIGNED, SIMPLE), 6: (UNSIGNED, SIMPLE),
    7: (BYTES,),
}  # fmt: skip


def seems_message(tags: Sequence[int], body: Item) -> bool:
    """Whether an item behind these tags is a message, or what is left of one."""
    if body.major != ARRAY:
        return False
    if _TAGS.intersection(tags):
        return True
    if [item.major for item in body.items[:2]] != [BYTES, MAP]:
        return False
    return (len(body.items) if body.indefinite else body.value) == 4 or (
        body.indefinite and body.items[-1].major == NOTHING
    )


def of_message(data: bytes, root: Item, tags: Sequence[int], body: Item, now: float, budget: Budget) -> Reading:
    """What a message says.

    Args:
        data: The message.
        root: It, as it was read.
        tags: Those that stand before it.
        body: The array behind them.
        now: The time to tell others by.
        budget: That of the input.
    """
    protected, unprotected, payload, last = (*body.items, *(Item(NOTHING) for _ in range(4)))[:4]
    annotate(protected, PROTECTED, now, budget, 1)
    annotate(unprotected, HEADER, now, budget, 1)
    if unsigned := next((UNSIGNED_MESSAGES[tag] for tag in tags if tag in UNSIGNED_MESSAGES), None):
        return _of_unsigned(body, *unsigned, now, budget)
    several = SIGN_TAG in tags or (SIGN1_TAG not in tags and last.major == ARRAY)
    _name(body, ("payload", "signatures" if several else "signature"))
    annotate(last, SIGNATURES if several else PLAIN, now, budget, 1)
    parameters = odd.parameters(protected)
    is_token = CWT_TAG in tags or _is_cwt_type(parameters)
    claims = _claims(payload, now, budget, is_token=is_token)
    hash_alg = parameters.get(Label.PAYLOAD_HASH_ALG)

    reading = Reading(_count(last) if several else "COSE_Sign1")
    reading.odd += odd.of_message(data, root, tags, several=several)
    if several:
        reading.odd += odd.of_body(protected, unprotected) + odd.of_signatures(last.items, "signature")
    else:
        reading.odd += odd.of_signature(protected, unprotected, last)
    if is_token or claims is not None:
        reading.kind = f"CWT, {reading.kind}"
        reading.odd += odd.of_token(payload, protected, unprotected, now)
    if claims is not None:
        reading.odd += odd.of_claims(claims, now)
    if hash_alg is not None:
        reading.kind += ", hash envelope"
        reading.odd += odd.of_digest(payload, hash_alg)
        payload.remark = (
            f"the {HASHES.get(hash_alg, 'digest') if isinstance(hash_alg, int) else 'digest'} of the content"
        )
    if _is_detached(payload):
        payload.remark = "detached"
    if holds_private(body):
        reading.odd.append(HOLDS_PRIVATE)
    reading.decoded = _decoded(body, payload, claims)
    return reading


def _of_unsigned(body: Item, kind: str, names: tuple[str, ...], now: float, budget: Budget) -> Reading:
    _name(body, names)
    for item in body.items[2:]:
        annotate(item, Shape(each=_RECIPIENT) if item.name == "recipients" else PLAIN, now, budget, 1)
    note = f"form: a {kind} is no signed message, and is not accepted here"
    return Reading(kind, odd=[note], decoded=_decoded(body, Item(NOTHING), None))


def _name(body: Item, names: tuple[str, ...]) -> None:
    for item, name in zip(body.items, ("protected", "unprotected", *names), strict=False):
        item.name = name


def _count(signatures: Item) -> str:
    return f"COSE_Sign, {counted(sum(entry.major == ARRAY for entry in signatures.items), 'signature')}"


def _is_cwt_type(parameters: CBORMap) -> bool:
    typ = parameters.get(Label.TYP)
    return isinstance(typ, (int, str)) and is_typ(typ, TYPS)


def _is_detached(payload: Item) -> bool:
    return payload.major == SIMPLE and payload.value == _NULL


def _claims(payload: Item, now: float, budget: Budget, *, is_token: bool) -> Item | None:
    """Read what a payload holds in CBOR, if it does; what is claims is returned."""
    if payload.major != BYTES:
        annotate(payload, PLAIN, now, budget, 1)
        return None
    shape = _shape(read(payload.content, Budget()), is_token=is_token)
    if shape is None:
        annotate(payload, PLAIN, now, budget, 1)
        return None
    # Only claims are held to the rules of COSE; any other content may be written as its author likes.
    own = budget if shape is CLAIMS else Budget(budget.left)
    annotate(payload, Shape(holds=shape), now, own, 1)
    budget.left = own.left
    return payload.inner if shape is CLAIMS else None


def _shape(content: Item, *, is_token: bool) -> Shape | None:
    complete = content.whole and not content.rest
    if content.major == MAP and (is_token or (complete and _seems_claims(content))):
        return CLAIMS
    if seems_key(content):
        return KEY
    if content.major == ARRAY and content.items and all(map(seems_key, content.items)):
        return Shape(each=KEY)
    return PLAIN if complete and content.major in (ARRAY, MAP, TAG) else None


def _seems_claims(content: Item) -> bool:
    """Whether a map has a registered claim, of its type or by its name."""
    return any(
        value.major in _CLAIM_TYPES.get(label.label, ()) if isinstance(label.label, int) else label.label in LABELS
        for label, value in content.pairs()
    )


def _decoded(body: Item, payload: Item, claims: Item | None) -> JSONObject:
    decoded: JSONObject = {}
    for item in body.items:
        if item is payload and claims is not None:
            decoded["claims"] = as_json(claims)
            times: JSONObject = {label.name: value.remark for label, value in claims.pairs() if value.remark}
            decoded |= {"times": times} if times else {}
        elif item is payload and _is_detached(payload):
            decoded["payload"] = "(detached)"
        elif item.name:
            decoded[item.name] = part(item)
    return decoded
