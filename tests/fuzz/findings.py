"""What a target must not do, noted once for each place where it happens."""

from __future__ import annotations

import time
import traceback
import warnings
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Final

from .targets import Target

#: Inputs that were found: one folder a target, one file an input, kept and tried again in every run of the tests.
CRASHES: Final = Path(__file__).with_name("crashes")
#: Seconds of the processor within which every input is read.
SLOW: Final = 2.0


def finding(target: Target, data: bytes) -> str | None:
    """What a target does with an input that it must not do: raise what is no error of the package, or warn."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            target.read(data)
    except Exception as error:  # noqa: BLE001 - any is a finding
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "kmsjose" in frame.filename]
        place = f"{Path(frames[-1].filename).stem}.{frames[-1].name}" if frames else "?"
        return f"{type(error).__name__} in {place}"
    return None


@dataclass(slots=True)
class Findings:
    """The findings of one run.

    Attributes:
        target: What is fuzzed.
        folder: Where their inputs are put.
        known: What was found, each once.
    """

    target: Target
    folder: Path
    known: set[str] = field(default_factory=set)

    def try_input(self, data: bytes) -> None:
        """Give the target an input, and keep it if it is the first of a finding."""
        begun = time.process_time()
        found = finding(self.target, data)
        if found is None and time.process_time() - begun > SLOW:
            found = "slow"
        if found is not None and found not in self.known:
            self.known.add(found)
            self.folder.mkdir(parents=True, exist_ok=True)
            (self.folder / sha256(data).hexdigest()[:16]).write_bytes(data)
            print(f"FINDING {found}", flush=True)
