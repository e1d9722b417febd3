"""One target for each reader: whatever its input, it ends by a result or by an error of the package.

What is signed is not worth fuzzing with a signature that is always wrong. So an input that begins with `seeds.SIGNED`
is a header and a payload, which the target signs: a fuzzer reaches what is looked at after the signature too.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import tempfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import cbor2

from kmsjose import Chain, KeySet, KmsJoseError, PublicKey, cose, cwt, jws, jwt, vc, x509
from kmsjose.cli import inspect as inspection
from kmsjose.cli import inspect_views, keyfiles
from kmsjose.cli.escape import json_text
from kmsjose.encoding import b64url_encode
from kmsjose.keys import check_chain, check_trust, read_anchors, read_private_key
from kmsjose.keys.did import did_of, key_of_did_jwk
from kmsjose.keys.did_web import did_web_path
from kmsjose.kms import audit_join, trail

from . import seeds
from .seeds import NOW, SIGNED

_RSA: Final = ("RS256", "PS256")
_MOST_TIMES, _SMALLEST = 20, 64 << 10


@dataclass(frozen=True, slots=True)
class Target:
    """What is fuzzed.

    Attributes:
        read: Is given the input; raises nothing but what is a finding.
        seeds: Inputs to begin with.
    """

    read: Callable[[bytes], None]
    seeds: Callable[[], Iterable[bytes]]


def _each(*calls: Callable[[], object]) -> None:
    """Do calls one after another, each of which may be refused."""
    for call in calls:
        with suppress(KmsJoseError):
            call()


def _token(data: bytes) -> bytes:
    if not data.startswith(SIGNED):
        return data
    header, _, payload = data[1:].partition(b"\0")
    signing_input = b64url_encode(header) + b"." + b64url_encode(payload)
    return signing_input + b"." + b64url_encode(seeds.signer().sign(signing_input))


def _message(data: bytes) -> bytes:
    if len(data) < 2 or not data.startswith(SIGNED):
        return data
    protected, payload = data[2 : 2 + data[1]], data[2 + data[1] :]
    structure = cbor2.dumps(["Signature1", protected, b"", payload])
    return cbor2.dumps(cbor2.CBORTag(18, [protected, {}, payload, seeds.signer().sign(structure)]))


def _jws(data: bytes) -> None:
    token, keys = _token(data), seeds.keys()
    understood = frozenset({"b64", "exp"})
    _each(
        lambda: repr(jws.verify(token, keys)),
        lambda: jws.verify(token, keys, payload=b"payload", understood=understood),
        lambda: (
            jws.verify(token.decode(), keys, typ=("JWT", "at+jwt"), algorithms=["ES256", "EdDSA"])
            if token.isascii()
            else None
        ),
    )


def _jws_json(data: bytes) -> None:
    keys = seeds.keys()
    _each(
        lambda: repr(jws.verify_json(data, keys)),
        lambda: jws.verify_json(data, keys, payload=b"payload", policy="any"),
        lambda: jws.verify_json(data, keys, policy=[seeds.KID]),
    )
    with suppress(ValueError, RecursionError):
        value: Any = json.loads(data)
        _each(lambda: jws.verify_json(value, keys))


def _jwt(data: bytes) -> None:
    token, keys = _token(data), seeds.keys()
    _each(
        lambda: repr(jwt.verify(token, keys, now=NOW)),
        lambda: jwt.verify(token, keys, now=NOW, audience="a", issuer="i", require=(), leeway=timedelta(minutes=1)),
        lambda: jwt.verify(token, keys, audience=["a"], typ=("JWT", "at+jwt"), require=("sub", "iat")),
    )


def _vc(data: bytes) -> None:
    token, keys = _token(data), seeds.keys()
    _each(
        lambda: repr(vc.verify(token, keys, now=NOW)),
        lambda: vc.verify(token, keys, now=NOW, audience="a", issuer="i"),
        lambda: repr(vc.credentials_of(vc.verify_presentation(token, keys, now=NOW))),
        lambda: vc.verify_presentation(token, keys, now=NOW, audience="a", nonce="n"),
    )


def _cose1(data: bytes) -> None:
    message, keys = _message(data), seeds.cose_keys()
    key = seeds.signer().public_key
    _each(
        lambda: repr(cose.verify1(message, keys)),
        lambda: cose.verify1(message, keys, payload=b"payload", external_aad=b"aad", understood={-100, 4}),
        lambda: cose.verify_hash_envelope(message, keys, b"content"),
        lambda: cose.verify_countersignatures(message, keys, policy="any"),
        lambda: cose.verify_countersignature0(message, key),
    )


def _cose(data: bytes) -> None:
    keys = seeds.cose_keys()
    _each(
        lambda: repr(cose.verify(data, keys)),
        lambda: cose.verify(data, keys, payload=b"payload", policy="any", typ=18),
        lambda: cose.verify(data, keys, policy=[seeds.KID]),
        lambda: cose.verify_countersignatures(data, keys),
    )


def _cwt(data: bytes) -> None:
    token, keys = _message(data), seeds.cose_keys()
    _each(
        lambda: repr(cwt.verify(token, keys, now=NOW)),
        lambda: cwt.verify(token, keys, now=NOW, audience="a", issuer="i", require=(), leeway=timedelta(minutes=1)),
    )


def _written(keys: KeySet) -> None:
    _each(lambda: repr(keys), keys.to_jwks, keys.to_cose_keyset)


def _jwk(data: bytes) -> None:
    _each(
        lambda: repr(PublicKey.from_jwk(data)),
        lambda: PublicKey.from_jwk(data, "PS256").to_jwk(),
        lambda: _written(KeySet.from_jwks(data, _RSA)),
        lambda: keyfiles._parse(data, _RSA, "assertionMethod"),
    )


def _cose_key(data: bytes) -> None:
    _each(
        lambda: repr(PublicKey.from_cose_key(data)),
        lambda: PublicKey.from_cose_key(data, "PS256").to_cose_key(),
        lambda: _written(KeySet.from_cose_keyset(data, _RSA)),
        lambda: keyfiles._parse(data, _RSA, "assertionMethod"),
    )


def _pem(data: bytes) -> None:
    for alg in (None, *_RSA):
        _each(
            lambda alg=alg: PublicKey.from_pem(data, alg).to_jwk(),  # type: ignore[misc]
            lambda alg=alg: PublicKey.from_der(data, alg).to_cose_key(),  # type: ignore[misc]
        )
    _each(lambda: keyfiles._parse(data, _RSA, "assertionMethod"))


def _did(data: bytes) -> None:
    _each(
        lambda: _written(KeySet.from_did_document(data, _RSA)),
        lambda: _written(KeySet.from_did_document(data, purpose="authentication")),
    )
    with suppress(UnicodeDecodeError):
        text = data.decode()
        _each(lambda: did_of(text), lambda: repr(key_of_did_jwk(text, "PS256")), lambda: did_web_path(text))


def _certificates(data: bytes) -> None:
    def check(chain: Chain) -> None:
        repr(chain)
        _each(
            lambda: check_chain(chain, chain.public_key("PS256"), at=NOW),
            lambda: check_trust(chain, read_anchors(chain.to_pem()), purposes=["1.3.6.1.5.5.7.3.8"], at=NOW),
        )

    _each(
        lambda: check(Chain.from_pem(data)),
        lambda: check(Chain.from_der([data])),
        lambda: read_anchors(data),
        lambda: x509.read_request(data),
    )


def _trail(data: bytes) -> None:
    content = gzip.compress(data[1:], 1, mtime=0) if data.startswith(SIGNED) else data
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:  # noqa: S108
        file = Path(folder) / "events"
        file.write_bytes(content)
        _each(
            lambda: audit_join.join(io.BytesIO(content), trail.sign_events(file), all_keys=True),
            lambda: list(trail.sign_events(os.fspath(file))),
        )


def _private(data: bytes) -> None:
    _each(
        lambda: repr(read_private_key(data)),
        lambda: repr(read_private_key(data, b"pw")),
    )


def _inspect(data: bytes) -> None:
    reading = None
    with suppress(KmsJoseError):
        reading = inspection._read(data, NOW.timestamp())
    if reading is None:
        inspection._why_not(data)
        return
    room = max(_MOST_TIMES * len(data), _SMALLEST)
    shown = json_text(inspect_views.as_json(reading, len(data)))
    lines = sum(len(line.encode("utf-8", "surrogatepass")) + 1 for line in inspect_views.as_lines(reading, len(data)))
    assert len(shown.encode("utf-8", "surrogatepass")) <= room, "its JSON is too long"
    assert lines <= room, "its lines are too long"


#: Every target by its name.
TARGETS: Final[dict[str, Target]] = {
    "jws": Target(_jws, seeds.jws),
    "jws-json": Target(_jws_json, seeds.jws_json),
    "jwt": Target(_jwt, seeds.jwt),
    "vc": Target(_vc, seeds.vc),
    "cose1": Target(_cose1, seeds.cose),
    "cose": Target(_cose, seeds.cose),
    "cwt": Target(_cwt, seeds.cwt),
    "jwk": Target(_jwk, seeds.jwk),
    "cose-key": Target(_cose_key, seeds.cose_key),
    "pem": Target(_pem, seeds.pem),
    "did": Target(_did, seeds.did),
    "certificates": Target(_certificates, seeds.certificates),
    "trail": Target(_trail, seeds.trail),
    "private": Target(_private, seeds.private),
    "inspect": Target(_inspect, seeds.anything),
}
