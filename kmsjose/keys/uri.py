"""URIs that a header names and that are never followed (RFC 3986)."""

from __future__ import annotations

import re
from typing import Final

_URI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s\x00-\x20\x7f]+")


def is_uri(value: object) -> bool:
    """Whether a value is a URI with its scheme, whichever that is and however it is written (RFC 3986 section 3.1).

    >>> is_uri("HTTPS://issuer.example/cert"), is_uri("urn:example:cert"), is_uri("/cert")
    (True, True, False)
    """
    return isinstance(value, str) and _URI.fullmatch(value) is not None
