"""What reads keys, certificates, documents, trails and whatever else is a file, given whatever a fuzzer makes."""

from __future__ import annotations

import gzip
import io
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final

from kmsjose import Chain, KeySet, KmsJoseError, PublicKey, x509
from kmsjose.cli import inspect as inspection
from kmsjose.cli import inspect_views, keyfiles
from kmsjose.cli.escape import json_text
from kmsjose.keys import check_chain, check_trust, freshness, read_anchors, read_private_key
from kmsjose.keys.did import did_of, key_of_did_jwk
from kmsjose.keys.did_web import did_web_path
from kmsjose.kms import audit_join, trail
from kmsjose.kms.local.files import MemoryFiles
from kmsjose.kms.local.keys import KeyRecord
from kmsjose.kms.local.refusals import Refusal
from kmsjose.kms.local.store import Store

from . import seed_files
from .seeds import NOW, SIGNED
from .tokens import each

_RSA: Final = ("RS256", "PS256")
_RECORD: Final = KeyRecord.from_json(seed_files.RECORD)
_KEY_ID: Final = _RECORD.id
_FILES: Final = ("aliases.json", "00.import.json", "00.import.pem", *(
    _KEY_ID + ending for ending in (".json", ".pem", ".used", ".grants")
))  # fmt: skip
_MOST_TIMES, _SMALLEST = 20, 64 << 10


def _written(keys: KeySet) -> None:
    each(lambda: repr(keys), keys.to_jwks, keys.to_cose_keyset)


def read_jwk(data: bytes) -> None:
    each(
        lambda: repr(PublicKey.from_jwk(data)),
        lambda: PublicKey.from_jwk(data, "PS256").to_jwk(),
        lambda: _written(KeySet.from_jwks(data, _RSA)),
        lambda: keyfiles._parse(data, _RSA, "assertionMethod"),
    )


def read_cose_key(data: bytes) -> None:
    each(
        lambda: repr(PublicKey.from_cose_key(data)),
        lambda: PublicKey.from_cose_key(data, "PS256").to_cose_key(),
        lambda: _written(KeySet.from_cose_keyset(data, _RSA)),
        lambda: keyfiles._parse(data, _RSA, "assertionMethod"),
    )


def read_pem(data: bytes) -> None:
    for alg in (None, *_RSA):
        each(
            lambda alg=alg: PublicKey.from_pem(data, alg).to_jwk(),  # type: ignore[misc]
            lambda alg=alg: PublicKey.from_der(data, alg).to_cose_key(),  # type: ignore[misc]
        )
    each(lambda: keyfiles._parse(data, _RSA, "assertionMethod"))


def read_did(data: bytes) -> None:
    each(
        lambda: _written(KeySet.from_did_document(data, _RSA)),
        lambda: _written(KeySet.from_did_document(data, purpose="authentication")),
    )
    with suppress(UnicodeDecodeError):
        text = data.decode()
        each(lambda: did_of(text), lambda: repr(key_of_did_jwk(text, "PS256")), lambda: did_web_path(text))


def read_certificates(data: bytes) -> None:
    def check(chain: Chain) -> None:
        repr(chain)
        each(
            lambda: check_chain(chain, chain.public_key("PS256"), at=NOW),
            lambda: check_trust(chain, read_anchors(chain.to_pem()), purposes=["1.3.6.1.5.5.7.3.8"], at=NOW),
        )

    each(
        lambda: check(Chain.from_pem(data)),
        lambda: check(Chain.from_der([data])),
        lambda: read_anchors(data),
        lambda: x509.read_request(data),
    )


def read_trail(data: bytes) -> None:
    content = gzip.compress(data[1:], 1, mtime=0) if data.startswith(SIGNED) else data
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:  # noqa: S108
        file = Path(folder) / "events"
        file.write_bytes(content)
        each(
            lambda: audit_join.join(io.BytesIO(content), trail.sign_events(file), all_keys=True),
            lambda: list(trail.sign_events(os.fspath(file))),
        )


def read_private(data: bytes) -> None:
    each(
        lambda: repr(read_private_key(data)),
        lambda: repr(read_private_key(data, b"pw")),
    )


def read_inspect(data: bytes) -> None:
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


def read_headers(data: bytes) -> None:
    lines = [line.partition(":") for line in data.decode("latin-1").split("\n")]
    freshness.lifetime({name.strip().lower(): value.strip() for name, _, value in lines}, NOW.timestamp())
    for _, _, value in lines:
        freshness.http_date(value)


def read_folder(data: bytes) -> None:
    """Each file of an embedded KMS, by whatever it holds, and what a call says of it."""
    files = MemoryFiles()
    store = Store(files, "eu-west-1")
    for name in _FILES:
        files.write(f"eu-west-1/{name}", data)
    for call in (
        store.aliases,
        lambda: store.grants(_KEY_ID),
        lambda: store.usage(_KEY_ID),
        lambda: store.record(_KEY_ID),
        lambda: store.ticket("00"),
        lambda: store.material(_RECORD),
    ):
        with suppress(Refusal):
            call()
