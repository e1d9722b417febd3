"""What must be refused, and with which code."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from kmsjose import jws, jwt
from kmsjose.algorithms import TABLE, Family

from .keys import VectorSigner, decode, encode
from .positive import CLAIMS, CREDENTIAL, ISSUER, NOW, PAYLOAD

Case = dict[str, Any]


def cases(signers: Mapping[str, VectorSigner]) -> Iterator[Case]:
    """Every case: what is verified, how, and the code of the refusal."""
    yield from _every_algorithm(signers)
    yield from _headers(signers["ES256"])
    yield from _encodings(signers["ES256"])
    yield from _confusions(signers)
    yield from _claims(signers["ES256"])
    yield from _json_forms(signers)
    yield from _credentials(signers["ES256"])


def _case(name: str, token: object, error: str, call: str = "jws", **arguments: object) -> Case:
    return {"name": name, "call": call, "token": token, "arguments": arguments, "error": error}


def signed(signer: VectorSigner, header: object, payload: bytes) -> str:
    """A token of any header and payload, truly signed, so that only the rule under test can refuse it."""
    text = header if isinstance(header, bytes) else json.dumps(header, separators=(",", ":")).encode()
    message = f"{encode(text)}.{encode(payload)}"
    return f"{message}.{encode(signer.sign(message.encode()))}"


def _every_algorithm(signers: Mapping[str, VectorSigner]) -> Iterator[Case]:
    for row in TABLE:
        signer = signers[row.name]
        token = signed(signer, {"alg": row.name, "kid": signer.public_key.kid}, PAYLOAD)
        head, body, signature = token.split(".")
        changed = bytes([decode(signature)[0] ^ 1]) + decode(signature)[1:]
        yield _case(f"{row.name}: another payload", f"{head}.{encode(b'other')}.{signature}", "signature-invalid")
        yield _case(
            f"{row.name}: a bit of the signature flipped", f"{head}.{body}.{encode(changed)}", "signature-invalid"
        )
        yield _case(
            f"{row.name}: the signature a byte short",
            f"{head}.{body}.{encode(decode(signature)[:-1])}",
            "signature-size",
        )
        other = "ES384" if row.name == "ES256" else "ES256"
        forged = encode(json.dumps({"alg": other, "kid": signer.public_key.kid}).encode())
        yield _case(f"{row.name}: the header says {other}", f"{forged}.{body}.{signature}", "alg-mismatch")
        if row.family is Family.ECDSA:
            yield _case(f"{row.name}: a DER signature", f"{head}.{body}.{encode(signer.answered)}", "signature-size")


def _headers(signer: VectorSigner) -> Iterator[Case]:
    kid = signer.public_key.kid
    good = {"alg": "ES256", "kid": kid}

    def header(name: str, parameters: object, error: str) -> Case:
        return _case(name, signed(signer, parameters, PAYLOAD), error)

    yield header("no alg", {"kid": kid}, "alg-missing")
    yield header("an alg that is no string", {"alg": 7, "kid": kid}, "bad-header")
    yield header("an unknown alg", {"alg": "ES256X", "kid": kid}, "alg-unknown")
    yield header("an unknown kid", {"alg": "ES256", "kid": "nobody"}, "key-not-found")
    yield header("a kid that is no string", {"alg": "ES256", "kid": 7}, "bad-header")
    yield header("an unknown critical extension", {**good, "crit": ["exp"], "exp": 1}, "crit-unknown")
    yield header("an empty crit", {**good, "crit": []}, "crit-invalid")
    yield header("a crit that names a registered parameter", {**good, "crit": ["alg"]}, "crit-invalid")
    yield header("a crit that names an absent parameter", {**good, "crit": ["b64"]}, "crit-invalid")
    yield header("a crit with a name twice", {**good, "b64": True, "crit": ["b64", "b64"]}, "crit-invalid")
    yield header("b64 without crit", {**good, "b64": False}, "b64-invalid")
    yield header("a b64 that is no boolean", {**good, "b64": 0, "crit": ["b64"]}, "b64-invalid")
    yield header("a member name twice", f'{{"alg":"ES256","alg":"ES256","kid":"{kid}"}}'.encode(), "duplicate-member")
    yield header("no JSON", b"alg", "bad-json")
    yield header("a list", ["alg"], "bad-json")
    yield header("a byte order mark", b"\xef\xbb\xbf" + json.dumps(good).encode(), "bad-json")


def _encodings(signer: VectorSigner) -> Iterator[Case]:
    token = signed(signer, {"alg": "ES256", "kid": signer.public_key.kid}, PAYLOAD)
    head, body, signature = token.split(".")
    yield _case("padding", f"{head}.{body}=.{signature}", "bad-base64url")
    yield _case("a space within", f"{head}. {body}.{signature}", "bad-base64url")
    yield _case("a newline behind", token + "\n", "bad-base64url")
    yield _case("the alphabet of plain base64", f"{head}.{body}+.{signature}", "bad-base64url")
    yield _case("unused bits that are not zero", token[:-1] + chr(ord(token[-1]) + 1), "bad-base64url")
    yield _case("no signature", f"{head}.{body}.", "malformed")
    yield _case("two parts", f"{head}.{body}", "malformed")
    yield _case("four parts", f"{token}.{signature}", "malformed")
    yield _case("nothing", "", "malformed")


def _confusions(signers: Mapping[str, VectorSigner]) -> Iterator[Case]:
    signer, other = signers["ES256"], signers["ES384"]
    body = encode(PAYLOAD)
    for name in ("none", "None", "nOnE"):
        head = encode(json.dumps({"alg": name}).encode())
        yield _case(f"alg {name}", f"{head}.{body}.AAAA", "alg-none")
    rsa = signers["RS256"].public_key
    head = encode(json.dumps({"alg": "HS256", "kid": rsa.kid}).encode())
    mac = hmac.digest(rsa.to_pem().encode(), f"{head}.{body}".encode(), "sha256")
    yield _case("an HMAC keyed by the public key", f"{head}.{body}.{encode(mac)}", "alg-unknown")
    jwk = {**other.public_key.to_jwk(), "kid": "embedded"}
    embedded = {"alg": "ES384", "kid": "embedded", "jwk": jwk}
    yield _case("a key that the token brings itself", signed(other, embedded, PAYLOAD), "key-not-found")
    certificate = base64.b64encode(b"0\x00").decode()
    x5c = {"alg": "ES384", "kid": "embedded", "x5c": [certificate]}
    yield _case("a certificate that the token brings itself", signed(other, x5c, PAYLOAD), "key-not-found")
    token = signed(signer, {"alg": "ES256", "kid": signer.public_key.kid}, PAYLOAD)
    yield _case("an algorithm that is not allowed", token, "alg-not-allowed", algorithms=["PS256"])


def _claims(signer: VectorSigner) -> Iterator[Case]:
    now = int(NOW.timestamp())
    accepted = {"issuer": CLAIMS["iss"], "audience": CLAIMS["aud"], "now": now}
    good = {**CLAIMS, "iat": now, "exp": now + 300}

    def claims(name: str, error: str, changes: Mapping[str, object], **how: object) -> Case:
        kept = {key: value for key, value in {**good, **changes}.items() if value is not None}
        header = {"alg": "ES256", "kid": signer.public_key.kid, "typ": "JWT"}
        token = signed(signer, header, json.dumps(kept).encode())
        return _case(name, token, error, "jwt", **{**accepted, **how})

    yield claims("expired", "expired", {"exp": now})
    yield claims("without exp", "claim-missing", {"exp": None})
    yield claims("not yet valid", "not-yet-valid", {"nbf": now + 1})
    yield claims("issued in the future", "issued-in-future", {"iat": now + 1})
    yield claims("another issuer", "issuer-mismatch", {"iss": "https://other.example"})
    yield claims("another audience", "audience-mismatch", {"aud": ["https://other.example"]})
    yield claims("an audience that is not asked for", "audience-required", {}, audience=None)
    yield claims("another typ", "typ-mismatch", {}, typ="at+jwt")
    yield claims("exp as text", "claim-invalid", {"exp": str(now + 300)})
    yield claims("exp as a boolean", "claim-invalid", {"exp": True})
    yield claims("aud as a number", "claim-invalid", {"aud": 7})
    header = {"alg": "ES256", "kid": signer.public_key.kid}
    yield _case("claims that are a list", signed(signer, header, b"[]"), "claims-not-object", "jwt", **accepted)
    twice = json.dumps(good).encode()[:-1] + b',"iss":"https://other.example"}'
    yield _case("a claim twice", signed(signer, header, twice), "duplicate-member", "jwt", **accepted)
    access = jwt.sign(CLAIMS, signer, lifetime=timedelta(minutes=5), typ="at+jwt", now=NOW)
    yield _case("a typ that is not asked for", access, "typ-mismatch", "jwt", **accepted)


def _json_forms(signers: Mapping[str, VectorSigner]) -> Iterator[Case]:
    several = [signers[alg] for alg in ("ES256", "EdDSA")]
    message = json.loads(json.dumps(jws.sign_json(PAYLOAD, several)))
    first, second = message["signatures"]
    bad = {**second, "signature": encode(bytes(64))}
    one_bad = {"payload": message["payload"], "signatures": [first, bad]}
    yield _case("one bad signature of two", one_bad, "policy-unmet", "jws-json")
    kid = several[1].public_key.kid
    yield _case("the kid that is asked for has the bad one", one_bad, "policy-unmet", "jws-json", policy=[kid])
    yield _case("both forms at once", {**message, "signature": first["signature"]}, "malformed", "jws-json")
    yield _case("no signatures", {**message, "signatures": []}, "malformed", "jws-json")
    overlap = {"payload": message["payload"], **first, "header": {"alg": "ES256"}}
    yield _case("a parameter in both headers", overlap, "header-overlap", "jws-json")
    unprotected = {"payload": message["payload"], "header": {"alg": "ES256"}, "signature": first["signature"]}
    yield _case("alg unprotected", unprotected, "alg-missing", "jws-json")
    detached = dict({**first}.items())
    yield _case("detached without its payload", detached, "payload-missing", "jws-json")


def _credentials(signer: VectorSigner) -> Iterator[Case]:
    now = int(NOW.timestamp())
    kid = signer.public_key.kid

    def credential(name: str, error: str, changes: Mapping[str, object], **header: object) -> Case:
        document = {**CREDENTIAL, **changes}
        parameters = {"alg": "ES256", "kid": kid, "typ": "vc+jwt", "cty": "vc", **header}
        return _case(name, signed(signer, parameters, json.dumps(document).encode()), error, "vc", now=now)

    yield credential("validUntil in the past", "credential-expired", {"validUntil": "2025-12-31T00:00:00Z"})
    yield credential("validFrom in the future", "not-yet-valid", {"validFrom": "2026-01-02T00:00:00Z"})
    yield credential("a claim vc", "credential-invalid", {"vc": {}})
    yield credential("an iss that is not the issuer", "credential-invalid", {"iss": "https://other.example"})
    yield credential(
        "a DID issuer whose kid is no DID URL", "credential-invalid", {"issuer": "did:web:university.example"}
    )
    yield credential("a header iss that is not the issuer", "credential-invalid", {}, iss="https://other.example")
    yield credential("a presentation's typ", "typ-mismatch", {}, typ="vp+jwt")
    yield credential("a context of no data model", "credential-invalid", {"@context": ["https://example.com"]})
    yield credential("a date without a time", "credential-invalid", {"validFrom": "2025-06-01"})
    yield credential(
        "a date without a time zone, which is read as UTC, in the past",
        "credential-expired",
        {"validUntil": "2025-12-31T23:59:59"},
    )
    yield credential("no subject", "credential-invalid", {"credentialSubject": []})
    yield {**credential("another issuer than expected", "issuer-mismatch", {}),
           "arguments": {"now": now, "issuer": ISSUER + ".other"}}  # fmt: skip
