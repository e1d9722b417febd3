"""What to do about an error, in the words of the command line: its options, where the library names its arguments."""

from __future__ import annotations

import re
from typing import Final

from ..errors import KmsJoseError, cut_message
from .escape import visible

#: A call that an error names, for which a command stands here.
_CALL: Final = re.compile(r"`(jws|jwt|cose|cwt|vc)\.(sign|verify)\w*`", re.ASCII)
#: By exit status and code; every other error has the library's own hint.
_HINTS: Final = {
    (1, "too-large"): "this is more than is read here; sign content of such a size detached, or by its digest",
    (1, "alg-unknown"): "the algorithms that are known here are accepted, and HMAC never is",
    (1, "alg-not-allowed"): "name the algorithm with --alg if you mean to accept it",
    (1, "typ-mismatch"): "a token of another type must not be taken for it (RFC 8725 section 3.11); "
    "`vc verify` is for credentials, and --typ of `jwt verify` and `cwt verify` names the type that you expect",
    (
        1,
        "key-not-found",
    ): "KEYS hold no such key that can be used: fetch them again from the issuer, who may have published a new kid; "
    "--alg is that of RSA keys that name none",
    (1, "policy-unmet"): "--policy says which of the signatures must be good",
    (1, "payload-missing"): "the payload is detached: pass it with --payload",
    (1, "payload-unexpected"): "leave out --payload",
    (1, "claim-missing"): "the issuer must set the claim; where it is exp, `jwt verify` and `cwt verify` take --no-exp",
    (1, "audience-required"): "name yourself with --audience (RFC 7519 section 4.1.3)",
    (1, "expired"): "ask for a new token; if the clocks differ, `jwt verify` and `cwt verify` take --leeway",
    (1, "not-yet-valid"): "wait; if the clocks differ, `jwt verify` and `cwt verify` take --leeway",
    (1, "issued-in-future"): "compare the clocks; if they differ a little, `jwt verify` and `cwt verify` take --leeway",
    (
        1,
        "hash-envelope",
    ): "give the content of a COSE_Sign1 to `cose verify` with --payload; no other hash envelope is verified",
    (1, "bad-cbor"): "it must be strict CBOR in binary; `inspect` shows what it is, in hex and base64 too",
    (2, "usage"): "see --help of the command",
    (2, "alg-required"): "an RSA key can sign by six algorithms: name one with --alg, for example --alg PS256; "
    "`kmsjose key tag KEY kmsjose:alg=PS256` lets a key in KMS remember it",
    (2, "password"): "--password-file names the file with the password; leave it out for a key that is not encrypted",
    (2, "payload-too-large"): "a file of any size is signed by `jws sign` or `cose sign` with --detached",
    (
        2,
        "message-too-large",
    ): "KMS signs at most 4096 bytes by Ed25519: use another key, or `cose sign --hash-envelope`",
    (2, "claims-invalid"): "claims are one JSON object; iat is set for you, and exp by --lifetime",
    (2, "json-invalid"): "give one JSON document in UTF-8, each member once, without NaN or Infinity",
    (2, "lifetime-invalid"): "give a --lifetime of at least a second, which ends before the CA's own certificate does",
    (
        3,
        "credentials",
    ): "see --profile, --role-arn and AWS's environment variables; `aws sts get-caller-identity` tries what they give",
    (3, "connection"): "check --region, --endpoint-url, the network and the proxy",
    (3, "certificate"): "check the host's certificate and name; a CA of your own is named by SSL_CERT_FILE",
    (3, "too-slow"): "try again; if the host is always so slow, fetch the keys by other means and give the file",
    (3, "too-large"): "check the URL: a JWK Set of this size is not read",
    (3, "configuration"): "check --profile, --region and --endpoint-url, or give --local for keys in a folder",
}


def error_line(error: KmsJoseError) -> str:
    """The one line that tells an error."""
    return told(error.code, _CALL.sub(r"`\1 \2`", error.message), _CALL.sub(r"`\1 \2`", _hint(error)))


def told(code: str, message: str, hint: str) -> str:
    """The line of a code, of what happened and what to do, whatever those hold."""
    return visible(re.sub(r"\s+", " ", f"error[{code}]: {cut_message(message)} ({hint})"))


def _hint(error: KmsJoseError) -> str:
    if error.code == "alg-unknown" and error.exit_status == 2:
        from ..algorithms import BY_NAME

        return f"known are {', '.join(BY_NAME)}"
    return _HINTS.get((error.exit_status, error.code), error.hint)
