"""An issuer of access tokens in FastAPI: a token endpoint for one client, and the JWKS."""

from __future__ import annotations

import hmac
import logging
import os
from datetime import timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi.responses import JSONResponse
from fastapi.security import HTTPBasic, HTTPBasicCredentials

from kmsjose import KMSError, jwt, kms

ISSUER = os.environ["ISSUER"]
AUDIENCE = os.environ["AUDIENCE"]
KEY = os.environ["SIGNING_KEY"]
JWKS_FILE = Path(os.environ["JWKS_FILE"])
CLIENT_ID = os.environ["CLIENT_ID"]
CLIENT_SECRET_SHA256 = os.environ["CLIENT_SECRET_SHA256"]

log = logging.getLogger(__name__)
app = FastAPI()


@cache
def signer() -> kms.AliasSource:
    """Who signs: the first request looks the alias up; an error is not kept, so the next request tries again."""
    client = kms.connect(
        local=os.environ.get("KMSJOSE_LOCAL"),  # unset on AWS; a folder of development keys elsewhere
        connect_timeout=1,
        read_timeout=2,
        max_attempts=3,
        pool_size=40,  # as many threads as FastAPI runs such functions in
    )
    return kms.follow(client, KEY)


def authenticated(given: Annotated[HTTPBasicCredentials, Depends(HTTPBasic())]) -> str:
    """The id of the client, if it knows its secret."""
    named = hmac.compare_digest(given.username.encode(), CLIENT_ID.encode())
    knows = hmac.compare_digest(sha256(given.password.encode()).hexdigest(), CLIENT_SECRET_SHA256)
    if not (named and knows):
        raise HTTPException(401, "invalid_client", {"WWW-Authenticate": "Basic"})
    return given.username


# `def`, not `async def`: signing waits for KMS, and FastAPI runs such a function in a thread.
@app.post("/token")
def token(client_id: Annotated[str, Depends(authenticated)], response: Response) -> dict[str, str | int]:
    """Issue an access token (RFC 9068) to the client itself (RFC 6749 section 5.1)."""
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": client_id, "client_id": client_id}
    signed = jwt.sign(claims, signer(), typ="at+jwt", lifetime=timedelta(minutes=5), jti=True)
    response.headers["Cache-Control"] = "no-store"
    return {"access_token": signed, "token_type": "Bearer", "expires_in": 300}


@app.get("/.well-known/jwks.json")
def jwks() -> Response:
    """The public keys as `kmsjose publish` last wrote them, for caches to keep for five minutes."""
    try:
        published = JWKS_FILE.read_bytes()
    except OSError as error:
        log.warning("the JWKS can't be read: %s", error)
        return unavailable()
    headers = {"Cache-Control": "public, max-age=300", "Access-Control-Allow-Origin": "*"}
    return Response(published, media_type="application/jwk-set+json", headers=headers)


@app.exception_handler(KMSError)
async def kms_failed(_request: Request, error: KMSError) -> JSONResponse:
    """Whatever KMS said: the log may have all of it, the caller none."""
    log.warning("%s: %s (request %s)", error.code, error.message, error.request_id)
    return unavailable()


def unavailable() -> JSONResponse:
    """An answer that tells nothing, but to try again."""
    return JSONResponse({"error": "temporarily_unavailable"}, 503, {"Cache-Control": "no-store"})
