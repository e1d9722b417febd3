"""The issuer in Django, by its own test client."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from kmsjose import KeySet, KMSSigner, jwt, kms
from tests.examples.conftest import framework, kid, tampered, tells_nothing

django = framework("django")

ISS, AUD = "https://issuer.example", "https://api.example"
JWKS = "/.well-known/jwks.json"


@pytest.fixture(scope="module", autouse=True)
def configured():
    """Django's settings are of the process, and so they are made once."""
    from django.conf import settings
    from django.core.management import call_command

    settings.configure(
        SECRET_KEY="of the tests",
        ALLOWED_HOSTS=["testserver"],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions"],
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django_issuer.Faults",
        ],
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        ISSUER=ISS,
        AUDIENCE=AUD,
        KMSJOSE_KEY="alias/issuer",
        KMSJOSE_LOCAL=None,
        JWKS_FILE=None,
        ROOT_URLCONF="django_issuer",
    )
    django.setup()
    call_command("migrate", verbosity=0)


@pytest.fixture
def example(load, world):
    from django.test import override_settings
    from django.urls import clear_url_caches

    clear_url_caches()
    with override_settings(KMSJOSE_LOCAL=str(world.keys), JWKS_FILE=str(world.jwks)):
        yield load("django_issuer")


@pytest.fixture
def browser(example):
    """A client that is not logged in."""
    from django.test import Client

    return Client()


@pytest.fixture
def user(browser):
    """A client that is logged in."""
    from django.contrib.auth.models import User

    browser.force_login(User.objects.get_or_create(username="alice")[0])
    return browser


@pytest.fixture
def issue(user):
    """A function: a new token."""
    return lambda: user.post("/token").json()["access_token"]


@pytest.fixture
def token(issue):
    return issue()


@pytest.fixture
def served(browser):
    """A function: the keys of the JWKS as it is served now."""
    return lambda: KeySet.from_jwks(browser.get(JWKS).content)


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def verify(token, keys):
    return jwt.verify(token, keys, issuer=ISS, audience=AUD, typ="at+jwt")


def test_a_user_gets_a_token_that_the_jwks_verifies(user, served):
    answer = user.post("/token")
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    claims = verify(answer.json()["access_token"], served()).claims
    assert claims["sub"] == str(user.session["_auth_user_id"])


def test_nobody_else_gets_one(browser):
    assert browser.post("/token").status_code == 401
    assert browser.get("/token").status_code == 405


def test_another_site_cannot_ask_for_one_in_a_users_name(example, user):
    from django.test import Client

    strict = Client(enforce_csrf_checks=True)
    strict.cookies = user.cookies
    assert strict.post("/token").status_code == 403


def test_the_jwks_is_what_was_published_for_everyone_and_for_caches(browser, world):
    answer = browser.get(JWKS)
    assert (answer.status_code, answer.content) == (200, world.jwks.read_bytes())
    assert answer["Content-Type"] == "application/jwk-set+json"
    assert answer["Cache-Control"] == "public, max-age=300"
    assert answer["Access-Control-Allow-Origin"] == "*"


def test_without_a_jwks_it_is_503_and_the_log_says_why(browser, world, token, caplog):
    world.jwks.unlink()
    for answer in (browser.get(JWKS), browser.get("/me", headers=bearer(token))):
        assert (answer.status_code, answer.json()) == (503, {"error": "temporarily_unavailable"})
        assert answer["Cache-Control"] == "no-store"
    assert caplog.text.count(str(world.jwks)) == 2


def test_tokens_from_before_and_after_a_rotation_are_taken(browser, issue, served, world, ten_minutes_pass):
    before = issue()
    assert browser.get("/me", headers=bearer(before)).status_code == 200
    world.rotate()
    handed_over = issue()
    ten_minutes_pass()
    after = issue()
    assert kid(before) == kid(handed_over) != kid(after)
    for token in (before, handed_over, after):
        assert browser.get("/me", headers=bearer(token)).status_code == 200
        verify(token, served())


def test_it_signs_on_while_the_alias_cannot_be_looked_up(issue, served, world, ten_minutes_pass):
    issue()
    world.forbid("GetPublicKey")
    ten_minutes_pass()
    verify(issue(), served())
    assert world.faults.calls[-2:] == ["GetPublicKey", "Sign"]


def test_tokens_of_a_key_that_is_no_longer_published_are_refused(browser, world, token):
    other = kms.create_key(world.client, "ES256", alias="other")
    world.jwks.write_text(json.dumps(KeySet([KMSSigner.open(world.client, other).public_key]).to_jwks()))
    assert browser.get("/me", headers=bearer(token)).status_code == 401


def test_a_view_knows_who_calls(browser, token):
    answer = browser.get("/me", headers=bearer(token))
    assert (answer.status_code, answer.json()) == (200, jwt_subject(token))


def jwt_subject(token):
    from kmsjose.encoding import b64url_decode, json_object

    return {"sub": json_object(b64url_decode(token.split(".")[1].encode()))["sub"]}


def test_a_view_asks_for_a_token(browser):
    for headers in ({}, {"Authorization": "Basic YTpi"}):
        answer = browser.get("/me", headers=headers)
        assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer")


@pytest.mark.parametrize(
    "spoil", [tampered, lambda token: token[:-1], lambda token: "", lambda token: "a.b.c", lambda token: "ü.ü.ü"]
)
def test_a_view_refuses_what_is_no_good_token_in_one_way(browser, token, spoil):
    answer = browser.get("/me", headers=bearer(spoil(token)))
    assert (answer.status_code, answer.json()) == (401, {"error": "invalid_token"})
    assert answer["WWW-Authenticate"] == 'Bearer error="invalid_token"'


def test_a_view_refuses_a_token_of_another_type_or_audience(browser, world):
    claims = {"iss": ISS, "aud": AUD, "sub": "1"}
    for foreign in (
        jwt.sign(claims, world.signer, lifetime=timedelta(minutes=5)),
        jwt.sign({**claims, "aud": "https://other.example"}, world.signer, typ="at+jwt", lifetime=timedelta(minutes=5)),
    ):
        assert browser.get("/me", headers=bearer(foreign)).status_code == 401


def test_a_fault_of_kms_is_503_and_tells_nothing(user, token, world, caplog):
    kms.disable_key(world.client, world.signer.key_arn)
    answer = user.post("/token")
    assert (answer.status_code, answer.json()) == (503, {"error": "temporarily_unavailable"})
    assert tells_nothing(answer.text + str(answer.headers))
    assert "disabled" in caplog.text


def test_tokens_are_taken_and_keys_published_while_kms_is_away(user, token, world):
    world.forbid()
    assert user.get("/me", headers=bearer(token)).status_code == 200
    assert user.get(JWKS).status_code == 200
    assert user.post("/token").status_code == 503
