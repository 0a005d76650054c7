"""Counts that fusion shows, as SQL that DuckDB and Spark answer alike."""

from __future__ import annotations

from quanshu.lake import Lake
from quanshu.lake.distributed import SparkEngine
from quanshu.lake.linking.types import FusionCounts


def fusion_counts(
    lake: Lake,
    records: str,
    *,
    pairs: str | None = None,
    members: str | None = None,
    engine: SparkEngine | None = None,
) -> FusionCounts:
    """Count the records of each source, the parties that each two sources share, and the pairs by level.

    `pairs` is a table with `probability` (levels: `certain` from 0.99, `probable` from 0.9, `possible` below);
    `members` one with `record` and `party`. Without it, records of one valid identifier are one party.
    With `engine`, Spark counts.
    """
    raise NotImplementedError
