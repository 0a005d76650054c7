"""A table of residents with rows that break known rules, loaded by intake and checked by quality."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from quanshu.kernel.clock import freeze
from quanshu.shared.access.api import SYSTEM
from quanshu.shared.jobs.api import run_due
from quanshu.shared.outbox.api import dispatch
from quanshu.supply.catalogue.api import Entry, ItemData, grade_items, publish_entry, submit_entry
from quanshu.supply.intake.api import LoadMode, Run, RunState, SourceData, SourceKind, create_source, start_run
from quanshu.supply.lake_store import get_lake
from support_catalogue import Cast

# A Monday; the two days after it are working days.
MONDAY = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
ITEMS = (
    ItemData("person_id", "公民身份号码", title_en="Citizen ID", length=18, is_key=True, mask="citizen_id"),
    ItemData("name", "姓名", title_en="Name", personal=True, mask="name"),
    ItemData("phone", "联系电话", title_en="Phone", mask="phone"),
    ItemData("sex", "性别", title_en="Sex", code_list=("1", "2")),
    ItemData("moved_in", "迁入日期", "date", title_en="Moved in"),
    ItemData("moved_out", "迁出日期", "date", title_en="Moved out"),
)
HEAD = [item.name for item in ITEMS]
GOOD = [
    ["37010219900101001X", "张三丰", "13812345678", "1", "2020-01-02", "2021-01-02"],
    ["370102199001010028", "李四", "13912345678", "2", "2020-01-02", ""],
    ["370102199001010036", "王五", "13712345678", "1", "", ""],
]
# Each row breaks one rule: a check digit, a code, the order of two dates, a missing name.
WRONG = [
    ["370102199001010070", "赵六", "13612345678", "1", "", ""],
    ["370102199001010044", "孙七", "13512345678", "9", "", ""],
    ["370102199001010052", "周八", "13412345678", "2", "2022-05-06", "2021-05-06"],
    ["370102199001010060", "", "13312345678", "2", "", ""],
]
# The same rows corrected at their source; the one with the wrong citizen ID was deleted there.
RIGHT = [
    ["370102199001010044", "孙七", "13512345678", "2", "", ""],
    ["370102199001010052", "周八", "13412345678", "2", "2020-05-06", "2021-05-06"],
    ["370102199001010060", "吴九", "13312345678", "2", "", ""],
]


@contextmanager
def own_lake(settings: Any, folder: Path) -> Iterator[Path]:
    """A lake and a drop folder of the test's own."""
    settings.QUANSHU_LAKE_DIR = folder / "lake"
    settings.QUANSHU_DROP_FOLDERS = [folder]
    settings.QUANSHU_SERVING_DIR = folder / "serving"
    get_lake.cache_clear()
    yield folder
    get_lake.cache_clear()


def write_rows(path: Path, rows: list[list[str]]) -> None:
    """The source system's table as a file."""
    with path.open("w", newline="", encoding="utf-8") as handle:
        csv.writer(handle).writerows([HEAD, *rows])


def published(cast: Cast, unit: str = "police", **changes: str) -> Entry:
    """An entry in force."""
    entry = cast.entry(unit, items=ITEMS, **changes)
    grades = dict.fromkeys(HEAD, "general-3")
    grade_items(actor=SYSTEM, now=MONDAY, entry=entry, grades=grades)
    submit_entry(actor=SYSTEM, now=MONDAY, entry=entry)
    return publish_entry(actor=SYSTEM, now=MONDAY, entry=Entry.objects.get(pk=entry.pk))


def load(entry: Entry, folder: Path, rows: list[list[str]], at: datetime = MONDAY) -> Run:
    """Load the rows as the table's whole content, and let the worker do all that follows."""
    path = folder / f"{entry.uid}.csv"
    write_rows(path, rows)
    with freeze(at):
        source = entry.intake_sources.first()
        if source is None:
            data = SourceData("居民登记", SourceKind.CSV, LoadMode.FULL, path=str(path))
            source = create_source(actor=SYSTEM, now=at, entry=entry, data=data)
        run = start_run(actor=SYSTEM, source=source, now=at)
        work(at)
    run.refresh_from_db()
    assert run.state == RunState.LANDED, run.error
    return run


def work(at: datetime) -> None:
    """What the worker does until nothing is left to do."""
    with freeze(at):
        while run_due(at) + dispatch(at):
            pass
