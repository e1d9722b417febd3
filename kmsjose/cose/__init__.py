"""COSE: sign and verify messages with one signature or several, countersign them, and hash envelopes.

RFC 9052, RFC 9338 (countersignatures), RFC 9995 (hash envelope).
"""

from ..cbor import Tag
from .countersign_sign import (
    CountersignRequest,
    countersign,
    countersign0,
    prepare_countersign,
    prepare_countersign0,
)
from .countersign_verify import verify_countersignature0, verify_countersignatures
from .hash_envelope import prepare_hash_envelope, sign_hash_envelope, verify_hash_envelope
from .labels import Label
from .message import MAX_MESSAGE_SIZE
from .multi_sign import SignAs, SignRequest, prepare, sign
from .multi_verify import SignMessage, verify
from .protected import certificate_header
from .single import Sign1, Sign1Request, prepare1, sign1, verify1
from .verdict import Verdict

__all__ = [
    "MAX_MESSAGE_SIZE",
    "CountersignRequest",
    "Label",
    "Sign1",
    "Sign1Request",
    "SignAs",
    "SignMessage",
    "SignRequest",
    "Tag",
    "Verdict",
    "certificate_header",
    "countersign",
    "countersign0",
    "prepare",
    "prepare1",
    "prepare_countersign",
    "prepare_countersign0",
    "prepare_hash_envelope",
    "sign",
    "sign1",
    "sign_hash_envelope",
    "verify",
    "verify1",
    "verify_countersignature0",
    "verify_countersignatures",
    "verify_hash_envelope",
]
