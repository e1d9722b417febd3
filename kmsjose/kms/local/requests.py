"""A request as the service model describes it: checked by the model's own limits, with blobs decoded.

botocore checks types and least lengths before it sends; the greatest lengths, patterns and enumerations are the
service's to refuse, and so they are refused here.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final, TypeVar

from .refusals import constraint, fault, faulty, invalid

if TYPE_CHECKING:
    from botocore.model import Shape

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Request:
    """The parameters of one call.

    Attributes:
        operation: As AWS names it, ``Sign``.
        members: The parameters, as AWS names them.
        id: What its answer is known by.
    """

    operation: str
    members: Mapping[str, object]
    id: str

    def text(self, name: str, default: str | None = None) -> str:
        """A string; without a default it must be there."""
        return self._member(name, str, default)

    def blob(self, name: str) -> bytes:
        """Bytes that must be there."""
        return self._member(name, bytes, None)

    def number(self, name: str, default: float) -> float:
        """An integer or a timestamp."""
        value = self.members.get(name, default)
        return value if isinstance(value, (int, float)) else default

    def flag(self, name: str) -> bool:
        """A boolean that is false unless given."""
        return self.members.get(name) is True

    def has(self, name: str) -> bool:
        """Whether a parameter was given."""
        return name in self.members

    def items(self, name: str) -> list[object]:
        """The entries of a list; none if it was not given."""
        value = self.members.get(name)
        return value if isinstance(value, list) else []

    def _member(self, name: str, kind: type[_T], default: _T | None) -> _T:
        value = self.members.get(name, default)
        if not isinstance(value, kind):
            raise constraint("null", name, "not be null")
        return value


def read(operation: str, shape: Shape | None, body: Mapping[str, object], request_id: str) -> Request:
    """The request of an operation, checked against its input shape.

    Raises:
        Refusal: ``ValidationException``, with every fault of the request.
    """
    faults: list[str] = []
    members = {} if shape is None else _structure(shape, body, "", faults)
    if faults:
        raise faulty(faults)
    return Request(operation, members, request_id)


def _value(shape: Shape, value: object, name: str, faults: list[str]) -> object:
    return _READERS.get(shape.type_name, _as_it_is)(shape, value, name, faults)


def _as_it_is(_shape: Shape, value: object, _name: str, _faults: list[str]) -> object:
    return value


def _structure(shape: Shape, value: object, name: str, faults: list[str]) -> dict[str, object]:
    if not isinstance(value, Mapping):
        raise invalid(f"{name or 'The request'} must be an object")
    known: Mapping[str, Shape] = getattr(shape, "members")  # noqa: B009 - of structures only, and typed here
    needed: Iterable[str] = getattr(shape, "required_members")  # noqa: B009 - as above
    prefix = f"{name}." if name else ""
    faults += [fault("null", prefix + member, "not be null") for member in needed if value.get(member) is None]
    return {
        member: _value(known[member], given, prefix + member, faults)
        for member, given in value.items()
        if member in known and given is not None
    }


def _list(shape: Shape, value: object, name: str, faults: list[str]) -> list[object]:
    if not isinstance(value, list):
        raise invalid(f"{name} must be a list")
    entry: Shape = getattr(shape, "member")  # noqa: B009 - of lists only, and typed here
    _check_size(shape, len(value), f"'[{len(value)} entries]'", name, faults)
    return [_value(entry, given, f"{name}.{number}.member", faults) for number, given in enumerate(value, 1)]


def _string(shape: Shape, value: object, name: str, faults: list[str]) -> str:
    if not isinstance(value, str):
        raise invalid(f"{name} must be a string")
    shown = "'***'" if shape.metadata.get("sensitive") else f"'{value}'"
    allowed = getattr(shape, "enum", ())
    if allowed and value not in allowed:
        faults.append(fault(shown, name, f"satisfy enum value set: [{', '.join(allowed)}]"))
    _check_size(shape, len(value), shown, name, faults)
    pattern = shape.metadata.get("pattern")
    if pattern and not _compiled(pattern).fullmatch(value):
        faults.append(fault(shown, name, f"satisfy regular expression pattern: {pattern}"))
    return value


def _blob(shape: Shape, value: object, name: str, faults: list[str]) -> bytes:
    try:
        content = b64decode(value, validate=True) if isinstance(value, str) else None
    except ValueError:
        content = None
    if content is None:
        raise invalid(f"{name} must be base64")
    size = len(content)
    _check_size(shape, size, f"'java.nio.HeapByteBuffer[pos=0 lim={size} cap={size}]'", name, faults)
    return content


def _integer(shape: Shape, value: object, name: str, faults: list[str]) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise invalid(f"{name} must be an integer")
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and value < least:
        faults.append(fault(f"'{value}'", name, f"have value greater than or equal to {least}"))
    if most is not None and value > most:
        faults.append(fault(f"'{value}'", name, f"have value less than or equal to {most}"))
    return value


def _check_size(shape: Shape, size: int, shown: str, name: str, faults: list[str]) -> None:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and size < least:
        faults.append(fault(shown, name, f"have length greater than or equal to {least}"))
    if most is not None and size > most:
        faults.append(fault(shown, name, f"have length less than or equal to {most}"))


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


_READERS: Final[dict[str, Callable[[Shape, object, str, list[str]], object]]] = {
    "structure": _structure,
    "list": _list,
    "string": _string,
    "blob": _blob,
    "integer": _integer,
}
