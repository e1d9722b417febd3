"""How the benchmarks measure: rounds in which every peer takes its turn, and the median of each."""

from __future__ import annotations

import gc
import statistics
from collections.abc import Callable
from time import perf_counter_ns


def medians(peers: dict[str, Callable[[], object]], rounds: int, batch: int) -> dict[str, float]:
    """Microseconds of one call of each peer: medians over interleaved rounds.

    Args:
        peers: What is compared, by name.
        rounds: How often each takes its turn.
        batch: Calls in a turn.
    """
    samples: dict[str, list[float]] = {name: [] for name in peers}
    for call in peers.values():
        call()
    gc.collect()
    gc.disable()
    try:
        for turn in range(rounds):
            # The order turns round, so that none always follows the same other.
            names = list(peers)
            for name in names[turn % len(names) :] + names[: turn % len(names)]:
                call = peers[name]
                start = perf_counter_ns()
                for _ in range(batch):
                    call()
                samples[name].append((perf_counter_ns() - start) / batch / 1000)
    finally:
        gc.enable()
    return {name: statistics.median(values) for name, values in samples.items()}


def table(title: str, rows: list[dict[str, str]]) -> None:
    """Print rows under one head."""
    heads = list(rows[0])
    widths = [max(len(head), *(len(row.get(head, "")) for row in rows)) for head in heads]
    print(f"\n{title}")
    print("  ".join(head.ljust(width) for head, width in zip(heads, widths, strict=True)))
    for row in rows:
        print("  ".join(row.get(head, "").ljust(width) for head, width in zip(heads, widths, strict=True)))
