"""Sign JWS, JWT, COSE, CWT and verifiable credentials with keys that never leave AWS KMS, publish JWKs, verify locally.

Names are loaded as they are first used, so what only verifies never loads boto3.
"""

from __future__ import annotations

# Not that of typing: what the program loads before it can take care of an interrupt is as little as can be.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

    from . import algorithms, cose, errors, kms, x509
    from .cose import cwt
    from .credentials import vc
    from .errors import FetchError, InputError, KMSError, KmsJoseError, PolicyError, RotationError, VerificationError
    from .jose import jws, jwt
    from .keys import Chain, KeySet, PublicKey
    from .keys.remote import RemoteKeys
    from .kms import KMSSigner
    from .payload import Chunks
    from .signers import Failover, LocalSigner, Signer, SignerSource, as_private_key, with_chain

__version__: Final = "0.1.0"

__all__ = [
    "Chain",
    "Chunks",
    "Failover",
    "FetchError",
    "InputError",
    "KMSError",
    "KMSSigner",
    "KeySet",
    "KmsJoseError",
    "LocalSigner",
    "PolicyError",
    "PublicKey",
    "RemoteKeys",
    "RotationError",
    "Signer",
    "SignerSource",
    "VerificationError",
    "algorithms",
    "as_private_key",
    "cose",
    "cwt",
    "errors",
    "jws",
    "jwt",
    "kms",
    "vc",
    "with_chain",
    "x509",
]

_MODULES: Final = {
    "algorithms": ".algorithms",
    "cose": ".cose",
    "cwt": ".cose.cwt",
    "errors": ".errors",
    "jws": ".jose.jws",
    "jwt": ".jose.jwt",
    "kms": ".kms",
    "vc": ".credentials.vc",
    "x509": ".x509",
}
_NAMES: Final = {
    "Chunks": ".payload",
    "KMSSigner": ".kms",
    "RemoteKeys": ".keys.remote",
    **dict.fromkeys(
        ("FetchError", "InputError", "KMSError", "KmsJoseError", "PolicyError", "RotationError", "VerificationError"),
        ".errors",
    ),
    **dict.fromkeys(("Chain", "KeySet", "PublicKey"), ".keys"),
    **dict.fromkeys(("Failover", "LocalSigner", "Signer", "SignerSource", "as_private_key", "with_chain"), ".signers"),
}


def __getattr__(name: str) -> object:
    from importlib import import_module

    value: object
    if name in _MODULES:
        value = import_module(_MODULES[name], __name__)
    elif name in _NAMES:
        value = getattr(import_module(_NAMES[name], __name__), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
