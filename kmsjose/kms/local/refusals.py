"""What the embedded KMS refuses with: AWS's error codes and, where they are known, AWS's own texts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from ...errors import InputError


class Refusal(Exception):  # noqa: N818 - it is an answer of KMS, and becomes boto3's error only there
    """An error answer.

    Args:
        code: AWS's error code.
        text: Its message.
        status: The HTTP status.
    """

    def __init__(self, code: str, text: str = "", status: int = 400) -> None:
        super().__init__(code, text)
        self.code = code
        self.text = text
        self.status = status


def invalid(text: str) -> Refusal:
    """A parameter is wrong by itself or beside another."""
    return Refusal("ValidationException", text)


def fault(value: str, member: str, rule: str) -> str:
    """What AWS says of one parameter that breaks a rule of the service model.

    Args:
        value: What was given, as AWS shows it.
        member: The parameter's name in a request, ``KeyId`` or ``Tags.1.member.TagKey``.
        rule: For example ``have length less than or equal to 4096``.

    >>> fault("null", "KeyId", "not be null")
    "Value null at 'keyId' failed to satisfy constraint: Member must not be null"
    """
    name = ".".join(part[:1].lower() + part[1:] for part in member.split("."))
    return f"Value {value} at '{name}' failed to satisfy constraint: Member must {rule}"


def faulty(faults: Sequence[str]) -> Refusal:
    """A request breaks rules of the service model: all of them are named at once."""
    errors = "error" if len(faults) == 1 else "errors"
    return invalid(f"{len(faults)} validation {errors} detected: {'; '.join(faults)}")


def constraint(value: str, member: str, rule: str) -> Refusal:
    """A parameter breaks one rule; the arguments are those of `fault`."""
    return faulty([fault(value, member, rule)])


def not_found(text: str) -> Refusal:
    """A key, an alias or a policy is not there."""
    return Refusal("NotFoundException", text)


def unsupported(text: str) -> Refusal:
    """The operation is not for this kind of key, or not one that the embedded KMS does."""
    return Refusal("UnsupportedOperationException", text)


def busy(why: str) -> Refusal:
    """Somebody else has the folder; the status is one after which botocore does not wait once more by itself."""
    return Refusal("DependencyTimeoutException", f"the embedded KMS can't do it now: {why}")


def damaged(what: str, why: str) -> Refusal:
    """A file of the store can't be used; the code is one that botocore does not try again for."""
    return Refusal("KMSInvalidStateException", f"the embedded KMS cannot use {what}: {why}")


@contextmanager
def unless_read_only() -> Iterator[None]:
    """Leave undone what is of use but not needed, where nothing can be written."""
    try:
        yield
    except InputError as error:
        if error.code != "file-unwritable":
            raise
