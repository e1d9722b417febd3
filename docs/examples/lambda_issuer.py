"""An issuer of access tokens on AWS Lambda, behind an HTTP API whose JWT authorizer has said who calls."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from typing import Any

from kmsjose import KMSError, jwt, kms

ISSUER = os.environ["ISSUER"]
AUDIENCE = os.environ["AUDIENCE"]
KEY = os.environ["SIGNING_KEY"]

log = logging.getLogger(__name__)

# Made once, while the function starts; it calls nobody yet. A request must end before its caller gives up.
client = kms.connect(
    local=os.environ.get("KMSJOSE_LOCAL"),  # unset on AWS; a folder of development keys elsewhere
    connect_timeout=1,
    read_timeout=2,
    max_attempts=3,
)


@cache
def signer() -> kms.AliasSource:
    """Who signs: the first request looks the alias up; an error is not kept, so the next request tries again."""
    return kms.follow(client, KEY)


def token(event: Mapping[str, Any]) -> dict[str, Any]:
    """Issue an access token (RFC 9068) to whoever the authorizer has let through."""
    subject = event["requestContext"]["authorizer"]["jwt"]["claims"]["sub"]
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": subject, "client_id": subject}
    signed = jwt.sign(claims, signer(), typ="at+jwt", lifetime=timedelta(minutes=5), jti=True)
    return answer(200, {"access_token": signed, "token_type": "Bearer", "expires_in": 300})


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """What Lambda calls: an event of an HTTP API in the payload format 2.0."""
    if event["routeKey"] != "POST /token":
        return answer(404, {"error": "not_found"})
    try:
        return token(event)
    except KMSError as error:
        # The log may have all of it, the caller none.
        log.warning("%s: %s (request %s)", error.code, error.message, error.request_id)
        return answer(503, {"error": "temporarily_unavailable"})


def answer(status: int, body: object) -> dict[str, Any]:
    """An answer in JSON, which no cache keeps."""
    headers = {"content-type": "application/json", "cache-control": "no-store"}
    return {"statusCode": status, "headers": headers, "body": json.dumps(body)}
