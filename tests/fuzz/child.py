"""The process that fuzzes one target: `python -m tests.fuzz.child TARGET FOLDER OPTION...`, the options libFuzzer's."""

from __future__ import annotations

import sys
from pathlib import Path

import atheris


def main() -> None:
    """Fuzz until libFuzzer ends the process."""
    name, folder, *options = sys.argv[1:]
    # Only what is imported here is looked into for its branches; the seeds load what is loaded as it is first needed.
    with atheris.instrument_imports(include=["kmsjose"]):
        from tests.fuzz.findings import Findings
        from tests.fuzz.targets import TARGETS

        findings = Findings(TARGETS[name], Path(folder))
        for seed in TARGETS[name].seeds():
            findings.try_input(seed)
        from tests.fuzz.mutation import mutate

    def changed(data: bytes, size: int, seed: int) -> bytes:
        return mutate(data, size, seed, atheris.Mutate)

    atheris.Setup([sys.argv[0], *options], findings.try_input, custom_mutator=changed)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
