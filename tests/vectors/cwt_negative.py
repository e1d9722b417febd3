"""What must be refused of CWT, and with which code."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from kmsjose.cbor import Tag, dumps, tagged
from kmsjose.cose import Label

from .cose_forged import Case, Item, case, changed, forged1, header_of, item
from .cose_positive import CTI, TYP
from .keys import VectorSigner
from .positive import CLAIMS, NOW


def cases(signer: VectorSigner) -> Iterator[Case]:
    """Every case: what is verified, how, and the code of the refusal."""
    now = int(NOW.timestamp())
    accepted = {"issuer": CLAIMS["iss"], "audience": CLAIMS["aud"], "now": now}
    good = {1: CLAIMS["iss"], 2: CLAIMS["sub"], 3: CLAIMS["aud"], 4: now + 300, 6: now}

    def token(payload: Item, protected: Mapping[int, object] | None = None, tag: int | None = 18) -> bytes:
        return forged1(signer, {**header_of(signer), **(protected or {})}, payload=item(payload), tag=tag)

    def verify(name: str, message: bytes, error: str, **how: object) -> Case:
        return case(name, message, error, "cwt", **{**accepted, **how})

    def claims(name: str, error: str, changes: Mapping[int | str, object], **how: object) -> Case:
        kept = {label: value for label, value in {**good, **changes}.items() if value is not None}
        return verify(name, token(kept), error, **how)

    yield claims("expired", "expired", {4: now})
    yield claims("without exp", "claim-missing", {4: None})
    yield claims("without a cti that is asked for", "claim-missing", {}, require=["exp", "cti"])
    yield claims("not yet valid", "not-yet-valid", {5: now + 1})
    yield claims("issued in the future", "issued-in-future", {6: now + 1})
    yield claims("another issuer", "issuer-mismatch", {1: "https://other.example"})
    yield claims("no issuer", "claim-missing", {1: None})
    yield claims("another audience", "audience-mismatch", {3: ["https://other.example"]})
    yield claims("no audience", "claim-missing", {3: None})
    yield claims("an audience that is not asked for", "audience-required", {}, audience=None)
    yield claims("exp as text", "claim-invalid", {4: str(now + 300)})
    yield claims("exp as a boolean", "claim-invalid", {4: True})
    yield claims("exp that is no number", "claim-invalid", {4: float("nan")})
    for label, name in enumerate(("exp", "nbf", "iat"), 4):
        yield claims(f"{name} with the tag of a time", "tag-unexpected", {label: Tag(1, now + 300)})
    yield claims("iss as bytes", "claim-invalid", {1: b"https://issuer.example"})
    yield claims("aud as a number", "claim-invalid", {3: 7})
    yield claims("cti as text", "claim-invalid", {7: CTI.hex()})
    yield claims("iss by its name", "claim-invalid", {1: None, "iss": CLAIMS["iss"]})
    yield claims("iss by its label and by its name", "claim-invalid", {"iss": "https://other.example"})
    yield verify("claims that are a list", token([]), "claims-not-object")
    yield verify("claims that are wrapped in bytes", token(dumps(dumps(good))), "claims-not-object")
    yield verify("no claims", token(b""), "bad-cbor")
    yield verify("a byte behind the claims", token(dumps(good) + b"\0"), "bad-cbor")
    twice = b"\xa6" + dumps(good)[1:] + dumps(1) + dumps("https://other.example")
    yield verify("a claim twice", token(twice), "duplicate-label")
    named = {Label.CWT_CLAIMS: {1: "https://other.example"}}
    yield verify("a claim in the header that is not the one in the payload", token(good, named), "claim-invalid")
    repeated = {Label.CWT_CLAIMS: {"iss": CLAIMS["iss"]}}
    yield verify("a claim in the header by its name", token(good, repeated), "claim-invalid")
    yield verify("the CWT tag before an untagged message", tagged(61, token(good, tag=None)), "tag-unexpected")
    yield verify("the CWT tag twice", tagged(61, tagged(61, token(good))), "tag-unexpected")
    yield verify(
        "the CWT tag behind that of a COSE_Sign1", tagged(18, tagged(61, token(good, tag=None))), "tag-unexpected"
    )
    yield verify("the CWT tag before a COSE_Mac0", tagged(61, token(good, tag=17)), "tag-unexpected")
    yield verify("a typ that is not asked for", token(good, {Label.TYP: TYP}), "typ-mismatch")
    yield verify("another typ", token(good, {Label.TYP: "application/cwt"}), "typ-mismatch", typ=TYP)
    yield verify("no typ where one is asked for", token(good), "typ-mismatch", typ=TYP)
    yield verify("detached from its claims", changed(token(good), 2, to=None), "payload-missing")
    yield verify("another claim", changed(token(good), 2, to=dumps({**good, 2: "bob"})), "signature-invalid")
    no_alg = forged1(signer, {Label.KID: signer.public_key.kid.encode()}, {Label.ALG: -7}, dumps(good))
    yield verify("alg of a CWT unprotected", no_alg, "alg-missing")
    yield verify("a hash envelope", token(good, {Label.PAYLOAD_HASH_ALG: -16}), "hash-envelope")
    yield from _in_the_header_alone(token, verify, now)


def _in_the_header_alone(token: Callable[..., bytes], verify: Callable[..., Case], now: int) -> Iterator[Case]:
    bare = {1: CLAIMS["iss"], 6: now}
    for_other = token(bare, {Label.CWT_CLAIMS: {3: CLAIMS["aud"]}})
    yield verify("an audience in the header alone", for_other, "audience-required", audience=None, require=[])
    yield verify("no audience but in the header", for_other, "claim-missing", require=[])
    ended = token({**bare, 3: CLAIMS["aud"]}, {Label.CWT_CLAIMS: {4: now}})
    yield verify("an end in the header alone", ended, "expired", require=[])
