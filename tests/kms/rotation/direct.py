"""The embedded KMS without boto3 between: the same answers and errors, in a sixth of the time."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import formatdate
from typing import Any

from botocore import xform_name
from botocore.exceptions import ClientError

from kmsjose.kms.local import Faults
from kmsjose.kms.local.files import Files
from kmsjose.kms.local.refusals import Refusal
from kmsjose.kms.local.region import Region
from kmsjose.kms.local.server import OPERATIONS, _Server
from kmsjose.kms.local.store import Store

_URL = "https://kms.eu-west-1.amazonaws.com/"
_DATES = ("CreationDate", "DeletionDate", "LastUpdatedDate", "Timestamp")


class Direct:
    """Answers the calls that a boto3 client has, for as long as nobody looks at its events."""

    def __init__(self, client: Any, files: Files, faults: Faults, clock: Callable[[], float]) -> None:
        name = client.meta.region_name
        self.meta = client.meta
        self._faults, self._clock = faults, clock
        self._server = _Server(
            client.meta.service_model, Region(name, client.meta.partition, Store(files, name), clock), faults
        )
        for operation in OPERATIONS:
            setattr(self, xform_name(operation), self._caller(operation))

    def _caller(self, operation: str) -> Callable[..., Any]:
        def call(**parameters: object) -> Any:
            try:
                self._faults.meet(operation, _URL)
                answer = self._server._answer(operation, json.dumps(parameters), "request")
                self._faults.leave(operation, _URL)
            except Refusal as refusal:
                error = {"Error": {"Code": refusal.code, "Message": refusal.text}, "ResponseMetadata": {}}
                raise ClientError(error, operation) from refusal
            headers = {"date": formatdate(self._clock(), usegmt=True)}
            return {**_dated(answer), "ResponseMetadata": {"HTTPHeaders": headers}}

        return call


def _dated(value: Any) -> Any:
    """An answer with its times as boto3 gives them."""
    if isinstance(value, list):
        return [_dated(entry) for entry in value]
    if not isinstance(value, dict):
        return value
    return {
        name: datetime.fromtimestamp(entry, UTC) if name in _DATES and entry is not None else _dated(entry)
        for name, entry in value.items()
    }
