"""The audit log beside CloudTrail: which signatures are on one side only.

The request id is what joins them. Of each record in the log its id is kept in memory, of CloudTrail what is to be told.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from sys import intern
from typing import BinaryIO, Final, NamedTuple

from ..algorithms import BY_NAME
from ..arguments import checked
from ..errors import InputError
from .audit import SignatureRecord
from .identifiers import Arn
from .trail import SignEvent

__all__ = ["BadLine", "Joined", "join"]

#: Bytes of a line that is read as a record.
_MAX_LINE: Final = 1 << 16
#: What every ARN of a key has, and no alias.
_KEY: Final = ":key/"
#: What the resource of a multi-Region key begins with.
_MULTI_REGION: Final = "key/mrk-"


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line of the log that can't be counted.

    Attributes:
        line: Its number, from 1.
        reason: What is wrong with it.
    """

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Joined:
    """What the log and CloudTrail tell of the same signatures.

    Attributes:
        both: How many signatures are on both sides, of the same key and by the same algorithm.
        log_only: Those that CloudTrail does not have: not yet, or the record was forged.
        trail_only: Those that the log does not have: made by someone else, or lost by the log.
        other_key: Those of which the two sides name different keys.
        other_alg: Those of which the two sides name the same key, but different algorithms.
        bad_lines: What in the log is damaged, or tells a request a second time.
        left_out: How many events were left aside because their key is not watched.
    """

    both: int
    log_only: tuple[SignatureRecord, ...]
    trail_only: tuple[SignEvent, ...]
    other_key: tuple[tuple[SignatureRecord, SignEvent], ...]
    other_alg: tuple[tuple[SignatureRecord, SignEvent], ...]
    bad_lines: tuple[BadLine, ...]
    left_out: int

    @property
    def agrees(self) -> bool:
        """Whether both sides tell the same, and the log is whole."""
        return not (self.log_only or self.trail_only or self.other_key or self.other_alg or self.bad_lines)

    @checked
    def between(self, since: datetime | None, until: datetime | None) -> Joined:
        """The same without what is on one side only and was signed before or after a span of time.

        Args:
            since: The first moment that counts, with its time zone; None for the beginning.
            until: The first that no longer does; None for the end.
        """

        def counts(time: datetime) -> bool:
            return (since is None or time >= since) and (until is None or time < until)

        return replace(
            self,
            log_only=tuple(record for record in self.log_only if counts(record.time)),
            trail_only=tuple(event for event in self.trail_only if counts(event.time)),
        )


@checked
def join(log: BinaryIO, events: Iterable[SignEvent], *, keys: Collection[str] = (), all_keys: bool = False) -> Joined:
    """Compare an audit log with what CloudTrail tells.

    The keys that the log names are watched, and those that are given. Of a multi-Region key that is every replica. If
    there are none, as the log is empty, every key is watched.

    Args:
        log: The audit log, a seekable file; of several that were rotated, one behind the other.
        events: As `sign_events` reads them; one that CloudTrail delivered twice counts once.
        keys: ARNs of keys that are watched whether or not the log names them.
        all_keys: Watch every key.

    Raises:
        InputError: ``usage``: what is no key ARN; ``trail-invalid``, ``file-unreadable``: of the events.
    """
    given = set(map(_given, keys))
    index = _Index(log)
    watched = given.union(map(_everywhere, index.keys))
    everything = all_keys or not watched
    matched: set[str | None] = set()
    only: list[SignEvent] = []
    told: set[str] = set()
    other_key: dict[str | None, tuple[SignatureRecord, SignEvent]] = {}
    other_alg: dict[str | None, tuple[SignatureRecord, SignEvent]] = {}
    left_out = 0
    for event in events:
        place = index.places.get(event.request_id)
        if place is not None and place.key_arn != event.key:
            other_key[event.request_id] = (index.record(place), event)
        elif place is not None and _kms_algorithm(place.alg) != event.kms_algorithm:
            other_alg[event.request_id] = (index.record(place), event)
        elif place is not None:
            matched.add(event.request_id)
        elif not everything and _KEY in event.key and _everywhere(event.key) not in watched:
            left_out += 1
        elif event.request_id is None or event.request_id not in told:
            only.append(event)
            told.update(filter(None, [event.request_id]))
    differing = other_key.keys() | other_alg.keys()
    return Joined(
        len(matched - differing),
        tuple(index.records_without(matched | differing)),
        tuple(only),
        tuple(other_key.values()),
        tuple(other_alg.values()),
        tuple(index.bad_lines),
        left_out,
    )


def _given(key: str) -> str:
    arn = Arn.parse(key)
    if arn is None or not arn.resource.startswith("key/"):
        raise InputError("usage", f"{key[:80]!r} is no key ARN, by which CloudTrail names the keys")
    return _everywhere(key)


def _everywhere(key_arn: str) -> str:
    """What a key is known by in every region: a multi-Region key is one key, whichever replica signs."""
    arn = Arn.parse(key_arn)
    if arn is None or not arn.resource.startswith(_MULTI_REGION):
        return key_arn
    return str(replace(arn, region="*"))


def _kms_algorithm(alg: str) -> str | None:
    row = BY_NAME.get(alg)
    return None if row is None else row.kms_algorithm


class _Place(NamedTuple):
    """Where in the log a record is, and of which key and algorithm."""

    offset: int
    key_arn: str
    alg: str


class _Index:
    """The records of a log by their request ids, and what in it is no record."""

    def __init__(self, log: BinaryIO) -> None:
        self._log = log
        self._nameless: list[_Place] = []
        self.places: dict[str | None, _Place] = {}
        self.keys: dict[str, str] = {}
        self.bad_lines: list[BadLine] = []
        for number, (offset, line) in enumerate(_lines(log), 1):
            if line.strip():
                self._add(number, offset, line)

    def record(self, place: _Place) -> SignatureRecord:
        """Read a record again."""
        self._log.seek(place.offset)
        return SignatureRecord.from_json(self._log.readline(_MAX_LINE))

    def records_without(self, request_ids: Collection[str | None]) -> Iterator[SignatureRecord]:
        """The records of all other requests, and those without a request id, in their order."""
        left = (place for request_id, place in self.places.items() if request_id not in request_ids)
        return map(self.record, sorted((*left, *self._nameless)))

    def _add(self, number: int, offset: int, line: bytes) -> None:
        try:
            record = SignatureRecord.from_json(line)
        except InputError:
            self.bad_lines.append(BadLine(number, _damage(line)))
            return
        # One text for each key, not one for each record.
        place = _Place(offset, self.keys.setdefault(record.key_arn, record.key_arn), intern(record.alg))
        if record.request_id is None:
            self._nameless.append(place)
        elif self.places.setdefault(record.request_id, place) is not place:
            self.bad_lines.append(BadLine(number, f"a second record of request {record.request_id[:64]}"))


def _damage(line: bytes) -> str:
    if line.endswith(b"\n"):
        return "no record of a signature"
    return "longer than any record" if len(line) == _MAX_LINE else "cut off, as by a crash or a full disk"


def _lines(log: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Each line with its offset; of one that is too long for a record, the beginning."""
    offset = 0
    while line := log.readline(_MAX_LINE):
        size = len(line)
        rest = line
        while len(rest) == _MAX_LINE and not rest.endswith(b"\n"):
            rest = log.readline(_MAX_LINE)
            size += len(rest)
        yield offset, line
        offset += size
