"""A profile against plain Python on tables of any values."""

from __future__ import annotations

import tempfile
from collections import Counter
from datetime import date
from pathlib import Path

import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quanshu.lake import Lake
from quanshu.lake.checks.profile import profile_table

TODAY = date(2026, 3, 2)
words = st.none() | st.sampled_from(["", " ", "a", "bb", "济南", "370102199001010028", "13812345678"])


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rows=st.lists(st.tuples(words, words, st.none() | st.integers(-5, 5)), max_size=30))
def test_a_profile_counts_as_python_does(rows: list[tuple[str | None, str | None, int | None]]) -> None:
    names, kinds = ("first", "second", "number"), (pa.string(), pa.string(), pa.int64())
    columns = [[row[place] for row in rows] for place in range(3)]
    with tempfile.TemporaryDirectory() as folder:
        lake = Lake(Path(folder))
        arrays = [pa.array(column, kind) for column, kind in zip(columns, kinds, strict=True)]
        lake.overwrite("t", pa.table(dict(zip(names, arrays, strict=True))))
        found = profile_table(lake, "t", today=TODAY)
    assert found.rows == len(rows)
    for column, values in zip(found.columns, columns, strict=True):
        texts = [str(value) for value in values if value is not None and str(value).strip()]
        assert (column.filled, column.distinct) == (len(texts), len(set(texts)))
        assert column.shortest == (min(map(len, texts)) if texts else None)
        assert column.longest == (max(map(len, texts)) if texts else None)
        if column.top:
            assert dict(column.top) == Counter(texts)
        for key in found.keys:
            whole = [tuple(row[names.index(name)] for name in key) for row in rows]
            assert len(set(whole)) == len(rows)
    filled = [row[0] for row in rows if row[0] and row[0].strip()]
    assert found.columns[0].forms.get("citizen_id", 0) == filled.count("370102199001010028")
    assert found.columns[0].forms.get("phone", 0) == filled.count("13812345678")
    for row in found.dependencies:
        pairs: dict[str, Counter[str]] = {}
        for value in rows:
            one, two = (value[names.index(name)] for name in (row.decides, row.follows))
            if one is not None and two is not None and str(one).strip() and str(two).strip():
                pairs.setdefault(str(one), Counter())[str(two)] += 1
        assert row.agreeing == sum(max(group.values()) for group in pairs.values())


def test_references_and_keys_are_found(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    lake.overwrite("unit", pa.table({"code": ["k001", "k002"]}))
    lake.overwrite("person", pa.table({"id": ["1", "2", "3"], "unit": ["k001", "k002", "k001"]}))
    found = profile_table(lake, "person", today=TODAY, others=[("unit", "code")])
    assert found.keys == (("id",),)
    assert [(row.column, row.table, row.found) for row in found.inclusions] == [("unit", "unit", 2)]
