"""Pairs of records compared and weighed by a model."""

from __future__ import annotations

from collections.abc import Collection

from quanshu.lake import Lake
from quanshu.lake.linking.types import LinkModel, Pair, Scored

MAX_BLOCK = 200


def score(
    lake: Lake,
    model: LinkModel,
    records: str,
    *,
    new: Collection[str] | None = None,
    threshold: float,
    version: int | None = None,
    max_block: int = MAX_BLOCK,
) -> Scored:
    """Compare the pairs that share a blocking value, and give those whose probability reaches `threshold`.

    With `new`, only pairs with at least one of these records are compared; in two batches, for one model, the same
    pairs are found as in one. A blocking value held by more than `max_block` records is left out and reported.
    """
    raise NotImplementedError


def explain(lake: Lake, model: LinkModel, records: str, left: str, right: str, *, version: int | None = None) -> Pair:
    """Compare two records whatever the blocking, and say what each attribute spoke for.

    Evidence comes in the order of the model's comparisons; `level` is one of `LEVELS`. Raises
    `lake.linking.no_record` when one is not in the table.
    """
    raise NotImplementedError
