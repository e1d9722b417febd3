"""The embedded KMS: a small, faithful KMS in this process, behind a genuine boto3 client.

For newcomers, offline development and tests; its keys are not protected, so it is never for production. It does what
there is to do with signing keys, with AWS's errors, and makes and checks MACs; it encrypts nothing. Policies and grants
are checked and kept, but never applied: whoever has the client may do everything. `ED25519_PH_SHA_512` is listed for
Ed25519 keys, as AWS lists it, but refused: it is neither JOSE's nor COSE's EdDSA.
"""

from __future__ import annotations

from .faults import Faults
from .server import attach, is_embedded

__all__ = ["Faults", "attach", "is_embedded"]
