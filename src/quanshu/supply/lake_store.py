"""The control plane's handle on the lake, from the node's settings."""

from __future__ import annotations

from functools import cache

from django.conf import settings

from quanshu.lake import Lake
from quanshu.lake.distributed import SparkEngine


@cache
def get_lake() -> Lake:
    """The node's lake. One handle a process: it holds settings, no open files."""
    return Lake(
        settings.QUANSHU_LAKE_DIR,
        memory_limit=settings.QUANSHU_LAKE_MEMORY,
        threads=settings.QUANSHU_LAKE_THREADS,
    )


@cache
def get_engine() -> SparkEngine | None:
    """The engine of large work when the node is set to one of several machines; None for the lake's own."""
    if settings.QUANSHU_ENGINE != "spark":
        return None
    return SparkEngine(settings.QUANSHU_SPARK_MASTER, memory=settings.QUANSHU_SPARK_MEMORY)
