"""Writes tables as the departments keep or export them."""

import csv
import sqlite3
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

from openpyxl import Workbook

from quanshu.demo.synth.types import Table
from quanshu.demo.synth.world import Row, TableData

_SQLITE_TYPES = {"integer": "INTEGER", "decimal": "REAL", "boolean": "INTEGER"}


def write_tables(root: Path, tables: Iterable[tuple[Table, TableData]]) -> None:
    """Write all tables of one source; tables of one SQLite file must stand together."""
    for file, group in groupby(tables, key=lambda pair: pair[0].file):
        members = list(group)
        target = root / file
        target.unlink(missing_ok=True)
        match members[0][0].format:
            case "sqlite":
                _write_sqlite(target, members)
            case "csv":
                _write_csv(target, *members[0])
            case _:
                _write_workbook(target, *members[0])


def _plain(rows: list[Row]) -> Iterable[Row]:
    """Rows with yes and no as clerks write them."""
    return ([("是" if v else "否") if v is True or v is False else v for v in row] for row in rows)


def _write_csv(target: Path, table: Table, data: TableData) -> None:
    with target.open("w", encoding=table.encoding, newline="") as stream:
        writer = csv.writer(stream, lineterminator="\r\n")
        writer.writerow([c.name for c in table.columns])
        writer.writerows(_plain(data.rows))


def _write_workbook(target: Path, table: Table, data: TableData) -> None:
    book = Workbook(write_only=True)
    sheet = book.create_sheet(table.sheet)
    sheet.append([c.name for c in table.columns])
    for row in _plain(data.rows):
        sheet.append(row)
    book.save(target)


def _write_sqlite(target: Path, members: list[tuple[Table, TableData]]) -> None:
    connection = sqlite3.connect(target)
    try:
        # A generated file needs no crash safety, and its bytes must depend on its content only.
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        for table, data in members:
            columns = ", ".join(f'"{c.name}" {_SQLITE_TYPES.get(c.type, "TEXT")}' for c in table.columns)
            key = ", ".join(f'"{c}"' for c in table.key)
            connection.execute(f'CREATE TABLE "{table.name}" ({columns}, PRIMARY KEY ({key}))')
            places = ", ".join("?" * len(table.columns))
            connection.executemany(f'INSERT INTO "{table.name}" VALUES ({places})', data.rows)  # noqa: S608
        connection.commit()
    finally:
        connection.close()
