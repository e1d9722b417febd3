"""GetParametersForImport and ImportKeyMaterial: an existing key becomes a KMS key, and keeps its kid."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Final

from cryptography.hazmat.primitives import hashes, keywrap, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from ...keys.unreadable import UNREADABLE
from .keys import ImportTicket, KeyRecord
from .refusals import Refusal, invalid, unsupported
from .region import DYING, Region
from .related import DAY, related
from .requests import Request
from .specs import SPECS, Material, Secret, fits, spki

_VALID_FOR: Final = 86_400
_LONGEST: Final = 365 * DAY


def _oaep(used: hashes.HashAlgorithm) -> padding.OAEP:
    return padding.OAEP(padding.MGF1(used), used, None)


# A PrivateKeyInfo (RFC 5958): a sequence of a version and a sequence, where older forms have a number or a string.
_PKCS8: Final = re.compile(rb"\x30(?:[\x00-\x7f]|\x81.|\x82..)\x02\x01[\x00\x01]\x30", re.DOTALL)
# What is told to be wrapped by RSA alone has no room for an RSA key, nor within 2048 bits for one of P-521.
_ALONE: Final = {
    "RSAES_OAEP_SHA_1": _oaep(hashes.SHA1()),  # noqa: S303 - OAEP does not need its hash to be free of collisions
    "RSAES_OAEP_SHA_256": _oaep(hashes.SHA256()),
}
_WITH_AES: Final = {
    "RSA_AES_KEY_WRAP_SHA_1": _oaep(hashes.SHA1()),  # noqa: S303 - as above
    "RSA_AES_KEY_WRAP_SHA_256": _oaep(hashes.SHA256()),
}


def get_parameters_for_import(region: Region, request: Request) -> Mapping[str, object]:
    """GetParametersForImport: a wrapping key and its token, good for a day."""
    record = _external(region, request)
    algorithm, wrapping_spec = request.text("WrappingAlgorithm"), request.text("WrappingKeySpec")
    if (algorithm not in _ALONE and algorithm not in _WITH_AES) or wrapping_spec not in SPECS:
        raise unsupported(f"The wrapping algorithm {algorithm} with {wrapping_spec} is not supported.")
    if algorithm in _ALONE and not _has_room(wrapping_spec, record.spec):
        raise unsupported(f"{algorithm} with {wrapping_spec} can't wrap key material of {record.spec}.")
    wrapping = rsa.generate_private_key(65537, int(wrapping_spec.removeprefix("RSA_")))
    token = secrets.token_hex(32)
    ticket = ImportTicket(record.id, algorithm, region.clock() + _VALID_FOR)
    with region.store.changing():
        region.store.save_ticket(token, ticket, wrapping)
    return {
        "KeyId": record.arn,
        "ImportToken": bytes.fromhex(token),
        "PublicKey": spki(wrapping),
        "ParametersValidTo": ticket.valid_to,
    }


def import_key_material(region: Region, request: Request) -> Mapping[str, object]:
    """ImportKeyMaterial: PKCS#8, or the bare bytes of an HMAC key, wrapped; later imports bring the same again."""
    _refuse_symmetric_only(request)
    wrapped, token = request.blob("EncryptedKeyMaterial"), request.blob("ImportToken").hex()
    expires = _expiry(region, request)
    with region.store.changing():
        record = _external(region, request)
        key = _material(_unwrap(wrapped, *_ticket(region, token, record)), record)
        fingerprint = sha256(_identity(key)).hexdigest()
        if _known_material(region, record) not in ("", fingerprint):
            raise Refusal(
                "IncorrectKeyMaterialException",
                "The key material is not the same key material that was previously imported into this KMS key.",
            )
        region.store.save_material(record.id, key)
        region.store.save_record(replace(record, material=fingerprint, expires=expires))
    return {"KeyId": record.arn}


def delete_imported_key_material(region: Region, request: Request) -> Mapping[str, object]:
    """DeleteImportedKeyMaterial: the key waits for the same material again; one to be deleted stays in that state."""
    if request.has("KeyMaterialId"):
        raise unsupported("KeyMaterialId is for symmetric encryption keys alone.")
    with region.store.changing():
        record = _of_external_origin(region, request)
        if record.material:
            region.store.save_record(replace(record, expires=0.0))
            region.store.drop_material(record.id)
    return {"KeyId": record.arn}


def _of_external_origin(region: Region, request: Request) -> KeyRecord:
    record = region.key(request.text("KeyId"))
    if record.origin != "EXTERNAL":
        raise unsupported(f"{record.arn} origin is {record.origin} which is not valid for this operation.")
    return record


def _external(region: Region, request: Request) -> KeyRecord:
    record = _of_external_origin(region, request)
    region.refuse_states(record, *DYING)
    if record.facts.generate is None:
        raise unsupported(f"The embedded KMS imports no material for {record.spec}.")
    return record


def _known_material(region: Region, record: KeyRecord) -> str:
    """What was imported into the key before, or into a related key, which must have the same."""
    keys = (record, *related(region.store, record, region.clock()).values())
    return next((key.material for key in keys if key.material), "")


def _expiry(region: Region, request: Request) -> float | None:
    if request.text("ExpirationModel", "KEY_MATERIAL_EXPIRES") == "KEY_MATERIAL_DOES_NOT_EXPIRE":
        if request.has("ValidTo"):
            raise invalid("ValidTo cannot be given when ExpirationModel is KEY_MATERIAL_DOES_NOT_EXPIRE.")
        return None
    date = request.number("ValidTo", 0)
    if not request.has("ValidTo"):
        raise invalid("A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES")
    if date <= region.clock():
        raise invalid("ValidTo must be in the future.")
    if date > region.clock() + _LONGEST:
        raise invalid("ValidTo must be at most 365 days from now.")
    return date


def _ticket(region: Region, token: str, record: KeyRecord) -> tuple[str, rsa.RSAPrivateKey]:
    known = region.store.ticket(token)
    if known is None or known[0].key != record.id:
        raise Refusal("InvalidImportTokenException", "The import token is not one of this key.")
    if known[0].valid_to <= region.clock():
        raise Refusal("ExpiredImportTokenException", "The import token has expired.")
    return known[0].algorithm, known[1]


def _has_room(wrapping_spec: str, spec: str) -> bool:
    return not spec.startswith("RSA_") and (wrapping_spec, spec) != ("RSA_2048", "ECC_NIST_P521")


def _refuse_symmetric_only(request: Request) -> None:
    for member in ("ImportType", "KeyMaterialDescription", "KeyMaterialId"):
        if request.has(member):
            raise unsupported(f"{member} is for symmetric encryption keys alone.")


def _unwrap(wrapped: bytes, algorithm: str, wrapping: rsa.RSAPrivateKey) -> bytes:
    """What RSA-OAEP encrypts; or what an AES key wraps (RFC 5649) that RSA-OAEP encrypts in front of it."""
    size = wrapping.key_size // 8
    try:
        if algorithm in _ALONE:
            return wrapping.decrypt(wrapped, _ALONE[algorithm])
        aes = wrapping.decrypt(wrapped[:size], _WITH_AES[algorithm])
        return keywrap.aes_key_unwrap_with_padding(aes, wrapped[size:])
    except (ValueError, keywrap.InvalidUnwrap):
        # What failed must not be told: it would help to guess the key.
        raise Refusal("InvalidCiphertextException") from None


def _material(content: bytes, record: KeyRecord) -> Material:
    key: object = Secret(content) if record.facts.kind == "HMAC" else _private_key(content)
    if not fits(key, record.spec):
        raise Refusal("IncorrectKeyMaterialException", f"The key material is not that of a key of {record.spec}.")
    return key  # type: ignore[return-value]  # `fits` has checked it


def _private_key(content: bytes) -> object:
    try:
        if _PKCS8.match(content) is not None:
            return serialization.load_der_private_key(content, None)
    except UNREADABLE:
        pass
    # Not within the clause: what failed may quote key material.
    raise Refusal("IncorrectKeyMaterialException", "The key material is not a PKCS#8 private key in DER.")


def _identity(key: Material) -> bytes:
    return key.content if isinstance(key, Secret) else spki(key)
