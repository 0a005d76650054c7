"""A view of a table: only what is allowed, kept fresh by key, always equal to one built anew."""

import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quanshu.kernel.errors import QuanshuError
from quanshu.lake import Lake
from quanshu.lake.conditions import Condition, where_sql
from quanshu.lake.masking import Mask
from quanshu.lake.views import ROW_KEY, materialise_view, tidy_view

SCHEMA = pa.schema([("id", pa.string()), ("name", pa.string()), ("district", pa.string()), ("age", pa.int64())])
ROWS = [
    {"id": "1", "name": "张三", "district": "历下", "age": 30},
    {"id": "2", "name": "李四", "district": "市中", "age": 40},
    {"id": "3", "name": "王五", "district": "历下", "age": None},
]
LIXIA = (Condition("district", "eq", ("历下",)),)


def table(rows: list[dict[str, object]]) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def rows_of(lake: Lake, name: str) -> list[dict[str, object]]:
    return sorted(lake.read(name).to_pylist(), key=str)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    made = Lake(tmp_path / "lake", memory_limit="256MB")
    made.append("s.people", table(ROWS))
    return made


def refresh(lake: Lake, target: str = "bulk.v", **changed: object):
    options = {"columns": ["id", "name"], "masks": {"name": Mask.NAME}, "where": LIXIA, "keys": ["id"]} | changed
    return materialise_view(lake, "s.people", target, **options)  # type: ignore[arg-type]


def test_only_allowed_columns_and_rows_under_their_masks(lake: Lake) -> None:
    done = refresh(lake)
    assert (done.mode, done.rows, done.inserted) == ("built", 2, 2)
    assert rows_of(lake, "bulk.v") == [{"id": "1", "name": "张*"}, {"id": "3", "name": "王*"}]
    assert b"\xe5\xbc\xa0\xe4\xb8\x89" not in b"".join(
        path.read_bytes() for path in (lake.root / "tables" / "bulk.v").rglob("*") if path.is_file()
    )


def test_a_refresh_writes_what_differs_and_rows_that_leave_the_filter_are_deletions(lake: Lake) -> None:
    for number in range(4, 20):
        lake.append("s.people", table([{"id": str(number), "name": "钱七", "district": "历下", "age": number}]))
    first = refresh(lake)
    lake.apply(
        "s.people",
        pa.table(
            {
                "id": ["1", "2", "3", "4"],
                "name": ["张三丰", "李四", None, "钱七"],
                "district": ["历下", "历下", None, "市中"],
                "age": pa.array([31, 40, None, 4], pa.int64()),
                "_op": ["U", "U", "D", "U"],
            }
        ),
        ["id"],
    )
    done = refresh(lake)
    assert (done.mode, done.inserted, done.updated, done.deleted) == ("changes", 1, 1, 2)
    assert done.version == first.version + 1
    changes = lake.changes("bulk.v", first.version).to_pylist()
    assert {(row["id"], row["_change_type"]) for row in changes} == {
        ("1", "update_preimage"),
        ("1", "update_postimage"),
        ("2", "insert"),
        ("3", "delete"),
        ("4", "delete"),
    }
    assert refresh(lake).mode == "none"


def test_a_change_behind_a_mask_or_in_a_column_not_shown_is_no_version(lake: Lake) -> None:
    lake.append("s.people", table([{"id": str(n), "name": "钱七", "district": "历下", "age": n} for n in range(9, 20)]))
    first = refresh(lake)
    lake.upsert("s.people", table([{"id": "1", "name": "张四", "district": "历下", "age": 99}]), ["id"])
    assert refresh(lake).version == first.version


def test_a_key_that_is_not_shown_in_clear_is_replaced_by_a_salted_hash(lake: Lake) -> None:
    refresh(lake, "bulk.a", columns=["name"], key_salt="a")
    refresh(lake, "bulk.b", columns=["id", "name"], masks={"id": Mask.FULL}, key_salt="b")
    first, second = rows_of(lake, "bulk.a"), rows_of(lake, "bulk.b")
    assert set(first[0]) == {ROW_KEY, "name"}
    assert {row["id"] for row in second} == {"***"}
    assert not {row[ROW_KEY] for row in first} & {row[ROW_KEY] for row in second}
    lake.delete("s.people", pa.table({"id": ["1"]}))
    assert refresh(lake, "bulk.a", columns=["name"], key_salt="a").deleted == 1


def test_times_without_a_zone_are_shown_as_the_city_time_they_are(lake: Lake) -> None:
    lake.append("s.times", pa.table({"id": [1], "at": pa.array([1767254400000000], pa.timestamp("us"))}))
    materialise_view(lake, "s.times", "bulk.times", columns=["id", "at"], masks={}, keys=["id"])
    assert lake.read("bulk.times").to_pylist() == [{"id": 1, "at": datetime(2026, 1, 1, tzinfo=UTC)}]
    assert lake.log("bulk.times").state().protocol["minReaderVersion"] == 1
    assert materialise_view(lake, "s.times", "bulk.times", columns=["id", "at"], masks={}, keys=["id"]).mode == "none"


def test_a_table_without_keys_is_rewritten_only_when_it_differs(lake: Lake) -> None:
    first = refresh(lake, keys=[])
    lake.append("s.people", table([{"id": "9", "name": "赵六", "district": "市中", "age": 1}]))
    assert refresh(lake, keys=[]).version == first.version
    lake.append("s.people", table([{"id": "8", "name": "赵六", "district": "历下", "age": 1}]))
    assert refresh(lake, keys=[]).rows == 3


def test_another_table_under_the_source_s_name_is_compared_in_full(lake: Lake) -> None:
    refresh(lake)
    lake.drop("s.people")
    for row in ROWS:
        lake.append("s.people", table([row | {"district": "历下"}]))
    done = refresh(lake)
    assert (done.mode, done.inserted, done.deleted) == ("compared", 1, 0)


def test_versions_before_those_kept_lose_their_files_and_those_kept_stay_readable(lake: Lake) -> None:
    refresh(lake)
    for age in range(6):
        lake.upsert("s.people", table([{"id": "1", "name": f"张{'一' * age}", "district": "历下", "age": age}]), ["id"])
        refresh(lake, masks={})
    newest = lake.version("bulk.v")
    before = len(list((lake.root / "tables" / "bulk.v").rglob("*.parquet")))
    tidy_view(lake, "bulk.v", keep=2)
    assert len(list((lake.root / "tables" / "bulk.v").rglob("*.parquet"))) < before
    assert lake.version("bulk.v") == newest
    assert lake.read("bulk.v", version=newest - 1).num_rows == 2
    assert lake.changes("bulk.v", newest - 2).num_rows == 4


@pytest.mark.parametrize(
    ("condition", "fault"),
    [
        (Condition("nothing", "eq", ("x",)), "lake.missing_column"),
        (Condition("age", "eq", ("1 OR 1=1",)), "lake.bad_condition"),
        (Condition("age", "starts_with", ("1",)), "lake.bad_condition"),
        (Condition("name", "like", ("%",)), "lake.bad_condition"),
        (Condition("age", "between", ("1",)), "lake.bad_condition"),
        (Condition("name", "in", ()), "lake.bad_condition"),
    ],
)
def test_a_condition_that_cannot_be_read_is_refused(condition: Condition, fault: str) -> None:
    with pytest.raises(QuanshuError) as told:
        where_sql(SCHEMA, [condition])
    assert told.value.code == fault


@given(text=st.text(max_size=40))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_value_is_only_ever_a_value(lake: Lake, text: str) -> None:
    try:
        sql = where_sql(SCHEMA, [Condition("name", "eq", (text,))])
    except QuanshuError:
        assert "\0" in text
        return
    with lake.connect() as connection:
        lake.register(connection, "s.people", alias="source")
        found = connection.sql(f"SELECT name FROM source WHERE {sql}").fetchall()
    assert found == [(row["name"],) for row in ROWS if row["name"] == text]


KEYS = st.integers(0, 11).map(str)
ROW = st.fixed_dictionaries(
    {
        "id": KEYS,
        "name": st.sampled_from(["张三", "张四", "欧阳锋", None]),
        "district": st.sampled_from(["历下", "市中", None]),
        "age": st.one_of(st.none(), st.integers(0, 3)),
    }
)
BATCH = st.lists(ROW, min_size=1, max_size=6, unique_by=lambda row: row["id"])
STEP = st.one_of(
    st.tuples(st.just("upsert"), BATCH),
    st.tuples(st.just("overwrite"), BATCH),
    st.tuples(st.just("delete"), st.lists(KEYS, min_size=1, max_size=4, unique=True)),
    st.tuples(st.just("refresh"), st.none()),
    st.tuples(st.just("tidy"), st.none()),
)
CONDITION = st.sampled_from(
    [(), LIXIA, (Condition("age", "ge", ("1",)),), (Condition("district", "is_null"), Condition("age", "le", ("2",)))]
)
COLUMNS = st.sampled_from([["id", "name", "age"], ["name"], ["age", "id"]])


@given(steps=st.lists(STEP, max_size=8), where=CONDITION, columns=COLUMNS, hidden=st.booleans())
@settings(max_examples=25, deadline=None)
def test_a_view_kept_fresh_equals_one_built_anew(steps, where, columns, hidden) -> None:
    with tempfile.TemporaryDirectory() as folder:
        lake = Lake(Path(folder), memory_limit="256MB", threads=1)
        wide = [{"id": str(n), "name": "王五", "district": "历下", "age": n % 3} for n in range(20, 60)]
        lake.append("s.people", table([*ROWS, *wide]))
        masks = {"name": Mask.NAME} | ({"id": Mask.HASH} if hidden else {})
        options = {"columns": columns, "masks": masks, "where": where, "keys": ["id"], "salt": "s"}
        for kind, given_ in [*steps, ("refresh", None)]:
            if kind == "upsert":
                lake.upsert("s.people", table(given_), ["id"])
            elif kind == "overwrite":
                lake.overwrite("s.people", table(given_))
            elif kind == "delete":
                lake.delete("s.people", pa.table({"id": given_}))
            elif kind == "tidy" and lake.exists("bulk.v"):
                tidy_view(lake, "bulk.v", keep=1)
            else:
                materialise_view(lake, "s.people", "bulk.v", **options)
        materialise_view(lake, "s.people", "bulk.fresh", **options)
        assert rows_of(lake, "bulk.v") == rows_of(lake, "bulk.fresh")
