"""Files and the three standard streams: data comes out on stdout, talk on stderr."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final, cast

from ..encoding import JSONObject, json_object
from ..errors import InputError, VerificationError
from ..files import unreadable
from .escape import visible

#: Standard input, where a file's name is asked for.
STDIN: Final = "-"
#: Bytes that are read of what must fit into memory; the library's limits for a token are not above it.
MAX_INPUT: Final = 16 << 20
#: From this size on, the reading of a file is shown on a terminal.
_LONG_WORK: Final = 64 << 20


def read(path: str | None, limit: int = MAX_INPUT) -> bytes:
    """A file's bytes, or standard input's, but no more than one over the limit, by which its excess is seen.

    Raises:
        InputError: ``file-unreadable``, ``empty-input``.
    """
    with _opened(path) as file:
        data = _read(file, path, limit + 1)
    if not data:
        raise _empty(path)
    return data


def read_token(path: str | None) -> bytes:
    """A token, without the one line end that an editor or `echo` leaves behind it.

    Raises:
        InputError: ``file-unreadable``, ``empty-input``.
    """
    data = read(path, MAX_INPUT + 2)
    token = data.removesuffix(b"\r\n") if data.endswith(b"\r\n") else data.removesuffix(b"\n")
    if not token:
        raise _empty(path)
    return token


def read_json(path: str | None, what: str, limit: int = MAX_INPUT) -> JSONObject:
    """A JSON object.

    Args:
        path: A file, or None or ``-`` for standard input.
        what: Its name in errors.
        limit: Bytes.

    Raises:
        InputError: ``json-invalid``, ``payload-too-large``, ``file-unreadable``, ``empty-input``.
    """
    data = read(path, limit)
    if len(data) > limit:
        raise InputError("payload-too-large", f"more than {limit} bytes for {what}")
    return parse_json(data, what)


def parse_json(data: bytes, what: str) -> JSONObject:
    """A JSON object of bytes.

    Raises:
        InputError: ``json-invalid``.
    """
    try:
        return json_object(data)
    except VerificationError as error:
        raise InputError("json-invalid", f"{what}: {error.message}") from error


def read_policy(path: str) -> str:
    """A key policy: read as JSON so that a fault shows before a key is made, and given to KMS as it stands.

    Raises:
        InputError: ``json-invalid``, ``file-unreadable``, ``empty-input``.
    """
    data = read(path)
    parse_json(data, "the policy")
    return data.decode("utf-8")


@contextmanager
def payload(path: str | None, *, may_be_empty: bool = False) -> Iterator[BinaryIO]:
    """A seekable file of any size; what comes through a pipe is put into a temporary one.

    Raises:
        InputError: ``file-unreadable``, ``empty-input``.
    """
    with _opened(path) as file:
        if file.seekable():
            yield from _watched(file, path, may_be_empty=may_be_empty)
            return
        with tempfile.TemporaryFile() as spool:
            try:
                shutil.copyfileobj(file, spool)
            except OSError as error:
                raise _unreadable(path, error) from error
            yield from _watched(cast(BinaryIO, spool), path, may_be_empty=may_be_empty)


def _watched(file: BinaryIO, path: str | None, *, may_be_empty: bool) -> Iterator[BinaryIO]:
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    if not size and not may_be_empty:
        raise _empty(path)
    if size < _LONG_WORK or sys.stderr is None or not sys.stderr.isatty():
        yield file
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True, redirect_stdout=False) as progress:
        yield progress.wrap_file(file, size, description="reading")


def only_one_stdin(*paths: str | None) -> None:
    """Refuse a command of which several inputs would be standard input.

    Raises:
        InputError: ``usage``.
    """
    if paths.count(STDIN) + paths.count(None) > 1:
        raise InputError("usage", "only one of the inputs can be standard input: name a file for the others")


class _Sink:
    """Where data goes instead of stdout, while a command writes it to a file."""

    file: BinaryIO | None = None


@contextmanager
def diverted(file: BinaryIO) -> Iterator[None]:
    """Let what is written to stdout go into a file."""
    _Sink.file = file
    try:
        yield
    finally:
        _Sink.file = None


def write(data: bytes | str) -> None:
    """Write data to stdout, exactly, or to where it is diverted.

    Raises:
        InputError: ``file-unwritable``: it is closed.
    """
    if _Sink.file is not None:
        _Sink.file.write(data.encode("utf-8") if isinstance(data, str) else data)
        return
    if sys.stdout is None:
        raise InputError("file-unwritable", "standard output is closed")
    sys.stdout.flush()
    sys.stdout.buffer.write(data.encode("utf-8") if isinstance(data, str) else data)
    sys.stdout.buffer.flush()


def is_terminal() -> bool:
    """Whether what is written goes to a terminal."""
    return _Sink.file is None and sys.stdout is not None and sys.stdout.isatty()


def say(text: str) -> None:
    """Say something, in one line, on stderr."""
    if sys.stderr is None:
        return
    try:
        print(visible(text), file=sys.stderr, flush=True)  # noqa: T201 - this is where everything is said
    except OSError:
        # Whoever closed stderr does not want to hear it.
        return


@contextmanager
def _opened(path: str | None) -> Iterator[BinaryIO]:
    if path not in (None, STDIN):
        with _file(path) as file:
            yield file
        return
    if sys.stdin is None:
        raise InputError("file-unreadable", "there is no standard input")
    if sys.stdin.isatty():
        say("Reading standard input; Ctrl-D ends it.")
    yield cast(BinaryIO, sys.stdin.buffer)


def _file(path: str) -> BinaryIO:
    if not path:
        raise InputError("file-unreadable", "the name of a file is empty")
    try:
        return Path(path).open("rb")
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error


def _read(file: BinaryIO, path: str | None, size: int) -> bytes:
    try:
        return file.read(size)
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: str | None, error: OSError | ValueError) -> InputError:
    return unreadable(_name(path), error)


def _empty(path: str | None) -> InputError:
    return InputError("empty-input", f"{_name(path)} is empty")


def _name(path: str | None) -> str:
    return "standard input" if path in (None, STDIN) else str(path)
