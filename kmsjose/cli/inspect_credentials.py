"""What is odd about a credential or presentation in a token, by the library's own rules."""

from __future__ import annotations

from typing import Final

from ..credentials.securing import kind_of, unsecure
from ..encoding import JSONObject
from ..errors import VerificationError
from ..jose.header import check_header

#: The claims that a credential or presentation has, and the types of the tokens that hold one.
_CLAIMS: Final = frozenset({"@context", "vc", "vp"})
_TYPS: Final = ("vc+jwt", "vp+jwt")


def of_credential(header: JSONObject, claims: JSONObject) -> list[str]:
    """What a verifier refuses of the form of a credential or presentation; nothing where claims are none."""
    typ = header.get("typ")
    if typ not in _TYPS and _CLAIMS.isdisjoint(claims):
        return []
    try:
        checked = check_header(header, {})
    except VerificationError:
        # Which is told where headers are looked at.
        return []
    kind = kind_of(typ, claims)
    try:
        unsecure(kind, checked, claims)
    except VerificationError as error:
        return [f"{kind}: {error.message}; {error.hint}"]
    return []
