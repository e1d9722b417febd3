"""What is private in foreign data, found wherever it stands and hidden: in JSON, and in text that holds a key."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from ..encoding import JSON
from ..keys.jwk import PRIVATE_MEMBERS

#: What stands for what is private.
HIDDEN: Final = "(private: not shown)"
#: Members of which one makes a private member beside it that of a key, even where kty is missing (RFC 7518 section 6).
_OF_A_KEY: Final = frozenset({"kty", "crv", "x", "y", "n", "e", "pub"})
#: Members that are a key by their names.
_KEYS: Final = frozenset({"jwk", "epk", "publicKeyJwk", "privateKeyJwk", "sub_jwk"})
#: How the member names of private keys in DID documents and the like begin.
_PRIVATE_NAMES: Final = ("privateKey", "secretKey")
#: A secret of 16 bytes or more in base64url.
_SECRET: Final = re.compile(r"[A-Za-z0-9_+/-]{22,}={0,2}", re.ASCII)
#: Text that holds a private key in PEM, or in JSON that is text itself.
_IN_TEXT: Final = re.compile(
    r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY"
    rf'|"(?:{"|".join(sorted(PRIVATE_MEMBERS))})\\{{0,9}}"\s{{0,9}}:\s{{0,9}}\\{{0,9}}"[A-Za-z0-9_+/-]{{16}}'
)


def is_key_by_members(members: Collection[str]) -> bool:
    """Whether an object with these members is a JWK, or what is left of one.

    >>> is_key_by_members({"kty", "kid"}), is_key_by_members({"x", "d"}), is_key_by_members({"sub", "d"})
    (True, True, False)
    """
    if "kty" in members:
        return True
    private = sum(name in members for name in PRIVATE_MEMBERS)
    return private > 1 or (private == 1 and any(name in members for name in _OF_A_KEY))


def holds_private_text(text: str) -> bool:
    """Whether a text holds a private key: in PEM, or as the text of a JWK."""
    return _IN_TEXT.search(text) is not None


def without_private(value: JSON, *, as_key: bool = False) -> JSON:
    """The value, with all that is private in it hidden.

    Args:
        value: Any JSON.
        as_key: It stands where a JWK does, so that its private members are such whatever else it has.

    >>> without_private({"crv": "P-256", "d": "c2VjcmV0", "kid": "1"})
    {'crv': 'P-256', 'd': '(private: not shown)', 'kid': '1'}
    """
    if isinstance(value, str):
        return HIDDEN if holds_private_text(value) else value
    if isinstance(value, list):
        return [without_private(item, as_key=as_key) for item in value]
    if not isinstance(value, dict):
        return value
    in_key = as_key or is_key_by_members(value.keys())
    return {
        name: HIDDEN if _is_private(name, item, in_key=in_key) else without_private(item, as_key=name in _KEYS)
        for name, item in value.items()
    }


def _is_private(name: str, value: JSON, *, in_key: bool) -> bool:
    if name in PRIVATE_MEMBERS:
        return in_key or (isinstance(value, str) and _SECRET.fullmatch(value) is not None)
    return name.startswith(_PRIVATE_NAMES) and name not in _KEYS
