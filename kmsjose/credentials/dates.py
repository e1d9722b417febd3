"""The dates of a credential: how they are read and written, and what each of them bounds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from ..claims import check_types
from ..errors import VerificationError

#: What a date says: when something was issued, and from when or until when it is valid.
Bound = Literal["issued", "begins", "ends"]

# XML Schema 1.1 part 2, section 3.3.7 (dateTime), without years that Python's calendar lacks.
_DATE: Final = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)T(?P<time>\d\d:\d\d:\d\d)(?P<fraction>\.\d+)?"
    r"(?P<zone>Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)?",
    re.ASCII,
)
_MIDNIGHT: Final = "24:00:00"
_CLAIMS: Final[tuple[tuple[str, Bound], ...]] = (("iat", "issued"), ("nbf", "begins"), ("exp", "ends"))
_MEMBERS: Final[tuple[tuple[str, Bound], ...]] = (
    ("validFrom", "begins"),
    ("validUntil", "ends"),
    ("issuanceDate", "begins"),
    ("expirationDate", "ends"),
)


@dataclass(frozen=True, slots=True)
class Date:
    """A date that a token or a document says.

    Attributes:
        name: The claim or the member.
        bound: What it bounds.
        seconds: Since 1970; None if the value is no date.
    """

    name: str
    bound: Bound
    seconds: float | None


def dates_of(claims: Mapping[str, object]) -> tuple[Date, ...]:
    """Every date of a payload that the verifier of a JWT or of a credential looks at; nothing is verified.

    The claims iat, nbf and exp come first, then those of the credential: of the payload itself, as VC-JOSE-COSE has it,
    or of its claim ``vc``, as VC Data Model 1.1 section 6.3.1 has it.

    Args:
        claims: The payload of a JWT, or a credential.

    >>> [(date.name, date.bound) for date in dates_of({"exp": 1, "vc": {"issuanceDate": "2024-01-01T00:00:00Z"}})]
    [('exp', 'ends'), ('issuanceDate', 'begins')]
    """
    vc = claims.get("vc")
    document = vc if isinstance(vc, dict) else claims if "@context" in claims else {}
    return (
        *(Date(name, bound, _seconds_of_claim(name, claims[name])) for name, bound in _CLAIMS if name in claims),
        *(Date(name, bound, _seconds_of(document[name])) for name, bound in _MEMBERS if name in document),
    )


def _seconds_of_claim(name: str, value: object) -> float | None:
    try:
        check_types({name: value})
    except VerificationError:
        return None
    return float(value) if isinstance(value, (int, float)) else None


def _seconds_of(value: object) -> float | None:
    try:
        return read_date(value).timestamp()
    except ValueError:
        return None


def read_date(value: object, *, strict: bool = False) -> datetime:
    """A date and time, as XML Schema writes it; without a zone it is UTC (VC Data Model 2.0 section 5.8).

    Args:
        value: What stands in the document.
        strict: Refuse what may be read but is not to be written: no zone, and hour 24.

    Raises:
        ValueError: It is none, or no calendar has it.

    >>> read_date("2024-01-01T24:00:00")
    datetime.datetime(2024, 1, 2, 0, 0, tzinfo=datetime.timezone.utc)
    """
    found = _DATE.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError("it is not a date and time")
    day, time, fraction, zone = found.groups(default="")
    ends_day = time == _MIDNIGHT and not fraction.strip(".0")
    if strict and (ends_day or not zone):
        raise ValueError("it has no zone, or hour 24")
    date = datetime.fromisoformat(f"{day}T{'00:00:00' if ends_day else time + fraction}{zone}")
    if not zone:
        date = date.replace(tzinfo=UTC)
    try:
        return date + timedelta(days=1) if ends_day else date
    except OverflowError:
        raise ValueError("no calendar has it") from None
