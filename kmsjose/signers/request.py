"""A token or message up to its signature, which may come from our own Signer or from elsewhere."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from ..arguments import checked
from ..errors import InputError
from .signer import Signer
from .signing_input import SigningInput

T = TypeVar("T")
Own = TypeVar("Own")
Given = TypeVar("Given")


def paired(own: Sequence[Own], given: Sequence[Given]) -> list[tuple[Own, Given]]:
    """What a request has for each of its signatures, with what is given for it.

    Raises:
        InputError: ``usage``: not as many are given.

    >>> paired(["first", "second"], [b"1", b"2"])
    [('first', b'1'), ('second', b'2')]
    """
    if len(given) != len(own):
        raise InputError("usage", f"{len(given)} are given for {len(own)} signatures")
    return list(zip(own, given, strict=True))


@dataclass(frozen=True, slots=True, repr=False)
class Request(ABC, Generic[T]):
    """What lacks its signature.

    Attributes:
        signing_input: What to sign; it can be sent to whoever may sign.
    """

    signing_input: SigningInput

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.signing_input!r}>"

    @checked
    def finish(self, signature: bytes) -> T:
        """The token or message, after the signature was verified.

        Args:
            signature: In the raw form: r‖s of fixed width for ECDSA.

        Raises:
            InputError: ``signature-invalid``: not of this request, or not by its key.
        """
        self.signing_input.check(signature)
        return self.assemble(bytes(signature))

    @checked
    def signed_by(self, signer: Signer) -> T:
        """The token or message, signed by a Signer of the same key, whose signatures need no second look.

        Raises:
            InputError: ``usage``: the Signer is of another key.
            KMSError: the KMS call failed.
        """
        return self.assemble(self.signing_input.sign(signer))

    @abstractmethod
    def assemble(self, signature: bytes) -> T:
        """The token or message, of a signature that comes straight from a Signer of the same key."""


@dataclass(frozen=True, slots=True, repr=False)
class Requests(ABC, Generic[T]):
    """What lacks its signatures.

    Attributes:
        signing_inputs: What to sign, one for each signer in their order.
    """

    signing_inputs: tuple[SigningInput, ...]

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.signing_inputs!r}>"

    @checked
    def finish(self, signatures: Sequence[bytes]) -> T:
        """The message, after each signature was verified.

        Args:
            signatures: In the raw form, in the order of `signing_inputs`.

        Raises:
            InputError: ``signature-invalid``: not of these requests, or not by their keys; ``usage``: not as many.
        """
        pairs = paired(self.signing_inputs, signatures)
        for signing_input, signature in pairs:
            signing_input.check(signature)
        return self.assemble([bytes(signature) for _, signature in pairs])

    @checked
    def signed_by(self, signers: Sequence[Signer]) -> T:
        """The message, signed by Signers of the same keys, in their order.

        Raises:
            InputError: ``usage``: a Signer is of another key, or there are not as many.
            KMSError: the KMS call failed.
        """
        pairs = paired(self.signing_inputs, signers)
        return self.assemble([signing_input.sign(signer) for signing_input, signer in pairs])

    @abstractmethod
    def assemble(self, signatures: Sequence[bytes]) -> T:
        """The message, of signatures that come straight from Signers of the same keys."""
