"""Benchmarks: peers side by side in one process, interleaved; what is printed are medians and ratios."""
