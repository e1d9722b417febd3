"""The embedded KMS: a small, faithful KMS in this process, behind a genuine boto3 client.

For newcomers, offline development and tests; its keys are not protected, so it is never for production. It does every
operation on signing keys that this package calls, with AWS's errors, and nothing else of KMS. `ED25519_PH_SHA_512` is
listed for Ed25519 keys, as AWS lists it, but refused: it is neither JOSE's nor COSE's EdDSA.
"""

from __future__ import annotations

from .faults import Faults
from .server import attach, is_embedded

__all__ = ["Faults", "attach", "is_embedded"]
