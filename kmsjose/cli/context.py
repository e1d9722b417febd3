"""Where the keys are, as the options before the command say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import rich_click as click

from ..errors import InputError

if TYPE_CHECKING:
    from ..kms import KMSClient, KMSSigner


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
    """

    local: str | None
    profile: str | None
    region: str | None
    endpoint_url: str | None
    role_arn: str | None
    fips: bool

    @cached_property
    def client(self) -> KMSClient:
        """The KMS client, made when a command first needs it: verifying never does.

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
        )

    def signer(self, key: str, alg: str | None = None, kid: str | None = None) -> KMSSigner:
        """The signer of one key, with the kid and the algorithm of its tags where they are not given.

        Raises:
            InputError, KMSError: as `open_tagged`.
        """
        if kid == "":
            raise InputError("usage", "--kid is empty")
        from ..kms import open_tagged

        return open_tagged(self.client, key, alg, kid)

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
