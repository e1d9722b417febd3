"""Whereto a client calls: its region, its endpoint, and whether that is one for FIPS 140-3."""

from __future__ import annotations

from ..calls import region_of
from ..identifiers import Arn
from ..local import is_embedded
from .case import Case, Finding, failed, ok


def region(case: Case) -> Finding:
    """The region and partition of the client against those of the key's ARN."""
    called, partition = region_of(case.client), str(getattr(case.client.meta, "partition", ""))
    arn = Arn.parse(case.key)
    if arn is None:
        return ok(f"the client calls {called}")
    if arn.partition != partition:
        return failed(
            f"the key is of the partition {arn.partition}, the client calls {called} of {partition}",
            "use credentials and a region of the key's partition: AWS keeps partitions apart",
        )
    if arn.region != called:
        return failed(
            f"the key is of {arn.region}, the client calls {called}",
            f"make a client for {arn.region} (--region {arn.region}): an ARN does not lead a client elsewhere",
        )
    return ok(f"the key and the client are of {called}")


def endpoint(case: Case) -> Finding:
    """Which endpoint is called, and whether FIPS was asked for and is in force."""
    if is_embedded(case.client):
        return ok("the embedded KMS: for development, not for production")
    url = _url(case.client)
    if not wants_fips(case):
        return ok(url)
    if "fips" in url.partition("://")[2].partition("/")[0]:
        return ok(f"{url}, FIPS 140-3")
    return failed(
        f"FIPS is asked for, but {url} is called",
        "botocore drops FIPS where an endpoint URL is configured: remove it (--endpoint-url, AWS_ENDPOINT_URL, "
        "AWS_ENDPOINT_URL_KMS, or endpoint_url in the profile), or name a FIPS endpoint",
    )


def wants_fips(case: Case) -> bool:
    """Whether the client was told to use FIPS endpoints, by its caller, the environment or the profile."""
    config = getattr(case.client.meta, "config", None)
    return bool(getattr(config, "use_fips_endpoint", False)) and not is_embedded(case.client)


def _url(client: object) -> str:
    return str(getattr(getattr(client, "meta", None), "endpoint_url", ""))
