"""A service that signs: several threads with one source that follows the alias, on a KMS that often fails.

Arguments: the folder of the keys, the file for the tokens, a seed. It ends when its standard input does, and prints how
many tokens it signed and how many times it could not.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from datetime import timedelta

from kmsjose import KMSError, jwt, kms
from kmsjose.kms.local import Faults

LIFETIME = timedelta(seconds=3)
THREADS = 3


def broken(seed: int, share: float) -> Faults:
    """A KMS and a network that fail in each of their ways, for a share of the calls each."""
    faults = Faults()
    for number, fault in enumerate((faults.throttle, faults.unavailable, faults.drop, faults.lose)):
        fault(probability=share, seed=seed * 10 + number)
    return faults


def main(folder: str, tokens: str, seed: int) -> None:
    client = kms.connect(local=folder, faults=broken(seed, 0.01), max_attempts=2)
    stop = threading.Event()
    counts = {"signed": 0, "failed": 0}
    lock = threading.Lock()
    source = opened(client)

    def work() -> None:
        while not stop.is_set():
            begun = time.time()
            try:
                token = jwt.sign({"sub": "soak", "begun": begun}, source, lifetime=LIFETIME)
            except KMSError:
                with lock:
                    counts["failed"] += 1
                continue
            with lock:
                counts["signed"] += 1
                file.write(f"{token}\n")
                file.flush()

    with open(tokens, "w", encoding="ascii") as file:  # noqa: PTH123 - its name is all there is of it here
        threads = [threading.Thread(target=work, daemon=True) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        sys.stdin.read()
        stop.set()
        for thread in threads:
            thread.join(60)
    print(json.dumps(counts))  # noqa: T201 - whoever started it reads it


def opened(client: object) -> kms.AliasSource:
    for _ in range(50):
        try:
            return kms.follow(client, "alias/issuer", ttl=timedelta(seconds=0.3), max_stale=timedelta(seconds=2))
        except KMSError:
            time.sleep(0.1)
    raise SystemExit("the alias can't be looked up")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
