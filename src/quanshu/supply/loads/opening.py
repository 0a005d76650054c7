"""A load's rows: from its source, from what was set aside, or from corrections."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from quanshu.lake import Lake
from quanshu.lake.landing import (
    HttpSpec,
    Reason,
    Refusal,
    TextRows,
    read_csv,
    read_excel,
    read_http,
    read_json_lines,
    read_parquet,
    read_sql,
)
from quanshu.supply.loads.load import Load, aside_table
from quanshu.supply.loads.types import LoadMode, SourceKind

BATCH = 10_000


def open_source(lake: Lake, load: Load) -> TextRows:
    """The load's rows as text. Raises the reader's own errors (`lake.*`)."""
    if load.corrections:
        names = tuple(load.expected)
        rows = ((number, [values.get(name) for name in names]) for number, values in load.corrections)
        return TextRows(names, rows)
    if load.aside is not None:
        return TextRows(tuple(load.expected), rows_aside(lake, load))
    if load.kind == SourceKind.HTTP:
        return read_http(http_spec(load), load.reach)
    if load.kind == SourceKind.SQL:
        return open_database(load)
    if load.file is None:
        raise ValueError("a file source without a file")
    if load.kind == SourceKind.EXCEL:
        return read_excel(load.file, load.sheet or None)
    readers: Mapping[str, Callable[..., TextRows]] = {
        SourceKind.JSONL: read_json_lines,
        SourceKind.PARQUET: read_parquet,
    }
    return readers.get(load.kind, read_csv)(load.file)


def open_database(load: Load) -> TextRows:
    """A table or SELECT, from the low mark on when the load is incremental or a feed of changes."""
    column = ""
    if load.low is not None:
        column = load.seq_column if load.mode == LoadMode.CHANGES else str(load.options.get("cursor", ""))
    since = (column, load.low) if column else None
    if load.source_table.lstrip()[:6].lower() == "select":
        return read_sql(load.url, query=load.source_table, since=since)
    return read_sql(load.url, table=load.source_table, since=since)


def http_spec(load: Load) -> HttpSpec:
    """How the API is asked."""
    options: Mapping[str, Any] = load.options
    params = {}
    if options.get("since_param") and load.low is not None:
        params[str(options["since_param"])] = str(load.low)
    return HttpSpec(
        url=str(options["address"]),
        rows_path=str(options["rows_path"]),
        paging=str(options["paging"]),
        page_param=str(options["page_param"]) or "page",
        size_param=str(options["size_param"]),
        page_size=int(options["page_size"]),
        next_path=str(options["next_path"]),
        token=load.secret.get("token", ""),
        token_header=str(options["token_header"]) or "Authorization",
        params=params,
    )


def rows_aside(lake: Lake, load: Load) -> Iterator[Any]:
    """The rows set aside by the run, in their order, with the columns that the contract has."""
    names, last = tuple(load.expected), 0
    while True:
        with lake.connect() as connection:
            lake.register(connection, aside_table(load.table), alias="aside")
            rows = connection.execute(
                "SELECT row_number, reason, record_json FROM aside WHERE run = ? AND attempt = ? AND row_number > ? "
                "ORDER BY row_number LIMIT ?",
                [load.run_uid, load.aside, last, BATCH],
            ).fetchall()
        for number, reason, text in rows:
            last = number
            if reason:
                yield Refusal(number, Reason(reason), text)
            else:
                record = json.loads(text)
                yield number, [record.get(name) for name in names]
        if len(rows) < BATCH:
            return
