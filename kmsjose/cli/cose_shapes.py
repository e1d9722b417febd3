"""What stands where in COSE, so that labels and values can be shown by their names, and what is private not at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from ..algorithms import BY_COSE, COSE_HASHES, TABLE
from ..cbor import CBOR
from ..cbor_heads import ARRAY, BYTES, MAP, NEGATIVE, TAG, TEXT, UNSIGNED
from ..cose.cwt_claims import LABELS
from ..cose.labels import PARAMETERS, Label
from ..keys.cose_key import AKP, ALG, EC2, KEY_OPS, KID, KTY, OKP, PRIVATE_LABELS, RSA, SYMMETRIC
from ..keys.jwk import PRIVATE_MEMBERS
from .cbor_item import Item, plain
from .lenient_cbor import Budget, read
from .oddities import spelled
from .private_members import holds_private_text, is_key_by_members


@dataclass(frozen=True, slots=True)
class Shape:
    """What an item is, by which what stands in it is named.

    Attributes:
        entries: What stands in a map, by its labels.
        elements: What stands in an array, by its position; where one such array can stand, several can in another.
        each: What every element of an array is.
        holds: What a byte string holds in CBOR.
        told: What a value means at a time, in words.
    """

    entries: Mapping[int | str, tuple[str, Shape]] = field(default_factory=dict)
    elements: tuple[tuple[str, Shape], ...] = ()
    each: Shape | None = None
    holds: Shape | None = None
    told: Callable[[CBOR, float], str | None] | None = None


def _named(names: Mapping[int, str]) -> Shape:
    return Shape(told=lambda value, _: names.get(value) if isinstance(value, int) else None)


def _told_time(value: CBOR, now: float) -> str | None:
    return spelled(value, now) if isinstance(value, (int, float)) else None


#: What has no known form.
PLAIN: Final = Shape()
#: The tag of CBOR that a byte string holds (RFC 8949 section 3.4.5.1).
_ENCODED_CBOR: Final = 24
_ALG: Final = _named(
    {
        number: row.fully_specified if row.fully_specified and number != row.cose else row.name
        for number, row in BY_COSE.items()
    }
)
#: The names of the hashes by their COSE numbers.
HASHES: Final = {number: f"SHA-{algorithm.digest_size * 8}" for number, algorithm in COSE_HASHES.items()}
_HASH: Final = _named(HASHES)
_TIME: Final = Shape(told=_told_time)

_header: dict[int | str, tuple[str, Shape]] = {}
#: A bucket of header parameters.
HEADER: Final = Shape(entries=_header)
#: The byte string of a protected bucket.
PROTECTED: Final = Shape(holds=HEADER)
#: A signature with its headers: a COSE_Signature or COSE_Countersignature.
SIGNATURE: Final = Shape(elements=(("protected", PROTECTED), ("unprotected", HEADER), ("signature", PLAIN)))
SIGNATURES: Final = Shape(each=SIGNATURE)

# RFC 9052 section 7.1, RFC 9053 section 7, RFC 8230 section 4, RFC 9964.
_KTY: Final = {OKP: "OKP", EC2: "EC2", RSA: "RSA", SYMMETRIC: "Symmetric", AKP: "AKP"}
_CRV: Final = {row.cose_crv: row.crv for row in TABLE if row.cose_crv is not None and row.crv is not None}
_OPERATIONS: Final = dict(
    enumerate(
        ("sign", "verify", "encrypt", "decrypt", "wrap key", "unwrap key", "derive key", "derive bits", "MAC create",
         "MAC verify"),
        1,
    )
)  # fmt: skip
_COMMON: Final[dict[int | str, tuple[str, Shape]]] = {
    KTY: ("kty", _named(_KTY)),
    KID: ("kid", PLAIN),
    ALG: ("alg", _ALG),
    KEY_OPS: ("key_ops", Shape(each=_named(_OPERATIONS))),
    5: ("Base IV", PLAIN),
}
_CURVE_KEY: Final[dict[int | str, tuple[str, Shape]]] = {
    -1: ("crv", _named(_CRV)),
    -2: ("x", PLAIN),
    -3: ("y", PLAIN),
    -4: ("d", PLAIN),
}
_RSA_NAMES: Final = ("n", "e", "d", "p", "q", "dP", "dQ", "qInv", "other", "r_i", "d_i", "t_i")
_BY_KTY: Final[dict[int, dict[int | str, tuple[str, Shape]]]] = {
    OKP: _CURVE_KEY,
    EC2: _CURVE_KEY,
    RSA: {-number: (name, PLAIN) for number, name in enumerate(_RSA_NAMES, 1)},
    SYMMETRIC: {-1: ("k", PLAIN)},
    AKP: {-1: ("pub", PLAIN), -2: ("priv", PLAIN)},
}
#: A COSE_Key.
KEY: Final = Shape(entries=_COMMON)
#: Items by which a key is told from what is none.
_ITEMS_OF_KEY: Final = 64

# RFC 8747 section 3.1, RFC 9679 section 6.
_CNF: Final = Shape(
    entries={1: ("COSE_Key", KEY), 2: ("Encrypted_COSE_Key", PLAIN), 3: ("kid", PLAIN), 5: ("ckt", PLAIN)}
)
#: The claims set of a CWT.
CLAIMS: Final = Shape(
    entries={
        **{label: (str(name), _TIME if name in {"exp", "nbf", "iat"} else PLAIN) for name, label in LABELS.items()},
        8: ("cnf", _CNF),
    }
)

_VALUES: Final[dict[Label, Shape]] = {
    Label.ALG: _ALG,
    Label.CRIT: Shape(each=_named({label: parameter.name for label, parameter in PARAMETERS.items()})),
    Label.COUNTERSIGNATURE: SIGNATURE,
    Label.CWT_CLAIMS: CLAIMS,
    Label.X5T: Shape(each=_HASH),
    Label.PAYLOAD_HASH_ALG: _HASH,
}
_header |= {label: (parameter.name, _VALUES.get(label, PLAIN)) for label, parameter in PARAMETERS.items()}


def annotate(item: Item, shape: Shape, now: float, budget: Budget, depth: int = 0) -> None:
    """Name what an item holds, read what its byte strings hold, and hide what is private.

    Args:
        item: The item.
        shape: What it is.
        now: The time to tell others by, in seconds since 1970.
        budget: That of its input.
        depth: Containers that it stands in.
    """
    if shape.told is not None and item.is_number:
        item.remark = item.remark or shape.told(plain(item), now) or ""
    if item.major in (TEXT, BYTES) and _is_private_text(item):
        item.hidden = True
    elif item.major == MAP:
        _annotate_map(item, shape, now, budget, depth + 1)
    elif item.major == ARRAY:
        several = bool(shape.elements and item.items and item.items[0].major == ARRAY)
        for number, element in enumerate(item.items):
            name, inner = "", shape if several else shape.each or PLAIN
            if not several and number < len(shape.elements):
                name, inner = shape.elements[number]
            element.name = name
            annotate(element, inner, now, budget, depth + 1)
    elif item.major == TAG:
        annotate(item.items[0], Shape(holds=PLAIN) if item.value == _ENCODED_CBOR else shape, now, budget, depth + 1)
    elif item.major == BYTES and item.content:
        holds = KEY if shape.holds is None and _is_wrapped_key(item.content) else shape.holds
        if holds is not None:
            item.inner = read(item.content, budget, depth + 1)
            annotate(item.inner, holds, now, budget, depth + 1)


def _annotate_map(item: Item, shape: Shape, now: float, budget: Budget, depth: int) -> None:
    entries = shape.entries
    if shape is KEY:
        entries = {**entries, **_BY_KTY.get(min(_types(item), default=0), {})}
    is_private = _private_of(item, is_key=shape is KEY)
    for label, value in item.pairs():
        known = label.label
        label.name, inner = entries.get(known, ("", PLAIN)) if known is not None else ("", PLAIN)
        value.hidden = is_private(known)
        annotate(label, PLAIN, now, budget, depth)
        annotate(value, inner, now, budget, depth)


def _is_private_text(item: Item) -> bool:
    """Whether a text, or bytes that are one, hold a private key in PEM or JSON."""
    return holds_private_text(str(item.content, "utf-8", "replace"))


def is_key(item: Item) -> bool:
    """Whether an item seems to be a COSE_Key: a map that names a key type (RFC 9052 section 7)."""
    return item.major == MAP and bool(_types(item))


def seems_key(item: Item) -> bool:
    """Whether an item of no known form is a COSE_Key: it also has a parameter of a key type alone."""
    return is_key(item) and any(isinstance(label.label, int) and label.label < 0 for label, _ in item.pairs())


def _may_be_key(item: Item) -> bool:
    """Whether a map is a COSE_Key, or without a key type has what a private key has: -1, and -2, -3 or -4 in bytes."""
    if seems_key(item):
        return True
    if item.major != MAP or _types(item):
        return False
    values = {label.label: value.major for label, value in item.pairs() if label.major == NEGATIVE}
    return -1 in values and BYTES in {values.get(label) for label in (-2, -3, -4)}


def _has_jwk_names(item: Item) -> bool:
    """Whether a map has the names of a JWK, as it has where JSON became CBOR."""
    if item.major != MAP:
        return False
    return is_key_by_members({label.label for label, _ in item.pairs() if isinstance(label.label, str)})


def _is_wrapped_key(content: memoryview) -> bool:
    if content[0] >> 5 != MAP:
        return False
    found = read(content, Budget(_ITEMS_OF_KEY))
    return found.whole and not found.rest and (_may_be_key(found) or _has_jwk_names(found))


def _types(item: Item) -> set[int]:
    """Every key type that a map names; with several, nobody knows which one its reader takes."""
    return {value.value for label, value in item.pairs() if label.label == KTY and value.major == UNSIGNED}


def holds_private(item: Item) -> bool:
    """Whether anything private is hidden in an item that was annotated."""
    if item.hidden:
        return True
    return any(map(holds_private, item.items)) or (item.inner is not None and holds_private(item.inner))


def _private_of(item: Item, *, is_key: bool) -> Callable[[int | str | None], bool]:
    """Which labels of a map are private: it is a key or, wherever it stands, looks like one."""
    types = _types(item)
    labels = frozenset[int]().union(*(PRIVATE_LABELS.get(kty, ()) for kty in types))
    is_known = len(types) == 1 and bool(labels)
    is_key = is_key or _may_be_key(item)
    is_jwk = _has_jwk_names(item)

    def is_private(label: int | str | None) -> bool:
        if isinstance(label, str):
            return label in PRIVATE_MEMBERS and (is_key or is_jwk or bool(labels))
        if label is None:
            return is_key or bool(labels)
        # Of a key type that is not known, all that is of the type alone may be private.
        return label in labels or (is_key and not is_known and label < 0)

    return is_private
