"""Benchmarks: each against a named peer or the bare engine doing the same work, in the same run."""
