"""`cose.verify1`, and `cose.sign1` with a LocalSigner, against the bare primitive, beside python-cwt and pycose."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from kmsjose import KeySet, LocalSigner, cose
from tests.interop.peers import PYCOSE, PYTHON_CWT, python_peer, run

from .bare import sign_call
from .environments import CHECKOUT, kept
from .keys import bare_signature, bare_verify, digest_name, private_keys
from .measure import medians, table

PAYLOAD = bytes(range(200))
#: What must hold: ours against the bare primitive.
LIMITS = {"verify": {"ES256": 1.25}, "sign": {"ES256": 1.6}}
#: Module, folder and requirements. The ECDSA of pycose is pure Python, which gmpy2 makes faster.
PEERS = {
    "python-cwt": ("peer_cwt", "python-cwt", PYTHON_CWT),
    "pycose+gmpy2": ("peer_pycose", "pycose-gmpy2", (*PYCOSE, "gmpy2==2.3.2")),
}
#: A peer takes so many turns less: some of pycose's calls take tens of milliseconds.
_FEWER = 5
_TIMEOUT = 3600


@dataclass(frozen=True)
class Subject:
    """A message of one algorithm, and what it is made of.

    Attributes:
        private_key: As `cryptography` holds it.
        signer: By that key.
        message: A COSE_Sign1 with the payload.
        signed: The bytes that its signature is of.
        raw: Its signature.
    """

    private_key: Any
    signer: LocalSigner
    message: bytes
    signed: bytes
    raw: bytes

    @classmethod
    def of(cls, private_key: Any, alg: str) -> Subject:
        """A new message."""
        signer = LocalSigner(private_key, alg)
        request = cose.prepare1(PAYLOAD, signer.public_key)
        signed = request.signing_input.message or b""
        raw = signer.sign(signed)
        return cls(private_key, signer, request.finish(raw), signed, raw)

    def told(self) -> dict[str, Any]:
        """What a peer's program is told."""
        key = self.signer.public_key
        row = key.algorithm
        pem = self.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return {
            "family": row.family.value,
            "digest": digest_name(row),
            "number": row.cose,
            "kid": key.kid,
            "spki": key.spki.hex(),
            "cose_key": key.to_cose_key().hex(),
            "private": pem.decode(),
            "payload": PAYLOAD.hex(),
            "message": self.message.hex(),
            "signed": self.signed.hex(),
            "signature": bare_signature(self.raw, row).hex(),
        }

    def verify(self) -> dict[str, Callable[[], object]]:
        """What verifies it: the bare call, and ours."""
        key = self.signer.public_key
        keys = KeySet([key])
        return {
            "bare": bare_verify(key, self.signed, self.raw),
            "kmsjose": lambda: cose.verify1(self.message, keys),
        }

    def sign(self) -> dict[str, Callable[[], object]]:
        """What signs it: the bare call, and ours."""
        row = self.signer.public_key.algorithm
        return {
            "bare": sign_call(self.private_key, row.family.value, digest_name(row), self.signed),
            "kmsjose": lambda: cose.sign1(PAYLOAD, self.signer),
        }


def main(rounds: int, batch: int) -> None:
    """Print the tables."""
    subjects = {alg: Subject.of(key, alg) for alg, key in private_keys().items()}
    cases = {alg: subject.told() for alg, subject in subjects.items()}
    told = {"rounds": max(rounds // _FEWER, 3), "batch": batch, "cases": cases}
    peers = {name: _measured(*peer, told) for name, peer in PEERS.items()}
    for kind, title in (("verify", "cose.verify1"), ("sign", "cose.sign1 with a LocalSigner")):
        rows = []
        for alg, subject in subjects.items():
            result = medians(getattr(subject, kind)(), rounds, batch)
            limit = LIMITS[kind].get(alg)
            row = {"alg": alg, "bare us": f"{result['bare']:.1f}", "kmsjose": _ratio(result, "kmsjose")}
            row |= {name: _ratio(answers[kind][alg], "peer") for name, answers in peers.items()}
            rows.append(row | {"limit": f"{limit:.2f}x" if limit else ""})
        table(
            f"{title}, {len(PAYLOAD)} bytes, as a ratio to the bare cryptography {kind} of the same bytes "
            "(a peer's to that call in its own environment)",
            rows,
        )


def _measured(module: str, folder: str, requirements: tuple[str, ...], told: dict[str, Any]) -> dict[str, Any]:
    python = python_peer(kept(folder), requirements)
    # -E and -s keep out what is set for our own interpreter.
    command = [str(python), "-E", "-s", "-m", f"{__package__}.{module}"]
    return run(command, CHECKOUT, told, _TIMEOUT)


def _ratio(result: dict[str, float] | None, name: str) -> str:
    return "-" if result is None else f"{result[name] / result['bare']:.2f}x"
