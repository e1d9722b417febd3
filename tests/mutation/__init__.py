"""Mutation testing of what decides about trust: mutmut, with operators for what its own leave out."""
