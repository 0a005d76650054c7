"""An issuer's records, read from the table of its catalogue entry by holders' numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from quanshu.city.vault.models import Issuer
from quanshu.city.vault.rules import get_type
from quanshu.city.vault.types import NoRecords
from quanshu.lake.conditions import Condition, where_sql
from quanshu.lake.schema import need_columns, quote
from quanshu.supply.catalogue.api import lake_table_of
from quanshu.supply.lake_store import get_lake


def records_of(issuer: Issuer, numbers: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """{number: its records} among those that fulfil the type's conditions.

    Raises `vault.no_records` when the issuer has no table yet, `lake.missing_column` when its table lacks one.
    """
    kind, lake = get_type(issuer.type_code), get_lake()
    table = lake_table_of(issuer.entry) if issuer.entry else ""
    if not table or not lake.exists(table):
        raise NoRecords
    found: dict[str, list[dict[str, Any]]] = {number: [] for number in numbers}
    if not numbers:
        return found
    schema = lake.schema(table)
    conditions = [Condition(column, operator, values) for column, operator, values in kind.conditions]
    columns = [column for column, _name in kind.holders]
    need_columns(schema.names, columns)
    places = ", ".join("?" for _number in numbers)
    either = " OR ".join(f"{quote(column)} IN ({places})" for column in columns)
    order = ", ".join(quote(name) for name in schema.names)
    sql = f"SELECT * FROM records WHERE ({either}) AND {where_sql(schema, conditions)} ORDER BY {order}"  # noqa: S608
    with lake.connect() as connection:
        lake.register(connection, table, alias="records")
        cursor = connection.execute(sql, [*numbers] * len(columns))
        names = [column[0] for column in cursor.description or ()]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    for row in rows:
        for column in columns:
            if row.get(column) in found:
                found[row[column]].append(row)
    return found
