"""An API in FastAPI that takes the access tokens of an issuer; it needs no AWS, and never loads boto3."""

from __future__ import annotations

import logging
import os
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from kmsjose import FetchError, RemoteKeys, VerificationError, jwt

ISSUER = os.environ["ISSUER"]
AUDIENCE = os.environ["AUDIENCE"]

log = logging.getLogger(__name__)
app = FastAPI()

# The issuer's public keys: fetched when the first token comes, and again when they may have changed.
trusted = RemoteKeys(os.environ["JWKS_URL"])


# `def`, not `async def`: it may wait for the keys, and FastAPI runs such a function in a thread.
def subject(
    given: Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))],
) -> str:
    """Who calls, as a good access token says (RFC 6750)."""
    if given is None:
        raise HTTPException(401, "a token is needed", {"WWW-Authenticate": "Bearer"})
    try:
        verified = jwt.verify(
            given.credentials, trusted, issuer=ISSUER, audience=AUDIENCE, typ="at+jwt", require=("exp", "sub")
        )
    except VerificationError as error:
        # The log may know what was wrong, the caller need not.
        log.info("a token was refused: %s", error.code)
        raise HTTPException(401, "invalid_token", {"WWW-Authenticate": 'Bearer error="invalid_token"'}) from None
    except FetchError as error:
        # There are no keys: nobody knows whether the token is good.
        log.warning("%s: %s", error.code, error.message)
        raise HTTPException(503, "temporarily_unavailable", {"Cache-Control": "no-store"}) from None
    return str(verified.claims["sub"])


@app.get("/me")
async def me(caller: Annotated[str, Depends(subject)]) -> dict[str, str]:
    """What is for those alone who have a token."""
    return {"sub": caller}
