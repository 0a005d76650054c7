"""Rows a grant has read today, by the receipts of every gateway process of the host."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

SQL = "SELECT coalesce(sum(rows), 0) FROM receipt WHERE at_ms >= ? AND grant_uid = ? AND outcome = 'ok'"


def rows_read(directory: Path, grant_uid: str, *, since_ms: int) -> int:
    """Rows in answered reads of a grant since a moment; receipts are on disk before an answer leaves."""
    total = 0
    for path in directory.glob("journal-*.sqlite"):
        opened = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)
        with contextlib.closing(opened) as connection, contextlib.suppress(sqlite3.OperationalError):
            total += int(connection.execute(SQL, (since_ms, grant_uid)).fetchone()[0])
    return total
