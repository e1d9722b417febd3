"""KEYS: the public keys that a verifier trusts, of any form, from a file or an https URL."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from ..errors import FetchError, InputError
from . import streams

if TYPE_CHECKING:
    from ..keys import KeySet, PublicKey
    from ..keys.did_document import Purpose

_PEM: Final = b"-----BEGIN "
#: The major types of CBOR that no text begins with.
_CBOR_ARRAY, _CBOR_MAP = 4, 5
#: The codes of what is wrong with the keys, not with what is asked of them.
_OF_THE_KEYS: Final = ("key-invalid", "key-private", "key-conflict", "alg-required")
#: What begins a URL of any scheme: one that is not fetched is refused as such, not looked for as a file.
_URL: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_NO_KEYS: Final = "it holds no key that can be used"


def load(place: str, algorithms: Sequence[str] = (), purpose: Purpose = "assertionMethod") -> KeySet:
    """The keys of a JWKS, JWK, COSE_KeySet, COSE_Key, PEM or DID document, and on stderr what was skipped.

    Args:
        place: A file, ``-``, or an https URL; http is for this machine's own addresses alone.
        algorithms: What an RSA key that names no algorithm may verify.
        purpose: What a key of a DID document must be for.

    Raises:
        InputError: ``file-unreadable``, ``empty-input``, ``key-invalid``, ``key-private``, ``key-conflict`` of a file;
            ``alg-required``, ``alg-unknown``, ``alg-unsupported-by-key``, ``usage``.
        FetchError: of a URL: it can't be fetched, or what it gives are no keys. The caller's words were in order.
    """
    read = _of_url if _URL.match(place) else _of_file
    return read(place, algorithms, purpose)


def _of_file(path: str, algorithms: Sequence[str], purpose: Purpose) -> KeySet:
    data = streams.read(path)
    if len(data) > streams.MAX_INPUT:
        raise InputError("key-invalid", f"{path} is over {streams.MAX_INPUT} bytes")
    try:
        keys = _told(path, _parse(data, algorithms, purpose))
    except InputError as error:
        if error.code not in _OF_THE_KEYS:
            raise
        raise InputError(error.code, f"{path}: {error.message}") from error
    if not keys:
        raise InputError("key-invalid", f"{path}: {_NO_KEYS}")
    return keys


def _of_url(url: str, algorithms: Sequence[str], purpose: Purpose) -> KeySet:
    from ..keys.fetch import fetch
    from ..keys.https_url import HttpsURL
    from ..keys.remote import unusable

    name = str(HttpsURL.parse(url))
    data = fetch(url).body
    try:
        keys = _told(name, _parse(data, algorithms, purpose))
    except InputError as error:
        if error.code not in _OF_THE_KEYS or error.code == "alg-required":
            raise
        raise unusable(name, error) from error
    if not keys:
        raise FetchError("no-keys", f"{name}: {_NO_KEYS}")
    return keys


def _told(name: str, keys: KeySet) -> KeySet:
    """The same keys, after telling which of them are skipped."""
    for skipped in keys.skipped:
        key = f"key {skipped.index + 1}" if skipped.kid is None else f"key {skipped.index + 1} ({skipped.kid[:64]})"
        streams.say(f"note: {key} of {name} is skipped: {skipped.reason}")
    return keys


def _parse(data: bytes, algorithms: Sequence[str], purpose: Purpose) -> KeySet:
    from ..keys import KeySet
    from ..keys.jwk import all_from_jwk, read_jwk

    # PEM last: a kid in the others may hold what it begins with.
    if data[:1] and data[0] >> 5 in (_CBOR_ARRAY, _CBOR_MAP):
        return _of_cose(data, algorithms)
    if data.lstrip()[:1] != b"{":
        if _PEM in data:
            return KeySet(_of_pem(data, algorithms))
        raise InputError(
            "key-invalid", "it is none of JWKS, JWK, COSE_KeySet, COSE_Key (in binary), PEM and DID document"
        )
    members = read_jwk(data)
    if "keys" in members:
        return KeySet.from_jwks(members, algorithms)
    if str(members.get("id")).startswith("did:") or "didDocument" in members:
        return KeySet.from_did_document(members, algorithms, purpose=purpose)
    keys = all_from_jwk(members, algorithms)
    if not keys:
        raise InputError("alg-required", "the RSA JWK names no alg")
    return KeySet(keys)


def _of_cose(data: bytes, algorithms: Sequence[str]) -> KeySet:
    from ..keys import KeySet
    from ..keys.cose_key import all_from_cose_key, read_cose_key

    if data[0] >> 5 == _CBOR_ARRAY:
        return KeySet.from_cose_keyset(data, algorithms)
    keys = all_from_cose_key(read_cose_key(data), algorithms)
    if not keys:
        raise InputError("alg-required", "the RSA COSE_Key names no alg")
    return KeySet(keys)


def _of_pem(data: bytes, algorithms: Sequence[str]) -> list[PublicKey]:
    from ..keys import PublicKey

    if not algorithms:
        return [PublicKey.from_pem(data)]
    keys, refusal = [], None
    for name in algorithms:
        try:
            keys.append(PublicKey.from_pem(data, name))
        except InputError as error:
            if error.code != "alg-unsupported-by-key":
                raise
            refusal = error
    if refusal is not None and not keys:
        raise refusal
    return keys
