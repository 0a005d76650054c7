"""The city's data: catalogued, published, taken in, checked."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from quanshu.demo.play.people import Cast
from quanshu.demo.synth import CityManifest
from quanshu.demo.synth.types import Rule as SynthRule
from quanshu.demo.synth.types import Source as SynthSource
from quanshu.demo.synth.types import Table
from quanshu.kernel.clock import now
from quanshu.kernel.errors import fill
from quanshu.supply.catalogue.api import (
    Entry,
    EntryData,
    EntryState,
    ItemData,
    create_entry,
    publish_entry,
    submit_entry,
)
from quanshu.supply.intake.api import LoadMode, Run, RunState, Source, SourceData, SourceKind, create_source, start_run
from quanshu.supply.quality.api import NothingLanded, Rule, RuleData, Scan, ScanState, create_rule, start_scan

Say = Callable[[str], None]
CLASSES = {
    "household": "101002",
    "resident": "101001",
    "marriage": "101003",
    "birth": "201001",
    "death": "201001",
    "visit": "201001",
    "cremation": "101004",
    "elderly_allowance": "202002",
    "social_organisation": "102002",
    "social_insurance": "202001",
    "employment": "203001",
    "enterprise": "102001",
    "property": "103001",
    "account": "202003",
}
UTILITIES = {"water_company": "204001", "gas_company": "204002"}
KIND_NAMES = {
    "required": "必填",
    "code_list": "代码有效",
    "pattern": "格式",
    "range": "取值范围",
    "citizen_id": "身份号码有效",
    "uscc": "信用代码有效",
    "date_order": "日期先后",
    "unique": "不重复",
    "reference": "引用存在",
}


def item_of(table: Table, name: str, manifest: CityManifest) -> ItemData:
    """A column of the source as a catalogue item."""
    column = table.columns[table.position(name)]
    codes = manifest.code_lists.get(column.code_list or "", ())
    return ItemData(
        name=column.name,
        title=column.title,
        title_en=column.title_en,
        data_type=column.type,
        length=column.max_length,
        required=column.required,
        is_key=column.name in table.key,
        code_list=tuple(code.code for code in codes),
        grade=column.grade,
        personal=column.personal,
        mask=column.mask,
    )


def catalogue(manifest: CityManifest, cast: Cast, say: Say) -> dict[tuple[str, str], Entry]:
    """An entry for each table: drafted and submitted by its unit's steward, published by the bureau."""
    entries: dict[tuple[str, str], Entry] = {}
    for source in manifest.sources:
        for table in source.tables:
            unit = cast.units[source.unit]
            entry = Entry.objects.filter(unit=unit, resource_name=table.title).first()
            if entry is None:
                entry = draft(source, table, cast, manifest)
            if entry.state == EntryState.DRAFT:
                entry = submit_entry(actor=cast.stewards[source.unit], now=now(), entry=entry)
            if entry.state == EntryState.REVIEW:
                entry = publish_entry(actor=cast.actors["bureau"], now=now(), entry=entry)
            entries[source.name, table.name] = entry
    say(f"{len(entries)} catalogue entries published")
    return entries


def draft(source: SynthSource, table: Table, cast: Cast, manifest: CityManifest) -> Entry:
    """One entry with its items."""
    data = EntryData(
        resource_name=table.title,
        name_en=table.title_en,
        classification_code=UTILITIES.get(source.name) or CLASSES[table.name],
        abstract=table.abstract,
        abstract_en=table.abstract_en,
        format_class="database" if table.format == "sqlite" else "spreadsheet",
        share_type=str(table.share_type),
        share_condition=table.share_condition,
        update_cycle=table.update_cycle,
    )
    items = [item_of(table, column.name, manifest) for column in table.columns]
    return create_entry(
        actor=cast.stewards[source.unit], now=now(), unit=cast.units[source.unit], data=data, items=items
    )


def source_data(source: SynthSource, table: Table, root: Path) -> SourceData:
    """How intake reaches a table of the source system."""
    name = f"{source.title}·{table.title}"
    if table.format == "sqlite":
        return SourceData(name, SourceKind.SQL, LoadMode.FULL, url=f"sqlite:///{root / table.file}", table=table.name)
    kind = SourceKind.EXCEL if table.format == "xlsx" else SourceKind.CSV
    return SourceData(name, kind, LoadMode.FULL, path=str(root / table.file), sheet=table.sheet or "")


def take_in(manifest: CityManifest, cast: Cast, entries: dict[tuple[str, str], Entry], say: Say) -> None:
    """A source and one full load for each table; the worker does the loads."""
    runs = []
    for system in manifest.sources:
        for table in system.tables:
            entry, actor = entries[system.name, table.name], cast.stewards[system.unit]
            source = Source.objects.filter(entry=entry).first()
            if source is None:
                data = source_data(system, table, manifest.root)
                source = create_source(actor=actor, now=now(), entry=entry, data=data)
            if not source.runs.filter(state__in=[RunState.LANDED, RunState.QUEUED, RunState.RUNNING]).exists():
                start_run(actor=actor, source=source, now=now())
            runs.append(source.pk)
    unfinished = [RunState.QUEUED, RunState.RUNNING]
    wait("loads to do", lambda: Run.objects.filter(source__in=runs, state__in=unfinished).count(), say)
    failed = Run.objects.filter(source__in=runs, state=RunState.FAILED).select_related("source")
    for run in failed:
        say(f"load of {run.source.name} failed. {told(run.error)}")
    done = list(Run.objects.filter(source__in=runs, state=RunState.LANDED))
    say(
        f"{sum(run.rows_in or 0 for run in done):,} rows read: {sum(run.landed or 0 for run in done):,} landed, "
        f"{sum(run.refused or 0 for run in done):,} refused and kept with the reason"
    )


def rule_data(rule: SynthRule, table: Table, entries: dict[tuple[str, str], Entry]) -> RuleData:
    """A rule of the manifest as a steward would enter it."""
    titles = "、".join(table.columns[table.position(name)].title for name in rule.columns)
    params = {key: value for key, value in rule.params.items() if key in {"codes", "pattern", "min", "max"}}
    if rule.kind == "reference":
        other = entries[rule.params["source"], rule.params["table"]]
        params = {"table": other.lake_table, "column": rule.params["column"]}
    return RuleData(f"{titles}：{KIND_NAMES[rule.kind]}", rule.kind, rule.columns, params)


def check(manifest: CityManifest, cast: Cast, entries: dict[tuple[str, str], Entry], say: Say) -> None:
    """The stewards' rules, and a scan of each table that has rows."""
    for system in manifest.sources:
        for table in system.tables:
            entry, actor = entries[system.name, table.name], cast.stewards[system.unit]
            if Rule.objects.filter(entry=entry).exists():
                continue
            for rule in table.rules:
                create_rule(actor=actor, now=now(), entry=entry, data=rule_data(rule, table, entries))
            try:
                start_scan(actor=actor, now=now(), entry=entry)
            except NothingLanded:
                # A small city may have nobody of a kind, such as nobody of an age for the allowance.
                say(f"{entry.resource_name} is empty and was not scanned")
    wait("scans to do", lambda: Scan.objects.filter(state__in=[ScanState.QUEUED, ScanState.RUNNING]).count(), say)
    for scan in Scan.objects.filter(state=ScanState.FAILED).select_related("entry"):
        say(f"scan of {scan.entry.resource_name} failed. {told(scan.error)}")


def told(error: Any) -> str:
    """A fault that a run keeps, as a sentence with its remedy."""
    if not error or not isinstance(error, dict):
        return str(error or "It is not known why.")
    params = error.get("params", {})
    parts = [fill(str(error[part]), params) for part in ("message", "remedy") if error.get(part)]
    return " ".join(parts) or str(error.get("code", error))


def wait(what: str, left: Callable[[], int], say: Say, *, seconds: float = 600) -> None:
    """Wait until nothing is left, telling how much is; SystemExit when it takes too long."""
    deadline, told = time.monotonic() + seconds, -1
    while remaining := left():
        if time.monotonic() > deadline:
            raise SystemExit(f"{what}: {remaining} after {seconds:.0f} s; the operations page says why.")
        if remaining != told:
            say(f"{what}: {remaining}")
            told = remaining
        time.sleep(0.3)
