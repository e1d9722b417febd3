"""The connections of a boto3 client, which a child of `os.fork` must not share with its parent.

Over plain HTTP each would read answers to the other's requests, signatures of the other's messages for one; over TLS
they would spoil each other's records.
"""

from __future__ import annotations

import threading
from typing import Any, Final

from ..forks import is_renewed_in_child, renewed_in_child

#: The pools of the parent. To let go of one is to empty it, for which it takes a lock that a lost thread may have.
_OF_THE_PARENT: Final[list[object]] = []


def own_connections(client: object) -> None:
    """Give each child of this process connections of its own for a boto3 client; anything else is left as it is."""
    if is_renewed_in_child(client):
        return
    from botocore.client import BaseClient

    if isinstance(client, BaseClient):
        renewed_in_child(client, _renew)


def _renew(client: object) -> None:
    # Nothing is imported here: another thread may have been at it when the process forked.
    session = getattr(getattr(client, "_endpoint", None), "http_session", None)
    if hasattr(session, "_get_pool_manager_kwargs"):
        _renew_pools(session)
    credentials: Any = getattr(getattr(client, "_request_signer", None), "_credentials", None)
    if hasattr(credentials, "_refresh_lock"):
        credentials._refresh_lock = threading.Lock()


def _renew_pools(session: Any) -> None:
    parents = session._manager
    _OF_THE_PARENT.append((parents, session._proxy_managers))
    session._manager = type(parents)(**session._get_pool_manager_kwargs())
    session._manager.pool_classes_by_scheme = session._pool_classes_by_scheme
    session._proxy_managers = {}
