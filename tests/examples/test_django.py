"""The issuer in Django, by its own test client."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kmsjose import KeySet, jwt, kms
from tests.examples.conftest import framework, tampered, tells_nothing

django = framework("django")

ISS, AUD = "https://issuer.example", "https://api.example"


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
            "django_issuer.KMSFaults",
        ],
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        ISSUER=ISS,
        AUDIENCE=AUD,
        KMSJOSE_KEY="alias/issuer",
        KMSJOSE_LOCAL=None,
        ROOT_URLCONF="django_issuer",
    )
    django.setup()
    call_command("migrate", verbosity=0)


@pytest.fixture
def example(load, world):
    from django.test import override_settings
    from django.urls import clear_url_caches

    clear_url_caches()
    with override_settings(KMSJOSE_LOCAL=str(world.folder)):
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
def token(user):
    return user.post("/token").json()["access_token"]


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def test_a_user_gets_a_token_that_the_jwks_verifies(user):
    answer = user.post("/token")
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    keys = KeySet.from_jwks(user.get("/.well-known/jwks.json").content)
    claims = jwt.verify(answer.json()["access_token"], keys, issuer=ISS, audience=AUD, typ="at+jwt").claims
    assert claims["sub"] == str(user.session["_auth_user_id"])


def test_nobody_else_gets_one(browser):
    assert browser.post("/token").status_code == 401
    assert browser.get("/token").status_code == 405


def test_another_site_cannot_ask_for_one_in_a_users_name(example, user):
    from django.test import Client

    strict = Client(enforce_csrf_checks=True)
    strict.cookies = user.cookies
    assert strict.post("/token").status_code == 403


def test_caches_may_keep_the_jwks(browser):
    answer = browser.get("/.well-known/jwks.json")
    assert answer["Cache-Control"] == "public, max-age=300"
    assert answer["Content-Type"] == "application/jwk-set+json"


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
    kms.disable_key(world.signer._client, world.signer.key_arn)
    answer = user.post("/token")
    assert (answer.status_code, answer.json()) == (503, {"error": "temporarily_unavailable"})
    assert tells_nothing(answer.text + str(answer.headers))
    assert "disabled" in caplog.text


def test_tokens_are_taken_and_keys_published_while_kms_is_away(example, user, token, world):
    user.get("/.well-known/jwks.json")
    world.fail(example.signer()._client)
    assert user.get("/me", headers=bearer(token)).status_code == 200
    assert user.get("/.well-known/jwks.json").status_code == 200
    assert user.post("/token").status_code == 503
