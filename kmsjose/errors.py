"""The whole taxonomy of errors: one tree, stable codes, and what to do about each.

A code never changes its meaning once released. The class says whose fault it is, and so which exit status the command
line gives: :class:`VerificationError` 1 (the verdict is no), :class:`RotationError` 1 (not yet), :class:`InputError` 2
(refused before KMS is asked), :class:`KMSError` 3 (AWS, or the way to it), :class:`FetchError` 3 (a host that publishes
keys, or the way to it).
"""

from __future__ import annotations

from typing import ClassVar, Final

__all__ = ["FetchError", "InputError", "KMSError", "KmsJoseError", "PolicyError", "RotationError", "VerificationError"]

#: Characters of a message: what it names of a token, a file or an answer may be of any size.
_LONGEST: Final = 1000


def cut_message(message: str) -> str:
    r"""A message in one line, and without its middle if it is long: what it is about stands first, and the reason last.

    >>> cut_message("no key is called \x1b[2J\n")
    'no key is called \\x1b[2J\\n'
    """
    if not message.isprintable():
        message = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in message)
    if len(message) <= _LONGEST:
        return message
    word = f" ... ({len(message)} characters, cut) ... "
    rest = (_LONGEST - len(word)) // 2
    return f"{message[:rest]}{word}{message[-rest:]}"


class KmsJoseError(Exception):
    """The base of every error that this package raises.

    Args:
        code: One of :attr:`codes`, stable across releases.
        message: What happened, in one line, without token, key or message content; of a long one the middle is cut.
    """

    exit_status: ClassVar[int] = 3
    codes: ClassVar[dict[str, str]] = {}

    def __init__(self, code: str, message: str) -> None:
        if code not in self.codes:
            raise AssertionError(f"{code} is not a code of {type(self).__name__}")
        self.code: Final = code
        self.message: Final = cut_message(message)
        super().__init__(code, self.message)

    @property
    def hint(self) -> str:
        """What to do about it, in one line."""
        return self.codes[self.code]

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})"


class VerificationError(KmsJoseError):
    """The verdict is no: do not trust this token, signature or credential."""

    exit_status = 1
    codes = {
        # form
        "malformed": "check that the token was copied whole and is of the form that you verify",
        "bad-base64url": "base64url has no padding, no whitespace, and zero in its unused bits (RFC 7515 section 2)",
        "bad-json": "it must be one JSON object in UTF-8 (RFC 8259), without NaN or Infinity",
        "duplicate-member": "a member name may stand once (RFC 7515 section 4); treat the sender as faulty or hostile",
        "bad-cbor": "it must be one data item of definite lengths and shortest heads, its labels integers or text (RFC 8949)",
        "duplicate-label": "a label may stand once in a map (RFC 9052 section 3); treat the sender as faulty or hostile",
        "tag-unexpected": "check that it is the kind of message that you verify: 18 is a COSE_Sign1, 98 a COSE_Sign, 61 a CWT; registered parameters and claims have no tag",
        "too-large": "raise max_size if you expect tokens of this size; so many items or signatures are never read",
        # header
        "bad-header": "the issuer must send header parameters of the types that RFC 7515 section 4.1 or RFC 9052 section 3.1 gives",
        "alg-missing": "a header must name its alg (RFC 7515 section 4.1.1, RFC 9052 section 3.1); that it stands in the protected one is a rule of this package, so that nobody can change it",
        "alg-none": "an unsecured JWS is never accepted",
        "alg-unknown": "only the algorithms of `kmsjose.algorithms` are accepted; HMAC is never accepted",
        "alg-mismatch": "the key decides the algorithm; ask the issuer to sign with the algorithm of the published key",
        "alg-not-allowed": "add the algorithm to `algorithms` if you mean to accept it",
        "crit-unknown": "a critical parameter that is not understood must be refused (RFC 7515 section 4.1.11, RFC 9052 section 3.1)",
        "crit-invalid": "crit is protected, and a non-empty list of distinct names or labels that are present and protected",
        "b64-invalid": "b64 is a boolean, protected, and named in crit (RFC 7797 section 6)",
        "header-overlap": "a parameter is protected or unprotected, never both (RFC 7515 section 7.2.1, RFC 9052 section 3)",
        "typ-mismatch": "pass the typ that you expect; a token of another type must not be taken for it (RFC 8725 section 3.11)",
        # keys
        "key-not-found": "refresh the issuer's JWKS, where a new kid may have been published; a key that was skipped must be mended there",
        "key-ambiguous": "the token has no kid and several keys fit; the issuer must send a kid",
        # certificates
        "certificate-invalid": "it must be an X.509 certificate of version 3 (RFC 5280 section 4)",
        "certificate-expired": "ask for a certificate that is valid now, and compare the clocks",
        "certificate-not-yet-valid": "wait until it is valid, and compare the clocks",
        "chain-invalid": "the key's own certificate stands first, each is issued by the next, and only CAs issue (RFC 5280 section 6.1)",
        "chain-untrusted": "add the CA to the trust anchors if you mean to trust it; never take it from the token itself",
        # signature
        "signature-size": "an ECDSA signature in JOSE and COSE is r and s of fixed width, never DER (RFC 7518 section 3.4)",
        "signature-invalid": "the content, or the external_aad of COSE, was changed, or another key signed it; do not trust it",
        "policy-unmet": "not every signature that the policy asks for is good; see `verdicts`",
        "payload-missing": "the payload is detached: pass it",
        "payload-unexpected": "the token carries its own payload: do not pass another",
        "hash-envelope": "a COSE_Sign1 of this kind is verified with its content by `cose.verify_hash_envelope`; no other message is",
        "digest-mismatch": "the content is not the one whose digest was signed; do not trust it",
        "countersignature-missing": "nobody has countersigned the message in this form",
        # claims
        "claim-missing": "the issuer must set the claim, or you change `require`",
        "claim-invalid": "the claim has the wrong type or value: do not accept it, and ask whoever signed it for another",
        "claims-not-object": "a JWT's payload is one JSON object, a CWT's one CBOR map (RFC 7519 section 7.2, RFC 8392 section 7.2)",
        "issuer-mismatch": "the token was issued by someone else than you expect",
        "audience-mismatch": "the token was issued for someone else",
        "audience-required": "the token names an audience: pass `audience` (RFC 7519 section 4.1.3)",
        "expired": "ask for a new token; if the clocks differ, pass `leeway`",
        "not-yet-valid": "wait, or pass `leeway` if the clocks differ",
        "issued-in-future": "compare the clocks; pass `leeway` if they differ a little",
        # credentials
        "credential-invalid": "the issuer must send a credential that follows its data model",
        "credential-expired": "ask the holder for a credential that is still valid",
        # audit
        "audit-mismatch": "CloudTrail takes up to about 15 minutes; if a difference stays, find out who signed, or who changed the log",
    }  # fmt: skip


class PolicyError(VerificationError):
    """A message of several signatures did not meet its policy; `verdicts` has one code, or None for good, a signature."""

    codes = {"policy-unmet": VerificationError.codes["policy-unmet"]}

    def __init__(self, code: str, message: str, verdicts: tuple[tuple[str | None, str | None], ...]) -> None:
        super().__init__(code, message)
        self.args = (code, self.message, verdicts)  # what a copy in another process is made of
        self.verdicts: Final = verdicts


class InputError(KmsJoseError):
    """Refused before any key was asked: what the caller gave cannot work."""

    exit_status = 2
    codes = {
        "usage": "see the documentation of the call, or --help of the command",
        "file-unreadable": "check the path and its permissions",
        "file-unwritable": "check the folder, its permissions and the space on the disk",
        "folder-busy": "wait until the other is done, or end it if it hangs; nothing was changed",
        "empty-input": "the file or standard input has no content; check what was piped in",
        "alg-unknown": "see `kmsjose.algorithms` for the names",
        "alg-required": "an RSA key can sign by six algorithms: name one, for example PS256, or let the key in KMS remember it by `kms.tag_key`",
        "alg-unsupported-by-key": "choose an algorithm of the key's type, or another key",
        "key-invalid": "export the key again from where it comes",
        "key-private": "only public keys belong here: remove the private members, and treat a published key as lost",
        "key-conflict": "one kid and algorithm must name one key: give the keys different kids",
        "password": "give the password of an encrypted key, by `password` or --password-file, and none for any other",
        "key-usage": "create a key with usage SIGN_VERIFY",
        "certificate-invalid": "give X.509 certificates, in PEM or DER as the call says (RFC 5280 section 4)",
        "certificate-expired": "have the certificate renewed, and compare the clocks",
        "certificate-not-yet-valid": "wait until it is valid, and compare the clocks",
        "chain-invalid": "put the key's own certificate first, and behind each that of its issuer (RFC 5280 section 6.1)",
        "request-invalid": "have the request made again, as PKCS #10 by the key that it is for (RFC 2986)",
        "name-invalid": "a subject is written as CN=issuer,O=Example (RFC 4514), another name as dns:, uri:, ip: or email: before it",
        "lifetime-invalid": "give a lifetime of at least a second, which ends before the CA's own certificate does",
        "key-not-exportable": "the private key stays in KMS: sign with it, do not export it",
        "operation-refused": "KMS cannot do this with a signing key",
        "message-too-large": "KMS signs at most 4096 bytes with Ed25519: use another algorithm, a COSE hash envelope, or SD-JWT",
        "padding-refused": "KMS signs PSS with a salt as long as the digest and the same MGF1 hash: pass that",
        "hash-refused": "sign with the hash of the key's algorithm",
        "prehash-unsupported": "Ed25519 reads its message twice, so it can't be hashed first: pass the whole message",
        "payload-invalid": "a payload is bytes, a seekable binary file, or a length with chunks that add up to it",
        "payload-too-large": "sign it detached, or raise max_size here and in every verifier",
        "header-invalid": "see RFC 7515 section 4 or RFC 9052 section 3.1 for the header parameters and their types",
        "claims-invalid": "claims are one JSON object, or for CWT one CBOR map; let the call set what it sets",
        "cbor-invalid": "give values that CBOR has: maps with integer or text labels, lists, bytes, text, numbers, booleans, None, and what has a tag as `cose.Tag`",
        "json-invalid": "give one JSON document in UTF-8, each member once, without NaN or Infinity; of a date, a UUID or bytes, give its text or number",
        "credential-invalid": "mend the document as the message says, then issue it again",
        "signature-invalid": "the signature is not of this request by this key: sign the request again",
        "rotation-unsupported": "KMS rotates symmetric keys only: make a new key and move the alias to it",
        "window-invalid": "a key waits 7 to 30 days for its deletion",
        "trail-invalid": "give what CloudTrail delivers to S3, its events as JSON lines, or what `aws cloudtrail lookup-events` prints",
        "file-exists": "choose another name, or remove the file first",
    }  # fmt: skip


class RotationError(KmsJoseError):
    """A step of a rotation can't be done now; nothing was changed by it that the next try would miss."""

    exit_status = 1
    codes = {
        "not-due": "do it again after the time that is named; `kmsjose rotate status` shows what waits for what",
        "not-published": "publish the key first, and wait until the set is served; or look whether it is the right set",
        "in-use": "find what still uses the key: a signer must follow the alias, or be started anew; another alias must move",
        "nothing-staged": "stage a key first",
        "other-staged": "promote the key that is staged; or delete it by `kmsjose key delete`, and stage again",
        "nothing-replaced": "promote another key first",
        "unsettled": "do it again in some seconds: KMS needs them until what was just done is seen everywhere",
        "key-unusable": "enable the key, give it its material, or remove it and stage another",
        "nothing-signs": "name the key by --key; `kmsjose rotate status` shows the kids",
        "key-unknown": "compare the kid with what is published, and with `kmsjose rotate status`",
        "unmarked": "stage a key and do it again, or run `kmsjose publish DIR --withdraw KID`",
        "revoked": "publish another key: one that was revoked is never published again",
        "accounted": "run the command that is named: it takes the key out of use too",
        "unaccounted": "name its rotation by --name or the key by --key; or take it out by --withdraw, whose tokens are refused then",
        "locked": "wait until the other is done; of a rotator that was killed the lock ends by itself after 5 minutes",
    }  # fmt: skip


class KMSError(KmsJoseError):
    """A call of AWS KMS failed, or did not reach it.

    Attributes:
        operation: The KMS operation, for example ``Sign``.
        aws_code: AWS's own error code, for example ``ThrottlingException``, or None if no answer came.
        request_id: AWS's request id, for the support desk and CloudTrail, or None.
        retryable: Whether the same call may succeed later, with nothing changed.
    """

    exit_status = 3
    codes = {
        "not-found": "check the id and the region: a client reaches the keys of its own region only, and a new key or alias may take seconds to be seen",
        "disabled": "enable the key, or sign with the one that replaced it",
        "not-ready": "try again in some seconds, once KMS has made the key; one that waits for its material needs `kmsjose key import FILE --into KEY`",
        "invalid-state": "see the key's state with `kmsjose key show`; a key pending deletion can be kept by undelete and enable",
        "access-denied": "the caller needs the permission in both its IAM policy and the key policy",
        "credentials": "see AWS_PROFILE, AWS's environment and the role; `aws sts get-caller-identity` tries them",
        "throttled": "slow down, spread the load, or ask AWS for a higher quota; nothing was signed",
        "unavailable": "KMS could not do it now: try again",
        "connection": "check the region, the endpoint URL, the network and the proxy",
        "configuration": "check the profile, region and endpoint that the client was made with",
        "invalid-request": "AWS refused a parameter: see its message",
        "key-usage": "the key was not made for signing: create one with usage SIGN_VERIFY",
        "already-exists": "choose another name, or move the alias with `kmsjose key alias`; a region has one replica of a key",
        "limit-exceeded": "remove what is not used, or ask AWS for a higher quota",
        "unsupported": "KMS does not do this for this kind of key, or the endpoint does not do it at all",
        "dry-run": "a dry run signs nothing: this says that the call would have been allowed",
        "unexpected-answer": "KMS answered for another key or algorithm than asked: do not use the signature; look at the endpoint",
        "audit-failed": "the signature was not released: mend what keeps the records, and sign again; CloudTrail has this one too",
        "half-done": "something was made before the failure: the message says what exists and how to undo it",
        "rotation-damaged": "mend the tag of this key in AWS's console or by `aws kms tag-resource`",
        "stale-alias": "see the cause: nothing is signed until the alias can be looked up again",
        "key-disabled": "enable the key, or publish into the folder that holds what is published now",
        "failed": "see AWS's message and request id",
    }  # fmt: skip

    def __init__(
        self,
        code: str,
        message: str,
        *,
        operation: str | None = None,
        aws_code: str | None = None,
        request_id: str | None = None,
        retryable: bool = False,
    ) -> None:
        super().__init__(code, message)
        self.operation: Final = operation
        self.aws_code: Final = aws_code
        self.request_id: Final = request_id
        self.retryable: Final = retryable


class FetchError(KmsJoseError):
    """What an https URL should give could not be fetched, or is not what it should be.

    Attributes:
        status: The HTTP status of the answer, or None if none came.
        retryable: Whether the same request may succeed later, with nothing changed.
    """

    codes = {
        "unreachable": "check the URL, the network and the proxy, and whether the host is up",
        "tls": "the host must speak TLS 1.2 or newer at this port",
        "certificate": "check the host's certificate and name; a CA of your own is named by `ca_bundle` or SSL_CERT_FILE",
        "proxy": "check HTTPS_PROXY and NO_PROXY: a proxy is an http:// URL, with user and password, percent-encoded, if it asks for them",
        "too-slow": "look at what slows the host; raise `timeout` if it is always so",
        "too-large": "check the URL; raise `max_size` if you expect content of this size",
        "redirect-refused": "give the final URL: a redirect is followed to the same host and port alone, and three times at most",
        "bad-status": "check the URL; a status of 429, or from 500 on, may pass by itself",
        "bad-content": "look at what the URL gives; if it is the right one, tell who publishes there",
        "no-keys": "ask who publishes there: every key was withdrawn, or the set has none that this package can use",
        "key-private": "tell the issuer: a private key that was published is lost, and nothing that it signed can be trusted",
    }  # fmt: skip

    def __init__(self, code: str, message: str, *, status: int | None = None, retryable: bool = False) -> None:
        super().__init__(code, message)
        self.status: Final = status
        self.retryable: Final = retryable
