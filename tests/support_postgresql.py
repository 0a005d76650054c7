"""The PostgreSQL server of the tests, for what runs on it beside SQLite."""

from __future__ import annotations

import os
from typing import Any

import psycopg
import pytest

URL = os.environ.get("QUANSHU_TEST_POSTGRESQL_URL", "")
needs_postgresql = pytest.mark.skipif(
    not URL, reason="NOT TESTED: serving tables on PostgreSQL; QUANSHU_TEST_POSTGRESQL_URL names no server"
)
# Test processes share the server: what a test makes on it carries the number of its process.
MINE = os.getpid()


def make_schema(connection: psycopg.Connection[Any]) -> None:
    """The schema of serving tables, made by one test process at a time."""
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(hashtext('quanshu_serving'))")
        connection.execute("CREATE SCHEMA IF NOT EXISTS quanshu_serving")
