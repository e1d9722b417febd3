"""What is odd about a JOSE header, a signature and claims, by the library's own rules where it has them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, Final

from ..algorithms import Algorithm, Family
from ..claims import Claims, check_types
from ..credentials.dates import Bound, Date, dates_of
from ..ecdsa import der_to_raw
from ..encoding import JSONObject
from ..errors import VerificationError
from ..jose.header import check_header
from ..words import counted
from .durations import distance

#: Claims that are times.
TIMES: Final = ("iat", "nbf", "exp", "auth_time", "updated_at")
_BROUGHT: Final = {
    "jwk": "it brings its own key",
    "jku": "it says where to fetch its key",
    "x5u": "it says where to fetch its certificate",
    "x5c": "it brings its own certificate",
    "x5chain": "it brings its own certificate",
    "x5bag": "it brings certificates",
}
#: What is odd about a date that is not as it should be, by what it bounds.
_BOUNDS: Final[dict[Bound, str]] = {
    "ends": "expired",
    "begins": "is good only",
    "issued": "was issued in the future,",
}
#: What is odd about a header without a kid.
NO_KID: Final = "header: it names no kid, so the verifier must have exactly one key of its algorithm"
_SMALLEST_RSA: Final = 256


def of_header(protected: JSONObject, unprotected: JSONObject) -> list[str]:
    """What is odd about a header."""
    odd = []
    try:
        check_header(protected, unprotected)
    except VerificationError as error:
        odd.append(f"header: {error.message}; {error.hint}")
    header = {**unprotected, **protected}
    odd += of_brought(header)
    if "kid" not in header:
        odd.append(NO_KID)
    return odd


def of_brought(names: Iterable[str]) -> list[str]:
    """What is odd about header parameters, by their names, that bring a key or certificate along."""
    return [
        f"{name}: {_BROUGHT[name]}, which proves nothing unless that key is trusted already"
        for name in names
        if name in _BROUGHT
    ]


def of_signature(row: Algorithm | None, signature: bytes) -> list[str]:
    """What is odd about the bytes of a signature by an algorithm, if it is known."""
    if not signature:
        return ["signature: it is empty"]
    if row is None:
        return []
    size = row.signature_size
    if not size:
        short = len(signature) < _SMALLEST_RSA
        return (
            [f"signature: {counted(len(signature), 'byte is', 'bytes are')} too few for an RSA key of 2048 bits"]
            if short
            else []
        )
    if len(signature) == size:
        return []
    if row.family is Family.ECDSA:
        try:
            der_to_raw(signature, row)
        except ValueError:
            pass
        else:
            form = f"{row.name} in JOSE and COSE has {size} bytes of r and s"
            return [f"signature: it is DER, as KMS and OpenSSL write it; {form}"]
    return [f"signature: it has {counted(len(signature), 'byte')}, and one by {row.name} has {size}"]


def of_claims(claims: Claims, now: float, check: Callable[[Any], None] = check_types) -> list[str]:
    """What is odd about the claims of a JWT or, with a check of its own, of a CWT, by their names."""
    odd = []
    try:
        check(claims)
    except VerificationError as error:
        odd.append(f"claims: {error.message}")
    if not any(date.bound == "ends" for date in _dates(claims)):
        odd.append("exp: there is none, so it never ends")
    return odd + of_times(claims, now)


def of_times(claims: Claims, now: float) -> list[str]:
    """What is odd about the times in claims, those of a credential too."""
    odd = []
    times: dict[str, list[tuple[float, str]]] = {"issued": [], "begins": [], "ends": []}
    for date in _dates(claims):
        if date.seconds is None:
            odd += [] if date.name in TIMES else [f"{date.name}: it is no date and time"]
            continue
        times[date.bound].append((date.seconds, date.name))
        if (date.seconds <= now) if date.bound == "ends" else (date.seconds > now):
            odd.append(f"{date.name}: it {_BOUNDS[date.bound]} {distance(date.seconds - now)}")
    starts, ends = times["issued"] + times["begins"], times["ends"]
    if starts and ends and min(ends)[0] <= max(starts)[0]:
        odd.append(f"{min(ends)[1]}: it lies before {max(starts)[1]}")
    return odd


def times_of(claims: Claims, now: float) -> dict[str, str]:
    """The claims and members that are times, by their names, spelled out."""
    values = {name: claims.get(name) for name in TIMES}
    values |= {date.name: date.seconds for date in _dates(claims)}
    return {name: told for name, value in values.items() if (told := spelled(value, now))}


def _dates(claims: Claims) -> tuple[Date, ...]:
    return dates_of({name: value for name, value in claims.items() if isinstance(name, str)})


def of_period(begins: datetime, ends: datetime, now: float) -> list[str]:
    """What is odd about a period of validity, as that of a certificate."""
    odd = []
    if ends.timestamp() < now:
        odd.append(f"it ended {distance(ends.timestamp() - now)}")
    if begins.timestamp() > now:
        odd.append(f"it begins {distance(begins.timestamp() - now)}")
    return odd


def spelled(value: object, now: float) -> str | None:
    """A claim that is a time, spelled out; None if it is none."""
    seconds = _seconds(value)
    if seconds is None:
        return None
    try:
        date = datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return f"{date.strftime('%Y-%m-%dT%H:%M:%SZ')}, {distance(seconds - now)}"


def _seconds(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if abs(value) < 1e15 else None
