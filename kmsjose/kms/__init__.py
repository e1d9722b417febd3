"""AWS KMS: connect, make and manage signing keys, sign with them. The only room that knows boto3."""

from . import audit
from .aliases import delete_alias, set_alias
from .audit import AuditHook, SignatureRecord
from .audit_log import AuditLog
from .calls import KMSClient
from .connect import Credentials, connect
from .description import KeyInfo, describe_key, list_keys, resolve
from .doctor import Check, examine, unreachable
from .failover import open_failover
from .following import AliasSource, follow
from .importing import import_key, import_material
from .lifecycle import (
    cancel_deletion,
    create_key,
    disable_key,
    enable_key,
    enable_rotation,
    schedule_deletion,
)
from .policies import default_principal, iam_policy, key_policy
from .policy_keys import PolicyKey, read_policy_keys
from .replication import replicate_key, wait_for_replica
from .signer import KMSSigner
from .tagged import open_tagged

__all__ = [
    "AliasSource",
    "AuditHook",
    "AuditLog",
    "Check",
    "Credentials",
    "KMSClient",
    "KMSSigner",
    "KeyInfo",
    "PolicyKey",
    "SignatureRecord",
    "audit",
    "cancel_deletion",
    "connect",
    "create_key",
    "default_principal",
    "delete_alias",
    "describe_key",
    "disable_key",
    "enable_key",
    "enable_rotation",
    "examine",
    "follow",
    "iam_policy",
    "import_key",
    "import_material",
    "key_policy",
    "list_keys",
    "open_failover",
    "open_tagged",
    "read_policy_keys",
    "replicate_key",
    "resolve",
    "schedule_deletion",
    "set_alias",
    "unreachable",
    "wait_for_replica",
]
