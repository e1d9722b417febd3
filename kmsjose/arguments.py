"""One rule for the arguments of every public call: a wrong type is refused as `usage`, which says what is meant.

A call does not get slower by it: types are looked at only where an exception that is none of ours comes out of it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import fields, is_dataclass
from functools import wraps
from inspect import isgeneratorfunction, signature, unwrap
from itertools import islice
from types import UnionType
from typing import IO, Any, Final, Literal, TypeVar, Union, cast, get_args, get_origin

from .errors import InputError

F = TypeVar("F", bound=Callable[..., Any])

#: What a value of a wrong type makes Python raise.
FOREIGN: Final = (TypeError, AttributeError, ValueError, LookupError, ArithmeticError, RecursionError)
#: What is looked at as it comes out of a public call: also a refusal, which may be by a call within it.
SUSPECT: Final = (*FOREIGN, InputError)
# Members of a collection that are looked at, so that the answer to a huge one comes at once.
_LOOKED_AT: Final = 1000
_OURS: Final = __name__.rpartition(".")[0]
_BYTES: Final = (bytes, bytearray, memoryview)
_TEXT: Final = (str, *_BYTES)


def checked(call: F) -> F:
    """A public function, method or class, which refuses arguments of wrong types as one rule says.

    Raises:
        InputError: ``usage``: an exception that is none of ours was caused by an argument whose type is not that of the
            signature, or by a number that is too large to reckon with.
    """
    if isinstance(call, type):
        call.__init__ = checked(call.__init__)  # type: ignore[misc]  # of the class itself, not of one object
        return call

    @wraps(call)
    def door(*args: Any, **kwargs: Any) -> Any:
        try:
            return call(*args, **kwargs)
        except SUSPECT as error:
            _refuse(call, args, kwargs, error)
            raise

    @wraps(call)
    def door_of_several(*args: Any, **kwargs: Any) -> Any:
        try:
            yield from call(*args, **kwargs)
        except SUSPECT as error:
            _refuse(call, args, kwargs, error)
            raise

    return cast(F, door_of_several if isgeneratorfunction(call) else door)


def _refuse(call: Callable[..., object], args: tuple[Any, ...], kwargs: dict[str, Any], error: Exception) -> None:
    with suppress(TypeError):  # the call has other parameters, which Python itself says best
        refuse_misuse(call, signature(call).bind(*args, **kwargs).arguments, error)


def refuse_misuse(call: Callable[..., object], given: Mapping[str, object], error: Exception | None = None) -> None:
    """Return only if each argument is of the type that the signature names, and an exception did not come of one.

    Args:
        call: The public call, by its own signature.
        given: The arguments by their names; other names are left aside.
        error: The exception that came out of it, or the refusal by another public call within it, if there is one.

    Raises:
        InputError: ``usage``.
    """
    cause = error.__cause__ if isinstance(error, InputError) else error
    if isinstance(error, InputError) and not (error.code == "usage" and isinstance(cause, FOREIGN)):
        return
    # A decorated call has the names of its own module.
    inner: Any = unwrap(call)
    names = inner.__globals__
    for name, annotation in inner.__annotations__.items():
        if name != "return" and name in given and not _fits(given[name], _meant(annotation, names)):
            told = f"{name} of {_name(inner)} must be {_words(annotation)}, not {_kind(given[name])}"
            raise InputError("usage", f"{told}{_advice(str(annotation), given[name])}") from cause
    for record in _records(given.values()):
        members = {field.name: getattr(record, field.name) for field in fields(record) if field.init}
        refuse_misuse(type(record).__init__, members, error)
    if isinstance(error, (OverflowError, RecursionError)):
        what = "nested too deep" if isinstance(error, RecursionError) else "too large a number or a time"
        raise InputError("usage", f"{_name(inner)} was given what is {what}") from cause


def _records(given: Iterable[object]) -> Iterator[Any]:
    """The records of ours that callers fill, alone or in a list: what they were filled with is looked at too."""
    for value in given:
        for one in islice(value, _LOOKED_AT) if isinstance(value, (list, tuple)) else (value,):
            if is_dataclass(one) and not isinstance(one, type) and type(one).__module__.startswith(_OURS):
                yield one


def names_of(given: Collection[Any]) -> frozenset[Any]:
    """One name, or several, as a set; one that is text may stand for itself.

    Raises:
        TypeError: It is bytes, whose members are numbers, and so would be labels that nobody meant.

    >>> sorted(names_of("exp")), sorted(names_of(["a", "b"]))
    (['exp'], ['a', 'b'])
    """
    if not given:
        return _NO_NAMES
    if isinstance(given, _BYTES):
        raise TypeError("bytes are no names")
    return frozenset((given,) if isinstance(given, str) else given)


_NO_NAMES: Final[frozenset[Any]] = frozenset()


#: Seconds of the longest wait that anybody means.
DAY: Final = 86400


def check_seconds(at_most: int, /, **seconds: float) -> None:
    """Refuse what is no time to wait: none, more than is meant, or NaN, which is never over.

    Args:
        at_most: Seconds.
        seconds: By the names of the parameters.

    Raises:
        InputError: ``usage``.
    """
    for name, value in seconds.items():
        if not 0 < value <= at_most:
            raise InputError("usage", f"{name} is more than 0 and at most {at_most} seconds")


def place(path: Iterable[object]) -> str:
    """Where in a value something is, in an error about it.

    Args:
        path: The members' names and the indices that lead there.

    >>> place(["address", 0, "street"]), place([])
    ("['address'][0]['street']", 'the value itself')
    """
    return "".join(f"[{(step[:40] if isinstance(step, str) else step)!r}]" for step in path) or "the value itself"


def _name(call: Callable[..., object]) -> str:
    """A call as its users write it: ``jwt.sign``, ``KeySet.from_jwks``."""
    if "." in call.__qualname__:
        return call.__qualname__.removesuffix(".__init__")
    _, *packages = call.__module__.split(".")
    module = packages[-1] if packages[-1] in ("jwt", "cwt", "vc") else packages[0]
    return f"{'jws' if module == 'jose' else module}.{call.__name__}"


def _meant(annotation: object, names: dict[str, Any]) -> object:
    """The type that an annotation names; anything, where its names are known to type checkers alone."""
    if not isinstance(annotation, str):
        return annotation
    try:
        return eval(annotation, names)  # noqa: S307 - our own annotations
    except NameError:
        return Any


def _fits(value: object, meant: Any) -> bool:
    if get_origin(meant) is not None or isinstance(meant, UnionType):
        return _fits_parts(value, get_origin(meant), get_args(meant))
    if meant is None or meant is Any:
        return value is None or meant is Any
    if meant is float:
        return isinstance(value, (int, float))
    if isinstance(meant, type) and issubclass(meant, IO):
        return hasattr(value, "read")
    if getattr(meant, "_is_protocol", False):
        # Text has a `find` too, and a class what its objects have.
        return not isinstance(value, (*_TEXT, type)) and all(hasattr(value, name) for name in _members(meant))
    return isinstance(value, meant) if isinstance(meant, type) else True


def _fits_parts(value: object, origin: Any, parts: tuple[Any, ...]) -> bool:
    if origin in (Union, UnionType):
        return any(_fits(value, part) for part in parts)
    if origin is Literal:
        return value in parts
    if not isinstance(origin, type):
        return True
    if not isinstance(value, origin) or not all(
        _fits(member, parts[0]) for member in _members_of(value, origin, parts)
    ):
        return False
    return not isinstance(value, Mapping) or all(
        _fits(member, parts[1]) for member in islice(value.values(), _LOOKED_AT)
    )


def _members_of(value: object, origin: type, parts: tuple[Any, ...]) -> Iterable[object]:
    """What of a collection is looked at; of text, empty too, one character; bytes are a collection of nothing."""
    if isinstance(value, _TEXT):
        return ("",) if isinstance(value, str) else (None,)
    if not isinstance(value, Collection) or (origin is tuple and ... not in parts):
        return ()
    return islice(value, _LOOKED_AT)


def _members(protocol: type) -> Iterable[str]:
    return (
        name for one in protocol.__mro__ for name in vars(one) if name in ("__iter__", "__call__") or name[0] != "_"
    )


def _words(annotation: object) -> str:
    """An annotation as prose: ``str or bytes``."""
    text = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", str(annotation))
    return text.replace(" | ", " or ")


def _kind(value: object) -> str:
    return "None" if value is None else "a class" if isinstance(value, type) else type(value).__name__


def _has(*names: str) -> Callable[[object], bool]:
    return lambda value: all(hasattr(value, name) for name in names)


def _is(*kinds: type) -> Callable[[object], bool]:
    return lambda value: isinstance(value, kinds)


_IS_SIGNER: Final = _has("public_key", "sign")
_IS_SEVERAL: Final = _is(list, tuple, set, frozenset)
#: What is meant, by what an annotation names and what was given instead; the first that fits counts.
_MEANT: Final[tuple[tuple[str, Callable[[object], bool], str], ...]] = (
    ("Sequence[Signer", _IS_SIGNER, "give a list, or sign by one signer with `cose.sign1` or `jws.sign`"),
    ("Iterable[PublicKey]", _has("spki"), "write KeySet([key])"),
    ("Signer", _has("spki"), "a public key can't sign: give its Signer, or call the prepare function"),
    ("Signer", _IS_SEVERAL, "several sign by `cose.sign` or `jws.sign_json`"),
    ("Signer", _is(str), "KMSSigner.open(client, key) opens a key of KMS"),
    ("Signer", _has("private_numbers"), "LocalSigner(key) signs by it"),
    ("Signer", _has("private_bytes_raw"), "LocalSigner(key) signs by it"),
    ("KeyFinder", _IS_SIGNER, "its public_key verifies"),
    ("KeyFinder", _IS_SEVERAL, "KeySet(keys) is a set of keys"),
    ("KeyFinder", _is(Mapping, *_TEXT), "KeySet.from_jwks reads a JWK Set, PublicKey.from_pem PEM"),
    ("PublicKey", _IS_SIGNER, "its public_key is meant"),
    ("PublicKey", _is(Mapping, *_TEXT), "PublicKey.from_jwk reads a JWK, PublicKey.from_pem PEM"),
    ("PublicKey", _has("public_bytes"), "PublicKey.of makes one of it"),
    ("KMSClient", lambda _: True, "kms.connect() makes one"),
    ("timedelta", _is(int, float), "write timedelta(seconds=...)"),
    ("datetime", _is(int, float, str), "write datetime(..., tzinfo=UTC)"),
)  # fmt: skip


def _advice(annotation: str, value: object) -> str:
    fitting = (advice for named, test, advice in _MEANT if named in annotation and test(value))
    return "".join(f": {advice}" for advice in islice(fitting, 1))
