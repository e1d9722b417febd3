"""Which rotations there are."""

from __future__ import annotations

from ...arguments import checked
from ...errors import KMSError
from ..calls import KMSClient, region_of
from .state import Rotation, read


@checked
def find(client: KMSClient, name: str) -> Rotation:
    """A rotation that is there, read as `read` does.

    Args:
        client: A boto3 KMS client.
        name: With or without ``alias/``.

    Raises:
        InputError: ``usage``.
        KMSError: ``not-found``: the name has no key; and as `read`.
    """
    rotation = read(client, name)
    if not rotation.keys:
        raise unknown(client, rotation.name)
    return rotation


def unknown(client: KMSClient, name: str) -> KMSError:
    """The error of a name that has no key, as a mistyped one: ``not-found``.

    Args:
        client: A boto3 KMS client.
        name: Without ``alias/``.
    """
    return KMSError(
        "not-found", f"no key of a rotation {name} in {region_of(client)}: `kmsjose rotate list` shows those there are"
    )
