"""What must be refused of COSE_Sign1, and with which code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kmsjose import cose
from kmsjose.algorithms import TABLE, Family, by_name
from kmsjose.cbor import Tag, array, bstr, dumps, tagged, untagged
from kmsjose.cose import Label

from .cose_forged import Case, case, changed, finished, flipped, forged, forged1, forged_entry, header_of, parts_of
from .cose_positive import AAD, TYP
from .keys import VectorSigner
from .positive import CLAIMS, PAYLOAD


def cases(signers: Mapping[str, VectorSigner]) -> Iterator[Case]:
    """Every case: what is verified, how, and the code of the refusal."""
    yield from _every_algorithm(signers)
    yield from _cbor(signers["ES256"])
    yield from _headers(signers["ES256"])
    yield from _forms(signers)
    yield from _payloads(signers["ES256"])


def _every_algorithm(signers: Mapping[str, VectorSigner]) -> Iterator[Case]:
    for row in TABLE:
        signer = signers[row.name]
        message = forged1(signer, header_of(signer))
        answered, signature = signer.answered, parts_of(message)[3]
        yield case(f"{row.name}: another payload", changed(message, 2, to=b"other"), "signature-invalid")
        yield case(
            f"{row.name}: a bit of the signature flipped",
            changed(message, 3, to=flipped(signature)),
            "signature-invalid",
        )
        yield case(f"{row.name}: the signature a byte short", changed(message, 3, to=signature[:-1]), "signature-size")
        yield case(f"{row.name}: an external_aad that was not signed", message, "signature-invalid", external_aad=AAD)
        other = by_name("ES384" if row.name == "ES256" else "ES256")
        says = dumps({**header_of(signer), Label.ALG: other.cose})
        yield case(f"{row.name}: the header says {other.name}", changed(message, 0, to=says), "alg-mismatch")
        if row.family is Family.ECDSA:
            yield case(f"{row.name}: a DER signature", changed(message, 3, to=answered), "signature-size")


def _cbor(signer: VectorSigner) -> Iterator[Case]:
    kid = signer.public_key.kid.encode()
    alg_entry, kid_entry = dumps(Label.ALG) + dumps(-7), dumps(Label.KID) + dumps(kid)
    good = forged1(signer, header_of(signer))

    def header(name: str, protected: bytes, error: str = "bad-cbor") -> Case:
        return case(f"in the protected header, {name}", forged1(signer, protected), error)

    yield header("alg twice", b"\xa3" + alg_entry * 2 + kid_entry, "duplicate-label")
    yield header("kid twice", b"\xa3" + alg_entry + kid_entry * 2, "duplicate-label")
    yield header(
        "a label twice in a map within", b"\xa3" + alg_entry + kid_entry + b"\x0f\xa2\x01aa\x01ab", "duplicate-label"
    )
    yield header("a map of indefinite length", b"\xbf" + alg_entry + kid_entry + b"\xff")
    yield header("a byte string of indefinite length", b"\xa2" + alg_entry + b"\x04\x5f" + dumps(kid) + b"\xff")
    yield header("a byte behind the map", b"\xa2" + alg_entry + kid_entry + b"\0")
    yield header("a map that ends too soon", b"\xa3" + alg_entry + kid_entry)
    yield header("a label that is not the shortest", b"\xa2\x18\x01\x26" + kid_entry)
    yield header("an alg that is not the shortest", b"\xa2\x01\x38\x06" + kid_entry)
    yield header("a label true", b"\xa2\xf5\x26" + kid_entry)
    yield header("a label true beside alg", b"\xa3" + alg_entry + b"\xf5\x26" + kid_entry)
    yield header("a label 1.0", b"\xa2\xf9\x3c\x00\x26" + kid_entry)
    yield header("a label of bytes", b"\xa3" + alg_entry + kid_entry + b"\x41a\x01")
    yield header("a label that is null", b"\xa3" + alg_entry + kid_entry + b"\xf6\x01")
    yield header("a label that is an array", b"\xa3" + alg_entry + kid_entry + b"\x81\x01\x01")
    yield header("a text that is not UTF-8", b"\xa3" + alg_entry + kid_entry + b"\x61\xff\x01")
    yield header("a value undefined", b"\xa3" + alg_entry + kid_entry + b"\x18\x63\xf7")
    yield header("a list", b"\x81" + alg_entry[1:])
    yield header("an alg that is a bignum", b"\xa2\x01\xc3\x41\x06" + kid_entry, "tag-unexpected")
    yield header("a tagged kid", b"\xa2" + alg_entry + b"\x04\xd8\x18" + dumps(kid), "tag-unexpected")
    yield header("a tagged crit", b"\xa3" + alg_entry + b"\x02\xc1\x81\x01" + kid_entry, "tag-unexpected")
    yield header("a tagged label", b"\xa3" + alg_entry + kid_entry + b"\xc1\x18\x63\x01")
    unprotected = b"\xa2" + (b"\x18\x63\x01") * 2
    yield case(
        "in the unprotected header, a label twice",
        forged1(signer, header_of(signer), unprotected),
        "duplicate-label",
    )
    yield case(
        "in the unprotected header, a tagged IV",
        forged1(signer, header_of(signer), {Label.IV: Tag(2, b"iv")}),
        "tag-unexpected",
    )
    tag, body = good[:1], good[1:]
    yield case("an array of indefinite length", tag + b"\x9f" + body[1:] + b"\xff", "bad-cbor")
    yield case("an array head that is not the shortest", tag + b"\x98\x04" + body[1:], "bad-cbor")
    yield case("a tag that is not the shortest", b"\xd8\x12" + body, "bad-cbor")
    yield case("a byte behind the message", good + b"\0", "bad-cbor")
    yield case("a message that lacks its last byte", good[:-1], "bad-cbor")
    yield case("nothing", b"", "bad-cbor")


def _headers(signer: VectorSigner) -> Iterator[Case]:
    good = header_of(signer)
    alg, kid = {Label.ALG: good[Label.ALG]}, {Label.KID: good[Label.KID]}

    def header(name: str, protected: object, error: str, unprotected: object = None, **arguments: object) -> Case:
        return case(name, forged1(signer, protected, unprotected or {}), error, **arguments)

    yield header("no alg", kid, "alg-missing")
    yield header("no protected header", b"", "alg-missing", kid)
    yield header("alg unprotected", kid, "alg-missing", alg)
    yield header("alg in both buckets", good, "header-overlap", alg)
    yield header("kid in both buckets", good, "header-overlap", kid)
    yield header("a label of text in both buckets", {**good, "a": 1}, "header-overlap", {"a": 1})
    yield header("an unknown alg", {**kid, Label.ALG: -999}, "alg-unknown")
    yield header("an alg by its JOSE name", {**kid, Label.ALG: "ES256"}, "alg-unknown")
    yield header("an HMAC", {**kid, Label.ALG: 5}, "alg-unknown")
    yield header("an alg of another key", {**kid, Label.ALG: by_name("ES384").cose}, "alg-mismatch")
    yield header("an alg of another key, fully specified", {**kid, Label.ALG: -19}, "alg-mismatch")
    yield header("an alg of bytes", {**kid, Label.ALG: b"\x26"}, "bad-header")
    yield header("an alg that is a boolean", {**kid, Label.ALG: True}, "bad-header")
    yield header("an alg that is not allowed", good, "alg-not-allowed", algorithms=["PS256"])
    yield header("an unknown kid", {**alg, Label.KID: b"nobody"}, "key-not-found")
    yield header("an unknown kid, unprotected", alg, "key-not-found", {Label.KID: b"nobody"})
    yield header("a kid of text", {**alg, Label.KID: signer.public_key.kid}, "bad-header")
    yield header("an unprotected kid of text", alg, "bad-header", {Label.KID: signer.public_key.kid})

    yield header("an unknown critical parameter", {**good, Label.CRIT: [99], 99: 1}, "crit-unknown")
    yield header("an unknown critical parameter of text", {**good, Label.CRIT: ["a"], "a": 1}, "crit-unknown")
    yield header("an unknown critical parameter that is absent", {**good, Label.CRIT: [99]}, "crit-unknown")
    yield header("an empty crit", {**good, Label.CRIT: []}, "crit-invalid")
    yield header("a crit that is no array", {**good, Label.CRIT: Label.ALG}, "crit-invalid")
    yield header("a crit with a label twice", {**good, Label.CRIT: [1, 1]}, "crit-invalid")
    yield header("a crit with a label that is a boolean", {**good, Label.CRIT: [True]}, "crit-invalid")
    yield header("a crit that names itself", {**good, Label.CRIT: [2]}, "crit-invalid")
    yield header("a crit that names an absent parameter", {**good, Label.CRIT: [3]}, "crit-invalid")
    yield header(
        "a crit that names an unprotected parameter", {**good, Label.CRIT: [3]}, "crit-invalid", {Label.CONTENT_TYPE: 0}
    )
    yield header("an unprotected crit", good, "crit-invalid", {Label.CRIT: [1]})

    yield header("an unprotected typ", good, "bad-header", {Label.TYP: TYP})
    yield header("no typ where one is asked for", good, "typ-mismatch", typ=TYP)
    yield header("another typ", {**good, Label.TYP: "application/other"}, "typ-mismatch", typ=TYP)
    yield header("a typ of bytes", {**good, Label.TYP: b"\x3d"}, "bad-header", typ=61)
    yield header("a content type below zero", {**good, Label.CONTENT_TYPE: -1}, "bad-header")
    yield header("CWT claims that are no map", {**good, Label.CWT_CLAIMS: dumps({1: CLAIMS["iss"]})}, "bad-header")
    yield header("both an IV and a partial IV", {**good, Label.IV: b"iv"}, "bad-header", {Label.PARTIAL_IV: b"iv"[:1]})
    yield header("an x5chain of no certificate", {**good, Label.X5CHAIN: []}, "bad-header")
    yield header("an x5t without its hash algorithm", {**good, Label.X5T: [bytes(32)]}, "bad-header")
    yield header("an x5u without the tag of a URI", {**good, Label.X5U: "https://example.com"}, "bad-header")
    yield header(
        "a certificate that the message brings itself",
        {**alg, Label.KID: b"embedded", Label.X5CHAIN: b"0\0", Label.X5U: Tag(32, "https://example.com")},
        "key-not-found",
    )


def _forms(signers: Mapping[str, VectorSigner]) -> Iterator[Case]:
    signer = signers["ES256"]
    good, bare = forged1(signer, header_of(signer)), forged1(signer, header_of(signer), tag=None)
    several = forged([forged_entry(signer, header_of(signer))])
    protected, unprotected, payload, signature = parts_of(good)

    def form(name: str, items: object, error: str = "malformed") -> Case:
        return case(name, tagged(18, dumps(items)), error)

    yield form("three parts", [protected, unprotected, payload])
    yield form("five parts", [protected, unprotected, payload, signature, b""])
    yield form("a map", {0: protected, 1: unprotected, 2: payload, 3: signature})
    yield form("a protected header that is a map", [header_of(signer), unprotected, payload, signature])
    yield form("an unprotected header that is wrapped", [protected, dumps(unprotected), payload, signature])
    yield form("a payload of text", [protected, unprotected, payload.decode(), signature])
    yield form("a signature that is null", [protected, unprotected, payload, None])
    yield case("the tag of a COSE_Mac0", tagged(17, bare), "tag-unexpected")
    yield case("a tag that nobody knows", tagged(998, bare), "tag-unexpected")
    yield case("the tag twice", tagged(18, good), "tag-unexpected")
    yield case("the tag of self-described CBOR", tagged(55799, good), "tag-unexpected")
    yield case("the tag of a CWT", tagged(61, good), "tag-unexpected")
    yield case("a tagged payload", tagged(18, b"\x84" + b"".join(
        (bstr(protected), b"\xa0", tagged(24, bstr(payload)), bstr(signature)))), "tag-unexpected")  # fmt: skip
    yield case("a COSE_Sign1 taken for a COSE_Sign", good, "tag-unexpected", "sign")
    yield case("an untagged COSE_Sign1 taken for a COSE_Sign", bare, "malformed", "sign")
    yield case("a COSE_Sign taken for a COSE_Sign1", several, "tag-unexpected")
    yield case("an untagged COSE_Sign taken for a COSE_Sign1", untagged(several)[1], "malformed")
    # Each signature covers the name of its structure, so none can stand for another.
    entry = parts_of(several)[3][0]
    yield case(
        "the signature of a COSE_Sign in a COSE_Sign1",
        tagged(18, dumps([entry[0], {}, payload, entry[2]])),
        "signature-invalid",
    )
    yield case(
        "the signature of a COSE_Sign1 in a COSE_Sign",
        forged([array((bstr(protected), b"\xa0", bstr(signature)))]),
        "signature-invalid",
        "sign",
    )


def _payloads(signer: VectorSigner) -> Iterator[Case]:
    attached = forged1(signer, header_of(signer))
    detached = changed(attached, 2, to=None)
    yield case("detached without its payload", detached, "payload-missing")
    yield case("detached with another payload", detached, "signature-invalid", payload=b"other")
    yield case("attached, with a payload given", attached, "payload-unexpected", payload=PAYLOAD)
    with_aad = finished(cose.prepare1(PAYLOAD, signer.public_key, external_aad=AAD), signer)
    yield case("without its external_aad", with_aad, "signature-invalid")
    yield case("with another external_aad", with_aad, "signature-invalid", external_aad=b"Context")
