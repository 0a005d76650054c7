"""Row filters: a list of conditions on columns, compiled to SQL from typed literals. All must hold of a row.

A filter is data, not SQL: column, operator and values as text. Values are read as the column's type, so that
nothing of a filter reaches the engine but names that the table has and literals.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum

import pyarrow as pa

from quanshu.lake.errors import BadCondition, MissingColumn
from quanshu.lake.schema import literal, quote, sql_type

MOST_VALUES = 1000
MOST_LENGTH = 500
_WHOLE = re.compile(r"[+-]?\d{1,19}\Z")


class Operator(StrEnum):
    """What a condition says of a column; empty values fulfil only `is_null`."""

    EQUALS = "eq"
    DIFFERS = "ne"
    ONE_OF = "in"
    NONE_OF = "not_in"
    LESS = "lt"
    AT_MOST = "le"
    MORE = "gt"
    AT_LEAST = "ge"
    BETWEEN = "between"
    STARTS = "starts_with"
    EMPTY = "is_null"
    FILLED = "not_null"


_COMPARED = {
    Operator.EQUALS: "=",
    Operator.DIFFERS: "<>",
    Operator.LESS: "<",
    Operator.AT_MOST: "<=",
    Operator.MORE: ">",
    Operator.AT_LEAST: ">=",
}
_COUNTS = {Operator.BETWEEN: (2, 2), Operator.EMPTY: (0, 0), Operator.FILLED: (0, 0)} | dict.fromkeys(
    (Operator.ONE_OF, Operator.NONE_OF), (1, MOST_VALUES)
)


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition: `values` are texts, as a form or a JSON body gives them."""

    column: str
    operator: str
    values: tuple[str, ...] = ()


def where_sql(schema: pa.Schema, conditions: Sequence[Condition]) -> str:
    """The conditions joined by AND, `true` when there are none.

    Raises `lake.missing_column`, `lake.bad_condition` (which names the column and what is wrong with the condition).
    """
    return " AND ".join(condition_sql(schema, condition) for condition in conditions) or "true"


def condition_sql(schema: pa.Schema, condition: Condition) -> str:
    """One condition as SQL."""
    index = schema.get_field_index(condition.column)
    if index < 0:
        raise MissingColumn(column=condition.column)
    kind = schema.field(index).type
    try:
        operator = Operator(condition.operator)
    except ValueError as fault:
        raise BadCondition(column=condition.column, fault="operator") from fault
    least, most = _COUNTS.get(operator, (1, 1))
    if not least <= len(condition.values) <= most:
        raise BadCondition(column=condition.column, fault="values")
    if operator is Operator.STARTS and not pa.types.is_string(kind):
        raise BadCondition(column=condition.column, fault="operator")
    name = quote(condition.column)
    values = [value_sql(condition.column, kind, value) for value in condition.values]
    return _compiled(operator, name, values)


def _compiled(operator: Operator, name: str, values: list[str]) -> str:
    if operator in _COMPARED:
        return f"{name} {_COMPARED[operator]} {values[0]}"
    if operator is Operator.BETWEEN:
        return f"{name} BETWEEN {values[0]} AND {values[1]}"
    if operator is Operator.STARTS:
        return f"starts_with({name}, {values[0]})"
    if operator is Operator.EMPTY:
        return f"{name} IS NULL"
    if operator is Operator.FILLED:
        return f"{name} IS NOT NULL"
    word = "IN" if operator is Operator.ONE_OF else "NOT IN"
    return f"{name} {word} ({', '.join(values)})"


def value_sql(column: str, kind: pa.DataType, value: str) -> str:
    """A value as a literal of the column's type; `lake.bad_condition` when it cannot be read as one."""
    text = value if pa.types.is_string(kind) else value.strip()
    if len(text) > MOST_LENGTH or "\0" in text or not _reads_as(kind, text):
        raise BadCondition(column=column, fault="value")
    return f"{literal(text)}::{sql_type(column, kind)}"


def _reads_as(kind: pa.DataType, text: str) -> bool:
    types = pa.types
    try:
        if types.is_string(kind):
            return True
        if types.is_integer(kind):
            return bool(_WHOLE.match(text)) and abs(int(text)) < 2 ** (kind.bit_width - 1)
        if types.is_floating(kind) or types.is_decimal(kind):
            return Decimal(text).is_finite()
        if types.is_date(kind):
            return str(date.fromisoformat(text)) == text
        if types.is_timestamp(kind):
            return datetime.fromisoformat(text) is not None
    except (ValueError, InvalidOperation):
        return False
    return types.is_boolean(kind) and text in {"true", "false"}
