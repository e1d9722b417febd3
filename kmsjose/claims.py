"""The rules of the registered claims, each a function that returns or raises.

RFC 7519 section 4.1; RFC 8392 section 3.1 gives the same claims to CWT.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from math import floor
from typing import Final, TypeVar

from .errors import InputError, VerificationError

_STRINGS: Final = ("iss", "sub", "jti")
#: The claims that are dates.
DATES: Final = ("exp", "nbf", "iat")
# Seconds that fit into 64 bits, as every platform counts them: far enough for any date, and safe to reckon with.
_FAR: Final = 1 << 63
_NO_TIME: Final = timedelta(0)
_SECOND: Final = timedelta(seconds=1)
K = TypeVar("K")


#: A claims set, of a JWT or of a CWT, whose registered claims go by their names.
Claims = Mapping[str, object] | Mapping[int | str, object]


def slack(leeway: timedelta) -> float:
    """A leeway in seconds.

    Raises:
        InputError: ``usage``: it is no timedelta, or negative.
    """
    if not isinstance(leeway, timedelta) or leeway < _NO_TIME:
        raise InputError("usage", "a leeway is a timedelta, and not negative")
    return leeway.total_seconds()


def seconds(now: datetime | None) -> float:
    """A time as seconds since 1970; None is the clock's.

    Raises:
        InputError: ``usage``: a time without its time zone.
    """
    return time.time() if now is None else with_zone(now).timestamp()


def with_zone(now: datetime) -> datetime:
    """A time that has its zone.

    Raises:
        InputError: ``usage``: it has none.
    """
    if now.tzinfo is None:
        raise InputError("usage", "the time to go by has no time zone")
    return now


def issued(now: int, lifetime: timedelta | None, backdate: timedelta) -> dict[str, int]:
    """The claims that signing sets: ``iat``, and ``exp`` if there is a lifetime.

    Args:
        now: Seconds since 1970.
        lifetime: At least a second, from now on.
        backdate: By how much ``iat`` is before now.

    Raises:
        InputError: ``claims-invalid``: a shorter lifetime; ``usage``: `backdate` is negative or leads to before 1970.
    """
    if backdate < _NO_TIME:
        raise InputError("usage", "backdate is not negative")
    begin = now - int(backdate.total_seconds())
    if begin < 0:
        raise InputError("usage", "backdate leads to a time before 1970")
    if lifetime is None:
        return {"iat": begin}
    if lifetime < _SECOND:
        raise InputError("claims-invalid", "a lifetime is at least one second")
    return {"iat": begin, "exp": now + int(lifetime.total_seconds())}


def numeric_dates(claims: Mapping[K, object], names: Iterable[K]) -> dict[K, object]:
    """The claims with each date that is given as a time as a NumericDate, in whole seconds (RFC 7519 section 2).

    Args:
        claims: A claims set.
        names: The claims that are dates.

    Raises:
        InputError: ``claims-invalid``: a time without its time zone.
    """
    complete = dict(claims)
    for name in names:
        time = complete.get(name)
        if isinstance(time, datetime):
            if time.tzinfo is None:
                raise InputError("claims-invalid", f"{name} has no time zone")
            complete[name] = floor(time.timestamp())
    return complete


def refuse_taken(claims: Claims, ours: Iterable[str]) -> None:
    """Refuse claims that hold what the call itself sets.

    Raises:
        InputError: ``claims-invalid``.
    """
    if taken := [name for name in ours if name in claims]:
        earlier = ": backdate sets it before now" if "iat" in taken else ""
        raise InputError("claims-invalid", f"the call itself sets {', '.join(taken)}{earlier}")


def check_types(claims: Claims) -> None:
    """Refuse a registered claim of a wrong type.

    Raises:
        VerificationError: ``claim-invalid``.
    """
    for name in _STRINGS:
        if not isinstance(claims.get(name, ""), str):
            raise VerificationError("claim-invalid", f"{name} is not a string, but of type {_kind(claims, name)}")
    for name in DATES:
        if not _is_date(claims.get(name, 0)):
            raise VerificationError(
                "claim-invalid", f"{name} is not a NumericDate (RFC 7519 section 2), but of type {_kind(claims, name)}"
            )
    if not _is_audience(claims.get("aud", "")):
        raise VerificationError("claim-invalid", "aud is not a string or a list of strings")


def _kind(claims: Claims, name: str) -> str:
    value: object = claims.get(name)
    return type(value).__name__


def _is_date(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and -_FAR <= value <= _FAR


def _is_audience(value: object) -> bool:
    return isinstance(value, str) or (isinstance(value, list) and all(isinstance(item, str) for item in value))


def check_required(claims: Claims, require: str | Collection[int | str]) -> None:
    """Refuse claims that lack one that is asked for; null counts as lacking.

    Raises:
        VerificationError: ``claim-missing``.
    """
    for name in named(require):
        if claims.get(name) is None:  # type: ignore[arg-type]  # a JWT has none that is a number
            raise VerificationError("claim-missing", f"the token has no {name}")


def check_times(claims: Claims, now: float, leeway: float) -> None:
    """Refuse a token before its time or after it (RFC 7519 sections 4.1.4 to 4.1.6); the types were checked.

    Args:
        claims: The claims set.
        now: Seconds since 1970.
        leeway: Seconds by which the clocks may differ.

    Raises:
        VerificationError: ``expired``, ``not-yet-valid``, ``issued-in-future``.
    """
    expires, begins, issued = claims.get("exp"), claims.get("nbf"), claims.get("iat")
    if isinstance(expires, (int, float)) and now >= expires + leeway:
        raise VerificationError("expired", f"the token expired {now - expires:.0f} s ago")
    if isinstance(begins, (int, float)) and now < begins - leeway:
        raise VerificationError("not-yet-valid", f"the token is valid only in {begins - now:.0f} s")
    if isinstance(issued, (int, float)) and now < issued - leeway:
        raise VerificationError("issued-in-future", f"the token was issued {issued - now:.0f} s from now")


def check_issuer(claims: Claims, accepted: str | Collection[str]) -> None:
    """Refuse a token of another issuer (RFC 7519 section 4.1.1).

    Raises:
        VerificationError: ``claim-missing``, ``issuer-mismatch``.
    """
    issuer = claims.get("iss")
    if issuer is None:
        raise VerificationError("claim-missing", "the token has no iss")
    if issuer not in named(accepted):
        raise VerificationError("issuer-mismatch", "the token's iss is not the expected one")


def check_audience(claims: Claims, accepted: str | Collection[str] | None) -> None:
    """Refuse a token for someone else, or for someone where the verifier names nobody (RFC 7519 section 4.1.3).

    Raises:
        VerificationError: ``audience-required``, ``claim-missing``, ``audience-mismatch``.
    """
    audience = claims.get("aud")
    if accepted is None:
        if "aud" in claims:
            raise VerificationError("audience-required", "the token is for an audience, and none was given to compare")
        return
    if audience is None:
        raise VerificationError("claim-missing", "the token has no aud")
    ours = named(accepted)
    if not (any(member in ours for member in audience) if isinstance(audience, list) else audience in ours):
        raise VerificationError("audience-mismatch", "the token's aud does not name this verifier")


def named(value: str | Collection[int | str]) -> Collection[int | str]:
    """One name or several, as several."""
    return (value,) if isinstance(value, str) else value
