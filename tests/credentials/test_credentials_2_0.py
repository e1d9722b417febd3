"""Credentials of data model 2.0 as JWT (VC-JOSE-COSE)."""

from __future__ import annotations

import copy
from datetime import UTC, datetime, timedelta
from inspect import signature

import pytest

from kmsjose.credentials import vc
from kmsjose.encoding import json_dumps
from kmsjose.errors import InputError, VerificationError
from kmsjose.jose import jws, jwt
from kmsjose.keys import KeySet

ISSUER = "https://university.example"


class TestRoundTrip:
    def test_with_every_algorithm(self, signer, trusted, credential, check):
        result = check(vc.issue(credential, signer), trusted, issuer=ISSUER)
        assert result.document == credential
        assert (result.kind, result.version) == ("credential", "2.0")
        assert result.key == signer.public_key
        assert result.header["alg"] == signer.public_key.algorithm.name

    def test_the_payload_is_the_credential_unmodified(self, credential, es256, parts):
        before = copy.deepcopy(credential)
        header, payload = parts(vc.issue(credential, es256))
        assert payload == before == credential
        assert list(payload) == list(before)
        assert (header["typ"], header["cty"]) == ("vc+jwt", "vc")

    def test_the_signed_bytes_are_the_json_of_the_document(self, credential, es256, keys):
        assert "Bücher".encode() in jws.verify(vc.issue(credential, es256), keys, typ="vc+jwt").payload

    def test_a_source_is_asked_once(self, credential, es256, check):
        class Source:
            asked = 0

            def current(self):
                self.asked += 1
                return es256

        source = Source()
        check(vc.issue(credential, source))
        assert source.asked == 1

    def test_a_signature_from_elsewhere_finishes_it(self, credential, es256, check, refused):
        request = vc.prepare(credential, es256.public_key)
        assert check(request.finish(es256.sign(request.signing_input.message))).document == credential
        with refused("signature-invalid", InputError):
            request.finish(es256.sign(b"something else"))

    @pytest.mark.parametrize(
        "prepare, sign",
        [(vc.prepare, vc.issue), (vc.prepare_presentation, vc.present)],
        ids=["credential", "presentation"],
    )
    def test_preparing_has_the_options_of_signing(self, prepare, sign):
        document, public_key, *options = signature(prepare).parameters.values()
        same, signer, *others = signature(sign).parameters.values()
        assert (document, options) == (same, others)
        assert (public_key.name, signer.name) == ("public_key", "signer")

    def test_the_options_of_signing_reach_the_token(self, credential, presentation, signers, parts):
        signer = signers["EdDSA"]
        for request, name in (
            (vc.prepare(credential, signer.public_key), "EdDSA"),
            (vc.prepare(credential, signer.public_key, fully_specified=True), "Ed25519"),
            (vc.prepare_presentation(presentation, signer.public_key), "EdDSA"),
            (vc.prepare_presentation(presentation, signer.public_key, fully_specified=True), "Ed25519"),
        ):
            assert parts(request.finish(signer.sign(request.signing_input.message)))[0]["alg"] == name

    def test_the_fully_specified_name(self, credential, signers, trusted, check):
        result = check(vc.issue(credential, signers["EdDSA"], fully_specified=True), trusted)
        assert result.header["alg"] == "Ed25519"

    def test_a_repr_holds_no_content(self, credential, es256, check):
        token = vc.issue(credential, es256)
        for shown in (repr(check(token)), repr(vc.prepare(credential, es256.public_key))):
            assert "alice" not in shown
            assert "Bücher" not in shown

    @pytest.mark.parametrize(
        "change",
        [
            {"credentialSubject": [{"id": "did:example:a"}, {"name": "b"}]},
            {"issuer": {"id": ISSUER, "name": "University"}},
            {"iss": ISSUER},
            {"type": "VerifiableCredential"},
            {"@context": "https://www.w3.org/ns/credentials/v2"},
            {"validFrom": "2026-01-01T00:00:00.123456789+14:00"},
            {"iat": 1, "exp": 4_000_000_000, "nbf": 1, "jti": "1", "sub": "s"},
        ],
        ids=str,
    )
    def test_what_the_model_allows(self, credential, es256, check, change):
        document = credential | change
        assert check(vc.issue(document, es256), issuer=ISSUER).document == document

    def test_dates_may_lack(self, credential, es256, check):
        del credential["validFrom"], credential["validUntil"], credential["id"]
        assert check(vc.issue(credential, es256)).document == credential


#: What makes a credential of 2.0 invalid, to its issuer and to its verifier.
BROKEN = [
    {"@context": None}, {"@context": []}, {"@context": "https://example.com"}, {"@context": {"@vocab": "x"}},
    {"@context": 1},
    {"@context": ["https://www.w3.org/ns/credentials/examples/v2", "https://www.w3.org/ns/credentials/v2"]},
    {"@context": [["https://www.w3.org/ns/credentials/v2"]]}, {"@context": [{}]}, {"type": None}, {"type": []},
    {"type": ["VerifiablePresentation"]}, {"type": {"VerifiableCredential": 1}}, {"type": "VerifiableCredentials"},
    {"type": [["VerifiableCredential"]]}, {"type": "a VerifiableCredential b"}, {"issuer": None}, {"issuer": 1},
    {"issuer": ""}, {"issuer": "university"}, {"issuer": ["https://a.example"]}, {"issuer": {}},
    {"issuer": {"name": "University"}}, {"issuer": {"id": None}}, {"issuer": {"id": {"id": "a:b"}}},
    {"issuer": "https://a.example\n"}, {"issuer": " https://a.example"}, {"credentialSubject": None},
    {"credentialSubject": {}}, {"credentialSubject": []}, {"credentialSubject": "alice"}, {"credentialSubject": [{}]},
    {"credentialSubject": [{"a": 1}, "b"]}, {"id": None}, {"id": 7}, {"id": "no url"}, {"id": ["urn:a:b"]},
    {"validFrom": None}, {"validFrom": 1_800_000_000}, {"validFrom": "2026-01-01"},
    {"validFrom": "2026-13-01T00:00:00Z"}, {"validFrom": "2026-02-30T00:00:00Z"},
    {"validFrom": "2026-01-01 00:00:00Z"}, {"validFrom": "20260101T000000Z"},
    {"validFrom": "2026-01-01T00:00:00+25:00"}, {"validFrom": "٢٠٢٦-01-01T00:00:00Z"},
    {"validFrom": "2026-01-01T00:00:00Z\n"}, {"validFrom": ["2026-01-01T00:00:00Z"]},
    {"validFrom": "0000-01-01T00:00:00Z"}, {"validUntil": True}, {"validUntil": ""},
    {"validUntil": "2025-12-31T23:59:59Z"}, {"vc": {}}, {"vp": None}, {"iss": "https://other.example"}, {"iss": None},
]  # fmt: skip


class TestTheModel:
    @pytest.mark.parametrize("change", BROKEN, ids=str)
    def test_a_broken_credential_is_neither_issued_nor_verified(self, credential, es256, forge, check, change, refused):
        document = credential | change
        with refused("credential-invalid", InputError):
            vc.issue(document, es256)
        with pytest.raises(VerificationError) as caught:
            check(forge(document, "vc+jwt"))
        # A wrong iss is first of all a JWT claim of the wrong type.
        assert caught.value.code == ("claim-invalid" if change == {"iss": None} else "credential-invalid")

    @pytest.mark.parametrize("name", ["@context", "type", "issuer", "credentialSubject"])
    def test_what_must_be_there(self, credential, es256, forge, check, name, refused):
        del credential[name]
        with refused("credential-invalid", InputError):
            vc.issue(credential, es256)
        with refused("credential-invalid"):
            check(forge(credential, "vc+jwt"))

    @pytest.mark.parametrize("document", [None, [], "{}", 1, [("a", 1)], {}])
    def test_it_is_an_object(self, es256, document, refused):
        for make in (vc.issue, vc.present):
            with refused("credential-invalid", InputError):
                make(document, es256)

    @pytest.mark.parametrize("change", [{1: 2}, {"a": float("nan")}, {"a": b""}, {"a": datetime.now(UTC)}])
    def test_it_is_json(self, credential, es256, change, refused):
        with refused("json-invalid", InputError):
            vc.issue(credential | change, es256)

    def test_it_may_be_too_large(self, credential, es256, refused):
        with refused("payload-too-large", InputError):
            vc.issue(credential | {"name": "x" * vc.MAX_SIZE}, es256)

    def test_the_limits(self):
        assert (vc.MAX_SIZE, vc.MAX_DOCUMENT_SIZE) == (4_194_304, 3_090_432)

    @pytest.mark.parametrize("alg", ["ES256", "RS256", "ML-DSA-87"])
    def test_what_is_signed_by_default_is_read_by_default(self, credential, signers, check, alg, refused):
        rest = len(json_dumps(credential | {"x": ""}))
        longest = credential | {"x": "x" * (vc.MAX_DOCUMENT_SIZE - rest)}
        signer = signers[alg]
        assert check(vc.issue(longest, signer), KeySet([signer.public_key])).document == longest
        with refused("payload-too-large", InputError):
            vc.issue(longest | {"x": longest["x"] + "x"}, signer)

    def test_a_token_over_the_limit_is_refused(self, credential, es256, check, refused):
        token = vc.issue(credential, es256)
        check(token, max_size=len(token))
        with refused("too-large"):
            check(token, max_size=len(token) - 1)

    @pytest.mark.parametrize("payload", [b"", b"[]", b"{", b'{"type":1,"type":1}', b"null", b'"x"'])
    def test_a_payload_that_is_no_claims_set(self, forge, check, payload):
        with pytest.raises(VerificationError) as caught:
            check(forge(payload, "vc+jwt"))
        assert caught.value.code in {"bad-json", "claims-not-object", "duplicate-member"}

    @pytest.mark.parametrize("name, value", [("exp", "1"), ("nbf", True), ("iat", 10**400), ("sub", {}), ("aud", 1)])
    def test_a_registered_claim_of_a_wrong_type(self, credential, es256, forge, check, *, name, value, refused):
        with refused("credential-invalid", InputError):
            vc.issue(credential | {name: value}, es256)
        with refused("claim-invalid"):
            check(forge(credential | {name: value}, "vc+jwt"))


class TestTime:
    @pytest.mark.parametrize(
        "now, code",
        [
            ("2025-12-31T23:59:59+00:00", "not-yet-valid"),
            ("2026-01-01T00:00:00+00:00", None),
            ("2026-12-31T23:59:59+00:00", None),
            ("2027-01-01T00:00:00+00:00", "credential-expired"),
            ("2027-01-01T01:59:59+02:00", None),
            ("2027-01-01T02:00:00+02:00", "credential-expired"),
        ],
    )
    def test_it_is_valid_from_and_until(self, credential, es256, check, now, code, refused):
        token, time = vc.issue(credential, es256), datetime.fromisoformat(now)
        if code is None:
            check(token, now=time)
            return
        with refused(code):
            check(token, now=time)

    def test_leeway(self, credential, es256, check, refused):
        token, second = vc.issue(credential, es256), timedelta(seconds=1)
        begin, end = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
        check(token, now=begin - second, leeway=second)
        check(token, now=end, leeway=second)
        with refused("not-yet-valid"):
            check(token, now=begin - 2 * second, leeway=second)
        with refused("credential-expired"):
            check(token, now=end + second, leeway=second)

    @pytest.mark.parametrize(
        "claims, code", [({"exp": 1}, "expired"), ({"nbf": 4e9}, "not-yet-valid"), ({"iat": 4e9}, "issued-in-future")]
    )
    def test_the_claims_of_the_signature_bind_too(self, credential, es256, check, claims, code, refused):
        with refused(code):
            check(vc.issue(credential | claims, es256))

    def test_the_ends_of_the_calendar(self, credential, es256, check, refused):
        dates = {"validFrom": "0001-01-01T00:00:00+23:59", "validUntil": "9999-12-31T23:59:59-23:59"}
        check(vc.issue(credential | dates, es256), leeway=timedelta.max)
        with refused("credential-expired"):
            check(vc.issue(credential | {"validFrom": dates["validFrom"], "validUntil": dates["validFrom"]}, es256))

    @pytest.mark.parametrize(
        "written, read",
        [
            ("2026-06-01T12:00:00", "2026-06-01T12:00:00Z"),
            ("2026-06-01T12:00:00.5", "2026-06-01T12:00:00.5Z"),
            ("2026-05-31T24:00:00Z", "2026-06-01T00:00:00Z"),
            ("2026-05-31T24:00:00.000+02:00", "2026-05-31T22:00:00Z"),
            ("2026-05-31T24:00:00", "2026-06-01T00:00:00Z"),
        ],
    )
    @pytest.mark.parametrize(
        "member, kept, code", [("validUntil", "validFrom", "credential-expired"), ("validFrom", None, "not-yet-valid")]
    )
    def test_a_date_is_read_that_is_not_to_be_written(
        self, credential, es256, forge, check, *, member, kept, code, written, read, refused
    ):
        """Without a zone it is UTC (VC Data Model 2.0 section 5.8), and hour 24 the next day (XML Schema 1.1)."""
        document = {name: value for name, value in credential.items() if name in (kept, member) or "valid" not in name}
        document[member] = written
        token, bound, second = forge(document, "vc+jwt"), datetime.fromisoformat(read), timedelta(seconds=1)
        inside, outside = (bound - second, bound) if member == "validUntil" else (bound, bound - second)
        assert check(token, now=inside).document == document
        with refused(code):
            check(token, now=outside)
        with refused("credential-invalid", InputError):
            vc.issue(document, es256)

    def test_a_naive_time_is_refused(self, credential, es256, check, refused):
        with refused("usage", InputError):
            check(vc.issue(credential, es256), now=datetime(2026, 6, 1))  # noqa: DTZ001 - that is what is tested


class TestIssuer:
    @pytest.mark.parametrize("accepted", [ISSUER, [ISSUER], {"https://other.example", ISSUER}])
    def test_one_of_the_accepted(self, credential, es256, check, accepted):
        check(vc.issue(credential, es256), issuer=accepted)
        check(vc.issue(credential | {"issuer": {"id": ISSUER}}, es256), issuer=accepted)

    @pytest.mark.parametrize("accepted", ["https://university.example/", "https", "", [], ["https://other.example"]])
    def test_any_other_is_refused(self, credential, es256, check, accepted, refused):
        with refused("issuer-mismatch"):
            check(vc.issue(credential, es256), issuer=accepted)

    def test_the_header_names_the_issuer_where_the_kid_does_not(self, credential, es256, named, parts):
        assert parts(vc.issue(credential, es256))[0]["iss"] == ISSUER
        assert parts(vc.issue(credential | {"issuer": {"id": ISSUER}}, es256))[0]["iss"] == ISSUER
        assert "iss" not in parts(vc.issue(credential, named(ISSUER + "/keys#1")))[0]

    @pytest.mark.parametrize("iss", ["https://other.example", "", 1, ["https://university.example"], {"id": ISSUER}])
    def test_a_header_that_names_another_is_refused(self, credential, forge, check, iss, refused):
        check(forge(credential, "vc+jwt", iss=ISSUER))
        with refused("credential-invalid"):
            check(forge(credential, "vc+jwt", iss=iss))

    def test_the_audience_of_a_credential_is_compared(self, credential, es256, check, refused):
        document = credential | {"aud": "https://shop.example"}
        token = vc.issue(document, es256)
        assert check(token, audience="https://shop.example").document == document
        assert check(token, audience={"https://shop.example", "https://other.example"}).document == document
        with refused("audience-required"):
            check(token)
        with refused("audience-mismatch"):
            check(token, audience=["https://other.example"])
        with refused("claim-missing"):
            check(vc.issue(credential, es256), audience="https://shop.example")


class TestDIDs:
    def test_a_did_web_issuer_signs_with_a_did_url_of_its_own(self, credential, named, check):
        signer = named("did:web:university.example#key-1")
        token = vc.issue(credential | {"issuer": "did:web:university.example"}, signer)
        result = check(token, KeySet([signer.public_key]), issuer="did:web:university.example")
        assert result.header["kid"] == "did:web:university.example#key-1"
        assert "iss" not in result.header

    @pytest.mark.parametrize(
        "kid",
        ["", "key-1", "#key-1", "did:web:university.example", "did:web:university.example#",
         "did:web:other.example#key-1",
         "did:web:university.example.evil.example#key-1", "did:web:university.example:a#key-1",
         "did:web:university.example?versionId=1", "did:web:university.example/a", "did:web:other.example?a#key-1",
         "did:web:university.example%2Fa#key-1", "did:web:other.example/did:web:university.example#key-1",
         "DID:web:university.example#key-1", "https://university.example#key-1"],
    )  # fmt: skip
    def test_any_other_kid_is_refused(self, credential, named, forge, check, kid, refused):
        document, signer = credential | {"issuer": "did:web:university.example"}, named(kid)
        with refused("credential-invalid", InputError):
            vc.issue(document, signer)
        keys = KeySet([signer.public_key])
        with refused("credential-invalid"):
            check(forge(document, "vc+jwt", signer, kid=signer.public_key.kid), keys)

    @pytest.mark.parametrize(
        "rest", ["#key-1", "?versionId=1#key-1", "/keys#key-1", "/a/b?c=d&e=/f#g?h#i", "/#k", "?#k"]
    )
    def test_a_did_url_is_of_its_did_whatever_its_path_and_query(self, credential, named, check, rest):
        """DID Core section 3.2."""
        signer = named("did:web:university.example" + rest)
        token = vc.issue(credential | {"issuer": "did:web:university.example"}, signer)
        assert check(token, KeySet([signer.public_key])).header["kid"] == "did:web:university.example" + rest

    @pytest.mark.parametrize(
        "kid", ["did:web:university.example", "did:web:university.example#", "did:", "did:web:a?b"]
    )
    def test_a_did_without_the_fragment_of_a_key_is_no_kid(self, credential, named, forge, check, kid, refused):
        signer = named(kid)
        with refused("credential-invalid", InputError):
            vc.issue(credential, signer)
        with refused("credential-invalid"):
            check(forge(credential, "vc+jwt", signer, kid=kid), KeySet([signer.public_key]))

    def test_no_kid_is_refused(self, credential, forge, check, refused):
        with refused("credential-invalid"):
            check(forge(credential | {"issuer": "did:web:university.example"}, "vc+jwt"))

    @pytest.mark.parametrize("kid", ["did:web:university.example#key-2", "did:web:university.example#KEY-1"])
    def test_a_did_web_kid_is_found_exactly(self, credential, named, check, kid, refused):
        token = vc.issue(credential | {"issuer": "did:web:university.example"}, named(kid))
        with refused("key-not-found"):
            check(token, KeySet([named("did:web:university.example#key-1").public_key]))

    def test_a_url_issuer_has_no_key_of_a_did(self, credential, named, did, forge, *, keys, check, refused):
        for kid in ("did:web:university.example#key-1", did + "#0"):
            signer = named(kid)
            with refused("credential-invalid", InputError):
                vc.issue(credential, signer)
            with refused("credential-invalid"):
                check(forge(credential, "vc+jwt", signer, kid=kid), KeySet([signer.public_key, *keys]))

    def test_a_did_jwk_is_found_by_the_key_that_it_holds(self, credential, named, did, es256, keys, check):
        signer = named(did + "#0")
        token = vc.issue(credential | {"issuer": did}, signer)
        assert check(token, KeySet([signer.public_key]), issuer=did).key.kid == did + "#0"
        result = check(token, keys, issuer=did)
        assert result.key.kid == did + "#0"
        assert result.key.spki == es256.public_key.spki

    def test_a_did_jwk_that_nobody_trusts_is_not_found(self, credential, named, did, signers, check, refused):
        token = vc.issue(credential | {"issuer": did}, named(did + "#0"))
        for keys in ([], [signers["EdDSA"].public_key], [signers["ES384"].public_key]):
            with refused("key-not-found"):
                check(token, KeySet(keys))

    def test_a_did_jwk_of_another_key_does_not_help(self, credential, did, forge, signers, *, keys, check, refused):
        # The trusted key's DID, on what another key signed.
        token = forge(credential | {"issuer": did}, "vc+jwt", signers["ES384"], kid=did + "#0")
        with refused("bad-header"):
            check(token, keys)
        token = forge(credential | {"issuer": did}, "vc+jwt", signers["EdDSA"], kid=did + "#0", alg="ES256")
        with refused("signature-invalid"):
            check(token, keys)

    def test_plain_jwt_and_jws_do_not_know_did_jwk(self, credential, named, did, keys, refused):
        token = vc.issue(credential | {"issuer": did}, named(did + "#0"))
        with refused("key-not-found"):
            jws.verify(token, keys)
        with refused("key-not-found"):
            jwt.verify(token, keys, typ="vc+jwt")


class TestTyp:
    @pytest.mark.parametrize("typ", ["vc+jwt", "VC+JWT", "application/vc+jwt"])
    def test_it_is_vc_jwt(self, credential, forge, check, typ):
        assert check(forge(credential, typ)).version == "2.0"

    @pytest.mark.parametrize("typ", ["vp+jwt", "vc+ld+jwt", "vc+sd-jwt", "at+jwt", "vc", "", "application/vp+jwt"])
    def test_any_other_is_refused(self, credential, forge, check, typ, refused):
        with refused("typ-mismatch"):
            check(forge(credential, typ))

    @pytest.mark.parametrize("typ", [None, "JWT"])
    def test_a_plain_jwt_is_no_credential_of_2_0(self, credential, forge, check, typ, refused):
        with refused("claim-missing"):
            check(forge(credential, typ))
        with refused("credential-invalid"):
            check(forge({"iss": ISSUER, "vc": credential}, typ))

    def test_a_credential_is_no_plain_jwt(self, credential, es256, keys, refused):
        token = vc.issue(credential | {"exp": 4_000_000_000}, es256)
        with refused("typ-mismatch"):
            jwt.verify(token, keys)
        assert jwt.verify(token, keys, typ="vc+jwt").claims["issuer"] == ISSUER

    def test_a_plain_jwt_is_no_credential(self, es256, check, check_presentation, refused):
        token = jwt.sign({"iss": ISSUER}, es256, lifetime=timedelta(days=36500))
        for verify in (check, check_presentation):
            with refused("claim-missing"):
                verify(token)

    def test_a_credential_is_no_presentation(self, credential, es256, check_presentation, forge, refused):
        with refused("typ-mismatch"):
            check_presentation(vc.issue(credential, es256))
        with refused("credential-invalid"):
            check_presentation(forge(credential, "vp+jwt"))

    def test_the_payload_is_encoded(self, credential, es256, check, refused):
        payload = b'{"@context":"https://www w3 org"}'
        token = jws.sign(payload, es256, b64=False, header={"typ": "vc+jwt"})
        with refused("b64-invalid"):
            check(token)


class TestAlgorithms:
    def test_only_what_the_caller_accepts(self, credential, es256, check, refused):
        token = vc.issue(credential, es256)
        check(token, algorithms=["ES256"])
        with refused("alg-not-allowed"):
            check(token, algorithms=["ES384"])
        with refused("alg-unknown", InputError):
            check(token, algorithms=["none"])
