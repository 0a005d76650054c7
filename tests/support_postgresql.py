"""The PostgreSQL server of the tests, for what runs on it beside SQLite."""

from __future__ import annotations

import os

import pytest

URL = os.environ.get("QUANSHU_TEST_POSTGRESQL_URL", "")
needs_postgresql = pytest.mark.skipif(
    not URL, reason="NOT TESTED: serving tables on PostgreSQL; QUANSHU_TEST_POSTGRESQL_URL names no server"
)
