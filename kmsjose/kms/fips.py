"""Which FIPS endpoints AWS has, by the data of botocore, which itself makes up a name where there is none."""

from __future__ import annotations

from typing import Final

from ..errors import KMSError

_TAG: Final = "fips"


def check_region(region: str | None) -> None:
    """Refuse a region in which AWS has no FIPS endpoint of KMS; where none is given, boto3 says so itself.

    Raises:
        KMSError: ``configuration``.
    """
    if region is None or has_fips("kms", region):
        return
    from botocore import __version__

    raise KMSError(
        "configuration",
        f"AWS has no FIPS endpoint of KMS in {region[:40]!r}, as far as botocore {__version__} knows: choose another "
        "region, or leave out FIPS",
    )


def has_fips(service: str, region: str) -> bool:
    """Whether AWS has a FIPS endpoint of a service in a region.

    >>> [has_fips("kms", region) for region in ("ca-central-1", "us-gov-west-1", "cn-north-1")]
    [True, True, False]
    >>> [has_fips("sts", region) for region in ("us-east-1", "ca-central-1")]
    [True, False]
    """
    from botocore.loaders import create_loader

    for partition in create_loader().load_data("endpoints")["partitions"]:
        endpoint = partition["services"].get(service, {}).get("endpoints", {}).get(region, {})
        if any(_TAG in variant["tags"] for variant in endpoint.get("variants", ())):
            return True
    return False
