"""The connections of a boto3 client, which a child of `os.fork` must not share with its parent.

Over plain HTTP each would read answers to the other's requests, signatures of the other's messages for one; over TLS
they would spoil each other's records.
"""

from __future__ import annotations

import threading
from typing import Any, Final

from botocore.client import BaseClient
from botocore.credentials import RefreshableCredentials
from botocore.httpsession import URLLib3Session

from ..forks import is_renewed_in_child, renewed_in_child

#: The pools of the parent. To let go of one is to empty it, for which it takes a lock that a lost thread may have.
_OF_THE_PARENT: Final[list[object]] = []


def own_connections(client: object) -> None:
    """Give each child of this process connections of its own for a boto3 client; anything else is left as it is."""
    if isinstance(client, BaseClient) and not is_renewed_in_child(client):
        renewed_in_child(client, _renew)


def _renew(client: BaseClient) -> None:
    session = getattr(getattr(client, "_endpoint", None), "http_session", None)
    if isinstance(session, URLLib3Session):
        _renew_pools(session)
    credentials = getattr(getattr(client, "_request_signer", None), "_credentials", None)
    if isinstance(credentials, RefreshableCredentials):
        credentials._refresh_lock = threading.Lock()  # type: ignore[attr-defined]  # of its own


def _renew_pools(session: Any) -> None:
    parents = session._manager
    _OF_THE_PARENT.append((parents, session._proxy_managers))
    session._manager = type(parents)(**session._get_pool_manager_kwargs())
    session._manager.pool_classes_by_scheme = session._pool_classes_by_scheme
    session._proxy_managers = {}
