"""DuckDB's SQL in Spark's words. SQLGlot translates; where the engines would answer differently is mended here."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import sqlglot
from sqlglot import exp

# What DuckDB takes for a day. Spark would take a bare year too.
DAY_FORM = r"^\s*[0-9]{1,6}-[0-9]{1,2}-[0-9]{1,2}([ T].*)?$"
# Forms of times that rules use, in the words of each engine.
TIME_FORMS = {"%Y%m%d": "yyyyMMdd"}
DAY_TYPES = (exp.DataType.Type.DATE, exp.DataType.Type.TIMESTAMP, exp.DataType.Type.TIMESTAMPNTZ)


@lru_cache(maxsize=512)
def to_spark(sql: str) -> str:
    """One query of DuckDB's as Spark SQL with the same answer.

    Raises `sqlglot.errors.ParseError` when the text is no single query.
    """
    tree = sqlglot.parse_one(sql, read="duckdb")
    # Deepest first: a mended node carries its mended parts along.
    nodes: list[Any] = [*tree.find_all(exp.TryCast, exp.RegexpFullMatch)]
    for node in reversed(nodes):
        node.replace(_whole_match(node) if isinstance(node, exp.RegexpFullMatch) else _strict_day(node))
    for node in list(tree.find_all(exp.Anonymous)):
        if node.name.upper() == "TRY_STRPTIME" and node.expressions[1].name in TIME_FORMS:
            form = exp.Literal.string(TIME_FORMS[node.expressions[1].name])
            node.replace(exp.Anonymous(this="TRY_TO_TIMESTAMP", expressions=[node.expressions[0].copy(), form]))
    return tree.sql(dialect="spark")


def _strict_day(node: Any) -> Any:
    """TRY_CAST to a day, only of texts that are whole days."""
    if node.args["to"].this not in DAY_TYPES:
        return node.copy()
    text = exp.cast(node.this.copy(), "VARCHAR", dialect="duckdb")
    looks = exp.RegexpLike(this=text, expression=exp.Literal.string(DAY_FORM))
    return exp.Case(ifs=[exp.If(this=looks, true=node.copy())])


def _whole_match(node: Any) -> exp.Expression:
    """A match of the whole text: Spark's RLIKE alone would be content with a part."""
    pattern = node.expression
    if isinstance(pattern, exp.Literal):
        whole: exp.Expression = exp.Literal.string(f"^(?:{pattern.this})$")
    else:
        whole = exp.Concat(expressions=[exp.Literal.string("^(?:"), pattern.copy(), exp.Literal.string(")$")])
    return exp.RegexpLike(this=node.this.copy(), expression=whole)
