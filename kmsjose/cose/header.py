"""The rules of COSE headers, for what we write and for what we are given (RFC 9052 section 3)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from ..algorithms import BY_COSE, Algorithm
from ..cbor import CBOR, CBORMap, Tag, cbor_map
from ..errors import InputError, VerificationError
from ..keys.kids import text_of_kid
from .labels import PARAMETERS, Bucket, Label, is_label

#: Bytes of a protected header; ML-DSA chains in x5chain are the largest known need.
MAX_HEADER_SIZE: Final = 65536
# What is processed whenever it is there, and so may be critical. The rest a caller processes, and says so.
_UNDERSTOOD: Final = frozenset({Label.ALG, Label.CONTENT_TYPE, Label.KID})
# An issuer's messages share their header, so its checks are done once. Anyone can send headers, which may hold a small
# object a byte: few are kept, and no long ones, to bound the memory.
_CACHED_SIZE: Final = 512


@dataclass(frozen=True, slots=True)
class Header:
    """A checked header of both buckets.

    Attributes:
        protected: The protected parameters, shared by the messages that have their bytes.
        unprotected: The unprotected parameters.
        algorithm: The row that alg names.
        kid: The kid as text, or None.
    """

    protected: CBORMap
    unprotected: CBORMap
    algorithm: Algorithm
    kid: str | None

    def __repr__(self) -> str:
        return f"<Header {self.algorithm.name}>"


def parse_header(protected: bytes, unprotected: CBORMap, understood: frozenset[int | str] = frozenset()) -> Header:
    """The checked header of a signature.

    Args:
        protected: The content of the protected byte string, as received.
        unprotected: The unprotected parameters.
        understood: Labels that the caller processes, and so may be critical.

    Raises:
        VerificationError: any code of a header or of CBOR.
    """
    header = _cached(protected, understood) if len(protected) <= _CACHED_SIZE else _parse(protected, understood)
    if unprotected:
        return _with_unprotected(header, unprotected)
    if header.algorithm is None:
        raise VerificationError("alg-missing", "the protected header has no alg")
    return Header(header.parameters, unprotected, header.algorithm, header.kid)


@dataclass(frozen=True, slots=True)
class _Protected:
    parameters: CBORMap
    algorithm: Algorithm | None
    kid: str | None


def _parse(protected: bytes, understood: frozenset[int | str]) -> _Protected:
    parameters = read_protected(protected)
    check_bucket(parameters, Bucket.PROTECTED)
    check_crit(parameters, understood)
    algorithm = algorithm_of(parameters[Label.ALG]) if Label.ALG in parameters else None
    return _Protected(parameters, algorithm, _kid(parameters))


_cached = lru_cache(maxsize=256)(_parse)


def _with_unprotected(header: _Protected, unprotected: CBORMap) -> Header:
    check_buckets(header.parameters, unprotected)
    if header.algorithm is None:
        where = "alg is unprotected" if Label.ALG in unprotected else "the protected header has no alg"
        raise VerificationError("alg-missing", where)
    kid = header.kid if Label.KID in header.parameters else _kid(unprotected)
    return Header(header.parameters, unprotected, header.algorithm, kid)


def read_protected(protected: bytes) -> CBORMap:
    """The parameters in the content of a protected byte string; no bytes are no parameters (RFC 9052 section 3).

    Raises:
        VerificationError: ``too-large`` and the codes of CBOR.
    """
    if len(protected) > MAX_HEADER_SIZE:
        raise VerificationError("too-large", f"the protected header is over {MAX_HEADER_SIZE} bytes")
    return cbor_map(protected) if protected else {}


def check_buckets(protected: CBORMap, unprotected: CBORMap) -> None:
    """Refuse an unprotected bucket that breaks a rule by itself, or beside the protected one.

    Raises:
        VerificationError: ``header-overlap``, ``crit-invalid``, ``bad-header``, ``tag-unexpected``.
    """
    if not protected.keys().isdisjoint(unprotected):
        raise VerificationError("header-overlap", "a label stands in both buckets")
    check_bucket(unprotected, Bucket.UNPROTECTED)
    _check_together(protected.keys() | unprotected.keys())


def check_bucket(parameters: CBORMap, bucket: Bucket) -> None:
    """Refuse a registered parameter of a wrong type, or in the wrong bucket; any other may have any value.

    Raises:
        VerificationError: ``crit-invalid``, ``bad-header``; ``tag-unexpected``: it has a tag that it can't have.
    """
    for label, value in parameters.items():
        parameter = PARAMETERS.get(label)  # type: ignore[call-overload]  # any label may be asked for
        if parameter is None:
            continue
        code = "crit-invalid" if label == Label.CRIT else "bad-header"
        if parameter.bucket not in (Bucket.EITHER, bucket):
            raise VerificationError(code, f"{parameter.name} must be {parameter.bucket.value} ({parameter.reference})")
        if not parameter.is_valid(value):
            if isinstance(value, Tag):
                code = "tag-unexpected"
            raise VerificationError(code, f"{parameter.name} is not {parameter.expected} ({parameter.reference})")
    _check_together(parameters)


def _check_together(labels: Collection[int | str]) -> None:
    if Label.PAYLOAD_HASH_ALG in labels and Label.CONTENT_TYPE in labels:
        raise VerificationError("bad-header", "a hash envelope has no content type but its preimage's (RFC 9995)")
    if Label.IV in labels and Label.PARTIAL_IV in labels:
        raise VerificationError("bad-header", "IV and Partial IV exclude each other (RFC 9052 section 3.1)")


def check_crit(protected: CBORMap, understood: Collection[int | str]) -> None:
    """Refuse a critical parameter that is absent, or that nobody here processes (RFC 9052 section 3.1).

    Raises:
        VerificationError: ``crit-invalid``, ``crit-unknown``.
    """
    for label in labels_of(protected.get(Label.CRIT)):
        if label == Label.CRIT:
            raise VerificationError("crit-invalid", "crit names itself")
        if label not in understood and label not in _UNDERSTOOD:
            raise VerificationError("crit-unknown", f"crit names the parameter {str(label)[:40]!r}")
        if label not in protected:
            raise VerificationError("crit-invalid", f"crit names {str(label)[:40]!r}, which is not protected")


def labels_of(crit: CBOR) -> list[int | str]:
    """The labels in a crit whose type was checked; none where there is no crit."""
    return [label for label in crit if isinstance(label, (int, str))] if isinstance(crit, list) else []


def check_content(protected: CBORMap, understood: Collection[int | str]) -> None:
    """Refuse a hash envelope where its digest would be taken for the content itself (RFC 9995 section 3).

    Raises:
        VerificationError: ``hash-envelope``.
    """
    if Label.PAYLOAD_HASH_ALG in protected and Label.PAYLOAD_HASH_ALG not in understood:
        raise VerificationError("hash-envelope", "what was signed is the digest of a content")


def algorithm_of(number: CBOR) -> Algorithm:
    """The row of a header's alg.

    Raises:
        VerificationError: ``alg-unknown``.
    """
    row = BY_COSE.get(number) if isinstance(number, int) else None
    if row is None:
        raise VerificationError("alg-unknown", "the message's alg is not one that is known here")
    return row


def _kid(parameters: CBORMap) -> str | None:
    kid = parameters.get(Label.KID)
    return text_of_kid(kid) if isinstance(kid, bytes) else None


def is_typ(typ: object, expected: Collection[int | str]) -> bool:
    """Whether a typ is one of those expected: a number, or a media type, whose case means nothing (RFC 9596)."""
    known = {one.lower() if isinstance(one, str) else one for one in expected}
    return isinstance(typ, (int, str)) and (typ.lower() if isinstance(typ, str) else typ) in known


def check_typ(protected: CBORMap, expected: int | str | Collection[int | str]) -> None:
    """Refuse a protected header of another typ than expected, or than each of those expected.

    RFC 8725 section 3.11, RFC 9596 section 2.

    Raises:
        VerificationError: ``typ-mismatch``.
        InputError: ``usage``: what is expected is neither a number nor text.
    """
    typs = (expected,) if isinstance(expected, (int, str)) else expected
    # Bytes are a collection of numbers, but no list of types.
    several = isinstance(typs, Collection) and not isinstance(typs, (bytes, bytearray, memoryview))
    if not several or not typs or not all(map(is_label, typs)):
        raise InputError("usage", "typ is a number, a media type as text, or several of them in a list")
    if not is_typ(protected.get(Label.TYP), typs):
        raise VerificationError("typ-mismatch", f"the message's typ is not {' or '.join(map(repr, typs))}")


def copied(parameters: Mapping[int | str, CBOR]) -> CBORMap:
    """Parameters for a caller to keep."""
    copy = dict(parameters)
    # Not by deepcopy, which calls itself for each level: a hostile header would then fail deep in a caller's stack.
    pending: list[Any] = [copy]
    while pending:
        holder = pending.pop()
        for place, value in holder.items() if isinstance(holder, dict) else enumerate(holder):
            holder[place] = _own(value, pending)
    return copy


def _own(value: CBOR, pending: list[Any]) -> CBOR:
    """A copy of a value, with whatever tags it has; the container among them still holds the items of the first."""
    numbers = []
    while isinstance(value, Tag):
        numbers.append(value.number)
        value = value.value
    if isinstance(value, (list, dict)):
        value = value.copy()
        pending.append(value)
    for number in reversed(numbers):
        value = Tag(number, value)
    return value
