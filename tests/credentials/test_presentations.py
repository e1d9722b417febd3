"""Presentations of either data model, and the credentials in them."""

from __future__ import annotations

import copy
from datetime import UTC, datetime, timedelta

import pytest

from kmsjose.credentials import vc
from kmsjose.errors import InputError, VerificationError
from kmsjose.jose import jwt
from kmsjose.keys import KeySet

ISSUER, HOLDER = "https://university.example", "https://holder.example"
VERIFIER, NONCE = "https://verifier.example", "n-0S6_WzA2Mj"
#: VC Data Model 1.1 section 6.3.1.3, the claims of its example of a presentation.
W3C_CLAIMS = {
    "iss": "did:example:ebfeb1f712ebc6f1c276e12ec21",
    "jti": "urn:uuid:3978344f-8596-4c3a-a978-8fcaba3903c5",
    "aud": "did:example:4a57546973436f6f6c4a4a57573",
    "nbf": 1541493724,
    "iat": 1541493724,
    "exp": 1573029723,
    "nonce": "343s$FSFDa-",
    "vp": {
        "@context": ["https://www.w3.org/2018/credentials/v1", "https://www.w3.org/2018/credentials/examples/v1"],
        "type": ["VerifiablePresentation"],
        "verifiableCredential": ["eyJhbGciOiJFUzI1NiJ9.e30.AA"],
    },
}


@pytest.fixture(params=["2.0", "1.1"])
def document(request, presentation, presentation_1_1) -> dict:
    """A presentation of either model."""
    return {"2.0": presentation, "1.1": presentation_1_1}[request.param]


class TestRoundTrip:
    def test_with_every_algorithm(self, signer, trusted, document, check_presentation):
        before = copy.deepcopy(document)
        result = check_presentation(vc.present(document, signer), trusted)
        assert result.document == before == document
        assert result.kind == "presentation"

    def test_2_0_is_the_document_with_audience_and_nonce(self, presentation, es256, parts):
        header, payload = parts(vc.present(presentation, es256, audience=VERIFIER, nonce=NONCE))
        assert payload == presentation | {"aud": VERIFIER, "nonce": NONCE}
        assert (header["typ"], header["cty"], header["iss"]) == ("vp+jwt", "vp", HOLDER)

    def test_1_1_is_a_claim_beside_the_others(self, presentation_1_1, es256, parts):
        header, claims = parts(vc.present(presentation_1_1, es256, audience=VERIFIER, nonce=NONCE))
        assert claims == {"iss": HOLDER, "jti": "urn:uuid:1", "vp": presentation_1_1, "aud": VERIFIER, "nonce": NONCE}
        assert header["typ"] == "JWT"

    def test_the_w3c_example(self, forge, check_presentation, refused):
        result = check_presentation(
            forge(W3C_CLAIMS, "JWT"),
            audience="did:example:4a57546973436f6f6c4a4a57573",
            nonce="343s$FSFDa-",
            now=datetime(2019, 1, 1, tzinfo=UTC),
        )
        assert result.document == {**W3C_CLAIMS["vp"], "holder": W3C_CLAIMS["iss"], "id": W3C_CLAIMS["jti"]}
        assert vc.credentials_of(result) == ("eyJhbGciOiJFUzI1NiJ9.e30.AA",)

    def test_a_signature_from_elsewhere_finishes_it(self, document, es256, check_presentation, refused):
        request = vc.prepare_presentation(document, es256.public_key, audience=VERIFIER, nonce=NONCE)
        token = request.finish(es256.sign(request.signing_input.message))
        check_presentation(token, audience=VERIFIER, nonce=NONCE)
        with refused("signature-invalid", InputError):
            request.finish(bytes(64))

    def test_the_holder_may_lack(self, document, es256, check_presentation):
        del document["holder"]
        assert check_presentation(vc.present(document, es256)).document == document

    def test_the_fully_specified_name(self, document, signers, trusted, check_presentation):
        token = vc.present(document, signers["EdDSA"], fully_specified=True)
        assert check_presentation(token, trusted).header["alg"] == "Ed25519"


class TestAudienceAndNonce:
    def test_both_are_repeated(self, document, es256, check_presentation):
        token = vc.present(document, es256, audience=VERIFIER, nonce=NONCE)
        check_presentation(token, audience=VERIFIER)
        check_presentation(token, audience=["https://other.example", VERIFIER])
        # They are the claims of this showing, not members of the document.
        assert check_presentation(token, audience=VERIFIER, nonce=NONCE).document == document

    @pytest.mark.parametrize(
        "made, asked, code",
        [
            ({"audience": VERIFIER}, {}, "audience-required"),
            ({"audience": VERIFIER}, {"audience": "https://other.example"}, "audience-mismatch"),
            ({}, {"audience": VERIFIER}, "claim-missing"),
            ({"nonce": NONCE}, {"nonce": "other"}, "claim-invalid"),
            ({"nonce": NONCE}, {"nonce": ""}, "claim-invalid"),
            ({"nonce": ""}, {"nonce": NONCE}, "claim-invalid"),
            ({}, {"nonce": NONCE}, "claim-invalid"),
        ],
    )
    def test_any_difference_is_refused(self, document, es256, check_presentation, *, made, asked, code, refused):
        with refused(code):
            check_presentation(vc.present(document, es256, **made), **asked)

    @pytest.mark.parametrize("nonce", [None, 1, True, [NONCE], {NONCE: 1}])
    def test_a_nonce_of_another_type_is_no_nonce(self, presentation, forge, check_presentation, nonce, refused):
        token = forge(presentation | {"nonce": nonce}, "vp+jwt")
        with refused("claim-invalid"):
            check_presentation(token, nonce=NONCE)

    @pytest.mark.parametrize("taken", [{"aud": "https://other.example"}, {"nonce": "other"}])
    def test_a_document_that_already_holds_them_is_refused(self, presentation, es256, taken, refused):
        with refused("credential-invalid", InputError):
            vc.present(presentation | taken, es256, audience=VERIFIER, nonce=NONCE)

    @pytest.mark.parametrize("name", ["audience", "nonce"])
    @pytest.mark.parametrize("value", [b"n", 1, True, ["n"]])
    def test_what_is_no_string_is_refused(self, document, es256, name, value, refused):
        for call, key in ((vc.present, es256), (vc.prepare_presentation, es256.public_key)):
            with refused("usage", InputError) as caught:
                call(document, key, **{name: value})
            assert f"{name} of vc.{call.__name__} must be str" in caught.value.message

    def test_a_verifier_whose_nonce_is_no_string_is_refused(self, document, es256, check_presentation, refused):
        with refused("usage", InputError):
            check_presentation(vc.present(document, es256, nonce=NONCE), nonce=1)


class TestTheModel:
    @pytest.mark.parametrize(
        "change",
        [
            {"type": "VerifiableCredential"}, {"type": None}, {"@context": []}, {"@context": "x"}, {"id": 1},
            {"id": "x"},
            {"holder": None}, {"holder": "x"}, {"holder": {}}, {"holder": {"id": 1}}, {"holder": [HOLDER]},
        ],
        ids=str,
    )  # fmt: skip
    def test_a_broken_presentation_is_not_made(self, document, es256, change, refused):
        with refused("credential-invalid", InputError):
            vc.present(document | change, es256)

    @pytest.mark.parametrize(
        "change", [{"vp": {}}, {"vc": {}}, {"iss": ISSUER}, {"type": "VerifiableCredential"}, {"holder": "x"}], ids=str
    )
    def test_a_broken_2_0_is_refused(self, presentation, forge, check_presentation, change, refused):
        with refused("credential-invalid"):
            check_presentation(forge(presentation | change, "vp+jwt"))

    @pytest.mark.parametrize(
        "change", [{"iss": ISSUER}, {"jti": "urn:uuid:2"}, {"vp": None}, {"vp": []}, {"vc": {}}], ids=str
    )
    def test_a_broken_1_1_is_refused(self, presentation_1_1, forge, check_presentation, change, refused):
        claims = {"iss": HOLDER, "jti": "urn:uuid:1", "vp": presentation_1_1}
        check_presentation(forge(claims, "JWT"))
        with refused("credential-invalid"):
            check_presentation(forge(claims | change, "JWT"))

    def test_the_document_is_of_the_model_that_the_typ_says(
        self, presentation, presentation_1_1, credential, credential_1_1, *, forge, check, check_presentation, refused
    ):
        check(forge(credential, "vc+jwt"))
        check(forge({"iss": ISSUER, "vc": credential_1_1}, "JWT"))
        check_presentation(forge(presentation, "vp+jwt"))
        check_presentation(forge({"vp": presentation_1_1}, "JWT"))
        for verify, token in (
            (check, forge(credential_1_1, "vc+jwt")),
            (check, forge({"iss": ISSUER, "vc": credential}, "JWT")),
            (check_presentation, forge(presentation_1_1, "vp+jwt")),
            (check_presentation, forge({"vp": presentation}, "JWT")),
        ):
            with refused("credential-invalid"):
                verify(token)

    def test_a_holder_object_without_id_takes_it_from_iss(self, presentation_1_1, forge, check_presentation):
        token = forge({"iss": HOLDER, "vp": presentation_1_1 | {"holder": {"name": "Alice"}}}, "JWT")
        assert check_presentation(token).document["holder"] == {"name": "Alice", "id": HOLDER}

    @pytest.mark.parametrize(
        "claims, code", [({"exp": 1}, "expired"), ({"nbf": 4e9}, "not-yet-valid"), ({"iat": 4e9}, "issued-in-future")]
    )
    def test_the_claims_of_the_signature_bind(self, presentation, es256, check_presentation, claims, code, refused):
        token = vc.present(presentation | claims, es256)
        with refused(code):
            check_presentation(token)
        if code == "expired":
            check_presentation(token, leeway=timedelta(days=36500))

    def test_a_did_holder_signs_with_a_did_url_of_its_own(
        self, presentation, named, did, keys, check_presentation, refused
    ):
        presentation["holder"] = did
        assert check_presentation(vc.present(presentation, named(did + "#0")), keys).key.kid == did + "#0"
        for kid in ("did:web:other.example#0", ""):
            with refused("credential-invalid", InputError):
                vc.present(presentation, named(kid))

    def test_a_presentation_is_no_credential_and_no_plain_jwt(self, document, es256, keys, check):
        token = vc.present(document, es256)
        with pytest.raises(VerificationError) as caught:
            check(token)
        assert caught.value.code in {"typ-mismatch", "claim-missing"}
        with pytest.raises(VerificationError) as caught:
            jwt.verify(token, keys)
        assert caught.value.code in {"typ-mismatch", "claim-missing"}


class TestCredentialsInside:
    def test_a_2_0_presentation_envelops_them(self, presentation, credential, es256, named, check, check_presentation):
        inner = vc.issue(credential, es256)
        holder = named("https://holder.example#key", "ES384")
        token = vc.present(presentation | {"verifiableCredential": [vc.enveloped(inner)]}, holder, audience=VERIFIER)
        result = check_presentation(token, KeySet([holder.public_key]), audience=VERIFIER)
        assert vc.credentials_of(result) == (inner,)
        assert check(vc.credentials_of(result)[0], issuer=ISSUER).document == credential

    def test_a_2_0_presentation_of_a_bare_token_is_told_of_the_envelope(self, presentation, credential, es256, refused):
        token = vc.issue(credential, es256)
        for entry in (token, [token]):
            with refused("credential-invalid", InputError) as caught:
                vc.present(presentation | {"verifiableCredential": entry}, es256)
            assert "vc.enveloped" in caught.value.message

    def test_an_envelope_is_what_the_model_says(self):
        assert vc.enveloped("a.b.c") == {
            "@context": "https://www.w3.org/ns/credentials/v2",
            "id": "data:application/vc+jwt,a.b.c",
            "type": "EnvelopedVerifiableCredential",
        }

    def test_a_1_1_presentation_holds_the_tokens(
        self, presentation_1_1, credential_1_1, es256, check, check_presentation
    ):
        inner = vc.issue(credential_1_1, es256)
        token = vc.present(presentation_1_1 | {"verifiableCredential": [inner, inner]}, es256)
        assert vc.credentials_of(check_presentation(token)) == (inner, inner)

    @pytest.mark.parametrize(
        "entries, tokens",
        [
            ([], ()), (vc.enveloped("a.b.c"), ("a.b.c",)),
            ([vc.enveloped("a.b.c"), vc.enveloped("d")], ("a.b.c", "d")),
            ([vc.enveloped("a.b.c") | {"type": ["EnvelopedVerifiableCredential"]}], ("a.b.c",)),
        ],
    )  # fmt: skip
    def test_one_or_several(self, presentation, es256, check_presentation, entries, tokens):
        result = check_presentation(vc.present(presentation | {"verifiableCredential": entries}, es256))
        assert vc.credentials_of(result) == tokens

    def test_none(self, presentation, es256, check_presentation):
        assert vc.credentials_of(check_presentation(vc.present(presentation, es256))) == ()

    @pytest.mark.parametrize("entries, tokens", [([], ()), ("a.b.c", ("a.b.c",)), (["a.b.c", "d"], ("a.b.c", "d"))])
    def test_in_1_1_one_or_several_tokens(self, presentation_1_1, es256, check_presentation, entries, tokens):
        result = check_presentation(vc.present(presentation_1_1 | {"verifiableCredential": entries}, es256))
        assert vc.credentials_of(result) == tokens

    @pytest.mark.parametrize("entry", [{"type": "VerifiableCredential"}, {"a": 1}])
    def test_in_1_1_an_object_is_no_token(self, presentation_1_1, es256, check_presentation, entry, refused):
        result = check_presentation(vc.present(presentation_1_1 | {"verifiableCredential": [entry]}, es256))
        with refused("credential-invalid"):
            vc.credentials_of(result)

    @pytest.mark.parametrize("entry", [None, 1, True, "", {}, []])
    def test_in_1_1_anything_else_is_refused(self, presentation_1_1, es256, forge, check_presentation, entry, refused):
        document = presentation_1_1 | {"verifiableCredential": [entry]}
        with refused("credential-invalid", InputError):
            vc.present(document, es256)
        with refused("credential-invalid"):
            check_presentation(forge({"iss": HOLDER, "vp": document}, "JWT"))

    def test_a_credential_that_is_no_token_is_returned_by_no_call(
        self, presentation, credential, es256, check_presentation, refused
    ):
        result = check_presentation(vc.present(presentation | {"verifiableCredential": credential}, es256))
        with refused("credential-invalid"):
            vc.credentials_of(result)

    @pytest.mark.parametrize(
        "entry",
        [
            None, 1, True, "a.b.c", {}, [], ["a.b.c"], {"type": "EnvelopedVerifiableCredential"},
            vc.enveloped("a") | {"type": None},
            vc.enveloped("a") | {"@context": 5}, vc.enveloped("a") | {"id": "https://a.example/credential"},
            {"id": "data:application/vc+jwt,a", "type": "EnvelopedVerifiableCredential"},
            vc.enveloped("a") | {"type": ["EnvelopedVerifiableCredential", "VerifiableCredential"]},
            vc.enveloped("a") | {"id": "a.b.c"},
            vc.enveloped("a") | {"id": None}, vc.enveloped("a") | {"type": "VerifiableCredential"},
            vc.enveloped("a") | {"type": {"EnvelopedVerifiableCredential": 1}}, vc.enveloped("a") | {"type": []},
        ],
        ids=str,
    )  # fmt: skip
    def test_what_is_no_credential_is_refused(self, presentation, es256, forge, check_presentation, entry, refused):
        """VC Data Model 2.0 section 4.13: a credential, or an enveloped one; never a string."""
        document = presentation | {"verifiableCredential": [entry]}
        with refused("credential-invalid", InputError):
            vc.present(document, es256)
        with refused("credential-invalid"):
            check_presentation(forge(document, "vp+jwt"))

    def test_an_envelope_of_something_else_is_refused(self, presentation, es256, check_presentation, refused):
        envelope = vc.enveloped("a") | {"id": "data:application/vp+jwt,a"}
        result = check_presentation(vc.present(presentation | {"verifiableCredential": [envelope]}, es256))
        with refused("credential-invalid"):
            vc.credentials_of(result)
