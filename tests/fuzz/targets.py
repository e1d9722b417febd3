"""One target for each reader: whatever its input, it ends by a result or by an error of the package."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from . import seed_files, seeds
from .files import (
    read_certificates,
    read_cose_key,
    read_did,
    read_folder,
    read_headers,
    read_inspect,
    read_jwk,
    read_pem,
    read_private,
    read_trail,
)
from .tokens import read_cose, read_cose1, read_cwt, read_jws, read_jws_json, read_jwt, read_vc


@dataclass(frozen=True, slots=True)
class Target:
    """What is fuzzed.

    Attributes:
        read: Is given the input; raises nothing but what is a finding.
        seeds: Inputs to begin with.
    """

    read: Callable[[bytes], None]
    seeds: Callable[[], Iterable[bytes]]


#: Every target by its name.
TARGETS: Final[dict[str, Target]] = {
    "jws": Target(read_jws, seeds.jws),
    "jws-json": Target(read_jws_json, seeds.jws_json),
    "jwt": Target(read_jwt, seeds.jwt),
    "vc": Target(read_vc, seeds.vc),
    "cose1": Target(read_cose1, seeds.cose),
    "cose": Target(read_cose, seeds.cose),
    "cwt": Target(read_cwt, seeds.cwt),
    "jwk": Target(read_jwk, seed_files.jwk),
    "cose-key": Target(read_cose_key, seed_files.cose_key),
    "pem": Target(read_pem, seed_files.pem),
    "did": Target(read_did, seed_files.did),
    "certificates": Target(read_certificates, seed_files.certificates),
    "trail": Target(read_trail, seed_files.trail),
    "headers": Target(read_headers, seed_files.headers),
    "folder": Target(read_folder, seed_files.folder),
    "private": Target(read_private, seed_files.private),
    "inspect": Target(read_inspect, seed_files.anything),
}
