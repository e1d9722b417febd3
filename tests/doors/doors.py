"""Every public call: its functions, constructors and methods, with arguments that it takes."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from importlib import import_module
from typing import Any, Final

#: Every module that users import.
MODULES: Final = (
    "kmsjose",
    "kmsjose.algorithms",
    "kmsjose.cose",
    "kmsjose.cose.cwt",
    "kmsjose.credentials.vc",
    "kmsjose.errors",
    "kmsjose.jose.jws",
    "kmsjose.jose.jwt",
    "kmsjose.keys",
    "kmsjose.keys.did",
    "kmsjose.keys.did_document",
    "kmsjose.keys.did_web",
    "kmsjose.keys.fetch",
    "kmsjose.keys.remote",
    "kmsjose.kms",
    "kmsjose.kms.audit",
    "kmsjose.kms.audit_join",
    "kmsjose.kms.doctor",
    "kmsjose.kms.local",
    "kmsjose.kms.rotation",
    "kmsjose.kms.trail",
    "kmsjose.payload",
    "kmsjose.publishing",
    "kmsjose.publishing.folder",
    "kmsjose.publishing.page",
    "kmsjose.publishing.published",
    "kmsjose.publishing.tree",
    "kmsjose.signers",
    "kmsjose.testing",
    "kmsjose.x509",
)


#: What the embedded KMS calls, and which raises what botocore would in its place.
_NOT_OURS: Final = ("kmsjose.kms.local.Faults.meet",)


@dataclass(frozen=True)
class Door:
    """A public call.

    Attributes:
        name: As it is imported.
        call: The call; of a method, bound to an object or class.
        parameters: Their names and annotations.
    """

    name: str
    call: Callable[..., Any]
    parameters: Mapping[str, inspect.Parameter]


def doors(objects: Mapping[type, Any]) -> Iterator[Door]:
    """Every public call of the package, each once.

    Args:
        objects: An object of each class that has methods.
    """
    seen: set[object] = set()
    for module in MODULES:
        if module == "kmsjose.testing":
            continue  # its fixtures are called by pytest
        loaded = import_module(module)
        for name in loaded.__all__:
            member = getattr(loaded, name, None)
            if inspect.ismodule(member) or not str(getattr(member, "__module__", "")).startswith("kmsjose"):
                continue
            if id(member) in seen or not callable(member) or isinstance(member, Enum):
                continue
            seen.add(id(member))
            if not inspect.isclass(member):
                yield _door(f"{module}.{name}", member)
            elif not getattr(member, "_is_protocol", False) and not inspect.isabstract(member):
                yield from _of_class(f"{module}.{name}", member, objects)


def _of_class(name: str, cls: type, objects: Mapping[type, Any]) -> Iterator[Door]:
    made_here = any(parameter.startswith("_") for parameter in inspect.signature(cls).parameters)
    if not issubclass(cls, (Enum, BaseException)) and not made_here:
        yield _door(name, cls)
    for method, found in inspect.getmembers_static(cls):
        if method.startswith("_") or isinstance(found, property):
            continue
        of_class = isinstance(found, (classmethod, staticmethod))
        if not inspect.isfunction(found) and not of_class:
            continue
        value = getattr(cls, method)
        if f"{name}.{method}" in _NOT_OURS:
            continue
        if str(getattr(value, "__module__", "")).startswith("kmsjose") and (of_class or cls in objects):
            yield _door(f"{name}.{method}", value if of_class else getattr(objects[cls], method))


def _door(name: str, call: Callable[..., Any]) -> Door:
    return Door(name, call, inspect.signature(call).parameters)
