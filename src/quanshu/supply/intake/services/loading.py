"""The work of a run: read, hold against the contract, write once. No database of the control plane here.

Writing is safe to repeat: the data commit carries the run's uid and counts, so a run that is started
again after a kill finds what it already did. Refused rows are written before it under the number of
the attempt, and the attempt that landed names them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import pyarrow as pa

from quanshu.lake import Lake
from quanshu.lake.landing import ColumnSpec, Split, TextRows, read_csv, read_excel, read_sql, split
from quanshu.lake.schema import quote
from quanshu.supply.intake import rules
from quanshu.supply.intake.services.prelanding import check_before_landing
from quanshu.supply.intake.types import LoadMode, Outcome, SourceKind, Stage

Progress = Callable[[Stage, int], None]


@dataclass(frozen=True, slots=True)
class Load:
    """Everything a load needs, read once from the rows of the control plane."""

    run_uid: str
    attempt: int
    kind: str
    mode: str
    table: str
    columns: tuple[ColumnSpec, ...]
    keys: tuple[str, ...]
    file: Path | None = None
    sheet: str = ""
    url: str = ""
    source_table: str = ""


def refused_table(lake_table: str) -> str:
    """The lake table that keeps what intake refused for an entry."""
    return f"refused_{lake_table}"


def open_source(load: Load) -> TextRows:
    """The source as rows of text. Raises the reader's own errors (`lake.*`)."""
    if load.kind == SourceKind.SQL:
        if load.source_table.lstrip()[:6].lower() == "select":
            return read_sql(load.url, query=load.source_table)
        return read_sql(load.url, table=load.source_table)
    if load.file is None:
        raise ValueError("a file source without a file")
    if load.kind == SourceKind.EXCEL:
        return read_excel(load.file, load.sheet or None)
    return read_csv(load.file)


def done_before(lake: Lake, load: Load) -> Outcome | None:
    """The outcome of this run if an earlier attempt has already landed it."""
    if not lake.exists(load.table):
        return None
    for version in reversed(lake.versions(load.table)):
        if version.commit.get("run") == load.run_uid:
            counts = {name: int(version.commit[name]) for name in ("rows_in", "landed", "refused", "attempt")}
            return Outcome(
                lake_version=version.version,
                **counts,
                **asdict(changes_of(lake, load, version.version, counts["landed"])),
            )
    return None


@dataclass(frozen=True, slots=True)
class Changes:
    """What a version did to the rows of the one before it."""

    inserted: int
    updated: int
    unchanged: int
    deleted: int


def changes_of(lake: Lake, load: Load, version: int, landed: int) -> Changes:
    """Count a version's changes from what the lake keeps, so that a second attempt tells the same."""
    if load.mode == LoadMode.UPSERT:
        kinds = lake.changes(load.table, version - 1, version).column("_change_type").to_pylist()
        inserted, updated = kinds.count("insert"), kinds.count("update_postimage")
        return Changes(inserted, updated, landed - inserted - updated, 0)
    if version == 0:
        return Changes(landed, 0, 0, 0)
    return replaced(lake, load, version, landed)


def replaced(lake: Lake, load: Load, version: int, landed: int) -> Changes:
    """What a full load changed: by key where both versions have it, else every row is a new one."""
    before = lake.schema(load.table, version - 1).names
    rows = lake.count(load.table, version - 1)
    if not load.keys or not set(load.keys) <= set(before):
        return Changes(landed, 0, 0, rows)
    names = [column.name for column in load.columns]
    on = " AND ".join(f"n.{quote(key)}::VARCHAR = o.{quote(key)}::VARCHAR" for key in load.keys)
    same = " AND ".join(f"n.{quote(name)}::VARCHAR IS NOT DISTINCT FROM o.{quote(name)}::VARCHAR" for name in names)
    alike = same if set(names) == set(before) else "false"
    with lake.connect() as connection:
        lake.register(connection, load.table, version=version - 1, alias="o")
        lake.register(connection, load.table, version=version, alias="n")
        found = connection.execute(
            f"SELECT count(*), count(*) FILTER ({alike}) FROM n JOIN o ON {on}"  # noqa: S608 - quoted names
        ).fetchone()
    kept, unchanged = found or (0, 0)
    return Changes(landed - kept, kept - unchanged, unchanged, rows - kept)


def perform(lake: Lake, load: Load, progress: Progress) -> Outcome:
    """Do the load once, however often it is called.

    `progress` is told the stage and the rows so far, and may raise to stop. Raises NothingFits or NoRows
    before the table is touched, or what the reader or the lake raises.
    """
    before = done_before(lake, load)
    if before is not None:
        return before
    progress(Stage.READING, 0)
    rows = open_source(load)
    with lake.connect() as connection:
        # A key names one row in either mode: problems, look-ups and corrections all go by it.
        parts = split(connection, rows, load.columns, load.keys, progress=partial(progress, Stage.READING))
        parts = check_before_landing(load, parts)
        if parts.refused_rows:
            keep_refused(lake, load, parts)
        rules.check_something_fits(rows_in=parts.rows_in, landed=parts.landed_rows, mode=load.mode)
        # A worker that was held up long enough to lose the run may wake here: look again, under the lock.
        with lake.loading(load.table):
            progress(Stage.WRITING, parts.rows_in)
            return done_before(lake, load) or write(lake, load, parts)


def keep_refused(lake: Lake, load: Load, parts: Split) -> None:
    """Append the refused rows with run, attempt and every reason."""
    reader = parts.refused_reader()
    names = ["row_number", "column", "value", "reason", "message", "record_json"]
    schema = pa.schema(
        [
            pa.field("run", pa.string()),
            pa.field("attempt", pa.int64()),
            *[reader.schema.field(name) for name in names],
        ]
    )

    def tagged() -> Iterator[pa.RecordBatch]:
        for batch in reader:
            size = batch.num_rows
            yield pa.RecordBatch.from_arrays(
                [
                    pa.array([load.run_uid] * size, pa.string()),
                    pa.array([load.attempt] * size, pa.int64()),
                    *[batch.column(name) for name in names],
                ],
                schema=schema,
            )

    lake.append(
        refused_table(load.table),
        pa.RecordBatchReader.from_batches(schema, tagged()),
        commit={"run": load.run_uid, "attempt": str(load.attempt)},
    )


def write(lake: Lake, load: Load, parts: Split) -> Outcome:
    """Put what fits into the table as one version that carries the run and its counts."""
    commit = {
        "run": load.run_uid,
        "attempt": str(load.attempt),
        "rows_in": str(parts.rows_in),
        "landed": str(parts.landed_rows),
        "refused": str(parts.refused_rows),
    }
    if load.mode == LoadMode.UPSERT:
        done = lake.upsert(load.table, parts.landed_reader(), load.keys, commit=commit)
        version, changes = done.version, Changes(done.inserted, done.updated, done.unchanged, 0)
    else:
        version = lake.overwrite(load.table, parts.landed_reader(), commit=commit)
        changes = changes_of(lake, load, version, parts.landed_rows)
    return Outcome(
        rows_in=parts.rows_in,
        landed=parts.landed_rows,
        refused=parts.refused_rows,
        lake_version=version,
        attempt=load.attempt,
        **asdict(changes),
    )


def read_refused(
    lake: Lake, table: str, *, run_uid: str, attempt: int, limit: int, offset: int = 0
) -> list[dict[str, object]]:
    """Faults of `limit` refused rows of one attempt, from the row at `offset` on. A row may have several."""
    name = refused_table(table)
    if not lake.exists(name):
        return []
    with lake.connect() as connection:
        lake.register(connection, name, alias="refused")
        rows = connection.execute(
            'SELECT row_number, "column", value, reason, message, record_json FROM refused '
            "WHERE run = $run AND attempt = $attempt AND row_number IN (SELECT DISTINCT row_number FROM refused "
            "WHERE run = $run AND attempt = $attempt ORDER BY row_number LIMIT $limit OFFSET $offset) "
            'ORDER BY row_number, "column", reason',
            {"run": run_uid, "attempt": attempt, "limit": limit, "offset": offset},
        ).fetchall()
    names = ("row_number", "column", "value", "reason", "message", "record_json")
    return [dict(zip(names, row, strict=True)) for row in rows]


def count_reasons(lake: Lake, table: str, *, run_uid: str, attempt: int) -> list[dict[str, object]]:
    """Refused rows of one attempt by column and reason, most frequent first."""
    name = refused_table(table)
    if not lake.exists(name):
        return []
    with lake.connect() as connection:
        lake.register(connection, name, alias="refused")
        rows = connection.execute(
            'SELECT "column", reason, any_value(message), count(DISTINCT row_number) AS rows FROM refused '
            'WHERE run = ? AND attempt = ? GROUP BY "column", reason ORDER BY rows DESC, "column", reason',
            [run_uid, attempt],
        ).fetchall()
    return [dict(zip(("column", "reason", "message", "rows"), row, strict=True)) for row in rows]
