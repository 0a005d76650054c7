"""The same tables and the same queries on Apache Spark, for when one machine is too small."""

from __future__ import annotations

from quanshu.lake.distributed.dialect import to_spark
from quanshu.lake.distributed.spark import SparkEngine, SparkFailed, SparkMissing

__all__ = ["SparkEngine", "SparkFailed", "SparkMissing", "to_spark"]
