"""Journals as they were kept before version 0.4, in SQLite: read until every receipt in them has been carried."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

# What a receipt without a column is read as; other columns are empty texts.
ABSENT = {"items": "1"}


def read_after(
    directory: Path, columns: Sequence[str], cursors: Mapping[str, int], limit: int
) -> Iterator[tuple[str, int, list[Any]]]:
    """(file name, number, values) of receipts after each file's cursor; a column that a file has not is empty."""
    for path in sorted(directory.glob("journal-*.sqlite")):
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as connection:
            try:
                present = {row[1] for row in connection.execute("PRAGMA table_info(receipt)")}
                names = (name if name in present else ABSENT.get(name, "''") for name in columns)
                rows = connection.execute(
                    f"SELECT number, {', '.join(names)} FROM receipt WHERE number > ? ORDER BY number LIMIT ?",  # noqa: S608
                    (cursors.get(path.name, 0), limit),
                ).fetchall()
            except sqlite3.OperationalError:
                continue
        for number, *values in rows:
            yield path.name, number, values
