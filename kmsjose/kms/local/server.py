"""The embedded KMS itself: it answers a boto3 client's requests in place of the network."""

from __future__ import annotations

import json
import time
import uuid
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from email.utils import formatdate
from io import BytesIO
from os import PathLike
from typing import TYPE_CHECKING, Final, cast

from ...arguments import checked
from ...errors import InputError
from ...files import unreadable
from ..calls import KMSClient
from . import (
    aliases,
    describing,
    grants,
    imports,
    lifecycle,
    macs,
    multi_region,
    policies,
    rotations,
    signing,
    usage,
)
from .faults import Faults
from .files import Files, MemoryFiles
from .refusals import Refusal, busy, damaged, invalid, unless_read_only
from .region import Region
from .requests import Request, read
from .store import Store

if TYPE_CHECKING:
    from botocore.awsrequest import AWSPreparedRequest, AWSResponse
    from botocore.client import BaseClient
    from botocore.model import ServiceModel

_MEMORY: Final = ":memory:"
_EVENT: Final = "before-send.kms"
_UNIQUE: Final = "kmsjose-embedded-kms"
#: An event that nobody but the embedded KMS answers.
_ASKED: Final = "kmsjose.embedded"

Operation = Callable[[Region, Request], Mapping[str, object]]

#: Every operation that is answered.
OPERATIONS: Final[Mapping[str, Operation]] = {
    "CancelKeyDeletion": lifecycle.cancel_key_deletion,
    "CreateAlias": aliases.create_alias,
    "CreateGrant": grants.create_grant,
    "CreateKey": lifecycle.create_key,
    "DeleteAlias": aliases.delete_alias,
    "DeleteImportedKeyMaterial": imports.delete_imported_key_material,
    "DescribeKey": describing.describe_key,
    "DisableKey": lifecycle.disable_key,
    "DisableKeyRotation": rotations.disable_key_rotation,
    "EnableKey": lifecycle.enable_key,
    "EnableKeyRotation": rotations.enable_key_rotation,
    "GenerateMac": macs.generate_mac,
    "GetKeyLastUsage": usage.get_key_last_usage,
    "GetKeyPolicy": policies.get_key_policy,
    "GetKeyRotationStatus": rotations.get_key_rotation_status,
    "GetParametersForImport": imports.get_parameters_for_import,
    "GetPublicKey": signing.get_public_key,
    "ImportKeyMaterial": imports.import_key_material,
    "ListAliases": aliases.list_aliases,
    "ListGrants": grants.list_grants,
    "ListKeyPolicies": policies.list_key_policies,
    "ListKeyRotations": rotations.list_key_rotations,
    "ListKeys": describing.list_keys,
    "ListResourceTags": describing.list_resource_tags,
    "ListRetirableGrants": grants.list_retirable_grants,
    "PutKeyPolicy": policies.put_key_policy,
    "ReplicateKey": multi_region.replicate_key,
    "RetireGrant": grants.retire_grant,
    "RevokeGrant": grants.revoke_grant,
    "ScheduleKeyDeletion": lifecycle.schedule_key_deletion,
    "Sign": signing.sign,
    "TagResource": describing.tag_resource,
    "UntagResource": describing.untag_resource,
    "UpdateAlias": aliases.update_alias,
    "UpdateKeyDescription": describing.update_key_description,
    "UpdatePrimaryRegion": multi_region.update_primary_region,
    "Verify": signing.verify,
    "VerifyMac": macs.verify_mac,
}


@checked
def attach(
    client: KMSClient,
    where: str | PathLike[str],
    *,
    faults: Faults | None = None,
    clock: Callable[[], float] = time.time,
) -> None:
    """Let a boto3 KMS client be answered by the embedded KMS from now on; the last one attached answers.

    Args:
        client: A KMS client; its region is the region of the keys.
        where: The folder of the keys, made with the first of them; ``":memory:"`` keeps nothing.
        faults: What is to go wrong.
        clock: Seconds since 1970; a test may let years pass.

    Raises:
        InputError: ``file-unreadable``: the folder can't be used.
    """
    meta = cast("BaseClient", client).meta
    name = meta.region_name
    try:
        region = Region(name, meta.partition, Store(_files(where), name), clock)
        # Whoever uses a damaged file is told of it; here it may be of no concern.
        with suppress(Refusal), unless_read_only():
            region.sweep()
    except ValueError as error:  # the name of the folder is none
        raise unreadable(str(where), error) from error
    server = _Server(meta.service_model, region, faults or Faults())
    # botocore calls every handler of an event, and a second one would do each change twice.
    meta.events.unregister(_EVENT, unique_id=_UNIQUE)
    meta.events.register(_EVENT, server, unique_id=_UNIQUE)  # type: ignore[arg-type]  # what it returns is the answer
    meta.events.register(_ASKED, _confirm, unique_id=_ASKED)  # type: ignore[arg-type]  # as above


@checked
def is_embedded(client: object) -> bool:
    """Whether the embedded KMS answers a client's requests."""
    events = getattr(getattr(client, "meta", None), "events", None)
    return events is not None and any(answer is True for _, answer in events.emit(_ASKED))


def _confirm(**_: object) -> bool:
    return True


def _files(where: str | PathLike[str]) -> Files:
    if where == _MEMORY:
        return MemoryFiles()
    # Its locks are POSIX's; elsewhere the form in memory still works.
    from .folder import FolderFiles

    return FolderFiles(where)


class _Server:
    """Answers each request of a client."""

    def __init__(self, model: ServiceModel, region: Region, faults: Faults) -> None:
        self._model = model
        self._region = region
        self._faults = faults

    def __call__(self, request: AWSPreparedRequest, event_name: str, **_: object) -> AWSResponse:
        operation = event_name.rpartition(".")[2]
        url, request_id = request.url or "", str(uuid.uuid4())
        status = 200
        try:
            self._faults.meet(operation, url)
            answer = self._answer(operation, request.body, request_id)
            self._faults.leave(operation, url)
        except Refusal as refusal:
            status, answer = refusal.status, {"__type": refusal.code, "message": refusal.text}
        return self._response(url, status, answer, request_id)

    def _answer(self, operation: str, body: object, request_id: str) -> Mapping[str, object]:
        handler = OPERATIONS.get(operation)
        if handler is None:
            raise Refusal("UnknownOperationException", f"The embedded KMS does not do {operation}.")
        shape = self._model.operation_model(operation).input_shape
        try:
            request = read(operation, shape, _parsed(body), request_id)
            grants.refuse_junk_tokens(request)
            return handler(self._region, request)
        except InputError as error:  # of the lock
            if error.code != "folder-busy":
                raise
            raise busy(error.message) from error
        except OSError as error:
            raise damaged(str(error.filename or "its folder"), str(error.strerror or error)) from error

    def _response(self, url: str, status: int, answer: Mapping[str, object], request_id: str) -> AWSResponse:
        from botocore.awsrequest import AWSResponse

        headers = {
            "content-type": "application/x-amz-json-1.1",
            "date": formatdate(self._region.clock(), usegmt=True),
            "x-amzn-requestid": request_id,
        }
        content = json.dumps(answer, default=_base64).encode()
        return AWSResponse(url, status, headers, _Body(content))  # type: ignore[arg-type]  # it copies any mapping

    def __repr__(self) -> str:
        return f"<embedded KMS of {self._region.name}>"


class _Body(BytesIO):
    """A body with what botocore asks of urllib3's."""

    def stream(self, **_: object) -> Iterator[bytes]:
        yield self.getvalue()


def _parsed(body: object) -> Mapping[str, object]:
    try:
        members = json.loads(body) if isinstance(body, (bytes, bytearray, str)) else None
    except (ValueError, RecursionError):
        members = None
    if not isinstance(members, dict):
        raise invalid("The request is not a JSON object.")
    return members


def _base64(value: object) -> str:
    if not isinstance(value, bytes):
        raise TypeError("an answer has JSON values and bytes alone")
    return b64encode(value).decode()
