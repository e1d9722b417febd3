"""AWS KMS: connect, make and manage signing keys, sign with them. The only room that knows boto3."""

from .aliases import delete_alias, set_alias
from .calls import KMSClient
from .connect import Credentials, connect
from .description import KeyInfo, describe_key, list_keys, resolve
from .failover import open_failover
from .importing import import_key, import_material
from .lifecycle import (
    cancel_deletion,
    create_key,
    disable_key,
    enable_key,
    enable_rotation,
    schedule_deletion,
)
from .replication import replicate_key, wait_for_replica
from .signer import KMSSigner
from .tagged import open_tagged

__all__ = [
    "Credentials",
    "KMSClient",
    "KMSSigner",
    "KeyInfo",
    "cancel_deletion",
    "connect",
    "create_key",
    "delete_alias",
    "describe_key",
    "disable_key",
    "enable_key",
    "enable_rotation",
    "import_key",
    "import_material",
    "list_keys",
    "open_failover",
    "open_tagged",
    "replicate_key",
    "resolve",
    "schedule_deletion",
    "set_alias",
    "wait_for_replica",
]
