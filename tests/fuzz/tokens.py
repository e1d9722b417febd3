"""What reads tokens and messages, given whatever a fuzzer makes.

What is signed is not worth fuzzing with a signature that is always wrong. So an input that begins with `seeds.SIGNED`
is a header and a payload, which is signed here: a fuzzer reaches what is looked at after the signature too.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import cbor2

from kmsjose import KmsJoseError, cose, cwt, jws, jwt, vc
from kmsjose.encoding import b64url_encode

from . import seeds
from .seeds import NOW, SIGNED


def each(*calls: Callable[[], object]) -> None:
    """Do calls one after another, each of which may be refused."""
    for call in calls:
        with suppress(KmsJoseError):
            call()


def token_of(data: bytes) -> bytes:
    if not data.startswith(SIGNED):
        return data
    header, _, payload = data[1:].partition(b"\0")
    signing_input = b64url_encode(header) + b"." + b64url_encode(payload)
    return signing_input + b"." + b64url_encode(seeds.signer().sign(signing_input))


def message_of(data: bytes) -> bytes:
    if len(data) < 2 or not data.startswith(SIGNED):
        return data
    protected, payload = data[2 : 2 + data[1]], data[2 + data[1] :]
    structure = cbor2.dumps(["Signature1", protected, b"", payload])
    return cbor2.dumps(cbor2.CBORTag(18, [protected, {}, payload, seeds.signer().sign(structure)]))


def read_jws(data: bytes) -> None:
    token, keys = token_of(data), seeds.keys()
    understood = frozenset({"b64", "exp"})
    each(
        lambda: repr(jws.verify(token, keys)),
        lambda: jws.verify(token, keys, payload=b"payload", understood=understood),
        lambda: (
            jws.verify(token.decode(), keys, typ=("JWT", "at+jwt"), algorithms=["ES256", "EdDSA"])
            if token.isascii()
            else None
        ),
    )


def read_jws_json(data: bytes) -> None:
    keys = seeds.keys()
    each(
        lambda: repr(jws.verify_json(data, keys)),
        lambda: jws.verify_json(data, keys, payload=b"payload", policy="any"),
        lambda: jws.verify_json(data, keys, policy=[seeds.KID]),
    )
    with suppress(ValueError, RecursionError):
        value: Any = json.loads(data)
        each(lambda: jws.verify_json(value, keys))


def read_jwt(data: bytes) -> None:
    token, keys = token_of(data), seeds.keys()
    each(
        lambda: repr(jwt.verify(token, keys, now=NOW)),
        lambda: jwt.verify(token, keys, now=NOW, audience="a", issuer="i", require=(), leeway=timedelta(minutes=1)),
        lambda: jwt.verify(token, keys, audience=["a"], typ=("JWT", "at+jwt"), require=("sub", "iat")),
    )


def read_vc(data: bytes) -> None:
    token, keys = token_of(data), seeds.keys()
    each(
        lambda: repr(vc.verify(token, keys, now=NOW)),
        lambda: vc.verify(token, keys, now=NOW, audience="a", issuer="i"),
        lambda: repr(vc.credentials_of(vc.verify_presentation(token, keys, now=NOW))),
        lambda: vc.verify_presentation(token, keys, now=NOW, audience="a", nonce="n"),
    )


def read_cose1(data: bytes) -> None:
    message, keys = message_of(data), seeds.cose_keys()
    key = seeds.signer().public_key
    each(
        lambda: repr(cose.verify1(message, keys)),
        lambda: cose.verify1(message, keys, payload=b"payload", external_aad=b"aad", understood={-100, 4}),
        lambda: cose.verify_hash_envelope(message, keys, b"content"),
        lambda: cose.verify_countersignatures(message, keys, policy="any"),
        lambda: cose.verify_countersignature0(message, key),
    )


def read_cose(data: bytes) -> None:
    keys = seeds.cose_keys()
    each(
        lambda: repr(cose.verify(data, keys)),
        lambda: cose.verify(data, keys, payload=b"payload", policy="any", typ=18),
        lambda: cose.verify(data, keys, policy=[seeds.KID]),
        lambda: cose.verify_countersignatures(data, keys),
    )


def read_cwt(data: bytes) -> None:
    token, keys = message_of(data), seeds.cose_keys()
    each(
        lambda: repr(cwt.verify(token, keys, now=NOW)),
        lambda: cwt.verify(token, keys, now=NOW, audience="a", issuer="i", require=(), leeway=timedelta(minutes=1)),
    )
