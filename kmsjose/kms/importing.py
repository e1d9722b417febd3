"""Import of an existing private key: KMS signs with it from then on, and its kid and its verifiers stay as they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from ..algorithms import BY_NAME, Algorithm
from ..arguments import checked
from ..errors import InputError, KMSError, KmsJoseError, VerificationError
from ..keys.private import PrivateMaterial
from ..keys.public_key import PublicKey
from ..signers.local import LocalSigner
from .aliases import name_new_key, refuse_taken
from .audit import AuditHook
from .calls import KMSClient, call, pages
from .description import resolve
from .eventual import eventually
from .identifiers import alias_name
from .lifecycle import MIN_WINDOW, half_done, key_parameters, key_spec, schedule
from .making import make_key
from .signer import KMSSigner
from .tags import ALG, KID, read_tags, tags_of, write_tags
from .wrapping import refuse_plain_http, send_material

_PROOF: Final = b"This signature shows that a key was imported whole."


@checked
def import_key(
    client: KMSClient,
    private_key: PrivateMaterial,
    *,
    alg: str | None = None,
    kid: str | bytes | None = None,
    alias: str | None = None,
    description: str = "",
    tags: Mapping[str, str] | None = None,
    multi_region: bool = False,
    policy: str | None = None,
    audit: AuditHook | None = None,
) -> KMSSigner:
    """Make a KMS key of a private key, and prove that it signs as the original does.

    The key is sent wrapped by a key that the endpoint gives, so it is as secret as the endpoint is genuine: whoever can
    answer in its place, as a proxy that opens TLS can, can unwrap it. What KMS then holds is compared with the
    original, and one signature by KMS is verified by the original public key. Only then is the alias made. If anything
    fails, the new key is scheduled for deletion. KMS never gives the key back: destroy the original once every
    service signs by KMS.

    Args:
        client: A boto3 KMS client.
        private_key: A `cryptography` private key, as `read_private_key` reads it; RSA of 2048, 3072 or 4096 bits.
        alg: The JOSE name of what it signs by; needed for RSA alone, whose key remembers it in a tag.
        kid: The kid that it is published with, which the key remembers in a tag; None is its RFC 7638 thumbprint.
        alias: A name for it, with or without ``alias/``; it must be free.
        description: For people.
        tags: For billing and access control.
        multi_region: Make a primary key that can be replicated.
        policy: A key policy as JSON; None takes the account's default.
        audit: Told of each signature before it is released, that of the proof among them.

    Raises:
        InputError: ``key-invalid``, ``alg-required``, ``alg-unknown``, ``alg-unsupported-by-key``, ``usage``, also for
            an endpoint elsewhere without TLS; before anything is made.
        KMSError: as AWS answers; ``already-exists`` for an alias that is taken, before anything is made;
            ``unexpected-answer`` if KMS does not sign as the original does; ``half-done`` if the new key could not be
            scheduled for deletion after a failure: the message has its ARN.

    >>> from cryptography.hazmat.primitives.asymmetric import ec
    >>> from kmsjose import kms
    >>> signer = import_key(kms.connect(local=":memory:"), ec.generate_private_key(ec.SECP256R1()), kid="2019-key")
    >>> signer.public_key
    PublicKey(algorithm=<Algorithm ES256>, kid='2019-key')
    """
    refuse_plain_http(client)
    original, material = _checked(private_key, alg, kid)
    spec = _spec(original)
    name = None if alias is None else alias_name(alias)
    parameters = key_parameters(spec, description, policy, multi_region=multi_region)
    known_by = _tags(tags, original, spec)
    if name is not None:
        refuse_taken(client, name)
    arn = make_key(client, {**parameters, "Origin": "EXTERNAL"}, known_by)
    try:
        signer = _imported(client, arn, material, original, audit)
        if name is not None:
            _name(client, arn, name)
    except BaseException as error:
        # Of an interruption too, for nothing else would ever remove the key.
        _discard(client, arn, error)
        raise
    return signer


@checked
def import_material(
    client: KMSClient,
    key: str,
    private_key: PrivateMaterial,
    *,
    alg: str | None = None,
    kid: str | bytes | None = None,
    audit: AuditHook | None = None,
) -> KMSSigner:
    """Import a private key into a KMS key that waits for it: the replica of a key that was imported elsewhere.

    KMS takes the same material as before alone. The signature by KMS is verified as `import_key` does. A tag that says
    the kid or the algorithm is never changed, but written where it is missing. After a failure the call can be
    repeated.

    Args:
        client: A boto3 KMS client of the key's region.
        key: Key id, key ARN, alias name or alias ARN.
        private_key: A `cryptography` private key.
        alg: As for `import_key`; None takes that of the key's tag.
        kid: As for `import_key`; None takes that of the key's tag.
        audit: As for `import_key`.

    Raises:
        InputError: as `import_key`; ``usage`` also for an alg or a kid that is not that of the key's tag.
        KMSError: as AWS answers; ``access-denied`` if the tags may not be listed; ``unsupported`` for a key that was
            not made for an import; ``unexpected-answer``.
    """
    refuse_plain_http(client)
    arn = resolve(client, key)
    told = read_tags(client, arn)
    original, material = _checked(
        private_key, told.get(ALG) if alg is None else alg, told.get(KID) if kid is None else kid
    )
    own = tags_of(original, _spec(original))
    _refuse_other(told, original)
    signer = _imported(client, arn, material, original, audit)
    missing = {name: value for name, value in own.items() if name not in told}
    if missing:
        write_tags(client, arn, missing)
    return signer


def _refuse_other(told: Mapping[str, str], original: PublicKey) -> None:
    """Refuse a kid or an algorithm that the key is not known by."""
    row = BY_NAME.get(told.get(ALG, original.algorithm.name))
    for name, agrees in ((KID, told.get(KID, original.kid) == original.kid), (ALG, row is original.algorithm)):
        if not agrees:
            raise InputError("usage", f"the key's tag {name} is {told[name][:80]!r}, and an import does not change it")


def _checked(private_key: PrivateMaterial, alg: str | None, kid: str | bytes | None) -> tuple[PublicKey, bytes]:
    """The public half, and the key as PKCS#8 (RFC 5958), once it is known to sign."""
    if not isinstance(private_key, PrivateMaterial):
        raise InputError("key-invalid", "give a private key of `cryptography`, of a type that an algorithm here uses")
    material = private_key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    signer = LocalSigner(private_key, alg, kid or "")
    try:
        signer.public_key.verify(_PROOF, signer.sign(_PROOF))
    except VerificationError:
        raise InputError("key-invalid", "the private and the public half are not of one key") from None
    return signer.public_key, material


def _spec(original: PublicKey) -> str:
    row: Algorithm = original.algorithm
    bits = original.material.key_size if isinstance(original.material, rsa.RSAPublicKey) else None
    return key_spec(row, bits)


def _tags(given: Mapping[str, str] | None, original: PublicKey, spec: str) -> dict[str, str]:
    own = tags_of(original, spec)
    for name in (KID, ALG):
        if given and name in given:
            raise InputError("usage", f"the tag {name} is set by the import: give the kid or alg itself")
    return {**(given or {}), **own}


def _imported(client: KMSClient, arn: str, material: bytes, original: PublicKey, audit: AuditHook | None) -> KMSSigner:
    send_material(client, arn, material)
    signer = eventually(lambda: KMSSigner.open(client, arn, original.algorithm.name, original.kid, audit=audit))
    if signer.public_key.spki != original.spki:
        raise KMSError("unexpected-answer", f"{arn} holds another key than was imported", operation="GetPublicKey")
    try:
        original.verify(_PROOF, eventually(lambda: signer.sign(_PROOF)))
    except VerificationError as error:
        raise KMSError("unexpected-answer", f"{arn} does not sign as the original does", operation="Sign") from error
    return signer


def _name(client: KMSClient, arn: str, name: str) -> None:
    try:
        eventually(lambda: name_new_key(client, arn, name))
    except BaseException as error:
        # The name may be given all the same, and would stand in the way of the next try.
        _take_back(client, arn, name, error)
        raise


def _take_back(client: KMSClient, arn: str, name: str, error: BaseException) -> None:
    try:
        if any(alias.get("AliasName") == name for alias in pages(client, "ListAliases", "Aliases", KeyId=arn)):
            call(client, "DeleteAlias", AliasName=name)
    except KMSError:
        error.add_note(f"The new key may have the name {name} already; `kmsjose key unalias {name}` takes it back.")


def _discard(client: KMSClient, arn: str, error: BaseException) -> None:
    """Schedule the deletion of a key that was made for an import which failed."""
    try:
        eventually(lambda: schedule(client, arn, MIN_WINDOW), ("not-found",))
    except KMSError:
        told = error.message if isinstance(error, KmsJoseError) else type(error).__name__
        raise half_done(
            f"the key {arn} was made, but its import failed: {told}; remove it by `kmsjose key delete {arn}`", error
        ) from error
    error.add_note(f"The new key {arn} is scheduled for deletion.")
