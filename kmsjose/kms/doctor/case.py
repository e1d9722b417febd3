"""What a check finds, and what the checks know of the case."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from ...errors import KmsJoseError
from ...keys import KeySet
from ..calls import KMSClient
from ..signer import KMSSigner

Status = Literal["ok", "warning", "failed", "skipped"]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    Attributes:
        name: What it is about; it stays the same from release to release.
        status: ``ok``; ``warning``: it works, but look at it; ``failed``: it does not work; ``skipped``: not checked.
        what: What was found, or why it was not checked.
        advice: What to do about a warning or failure; "" where there is nothing to do.
    """

    name: str
    status: Status
    what: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """A check without its name."""

    status: Status
    what: str
    advice: str = ""


def ok(what: str) -> Finding:
    """It is as it should be."""
    return Finding("ok", what)


def warning(what: str, advice: str) -> Finding:
    """It works, but someone should look at it."""
    return Finding("warning", what, advice)


def failed(what: str, advice: str) -> Finding:
    """It does not work."""
    return Finding("failed", what, advice)


def skipped(what: str, advice: str = "") -> Finding:
    """It was not checked."""
    return Finding("skipped", what, advice)


def failed_by(error: KmsJoseError) -> Finding:
    """It does not work, and the error says why."""
    return failed(error.message, error.hint)


@dataclass(slots=True)
class Case:
    """The key that is examined, and what the checks before have learned of it.

    Attributes:
        client: A boto3 KMS client.
        key: Key id, key ARN, alias name or alias ARN.
        alg: The JOSE name that the key is to sign by, or None.
        kid: The kid that it is to sign with, or None.
        load: Reads the published keys, told the algorithm of an RSA key that names none; None where none are compared.
        clock: Seconds since 1970 on this machine.
        metadata: KMS's KeyMetadata; None if it may not be read.
        heard: Seconds since 1970 by the clock of AWS, and by this machine's at the same moment.
        signer: The key as a signer, once its public key was read.
        kid_is_told: Whether the signer's kid was given, or could be read in the tags.
    """

    client: KMSClient
    key: str
    alg: str | None
    kid: str | None
    load: Callable[[str], KeySet] | None
    clock: Callable[[], float]
    metadata: Mapping[str, object] | None = None
    heard: tuple[float, float] | None = None
    signer: KMSSigner | None = None
    kid_is_told: bool = True
