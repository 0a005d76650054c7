"""The lake's side of a change: a row cast by the contract, written as one version that carries the change's uid."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pyarrow as pa
from django.db import transaction

from quanshu.lake.landing import TextRows, split
from quanshu.shared.access.api import SYSTEM, Actor
from quanshu.supply.catalogue.api import Entry, contract_of, items_of, key_columns
from quanshu.supply.hosting import rules
from quanshu.supply.hosting.events import HostingEvent
from quanshu.supply.hosting.models import Change
from quanshu.supply.hosting.queries.agreements import SOURCE_NAME
from quanshu.supply.hosting.queries.rows import key_table, text_of
from quanshu.supply.hosting.services.noting import note_change
from quanshu.supply.hosting.types import ChangeKind, ChangeState, Row, Values
from quanshu.supply.intake.api import Source, SourceData, SourceKind, change_source, create_source, start_run
from quanshu.supply.lake_store import get_lake


def typed_row(entry: Entry, values: Values) -> pa.Table:
    """One row in the contract's types, cast as intake casts. Raises FieldErrors naming every column at fault."""
    rules.check_values(items_of(entry), values)
    columns = contract_of(entry)
    names = tuple(column.name for column in columns)
    text = TextRows(names, iter([(1, [values.get(name) for name in names])]))
    with get_lake().connect() as connection:
        parts = split(connection, text, columns, key_columns(entry))
        if parts.refused_rows:
            faults = parts.refused.to_pylist()
            raise rules.landing_faults([(str(row["column"]), str(row["reason"])) for row in faults])
        return parts.landed


def cast_row(entry: Entry, values: Values) -> Row:
    """A row as the lake will hold it, as text: blanks trimmed, dates and numbers in one form. Raises FieldErrors."""
    stored = typed_row(entry, values).to_pylist()[0]
    texts = {name: text_of(value) for name, value in stored.items()}
    return Row({name: texts[name] for name in key_columns(entry)}, texts, "")


def write_row(change: Change, *, key: Values, values: Values | None, by: str) -> tuple[int | None, int]:
    """Write a change as one version; returns (the version before, its own). Raises what the lake raises."""
    lake, entry = get_lake(), change.agreement.entry
    table = entry.lake_table
    before = lake.version(table) if lake.exists(table) else None
    commit = {"hosting": change.uid, "by": by}
    if change.kind == ChangeKind.DELETE:
        return before, lake.delete(table, key_table(entry, key), commit=commit)
    done = lake.upsert(table, typed_row(entry, values or {}), key_columns(entry), commit=commit)
    return before, done.version


def version_with(change: Change) -> int | None:
    """The version that carries a change, or None when it was not written."""
    lake, table = get_lake(), change.agreement.entry.lake_table
    if not lake.exists(table):
        return None
    found = [row.version for row in lake.versions(table) if row.commit.get("hosting") == change.uid]
    return found[-1] if found else None


@transaction.atomic
def load_upload(change: Change, *, actor: Actor, now: datetime) -> None:
    """Hand an uploaded file to intake, which holds it against the contract and refuses what does not fit.

    Who may do so was asked here; to intake the platform itself speaks.
    """
    entry = change.agreement.entry
    kind = SourceKind.EXCEL if Path(change.file_name).suffix.lower() in rules.WORKBOOKS else SourceKind.CSV
    name = f"{SOURCE_NAME} {kind} {change.mode}"
    data = SourceData(name, kind, change.mode, file_digest=change.file_digest, file_name=change.file_name)
    source = Source.objects.filter(entry=entry, name=name).select_related("entry", "unit").first()
    if source is None:
        source = create_source(actor=SYSTEM, now=now, entry=entry, data=data)
    else:
        source = change_source(actor=SYSTEM, now=now, source=source, data=data)
    change.run = start_run(actor=SYSTEM, source=source, now=now)
    change.state, change.decided_at = ChangeState.APPLIED, now
    change.save()
    note_change(HostingEvent.CHANGE_APPLIED, change, actor=actor, now=now, details={"run": change.run.uid})
