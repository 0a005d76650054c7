"""Models: tables made from tables by one SELECT, with tests and lineage to the column."""

from __future__ import annotations

from quanshu.lake.models.building import (
    BuiltTable,
    TestResult,
    build_table,
    drop_table,
    run_model_tests,
)
from quanshu.lake.models.describing import OutputColumn, describe_model, schema_of_table
from quanshu.lake.models.lineage import trace_columns
from quanshu.lake.models.ordering import CircularModels, build_order
from quanshu.lake.models.testing import BadTest, ModelTest, parse_tests

__all__ = [
    "BadTest",
    "BuiltTable",
    "CircularModels",
    "ModelTest",
    "OutputColumn",
    "TestResult",
    "build_order",
    "build_table",
    "describe_model",
    "drop_table",
    "parse_tests",
    "run_model_tests",
    "schema_of_table",
    "trace_columns",
]
