"""JSON Web Signature: sign and verify in the compact, flattened and general forms (RFC 7515, RFC 7797)."""

from .compact import MAX_TOKEN_SIZE, JWS, JWSRequest, prepare, sign, verify
from .general import JWSMessage, SignAs, Verdict, sign_json, verify_json
from .protected import certificate_header

__all__ = [
    "JWS",
    "MAX_TOKEN_SIZE",
    "JWSMessage",
    "JWSRequest",
    "SignAs",
    "Verdict",
    "certificate_header",
    "prepare",
    "sign",
    "sign_json",
    "verify",
    "verify_json",
]
