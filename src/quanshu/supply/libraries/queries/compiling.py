"""A model's text held against the tables it names: its columns, their sources, grades and masks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from quanshu.lake.models import OutputColumn, build_order, describe_model, parse_tests, schema_of_table, trace_columns
from quanshu.supply.catalogue.api import Entry, ItemData, find_entry_by_code, items_of
from quanshu.supply.lake_store import get_lake
from quanshu.supply.libraries import rules
from quanshu.supply.libraries.models import Model, Version
from quanshu.supply.libraries.types import BadReference, ModelData, SourceColumn

ENGINE_TYPES = {
    "string": "VARCHAR",
    "integer": "BIGINT",
    "decimal": "DECIMAL(38,10)",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "datetime": "TIMESTAMP",
}


@dataclass(frozen=True, slots=True)
class Compiled:
    """A model's query as checked, its columns, the entries it reads, its catalogue items and its lineage.

    `lineage` is {column: {"sources": [[entry uid, column]], "unchanged": bool}}.
    """

    sql: str
    columns: tuple[OutputColumn, ...]
    entries: Mapping[str, Entry]
    items: tuple[ItemData, ...]
    keys: tuple[str, ...]
    lineage: dict[str, Any]

    def items_json(self) -> list[dict[str, Any]]:
        """The items as kept with a version."""
        return [{**asdict(item), "code_list": list(item.code_list)} for item in self.items]


def data_of(model: Model, version: Version) -> ModelData:
    """A version as it was entered."""
    return ModelData(
        code=model.code,
        title=model.title,
        title_en=model.title_en,
        description=model.description,
        sql=version.sql,
        references=version.references,
        keys=version.keys,
        columns=version.columns,
        tests=version.tests,
    )


def resolve(references: Mapping[str, str]) -> dict[str, Entry]:
    """The entry behind each reference, by resource code or by the code of a published model.

    Raises `libraries.bad_reference`.
    """
    found = {}
    for alias, code in references.items():
        model = Model.objects.select_related("entry__unit").filter(code=code, entry__isnull=False).first()
        entry = model.entry if model is not None else find_entry_by_code(code)
        if entry is None:
            raise BadReference(line=f"{alias} = {code}", fault="there is no such resource or published model.")
        found[alias] = entry
    return found


def compile_model(data: ModelData) -> Compiled:
    """Check a model's text whole.

    Raises FieldErrors, `libraries.bad_reference`, `lake.bad_query`, `lake.bad_test`, `lake.circular_models`.
    """
    references = rules.parse_references(data.references)
    check_order(data.code, references)
    entries = resolve(references)
    schemas = {alias: schema_of(entry) for alias, entry in entries.items()}
    checked, columns = describe_model(data.sql, schemas)
    names = [column.name for column in columns]
    parse_tests(data.tests, columns=names, tables=list(entries))
    keys = rules.parse_keys(data.keys, known=names)
    traced = trace_columns(checked.sql, schemas)
    items = rules.items_from(
        columns,
        traced=traced,
        sources={(alias, one.name): one for alias, entry in entries.items() for one in columns_of(entry)},
        named=rules.parse_columns(data.columns, known=names),
        keys=keys,
    )
    lineage = {
        name: {
            "sources": [[entries[alias].uid, column] for alias, column in pairs if alias in entries],
            "unchanged": unchanged,
        }
        for name, (pairs, unchanged) in traced.items()
    }
    return Compiled(checked.sql, columns, entries, items, keys, lineage)


def check_order(code: str, references: Mapping[str, str]) -> None:
    """The models stay free of circles with this one's references. Raises `lake.circular_models`."""
    reads: dict[str, set[str]] = {}
    rows = Model.objects.filter(reads__entry__library_model__isnull=False)
    for reader, source in rows.values_list("code", "reads__entry__library_model__code"):
        reads.setdefault(reader, set()).add(source)
    reads[code] = set(references.values())
    known = set(Model.objects.values_list("code", flat=True)) | {code}
    build_order({name: reads.get(name, set()) & known for name in known})


def schema_of(entry: Entry) -> list[tuple[str, str]]:
    """Columns of an entry's table: as landed, else as its items promise."""
    if get_lake().exists(entry.lake_table):
        return schema_of_table(get_lake(), entry.lake_table)
    return [(item.name, ENGINE_TYPES[item.data_type]) for item in items_of(entry)]


def columns_of(entry: Entry) -> list[SourceColumn]:
    """An entry's columns as the catalogue describes them."""
    return [
        SourceColumn(item.name, item.title, item.title_en, item.grade, item.personal, item.mask)
        for item in items_of(entry)
    ]
