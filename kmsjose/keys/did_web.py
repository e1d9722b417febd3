"""did:web: the DID of an https URL, and where its document stands (the did:web method specification)."""

from __future__ import annotations

import re
from typing import Final

from ..arguments import checked
from ..errors import InputError

__all__ = ["did_web", "did_web_path"]

_DID_WEB: Final = "did:web:"
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
# A segment that begins with a dot could leave the folder that is published, or be one of the site's own (.well-known).
_SEGMENT: Final = r"[A-Za-z0-9_-][A-Za-z0-9._-]*"
_ISSUER: Final = re.compile(
    rf"https://(?P<host>(?:{_LABEL}\.)*{_LABEL})(?::(?P<port>[1-9][0-9]{{0,4}}))?(?P<path>(?:/{_SEGMENT})*)/?"
)
_MAX_HOST: Final = 253
_MAX_PORT: Final = 65535


@checked
def did_web(issuer: str) -> str:
    """The did:web of an issuer's URL; a port is written with ``%3A``, each part of the path after a colon.

    Args:
        issuer: An https URL of a domain name, with no query, fragment or user. Its path may have letters, digits,
            ``-``, ``_`` and ``.``; no part of it begins with a dot.

    Raises:
        InputError: ``usage``: it is no such URL. An IP address is none: did:web has no place for it.

    >>> did_web("https://issuer.example"), did_web("https://issuer.example:8443/users/alice")
    ('did:web:issuer.example', 'did:web:issuer.example%3A8443:users:alice')
    """
    found = _ISSUER.fullmatch(issuer)
    # A name whose last label is a number would be read as an IPv4 address.
    if found is None or len(found["host"]) > _MAX_HOST or found["host"].rpartition(".")[2].isdigit():
        raise InputError(
            "usage",
            "the issuer is not an https URL of a domain name, with at most a port and a path of plain letters, digits, "
            "'-', '_' and '.'",
        )
    port = found["port"]
    if port is not None and int(port) > _MAX_PORT:
        raise InputError("usage", f"the issuer's port is over {_MAX_PORT}")
    authority = found["host"].lower() + (f"%3A{port}" if port else "")
    return _DID_WEB + authority + found["path"].replace("/", ":")


@checked
def did_web_path(did: str) -> tuple[str, ...]:
    """The parts of the path of a did:web of `did_web`.

    >>> did_web_path("did:web:issuer.example%3A8443:users:alice")
    ('users', 'alice')
    """
    return tuple(did.removeprefix(_DID_WEB).split(":")[1:])
