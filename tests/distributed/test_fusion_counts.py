"""Counts of fusion: Spark's are DuckDB's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from quanshu.lake import Lake
from quanshu.lake.distributed import SparkEngine
from quanshu.lake.linking import fusion_counts
from support_spark import CLUSTER, why_not

pytestmark = pytest.mark.skipif(bool(why_not()), reason=why_not())


@pytest.fixture(scope="module")
def spark() -> Iterator[SparkEngine]:
    engine = SparkEngine(CLUSTER)
    yield engine
    engine.close()


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(tmp_path)
    rows = 400
    lake.append(
        "fusion.records",
        pa.table(
            {
                "record": [f"{'abcd'[row % 4]}:{row}" for row in range(rows)],
                "source": ["资源" if row % 4 == 0 else "abcd"[row % 4] for row in range(rows)],
                "identifier": [None if row % 7 == 0 else f"id{row // 3}" for row in range(rows)],
            }
        ),
    )
    lake.append("fusion.pairs", pa.table({"probability": [row / 200 for row in range(201)]}))
    names = lake.read("fusion.records", columns=["record"])["record"].to_pylist()
    parties = [f"p{place // 5}" for place in range(rows)]
    lake.append("fusion.members", pa.table({"record": names, "party": parties}))
    return lake


@pytest.mark.parametrize("members", [None, "fusion.members"], ids=["by identifier", "by membership"])
def test_spark_counts_as_duckdb_does(spark: SparkEngine, lake: Lake, members: str | None) -> None:
    ours = fusion_counts(lake, "fusion.records", pairs="fusion.pairs", members=members)
    theirs = fusion_counts(lake, "fusion.records", pairs="fusion.pairs", members=members, engine=spark)
    assert theirs == ours
    assert sum(ours.records.values()) == 400
    assert ours.overlaps
    assert ours.pairs == {"certain": 3, "probable": 18, "possible": 180}
