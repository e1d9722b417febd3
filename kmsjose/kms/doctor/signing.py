"""What a signer needs: the public key, an algorithm, and the permission to sign."""

from __future__ import annotations

from typing import Final

from ...algorithms import Fips
from ...errors import InputError, KMSError
from ...signers.signing_input import message_to_kms
from ..calls import call
from ..signer import KMSSigner
from ..tagged import open_tagged
from .case import Case, Finding, failed, failed_by, ok, skipped, warning
from .clock import listen
from .target import wants_fips

#: What a dry run signs; an endpoint that knows no dry run signs it for real, and it is no token of anyone.
_PROBE: Final = b"kmsjose doctor"


def public_key(case: Case) -> Finding:
    """Whether the public key may be read, and by which algorithm the key signs."""
    try:
        case.signer = _opened(case)
    except InputError as error:
        if error.code == "alg-required":
            return warning(
                error.message, "name the algorithm that the key signs by: --alg PS256, or the tag kmsjose:alg"
            )
        return failed_by(error)
    except KMSError as error:
        if case.heard is None:
            listen(case, error)
        if error.code == "access-denied":
            return failed(error.message, "grant kms:GetPublicKey: `kmsjose policy KEY --role signer` writes the policy")
        return failed_by(error)
    key = case.signer.public_key
    if case.kid_is_told:
        return ok(f"{key.algorithm.name}, kid {key.kid}")
    return warning(
        f"{key.algorithm.name}; the kid is not known, for the tags may not be listed",
        "grant kms:ListResourceTags: `kmsjose policy KEY --role signer` writes the policy; or name the kid: --kid",
    )


def _opened(case: Case) -> KMSSigner:
    """The signer as services open it, or if the tags may not be listed, what is known without them."""
    try:
        return open_tagged(case.client, case.key, case.alg, case.kid)
    except KMSError as error:
        if (error.code, error.operation) != ("access-denied", "ListResourceTags"):
            raise
    case.kid_is_told = case.kid is not None
    return KMSSigner.open(case.client, case.key, case.alg, case.kid)


def fips(case: Case) -> Finding:
    """Whether FIPS 140-3 covers the algorithm, where it is asked for."""
    if not wants_fips(case):
        return skipped("FIPS is not asked for")
    if case.signer is None:
        return skipped("the algorithm is not known")
    row = case.signer.public_key.algorithm
    if row.fips is Fips.APPROVED:
        return ok(f"{row.name} is approved")
    return warning(f"{row.name}: {row.fips.value}", "where FIPS 140-3 is required, sign by an approved algorithm")


def sign(case: Case) -> Finding:
    """Whether the caller may sign; nothing is signed."""
    if case.signer is None:
        return skipped("the algorithm is not known")
    try:
        message = message_to_kms(case.signer.public_key, _PROBE)
        call(case.client, "Sign", KeyId=case.signer.key_arn, DryRun=True, **message)
    except KMSError as error:
        if error.code == "dry-run":
            return ok("the caller may sign")
        if error.code == "access-denied":
            return failed(error.message, "grant kms:Sign: `kmsjose policy KEY --role signer` writes the policy")
        return failed_by(error)
    return skipped("the endpoint knows no dry run, and signed: this says nothing of AWS")
