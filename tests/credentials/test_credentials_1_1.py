"""Credentials of data model 1.1 as JWT (VC Data Model 1.1 section 6.3.1)."""

from __future__ import annotations

import copy
from datetime import UTC, datetime

import pytest

from kmsjose.credentials import vc
from kmsjose.errors import InputError, VerificationError
from kmsjose.jose import jwt
from kmsjose.keys import KeySet

ISSUER = "https://university.example"
#: VC Data Model 1.1 section 6.3.1.3, the claims of its example: what they hold, the credential lacks.
W3C_CLAIMS = {
    "sub": "did:example:ebfeb1f712ebc6f1c276e12ec21",
    "jti": "http://example.edu/credentials/3732",
    "iss": "https://example.com/keys/foo.jwk",
    "nbf": 1541493724,
    "iat": 1541493724,
    "exp": 1573029723,
    "nonce": "660!6345FSer",
    "vc": {
        "@context": ["https://www.w3.org/2018/credentials/v1", "https://www.w3.org/2018/credentials/examples/v1"],
        "type": ["VerifiableCredential", "UniversityDegreeCredential"],
        "credentialSubject": {"degree": {"type": "BachelorDegree", "name": "Baccalauréat en musiques numériques"}},
    },
}
#: The credential that those claims say.
W3C_CREDENTIAL = {
    **W3C_CLAIMS["vc"],
    "id": "http://example.edu/credentials/3732",
    "issuer": "https://example.com/keys/foo.jwk",
    "issuanceDate": "2018-11-06T08:42:04Z",
    "expirationDate": "2019-11-06T08:42:03Z",
    "credentialSubject": {
        "degree": {"type": "BachelorDegree", "name": "Baccalauréat en musiques numériques"},
        "id": "did:example:ebfeb1f712ebc6f1c276e12ec21",
    },
}
W3C_NOW = datetime(2019, 1, 1, tzinfo=UTC)


class TestTheW3CExample:
    def test_its_claims_become_the_credential(self, forge, check):
        result = check(forge(W3C_CLAIMS, "JWT"), issuer="https://example.com/keys/foo.jwk", now=W3C_NOW)
        assert result.document == W3C_CREDENTIAL
        assert (result.kind, result.version) == ("credential", "1.1")

    def test_the_credential_becomes_its_claims(self, es256, parts):
        header, claims = parts(vc.issue(W3C_CREDENTIAL, es256))
        assert claims.pop("vc") == W3C_CREDENTIAL  # both forms: the members stay, the claims repeat them
        assert claims == {name: W3C_CLAIMS[name] for name in ("iss", "sub", "jti", "nbf", "exp")}
        assert (header["typ"], "cty" in header) == ("JWT", False)

    def test_its_dates_bind(self, forge, check, refused):
        token = forge(W3C_CLAIMS, "JWT")
        with refused("expired"):
            check(token, now=datetime(2019, 11, 6, 8, 42, 3, tzinfo=UTC))
        with refused("not-yet-valid"):
            check(token, now=datetime(2018, 11, 6, 8, 42, 3, tzinfo=UTC))


class TestRoundTrip:
    def test_with_every_algorithm(self, signer, trusted, credential_1_1, check):
        before = copy.deepcopy(credential_1_1)
        result = check(vc.issue(credential_1_1, signer), trusted, issuer=ISSUER)
        assert result.document == before == credential_1_1

    @pytest.mark.parametrize(
        "change",
        [
            {"issuer": {"id": ISSUER, "name": "University"}},
            {"credentialSubject": [{"id": "did:example:alice"}]},
            {"credentialSubject": [{"id": "did:example:alice", "x": 1}]},
            {"credentialSubject": [{"name": "nobody's id"}]},
            {"credentialSubject": {"name": "nobody's id"}},
            {"issuanceDate": "2026-01-01T00:00:00.75+01:00"},
        ],
        ids=str,
    )
    def test_what_the_model_allows(self, credential_1_1, es256, check, change):
        document = credential_1_1 | change
        assert check(vc.issue(document, es256), issuer=ISSUER).document == document

    def test_it_is_a_plain_jwt_by_its_design(self, credential_1_1, es256, keys):
        token = vc.issue(credential_1_1, es256)
        assert jwt.verify(token, keys, now=datetime(2026, 6, 1, tzinfo=UTC)).claims["vc"] == credential_1_1

    @pytest.mark.parametrize("typ", [None, "JWT", "jwt", "application/jwt"])
    def test_typ_is_jwt_or_absent(self, forge, check, typ):
        assert check(forge(W3C_CLAIMS, typ), now=W3C_NOW).version == "1.1"

    @pytest.mark.parametrize("typ", ["vc+jwt", "vp+jwt", "at+jwt"])
    def test_no_other_typ(self, forge, check, typ):
        with pytest.raises(VerificationError) as caught:
            check(forge(W3C_CLAIMS, typ), now=W3C_NOW)
        assert caught.value.code == ("credential-invalid" if typ == "vc+jwt" else "typ-mismatch")


@pytest.fixture
def claims(credential_1_1, es256, parts):
    """The claims of the credential, both forms in full."""
    return parts(vc.issue(credential_1_1, es256))[1]


class TestFolding:
    @pytest.mark.parametrize(
        "claim, member",
        [("iss", "issuer"), ("jti", "id"), ("nbf", "issuanceDate"), ("exp", "expirationDate")],
    )
    def test_either_form_is_enough(self, claims, credential_1_1, forge, check, *, claim, member, refused):
        only_claim = claims | {"vc": {name: value for name, value in claims["vc"].items() if name != member}}
        assert check(forge(only_claim, "JWT")).document == credential_1_1
        only_member = {name: value for name, value in claims.items() if name != claim}
        if claim == "iss":
            with refused("claim-missing"):
                check(forge(only_member, "JWT"))
            return
        assert check(forge(only_member, "JWT")).document == credential_1_1

    def test_either_form_of_the_subject_is_enough(self, claims, credential_1_1, forge, check):
        vc_claim = claims["vc"] | {"credentialSubject": {"degree": {"type": "BachelorDegree"}}}
        assert check(forge(claims | {"vc": vc_claim}, "JWT")).document == credential_1_1
        del claims["sub"]
        assert check(forge(claims, "JWT")).document == credential_1_1

    def test_an_issuer_object_without_id_takes_it_from_iss(self, claims, forge, check):
        token = forge(claims | {"vc": claims["vc"] | {"issuer": {"name": "University"}}}, "JWT")
        assert check(token, issuer=ISSUER).document["issuer"] == {"name": "University", "id": ISSUER}

    @pytest.mark.parametrize(
        "change",
        [
            {"iss": "https://other.example"}, {"iss": ""}, {"sub": "did:example:bob"}, {"sub": ""}, {"jti": "urn:a:b"},
            {"jti": "HTTP://example.edu/credentials/3732"}, {"nbf": 1767225601}, {"nbf": 0}, {"exp": 1798761601},
            {"exp": 1798761601.5}, {"exp": 2**63}, {"nbf": -(2**63)},
        ],
        ids=str,
    )  # fmt: skip
    def test_a_claim_that_disagrees_is_refused(self, claims, forge, check, change, refused):
        check(forge(claims, "JWT"))
        with refused("credential-invalid"):
            check(forge(claims | change, "JWT"))

    @pytest.mark.parametrize(
        "change",
        [
            {"issuer": "https://other.example"}, {"issuer": {"id": "https://other.example"}}, {"issuer": None},
            {"issuer": [ISSUER]}, {"issuer": {"id": None}}, {"id": None},
            {"id": ["http://example.edu/credentials/3732"]},
            {"credentialSubject": {"id": "did:example:bob"}}, {"credentialSubject": {"id": None}},
            {"issuanceDate": "2026-01-01T00:00:01Z"}, {"issuanceDate": None}, {"issuanceDate": 1767225600},
            {"expirationDate": "2027-01-01T00:00:00+01:00"}, {"expirationDate": []},
        ],
        ids=str,
    )  # fmt: skip
    def test_a_member_that_disagrees_is_refused(self, claims, forge, check, change, refused):
        with refused("credential-invalid"):
            check(forge(claims | {"vc": claims["vc"] | change}, "JWT"))

    def test_a_fraction_of_a_second_is_no_disagreement(self, claims, forge, check):
        check(forge(claims | {"nbf": claims["nbf"] + 0.5, "exp": claims["exp"] + 0.25}, "JWT"))

    @pytest.mark.parametrize("exp", [2**63, 253402300800, 1e15])
    def test_a_claim_that_no_calendar_holds(self, claims, forge, check, exp, refused):
        del claims["vc"]["expirationDate"]
        with refused("claim-invalid"):
            check(forge(claims | {"exp": exp}, "JWT"))

    @pytest.mark.parametrize("nbf", [-(2**63), -62135596801, -62135596800])
    def test_a_beginning_that_no_document_can_say(self, claims, forge, check, nbf):
        del claims["vc"]["issuanceDate"]
        try:
            check(forge(claims | {"nbf": nbf}, "JWT"))
        except VerificationError as error:
            assert error.code in {"claim-invalid", "credential-invalid"}


class TestAudience:
    def test_the_audience_of_a_credential_is_compared(self, claims, forge, check, refused):
        token = forge(claims | {"aud": ["https://shop.example", "https://bank.example"]}, "JWT")
        check(token, audience="https://bank.example")
        check(token, audience=["https://other.example", "https://shop.example"])
        with refused("audience-required"):
            check(token)
        with refused("audience-mismatch"):
            check(token, audience="https://other.example")
        with refused("claim-missing"):
            check(forge(claims, "JWT"), audience="https://shop.example")


class TestTheModel:
    @pytest.mark.parametrize(
        "change",
        [
            {"credentialSubject": [{"id": "did:example:a"}, {"id": "did:example:b"}]},
            {"credentialSubject": [{"a": 1}, {"b": 1}]},
            {"credentialSubject": []}, {"credentialSubject": None}, {"credentialSubject": "alice"},
            {"credentialSubject": {"id": 7}}, {"credentialSubject": {"id": None}},
            {"issuer": None}, {"issuer": "university"}, {"issuer": {"name": "u"}},
            {"type": "UniversityDegreeCredential"}, {"id": 1},
            {"issuanceDate": None}, {"issuanceDate": "2026-01-01"}, {"expirationDate": "2025-01-01T00:00:00Z"},
        ],
        ids=str,
    )  # fmt: skip
    def test_a_broken_credential_is_not_issued(self, credential_1_1, es256, change, refused):
        with refused("credential-invalid", InputError):
            vc.issue(credential_1_1 | change, es256)

    @pytest.mark.parametrize("name", ["issuer", "issuanceDate", "credentialSubject", "type", "@context"])
    def test_what_must_be_there(self, credential_1_1, es256, name, refused):
        del credential_1_1[name]
        with refused("credential-invalid", InputError):
            vc.issue(credential_1_1, es256)

    def test_a_credential_without_any_issuance_is_refused(self, claims, forge, check, refused):
        del claims["nbf"], claims["vc"]["issuanceDate"]
        with refused("credential-invalid"):
            check(forge(claims, "JWT"))

    @pytest.mark.parametrize("sub", [True, False])
    def test_several_subjects_are_refused(self, claims, forge, check, sub, refused):
        if not sub:
            del claims["sub"]
        subjects = [{"id": "did:example:alice"}, {"id": "did:example:bob"}]
        with refused("credential-invalid"):
            check(forge(claims | {"vc": claims["vc"] | {"credentialSubject": subjects}}, "JWT"))

    @pytest.mark.parametrize("value", [None, [], "{}", 1, True, "eyJ", [{}]])
    def test_vc_is_an_object(self, claims, forge, check, value, refused):
        with refused("credential-invalid"):
            check(forge(claims | {"vc": value}, "JWT"))

    def test_a_credential_of_2_0_has_no_place_in_it(self, claims, credential, forge, check, refused):
        with refused("credential-invalid"):
            check(forge(claims | {"vc": credential}, "JWT"))

    def test_it_is_no_presentation(self, credential_1_1, es256, claims, check_presentation, *, forge, check, refused):
        with refused("claim-missing"):
            check_presentation(vc.issue(credential_1_1, es256))
        both = claims | {"vp": {"@context": claims["vc"]["@context"], "type": ["VerifiablePresentation"]}}
        for verify in (check, check_presentation):
            with refused("credential-invalid"):
                verify(forge(both, "JWT"))


class TestDIDs:
    def test_the_kid_of_another_did_is_refused(self, credential_1_1, named, refused):
        for issuer in ("did:web:university.example", ISSUER):
            with refused("credential-invalid", InputError):
                vc.issue(credential_1_1 | {"issuer": issuer}, named("did:web:other.example#key-1"))

    @pytest.mark.parametrize("issuer", ["did:web:university.example", ISSUER])
    @pytest.mark.parametrize(
        "kid",
        ["did:web:university.example", "did:web:university.example#", "did:web:other.example", "did:web:other.example#",
         "did:web:university.example?versionId=1", "did:web:university.example/keys#", "did:", "did:#"],
    )  # fmt: skip
    def test_a_did_without_the_fragment_of_a_key_is_no_kid(
        self, credential_1_1, issuer, kid, named, *, check, forge, refused
    ):
        signer, document = named(kid), credential_1_1 | {"issuer": issuer}
        with refused("credential-invalid", InputError):
            vc.issue(document, signer)
        with refused("credential-invalid"):
            check(forge({"iss": issuer, "vc": document}, "JWT", signer, kid=kid), KeySet([signer.public_key]))

    @pytest.mark.parametrize(
        "kid",
        ["did:web:university.example#key-1", "key-1", "did:web:university.example?versionId=1#key-1",
         "did:web:university.example/keys#key-1", "did:web:university.example/a/b?c=d&e=/f#g?h", "#key-1", ""],
    )  # fmt: skip
    def test_a_did_issuer_may_have_a_plain_kid(self, credential_1_1, named, check, kid):
        signer = named(kid)
        token = vc.issue(credential_1_1 | {"issuer": "did:web:university.example"}, signer)
        check(token, KeySet([signer.public_key]), issuer="did:web:university.example")

    def test_a_did_jwk_is_found_by_the_key_that_it_holds(self, credential_1_1, named, did, keys, check, refused):
        token = vc.issue(credential_1_1 | {"issuer": did}, named(did + "#0"))
        assert check(token, keys, issuer=did).key.kid == did + "#0"
        with refused("key-not-found"):
            check(token, KeySet([]))

    def test_a_header_that_names_another_issuer_is_refused(self, claims, forge, check, refused):
        check(forge(claims, "JWT", iss=ISSUER))
        with refused("credential-invalid"):
            check(forge(claims, "JWT", iss="https://other.example"))
