"""What the data models make a MUST, and need no network for; docs/standards-vcdm.md says which test holds which.

Each change of a good document is refused at signing and, truly signed by a good key, at verifying.
"""

from __future__ import annotations

import pytest

from kmsjose.credentials import vc
from kmsjose.errors import InputError

from .conftest import HOLDER, ISSUER, V1, V2

#: What a URL is not: no string, no scheme, white space, several.
NOT_URLS = (None, 5, True, "", "not a url", "https ://a.example", "university", ["https://a.example"], {})
#: What an object, or a list of objects, is not.
NOT_OBJECTS = (None, 5, True, "x", {}, [], ["x"], [{}], [None])
#: What a type is not: terms or URLs.
NOT_TYPES = (None, 5, True, "", [], {}, [5], [""], [None], ["ExampleType", 5], [["ExampleType"]], "@id")
#: What a text for people is not: a string, a language value object, or a list of those.
NOT_TEXTS = (
    None, 5, True, [], [5], {}, {"@language": "en"}, {"@value": 5}, {"@value": None}, {"@value": "x", "url": "a:b"},
    {"@value": "x", "@language": 5}, {"@value": "x", "@direction": "up"}, [{"@value": "x"}, {"@value": 5}],
)  # fmt: skip
TEXTS = (
    "Degree", "", {"@value": "x"}, {"@value": "x", "@language": "ar", "@direction": "rtl"},
    {"@value": "x", "@direction": None}, [{"@value": "x", "@language": "en"}, {"@value": "y", "@language": "fr"}],
)  # fmt: skip
#: Members that are objects with a type, and whether they need an id too, by model.
OBJECTS_2_0 = {
    "credentialStatus": False, "credentialSchema": True, "refreshService": False, "termsOfUse": False,
    "evidence": False, "proof": False,
}  # fmt: skip
OBJECTS_1_1 = OBJECTS_2_0 | {"credentialStatus": True, "refreshService": True}
OBJECT = {"id": "https://a.example/1", "type": "ExampleType"}
DIGEST = {"id": "https://a.example/1", "digestSRI": "sha384-x"}


def without(document: dict, name: str) -> dict:
    return {member: value for member, value in document.items() if member != name}


def broken_objects(name: str, *, needs_id: bool):
    """The changes that break a member of objects with a type."""
    for value in NOT_OBJECTS:
        yield {name: value}
    for value in NOT_TYPES:
        yield {name: OBJECT | {"type": value}}
        yield {name: [OBJECT, OBJECT | {"type": value}]}
    for value in NOT_URLS:
        yield {name: OBJECT | {"id": value}}
    yield {name: without(OBJECT, "type")}
    if needs_id:
        yield {name: without(OBJECT, "id")}


def good_objects(name: str, *, needs_id: bool):
    yield from ({name: OBJECT}, {name: [OBJECT]}, {name: [OBJECT, OBJECT | {"type": ["A", "https://a.example/#B"]}]})
    if not needs_id:
        yield {name: without(OBJECT, "id")}


class TestCredential20:
    """VC Data Model 2.0, chapter 4, and sections 5.3 to 5.6 and 11.1."""

    @pytest.fixture
    def both(self, credential, es256, forge, check, refused):
        """A change is refused at signing and at verifying."""

        def refuse(change: dict) -> None:
            with refused("credential-invalid", InputError):
                vc.issue(credential | change, es256)
            with refused("credential-invalid"):
                check(forge(credential | change, "vc+jwt"))

        return refuse

    @pytest.fixture
    def taken(self, credential, es256, check):
        """A change is signed, and comes back as it is."""

        def take(change: dict) -> None:
            assert check(vc.issue(credential | change, es256)).document == credential | change

        return take

    @pytest.mark.parametrize(
        "context",
        [None, 5, {}, [], [{}], [5], "https://a.example", [V1], ["https://a.example", V2], [[V2]], V2 + "/",
         *([V2, entry] for entry in (None, 5, True, [], "", "x", "https ://a.example/v1", [{}]))],
        ids=repr,
    )  # fmt: skip
    def test_4_3_contexts(self, both, context):
        both({"@context": context})

    @pytest.mark.parametrize("context", [[V2], [V2, "https://a.example/v1", {"a": "https://a.example/#a"}, {}]])
    def test_4_3_contexts_that_are_good(self, taken, context):
        taken({"@context": context})

    @pytest.mark.parametrize("value", NOT_URLS, ids=repr)
    def test_4_4_identifiers(self, both, value):
        both({"id": value})
        both({"credentialSubject": {"id": value, "name": "Alice"}})
        both({"credentialSubject": [{"name": "Bob"}, {"id": value, "name": "Alice"}]})

    @pytest.mark.parametrize("kinds", [*NOT_TYPES, "ExampleType", ["VerifiablePresentation"]], ids=repr)
    def test_4_5_types(self, both, kinds):
        both({"type": kinds})
        if isinstance(kinds, list):
            both({"type": ["VerifiableCredential", *kinds, 5]})

    @pytest.mark.parametrize("kind", [5, None, "", "@graph", [], {}])
    def test_4_5_each_type_is_a_term_or_url(self, both, kind):
        both({"type": ["VerifiableCredential", kind]})
        both({"type": [kind, "VerifiableCredential"]})

    @pytest.mark.parametrize(
        "kinds", ["VerifiableCredential", ["ExampleType", "VerifiableCredential", "https://a.example/#B"]]
    )
    def test_4_5_types_that_are_good(self, taken, kinds):
        taken({"type": kinds})

    @pytest.mark.parametrize("name", ["name", "description"])
    @pytest.mark.parametrize("text", NOT_TEXTS, ids=repr)
    def test_4_6_names_and_descriptions(self, both, name, text):
        both({name: text})
        both({"issuer": {"id": ISSUER, name: text}})

    @pytest.mark.parametrize("name", ["name", "description"])
    @pytest.mark.parametrize("text", TEXTS, ids=repr)
    def test_4_6_names_and_descriptions_that_are_good(self, taken, name, text):
        taken({name: text})
        taken({"issuer": {"id": ISSUER, name: text}})

    @pytest.mark.parametrize("value", NOT_URLS, ids=repr)
    def test_4_7_issuer(self, both, value):
        both({"issuer": value})
        both({"issuer": {"id": value}})
        both({"issuer": {"name": "University"}})

    @pytest.mark.parametrize("value", [*NOT_OBJECTS, [{"name": "Bob"}, {}]], ids=repr)
    def test_4_8_credential_subject(self, both, value):
        both({"credentialSubject": value})

    @pytest.mark.parametrize("value", [None, 5, True, "", "2026-01-01", "2026-02-30T00:00:00Z", [], {}], ids=repr)
    def test_4_9_validity_period(self, both, value):
        both({"validFrom": value})
        both({"validUntil": value})

    def test_4_9_the_end_is_not_before_the_beginning(self, both, taken):
        both({"validFrom": "2026-01-01T00:00:00+01:00", "validUntil": "2025-12-31T22:59:59Z"})
        taken({"validFrom": "2026-01-01T00:00:00Z", "validUntil": "2026-12-31T00:00:00-01:00"})

    @pytest.mark.parametrize("name", OBJECTS_2_0)
    def test_4_10_and_4_11_and_5_objects_have_a_type_and_a_url(self, both, taken, name):
        for change in broken_objects(name, needs_id=OBJECTS_2_0[name]):
            both(change)
        for change in good_objects(name, needs_id=OBJECTS_2_0[name]):
            taken(change)

    def test_5_3_a_related_resource_has_an_id_and_a_digest(self, both, taken):
        for value in NOT_OBJECTS:
            both({"relatedResource": value})
        for broken in (without(DIGEST, "id"), without(DIGEST, "digestSRI"), DIGEST | {"id": "x"}, DIGEST | {"type": 5}):
            both({"relatedResource": broken})
            both({"relatedResource": [DIGEST, broken]})
        both({"relatedResource": [DIGEST, {**DIGEST, "digestSRI": "sha384-other"}]})
        taken({"relatedResource": [DIGEST, {"id": "https://a.example/2", "digestMultibase": "uEiA"}]})

    @pytest.mark.parametrize("name", ["@context", "type", "issuer", "credentialSubject"])
    def test_what_must_be_there(self, credential, es256, forge, check, name, refused):
        with refused("credential-invalid", InputError):
            vc.issue(without(credential, name), es256)
        with refused("credential-invalid"):
            check(forge(without(credential, name), "vc+jwt"))


class TestPresentation20:
    """VC Data Model 2.0 section 4.13."""

    @pytest.fixture
    def both(self, presentation, es256, forge, check_presentation, refused):
        def refuse(change: dict) -> None:
            with refused("credential-invalid", InputError):
                vc.present(presentation | change, es256)
            with refused("credential-invalid"):
                check_presentation(forge(presentation | change, "vp+jwt"))

        return refuse

    @pytest.fixture
    def taken(self, presentation, es256, check_presentation):
        def take(change: dict) -> None:
            assert check_presentation(vc.present(presentation | change, es256)).document == presentation | change

        return take

    def test_context_id_and_type(self, both):
        for context in (None, 5, [], [V2, 5], [V2, "x"], ["https://a.example", V2]):
            both({"@context": context})
        for value in NOT_URLS:
            both({"id": value})
        for kinds in (*NOT_TYPES, "VerifiableCredential", ["VerifiablePresentation", 5]):
            both({"type": kinds})

    def test_holder(self, both, taken):
        for value in NOT_URLS:
            both({"holder": value})
            both({"holder": {"id": value}})
        both({"holder": {"name": "Alice"}})
        taken({"holder": {"id": HOLDER, "name": "Alice"}})

    def test_a_credential_in_it_is_a_credential(self, credential, both, taken):
        taken({"verifiableCredential": credential})
        taken({"verifiableCredential": [credential, vc.enveloped("a.b.c")]})
        for change in ({"type": []}, {"issuer": 5}, {"credentialSubject": {}}, {"@context": "x"}, {"name": 5}):
            both({"verifiableCredential": [credential | change]})
            both({"verifiableCredential": [vc.enveloped("a.b.c"), credential | change]})

    @pytest.mark.parametrize("name", ["refreshService", "termsOfUse", "proof"])
    def test_objects_have_a_type(self, both, taken, name):
        for change in broken_objects(name, needs_id=False):
            both(change)
        for change in good_objects(name, needs_id=False):
            taken(change)


class TestCredential11:
    """VC Data Model 1.1, chapter 4 and sections 5.4 to 5.7."""

    @pytest.fixture
    def both(self, credential_1_1, es256, forge, check, refused):
        def refuse(change: dict) -> None:
            with refused("credential-invalid", InputError):
                vc.issue(credential_1_1 | change, es256)
            with refused("credential-invalid"):
                check(forge({"iss": ISSUER, "vc": credential_1_1 | change}, "JWT"))

        return refuse

    @pytest.fixture
    def taken(self, credential_1_1, es256, check):
        def take(change: dict) -> None:
            assert check(vc.issue(credential_1_1 | change, es256)).document == credential_1_1 | change

        return take

    @pytest.mark.parametrize("context", [None, 5, {}, [], ["https://a.example", V1], [V1, 5], [V1, "x"], [V1, None]])
    def test_4_1_contexts(self, both, context):
        both({"@context": context})

    @pytest.mark.parametrize("value", NOT_URLS, ids=repr)
    def test_4_2_identifiers(self, both, value):
        both({"id": value})
        both({"credentialSubject": {"id": value, "name": "Alice"}})

    @pytest.mark.parametrize("kinds", [*NOT_TYPES, "ExampleType", ["VerifiableCredential", 5]], ids=repr)
    def test_4_3_types(self, both, kinds):
        both({"type": kinds})

    @pytest.mark.parametrize("value", NOT_OBJECTS, ids=repr)
    def test_4_4_credential_subject(self, both, value):
        both({"credentialSubject": value})

    @pytest.mark.parametrize("value", NOT_URLS, ids=repr)
    def test_4_5_issuer(self, both, value):
        both({"issuer": value} if value != {} else {"issuer": 5})
        if value is not None:
            both({"issuer": {"id": value}})

    @pytest.mark.parametrize("value", [None, 5, True, "", "2026-01-01", "2026-02-30T00:00:00Z", [], {}], ids=repr)
    def test_4_6_and_4_8_dates(self, both, value):
        both({"issuanceDate": value})
        both({"expirationDate": value})
        both({"expirationDate": "2025-12-31T23:59:59Z"})

    @pytest.mark.parametrize("name", OBJECTS_1_1)
    def test_4_7_and_4_9_and_5_objects_have_a_type_and_a_url(self, both, taken, name):
        for change in broken_objects(name, needs_id=OBJECTS_1_1[name]):
            both(change)
        for change in good_objects(name, needs_id=OBJECTS_1_1[name]):
            taken(change)

    def test_a_name_is_what_its_context_makes_of_it(self, taken):
        taken({"name": 5, "description": {"a": 1}})

    @pytest.mark.parametrize("name", ["@context", "type", "issuer", "issuanceDate", "credentialSubject"])
    def test_what_must_be_there(self, credential_1_1, es256, forge, check, name, refused):
        with refused("credential-invalid", InputError):
            vc.issue(without(credential_1_1, name), es256)
        if name != "issuer":  # which the claim iss says too
            with refused("credential-invalid"):
                check(forge({"iss": ISSUER, "vc": without(credential_1_1, name)}, "JWT"))


class TestPresentation11:
    """VC Data Model 1.1 section 4.10."""

    @pytest.mark.parametrize(
        "change",
        [
            {"@context": [V1, 5]}, {"type": []}, {"type": ["VerifiablePresentation", 5]},
            {"id": "x"}, {"holder": "x"}, {"holder": {"id": 5}}, {"termsOfUse": {"id": "a:b"}}, {"proof": {}},
            {"refreshService": {"type": "A"}}, {"verifiableCredential": 5}, {"verifiableCredential": [None]},
        ],
        ids=repr,
    )  # fmt: skip
    def test_a_broken_one(self, presentation_1_1, es256, forge, check_presentation, change, refused):
        with refused("credential-invalid", InputError):
            vc.present(presentation_1_1 | change, es256)
        with refused("credential-invalid"):
            check_presentation(forge({"vp": presentation_1_1 | change}, "JWT"))
