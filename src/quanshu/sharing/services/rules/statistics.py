"""What a statistic may group and measure, and its cube as the lake makes it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from django.utils.translation import gettext_noop as N_

from quanshu.kernel.errors import FieldError
from quanshu.lake.disclosure import LEAST_EVER, MOST_GROUPS, Group, Measure
from quanshu.lake.masking import Mask
from quanshu.sharing.services.rules.items import HIDE_FROM, core_fault, default_mask, missing
from quanshu.sharing.services.types import GroupData, MeasureData, StatisticData
from quanshu.supply.catalogue.api import GRADE_ORDER, ItemData

NAME = re.compile(r"[a-z][a-z0-9_]{0,39}\Z")
RESERVED = frozenset({"groups", "measures", "fields", "items"})
MOST_EDGES, MOST_WIDTH = 20, 20
GROUP_KINDS = ("value", "prefix", "bands")
MEASURE_KINDS = ("count", "share", "sum", "average")
BANDED, SUMMED = frozenset({"integer", "decimal", "date"}), frozenset({"integer", "decimal"})
# Titles of measures in both languages, as catalogue items have theirs.
TITLES = {"count": ("记录数", "Records"), "share": ("占比", "Share")}
ENDINGS = {"sum": ("合计", "total"), "average": ("平均", "average")}


def statistic_faults(data: StatisticData | None, items: Mapping[str, ItemData]) -> list[FieldError]:
    """Every fault of a cube: names, kinds, and what the items' grades allow."""
    if data is None:
        return [FieldError("statistic", N_("A statistic needs groups and measures."), N_("Choose them."))]
    faults = []
    if not 1 <= len(data.groups) <= MOST_GROUPS:
        faults.append(FieldError("groups", N_("A statistic has one to four groups."), N_("Choose so many items.")))
    if not data.measures:
        faults.append(FieldError("measures", N_("A statistic tells at least one measure."), N_("Choose one.")))
    if not LEAST_EVER <= data.least <= 1000:
        faults.append(FieldError("least", N_("The threshold is 3 to 1,000 records."), N_("Enter a number in range.")))
    if not 1 <= data.percent <= 100:
        faults.append(FieldError("percent", N_("The p% rule takes 1 to 100."), N_("Enter a number in range.")))
    names = [*(group.name for group in data.groups), *(measure.name for measure in data.measures)]
    wrong = [name for name in names if not NAME.match(name) or name in RESERVED or names.count(name) > 1]
    if wrong:
        fault = N_("The name %(name)s is not a plain word of its own.")
        faults.append(
            FieldError(
                "groups", fault, N_("Use small letters, digits and underscores, each name once."), {"name": wrong[0]}
            )
        )
    for group in data.groups:
        faults += group_faults(group, items)
    for measure in data.measures:
        faults += measure_faults(measure, items)
    return faults


def group_faults(group: GroupData, items: Mapping[str, ItemData]) -> list[FieldError]:
    """Faults of one group. An item that leaves only under a mask may be grouped in bands, which is one."""
    where = f"groups.{group.name}"
    item = items.get(group.item)
    if item is None:
        return [missing("groups", group.item)]
    faults = core_fault("groups", item) or too_high(where, item)
    if faults:
        return faults
    if group.kind not in GROUP_KINDS:
        return [FieldError(where, N_("This way to group is not known."), N_("Choose value, prefix or bands."))]
    if group.kind != "bands":
        if default_mask(item) != Mask.NONE:
            fault = N_("Items of this grade are grouped in bands only.")
            return [FieldError(where, fault, N_("Group it in bands, or leave it out."))]
        if group.kind == "prefix" and not 1 <= group.width <= MOST_WIDTH:
            fault = N_("The first 1 to 20 characters can be grouped by.")
            return [FieldError(where, fault, N_("Enter a number in range."))]
        return []
    if item.data_type not in BANDED:
        fault = N_("Bands are made of numbers and of dates.")
        return [FieldError(where, fault, N_("Group by the value or by its first characters."))]
    if not 1 <= len(group.edges) <= MOST_EDGES or any(low >= high for low, high in pairwise(group.edges)):
        fault = N_("Bands need 1 to 20 lower bounds in rising order.")
        return [FieldError(where, fault, N_("Enter whole numbers such as 18, 35, 60."))]
    return []


def measure_faults(measure: MeasureData, items: Mapping[str, ItemData]) -> list[FieldError]:
    """Faults of one measure."""
    where = f"measures.{measure.name}"
    if measure.kind not in MEASURE_KINDS:
        return [FieldError(where, N_("This measure is not known."), N_("Choose count, share, sum or average."))]
    if measure.kind in TITLES:
        return []
    item = items.get(measure.item)
    if item is None:
        return [missing("measures", measure.item)]
    faults = core_fault("measures", item) or too_high(where, item)
    if not faults and item.data_type not in SUMMED:
        return [FieldError(where, N_("Only numbers have sums and averages."), N_("Choose an item with numbers."))]
    return faults


def too_high(where: str, item: ItemData) -> list[FieldError]:
    """Data of level 4 and important data are in no statistic."""
    if GRADE_ORDER[item.grade] < HIDE_FROM:
        return []
    return [FieldError(where, N_("Data of this grade are in no statistic."), N_("Leave the item out."))]


def statistic_spec(data: StatisticData, items: Mapping[str, ItemData]) -> dict[str, Any]:
    """The spec of a statistic. Its `fields` are groups and measures, which grants name."""
    groups = [
        {
            **{name: getattr(group, name) for name in ("name", "item", "kind", "width")},
            "edges": list(group.edges) if group.kind == "bands" else [],
            "values": list(group.values) if group.kind != "bands" else [],
            "dated": items[group.item].data_type == "date",
            "title": group.title or items[group.item].title,
            "title_en": group.title_en or items[group.item].title_en,
            "grade": items[group.item].grade,
        }
        for group in data.groups
    ]
    measures = [measure_spec(measure, items) for measure in data.measures]
    return {
        "parameters": [],
        "fields": [
            *({"column": f"g_{part['name']}", "type": "string", **told(part)} for part in groups),
            *({"column": f"m_{part['name']}", "type": type_of(part), **told(part)} for part in measures),
        ],
        "row_cap": 0,
        "statistic": {"groups": groups, "measures": measures, "least": data.least, "percent": data.percent},
    }


def type_of(measure: Mapping[str, Any]) -> str:
    """Counts are whole numbers."""
    return "integer" if measure["kind"] == "count" else "decimal"


def told(part: Mapping[str, Any]) -> dict[str, Any]:
    """What a field says of a group or measure."""
    return {"mask": str(Mask.NONE), **{name: part[name] for name in ("name", "title", "title_en", "grade")}}


def measure_spec(measure: MeasureData, items: Mapping[str, ItemData]) -> dict[str, Any]:
    """A measure with its titles; counts carry no grade of an item."""
    item = items.get(measure.item) if measure.kind in ENDINGS else None
    if item is None:
        title, title_en = TITLES[measure.kind]
    else:
        ending, ending_en = ENDINGS[measure.kind]
        title, title_en = f"{item.title}{ending}", f"{item.title_en or item.name} {ending_en}"
    return {
        "name": measure.name,
        "kind": measure.kind,
        "item": item.name if item else "",
        "title": title,
        "title_en": title_en,
        "grade": item.grade if item else "general-1",
    }


def statistic_data(spec: Mapping[str, Any]) -> StatisticData:
    """A kept cube as it was entered."""
    return StatisticData(
        groups=tuple(
            GroupData(
                **{name: part[name] for name in ("name", "item", "kind", "width", "title", "title_en")},
                edges=tuple(part["edges"]),
                values=tuple(part["values"]),
            )
            for part in spec["groups"]
        ),
        measures=tuple(MeasureData(part["name"], part["kind"], part["item"]) for part in spec["measures"]),
        least=spec["least"],
        percent=spec["percent"],
    )


def cube_of(spec: Mapping[str, Any]) -> tuple[tuple[Group, ...], tuple[Measure, ...]]:
    """Groups and measures of a kept cube as the lake takes them."""
    return tuple(group_of(part) for part in spec["groups"]), measures_of(spec["measures"])


def group_of(part: Mapping[str, Any]) -> Group:
    """One group."""
    same = {name: part[name] for name in ("name", "kind", "width", "dated")}
    return Group(**same, column=part["item"], edges=tuple(part["edges"]), values=tuple(part["values"]))


def measures_of(parts: Sequence[Mapping[str, Any]]) -> tuple[Measure, ...]:
    """The measures."""
    return tuple(Measure(part["name"], part["kind"], part["item"]) for part in parts)
