"""AWS KMS: connect, make and manage signing keys, sign with them. The only room that knows boto3.

What operators alone use is loaded as it is first used, so that a service which signs starts without it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Final

from . import audit
from .aliases import delete_alias, set_alias
from .audit import AuditHook, SignatureRecord
from .audit_log import AuditLog
from .calls import KMSClient
from .connect import Credentials, connect
from .description import KeyInfo, describe_key, list_keys, resolve
from .failover import open_failover
from .following import AliasSource, follow
from .lifecycle import (
    cancel_deletion,
    create_key,
    disable_key,
    enable_key,
    enable_rotation,
    schedule_deletion,
)
from .signer import KMSSigner
from .tagged import open_tagged

if TYPE_CHECKING:
    from .doctor import Check, examine, unreachable
    from .importing import import_key, import_material
    from .policies import default_principal, iam_policy, key_policy
    from .policy_keys import PolicyKey, read_policy_keys
    from .replication import replicate_key, wait_for_replica
    from .tagging import tag_key

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
    "tag_key",
    "unreachable",
    "wait_for_replica",
]

_OF_OPERATORS: Final = {
    **dict.fromkeys(("Check", "examine", "unreachable"), ".doctor"),
    **dict.fromkeys(("import_key", "import_material"), ".importing"),
    **dict.fromkeys(("default_principal", "iam_policy", "key_policy"), ".policies"),
    **dict.fromkeys(("PolicyKey", "read_policy_keys"), ".policy_keys"),
    **dict.fromkeys(("replicate_key", "wait_for_replica"), ".replication"),
    "tag_key": ".tagging",
}


def __getattr__(name: str) -> object:
    if name not in _OF_OPERATORS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(_OF_OPERATORS[name], __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
