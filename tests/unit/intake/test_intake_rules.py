"""Rules of intake: what a source needs, when a load may start or stop, where files may lie, what may be shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanshu.kernel.errors import FieldErrors, QuanshuError
from quanshu.supply.intake import rules
from quanshu.supply.intake.types import (
    FINISHED,
    AlreadyRunning,
    EntryNotReady,
    FileGone,
    LoadMode,
    NoKeyInContract,
    NoRows,
    NothingFits,
    OutsideFolder,
    RunOver,
    RunState,
    SourceData,
    SourceOff,
    Stage,
    StillWriting,
    TakesNoUpload,
)

READY: dict[str, Any] = {
    "active": True,
    "entry_state": "published",
    "entry_name": "户籍",
    "mode": "upsert",
    "keys": ("id",),
    "busy": False,
}


def faults(**values: str) -> dict[str, str]:
    try:
        rules.check_source(SourceData(**{"name": "库", "kind": "csv", "mode": "full", **values}))
    except FieldErrors as refusal:
        return {error.field: error.fault for error in refusal.errors}
    return {}


@pytest.mark.parametrize(
    ("values", "fields"),
    [
        ({"file_digest": "a", "file_name": "a.csv"}, set()),
        ({"path": "/drop/a.TXT"}, set()),
        ({"kind": "excel", "file_digest": "a", "file_name": "a.XLSX"}, set()),
        ({"kind": "sql", "url": "sqlite:///a", "table": "t"}, set()),
        ({}, {"file"}),
        ({"path": "   "}, {"file"}),
        ({"file_digest": "a", "file_name": "a.xlsx"}, {"file"}),
        ({"kind": "excel", "path": "/drop/a.csv"}, {"path"}),
        ({"kind": "sql", "path": "/drop/a.csv"}, {"url", "table"}),
        ({"kind": "ftp", "mode": "half", "name": " ", "path": "a"}, {"kind", "mode", "name"}),
    ],
)
def test_a_source_s_parts_fit_its_kind(values: dict[str, str], fields: set[str]) -> None:
    assert set(faults(**values)) == fields


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"active": False}, SourceOff),
        ({"entry_state": "draft"}, EntryNotReady),
        ({"entry_state": "withdrawn"}, EntryNotReady),
        ({"keys": ()}, NoKeyInContract),
        ({"busy": True}, AlreadyRunning),
    ],
)
def test_when_a_load_may_not_start(changes: dict[str, Any], refusal: type[QuanshuError]) -> None:
    rules.check_startable(**READY)
    with pytest.raises(refusal):
        rules.check_startable(**{**READY, **changes})


def test_a_full_load_needs_no_key() -> None:
    rules.check_startable(**{**READY, "mode": "full", "keys": ()})


@given(st.sampled_from(RunState), st.sampled_from(Stage))
def test_when_a_run_may_be_cancelled(state: RunState, stage: Stage) -> None:
    try:
        rules.check_cancellable(state, stage)
    except RunOver:
        assert state in FINISHED
    except StillWriting:
        assert state not in FINISHED
        assert stage == Stage.WRITING
    else:
        assert state not in FINISHED
        assert stage != Stage.WRITING
        assert rules.MACHINE.check(state, "cancel")


@given(st.integers(0, 5), st.integers(0, 5), st.sampled_from(LoadMode))
def test_a_table_is_never_emptied_by_a_load(landed: int, refused: int, mode: LoadMode) -> None:
    try:
        rules.check_something_fits(rows_in=landed + refused, landed=landed, mode=mode)
    except NothingFits:
        assert refused
        assert not landed
    except NoRows:
        assert not landed + refused
        assert mode in {LoadMode.FULL, LoadMode.MIRROR}
    else:
        assert landed or (mode not in {LoadMode.FULL, LoadMode.MIRROR} and not refused)


def test_uploads_go_to_sources_of_uploads() -> None:
    rules.check_takes_upload(kind="csv", path="")
    for kind, path in (("sql", ""), ("csv", "/drop/a.csv")):
        with pytest.raises(TakesNoUpload):
            rules.check_takes_upload(kind=kind, path=path)


def test_files_lie_in_the_folders(tmp_path: Path) -> None:
    inside, outside = tmp_path / "drop", tmp_path / "drop-other"
    for folder in (inside, outside):
        folder.mkdir()
        (folder / "a.csv").touch()
    assert rules.check_path(str(inside / "a.csv"), [inside]) == inside / "a.csv"
    assert rules.check_path(str(outside / ".." / "drop" / "a.csv"), [inside]) == inside / "a.csv"
    (inside / "link").symlink_to(outside)
    for path in (outside / "a.csv", inside / ".." / "drop-other" / "a.csv", inside / "link" / "a.csv", "a.csv", "\0"):
        with pytest.raises(OutsideFolder):
            rules.check_path(str(path), [inside])
    for path in (inside / "none.csv", inside):
        with pytest.raises(FileGone):
            rules.check_path(str(path), [inside])
    with pytest.raises(OutsideFolder):
        rules.check_path(str(inside / "a.csv"), [])


@given(st.sampled_from(["id", "name", "sum", "id, sum", "sum, day", "", None]), st.sampled_from([None, "x"]))
def test_personal_values_stay_hidden(column: str | None, value: str | None) -> None:
    row = {"row_number": 1, "column": column, "value": value, "reason": "r", "record_json": "{}"}
    seen = rules.without_personal(row, {"sum", "day"})
    open_columns = column in {"sum", "sum, day"}
    assert seen["value"] == (value if open_columns else None)
    assert seen["hidden"] is (value is not None and not open_columns)
    assert seen["record_json"] is None
    assert row["record_json"] == "{}"
