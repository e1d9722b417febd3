"""How long an HTTP answer may be used, as its headers say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Final

#: Seconds that stand for any greater number (RFC 9111 section 1.2.2).
_FAR: Final = 1 << 31
_NAME: Final = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_DIRECTIVE: Final = re.compile(rf'({_NAME})(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|({_NAME})?))?')


def lifetime(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds for which an answer stays fresh, or None where it does not say (RFC 9111 sections 4.2.1 and 4.2.3).

    ``no-store`` and ``no-cache`` are 0, and so is what can't be read; ``s-maxage`` is for shared caches alone.

    Args:
        headers: By their names in lower case.
        now: When it came, in seconds since 1970, for an answer without ``date``.

    >>> lifetime({"cache-control": "public, max-age=600", "age": "60"}, now=0)
    540.0
    """
    directives = _directives(headers.get("cache-control", ""))
    if not {"no-store", "no-cache"}.isdisjoint(name for name, _ in directives):
        return 0.0
    ages = [_seconds(value) or 0 for name, value in directives if name == "max-age"]
    if ages:
        stated: float = min(ages)
    elif "expires" in headers:
        expires, date = http_date(headers["expires"]), http_date(headers.get("date", ""))
        stated = 0 if expires is None else expires - (now if date is None else date)
    else:
        return None
    return float(max(0, stated - (_seconds(headers.get("age", "")) or 0)))


def _directives(text: str) -> list[tuple[str, str]]:
    return [(name.lower(), quoted or plain) for name, quoted, plain in _DIRECTIVE.findall(text)]


def _seconds(text: str) -> int | None:
    written = text.strip()
    if not (written.isascii() and written.isdigit()):
        return None
    return _FAR if len(written) > 10 else min(int(written), _FAR)


def http_date(text: str) -> float | None:
    """Seconds since 1970 of an HTTP date (RFC 9110 section 5.6.7); None for what is none, in any way.

    >>> http_date("Tue, 24 Nov 2026 14:00:00 GMT")
    1795528800.0
    """
    try:
        date = parsedate_to_datetime(text)
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
