"""The order in which models that read from each other are built."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from graphlib import CycleError, TopologicalSorter

from quanshu.kernel.errors import Invalid


class CircularModels(Invalid):
    code = "lake.circular_models"
    message = "The models read from each other in a circle: %(cycle)s."
    remedy = "Take one of the references out of the circle."


def build_order(reads: Mapping[str, Collection[str]]) -> list[str]:
    """Models so ordered that each comes after those it reads from; alphabetical where the order is free.

    `reads` is {model: the models it reads from}; names that are no keys are no models and left out.
    Raises `lake.circular_models`, which names the circle.
    """
    sorter = TopologicalSorter({name: sorted(set(sources) & set(reads)) for name, sources in reads.items()})
    try:
        sorter.prepare()
    except CycleError as error:
        raise CircularModels(cycle=" → ".join(reversed(error.args[1]))) from error
    order: list[str] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        order += ready
        sorter.done(*ready)
    return order
