"""Who calls: whether there are credentials, whose they are, and when they end."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from ...errors import KMSError
from ..aws_errors import translated
from ..calls import region_of
from ..description import date_of
from ..local import is_embedded
from .case import Case, Finding, failed, failed_by, ok, skipped, warning
from .clock import listen

if TYPE_CHECKING:
    from botocore.client import BaseClient
    from botocore.credentials import ReadOnlyCredentials

#: Seconds that AWS STS may take; nobody waits longer to be told who they are.
_STS_SECONDS: Final = 3
_SOON: Final = timedelta(minutes=15)
_ASSUME: Final = (
    "grant the caller sts:AssumeRole on the role, and let the role's trust policy name the caller; the policies of the "
    "key have no part in this"
)
_AWS_HOST: Final = re.compile(r"https://[^/]+\.(amazonaws\.com|amazonaws\.com\.cn|api\.aws)(/|$)")


def credentials(case: Case) -> Finding:
    """Whether there are credentials, whose they are, and whether they end soon."""
    if is_embedded(case.client):
        return skipped("the embedded KMS asks for none")
    # boto3 has no public way to ask a client whose credentials it signs by.
    signed_by = getattr(getattr(case.client, "_request_signer", None), "_credentials", None)
    try:
        with translated("credentials"):
            frozen = None if signed_by is None else signed_by.get_frozen_credentials()
    except KMSError as error:
        listen(case, error)
        if error.code == "access-denied":
            return failed(error.message, _ASSUME)
        return failed_by(error)
    if frozen is None:
        return failed(
            "there are no AWS credentials", "set AWS_PROFILE or --profile, or give the machine or service a role"
        )
    found = _identity(case, frozen)
    ends = _end(signed_by)
    if found.status != "ok" or ends is None or ends - datetime.fromtimestamp(case.clock(), UTC) > _SOON:
        return found
    return warning(f"{found.what}; they end at {ends.astimezone(UTC):%H:%M} UTC", "nothing renews them: get new ones")


def _identity(case: Case, frozen: ReadOnlyCredentials) -> Finding:
    try:
        sts = _sts(region_of(case.client), frozen)
        if _is_aws(sts) != _is_aws(case.client):
            # Credentials of the one are no business of the other.
            return ok(
                "there are some; KMS is called at an endpoint of its own, so AWS STS was not asked whose they are"
            )
        with translated("GetCallerIdentity"):
            # mypy knows the client as one of any service.
            answer: Any = sts.get_caller_identity()  # type: ignore[attr-defined]
    except KMSError as error:
        # With a clock that is wrong, AWS refuses every signature, and this is the only answer that tells its time.
        listen(case, error)
        if error.code == "credentials":
            return failed_by(error)
        return skipped(f"there are some, but AWS STS did not say whose: {error.message}")
    return ok(str(answer.get("Arn")))


def _sts(region: str, frozen: ReadOnlyCredentials) -> BaseClient:
    from botocore.config import Config
    from botocore.session import get_session

    config = Config(connect_timeout=_STS_SECONDS, read_timeout=_STS_SECONDS, retries={"total_max_attempts": 1})
    try:
        with translated("GetCallerIdentity"):
            client: BaseClient = get_session().create_client(
                "sts",
                region_name=region,
                aws_access_key_id=frozen.access_key,
                aws_secret_access_key=frozen.secret_key,
                aws_session_token=frozen.token,
                config=config,
            )
    except ValueError as error:
        raise KMSError("configuration", "boto3 refused its endpoint URL, AWS_ENDPOINT_URL_STS or so") from error
    return client


def _is_aws(client: object) -> bool:
    return _AWS_HOST.match(str(getattr(getattr(client, "meta", None), "endpoint_url", ""))) is not None


def _end(signed_by: object) -> datetime | None:
    """When credentials end that nothing renews: those of the environment."""
    ends = getattr(signed_by, "_expiry_time", None) if getattr(signed_by, "method", None) == "env" else None
    return date_of(ends)
