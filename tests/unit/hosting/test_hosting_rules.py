"""Rules of hosting, and the row form against the contract: what the form accepts, the lake takes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quanshu.kernel.errors import FieldErrors
from quanshu.lake import Lake
from quanshu.lake.landing import ColumnSpec, DataType
from quanshu.lake.masking import Mask
from quanshu.supply.catalogue.api import ItemData
from quanshu.supply.hosting import rules
from quanshu.supply.hosting.queries.rows import text_of
from quanshu.supply.hosting.services import writing
from quanshu.supply.hosting.types import (
    AgreementData,
    CannotUndo,
    ChangeWaits,
    HasSources,
    NotEditor,
    NothingChanged,
    NotHostable,
    OwnChange,
    Row,
    RowChanged,
    RowExists,
    RowGone,
    StillInForce,
    WrongStep,
)

DAY = date(2026, 3, 2)
ITEMS = (
    ItemData("id", "编号", length=6, is_key=True),
    ItemData("name", "名称", length=4, required=True),
    ItemData("code", "类别", code_list=("1", "2")),
    ItemData("amount", "金额", "decimal"),
    ItemData("number", "数量", "integer"),
    ItemData("day", "日期", "date"),
    ItemData("moment", "时间", "datetime"),
    ItemData("yes", "是否", "boolean"),
)
COLUMNS = tuple(
    ColumnSpec(item.name, DataType(item.data_type), item.required or item.is_key, item.length) for item in ITEMS
)


@pytest.fixture
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    lake = Lake(tmp_path_factory.mktemp("lake") / "lake", memory_limit="256MB")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writing, "get_lake", lambda: lake)
        patch.setattr(writing, "contract_of", lambda entry: COLUMNS)
        patch.setattr(writing, "items_of", lambda entry: ITEMS)
        patch.setattr(writing, "key_columns", lambda entry: ("id",))
        yield lake


FITTING = st.fixed_dictionaries(
    {
        "id": st.sampled_from(("LX-001", "  A1 ", "三")),
        "name": st.text("驿站A1 ", min_size=1, max_size=3).map(lambda text: text.strip() or "站"),
        "code": st.sampled_from(("1", " 2 ", "", None)),
        "amount": st.one_of(st.just(""), st.decimals(-1000, 1000, places=4).map(str)),
        "number": st.one_of(st.just(""), st.integers(-(2**63), 2**63 - 1).map(str)),
        "day": st.one_of(st.sampled_from(("2026/3/1", "20260301", "")), st.dates(date(1000, 1, 1)).map(str)),
        "moment": st.sampled_from(("2026-03-01 08:30", "2026-03-01T08:30:15.25", "2026-03-01", "")),
        "yes": st.sampled_from(("true", "否", "1", "")),
    }
)
SPOILED = st.one_of(
    st.text(max_size=8),
    st.sampled_from(("", "  ", "名称过长啦", "9", "1e3", "12.34567", "9223372036854775808", "2026-02-30", "perhaps")),
)


@st.composite
def values_entered(draw: st.DrawFn) -> dict[str, str | None]:
    """A row that fits, now and then with one value that may not."""
    values: dict[str, str | None] = draw(FITTING)
    if draw(st.booleans()):
        values[draw(st.sampled_from(sorted(values)))] = draw(SPOILED)
    return values


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=values_entered())
def test_what_the_form_accepts_the_lake_takes_and_gives_back(lake: Lake, values: dict[str, str | None]) -> None:
    entry: Any = SimpleNamespace(lake_table="t")
    row, faults = None, ()
    try:
        row = writing.cast_row(entry, values)
    except FieldErrors as fault:
        faults = fault.errors
    assert {error.field for error in faults} <= set(values)
    assert all(error.fault and error.remedy for error in faults)
    if row is None:
        assert faults
        return
    lake.upsert("t", writing.typed_row(entry, values), ["id"])
    stored = next(line for line in lake.read("t").to_pylist() if line["id"] == row.key["id"])
    assert {name: text_of(value) for name, value in stored.items()} == dict(row.values)
    # What is stored is accepted again as it reads, and is the same: so the form shows it and undoing restores it.
    again = writing.cast_row(entry, row.values)
    assert again.values == row.values
    counts = lake.upsert("t", writing.typed_row(entry, row.values), ["id"])
    assert (counts.inserted, counts.updated) == (0, 0)
    # The contract holds of what was accepted.
    assert 0 < len(row.values["name"] or "") <= 4
    assert row.values["code"] in {None, "1", "2"}


@given(value=st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**13), max_value=10**13))
def test_a_number_reads_without_exponent_or_surplus_zeros(value: Decimal) -> None:
    text = text_of(value) or ""
    assert Decimal(text) == value
    assert "E" not in text.upper()


def data(**changes: Any) -> AgreementData:
    given = {"reason": "无业务系统", "works": ("storage",), "term_until": date(2027, 1, 1)}
    return AgreementData(**{**given, **changes})


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"reason": " "}, "reason"),
        ({"works": ()}, "works"),
        ({"works": ("magic",)}, "works"),
        ({"term_until": DAY}, "term_until"),
        ({"keep_months": 121}, "keep_months"),
        ({"editors": ("stranger",)}, "editors"),
    ],
)
def test_a_faulty_agreement_names_its_field(changes: dict[str, Any], field: str) -> None:
    rules.check_data(data(), today=DAY, people=[])
    with pytest.raises(FieldErrors) as caught:
        rules.check_data(data(**changes), today=DAY, people=["p"])
    assert [error.field for error in caught.value.errors] == [field]


def test_what_can_be_hosted_and_accepted() -> None:
    rules.check_hostable(published=True, keys=("id",), held=False)
    for published, keys in ((False, ("id",)), (True, ())):
        with pytest.raises(NotHostable):
            rules.check_hostable(published=published, keys=keys, held=False)
    with pytest.raises(HasSources):
        rules.check_accept(state="proposed", sources=["人口库"])
    with pytest.raises(WrongStep):
        rules.check_accept(state="draft", sources=[])
    with pytest.raises(StillInForce):
        rules.check_delete_data(in_force=True)


def test_who_edits() -> None:
    asked: dict[str, Any] = {"actor_uid": "p", "editors": [], "works": ["storage"]}
    rules.check_editor(state="active", of_unit=True, **asked)
    with pytest.raises(NotEditor):
        rules.check_editor(state="active", of_unit=False, **asked)
    with pytest.raises(NotEditor):
        rules.check_editor(state="active", of_unit=True, **{**asked, "editors": ["q"]})
    rules.check_editor(state="active", of_unit=False, **{**asked, "works": ["cleaning"]})
    with pytest.raises(WrongStep):
        rules.check_editor(state="returning", of_unit=True, **asked)


def test_a_row_is_written_only_as_it_was_read() -> None:
    row = Row({"id": "1"}, {"id": "1"}, "mark")
    rules.check_base(kind="add", now=None, base="", keys=("id",), waits=False)
    rules.check_base(kind="edit", now=row, base="mark", keys=("id",), waits=False)
    for kind, now, base, waits, error in (
        ("add", row, "", False, RowExists),
        ("edit", None, "mark", False, RowGone),
        ("delete", row, "older", False, RowChanged),
        ("edit", row, "mark", True, ChangeWaits),
    ):
        with pytest.raises(error):
            rules.check_base(kind=kind, now=now, base=base, keys=("id",), waits=waits)
    with pytest.raises(NothingChanged):
        rules.check_differs("edit", rules.changed_fields({"a": "1"}, {"a": "1"}))
    assert rules.changed_fields(None, {"a": "1", "b": None}) == ["a"]


def test_a_second_person_and_the_last_change() -> None:
    rules.check_decide(state="pending", proposer_uid="a", actor_uid="b")
    with pytest.raises(OwnChange):
        rules.check_decide(state="pending", proposer_uid="a", actor_uid="a")
    with pytest.raises(WrongStep):
        rules.check_decide(state="applied", proposer_uid="a", actor_uid="b")
    rules.check_undo(kind="edit", state="applied", latest=True)
    for kind, state, latest in (("upload", "applied", True), ("edit", "pending", True), ("edit", "applied", False)):
        with pytest.raises(CannotUndo):
            rules.check_undo(kind=kind, state=state, latest=latest)


def test_a_graded_value_without_a_mask_of_its_own_is_hidden() -> None:
    assert rules.mask_of(ItemData("a", "甲", grade="general-2")) is Mask.NONE
    assert rules.mask_of(ItemData("a", "甲", grade="general-3")) is Mask.FULL
    assert rules.mask_of(ItemData("a", "甲", personal=True)) is Mask.FULL
    assert rules.mask_of(ItemData("a", "甲", grade="core", mask="phone")) is Mask.PHONE


@pytest.mark.parametrize(
    ("name", "mode", "field"), [("a.pdf", "full", "file"), ("a", "full", "file"), ("a.csv", "x", "mode")]
)
def test_what_is_uploaded(name: str, mode: str, field: str) -> None:
    rules.check_upload("名录.XLSX", "upsert")
    with pytest.raises(FieldErrors) as caught:
        rules.check_upload(name, mode)
    assert [error.field for error in caught.value.errors] == [field]
