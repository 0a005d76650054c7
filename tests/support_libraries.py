"""Two loaded tables, and a library with models over them."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from quanshu.kernel.clock import freeze
from quanshu.shared.access.api import SYSTEM
from quanshu.shared.jobs.api import run_due
from quanshu.shared.outbox.api import dispatch
from quanshu.supply.catalogue.api import Entry, ItemData, grade_items, publish_entry, submit_entry
from quanshu.supply.intake.api import LoadMode, SourceData, SourceKind, create_source, start_run
from quanshu.supply.libraries.api import (
    Build,
    Library,
    LibraryData,
    Model,
    ModelData,
    build_now,
    create_library,
    publish_model,
    save_model,
    start_build,
    submit_model,
)
from support_catalogue import Cast
from support_quality import MONDAY, published

DEATH_ITEMS = (
    ItemData("person_id", "公民身份号码", title_en="Citizen ID", length=18, is_key=True, mask="citizen_id"),
    ItemData("died_on", "死亡日期", "date", title_en="Died on"),
)
DEATH_GRADES = {"person_id": "general-3", "died_on": "important"}
DEATHS = [["370102199001010028", "2026-01-05"]]
SQL = """SELECT p.person_id, p.name, d.died_on,
       CASE WHEN d.died_on IS NULL THEN 'alive' ELSE 'dead' END AS status
FROM people p LEFT JOIN deaths d USING (person_id)
"""
TESTS = "required person_id\nunique person_id\naccepted status: alive, dead\nrows 1 .. 1000"


@dataclass
class Shelf:
    """The two entries and the library."""

    cast: Cast
    people: Entry
    deaths: Entry
    library: Library
    folder: Path

    def data(self, **changes: Any) -> ModelData:
        """A model that passes every check."""
        given = {
            "code": "survival",
            "title": "生存状态",
            "title_en": "Survival",
            "sql": SQL,
            "references": f"people = {self.people.code}\ndeaths = {self.deaths.code}",
            "keys": "person_id",
            "columns": "status = 生存状态 | Status",
            "tests": TESTS,
        }
        return ModelData(**{**given, **changes})

    def model(self, **changes: Any) -> Model:
        """A published model."""
        officer = self.cast.actor("officer")
        version = save_model(actor=SYSTEM, now=MONDAY, library=self.library, data=self.data(**changes))
        submit_model(actor=SYSTEM, now=MONDAY, model=version.model)
        publish_model(actor=officer, now=MONDAY, model=version.model)
        return Model.objects.get(pk=version.model.pk)

    def next_version(self, model: Model, **changes: Any) -> None:
        """Save and publish a model's next version."""
        data = self.data(**changes)
        save_model(actor=SYSTEM, now=MONDAY, library=self.library, data=data, model=model)
        submit_model(actor=SYSTEM, now=MONDAY, model=model)
        publish_model(actor=self.cast.actor("officer"), now=MONDAY, model=model)

    def build(self, model: Model) -> Build:
        """Build a model at once."""
        build = start_build(actor=SYSTEM, now=MONDAY, model=model)
        return build_now(build.uid, MONDAY)


def load_table(entry: Entry, folder: Path, rows: list[list[str]], at: Any = MONDAY) -> None:
    """Load rows into an entry's table, whole."""
    path = folder / f"{entry.pk}.csv"
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow([item.name for item in entry.items.all()])
        writer.writerows(rows)
    with freeze(at):
        source = entry.intake_sources.first()
        if source is None:
            data = SourceData(name="源", kind=SourceKind.CSV, mode=LoadMode.FULL, path=str(path))
            source = create_source(actor=SYSTEM, now=at, entry=entry, data=data)
        start_run(actor=SYSTEM, now=at, source=source)
        run_due(at)
        dispatch(at)
    entry.refresh_from_db()


def make_shelf(cast: Cast, folder: Path) -> Shelf:
    """Residents and deaths loaded; a library of the bureau without a model."""
    people = published(cast)
    deaths = cast.entry("civil", DEATH_ITEMS, resource_name="死亡登记", classification_code="201001")
    grade_items(actor=SYSTEM, now=MONDAY, entry=deaths, grades=DEATH_GRADES)
    submit_entry(actor=SYSTEM, now=MONDAY, entry=deaths)
    publish_entry(actor=SYSTEM, now=MONDAY, entry=deaths)
    load_table(deaths, folder, DEATHS)
    data = LibraryData("alive", "application", "生存状态库", "Survival status", "判断人员生存状态", "101001")
    library = create_library(actor=SYSTEM, now=MONDAY, unit=cast.units["bureau"], data=data)
    return Shelf(cast, people, deaths, library, folder)


LATER = timedelta(minutes=5)
