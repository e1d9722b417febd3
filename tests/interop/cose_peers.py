"""The COSE peers: what each is asked, and what it does not know."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from kmsjose.algorithms import TABLE, Family

from .cose_cases import CHANGED
from .peers import AUTH0_COSE, COSE_KIT, PYCOSE, PYTHON_CWT, node_command, npm_peer, python_command, python_peer

ALL = [row.name for row in TABLE]
ML_DSA = [row.name for row in TABLE if row.family is Family.ML_DSA]
RSA = [row.name for row in TABLE if row.kty == "RSA"]
READ = ("sign1", "sign", "cose_key")
MADE = ("make_sign1", "make_sign")


@dataclass(frozen=True)
class Unknown:
    """What a peer does not know; None stands for all.

    Attributes:
        says: What its error says, or our error of what it made.
        algorithms: JOSE names.
        forms: Of a message or token.
        kinds: What it was asked.
    """

    says: str
    algorithms: Collection[str] | None = None
    forms: Collection[str] | None = None
    kinds: Collection[str] | None = None

    def holds(self, kind: str, alg: str, form: str) -> bool:
        pairs = ((self.kinds, kind), (self.algorithms, alg), (self.forms, form))
        return all(named is None or one in named for named, one in pairs)


@dataclass(frozen=True)
class Peer:
    """A third-party library.

    Attributes:
        name: What it is called.
        command: Of the folder that it is installed in: the program that calls it.
        kinds: What it can be asked.
        algorithms: What it is asked to sign by.
        wrong: What it says of a wrong signature.
        unknown: What it does not know; the first that fits tells.
        node: Whether it needs Node.
    """

    name: str
    command: Callable[[Path], list[str]]
    kinds: tuple[str, ...]
    algorithms: Collection[str]
    wrong: str
    unknown: tuple[Unknown, ...]
    node: bool = False

    def error(self, kind: str, name: str) -> str | None:
        """What its error must say of a case, or None where it must give the good answer."""
        alg, _, form = name.partition(" ")
        for unknown in self.unknown:
            if unknown.holds(kind, alg, form):
                return unknown.says
        return self.wrong if form.startswith(CHANGED) else None


def _python(requirements: tuple[str, ...], program: str) -> Callable[[Path], list[str]]:
    return lambda folder: python_command(python_peer(folder, requirements), program)


def _npm(packages: tuple[str, ...], program: str) -> Callable[[Path], list[str]]:
    def command(folder: Path) -> list[str]:
        npm_peer(folder, packages)
        return node_command(program)

    return command


# Recent releases of Node alone have ML-DSA, so an npm package is not asked to sign by it.
_NPM_ALGORITHMS = [alg for alg in ALL if alg not in ML_DSA]
_NO_AAD = Unknown("no option to sign external_aad", forms=("external_aad",), kinds=MADE)
# Both, of one origin, read the COSE_Keys of RFC 9053 alone.
_COSE_KEYS = (
    Unknown('Unsupported "kty"', (*RSA, *ML_DSA), kinds=("cose_key",)),
    Unknown("crv", ("ES256K",), kinds=("cose_key",)),
)
# Both write the protected header of each signature as a map, where RFC 9052 section 4.1 has a byte string.
_NO_SIGN = Unknown("kmsjose: malformed", kinds=("make_sign",))

PEERS = (
    Peer(
        "python-cwt",
        _python(PYTHON_CWT, "call_cwt.py"),
        (*READ, "cwt", *MADE, "make_cwt"),
        ALL,
        "VerifyError: Failed to verify",
        (
            Unknown("Unsupported or unknown kty(1): 7", ML_DSA, kinds=(*READ, "cwt")),
            Unknown("Unsupported or unknown key for OKP", ML_DSA, kinds=(*MADE, "make_cwt")),
            # RFC 9052 section 2 lets a tag be left out where the context tells what the message is.
            Unknown("Invalid COSE format", forms=("untagged",)),
        ),
    ),
    Peer(
        "pycose",
        _python(PYCOSE, "call_pycose.py"),
        (*READ, *MADE),
        ALL,
        "VerificationFailedError",
        (
            Unknown("Message was not tagged", forms=("untagged",)),
            Unknown("KeyError: 7", ML_DSA, kinds=("cose_key",)),
            Unknown("Unsupported key type", ML_DSA, kinds=MADE),
            # It has the curve secp256k1, but not its algorithm.
            Unknown("Unknown COSE attribute with value: [CoseAlgorithm", ("ES256K", *ML_DSA)),
            Unknown("Unknown COSE attribute with value: [CoseAlgorithm", forms=("fully specified",)),
        ),
    ),
    Peer(
        "auth0-cose",
        _npm(AUTH0_COSE, "call_auth0_cose.mjs"),
        (*READ, *MADE),
        _NPM_ALGORITHMS,
        "COSESignatureVerificationFailed",
        (
            *_COSE_KEYS,
            _NO_AAD,
            Unknown("The alg header must be set", ("ES256K",), kinds=MADE),
            _NO_SIGN,
            Unknown("Unsupported algorithm", ("ES256K", *ML_DSA), kinds=("sign1",)),
            Unknown("Unsupported algorithm", forms=("fully specified",)),
            # In a COSE_Sign it tries each signature, and tells none of their errors.
            Unknown("COSESignatureVerificationFailed", ("ES256K", *ML_DSA), kinds=("sign",)),
            # It has options for both, which a COSE_Sign does not look at.
            Unknown("COSESignatureVerificationFailed", forms=("detached", "external_aad"), kinds=("sign",)),
        ),
        node=True,
    ),
    Peer(
        "cose-kit",
        _npm(COSE_KIT, "call_cose_kit.mjs"),
        (*READ, *MADE),
        _NPM_ALGORITHMS,
        "the signature is wrong",
        (
            *_COSE_KEYS,
            _NO_AAD,
            # It signs by whatever it is told, and writes undefined for an alg that it does not know.
            Unknown("kmsjose: bad-cbor", ("ES256K",), kinds=MADE),
            _NO_SIGN,
            Unknown('Unsupported "kty"', ML_DSA),
            Unknown("crv", ("ES256K",)),
            Unknown("unknown algorithm", forms=("fully specified",)),
            Unknown("the signature is wrong", forms=("detached",)),
            Unknown("the signature is wrong", forms=("external_aad",), kinds=("sign",)),
        ),
        node=True,
    ),
)
