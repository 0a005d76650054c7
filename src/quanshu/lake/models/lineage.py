"""Lineage to the column, read out of the query by SQLGlot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.lineage import lineage
from sqlglot.optimizer.qualify import qualify

from quanshu.lake.models.describing import Schema

Source = tuple[str, str]


def trace_columns(sql: str, schemas: Mapping[str, Schema]) -> dict[str, tuple[tuple[Source, ...], bool]]:
    """{column: (the (table, column) pairs its value comes from, whether it is one of them unchanged)}.

    Columns that only decide which rows are joined or kept are no sources of a value.
    """
    schema: dict[str, object] = {alias: dict(columns) for alias, columns in schemas.items()}
    tree: Any = qualify(sqlglot.parse_one(sql, read="duckdb"), schema=schema, dialect="duckdb")
    return {column: trace(column, tree, schema) for column in tree.named_selects}


def trace(column: str, tree: exp.Expr, schema: dict[str, object]) -> tuple[tuple[Source, ...], bool]:
    """Where one column comes from."""
    try:
        root = lineage(column, tree.copy(), schema=schema, dialect="duckdb")
    except SqlglotError:
        return (), False
    found: set[Source] = set()
    unchanged = True
    for node in root.walk():
        if isinstance(node.expression, exp.Table):
            found.add((node.expression.name, node.name.rpartition(".")[2].strip('"')))
        elif isinstance(node.expression, exp.Alias | exp.Column):
            unchanged = unchanged and isinstance(node.expression.unalias(), exp.Column)
        elif isinstance(node.expression, exp.Expression) and not isinstance(node.expression, exp.Query):
            unchanged = False
    return tuple(sorted(found)), unchanged and bool(found)
