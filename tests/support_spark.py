"""A local standalone cluster of two workers, from the published package; one a test process."""

from __future__ import annotations

import importlib.util
import os
import shutil

CLUSTER = "local-cluster[2,1,1024]"


def why_not() -> str:
    """Why Spark cannot be tested here; empty when it can."""
    if os.environ.get("QUANSHU_TEST_SPARK", "") != "1":
        return "QUANSHU_TEST_SPARK is not set: run through tools/run_tests.py"
    if importlib.util.find_spec("pyspark") is None:
        return "pyspark is not installed"
    return "" if shutil.which("java") else "there is no Java"
