"""DID documents: written of keys, and read as keys (DID Core sections 5.2 and 5.3)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Literal, get_args
from urllib.parse import quote

from ..arguments import checked
from ..claims import seconds
from ..encoding import JSONObject
from ..errors import InputError
from .did import did_of
from .entries import Skipped
from .jwk import all_from_jwk, read_jwk
from .public_key import PublicKey

__all__ = ["MethodType", "Purpose", "did_document"]

# How the verification methods of a document are typed; older verifiers may know the second alone.
MethodType = Literal["JsonWebKey", "JsonWebKey2020"]
# What a key of a document is for (DID Core section 5.3): to sign credentials and other statements, or to
# authenticate, as the holder of a presentation does.
Purpose = Literal["assertionMethod", "authentication"]

_CONTEXTS: Final[dict[str, str]] = {
    "JsonWebKey": "https://w3id.org/security/jwk/v1",
    "JsonWebKey2020": "https://w3id.org/security/suites/jws-2020/v1",
}
_DID: Final = re.compile(r"did:[a-z0-9]+:(?:[A-Za-z0-9._:-]|%[0-9A-Fa-f]{2})+(?<!:)")
#: Characters that a fragment has as they are (RFC 3986 section 3.5).
_PLAIN: Final = "-._~!$&'()*+,;=:@/?"
_FRAGMENT: Final = re.compile(rf"(?:[A-Za-z0-9{re.escape(_PLAIN)}]|%[0-9A-Fa-f]{{2}})+")


@checked
def did_document(keys: Iterable[PublicKey], did: str, *, method_type: MethodType = "JsonWebKey") -> JSONObject:
    """The DID document of a DID whose keys these are, for assertions and for authentication.

    A key whose kid is a DID URL of this DID has it as its id. Any other kid becomes the fragment, percent-encoded where
    a fragment can't have its characters (RFC 3986 section 3.5).

    Args:
        keys: Public keys.
        did: The DID.
        method_type: The type of the verification methods; ``JsonWebKey2020`` is for verifiers that know no other.

    Raises:
        InputError: ``usage``: not a DID, or no such type; ``key-invalid``: a kid is of another DID, or is no text;
            ``key-conflict``: two keys would have one id, such as two algorithms of one RSA key under one kid.

    >>> from cryptography.hazmat.primitives.asymmetric import ec
    >>> key = PublicKey.of(ec.derive_private_key(1, ec.SECP256R1()).public_key(), kid="2026 a")
    >>> did_document([key], "did:web:issuer.example")["assertionMethod"]
    ['did:web:issuer.example#2026%20a']
    """
    if not _DID.fullmatch(did):
        raise InputError("usage", "the DID is not of the form did:METHOD:ID")
    if method_type not in _CONTEXTS:
        raise InputError("usage", "the type of a verification method is " + " or ".join(_CONTEXTS))
    methods: dict[str, JSONObject] = {}
    for key in keys:
        jwk = key.to_jwk()
        name = method_id(key.kid, did)
        if name in methods:
            raise InputError("key-conflict", f"two keys would be {name[:128]} in the DID document")
        methods[name] = {"id": name, "type": method_type, "controller": did, "publicKeyJwk": jwk}
    return {
        "@context": ["https://www.w3.org/ns/did/v1", _CONTEXTS[method_type]],
        "id": did,
        "verificationMethod": list(methods.values()),
        "assertionMethod": list(methods),
        "authentication": list(methods),
    }


def method_id(kid: str, did: str) -> str:
    """The DID URL of a key in the document of a DID, as `did_document` has it.

    Raises:
        InputError: ``key-invalid``: the kid is of another DID, or can't stand in a DID URL.
    """
    own = did_of(kid)
    if own is None:
        return f"{did}#{quote(kid, safe=_PLAIN)}"
    if own != did:
        raise InputError("key-invalid", f"the kid {kid[:64]!r} is of another DID than {did[:64]}")
    if not kid.startswith(f"{did}#"):
        raise InputError("key-invalid", f"the kid {kid[:64]!r} has a path or query, which names no key of a document")
    if not _FRAGMENT.fullmatch(kid.removeprefix(f"{did}#")):
        raise InputError("key-invalid", f"the kid {kid[:64]!r} has characters that a DID URL can't have")
    return kid


@dataclass(frozen=True, slots=True)
class Methods:
    """The verification methods of a DID document, as they stand there.

    Attributes:
        entries: All of them, unread, those first that stand under verificationMethod.
        did: The subject of the document.
        purpose: What they are asked for.
        listed: The ids of those that are for it.
        astray: References under the purpose to what is no method of the document.
        now: The time to go by, in seconds since 1970.
    """

    entries: tuple[object, ...]
    did: str
    purpose: Purpose
    listed: frozenset[str]
    astray: tuple[Skipped, ...]
    now: float

    def read(self, method: Mapping[Any, Any], algorithms: Iterable[str]) -> tuple[PublicKey, ...]:
        """The public keys of a verification method; several of an RSA key without ``alg``, as of a JWK.

        Raises:
            InputError: ``key-invalid``, ``key-private``.
        """
        name = self.id_of(method)
        if name is None:
            # Otherwise a document could give its keys the names of another's.
            raise InputError("key-invalid", "its id is not a DID URL of the document's DID")
        if name not in self.listed:
            raise InputError("key-invalid", f"it is not listed under {self.purpose}")
        if method.get("controller") != self.did:
            raise InputError("key-invalid", "its controller is not the document's DID")
        for end in ("expires", "revoked"):
            if end in method and not self._lies_ahead(method[end]):
                raise InputError("key-invalid", f"its {end} is over, or is not a date and time with its zone")
        jwk = method.get("publicKeyJwk")
        if not isinstance(jwk, Mapping):
            raise InputError("key-invalid", "it has no publicKeyJwk")
        return tuple(replace(key, kid=name) for key in all_from_jwk(jwk, algorithms))

    def id_of(self, method: Mapping[Any, Any]) -> str | None:
        """The id of a verification method in full, or None if it is not of this DID."""
        return _absolute(method.get("id"), self.did)

    def _lies_ahead(self, when: object) -> bool:
        try:
            read = datetime.fromisoformat(str(when))
        except ValueError:
            return False
        return read.tzinfo is not None and read.timestamp() > self.now


def methods_of(document: Mapping[str, object] | str | bytes, purpose: Purpose, now: datetime | None) -> Methods:
    """The verification methods of a DID document; see `KeySet.from_did_document`.

    Raises:
        InputError: ``key-invalid``: not a DID document; ``key-conflict``: an id stands twice; ``usage``: `now` has no
            time zone.
    """
    members = read_jwk(document, "a DID document")
    did = members.get("id")
    if not isinstance(did, str) or not _DID.fullmatch(did):
        raise InputError("key-invalid", f"a DID document has a DID as its id{_what_it_is(members)}")
    if purpose not in get_args(Purpose):
        raise InputError("usage", f"the purpose of a key is {' or '.join(get_args(Purpose))}")
    methods, related = members.get("verificationMethod", []), members.get(purpose, [])
    if not isinstance(methods, list) or not isinstance(related, list):
        raise InputError("key-invalid", f"verificationMethod and {purpose} of a DID document are lists")
    entries = _without_repeated((*methods, *(entry for entry in related if not isinstance(entry, str))), did)
    listed = (_absolute(entry.get("id") if isinstance(entry, Mapping) else entry, did) for entry in related)
    astray = (Skipped(index, *one) for index, one in enumerate(_astray(related, entries, did), len(entries)))
    return Methods(entries, did, purpose, frozenset(filter(None, listed)), tuple(astray), seconds(now))


def _what_it_is(members: Mapping[str, object]) -> str:
    if "didDocument" in members:
        return ": this is the answer of a DID resolver, so give what it has as its didDocument"
    return ": this is a JWK Set, which KeySet.from_jwks reads" if "keys" in members else ""


def _without_repeated(entries: tuple[object, ...], did: str) -> tuple[object, ...]:
    """The entries, where equal ones stand once.

    Raises:
        InputError: ``key-conflict``: two that differ have one id.
    """
    first: dict[str | None, object] = {}
    kept = []
    for entry in entries:
        name = _absolute(entry.get("id"), did) if isinstance(entry, Mapping) else None
        whole = {**entry, "id": name} if isinstance(entry, Mapping) else entry
        if name is None or name not in first:
            kept.append(entry)
        elif first[name] != whole:
            raise InputError("key-conflict", f"the id {name[:128]} stands more than once in the DID document")
        first[name] = whole
    return tuple(kept)


def _astray(related: Iterable[object], entries: Iterable[object], did: str) -> Iterator[tuple[str, str]]:
    """The references to what is no method of the document, but for those to a method that is skipped itself."""
    written = {name for entry in entries if isinstance(entry, Mapping) and isinstance(name := entry.get("id"), str)}
    names = {_absolute(name, did) for name in written}
    for reference in dict.fromkeys(entry for entry in related if isinstance(entry, str)):
        name = _absolute(reference, did)
        if name is None and reference not in written:
            yield reference, "the reference is not to a method of the document's DID"
        elif name not in names:
            yield reference, "the document has no verification method of this id"


def _absolute(name: object, did: str) -> str | None:
    """A DID URL in full, of one that may be relative; None if it is no key of this DID."""
    if not isinstance(name, str):
        return None
    own, hash_sign, fragment = name.partition("#")
    return f"{did}#{fragment}" if hash_sign and own in ("", did) and _FRAGMENT.fullmatch(fragment) else None
