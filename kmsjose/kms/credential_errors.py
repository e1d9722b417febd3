"""What to do where there are no AWS credentials, or AWS does not take them: each way of failing has its own."""

from __future__ import annotations

import re
from typing import Final

from botocore.exceptions import (
    BotoCoreError,
    CredentialRetrievalError,
    LoginError,
    MetadataRetrievalError,
    NoAuthTokenError,
    NoCredentialsError,
    PartialCredentialsError,
    RefreshWithMFAUnsupportedError,
    SSOError,
    TokenRetrievalError,
)

_LOG_IN: Final = "the SSO session is over, or was never begun: run `aws sso login`, with the --profile that is used"
_WAYS: Final = (
    "there are none here, so AWS was never asked: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, run "
    "`aws configure` or `aws sso login`, or give the machine or service a role"
)

#: What botocore raises before AWS is asked, and what to do.
_NEVER_ASKED: Final[tuple[tuple[type[BotoCoreError], str], ...]] = (
    (NoCredentialsError, _WAYS),
    (SSOError, _LOG_IN),
    (TokenRetrievalError, _LOG_IN),
    (NoAuthTokenError, _LOG_IN),
    (LoginError, "the session of `aws login` is over: run `aws login`, with the --profile that is used"),
    (PartialCredentialsError, "AWS was never asked: name the part that is missing, or the other parts are of no use"),
    (
        RefreshWithMFAUnsupportedError,
        "the role wants an MFA code each time it is renewed: get temporary credentials by `aws sts get-session-token`",
    ),
    (MetadataRetrievalError, "the machine or service gave none of its role: see whether it has one"),
    (CredentialRetrievalError, "AWS was never asked: see to what the profile gets them from"),
)

#: What AWS answers, its code and its text, and what to do; the first that is found counts.
_REFUSED: Final[tuple[tuple[re.Pattern[str], str], ...]] = tuple(
    (re.compile(pattern), advice)
    for pattern, advice in (
        (
            r"Signature expired|Signature not yet current|^RequestExpired|^RequestTimeTooSkewed|^RequestInTheFuture",
            "this machine's clock is minutes away from that of AWS: set it (NTP)",
        ),
        (
            r"^ExpiredToken",
            "temporary credentials are over: get new ones, of SSO by `aws sso login`, of a role by assuming it again",
        ),
        (
            r"^(UnrecognizedClient|InvalidClientTokenId|InvalidAccessKeyId)",
            "AWS does not know the access key or session token: it is incomplete, deleted, or of another partition",
        ),
        (
            r"^(InvalidSignature|SignatureDoesNotMatch)",
            "the secret access key is not that of the access key id, or something on the way changes the request",
        ),
        (r"^(MissingAuthenticationToken|IncompleteSignature)", "the request reached AWS without its signature"),
        (r"^OptInRequired", "the account has not enabled the region, or is not active"),
    )
)

#: botocore's exceptions that are of the credentials.
KINDS: Final = tuple(kind for kind, _ in _NEVER_ASKED)


def advice_before(error: BotoCoreError) -> str:
    """What to do about credentials that could not be had, after a colon; nothing for another error."""
    return next((f": {advice}" for kind, advice in _NEVER_ASKED if isinstance(error, kind)), "")


def advice_after(answer: str) -> str:
    """What to do about credentials that AWS did not take, in brackets; nothing for another answer.

    Args:
        answer: AWS's error code and message, ``ExpiredTokenException: …``.
    """
    return next((f" [{advice}]" for pattern, advice in _REFUSED if pattern.search(answer)), "")
