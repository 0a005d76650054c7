"""Spark as the engine of large work: it reads the same files and runs the same queries as DuckDB."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from quanshu.kernel.errors import Invalid, Unavailable
from quanshu.lake.distributed.dialect import to_spark
from quanshu.lake.storage import first_line

if TYPE_CHECKING:
    from quanshu.lake.tables import Lake

SPARK_TYPES = {
    pa.string(): "STRING",
    pa.large_string(): "STRING",
    pa.int8(): "TINYINT",
    pa.int16(): "SMALLINT",
    pa.int32(): "INT",
    pa.int64(): "BIGINT",
    pa.float32(): "FLOAT",
    pa.float64(): "DOUBLE",
    pa.bool_(): "BOOLEAN",
    pa.date32(): "DATE",
    pa.binary(): "BINARY",
}


class SparkMissing(Unavailable):
    code = "lake.spark_missing"
    message = "The node is set to the Spark engine, and Spark cannot be started: %(cause)s"
    remedy = "Install the package “pyspark” and Java 17 or later, or set QUANSHU_ENGINE=duckdb."


class SparkFailed(Invalid):
    code = "lake.spark_failed"
    message = "Spark refused the query: %(cause)s"
    remedy = "See the query and the cause named here; docs/scaling.md lists where the engines differ."


class SparkNeedsFolder(Unavailable):
    code = "lake.spark_needs_folder"
    message = "The Spark engine reads a lake in a folder that its workers see; this lake is in an object store."
    remedy = "Set QUANSHU_ENGINE=duckdb, or keep the lake on a shared file system; docs/operations.md says how."


class SparkEngine:
    """A Spark session over a lake's tables, opened on first use and kept until `close`.

    `master` is a Spark master address: `spark://host:7077` for a standalone cluster whose workers see the
    lake's files, or `local-cluster[2,1,1024]` for two workers of one core and 1,024 MiB on this machine.
    """

    def __init__(self, master: str, *, memory: str = "1g", city_zone: str = "Asia/Shanghai") -> None:
        self.master = master
        self.memory = memory
        self.city_zone = city_zone
        self._session: Any = None

    @property
    def session(self) -> Any:
        """The Spark session. Raises `lake.spark_missing` when it cannot be had."""
        if self._session is None:
            self._session = self._open()
        return self._session

    def close(self) -> None:
        """Stop the session and free its executors."""
        if self._session is not None:
            self._session.stop()
            self._session = None

    def workers(self) -> int:
        """Executors that take part, the driver not counted."""
        return int(self.session.sparkContext._jsc.sc().getExecutorMemoryStatus().size()) - 1

    def register(self, lake: Lake, name: str, *, version: int | None = None, alias: str | None = None) -> int:
        """Make a view over a version of a table; the newest by default. Returns the version it shows."""
        if not lake.storage.local:
            raise SparkNeedsFolder
        files, schema, shown = lake.files(name, version)
        fields = ", ".join(f"`{field.name}` {spark_type(field.type)}" for field in schema)
        reader = self.session.read.schema(fields)
        frame = reader.parquet(*files) if files else self.session.createDataFrame([], fields)
        frame.createOrReplaceTempView(alias or name.replace(".", "_"))
        return shown

    def define(self, alias: str, sql: str) -> None:
        """Name a query of DuckDB's, so that later ones can read from it; it is worked out once."""
        frame = self._run(sql)
        frame.cache()
        frame.createOrReplaceTempView(alias)

    def query(self, sql: str) -> pa.Table:
        """The rows of a query of DuckDB's over the registered views. Raises `lake.spark_failed`."""
        frame = self._run(sql)
        with plain_failures():
            return frame.toArrow()

    def create(self, lake: Lake, name: str, sql: str, *, commit: Mapping[str, str] | None = None) -> int:
        """Write a query's rows as a new table of the lake, by the workers themselves; returns how many."""
        if not lake.storage.local:
            raise SparkNeedsFolder
        frame = self._run(sql)
        with lake.new_table(name, commit=commit) as folder, plain_failures():
            frame.write.mode("append").parquet(str(folder))
        return lake.count(name)

    def _run(self, sql: str) -> Any:
        session = self.session
        with plain_failures():
            return session.sql(to_spark(sql))

    def _open(self) -> Any:
        # Spark's own launcher looks for this machine's name on the network; all here is local or configured.
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
        try:
            from pyspark.sql import SparkSession
        except ImportError as error:
            raise SparkMissing(cause="the package “pyspark” is not installed.") from error
        if not shutil.which("java") and not os.environ.get("JAVA_HOME"):
            raise SparkMissing(cause="no Java was found.")
        builder = (
            SparkSession.builder.master(self.master)
            .appName("quanshu")
            .config("spark.ui.enabled", "false")
            .config("spark.driver.memory", self.memory)
            .config("spark.executor.memory", self.memory)
            .config("spark.sql.session.timeZone", self.city_zone)
            .config("spark.sql.ansi.enabled", "false")
            .config("spark.sql.parquet.datetimeRebaseModeInRead", "CORRECTED")
            .config("spark.sql.parquet.outputTimestampType", "TIMESTAMP_MICROS")
            .config("spark.sql.shuffle.partitions", "8")
            # Work begins when every worker has come, or after 30 s with those that have.
            .config("spark.scheduler.minRegisteredResourcesRatio", "1.0")
            .config("spark.sql.warehouse.dir", tempfile.mkdtemp(prefix="quanshu-spark-"))
            .config("spark.log.level", "ERROR")
        )
        try:
            return builder.getOrCreate()
        except (RuntimeError, OSError) as error:
            raise SparkMissing(cause=first_line(error)) from error


def spark_type(kind: pa.DataType) -> str:
    """The Spark type of an Arrow type of the lake."""
    if pa.types.is_decimal(kind):
        return f"DECIMAL({kind.precision},{kind.scale})"
    if pa.types.is_timestamp(kind):
        return "TIMESTAMP" if kind.tz else "TIMESTAMP_NTZ"
    if pa.types.is_list(kind):
        return f"ARRAY<{spark_type(kind.value_type)}>"
    if kind not in SPARK_TYPES:
        raise SparkFailed(cause=f"type {kind}")
    return SPARK_TYPES[kind]


@contextmanager
def plain_failures() -> Iterator[None]:
    """Turn Spark's refusals into ours: the first line, without the long trace."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        yield
    except (Py4JError, PySparkException) as error:
        raise SparkFailed(cause=first_line(error)) from error
