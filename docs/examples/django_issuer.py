"""Django: a view that issues access tokens to users, the JWKS, and views that take such tokens."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from functools import cache, lru_cache, wraps
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_GET, require_POST

from kmsjose import KeySet, KMSError, VerificationError, jwt, kms

log = logging.getLogger(__name__)


@cache
def signer() -> kms.AliasSource:
    """Who signs: a process's first request looks the alias up; an error is not kept, so the next one tries again."""
    client = kms.connect(local=settings.KMSJOSE_LOCAL, connect_timeout=1, read_timeout=2, max_attempts=3)
    return kms.follow(client, settings.KMSJOSE_KEY)


class NotPublishedError(Exception):
    """The JWKS can't be read."""


def published() -> bytes:
    """The JWKS as `kmsjose publish` last wrote it."""
    try:
        return Path(settings.JWKS_FILE).read_bytes()
    except OSError as error:
        raise NotPublishedError(str(error)) from error


# The same bytes are the same keys, so they are parsed only when the file has changed.
parsed = lru_cache(maxsize=1)(KeySet.from_jwks)


def trusted() -> KeySet:
    """The public keys whose tokens are taken: here all that this issuer itself publishes now."""
    return parsed(published())


@require_POST
@never_cache
def token(request: HttpRequest) -> HttpResponse:
    """Issue an access token (RFC 9068) to the user of the session."""
    if not request.user.is_authenticated:
        return JsonResponse({"error": "login_required"}, status=401)
    subject = str(request.user.pk)
    claims = {"iss": settings.ISSUER, "aud": settings.AUDIENCE, "sub": subject, "client_id": "web"}
    signed = jwt.sign(claims, signer(), typ="at+jwt", lifetime=timedelta(minutes=5), jti=True)
    return JsonResponse({"access_token": signed, "token_type": "Bearer", "expires_in": 300})


@require_GET
@cache_control(public=True, max_age=300)
def jwks(_request: HttpRequest) -> HttpResponse:
    """The public keys, for caches to keep for five minutes."""
    headers = {"Access-Control-Allow-Origin": "*"}
    return HttpResponse(published(), content_type="application/jwk-set+json", headers=headers)


def bearer_required(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Let a view be called with a good access token alone (RFC 6750); `request.claims` has its claims."""

    @wraps(view)
    def checked(request: HttpRequest, *args: object, **options: object) -> HttpResponse:
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return JsonResponse({"error": "token_needed"}, status=401, headers={"WWW-Authenticate": "Bearer"})
        try:
            verified = jwt.verify(
                given, trusted(), issuer=settings.ISSUER, audience=settings.AUDIENCE, typ="at+jwt",
                require=("exp", "sub"),
            )  # fmt: skip
        except VerificationError as error:
            # The log may know what was wrong, the caller need not.
            log.info("a token was refused: %s", error.code)
            headers = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
            return JsonResponse({"error": "invalid_token"}, status=401, headers=headers)
        request.claims = verified.claims
        return view(request, *args, **options)

    return checked


@require_GET
@bearer_required
def me(request: HttpRequest) -> HttpResponse:
    """What is for those alone who have a token."""
    return JsonResponse({"sub": request.claims["sub"]})


class Faults:
    """Middleware: whatever KMS said, or why there is no JWKS, the log may have all of it, the caller none."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass a request on."""
        return self.get_response(request)

    def process_exception(self, _request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer an error of KMS, or that there are no public keys."""
        if isinstance(error, KMSError):
            log.warning("%s: %s (request %s)", error.code, error.message, error.request_id)
        elif isinstance(error, NotPublishedError):
            log.warning("the JWKS can't be read: %s", error)
        else:
            return None
        return JsonResponse({"error": "temporarily_unavailable"}, status=503, headers={"Cache-Control": "no-store"})


urlpatterns = [
    path("token", token),
    path(".well-known/jwks.json", jwks),
    path("me", me),
]
