"""What must be refused of COSE_Sign, countersignatures and hash envelopes, and with which code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kmsjose import cose
from kmsjose.cbor import dumps
from kmsjose.cose import Label
from kmsjose.cose.structures import countersign_structure

from .cose_forged import (
    Case,
    case,
    changed,
    finished,
    flipped,
    forged,
    forged1,
    forged_entry,
    header_of,
    parts_of,
    whole,
)
from .cose_positive import AAD, CONTENT, NOTARY, TYP
from .keys import VectorSigner
from .positive import PAYLOAD

SHA256 = -16


def cases(signers: Mapping[str, VectorSigner]) -> Iterator[Case]:
    """Every case: what is verified, how, and the code of the refusal."""
    yield from _several(signers)
    yield from _countersignatures(signers)
    yield from _hash_envelopes(signers["ES256"])


def _several(signers: Mapping[str, VectorSigner]) -> Iterator[Case]:
    first, second = signers["ES256"], signers["EdDSA"]
    one, two = (forged_entry(signer, header_of(signer)) for signer in (first, second))
    good, single = forged([one, two]), forged([one])
    one_bad = changed(good, 3, 1, 2, to=bytes(64))

    def sign(name: str, message: bytes, error: str, **arguments: object) -> Case:
        return case(name, message, error, "sign", **arguments)

    yield sign("one bad signature of two", one_bad, "policy-unmet")
    kid = second.public_key.kid
    yield sign("the kid that is asked for has the bad one", one_bad, "policy-unmet", policy=[kid])
    yield sign("a kid that is asked for has not signed", good, "policy-unmet", policy=[kid, "nobody"])
    none_good = changed(one_bad, 3, 0, 2, to=bytes(64))
    yield sign("no good signature where any would do", none_good, "policy-unmet", policy="any")
    (_, _, signature_1), (_, _, signature_2) = parts_of(good)[3]
    swapped = changed(changed(good, 3, 0, 2, to=signature_2), 3, 1, 2, to=signature_1)
    yield sign("the signatures swapped", swapped, "policy-unmet")
    yield sign("no signatures", changed(good, 3, to=[]), "malformed")
    yield sign("a signature of two parts", changed(single, 3, to=[parts_of(single)[3][0][:2]]), "malformed")
    yield sign("a signature that is not in an array", changed(single, 3, to=parts_of(single)[3][0]), "malformed")
    yield sign("another payload for both", changed(good, 2, to=b"other"), "policy-unmet")
    yield sign("another payload", changed(single, 2, to=b"other"), "signature-invalid")
    added = changed(single, 0, to=dumps({Label.CONTENT_TYPE: 0}))
    yield sign("a parameter added to the body", added, "signature-invalid")
    critical = dumps({Label.CRIT: [99], 99: 1})
    of_critical = forged([forged_entry(first, header_of(first), body=critical)], critical)
    yield sign("an unknown critical parameter of the body", of_critical, "crit-unknown")
    typed = dumps({Label.CONTENT_TYPE: 0})
    both = forged([forged_entry(first, header_of(first), body=typed)], typed, {Label.CONTENT_TYPE: 0})
    yield sign("a label in both buckets of the body", both, "header-overlap")
    own = forged([forged_entry(first, header_of(first), {Label.KID: first.public_key.kid.encode()})])
    yield sign("a label in both buckets of a signature", own, "header-overlap")
    crit = forged([forged_entry(first, {**header_of(first), Label.CRIT: [99], 99: 1})])
    yield sign("an unknown critical parameter of a signature", crit, "crit-unknown")
    missing = forged([forged_entry(first, {Label.KID: first.public_key.kid.encode()}, {Label.ALG: -7})])
    yield sign("alg of a signature unprotected", missing, "alg-missing")
    in_body = dumps({Label.ALG: -7})
    by_body = forged([forged_entry(first, b"", {Label.KID: first.public_key.kid.encode()}, in_body)], in_body)
    yield sign("alg in the body alone", by_body, "alg-missing")
    yield sign("detached without its payload", changed(single, 2, to=None), "payload-missing")
    yield sign("attached, with a payload given", single, "payload-unexpected", payload=PAYLOAD)
    yield sign("an external_aad that was not signed", single, "signature-invalid", external_aad=AAD)
    yield sign("no typ where one is asked for", single, "typ-mismatch", typ=TYP)


def _countersignatures(signers: Mapping[str, VectorSigner]) -> Iterator[Case]:
    signer, notary, second = signers["ES256"], signers[NOTARY], signers["ES384"]
    target = forged1(signer, header_of(signer))
    parts = parts_of(target)
    full = finished(cose.prepare_countersign(target, notary.public_key), notary)
    short = finished(cose.prepare_countersign0(target, notary.public_key), notary)
    two = finished(cose.prepare_countersign(full, second.public_key), second)
    protected, own, signature = parts_of(full)[1][Label.COUNTERSIGNATURE]
    other = forged1(signer, {**header_of(signer), Label.CONTENT_TYPE: 0})

    def verify(name: str, message: bytes, error: str, **arguments: object) -> Case:
        return case(name, message, error, "countersign", **arguments)

    def verify0(name: str, message: bytes, error: str, **arguments: object) -> Case:
        return case(name, message, error, "countersign0", alg=NOTARY, **arguments)

    def with_full(countersignature: object) -> bytes:
        return changed(target, 1, to={Label.COUNTERSIGNATURE: countersignature})

    yield verify("no countersignature", target, "countersignature-missing")
    yield verify("an abbreviated countersignature alone", short, "countersignature-missing")
    version_1 = changed(target, 1, to={7: [protected, own, signature]})
    yield verify("a countersignature of version 1", version_1, "countersignature-missing")
    yield verify(
        "a bit of the countersignature flipped", with_full([protected, own, flipped(signature)]), "signature-invalid"
    )
    yield verify("another payload under a countersignature", changed(full, 2, to=b"other"), "signature-invalid")
    resigned = changed(full, 3, to=flipped(parts_of(full)[3]))
    yield verify("another signature under a countersignature", resigned, "signature-invalid")
    moved = changed(other, 1, to={Label.COUNTERSIGNATURE: [protected, own, signature]})
    yield verify("a countersignature of another message", moved, "signature-invalid")
    yield verify("an external_aad that was not countersigned", full, "signature-invalid", external_aad=AAD)
    yield verify("an abbreviated one as a full one", with_full(
        [protected, own, parts_of(short)[1][Label.COUNTERSIGNATURE0]]), "signature-invalid")  # fmt: skip
    yield verify("a countersignature of two parts", with_full([protected, own]), "bad-header")
    yield verify("an empty array of countersignatures", with_full([]), "bad-header")
    nobody = dumps({Label.ALG: -8, Label.KID: b"nobody"})
    of_nobody = notary.sign(whole(countersign_structure(parts[0], nobody, b"", PAYLOAD, parts[3:])))
    yield verify("a countersigner that nobody knows", with_full([nobody, {}, of_nobody]), "key-not-found")
    bad = changed(two, 1, Label.COUNTERSIGNATURE, 1, 2, to=bytes(96))
    yield verify("one bad countersignature of two", bad, "policy-unmet")
    kid = second.public_key.kid
    yield verify("the countersigner that is asked for has the bad one", bad, "policy-unmet", policy=[kid])
    detached = changed(full, 2, to=None)
    yield verify("a countersigned message detached from its payload", detached, "payload-missing")
    inside = forged1(signer, {**header_of(signer), Label.COUNTERSIGNATURE: [protected, own, signature]})
    yield case("a message with a protected countersignature", inside, "bad-header")
    inside0 = forged1(signer, {**header_of(signer), Label.COUNTERSIGNATURE0: signature})
    yield case("a message with a protected abbreviated countersignature", inside0, "bad-header")

    yield verify0("no abbreviated countersignature", target, "countersignature-missing")
    yield verify0("a full countersignature alone", full, "countersignature-missing")
    tampered = flipped(parts_of(short)[1][Label.COUNTERSIGNATURE0])
    yield verify0(
        "a bit of the abbreviated countersignature flipped",
        changed(short, 1, Label.COUNTERSIGNATURE0, to=tampered),
        "signature-invalid",
    )
    yield verify0(
        "another payload under an abbreviated countersignature", changed(short, 2, to=b"other"), "signature-invalid"
    )
    resigned0 = changed(short, 3, to=flipped(parts_of(short)[3]))
    yield verify0("another signature under an abbreviated countersignature", resigned0, "signature-invalid")
    as_text = changed(target, 1, to={Label.COUNTERSIGNATURE0: "signature"})
    yield verify0("an abbreviated countersignature of text", as_text, "bad-header")


def _hash_envelopes(signer: VectorSigner) -> Iterator[Case]:
    good = finished(cose.prepare_hash_envelope(CONTENT, signer.public_key), signer)
    digest = parts_of(good)[2]
    header = {**header_of(signer), Label.PAYLOAD_HASH_ALG: SHA256}

    def envelope(name: str, message: bytes, error: str, content: bytes = CONTENT, **arguments: object) -> Case:
        return case(name, message, error, "hash-envelope", content=content, **arguments)

    def of(protected: object, unprotected: object = None) -> bytes:
        return forged1(signer, protected, unprotected or {}, digest)

    yield envelope("a hash envelope of another content", good, "digest-mismatch", b"other")
    short = forged1(signer, header, payload=digest[:-1])
    yield envelope("a hash envelope of a digest that is cut", short, "digest-mismatch")
    detached = changed(good, 2, to=None)
    yield envelope("a detached hash envelope of another content", detached, "signature-invalid", b"other")
    with_type = of({**header, Label.CONTENT_TYPE: 0})
    yield envelope("a hash envelope with a content type", with_type, "bad-header")
    yield envelope("no hash envelope", of(header_of(signer)), "bad-header")
    unprotected = of(header_of(signer), {Label.PAYLOAD_HASH_ALG: SHA256})
    yield envelope("a hash envelope whose hash is unprotected", unprotected, "bad-header")
    yield envelope("a hash envelope of an unknown hash", of({**header, Label.PAYLOAD_HASH_ALG: -999}), "alg-unknown")
    yield envelope(
        "a hash envelope whose hash is text", of({**header, Label.PAYLOAD_HASH_ALG: "SHA-256"}), "alg-unknown"
    )
    outside = of(header, {Label.PREIMAGE_CONTENT_TYPE: 0})
    yield envelope("a hash envelope whose preimage content type is unprotected", outside, "bad-header")
    tampered = changed(good, 3, to=flipped(parts_of(good)[3]))
    yield envelope("a hash envelope with a bit of its signature flipped", tampered, "signature-invalid")
    critical = of({**header, Label.CRIT: [Label.PAYLOAD_HASH_ALG]})
    yield case("a critical hash envelope taken for a COSE_Sign1", critical, "crit-unknown")
    yield case("a hash envelope taken for a COSE_Sign1", good, "hash-envelope")
    body = dumps({Label.PAYLOAD_HASH_ALG: SHA256})
    several = forged([forged_entry(signer, header_of(signer), body=body)], body)
    yield case("a hash envelope taken for a COSE_Sign", several, "hash-envelope", "sign")
