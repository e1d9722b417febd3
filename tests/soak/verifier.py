"""A verifier that reads nothing but the published tree, and keeps what it read for a while; it loads no boto3.

Arguments: the published jwks.json, and the files of tokens, which it follows as they grow. It ends when its standard
input does, and prints how many tokens it verified, how many came too late to say, and the codes of those it refused.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from kmsjose import KeySet, VerificationError, jwt

KEPT_SECONDS = 1.0


class Keys:
    """The published keys, read again once they are old."""

    def __init__(self, jwks: Path) -> None:
        self._jwks = jwks
        self._until = 0.0
        self._keys = KeySet([])

    def get(self) -> KeySet:
        if time.monotonic() > self._until:
            self._until = time.monotonic() + KEPT_SECONDS
            self._keys = KeySet.from_jwks(self._jwks.read_bytes())
        return self._keys


def new_lines(path: Path, stop: threading.Event) -> Iterator[str]:
    while not path.exists() and not stop.is_set():
        time.sleep(0.02)
    with path.open(encoding="ascii") as file:
        rest = ""
        while True:
            ended = stop.is_set()
            rest += file.read()
            *lines, rest = rest.split("\n")
            yield from lines
            if ended:
                return
            time.sleep(0.02)


def main(jwks: Path, files: list[Path]) -> None:
    stop = threading.Event()
    counts: Counter[str] = Counter()
    lock = threading.Lock()

    def work(path: Path) -> None:
        keys = Keys(jwks)
        for token in new_lines(path, stop):
            try:
                jwt.verify(token, keys.get())
                outcome = "verified"
            except VerificationError as error:
                outcome = "late" if error.code == "expired" else error.code
            with lock:
                counts[outcome] += 1

    threads = [threading.Thread(target=work, args=(path,), daemon=True) for path in files]
    for thread in threads:
        thread.start()
    sys.stdin.read()
    stop.set()
    for thread in threads:
        thread.join(60)
    print(json.dumps({**counts, "boto3": "boto3" in sys.modules}))  # noqa: T201 - whoever started it reads it


if __name__ == "__main__":
    main(Path(sys.argv[1]), [Path(name) for name in sys.argv[2:]])
