"""A service as plain values, kept with its version, and what its serving table needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from quanshu.sharing.services.rules.items import default_mask
from quanshu.sharing.services.rules.statistics import statistic_data, statistic_spec
from quanshu.sharing.services.types import ConsentTerms, FieldData, ParameterData, ServiceData
from quanshu.supply.catalogue.api import Grade, ItemData

MARKED_TYPES = frozenset({"string", "integer", "date"})


def spec_of(data: ServiceData, items: Mapping[str, ItemData]) -> dict[str, Any]:
    """The service as plain values, kept with its version and published to gateways."""
    if data.composite is not None:
        return {**data.composite, "row_cap": data.row_cap}
    if data.statistic is not None:
        return statistic_spec(data.statistic, items)
    return {
        "parameters": [
            {
                "name": parameter.name,
                "column": parameter.name,
                "type": items[parameter.name].data_type,
                "required": parameter.required,
                "pattern": parameter.pattern,
                "max_length": parameter.max_length,
                "compare": parameter.compare,
                "title": items[parameter.name].title,
                "title_en": items[parameter.name].title_en,
                "example": parameter.example,
            }
            for parameter in data.parameters
        ],
        "fields": [
            {
                "name": field.name,
                "column": field.name,
                "type": items[field.name].data_type,
                "grade": items[field.name].grade,
                "mask": field.mask or default_mask(items[field.name]),
                "title": items[field.name].title,
                "title_en": items[field.name].title_en,
            }
            for field in data.fields
        ],
        "row_cap": data.row_cap,
        "consent": asdict(data.consent),
    }


def data_of(texts: Mapping[str, Any], spec: Mapping[str, Any]) -> ServiceData:
    """A kept service as it was entered: the reverse of `spec_of`. `texts` holds code, names, abstracts and shape."""
    if spec.get("composite"):
        return ServiceData(**texts, parameters=(), row_cap=spec["row_cap"], composite=spec)
    if spec.get("statistic"):
        return ServiceData(**texts, parameters=(), statistic=statistic_data(spec["statistic"]))
    entered = ("name", "example", "required", "pattern", "max_length", "compare")
    return ServiceData(
        **texts,
        parameters=tuple(ParameterData(**{key: part[key] for key in entered}) for part in spec["parameters"]),
        fields=tuple(FieldData(part["name"], part["mask"]) for part in spec["fields"]),
        row_cap=spec["row_cap"],
        consent=ConsentTerms(**spec.get("consent", {})),
    )


def key_sets(spec: Mapping[str, Any]) -> list[list[str]]:
    """The sets of columns a serving table is indexed on: the required search columns, and each optional one."""
    searched = [part for part in spec["parameters"] if not part["compare"]]
    required = [part["column"] for part in searched if part["required"]]
    optional = [part["column"] for part in searched if not part["required"]]
    return ([required] if required else []) + [[column] for column in optional]


def columns_of(spec: Mapping[str, Any]) -> list[str]:
    """Every column the service needs, once."""
    return list(dict.fromkeys(part["column"] for part in [*spec["parameters"], *spec["fields"]]))


def marking_key(items: Sequence[ItemData]) -> tuple[str, ...]:
    """The key columns a serving table carries to mark rows in receipts: none where one is core data, or of a type
    whose text differs between the lake and the serving table."""
    keys = [item for item in items if item.is_key]
    fit = all(item.grade != Grade.CORE and item.data_type in MARKED_TYPES for item in keys)
    return tuple(item.name for item in keys) if fit else ()
