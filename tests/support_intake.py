"""A published entry, its sources and their loads, for tests of intake."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import Workbook

from quanshu.kernel.clock import now
from quanshu.lake import Lake
from quanshu.shared.access.api import SYSTEM, Actor
from quanshu.shared.files.api import store
from quanshu.supply.catalogue.api import Entry, ItemData, grade_items, publish_entry, submit_entry
from quanshu.supply.intake.api import Run, Source, SourceData, create_source, run_now, start_run
from quanshu.supply.lake_store import get_lake
from support_catalogue import Cast, make_cast

ITEMS = (
    ItemData("citizen_id", "公民身份号码", length=18, is_key=True, personal=True, mask="citizen_id", grade="general-4"),
    ItemData("name", "姓名", length=10, required=True, personal=True, mask="name", grade="general-3"),
    ItemData("registered_on", "登记日期", "date", grade="general-1"),
    ItemData("amount", "金额", "decimal", grade="general-1"),
)
HEADER = tuple(item.name for item in ITEMS)
ROWS = (
    ("370102199001010018", "张三", "2024-01-31", "12.50"),
    ("370102199001010026", "李四", "2024/2/1", "0"),
    ("370102199001010034", "王五", "", ""),
)
Row = Sequence[str]


def use_folders(settings: Any, folder: Path) -> None:
    """Point the node's lake, files and home at a folder of the test's own."""
    settings.QUANSHU_HOME = folder
    settings.QUANSHU_LAKE_DIR = folder / "lake"
    settings.QUANSHU_FILES_DIR = folder / "files"
    settings.QUANSHU_DROP_FOLDERS = [folder / "incoming"]
    (folder / "incoming").mkdir()
    get_lake.cache_clear()


def csv_bytes(rows: Sequence[Row], header: Row = HEADER, encoding: str = "utf-8") -> bytes:
    """A delimited file."""
    return "".join(",".join(row) + "\n" for row in (header, *rows)).encode(encoding)


def workbook(path: Path, rows: Sequence[Row], sheet: str = "数据") -> Path:
    """A workbook whose first sheet is a cover and whose second holds the rows."""
    book = Workbook()
    assert book.active is not None
    book.active.append(["封面"])
    page = book.create_sheet(sheet)
    for row in (HEADER, *rows):
        page.append(list(row))
    book.save(path)
    return path


@dataclass
class Supply:
    """A steward's published entry."""

    cast: Cast
    entry: Entry
    folder: Path

    @property
    def steward(self) -> Actor:
        return self.cast.actor("steward")

    @property
    def lake(self) -> Lake:
        return get_lake()

    def drop(self, name: str, content: bytes) -> Path:
        """Put a file into the drop folder."""
        path = self.folder / "incoming" / name
        path.write_bytes(content)
        return path

    def upload(self, content: bytes, file: str = "居民.csv", **values: Any) -> Source:
        """A source with an uploaded file."""
        kept = store(actor=self.steward, name=file, stream=SimpleUploadedFile(file, content), now=now())
        return self.source(file_digest=kept.digest, file_name=file, **values)

    def source(self, name: str = "居民库", kind: str = "csv", mode: str = "full", **values: Any) -> Source:
        """A source of the entry."""
        data = SourceData(name, kind, mode, **values)
        return create_source(actor=self.steward, now=now(), entry=self.entry, data=data)

    def load(self, source: Source) -> Run:
        """Start a load and do it."""
        run = start_run(actor=self.steward, source=source, now=now())
        return run_now(run.uid, now())

    def rows(self, version: int | None = None) -> list[dict[str, Any]]:
        """The entry's rows in the lake."""
        return sorted(
            self.lake.read(self.entry.lake_table, version=version).to_pylist(), key=lambda row: str(row["citizen_id"])
        )


def published(cast: Cast, items: tuple[ItemData, ...] = ITEMS, **changes: Any) -> Entry:
    """An entry in force."""
    entry = cast.entry(items=items, **changes)
    grades = {item.name: item.grade for item in items}
    entry = grade_items(actor=SYSTEM, now=now(), entry=entry, grades=grades)
    entry = submit_entry(actor=SYSTEM, now=now(), entry=entry)
    return publish_entry(actor=SYSTEM, now=now(), entry=entry)


def make_supply(folder: Path) -> Supply:
    """The cast of the catalogue's tests with an entry of the police in force."""
    cast = make_cast()
    return Supply(cast, published(cast), folder)
