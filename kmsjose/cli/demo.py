"""`kmsjose demo`: the whole way once, on the embedded KMS, with the commands that do the same."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import rich_click as click

from ..errors import VerificationError
from . import screen, streams
from .command import Command, examples
from .escape import json_text
from .vc import verdict

if TYPE_CHECKING:
    from ..keys import KeySet

_CREDENTIAL: Final = {
    "@context": ["https://www.w3.org/ns/credentials/v2"],
    "type": ["VerifiableCredential"],
    "issuer": "https://university.example",
    "validFrom": "2026-01-01T00:00:00Z",
    "credentialSubject": {"name": "Alice", "degree": "Master of Science"},
}


@click.command(cls=Command, epilog=examples("kmsjose demo"))
def demo() -> None:
    """Create a key, sign a credential, export, verify: in a temporary folder, telling each step.

    It needs no AWS account, and leaves nothing behind.
    """
    from .. import kms
    from ..credentials import vc
    from ..keys import KeySet

    with tempfile.TemporaryDirectory(prefix="kmsjose-demo-") as folder:
        _tell(
            "This demo issues a verifiable credential and verifies it. Its key lives in an embedded KMS, in a",
            "temporary folder; with AWS, the commands are the same without the first line.",
        )
        _type("export KMSJOSE_LOCAL=./keys")

        _step("1. Create a signing key. It stays in the KMS; what you get is its name.")
        _type("kmsjose key create --alg ES256 --alias issuer")
        client = kms.connect(local=Path(folder) / "keys")
        _result(kms.create_key(client, "ES256", alias="issuer"))

        _step("2. Write a credential, here as credential.json.")
        _result(json_text(_CREDENTIAL))

        _step("3. Sign it. The KMS signs a digest; the credential itself is not sent there.")
        _type("kmsjose vc issue --key alias/issuer credential.json > credential.jwt")
        signer = kms.KMSSigner.open(client, "alias/issuer")
        token = vc.issue(_CREDENTIAL, signer)
        _result(f"{token[:60]}... ({len(token)} characters)")

        _step("4. Export the public key as a JWK Set. This is what you publish, under any URL.")
        _type("kmsjose export alias/issuer > jwks.json")
        jwks = KeySet([signer.public_key]).to_jwks()
        _result(json_text(jwks))

        _step("5. Verify. From here on neither KMS nor AWS is needed: the JWK Set is enough.")
        _type("kmsjose vc verify --keys jwks.json credential.jwt")
        keys = KeySet.from_jwks(jwks)
        _result(verdict(vc.verify(token, keys)))
        _result("(and the credential, on standard output)")

        _step("6. Change one character of what was signed, and verify again. It must be refused.")
        _type("kmsjose vc verify --keys jwks.json changed.jwt")
        _result(f"refused, as it must be: {_refusal(_changed(token), keys)}")

    _tell(
        "",
        "That was all of it, and the folder is gone. Where to go from here:",
        "  kmsjose inspect credential.jwt      what a token says, without trusting it",
        "  kmsjose --help                      every command; --help after a command has examples",
        "  kmsjose --region REGION key list    the same with AWS KMS: leave KMSJOSE_LOCAL unset",
    )


def _changed(token: str) -> str:
    header, payload, signature = token.split(".")
    middle = len(payload) // 2
    other = "A" if payload[middle] != "A" else "B"
    return f"{header}.{payload[:middle]}{other}{payload[middle + 1 :]}.{signature}"


def _refusal(token: str, keys: KeySet) -> str:
    from ..credentials import vc

    try:
        vc.verify(token, keys)
    except VerificationError as error:
        return f"error[{error.code}]: {error.message}"
    raise AssertionError("a changed token was accepted")


def _tell(*lines: str) -> None:
    for line in lines:
        screen.print_line(line)


def _step(title: str) -> None:
    screen.print_line("")
    screen.heading(title)


def _type(command: str) -> None:
    screen.print_line(f"  $ {command}")


def _result(text: str) -> None:
    for line in text.split("\n"):
        streams.write(f"    {line}\n")
