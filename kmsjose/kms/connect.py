"""A genuine boto3 KMS client, for AWS or for the embedded KMS."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from ..arguments import DAY, check_seconds, checked
from ..errors import InputError, KMSError
from .aws_errors import is_of_credentials, translated
from .connections import own_connections
from .fips import check_region, has_fips

if TYPE_CHECKING:
    from boto3.session import Session
    from botocore.config import Config
    from botocore.session import Session as CoreSession
    from mypy_boto3_kms import KMSClient

    from .local import Faults

RetryMode = Literal["standard", "adaptive", "legacy"]

_LOCAL_REGION: Final = "eu-west-1"
_SESSION_NAME: Final = "kmsjose"
# urllib3 makes a place for each when the first call is made.
_MAX_POOL_SIZE: Final = 10_000


@dataclass(frozen=True, slots=True)
class Credentials:
    """Explicit AWS credentials; the secret parts are in no repr.

    Args:
        access_key_id: The access key's id.
        secret_access_key: Its secret.
        session_token: Of temporary credentials.
    """

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)


@checked
def connect(
    *,
    local: str | os.PathLike[str] | None = None,
    region: str | None = None,
    profile: str | None = None,
    role_arn: str | None = None,
    credentials: Credentials | None = None,
    endpoint_url: str | None = None,
    fips: bool = False,
    retry_mode: RetryMode = "standard",
    max_attempts: int = 5,
    connect_timeout: float = 5.0,
    read_timeout: float = 10.0,
    pool_size: int = 10,
    faults: Faults | None = None,
) -> KMSClient:
    """A boto3 KMS client; what is not given comes from boto3's own environment and configuration.

    A type checker knows its methods where the package ``boto3-stubs[kms]`` is installed; nothing needs it at run time.

    Args:
        local: A folder: the embedded KMS answers, with keys kept there; ``":memory:"`` keeps nothing.
        region: For example ``eu-west-1``.
        profile: A profile of the AWS configuration.
        role_arn: A role to assume; its credentials are renewed before they expire.
        credentials: Explicit credentials.
        endpoint_url: Another endpoint than AWS's own for the region.
        fips: Call the region's FIPS 140-3 endpoint, and that of STS for the role where there is one.
        retry_mode: botocore's.
        max_attempts: Attempts of one call in all, the first included.
        connect_timeout: Seconds, at most a day.
        read_timeout: Seconds, at most a day.
        pool_size: Connections that are kept open, 1 to 10,000; give as many as threads sign at once.
        faults: Of the embedded KMS, for tests.

    Raises:
        InputError: ``usage``: arguments that exclude each other, a pool of another size, a timeout of no time or
            over a day.
        KMSError: ``configuration``, ``credentials``: boto3 could not make the client; ``configuration``: AWS has no
            FIPS endpoint of KMS in the region.

    >>> client = connect(local=":memory:")
    >>> client.list_keys()["Keys"]
    []
    """
    if local is not None:
        _refuse_beside(
            "local", profile=profile, role_arn=role_arn, credentials=credentials, endpoint_url=endpoint_url, fips=fips
        )
    elif faults is not None:
        raise InputError("usage", "faults belong to the embedded KMS: give local")
    if credentials is not None:
        _refuse_beside("credentials", profile=profile)
    if fips:
        # botocore would drop FIPS without a word.
        _refuse_beside("fips", endpoint_url=endpoint_url)
    check_seconds(DAY, connect_timeout=connect_timeout, read_timeout=read_timeout)
    if not 1 <= pool_size <= _MAX_POOL_SIZE:
        raise InputError("usage", f"pool_size is 1 to {_MAX_POOL_SIZE}")
    from botocore.config import Config

    with translated("connect"), _configured():
        config = Config(
            retries={"mode": retry_mode, "total_max_attempts": max_attempts},
            connect_timeout=connect_timeout,
            read_timeout=read_timeout,
            max_pool_connections=pool_size,
            use_fips_endpoint=fips or None,
            user_agent_extra="kmsjose",
        )
        if local is not None:
            return _local(local, region, config, faults)
        from botocore.session import get_session

        core = get_session()
        session = _session(core, region, profile, credentials)
        fips = fips or bool(core.get_config_variable("use_fips_endpoint"))
        if fips and endpoint_url is None:
            check_region(session.region_name)
        if role_arn is not None:
            session = _assumed(session, role_arn, config, fips=fips)
        return _aws(session, endpoint_url, config)


@contextmanager
def _configured() -> Iterator[None]:
    """Make a KMSError of a region or an endpoint URL that boto3 refuses; it has no class of its own for that."""
    try:
        yield
    except ValueError as error:
        if is_of_credentials(error):
            raise
        raise KMSError("configuration", "boto3 refused the region or the endpoint URL") from error


def _refuse_beside(name: str, **others: object) -> None:
    for other, value in others.items():
        if value:
            raise InputError("usage", f"{name} and {other} exclude each other")


def _session(core: CoreSession, region: str | None, profile: str | None, credentials: Credentials | None) -> Session:
    from boto3.session import Session

    if credentials is None:
        return Session(botocore_session=core, region_name=region, profile_name=profile)
    return Session(
        botocore_session=core,
        region_name=region,
        aws_access_key_id=credentials.access_key_id,
        aws_secret_access_key=credentials.secret_access_key,
        aws_session_token=credentials.session_token,
    )


def _local(where: str | os.PathLike[str], region: str | None, config: Config, faults: Faults | None) -> KMSClient:
    from .local import attach

    region = region or _LOCAL_REGION
    session = _isolated(region)
    # Nothing is sent there; it is named so that an endpoint configured elsewhere does not hide the region.
    client: KMSClient = session.client("kms", endpoint_url=f"https://kms.{region}.amazonaws.com", config=config)
    attach(client, where, faults=faults)
    return client


def _isolated(region: str) -> Session:
    from boto3.session import Session
    from botocore.session import Session as CoreSession

    # Neither a profile nor a file of AWS's configuration concerns the embedded KMS, however broken they may be.
    nothing = (None, None, None, None)
    inner = CoreSession(dict.fromkeys(("profile", "config_file", "credentials_file"), nothing))
    return Session("embedded", "embedded", region_name=region, botocore_session=inner)


def _aws(session: Session, endpoint_url: str | None, config: Config) -> KMSClient:
    client: KMSClient = session.client("kms", endpoint_url=endpoint_url, config=config)
    own_connections(client)
    if config.use_fips_endpoint and "fips" not in client.meta.endpoint_url:  # type: ignore[attr-defined]  # of Config's options
        raise KMSError("configuration", "an endpoint that is configured elsewhere takes the FIPS endpoint's place")
    return client


def _assumed(session: Session, role_arn: str, config: Config, *, fips: bool) -> Session:
    from boto3.session import Session
    from botocore.config import Config
    from botocore.credentials import DeferredRefreshableCredentials
    from botocore.session import get_session

    if fips and not has_fips("sts", session.region_name):
        # Else botocore would call a host that does not exist.
        config = config.merge(Config(use_fips_endpoint=False))
    sts = session.client("sts", config=config)
    own_connections(sts)

    def assume() -> dict[str, Any]:
        answer = sts.assume_role(RoleArn=role_arn, RoleSessionName=_SESSION_NAME)["Credentials"]
        return {
            "access_key": answer["AccessKeyId"],
            "secret_key": answer["SecretAccessKey"],
            "token": answer["SessionToken"],
            "expiry_time": answer["Expiration"].isoformat(),
        }

    inner = get_session()
    # boto3 offers no public way to give a session credentials that renew themselves.
    inner._credentials = DeferredRefreshableCredentials(assume, "assume-role")  # type: ignore[attr-defined]  # noqa: SLF001 - see above
    return Session(botocore_session=inner, region_name=session.region_name)
