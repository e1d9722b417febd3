"""Where the keys are, as the options before the command say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import rich_click as click
from click.globals import get_current_context

from ..errors import InputError, KMSError

if TYPE_CHECKING:
    from ..kms import AuditHook, KMSClient, KMSSigner


@dataclass
class Place:
    """Where the keys are.

    Args:
        local: The folder of an embedded KMS; None is AWS.
        profile: A profile of the AWS configuration.
        region: An AWS region.
        endpoint_url: Another endpoint than AWS's own.
        role_arn: A role to assume.
        fips: Use the FIPS endpoint.
        audit_log: Where each signature is recorded; None is nowhere.
        audit_label: What is put on each record.
    """

    local: str | None
    profile: str | None
    region: str | None
    endpoint_url: str | None
    role_arn: str | None
    fips: bool
    audit_log: str | None = None
    audit_label: str | None = None

    @cached_property
    def client(self) -> KMSClient:
        """The KMS client, made when a command first needs it: verifying never does.

        Raises:
            InputError, KMSError: as `connect`.
        """
        return self.connect()

    def connect(self, **settings: Any) -> KMSClient:
        """A client of its own.

        Args:
            settings: As `kms.connect` names them; what is left out is as it says.

        Raises:
            InputError: ``usage``.
            KMSError: ``configuration``, ``credentials``.
        """
        if self.local == "":
            raise InputError("usage", "--local names no folder")
        from ..kms import connect

        return connect(
            local=self.local,
            profile=self.profile,
            region=self.region,
            endpoint_url=self.endpoint_url,
            role_arn=self.role_arn,
            fips=self.fips,
            **settings,
        )

    @cached_property
    def audit(self) -> AuditHook | None:
        """What records each signature; for the rest of the command, the label is on all of them.

        Raises:
            InputError: ``file-unwritable``; ``usage`` for a label that can't be.
        """
        if self.audit_log is None:
            return None
        from ..kms import AuditLog
        from ..kms.audit import label

        if self.audit_label is not None:
            get_current_context().with_resource(label(self.audit_label))
        return AuditLog(self.audit_log)

    def signer(self, key: str, alg: str | None = None, kid: str | None = None) -> KMSSigner:
        """The signer of one key; its tags tell what is not given.

        Raises:
            InputError, KMSError: as `open_tagged` and `audit`.
        """
        if kid == "":
            raise InputError("usage", "--kid is empty")
        from ..kms import KMSSigner, open_tagged

        try:
            return open_tagged(self.client, key, alg, kid, audit=self.audit)
        except KMSError as error:
            if (error.code, error.operation) != ("access-denied", "ListResourceTags"):
                raise
        # Its kid is printed or looked at by a person, who can give another.
        return KMSSigner.open(self.client, key, alg, kid, audit=self.audit)

    def signers(self, keys: Sequence[str], alg: str | None = None) -> list[KMSSigner]:
        """The signers of several keys; `alg` is for those that can do it, and the rest use their own algorithm.

        Raises:
            InputError: ``alg-unsupported-by-key``: none of them can do it; and as `signer`.
            KMSError: as `signer`.
        """
        if len(keys) == 1 or alg is None:
            return [self.signer(key, alg) for key in keys]
        found = [self._signer_by_either(key, alg) for key in keys]
        if not any(alg in signer.public_key.algorithm.names for signer in found):
            raise InputError("alg-unsupported-by-key", f"none of the keys can do {alg}")
        return found

    def _signer_by_either(self, key: str, alg: str) -> KMSSigner:
        try:
            return self.signer(key, alg)
        except InputError as error:
            if error.code != "alg-unsupported-by-key":
                raise
        return self.signer(key)


pass_place = click.make_pass_decorator(Place)
