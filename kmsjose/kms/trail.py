"""CloudTrail's Sign events, read from files one at a time.

Three forms are read: what CloudTrail delivers to S3 (``{"Records": [...]}``, gzipped or not), events as JSON lines, and
what ``aws cloudtrail lookup-events`` prints (``{"Events": [{"CloudTrailEvent": "..."}]}``).
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from gzip import BadGzipFile, GzipFile
from io import TextIOWrapper
from itertools import chain
from json import JSONDecoder
from pathlib import Path
from typing import BinaryIO, Final

from ..arguments import checked
from ..errors import InputError
from ..files import unreadable
from .audit import time_of
from .json_stream import check_items, entries

__all__ = ["SignEvent", "sign_events", "trail_files"]

_GZIP: Final = b"\x1f\x8b"
_SUFFIXES: Final = (".json", ".json.gz", ".jsonl", ".jsonl.gz")
#: Folders of CloudTrail's bucket that hold other things than events.
_NO_EVENTS: Final = frozenset({"CloudTrail-Digest", "CloudTrail-Insight"})
#: The members that hold a list of events.
_LISTS: Final = ("Records", "Events")
#: The member of a looked-up event that holds the event itself, as text.
_TEXT: Final = "CloudTrailEvent"
_KMS: Final = "kms.amazonaws.com"
_decode: Final = JSONDecoder().decode
#: How far a file may unpack. Events of AWS unpack to some 20 times as much, those that a test has made to more, and
#: zeros to a thousand times.
_RATIO: Final = 200
#: Bytes that are unpacked of a file of any size.
_LEAST_UNZIPPED: Final = 8 << 20


@dataclass(frozen=True, slots=True)
class SignEvent:
    """A signature that KMS made, as CloudTrail tells it.

    Attributes:
        time: To the second, in UTC.
        request_id: AWS's id of the request; None if the event has none.
        key: The ARN of the key, or if the event does not tell it what the request named the key by, or "".
        kms_algorithm: The KMS SigningAlgorithm, or "".
        caller: The ARN of who asked, or the AWS service that did, or "".
    """

    time: datetime
    request_id: str | None
    key: str
    kms_algorithm: str
    caller: str


@checked
def sign_events(path: str | os.PathLike[str]) -> Iterator[SignEvent]:
    """Every Sign event of a file, or of the files in a folder and below it; calls that failed signed nothing.

    Args:
        path: A file, or a folder as it is copied from CloudTrail's bucket; see `trail_files` for what is read of it.

    Raises:
        InputError: ``trail-invalid``: not of the forms above; ``file-unreadable``.
    """
    for file in trail_files(path)[0]:
        yield from _of_file(file)


@checked
def trail_files(path: str | os.PathLike[str]) -> tuple[list[Path], list[Path]]:
    """The files of events in a folder and below it, and what is left aside, because its name says nothing of events.

    Events are in ``.json``, ``.json.gz``, ``.jsonl`` and ``.jsonl.gz``, in capitals or not. The folders of CloudTrail's
    digests and insights hold none. A link to a folder is left aside.

    Args:
        path: A folder; or a file, which is read whatever its name.

    Raises:
        InputError: ``trail-invalid``: a folder without a file of events; ``file-unreadable``.
    """
    top = Path(path)
    try:
        if not top.is_dir():
            return [top], []
        everything = sorted(_below(top))
        found = [file for file in everything if file.name.lower().endswith(_SUFFIXES) and file.is_file()]
    except (OSError, ValueError) as error:
        raise unreadable(str(top), error) from error
    if not found:
        raise InputError("trail-invalid", f"{top} holds no file of events ({', '.join(_SUFFIXES)})")
    return found, sorted(set(everything).difference(found))


def _below(top: Path) -> Iterator[Path]:
    """What is in a folder and the folders below it, but for these themselves."""
    for name, folders, files in os.walk(top, onerror=_raise):
        folders[:] = [folder for folder in folders if folder not in _NO_EVENTS]
        folder = Path(name)
        yield from (folder / file for file in files)
        yield from filter(Path.is_symlink, (folder / other for other in folders))


def _raise(error: OSError) -> None:
    # Events that can't be read must not be taken for events that are not there.
    raise unreadable(error.filename, error) from error


def _of_file(path: Path) -> Iterator[SignEvent]:
    with _opened(path) as file:
        try:
            zipped = file.read(len(_GZIP)) == _GZIP
            file.seek(0)
            text = TextIOWrapper(_Unzipped(file) if zipped else file, encoding="utf-8")
            for entry in entries(text, _LISTS):
                yield from filter(None, map(_sign_event, _events(entry)))
        except (ValueError, EOFError, BadGzipFile, zlib.error) as error:
            raise InputError("trail-invalid", f"{path}: {error}") from error
        except OSError as error:
            raise unreadable(str(path), error) from error


class _Unzipped(GzipFile):
    """What a gzipped file holds, as far as it is in proportion to the file."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(fileobj=file)
        self._left = max(_LEAST_UNZIPPED, _RATIO * os.fstat(file.fileno()).st_size)

    def read1(self, size: int = -1) -> bytes:
        """The next piece, which is how text is read of it.

        Raises:
            ValueError: it is out of proportion.
        """
        piece = super().read1(size)
        self._left -= len(piece)
        if self._left < 0:
            raise ValueError(f"it unpacks to over {_RATIO} times its size, as no events do")
        return piece


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except (OSError, ValueError) as error:
        raise unreadable(str(path), error) from error


def _events(entry: object) -> Iterator[Mapping[str, object]]:
    """The events of an entry: itself, the one that it holds as text, or those of a list that was not seen as one."""
    if not isinstance(entry, dict):
        raise ValueError("an entry is no JSON object")  # noqa: TRY004 - the file is wrong, not a call
    lists = [entry[name] for name in _LISTS if isinstance(entry.get(name), list)]
    if lists:
        for each in chain.from_iterable(lists):
            yield _event(each)
    else:
        yield _event(entry)


def _event(entry: object) -> Mapping[str, object]:
    if isinstance(entry, dict) and isinstance(entry.get(_TEXT), str):
        check_items(entry[_TEXT])
        try:
            entry = _decode(entry[_TEXT])
        except (ValueError, RecursionError):
            raise ValueError(f"a {_TEXT} is not JSON") from None
    if not isinstance(entry, dict) or not all(
        isinstance(entry.get(name), str) for name in ("eventSource", "eventName")
    ):
        raise ValueError("an entry is no event of CloudTrail")
    return entry


def _sign_event(event: Mapping[str, object]) -> SignEvent | None:
    """What a successful Sign event of KMS tells, or None for any other event."""
    if (event["eventSource"], event["eventName"]) != (_KMS, "Sign") or event.get("errorCode"):
        return None
    request, caller = _mapping(event, "requestParameters"), _mapping(event, "userIdentity")
    return SignEvent(
        time_of(event.get("eventTime")),
        _text(event, "requestID") or None,
        _key_arn(event) or _text(request, "keyId"),
        _text(request, "signingAlgorithm"),
        _text(caller, "arn") or _text(caller, "invokedBy"),
    )


def _key_arn(event: Mapping[str, object]) -> str:
    resources = event.get("resources")
    arns = (
        [_text(entry, "ARN") for entry in resources if isinstance(entry, dict)] if isinstance(resources, list) else []
    )
    return next((arn for arn in arns if ":key/" in arn), "")


def _mapping(event: Mapping[str, object], name: str) -> Mapping[str, object]:
    value = event.get(name)
    return value if isinstance(value, dict) else {}


def _text(event: Mapping[str, object], name: str) -> str:
    value = event.get(name)
    return value if isinstance(value, str) else ""
