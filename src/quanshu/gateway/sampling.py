"""Statistics and composites in the sandbox: answers of their shape, made up.

A statistic's cells are numbers drawn by the cell's own labels, the same at each call; about one in eight is a star, as
a cell that may not be told. They do not add up to one another. A composite answers from one synthetic row, and tells
of each of its parts that it was answered.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from itertools import islice, product
from typing import Any

from quanshu.gateway.composing import Composite
from quanshu.gateway.execution import Answer, Executor, Masks
from quanshu.gateway.shape_specs import MeasureSpec, StatisticSpec
from quanshu.gateway.snapshot import ServiceSpec
from quanshu.gateway.statistic import SUPPRESSED, Statistic
from quanshu.kernel.ids import new_uid

MOST_CELLS = 1000
UNTOLD = 0.125


class SampleStatistic(Statistic):
    """A statistic without a release: groups, measures and filters are read and refused as by the service."""

    def __init__(self, service: ServiceSpec, spec: StatisticSpec) -> None:
        self.service, self.spec = service, spec
        self._groups = {group.name: frozenset(group.values) for group in spec.groups}
        self._measures = tuple(measure.name for measure in spec.measures)

    def run(
        self, values: Mapping[str, Any], fields: Sequence[str], *, most: int | None = None, masks: Masks = ()
    ) -> Answer:
        """The cells of the groups asked for, a thousand at most."""
        groups = [group for group in self.spec.groups if group.name in fields]
        labels = [(str(values[group.name]),) if group.name in values else group.values for group in groups]
        measures = [measure for measure in self.spec.measures if measure.name in fields]
        names = [group.name for group in groups]
        cells = islice(product(*labels), MOST_CELLS)
        return Answer([self.cell(dict(zip(names, cell, strict=True)), measures) for cell in cells], None)

    def cell(self, labels: Mapping[str, str], measures: Sequence[MeasureSpec]) -> dict[str, Any]:
        """One cell with its labels; the whole, which has none, is always told."""
        seed = f"{self.service.sid}@{self.service.version}:{sorted(labels.items())}"
        rng = random.Random(seed)  # noqa: S311
        untold = bool(labels) and rng.random() < UNTOLD
        made = {part.name: sample(part.kind, random.Random(f"{seed}:{part.name}")) for part in measures}  # noqa: S311
        return {**labels, **(dict.fromkeys(made, SUPPRESSED) if untold else made)}


def sample(kind: str, rng: random.Random) -> int | float:
    """A number of a measure's kind, in the form of a release: counts are whole, all others are not."""
    if kind == "count":
        return rng.randint(10, 5000)
    return round(rng.random(), 4) if kind == "share" else rng.randint(1000, 100_000_000) / 100


class SampleComposite(Executor):
    """A composite as one table of synthetic rows; its answer tells how the parts fared, as the service's does."""

    def parts(self, fields: Sequence[str]) -> tuple[Mapping[str, Any], ...]:
        """The parts that the fields asked for need, each of them answered."""
        if self.service.composite is None:
            return ()
        needed = Composite(self.service, self.service.composite).needed(fields)
        return tuple(
            {
                "node": node.name,
                "sid": node.sid,
                "version": node.version or None,
                "required": node.required,
                "outcome": "ok",
                "rows": 1,
                "receipt_id": f"sandbox-{new_uid()}",
            }
            for node in self.service.composite.nodes
            if node.name in needed
        )
