"""DIDs that name a key: did:jwk, which holds it, and the DID URLs that serve as kid."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from ..algorithms import Algorithm
from ..arguments import checked
from ..encoding import b64url_decode, b64url_encode, json_dumps, json_object
from ..errors import InputError, VerificationError
from .key_set import KeyFinder
from .kids import text_of_kid
from .public_key import PublicKey

__all__ = ["did_jwk", "did_of"]

#: What every DID begins with (DID Core section 3.1).
DID_SCHEME: Final = "did:"
# A DID, and the path, query and fragment by which a DID URL goes on (DID Core section 3.2).
_DID_URL: Final = re.compile(r"(did:[^/?#]*+)[^#]*+#.+", re.DOTALL)
_DID_JWK = "did:jwk:"
#: Characters of a did:jwk that is read; one of ML-DSA-87, the longest key, has under 5,000.
_MAX_DID_JWK = 8192
#: A did:jwk document has one verification method, and this is its fragment.
_DID_JWK_FRAGMENT = "0"


@checked
def did_jwk(key: PublicKey) -> str:
    """The did:jwk of a key; with ``#0`` behind it, it is the kid to sign with.

    Args:
        key: A public key; its kid does not enter the DID.

    >>> from cryptography.hazmat.primitives.asymmetric import ec
    >>> key = PublicKey.of(ec.derive_private_key(1, ec.SECP256R1()).public_key())
    >>> did_jwk(key)[:20]
    'did:jwk:eyJrdHkiOiJF'
    """
    jwk = key.to_jwk()
    members = {name: value for name, value in jwk.items() if name not in ("kid", "x5c")}
    return _DID_JWK + b64url_encode(json_dumps(members)).decode()


@checked
def did_of(kid: str) -> str | None:
    """The DID of a kid that is a DID URL with a fragment, whatever its path and query, or None (DID Core section 3.2).

    >>> did_of("did:web:issuer.example#key-1")
    'did:web:issuer.example'
    >>> did_of("did:web:issuer.example/keys?versionId=1#key-1")
    'did:web:issuer.example'
    """
    found = _DID_URL.fullmatch(kid)
    return None if found is None else found[1]


def key_of_did_jwk(kid: str, alg: str | None = None) -> PublicKey:
    """The key that a did:jwk kid holds. It is only as trustworthy as whoever named it.

    Raises:
        VerificationError: ``bad-header``: the kid is not a did:jwk with a public key of a known algorithm.
    """
    if len(kid) > _MAX_DID_JWK:
        raise VerificationError("bad-header", f"the kid is a did:jwk of over {_MAX_DID_JWK} characters")
    did, _, fragment = kid.partition("#")
    if not did.startswith(_DID_JWK) or fragment != _DID_JWK_FRAGMENT:
        raise VerificationError("bad-header", "the kid is not a did:jwk and #0")
    try:
        members = json_object(b64url_decode(did.removeprefix(_DID_JWK).encode()))
        # Its certificates would be parsed before anything is verified, and add nothing to the key.
        members.pop("x5c", None)
        key = PublicKey.from_jwk(members, alg)
    except (InputError, VerificationError, UnicodeError) as error:
        raise VerificationError("bad-header", "the did:jwk holds no public key that is known here") from error
    return replace(key, kid=kid)


@dataclass(frozen=True, slots=True)
class DidJwkKeys:
    """Trusted keys that are also found by their did:jwk; nothing becomes trusted that was not.

    Args:
        trusted: The trusted keys.
    """

    trusted: KeyFinder

    def find(self, kid: str | bytes | None, algorithm: Algorithm) -> PublicKey:
        """The key that a token's header asks for.

        Raises:
            VerificationError: as `KeySet.find`, and ``bad-header`` for a did:jwk that holds no key.
        """
        if isinstance(kid, bytes):
            kid = text_of_kid(kid)
        try:
            return self.trusted.find(kid, algorithm)
        except VerificationError as error:
            if error.code != "key-not-found" or kid is None or not kid.startswith(_DID_JWK):
                raise
        meant = key_of_did_jwk(kid, algorithm.name)
        for key in self._known():
            if key.spki == meant.spki and key.algorithm is algorithm:
                return replace(key, kid=kid)
        raise VerificationError("key-not-found", "the key of the token's did:jwk is not trusted")

    def _known(self) -> Iterable[PublicKey]:
        """The keys to compare with: a finder of keys need not know which they are."""
        if isinstance(self.trusted, PublicKey):
            return (self.trusted,)
        return self.trusted if isinstance(self.trusted, Iterable) else ()
