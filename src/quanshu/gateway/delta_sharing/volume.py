"""Rows a grant has read today, in one small file of a host's gateway processes; counted before an answer leaves."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

NAME = "bulk-volume.sqlite"
CREATE = "CREATE TABLE IF NOT EXISTS used (grant_uid TEXT PRIMARY KEY, day INTEGER NOT NULL, rows INTEGER NOT NULL)"
PUT = "INSERT INTO used VALUES (?, ?, ?) ON CONFLICT (grant_uid) DO UPDATE SET day = excluded.day, rows = excluded.rows"


def take_rows(directory: Path, grant_uid: str, *, day: int, rows: int, limit: int) -> int | None:
    """Count rows for a grant's day. None when they are allowed, else the rows used before, and nothing is counted."""
    opened = sqlite3.connect(directory / NAME, timeout=10, isolation_level=None)
    with contextlib.closing(opened) as connection:
        connection.execute(CREATE)
        connection.execute("BEGIN IMMEDIATE")
        found = connection.execute("SELECT rows FROM used WHERE grant_uid = ? AND day = ?", (grant_uid, day)).fetchone()
        used = int(found[0]) if found else 0
        if used + rows > limit:
            connection.execute("ROLLBACK")
            return used
        connection.execute(PUT, (grant_uid, day, used + rows))
        connection.execute("COMMIT")
    return None
