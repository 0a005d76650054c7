"""Decisions of development, and of versions, as promised."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanshu.demo.synth import generate_city
from quanshu.gateway.synthetic import ColumnShape, fits, from_pattern, rows_of, value_of
from quanshu.kernel.errors import FieldErrors
from quanshu.kernel.identifiers.citizen_id import check_character
from quanshu.kernel.identifiers.uscc import check_character as uscc_check
from quanshu.shared.workflow.api import WrongState
from quanshu.sharing.development import rules
from quanshu.sharing.development.types import (
    ChangedSince,
    FieldsMissing,
    NoDraft,
    NotAccepted,
    NotTested,
    OrderData,
    OrderState,
    Sample,
)
from quanshu.sharing.services.api import compare_specs
from quanshu.supply.catalogue.api import ItemData

PART: dict[str, Any] = {
    "name": "id", "column": "id", "type": "string", "required": True, "pattern": "", "max_length": 18,
    "compare": False, "title": "号码", "title_en": "", "example": "1",
}  # fmt: skip
FIELD: dict[str, Any] = {
    "name": "name", "column": "name", "type": "string", "grade": "general-3", "mask": "name", "title": "姓名",
    "title_en": "",
}  # fmt: skip


def spec(*, part: dict[str, Any] | None = None, fields: tuple[dict[str, Any], ...] = (FIELD,), cap: int = 10) -> Any:
    return {"parameters": [{**PART, **(part or {})}], "fields": list(fields), "row_cap": cap}


@pytest.mark.parametrize(
    ("changed", "breaking"),
    [
        (spec(part={"max_length": 10}), True),
        (spec(part={"max_length": 30}), False),
        (spec(part={"pattern": r"\d+"}), True),
        (spec(part={"required": False}), False),
        (spec(part={"type": "integer"}), True),
        (spec(part={"name": "number"}), True),
        (spec(fields=()), True),
        (spec(fields=(FIELD, {**FIELD, "name": "street", "title": "街道"})), False),
        (spec(fields=({**FIELD, "mask": "full"},)), True),
        (spec(fields=({**FIELD, "mask": "none"},)), False),
        (spec(cap=5), True),
        (spec(cap=20), False),
    ],
)
def test_narrower_breaks_and_wider_does_not(changed: Any, breaking: bool) -> None:
    found = compare_specs(spec(), changed)
    assert [change.breaking for change in found] == [breaking]
    assert compare_specs(changed, changed) == ()


def test_a_new_required_parameter_breaks_an_optional_one_does_not() -> None:
    for required in (True, False):
        new = spec()
        new["parameters"].append({**PART, "name": "born", "title": "出生日期", "required": required})
        assert [change.breaking for change in compare_specs(spec(), new)] == [required]


def test_what_is_handed_over_is_attached_whole_and_tested() -> None:
    given: dict[str, Any] = {
        "state": OrderState.BUILDING, "attached": True, "passed": "d", "digest": "d", "told": ("a", "b"),
        "asked": ("a",),
    }  # fmt: skip
    rules.check_hand(**given)
    for change, refusal in (
        ({"state": OrderState.OPEN}, WrongState),
        ({"attached": False}, NoDraft),
        ({"told": ("b",)}, FieldsMissing),
        ({"passed": ""}, NotTested),
        ({"digest": "other"}, NotTested),
    ):
        with pytest.raises(refusal):
            rules.check_hand(**{**given, **change})


def test_only_what_was_accepted_is_published() -> None:
    rules.check_published(order="YF", state=OrderState.ACCEPTED, accepted="d", digest="d")
    with pytest.raises(NotAccepted):
        rules.check_published(order="YF", state=OrderState.READY, accepted="", digest="d")
    with pytest.raises(ChangedSince):
        rules.check_published(order="YF", state=OrderState.ACCEPTED, accepted="d", digest="e")


def test_an_order_names_items_of_the_entry() -> None:
    rules.check_order(OrderData("Pensions", ("name",)), items=("name",))
    with pytest.raises(FieldErrors) as fault:
        rules.check_order(OrderData("", ("height",)), items=("name",))
    assert {error.field for error in fault.value.errors} == {"title", "fields"}


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 10_000)), max_size=60))
def test_a_roll_up_counts_every_check_once(rows: list[tuple[bool, int]]) -> None:
    at = datetime(2026, 3, 2, tzinfo=UTC)
    samples = [Sample(at, ok, "ok" if ok else "gateway.x", us) for ok, us in rows]
    rolled = rules.roll_up(samples)
    good = sorted(us for ok, us in rows if ok)
    assert (rolled.total, rolled.ok) == (len(rows), len(good))
    assert sum(rolled.codes.values()) == rolled.total - rolled.ok
    if good:
        assert rolled.p50_us in good
        assert rolled.p95_us in good
        assert rolled.p50_us <= rolled.p95_us  # type: ignore[operator]
    else:
        assert rolled.p50_us is None


def test_twelve_months_cross_the_year() -> None:
    months = rules.months_before(date(2026, 3, 31), 12)
    assert (months[0], months[-1], len(months)) == (date(2025, 4, 1), date(2026, 3, 1), 12)


PATTERNS = (
    r"\d{17}[\dX]",
    r"[0-9A-Z]{18}",
    r"[A-Z]{2}\d{3,5}(鲁|济)?",
    r"(?:a|bc)+-\w*",
    r"1[3-9]\d{9}",
    r"[^0-9]{2}",
    r"\d+\.\d{2}",
)


@given(
    st.sampled_from(PATTERNS),
    st.randoms(use_true_random=False),
)
def test_a_made_text_keeps_to_its_pattern(pattern: str, rng: Any) -> None:
    text = from_pattern(pattern, rng)
    assert fits(ColumnShape("c", pattern=pattern), text), text


@given(st.integers(0, 999))
def test_identifiers_are_well_formed_and_nobodys(at: int) -> None:
    citizen = str(value_of(ColumnShape("c", length=18, kind="citizen_id"), "s@1", at))
    assert citizen[17] == check_character(citizen[:17])
    assert citizen.startswith("999999")
    firm = str(value_of(ColumnShape("u", length=18, kind="uscc"), "s@1", at))
    assert firm[17] == uscc_check(firm[:17])
    assert firm[2:8] == "999999"
    assert str(value_of(ColumnShape("n", kind="name"), "s@1", at))[1] == "样"


def test_rows_are_the_same_for_a_version_and_keep_codes_and_lengths() -> None:
    shapes = (
        ColumnShape("c", kind="citizen_id", length=18, search=True),
        ColumnShape("k", codes=("1", "2")),
        ColumnShape("t", length=2),
        ColumnShape("d", "date"),
        ColumnShape("i", "integer", length=3),
    )
    rows = list(rows_of(shapes, "s@1"))
    assert rows == list(rows_of(shapes, "s@1"))
    assert rows != list(rows_of(shapes, "s@2"))
    assert len(rows) == 1000
    assert {row["k"] for row in rows} == {"1", "2"}
    assert all(len(row["t"]) <= 2 and 0 <= row["i"] < 1000 and date.fromisoformat(row["d"]) for row in rows)
    assert rows[8]["c"] == rows[9]["c"], "one key of ten has two rows"


def test_what_a_column_holds_is_told_by_mask_then_name() -> None:
    told = {
        "citizen_id": ItemData("owner", "权利人", mask="citizen_id"),
        "uscc": ItemData("uscc", "代码"),
        "phone": ItemData("contact", "联系电话"),
        "name": ItemData("husband_name", "丈夫", personal=True),
        "text": ItemData("remark", "备注"),
    }
    assert {kind: rules.kind_of(item) for kind, item in told.items()} == {kind: kind for kind in told}


def test_no_personal_value_of_the_demo_city_is_in_a_sandbox(tmp_path: Path) -> None:
    """Not by luck: IDs, names, telephones and addresses are made where nobody's lie."""
    manifest = generate_city(tmp_path / "city", residents=300, seed=7, today=date(2026, 10, 31))
    real: set[str] = set()
    for path in Path(manifest.root).glob("*.sqlite"):
        with closing(sqlite3.connect(path)) as city:
            for (table,) in city.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                for row in city.execute(f'SELECT * FROM "{table}"'):
                    real.update(value for value in row if isinstance(value, str))
    assert len(real) > 1000
    shapes = tuple(ColumnShape(kind, kind=kind) for kind in ("citizen_id", "uscc", "name", "phone", "address", "firm"))
    for row in rows_of(shapes, "jn-ga-resident-query@1"):
        assert not real & set(row.values())


@given(st.text(alphabet="ab1()[]{}|*+?\\\\d^$.,:-", max_size=60), st.randoms(use_true_random=False))
def test_no_pattern_makes_a_gateway_fail_or_wait(pattern: str, rng: Any) -> None:
    assert len(from_pattern(pattern, rng)) <= 5000
    assert len(from_pattern(f"{'(' * 40}a{'{9999}' * 3}{')' * 40}", rng)) <= 5000


def test_a_composite_s_columns_are_those_of_its_parts() -> None:
    part = {"type": "string", "max_length": 18, "pattern": "", "compare": False}
    spec = {
        "parameters": [{**part, "name": "id", "column": "id"}, {**part, "name": "note", "column": "note"}],
        "fields": [{"name": name, "column": column} for name, column in (("n", "p.name"), ("s", "c.result"))],
        "composite": {
            "nodes": [
                {"name": "p", "sid": "query", "inputs": [{"parameter": "citizen_id", "name": "id", "node": ""}]},
                {"name": "c", "sid": "verify", "inputs": [{"parameter": "key", "name": "name", "node": "p"}]},
            ],
            "outputs": [{"name": "n", "sources": [["p", "name"]]}, {"name": "s", "sources": [["c", "result"]]}],
        },
    }
    known = {
        "query": {
            "citizen_id": ColumnShape("citizen_id", kind="citizen_id"),
            "name": ColumnShape("person_name", kind="name", length=20),
        }
    }
    shapes = {shape.column: shape for shape in rules.composite_shapes(spec, known)}
    assert list(shapes) == ["id", "note", "p.name", "c.result"]
    assert (shapes["id"].kind, shapes["id"].search) == ("citizen_id", True)
    assert (shapes["p.name"].kind, shapes["p.name"].length, shapes["p.name"].search) == ("name", 20, False)
    assert shapes["c.result"].codes == ("match", "mismatch", "no_record")
    assert shapes["note"].kind == "text"
