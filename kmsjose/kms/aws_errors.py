"""Every error of botocore as a KMSError, with what AWS said of it and, for credentials, what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from traceback import walk_tb
from typing import Final, NoReturn

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004 - botocore's own, of which its HTTPClientError is none
    HTTPClientError,
    ParamValidationError,
)

from ..errors import KMSError
from .credential_errors import KINDS, advice_after, advice_before
from .identifiers import Arn

#: AWS's error codes, by ours.
AWS_CODES: Final[dict[str, tuple[str, ...]]] = {
    "not-found": ("NotFoundException",),
    "disabled": ("DisabledException",),
    "invalid-state": ("KMSInvalidStateException", "ConflictException"),
    "access-denied": ("AccessDeniedException", "AccessDenied", "NotAuthorized", "UnauthorizedOperation",
                      "ForbiddenException"),
    "credentials": (
        "UnrecognizedClientException", "InvalidClientTokenId", "ExpiredTokenException", "ExpiredToken",
        "InvalidSignatureException", "SignatureDoesNotMatch", "MissingAuthenticationToken",
        "MissingAuthenticationTokenException", "IncompleteSignature", "IncompleteSignatureException",
        "RequestExpired", "AuthFailure", "OptInRequired",
        "RequestTimeTooSkewed", "RequestInTheFuture", "InvalidAccessKeyId",
    ),
    "throttled": (
        "ThrottlingException", "Throttling", "ThrottledException", "RequestLimitExceeded", "TooManyRequestsException",
    ),
    "unavailable": (
        "KMSInternalException", "DependencyTimeoutException", "KeyUnavailableException", "InternalFailure",
        "InternalServerError", "ServiceUnavailable", "ServiceUnavailableException", "RequestTimeout",
    ),
    "key-usage": ("InvalidKeyUsageException",),
    "invalid-request": (
        "ValidationException", "ValidationError", "InvalidArnException", "InvalidAliasNameException", "TagException",
        "MalformedPolicyDocumentException", "InvalidGrantTokenException", "InvalidMarkerException",
        "InvalidParameterValue", "SerializationException", "IncorrectKeyMaterialException",
        "InvalidCiphertextException", "InvalidImportTokenException", "ExpiredImportTokenException",
    ),
    "already-exists": ("AlreadyExistsException",),
    "limit-exceeded": ("LimitExceededException",),
    "unsupported": ("UnsupportedOperationException", "UnknownOperationException", "InvalidAction"),
    "dry-run": ("DryRunOperationException",),
}  # fmt: skip

_OURS: Final[dict[str, str]] = {aws: ours for ours, codes in AWS_CODES.items() for aws in codes}
#: The errors after which the same call may succeed with nothing changed.
_RETRYABLE: Final = frozenset({"throttled", "unavailable", "connection", "not-ready"})
#: How AWS tells of a key that is not there yet, or not yet whole.
_COMING: Final = re.compile(r"\bis (creating|updating|pending import)\b", re.IGNORECASE)
_LONGEST_MESSAGE: Final = 400

#: botocore's own exceptions, before or instead of an answer; the first that fits counts.
_WITHOUT_ANSWER: Final[tuple[tuple[str, tuple[type[BotoCoreError], ...]], ...]] = (
    ("connection", (HTTPClientError, ConnectionError)),
    ("credentials", KINDS),
    ("configuration", (BotoCoreError,)),
)


@contextmanager
def translated(operation: str, region: str = "", key: str = "") -> Iterator[None]:
    """Make a KMSError of whatever botocore raises in a block.

    Args:
        operation: What is called.
        region: Of the client, for an error that a wrong region explains.
        key: What names the key.

    Raises:
        KMSError: with botocore's exception as its cause.
    """
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise_ours(error, operation, region, key)
    except RuntimeError as error:
        # botocore has no class for this: credentials that came with their end, and nothing to renew them.
        if "expired" not in str(error):
            raise
        raise KMSError(
            "credentials", f"{operation}: the credentials have expired: get new ones", operation=operation
        ) from error
    except (OSError, ValueError, EOFError) as error:
        if not is_of_credentials(error):
            raise
        # Not chained: what could not be parsed may hold the credentials.
        raise KMSError(
            "credentials", f"{operation}: the credentials can't be had: {_cause_of(error)}", operation=operation
        ) from None


def is_of_credentials(error: BaseException) -> bool:
    """Whether botocore was about to get credentials, from a program for example, and lets through how that failed."""
    return "botocore.credentials" in modules_of(error)


def modules_of(error: BaseException) -> list[str]:
    """The modules that an exception passed on its way here, that which raised it last."""
    return [str(frame.f_globals.get("__name__")) for frame, _ in walk_tb(error.__traceback__)]


def _cause_of(error: OSError | ValueError | EOFError) -> str:
    if isinstance(error, EOFError):
        return "the profile's role wants an MFA code, and there is no terminal to ask for it"
    if isinstance(error, ValueError):
        return "what gives them gave something else"
    return ": ".join(filter(None, (error.strerror or type(error).__name__, error.filename and str(error.filename))))


def raise_ours(error: ClientError | BotoCoreError, operation: str, region: str = "", key: str = "") -> NoReturn:
    """Raise the KMSError that an exception of botocore stands for.

    Args:
        error: What botocore raised.
        operation: What was called.
        region: Of the client, for an error that a wrong region explains.
        key: What named the key.
    """
    if isinstance(error, ParamValidationError):
        # Its text quotes the parameters, and one of them may be the message: it is neither repeated nor chained.
        raise KMSError(
            "invalid-request", f"{operation}: boto3 refused a parameter's type or length", operation=operation
        ) from None
    if isinstance(error, ClientError):
        raise _answered(error, operation, region, key) from error
    code = next(code for code, kinds in _WITHOUT_ANSWER if isinstance(error, kinds))
    raise KMSError(
        code,
        f"{operation}: {_one_line(str(error))}{advice_before(error)}",
        operation=operation,
        retryable=code in _RETRYABLE,
    ) from error


def _answered(error: ClientError, operation: str, region: str, key: str) -> KMSError:
    details = error.response.get("Error", {})
    metadata = error.response.get("ResponseMetadata", {})
    aws_code = str(details.get("Code", "Unknown"))
    code = _OURS.get(aws_code) or _by_status(metadata.get("HTTPStatusCode"))
    message = _one_line(str(details.get("Message", "")))
    if code == "invalid-state" and _COMING.search(message):
        code = "not-ready"
    answer = f"{aws_code}: {message}"
    text = f"{operation}: {answer}"
    if code == "credentials":
        text += advice_after(answer)
    elif code == "not-found":
        text += _other_region(region, key)
    return KMSError(
        code,
        text,
        operation=operation,
        aws_code=aws_code,
        request_id=metadata.get("RequestId") or None,
        retryable=code in _RETRYABLE,
    )


def _by_status(status: object) -> str:
    if status == 429:
        return "throttled"
    return "unavailable" if isinstance(status, int) and status >= 500 else "failed"


def _other_region(region: str, key: str) -> str:
    arn = Arn.parse(key)
    if arn is None or not region:
        prefix = "" if "/" in key or "-" in key else "; an alias is named alias/NAME"
        return f" [the client calls {region}{prefix}]" if region else ""
    if arn.region == region:
        return ""
    return f" [the key's ARN is of {arn.region}, but the client calls {region}: make a client for {arn.region}]"


def _one_line(text: str) -> str:
    return " ".join(text.split())[:_LONGEST_MESSAGE]
