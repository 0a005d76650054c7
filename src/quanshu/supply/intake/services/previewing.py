"""Testing a source: does it answer, do its columns fit, and what becomes of its first rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import transaction

from quanshu.lake.landing import TextRows, fetch_host_key, split
from quanshu.shared.access.api import Actor, require
from quanshu.shared.files import api as files
from quanshu.supply.intake import rules
from quanshu.supply.intake.events import IntakeEvent
from quanshu.supply.intake.models import Run, Source
from quanshu.supply.intake.permissions import IntakePermission
from quanshu.supply.intake.services.delivering import Found, list_files
from quanshu.supply.intake.services.runs import load_of
from quanshu.supply.intake.services.sources import folder_of, reach, trace
from quanshu.supply.intake.types import DELIVERED_KINDS, DriftItem, SourceKind
from quanshu.supply.lake_store import get_lake
from quanshu.supply.loads.load import Load
from quanshu.supply.loads.opening import open_source

ROWS = 20


@dataclass(frozen=True, slots=True)
class Preview:
    """What a test found: files that wait, the columns and how they differ, first rows and their faults.

    `rows` are (row number, values in the order of `columns`, {column: reason}).
    """

    files: tuple[Found, ...] = ()
    file: str = ""
    columns: tuple[str, ...] = ()
    drift: tuple[DriftItem, ...] = ()
    rows: tuple[tuple[int, list[str | None], dict[str, str]], ...] = ()
    fitting: int = 0


@transaction.atomic
def preview_source(*, actor: Actor, source: Source, now: datetime) -> Preview:
    """Read the first rows of a source and hold them against the contract; nothing lands.

    Raises Forbidden and whatever reading the source raises.
    """
    require(actor, IntakePermission.EDIT, source)
    trace(source, IntakeEvent.SOURCE_TESTED, actor=actor, now=now, details={})
    run = Run(source=source, uid="preview", attempt=0)
    found: tuple[Found, ...] = ()
    if source.kind in DELIVERED_KINDS:
        found = tuple(list_files(source)) if source.kind != SourceKind.PUSH else ()
        load, name = delivered_load(source, run, found)
        if load is None:
            return Preview(files=found)
    else:
        load, name = load_of(run), ""
    return replace(shown(load), files=found, file=name)


def delivered_load(source: Source, run: Run, found: tuple[Found, ...]) -> tuple[Load | None, str]:
    """The first file that can be looked at: one in the folder, else the last one that was taken in."""
    if source.kind == SourceKind.FOLDER and found:
        load = load_of(Run(source=source, uid="preview", attempt=0, file_name=found[0].name), with_source=False)
        return replace(load, file=folder_of(source.path) / found[0].name), found[0].name
    last = source.deliveries.exclude(digest="").first()
    if last is None:
        return None, ""
    load = load_of(Run(source=source, uid="preview", attempt=0, file_name=last.name), with_source=False)
    return replace(load, file=files.path_of(last.digest)), last.name


def shown(load: Load) -> Preview:
    """The first rows of a load against its contract."""
    rows = open_source(get_lake(), replace(load, low=None))
    batch = next(rows.batches(), None)
    records = [list(record.values()) for record in batch.slice(0, ROWS).to_pylist()] if batch is not None else []
    drift = rules.compare_columns(load.expected, rows.columns, getattr(rows, "types", None))
    faults = sample_faults(load, rows.columns, records)
    shown_rows = tuple((record[0], record[1:], faults.get(record[0], {})) for record in records)
    fitting = sum(1 for _number, _values, wrong in shown_rows if not wrong)
    return Preview(columns=tuple(rows.columns), drift=drift, rows=shown_rows, fitting=fitting)


def sample_faults(load: Load, columns: tuple[str, ...], records: list[list[Any]]) -> dict[int, dict[str, str]]:
    """{row number: {column: reason}} of the rows shown; columns that are missing count as empty."""
    names = tuple(column.name for column in load.columns)
    at = {name: columns.index(name) + 1 for name in names if name in columns}
    texts = [(record[0], [record[at[name]] if name in at else None for name in names]) for record in records]
    if not texts:
        return {}
    faults: dict[int, dict[str, str]] = {}
    with get_lake().connect() as connection:
        parts = split(connection, TextRows(names, iter(texts)), load.columns)
        for fault in islice(parts.refused.to_pylist(), ROWS * len(names)):
            faults.setdefault(fault["row_number"], {})[str(fault["column"])] = str(fault["reason"])
    return faults


@transaction.atomic
def look_at_host_key(*, actor: Actor, source: Source, now: datetime) -> str:
    """The fingerprint that an SFTP server shows now, for a person to compare. Raises Forbidden and `lake.*`."""
    require(actor, IntakePermission.EDIT, source)
    _key, shown_now = fetch_host_key(str(source.options["host"]), int(source.options["port"]), reach())
    trace(source, IntakeEvent.SOURCE_TESTED, actor=actor, now=now, details={"fingerprint": shown_now})
    return shown_now
