"""GetParametersForImport and ImportKeyMaterial: an existing key becomes a KMS key, and keeps its kid."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, keywrap, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from ...keys.private import PrivateMaterial
from .keys import ImportTicket, KeyRecord
from .refusals import Refusal, invalid, unsupported
from .region import DYING, Region
from .related import related
from .requests import Request
from .specs import SPECS, fits, spki

_VALID_FOR: Final = 86_400
_WRAPPING: Final = "RSA_AES_KEY_WRAP_SHA_256"
_OAEP: Final = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)


def get_parameters_for_import(region: Region, request: Request) -> Mapping[str, object]:
    """GetParametersForImport: a wrapping key and its token, good for a day."""
    record = _external(region, request)
    algorithm, wrapping_spec = request.text("WrappingAlgorithm"), SPECS.get(request.text("WrappingKeySpec"))
    if algorithm != _WRAPPING or wrapping_spec is None or wrapping_spec.generate is None:
        raise unsupported(f"The embedded KMS imports by {_WRAPPING} and an RSA wrapping key alone.")
    wrapping = wrapping_spec.generate()
    if not isinstance(wrapping, rsa.RSAPrivateKey):
        raise unsupported("A wrapping key is an RSA key.")
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
    """ImportKeyMaterial: PKCS#8, wrapped; the same material may be imported again, other material may not."""
    wrapped, token = request.blob("EncryptedKeyMaterial"), request.blob("ImportToken").hex()
    expires = _expiry(region, request)
    with region.store.changing():
        record = _external(region, request)
        key = _unwrap(wrapped, _wrapping_key(region, token, record))
        if not fits(key, record.spec):
            raise Refusal("IncorrectKeyMaterialException", f"The key material is not a PKCS#8 key of {record.spec}.")
        fingerprint = sha256(spki(key)).hexdigest()
        if _known_material(region, record) not in ("", fingerprint):
            raise Refusal(
                "IncorrectKeyMaterialException",
                "The key material is not the same key material that was previously imported into this KMS key.",
            )
        region.store.save_material(record.id, key)
        region.store.save_record(replace(record, material=fingerprint, expires=expires))
    return {"KeyId": record.arn}


def _external(region: Region, request: Request) -> KeyRecord:
    record = region.key(request.text("KeyId"))
    if record.origin != "EXTERNAL":
        raise unsupported(f"{record.arn} origin is {record.origin} which is not valid for this operation.")
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
    return date


def _wrapping_key(region: Region, token: str, record: KeyRecord) -> rsa.RSAPrivateKey:
    known = region.store.ticket(token)
    if known is None or known[0].key != record.id:
        raise Refusal("InvalidImportTokenException", "The import token is not one of this key.")
    if known[0].valid_to <= region.clock():
        raise Refusal("ExpiredImportTokenException", "The import token has expired.")
    return known[1]


def _unwrap(wrapped: bytes, wrapping: rsa.RSAPrivateKey) -> PrivateMaterial:
    """The key within an AES key wrapped by RSA-OAEP, followed by PKCS#8 wrapped by that AES key (RFC 5649)."""
    size = wrapping.key_size // 8
    try:
        aes = wrapping.decrypt(wrapped[:size], _OAEP)
        material = keywrap.aes_key_unwrap_with_padding(aes, wrapped[size:])
    except (ValueError, keywrap.InvalidUnwrap):
        # What failed must not be told: it would help to guess the key.
        raise Refusal("InvalidCiphertextException") from None
    try:
        return serialization.load_der_private_key(material, None)  # type: ignore[return-value]  # the caller checks it
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise Refusal("IncorrectKeyMaterialException", "The key material is not a PKCS#8 private key.") from None
