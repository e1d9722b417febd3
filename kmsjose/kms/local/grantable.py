"""What a grant may be: which operations go with which key, and who may be named."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from .keys import KeyRecord
from .refusals import Refusal, invalid
from .requests import Request

_ALWAYS: Final = frozenset({"CreateGrant", "DescribeKey", "RetireGrant"})
_ENCRYPTING: Final = frozenset({"Encrypt", "Decrypt", "ReEncryptFrom", "ReEncryptTo"})
_GENERATING: Final = frozenset({
    "GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "GenerateDataKeyPair",
    "GenerateDataKeyPairWithoutPlaintext",
})  # fmt: skip
_BY_USAGE: Final[Mapping[str, frozenset[str]]] = {
    "SIGN_VERIFY": frozenset({"Sign", "Verify"}),
    "ENCRYPT_DECRYPT": _ENCRYPTING,
    "GENERATE_VERIFY_MAC": frozenset({"GenerateMac", "VerifyMac"}),
    "KEY_AGREEMENT": frozenset({"DeriveSharedSecret"}),
}
_BY_KIND: Final[Mapping[str, frozenset[str]]] = {
    "asymmetric": frozenset({"GetPublicKey"}),
    "symmetric": _GENERATING,
    "HMAC": frozenset(),
}
_PRINCIPAL: Final = re.compile(r"\d{12}|arn:aws[a-z-]*:(?:iam|sts)::\d{12}:(?:root|[a-z-]+/.+)")
_CONTEXTS: Final = ("EncryptionContextEquals", "EncryptionContextSubset")


def check_grant(record: KeyRecord, request: Request) -> None:
    """Check what CreateGrant is asked for.

    Raises:
        Refusal: ``ValidationException``, ``InvalidArnException``.
    """
    _check_operations(record, request)
    _check_principals(request)
    constraints = _constraints(request)
    if record.facts.kind != "symmetric" and any(name in constraints for name in _CONTEXTS):
        raise invalid(f"{record.arn} key spec is {record.spec}, whose operations have no encryption context.")
    if request.has("GranteeServicePrincipal"):
        if "SourceArn" not in constraints:
            raise invalid("You must specify a SourceArn grant constraint with GranteeServicePrincipal.")
        if not request.has("RetiringPrincipal") and not request.has("RetiringServicePrincipal"):
            raise invalid("You must specify who may retire a grant to a GranteeServicePrincipal.")


def _check_operations(record: KeyRecord, request: Request) -> None:
    operations = request.items("Operations")
    allowed = _ALWAYS | _BY_USAGE[record.usage] | _BY_KIND[record.facts.kind]
    wrong = sorted({str(operation) for operation in operations} - allowed)
    if not operations:
        raise invalid("A grant must have at least one operation.")
    if wrong:
        raise invalid(f"{', '.join(wrong)} is not supported on {record.arn}, a key of {record.spec}, {record.usage}.")


def _check_principals(request: Request) -> None:
    if request.has("GranteePrincipal") == request.has("GranteeServicePrincipal"):
        raise invalid("You must specify either GranteePrincipal or GranteeServicePrincipal, but not both.")
    if request.has("RetiringPrincipal") and request.has("RetiringServicePrincipal"):
        raise invalid("You can specify either RetiringPrincipal or RetiringServicePrincipal, but not both.")
    for member in ("GranteePrincipal", "RetiringPrincipal"):
        if request.has(member) and _PRINCIPAL.fullmatch(request.text(member)) is None:
            raise Refusal("InvalidArnException", f"{request.text(member)} is not the ARN of a principal.")


def _constraints(request: Request) -> Mapping[str, object]:
    constraints = request.members.get("Constraints")
    return constraints if isinstance(constraints, Mapping) else {}
