"""Django: a view that issues access tokens to users, the JWKS, and views that take such tokens."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from functools import cache, wraps

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_GET, require_POST

from kmsjose import KeySet, KMSError, KMSSigner, VerificationError, jwt, kms

log = logging.getLogger(__name__)


@cache
def signer() -> KMSSigner:
    """The signer, which the first request of a process opens; an error is not kept, so the next one tries again."""
    client = kms.connect(local=settings.KMSJOSE_LOCAL, connect_timeout=1, read_timeout=2, max_attempts=3)
    return KMSSigner.open(client, settings.KMSJOSE_KEY)


@cache
def trusted() -> KeySet:
    """The public keys whose tokens are taken: here those of this issuer itself."""
    return KeySet([signer().public_key])


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
    """The public key, for caches to keep for five minutes."""
    return JsonResponse(trusted().to_jwks(), content_type="application/jwk-set+json")


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


class KMSFaults:
    """Middleware: whatever KMS said, the log may have all of it, the caller none."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass a request on."""
        return self.get_response(request)

    def process_exception(self, _request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer an error of KMS."""
        if not isinstance(error, KMSError):
            return None
        log.warning("%s: %s (request %s)", error.code, error.message, error.request_id)
        return JsonResponse({"error": "temporarily_unavailable"}, status=503, headers={"Cache-Control": "no-store"})


urlpatterns = [
    path("token", token),
    path(".well-known/jwks.json", jwks),
    path("me", me),
]
