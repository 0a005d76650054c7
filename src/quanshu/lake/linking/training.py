"""A model of how records of one party agree, estimated from the records themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quanshu.lake import Lake
from quanshu.lake.linking.types import LinkModel, PartyKind

SEED = 20260101


def train(
    lake: Lake,
    records: str,
    kind: PartyKind,
    *,
    seed: int = SEED,
    settings: Mapping[str, Any] | None = None,
    version: int | None = None,
) -> LinkModel:
    """Estimate a model from the records table: u by random sampling, m by EM over several blockings, frequencies of
    values (only of those that many records share; rare ones are held equally rare).

    The same records, seed and settings give the same model. `settings` are the shipped ones of the kind when None.
    Probabilities that the records are too few to tell stay as shipped.
    """
    raise NotImplementedError
