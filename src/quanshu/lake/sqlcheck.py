"""What a person may write as a query: one SELECT over tables named to them, with functions that only compute.

What runs is the text made from the checked tree, never the text that was typed.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from typing import Any

import duckdb
import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from quanshu.kernel.errors import Invalid

MAX_LENGTH = 100_000
MAX_DEPTH = 200
TABLE_FUNCTIONS = frozenset({"unnest", "range", "generate_series"})
MORE_THAN_READING = (exp.Command, exp.DDL, exp.DML, exp.Into, exp.Pragma, exp.Set, exp.Attach, exp.Copy)
ROW_KINDS = (exp.Select, exp.SetOperation, exp.Subquery)
# Functions of the engine that look outside the data: files, settings, other statements, the machine, the clock's tick.
OUTSIDE = (
    "read_", "glob", "sniff_", "parquet_", "duckdb_", "pragma_", "current_setting", "getenv", "getvariable", "query",
    "which_secret", "nextval", "currval", "write_log", "in_search_path", "current_database", "current_schema",
    "current_catalog", "current_user", "session_user", "current_query", "version", "txid_", "pg_", "has_", "set_config",
    "seq_scan", "arrow_scan", "pandas_scan", "python_map", "checkpoint", "force_checkpoint", "sleep", "enable_",
    "disable_", "icu_", "st_read", "copy_", "test_", "summary", "repeat_row", "storage_info", "remap_",
)  # fmt: skip


class BadQuery(Invalid):
    """The text is no single query that may be run."""

    code = "lake.bad_query"
    message = "Line %(line)s, column %(column)s: %(fault)s"
    remedy = "Write one SELECT over the tables that are listed; see the list of functions that may be used."


@dataclass(frozen=True, slots=True)
class CheckedQuery:
    """A query that may run: its text as made from the checked tree, and the tables it reads, sorted."""

    sql: str
    tables: tuple[str, ...]


def check_select(text: str, *, tables: Collection[str] | None = None) -> CheckedQuery:
    """Read a query of DuckDB's and refuse whatever is more than reading.

    `tables` are the names that may be read; None leaves the names to the caller. Raises `lake.bad_query`,
    which names the line and column.
    """
    if len(text) > MAX_LENGTH:
        raise BadQuery(line=1, column=1, fault=f"the query is longer than {MAX_LENGTH:,} characters.")
    tree = parse_one(text)
    if not isinstance(tree, ROW_KINDS):
        raise fault_at(tree, "only a SELECT may be run.")
    made_here = {cte.alias_or_name.lower() for cte in tree.find_all(exp.CTE)}
    known = None if tables is None else {name.lower(): name for name in tables}
    read: set[str] = set()
    for node in tree.walk():
        check_node(node)
        if isinstance(node, exp.Table) and isinstance(node.this, exp.Identifier):
            name = node.name
            if name.lower() in made_here:
                continue
            if known is not None and name.lower() not in known:
                raise fault_at(node, f"there is no table “{name}” for you here.")
            read.add(known[name.lower()] if known is not None else name)
    return CheckedQuery(tree.sql(dialect="duckdb", comments=False), tuple(sorted(read)))


def check_condition(text: str) -> tuple[str, ...]:
    """Read a condition over the columns of one row; returns the columns it names, sorted.

    Raises `lake.bad_query` for anything that looks beyond the row.
    """
    tree = parse_one(f"SELECT ({text}) AS held FROM checked")
    check_select(tree.sql(dialect="duckdb"), tables=["checked"])
    for node in tree.walk():
        looks_on = isinstance(node, exp.Query) and node is not tree and not isinstance(node, exp.Table)
        if looks_on or isinstance(node, exp.AggFunc | exp.Window | exp.Star):
            raise fault_at(node, "a condition looks at its own row alone.")
    select: Any = tree
    if len(select.expressions) != 1 or any(select.args.get(part) for part in ("where", "joins", "group", "with_")):
        raise BadQuery(line=1, column=1, fault="this is more than one condition.")
    names = {node.name for node in tree.find_all(exp.Column)}
    if not names:
        raise BadQuery(line=1, column=1, fault="the condition names no field.")
    return tuple(sorted(names))


def parse_one(text: str) -> exp.Expr:
    """The one statement of a text. Raises `lake.bad_query`."""
    try:
        trees = [tree for tree in sqlglot.parse(text, read="duckdb") if tree is not None]
    except SqlglotError as error:
        places = getattr(error, "errors", None) or [{}]
        place = places[0]
        fault = str(place.get("description") or str(error).splitlines()[0])
        highlight = str(place.get("highlight") or "").strip()
        shown = f"{fault} (near “{highlight[:40]}”)" if highlight else fault
        raise BadQuery(line=place.get("line") or 1, column=place.get("col") or 1, fault=shown) from error
    except RecursionError as error:
        raise BadQuery(line=1, column=1, fault="the query is nested too deeply.") from error
    if len(trees) != 1:
        fault = "the query is empty." if not trees else "there is more than one statement."
        raise BadQuery(line=1, column=1, fault=fault)
    if depth_of(trees[0]) > MAX_DEPTH:
        raise BadQuery(line=1, column=1, fault="the query is nested too deeply.")
    return trees[0]


def depth_of(tree: exp.Expr) -> int:
    """How deeply a tree is nested."""
    return max((node.depth for node in tree.walk()), default=0)


def check_node(node: exp.Expr) -> None:
    """Refuse a part of a query that does more than compute."""
    if isinstance(node, MORE_THAN_READING) and not isinstance(node, ROW_KINDS):
        raise fault_at(node, "only a SELECT may be run.")
    if isinstance(node, exp.Table):
        check_table(node)
    elif isinstance(node, exp.Parameter | exp.Placeholder | exp.SessionParameter):
        raise fault_at(node, "a query takes no parameters here.")
    elif isinstance(node, exp.Func) and not isinstance(node, exp.Connector):
        check_function(node)


def check_table(node: exp.Table) -> None:
    """A table is a plain name, or one of the functions that make rows from nothing."""
    if node.args.get("db") or node.args.get("catalog"):
        raise fault_at(node, "a table is named by its own name alone, without a schema.")
    if isinstance(node.this, exp.Identifier):
        if any(mark in node.name for mark in "/.:\\*") or node.name.lower().startswith(("duckdb_", "pg_", "sqlite_")):
            raise fault_at(node, f"“{node.name}” is no table.")
        return
    name = function_name(node.this)
    if name not in TABLE_FUNCTIONS:
        raise fault_at(node, f"“{name}” may not be read from.")


def check_function(node: exp.Func) -> None:
    """A function computes from its arguments alone."""
    name = function_name(node)
    if name in TABLE_FUNCTIONS:
        return
    if name.startswith(OUTSIDE) and name not in ALLOWED_ANYWAY:
        raise fault_at(node, f"the function “{name}” may not be used.")
    if isinstance(node, exp.Anonymous) and name not in engine_functions():
        raise fault_at(node, f"there is no function “{name}”.")


ALLOWED_ANYWAY = frozenset({"has_", "current_date", "current_time", "current_timestamp", "current_localtime"})


def function_name(node: exp.Expr | None) -> str:
    """The name a function is called by, in lower case."""
    if node is None:
        return ""
    if isinstance(node, exp.Anonymous | exp.AnonymousAggFunc):
        return str(node.this).lower()
    if isinstance(node, exp.Func):
        return node.sql_name().lower()
    return type(node).__name__.lower()


@cache
def engine_functions() -> frozenset[str]:
    """Names of the engine's functions that compute: scalar, aggregate and macro."""
    with duckdb.connect(":memory:") as connection:
        rows = connection.execute(
            "SELECT DISTINCT lower(function_name) FROM duckdb_functions()"
            " WHERE function_type IN ('scalar', 'aggregate', 'macro')"
        ).fetchall()
    return frozenset(name for (name,) in rows)


def fault_at(node: exp.Expr, fault: str) -> BadQuery:
    """A refusal with the place of a part, as near as the tree keeps it."""
    for part in node.walk():
        meta = part.meta
        if "line" in meta:
            return BadQuery(line=meta["line"], column=meta.get("col", 1), fault=fault)
    return BadQuery(line=1, column=1, fault=fault)
