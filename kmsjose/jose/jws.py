"""JSON Web Signature: sign and verify in the compact, flattened and general forms (RFC 7515, RFC 7797)."""

from .compact import MAX_TOKEN_SIZE, JWS, JWSRequest, prepare, sign, verify
from .json_sign import JSONRequest, SignAs, prepare_json, sign_json
from .json_verify import JWSMessage, Verdict, verify_json
from .protected import certificate_header

__all__ = [
    "JWS",
    "MAX_TOKEN_SIZE",
    "JSONRequest",
    "JWSMessage",
    "JWSRequest",
    "SignAs",
    "Verdict",
    "certificate_header",
    "prepare",
    "prepare_json",
    "sign",
    "sign_json",
    "verify",
    "verify_json",
]
