"""How much memory a payload of 1 GiB takes that is signed detached and verified, each in an interpreter of its own."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

from kmsjose import LocalSigner, cose

from .environments import CHECKOUT
from .keys import private_keys
from .measure import table

SIZE = 1 << 30
#: What must hold, in MiB: the peak over what is held before.
LIMIT = 64
ENVELOPE = "EdDSA"
ALGORITHMS = ("ES256", "RS256", "PS256", "ML-DSA-65", ENVELOPE)
_STATUS = Path("/proc/self/status")


def main() -> None:
    """Print the table."""
    if not _STATUS.exists():
        print("\nmemory: not measured, as there is no /proc on this machine")
        return
    with tempfile.NamedTemporaryFile() as file:
        # Sparse: it takes no room on the disk.
        file.truncate(SIZE)
        table(
            "1 GiB from a file, signed and verified: what memory grows by at its peak",
            [_row(alg, file.name) for alg in ALGORITHMS],
        )


def _row(alg: str, path: str) -> dict[str, str]:
    command = [sys.executable, "-m", __name__, alg, path]
    answer = subprocess.run(command, cwd=CHECKOUT, check=True, capture_output=True, text=True)
    before, growth, sign, verify = answer.stdout.split()
    return {
        "alg": alg,
        "form": "hash envelope" if alg == ENVELOPE else "detached",
        "before MiB": before,
        "growth MiB": growth,
        "limit": str(LIMIT),
        "sign s": sign,
        "verify s": verify,
    }


def measure(alg: str, path: str) -> None:
    """Sign and verify a file, and print the MiB held before, what they grew by at most, and the seconds of each."""
    signer = LocalSigner(private_keys()[alg], alg)
    before = _mebibytes("VmRSS")
    with Path(path).open("rb") as file:
        start = perf_counter()
        if alg == ENVELOPE:
            message = cose.sign_hash_envelope(file, signer)
            signed = perf_counter()
            cose.verify_hash_envelope(message, signer.public_key, file)
        else:
            message = cose.sign1(file, signer, detached=True)
            signed = perf_counter()
            cose.verify1(message, signer.public_key, payload=file)
        end = perf_counter()
    growth = _mebibytes("VmHWM") - before
    print(f"{before:.0f} {growth:.1f} {signed - start:.1f} {end - signed:.1f}")


def _mebibytes(field: str) -> float:
    """A line of the kernel's account; `ru_maxrss` would begin with the peak of the process that started this one."""
    (line,) = (line for line in _STATUS.read_text().splitlines() if line.startswith(f"{field}:"))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    measure(*sys.argv[1:])
