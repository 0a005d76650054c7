"""The control plane's handle on the lake, from the node's settings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from django.conf import settings
from django.db import connection

from quanshu.lake import Lake
from quanshu.lake.distributed import SparkEngine
from quanshu.lake.storage import open_storage


@cache
def get_lake() -> Lake:
    """The node's lake. One handle a process: it holds settings, no open files."""
    storage = open_storage(settings.QUANSHU_LAKE_URL, settings.QUANSHU_LAKE_DIR, settings.QUANSHU_LAKE_ACCESS)
    shared = not storage.local and connection.vendor == "postgresql"
    return Lake(
        settings.QUANSHU_LAKE_DIR,
        memory_limit=settings.QUANSHU_LAKE_MEMORY,
        threads=settings.QUANSHU_LAKE_THREADS,
        storage=storage,
        hold=hold_on_server if shared else None,
    )


@contextmanager
def hold_on_server(name: str) -> Iterator[None]:
    """The lock of a lake's name for all machines of the node: PostgreSQL frees it when its holder dies.

    It has a connection of its own, so that it neither waits for nor ends with the caller's transaction.
    """
    own = connection.copy()
    try:
        with own.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [f"quanshu lake {name}"])
        yield
    finally:
        own.close()


@cache
def get_engine() -> SparkEngine | None:
    """The engine of large work when the node is set to one of several machines; None for the lake's own."""
    if settings.QUANSHU_ENGINE != "spark":
        return None
    return SparkEngine(settings.QUANSHU_SPARK_MASTER, memory=settings.QUANSHU_SPARK_MEMORY)
