"""An API in FastAPI that takes the access tokens of an issuer; it needs no AWS, and never loads boto3."""

from __future__ import annotations

import logging
import os
from functools import cache
from pathlib import Path
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from kmsjose import KeySet, VerificationError, jwt

ISSUER = os.environ["ISSUER"]
AUDIENCE = os.environ["AUDIENCE"]

log = logging.getLogger(__name__)
app = FastAPI()


@cache
def trusted() -> KeySet:
    """The issuer's public keys."""
    return KeySet.from_jwks(Path(os.environ["JWKS_FILE"]).read_bytes())


# `async def`: verifying waits for nobody, and takes less time than the way to a thread and back.
async def subject(
    given: Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))],
) -> str:
    """Who calls, as a good access token says (RFC 6750)."""
    if given is None:
        raise HTTPException(401, "a token is needed", {"WWW-Authenticate": "Bearer"})
    try:
        verified = jwt.verify(
            given.credentials, trusted(), issuer=ISSUER, audience=AUDIENCE, typ="at+jwt", require=("exp", "sub")
        )
    except VerificationError as error:
        # The log may know what was wrong, the caller need not.
        log.info("a token was refused: %s", error.code)
        raise HTTPException(401, "invalid_token", {"WWW-Authenticate": 'Bearer error="invalid_token"'}) from None
    return str(verified.claims["sub"])


@app.get("/me")
async def me(caller: Annotated[str, Depends(subject)]) -> dict[str, str]:
    """What is for those alone who have a token."""
    return {"sub": caller}
