"""The values that members of a document must have, each a function that returns or raises."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ..errors import VerificationError
from ..keys.uri import is_uri

# JSON-LD 1.1 section 9.1: what has the form of a keyword is no term.
_KEYWORD: Final = re.compile(r"@[A-Za-z]+")
_LANGUAGE_VALUE: Final = frozenset({"@value", "@language", "@direction"})
_DIRECTIONS: Final = ("ltr", "rtl", None)


def refusal(message: str) -> VerificationError:
    """The error of a document that breaks its data model."""
    return VerificationError("credential-invalid", message)


@dataclass(frozen=True, slots=True)
class Objects:
    """A member whose value is an object, or a list of at least one.

    Attributes:
        name: The member.
        needs_type: Whether each object has a type.
        needs_id: Whether each object has an id; one that is there is a URL in any case.
        each_once: Whether no id may stand twice.
        one_of: Members of which each object has at least one.
    """

    name: str
    needs_type: bool = True
    needs_id: bool = False
    each_once: bool = False
    one_of: tuple[str, ...] = ()

    def check(self, document: Mapping[str, object]) -> None:
        """Refuse a document whose member is something else; it may lack.

        Raises:
            VerificationError: ``credential-invalid``.
        """
        if self.name not in document:
            return
        entries = objects(document[self.name], self.name)
        for entry in entries:
            if self.needs_type or "type" in entry:
                check_types(entry, self.name)
            if self.needs_id or "id" in entry:
                url(entry.get("id"), f"the id of {self.name}")
            if self.one_of and entry.keys().isdisjoint(self.one_of):
                raise refusal(f"{self.name} has neither {' nor '.join(self.one_of)}")
        if self.each_once and len({entry.get("id") for entry in entries}) < len(entries):
            raise refusal(f"{self.name} has one id twice")


def objects(value: object, name: str) -> list[dict[str, object]]:
    """The objects of a member that is one or a list of them; each has members.

    Raises:
        VerificationError: ``credential-invalid``.
    """
    several: list[object] = value if isinstance(value, list) else [value]
    entries = [entry for entry in several if isinstance(entry, dict) and entry]
    if not entries or len(entries) != len(several):
        raise refusal(f"{name} is not an object with members, or a list of them")
    return entries


def url(value: object, name: str) -> str:
    """A member that is a URL.

    Raises:
        VerificationError: ``credential-invalid``.
    """
    if not isinstance(value, str) or not is_uri(value):
        raise refusal(f"{name} is not a URL")
    return value


def check_types(document: Mapping[str, object], name: str, expected: str | None = None) -> None:
    """Refuse an object whose type is not a term or URL, or a list of them.

    Args:
        document: The object.
        name: What it is, for the message.
        expected: The type that it must have among others.

    Raises:
        VerificationError: ``credential-invalid``.
    """
    value = document.get("type")
    kinds = value if isinstance(value, list) else [value]
    if not kinds or not all(isinstance(kind, str) and kind and not _KEYWORD.fullmatch(kind) for kind in kinds):
        raise refusal(f"the type of {name} is not a term or URL, or a list of them")
    if expected is not None and expected not in kinds:
        raise refusal(f"type does not name {expected}")


def check_text(document: Mapping[str, object], name: str) -> None:
    """Refuse a name or description that is no string, language value object or list of them; it may lack.

    Raises:
        VerificationError: ``credential-invalid``.
    """
    value = document.get(name, "")
    texts = value if isinstance(value, list) else [value]
    if not texts or not all(isinstance(text, str) or _is_language_value(text) for text in texts):
        raise refusal(f"{name} is not a string, a language value object or a list of them")


def _is_language_value(value: object) -> bool:
    # VC Data Model 2.0 section 11.1: @value, and of the rest @language and @direction alone.
    return (
        isinstance(value, dict)
        and isinstance(value.get("@value"), str)
        and value.keys() <= _LANGUAGE_VALUE
        and isinstance(value.get("@language", ""), str)
        and value.get("@direction") in _DIRECTIONS
    )
